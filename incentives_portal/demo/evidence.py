"""Fill a proof with what its activity requires: invoice or service report, documents, and answers."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from functools import partial

from django.core.files.uploadedfile import SimpleUploadedFile

from incentives_portal.accounts.models import User
from incentives_portal.documents.checking import judge_version
from incentives_portal.documents.models import DocumentVersion
from incentives_portal.documents.services import store
from incentives_portal.programs.enums import SatisfiedBy
from incentives_portal.programs.facts import requirements_of
from incentives_portal.programs.models import EligibleExpense, ExpenseType, Requirement
from incentives_portal.texts import in_language
from proofs import services
from proofs.models import Proof

from . import papers
from .scenarios import ADDRESSES

#: Country of the partner → tax rate in percent.
TAX = {"DE": Decimal(19), "FR": Decimal(20), "GB": Decimal(20)}

#: Requirement → number, if it is not the usual 140.
NUMBERS = {"call_contacts": Decimal(38), "training_attendees": Decimal(12)}

RESULTS = {
    "en": "140 impressions, 26 clicks, 9 enquiries; the best day was Tuesday.",
    "de": "140 Einblendungen, 26 Klicks, 9 Anfragen; am besten lief der Dienstag.",
}
WORK = {"en": "Preparation and delivery: {name}", "de": "Vorbereitung und Durchführung: {name}"}
CERTIFIED = {
    "en": "Done by our own people, in the hours given.",
    "de": "Von unseren eigenen Leuten geleistet, in den angegebenen Stunden.",
}
JOB = {"en": "Marketing manager", "de": "Marketingleitung"}


@dataclass
class Folder:
    """Fill one proof as one of the partner's users, with the texts and papers of its scenario."""

    proof: Proof
    actor: User
    supplier: str
    number: str
    in_house: bool = False
    besides: tuple[str, Decimal] | None = None
    shown: str = ""

    def fill(self, *, leave_out: tuple[str, ...] = ()) -> Proof:
        """Add everything that the activity requires, except the requirements in ``leave_out`` (codes)."""
        if self.proof.impressions is None:
            self._impressions()
        if self.in_house:
            self._report()
        else:
            self._invoice()
        wanted = [row for row in self._requirements() if row.code not in leave_out]
        drafts = [self._document(row) for row in wanted if row.satisfied_by == SatisfiedBy.DOCUMENT]
        if drafts:
            services.add_documents(self.proof, actor=self.actor, expected_version=self._version(), documents=drafts)
        answers = {row.code: self._answer(row) for row in wanted if row.satisfied_by in services.ANSWERABLE}
        if answers:
            services.save_answers(self.proof, actor=self.actor, expected_version=self._version(), answers=answers)
        if any(row.satisfied_by == SatisfiedBy.TABLE for row in wanted):
            people = [services.AttendeeDraft(name, self.proof.amount / 2) for name in ("Ida Holm", "Max Sommer")]
            services.save_attendees(self.proof, actor=self.actor, expected_version=self._version(), attendees=people)
        return Proof.objects.get(pk=self.proof.pk)

    def _impressions(self) -> None:
        proof = self.proof
        basics = services.Basics(proof.title, proof.executed_on, proof.amount, impressions=140)
        services.edit_basics(proof, actor=self.actor, expected_version=self._version(), basics=basics)

    def _requirements(self) -> list[Requirement]:
        return requirements_of(self.proof.activity_type, self.proof.program, self.proof.components.all())

    def _version(self) -> int:
        return Proof.objects.values_list("case__version", flat=True).get(pk=self.proof.pk)

    def _store(self, name: str, content: bytes) -> DocumentVersion:
        file = SimpleUploadedFile(name, content)
        version = store(file, organisation=self.actor.organisation, actor=self.actor)
        judge_version(version.pk)
        return version

    def _expense_type(self) -> ExpenseType | None:
        rows = EligibleExpense.objects.filter(type=self.proof.activity_type).select_related("expense")
        preferred = [row.expense for row in rows if "travel" not in row.expense.code]
        return preferred[0] if preferred else None

    def _invoice(self) -> None:
        kind, proof = self._expense_type(), self.proof
        percent = TAX[proof.location.country]
        tax = (proof.amount * percent / 100).quantize(Decimal("0.01"))
        text = in_language(kind.name, self.actor.language) if kind else proof.title
        besides = [(self.besides[0], "", self.besides[1])] if self.besides else []
        first = proof.amount - sum(line[2] for line in besides)
        bill = papers.Bill(
            supplier=self.supplier,
            supplier_address=ADDRESSES[self.supplier],
            customer=proof.location.organisation.name,
            number=self.number,
            day=proof.executed_on,
            lines=[(text, proof.title, first), *besides],
            currency=proof.currency,
            tax_percent=percent,
            language=self.actor.language,
        )
        details = services.InvoiceDetails(
            self.supplier, self.number, proof.executed_on, proof.currency, proof.amount, tax, proof.amount + tax
        )
        services.add_invoice(
            proof,
            actor=self.actor,
            expected_version=self._version(),
            version=self._store(f"{self.number}.pdf", papers.bill(bill)),
            details=details,
            expenses=[services.ExpenseDraft(kind, proof.amount, tax, proof.title)],
        )

    def _report(self) -> None:
        hours = Decimal(20)
        line = services.WorkDraft(
            self.actor.name,
            in_language(JOB, self.actor.language),
            self.proof.executed_on - timedelta(days=2),
            self.proof.executed_on,
            hours,
            (self.proof.amount / hours).quantize(Decimal("0.01")),
        )
        report = services.add_report(
            self.proof,
            actor=self.actor,
            expected_version=self._version(),
            work=in_language(WORK, self.actor.language).format(name=self.proof.title),
            lines=[line],
            expense_type=self._expense_type(),
        )
        statement = in_language(CERTIFIED, self.actor.language)
        services.certify_report(report, actor=self.actor, expected_version=self._version(), statement=statement)

    def _document(self, row: Requirement) -> services.DocumentDraft:
        name, content = paper_for(row.code, self.proof, self.shown)
        return services.DocumentDraft(
            self._store(name, content), in_language(row.text, self.actor.language)[:200], (row,)
        )

    def _answer(self, row: Requirement) -> Decimal | str | bool:
        if row.satisfied_by == SatisfiedBy.NUMBER:
            return NUMBERS.get(row.code, Decimal(140))
        if row.satisfied_by == SatisfiedBy.URL:
            domain = self.proof.location.organisation.email_domains[0]
            return f"https://www.{domain}/campaign"
        if row.satisfied_by == SatisfiedBy.DECLARATION:
            return True
        if row.satisfied_by == SatisfiedBy.CHOICE:
            return row.choices[0]["code"]
        return RESULTS[self.actor.language]


#: Last part of a requirement's code → text of a printed advert.
TEXTS = {
    "brand": "We are near you: call us, or come by.",
    "content": "Halden Workplace: one machine, one price, installed within a day.",
    "slides": "Halden in practice: what changes for you, and what does not.",
}


def paper_for(code: str, proof: Proof, shown: str = "") -> tuple[str, bytes]:
    """Return name and content of a file that looks like what the requirement asks for.

    ``shown`` replaces what photos and adverts show.
    """
    paper = partial(papers.paper, name=code)
    brand, title = proof.location.organisation.name, proof.title
    contact = f"{proof.location.name} · {proof.location.organisation.email_domains[0]}"
    day = f"{proof.executed_on:%d %B %Y}"
    if any(word in code for word in ("photo", "phone", "booth", "unit")):
        return f"{code}.jpg", papers.photo(shown or f"{title}, {proof.location.name}")
    if any(word in code for word in ("invitation", "agenda", "host", "confirmation", "itinerary")):
        points = [
            ("09:00", "Welcome and coffee"),
            ("09:30", "Halden products in practice"),
            ("11:00", "Questions, next steps"),
        ]
        return f"{code}.pdf", paper(
            "agenda", title=title, day=day, place=proof.location.name, host=f"{brand} with Halden", points=points
        )
    if any(word in code for word in ("screenshot", "page", "web", "site")):
        address = f"https://www.{proof.location.organisation.email_domains[0]}/campaign"
        return f"{code}.pdf", paper(
            "webpage",
            address=address,
            headline=title,
            text="Halden products, installed and explained by people near you.",
            brand=brand,
        )
    if any(word in code for word in ("offer", "terms", "contest")):
        return f"{code}.pdf", paper(
            "offer",
            title=title,
            brand=brand,
            terms=["Valid until the end of the quarter.", "One per customer.", "Halden products only."],
        )
    if any(word in code for word in ("results", "report", "posted", "sent", "delivery", "list")):
        return f"{code}.pdf", paper("sheet", title=title, head=["Day", "Number"], rows=[[day, "140"], ["Total", "140"]])
    if "agreement" in code:
        return f"{code}.pdf", paper(
            "offer",
            title=title,
            brand=brand,
            terms=["Scope: the pages about Halden products.", "Duration: three months.", "Fee: see the invoice."],
        )
    if not code.startswith("call"):
        text = TEXTS.get(code.rpartition("_")[2], "Ask us how Halden keeps your work moving.")
        return f"{code}.pdf", paper(
            "advert", headline=title, text=text, brand=brand, contact=contact, product=shown or "Halden Workplace"
        )
    paragraphs = [
        "Good morning, this is Nora Feld of " + brand + ".",
        "I call about Halden Workplace and what it can do for you.",
        "May I send you an invitation?",
    ]
    return f"{code}.pdf", paper("script", title=title, brand=brand, paragraphs=paragraphs)
