"""Fill a proof with what its activity requires: invoice or service report, documents, and answers."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

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
from .scenarios import ADDRESSES, ClaimScenario

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
    scenario: ClaimScenario
    number: str

    def fill(self) -> None:
        """Add everything that the activity requires, except what the scenario leaves out."""
        if self.proof.impressions is None:
            basics = services.Basics(self.proof.title, self.proof.executed_on, self.proof.amount, impressions=140)
            services.edit_basics(self.proof, actor=self.actor, expected_version=self._version(), basics=basics)
        if self.scenario.in_house:
            self._report()
        else:
            self._invoice()
        proof = self.proof
        required = requirements_of(proof.activity_type, proof.program, proof.components.all())
        wanted = [row for row in required if row.code not in self.scenario.leave_out]
        drafts = [self._document(row) for row in wanted if row.satisfied_by == SatisfiedBy.DOCUMENT]
        if drafts:
            services.add_documents(proof, actor=self.actor, expected_version=self._version(), documents=drafts)
        answers = {row.code: self._answer(row) for row in wanted if row.satisfied_by in services.ANSWERABLE}
        if answers:
            services.save_answers(proof, actor=self.actor, expected_version=self._version(), answers=answers)
        if any(row.satisfied_by == SatisfiedBy.TABLE for row in wanted):
            people = [services.AttendeeDraft(name, proof.amount / 2) for name in ("Ida Holm", "Max Sommer")]
            services.save_attendees(proof, actor=self.actor, expected_version=self._version(), attendees=people)

    def _version(self) -> int:
        return Proof.objects.values_list("case__version", flat=True).get(pk=self.proof.pk)

    def _store(self, name: str, content: bytes) -> DocumentVersion:
        version = store(SimpleUploadedFile(name, content), organisation=self.actor.organisation, actor=self.actor)
        judge_version(version.pk)
        return version

    def _expense_type(self) -> ExpenseType | None:
        rows = EligibleExpense.objects.filter(type=self.proof.activity_type).select_related("expense")
        return next((row.expense for row in rows if "travel" not in row.expense.code), None)

    def _invoice(self) -> None:
        kind, proof, scenario = self._expense_type(), self.proof, self.scenario
        percent = TAX[proof.location.country]
        tax = (proof.amount * percent / 100).quantize(Decimal("0.01"))
        text = in_language(kind.name, self.actor.language) if kind else proof.title
        unpaid = Decimal(scenario.amount) - Decimal(scenario.approved or scenario.amount)
        besides = [(scenario.besides, "", unpaid)] if scenario.besides else []
        first = proof.amount - sum(line[2] for line in besides)
        bill = papers.bill(
            supplier=scenario.supplier,
            supplier_address=ADDRESSES[scenario.supplier],
            customer=proof.location.organisation.name,
            number=self.number,
            day=proof.executed_on,
            lines=[(text, proof.title, first), *besides],
            currency=proof.currency,
            tax_percent=percent,
            language=self.actor.language,
        )
        services.add_invoice(
            proof,
            actor=self.actor,
            expected_version=self._version(),
            version=self._store(f"{self.number}.pdf", bill),
            details=services.InvoiceDetails(
                scenario.supplier, self.number, proof.executed_on, proof.currency, proof.amount, tax, proof.amount + tax
            ),
            expenses=[services.ExpenseDraft(kind, proof.amount, tax, proof.title)],
        )

    def _report(self) -> None:
        hours = Decimal(20)
        report = services.add_report(
            self.proof,
            actor=self.actor,
            expected_version=self._version(),
            work=in_language(WORK, self.actor.language).format(name=self.proof.title),
            lines=[
                services.WorkDraft(
                    self.actor.name,
                    in_language(JOB, self.actor.language),
                    self.proof.executed_on - timedelta(days=2),
                    self.proof.executed_on,
                    hours,
                    (self.proof.amount / hours).quantize(Decimal("0.01")),
                )
            ],
            expense_type=self._expense_type(),
        )
        services.certify_report(
            report,
            actor=self.actor,
            expected_version=self._version(),
            statement=in_language(CERTIFIED, self.actor.language),
        )

    def _document(self, row: Requirement) -> services.DocumentDraft:
        name, content = paper_for(row.code, self.proof, self.scenario.shown)
        return services.DocumentDraft(
            self._store(name, content), in_language(row.text, self.actor.language)[:200], (row,)
        )

    def _answer(self, row: Requirement) -> Decimal | str | bool:
        if row.satisfied_by == SatisfiedBy.NUMBER:
            return NUMBERS.get(row.code, Decimal(140))
        if row.satisfied_by == SatisfiedBy.URL:
            return f"https://www.{self.proof.location.organisation.email_domains[0]}/campaign"
        if row.satisfied_by == SatisfiedBy.DECLARATION:
            return True
        if row.satisfied_by == SatisfiedBy.CHOICE:
            return row.choices[0]["code"]
        return RESULTS[self.actor.language]


#: Parts of a requirement's code → kind of paper, and its texts. The first that fits is used.
PAPERS: tuple[tuple[tuple[str, ...], str, dict[str, Any]], ...] = (
    (("photo", "phone", "booth", "unit"), "photo", {}),
    (
        ("invitation", "agenda", "host", "confirmation", "itinerary"),
        "agenda",
        {
            "points": [
                ("09:00", "Welcome and coffee"),
                ("09:30", "Halden products in practice"),
                ("11:00", "Questions, next steps"),
            ]
        },
    ),
    (
        ("screenshot", "page", "web", "site"),
        "webpage",
        {"text": "Halden products, installed and explained by people near you."},
    ),
    (
        ("offer", "terms", "contest"),
        "offer",
        {"terms": ["Valid until the end of the quarter.", "One per customer.", "Halden products only."]},
    ),
    (("results", "report", "posted", "sent", "delivery", "list"), "sheet", {"head": ["Day", "Number"]}),
    (
        ("agreement",),
        "offer",
        {"terms": ["Scope: the pages about Halden products.", "Duration: three months.", "Fee: see the invoice."]},
    ),
    (("call",), "script", {}),
    (("brand",), "advert", {"text": "We are near you: call us, or come by."}),
    (("content",), "advert", {"text": "Halden Workplace: one machine, one price, installed within a day."}),
    (("slides",), "advert", {"text": "Halden in practice: what changes for you, and what does not."}),
    (("",), "advert", {"text": "Ask us how Halden keeps your work moving."}),
)


def paper_for(code: str, proof: Proof, shown: str) -> tuple[str, bytes]:
    """Return name and content of a file that looks like what the requirement asks for.

    ``shown`` replaces what photos and adverts show, if it is not empty.
    """
    kind, texts = next((kind, texts) for words, kind, texts in PAPERS if any(word in code for word in words))
    place, brand, title = proof.location.name, proof.location.organisation.name, proof.title
    if kind == "photo":
        return f"{code}.jpg", papers.photo(shown or f"{title}, {place}")
    domain, day = proof.location.organisation.email_domains[0], f"{proof.executed_on:%d %B %Y}"
    facts = {
        "title": title,
        "headline": title,
        "brand": brand,
        "host": f"{brand} with Halden",
        "place": place,
        "day": day,
        "address": f"https://www.{domain}/campaign",
        "contact": f"{place} · {domain}",
        "product": shown or "Halden Workplace",
        "rows": [[day, "140"], ["Total", "140"]],
        "paragraphs": [
            f"Good morning, this is Nora Feld of {brand}.",
            "I call about Halden Workplace and what it can do for you.",
            "May I send you an invitation?",
        ],
    }
    return f"{code}.pdf", papers.paper(kind, name=code, **facts, **texts)
