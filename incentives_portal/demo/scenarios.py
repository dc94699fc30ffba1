"""The demo's scenarios as data: plans and claims, and the status that each reaches. All invented.

They name no season and no month, because the demo may be built on any day of the year.
"""

from dataclasses import dataclass

#: Status → the verbs that lead there.
VERBS = {
    "discarded": ["discard"],
    "editing": [],
    "submitted": ["submit"],
    "under_review": ["submit", "start_review"],
    "approved": ["submit", "start_review", "approve"],
    "action_required": ["submit", "start_review", "request_action"],
    "rejected": ["submit", "start_review", "reject"],
    "disputed": ["submit", "start_review", "reject", "dispute"],
}


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """What is said about a plan or claim.

    ``comment``, ``reason``, ``approved`` and ``remark`` are the reviewer's; ``remark`` is the beginning of a file name and
    what is wrong with that file. ``note`` and ``dispute`` are the partner's.
    """

    comment: str = ""
    reason: str = ""
    remark: tuple[str, str] | tuple[()] = ()
    approved: str = ""
    note: str = ""
    dispute: str = ""


@dataclass(frozen=True)
class ClaimScenario(Scenario):
    """A claim. On the plan track its name, location and kind come from its activity.

    ``besides`` is a further line of the invoice, which was not approved; ``shown`` is what photos and adverts wrongly show.
    """

    status: str
    amount: str
    name: str = ""
    location: str = ""
    by: str = ""
    kind: str = ""
    days: int = 20
    supplier: str = "Agentur Hafenkante GmbH"
    besides: str = ""
    shown: str = ""
    in_house: bool = False
    leave_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class PlanScenario(Scenario):
    """A plan with one campaign; activities are (kind, name, planned amount), claims in the same order."""

    status: str
    location: str
    fund: str
    by: str
    title: str
    amount: str
    campaign: str
    activities: tuple[tuple[str, str, str], ...]
    claims: tuple[ClaimScenario, ...] = ()
    description: str = ""
    days: int = 60


#: Addresses of the suppliers.
ADDRESSES = {
    "Agentur Hafenkante GmbH": "Musterweg 7, 20095 Hamburg",
    "Hafenmagazin Verlag": "Musterkai 12, 20457 Hamburg",
    "Harbourside Events Ltd": "2 Sample Quay, Bristol BS1 0AA",
    "Bristol Post Media": "40 Sample Street, Bristol BS1 0AB",
    "Adwise Ltd": "9 Sample Lane, Bath BA1 0AA",
    "Expo Services Ltd": "1 Sample Hall, Birmingham B1 0AA",
    "Callwell Ltd": "5 Sample Road, Cardiff CF10 0AA",
    "Print & Post": "17 Sample Yard, Bristol BS1 0AC",
    "Agence Perrache": "3 rue de l'Exemple, 69002 Lyon",
}

#: Kind of an activity → its goal as entered by the partner.
GOALS = {
    "customer_seminars": {"en": "140 guests, 10 appointments", "de": "140 Gäste, 10 Termine"},
    "print_advertising": {"en": "20,000 readers, 40 enquiries", "de": "20.000 Leser, 40 Anfragen"},
    "digital_advertising": {"en": "10,000 impressions, 60 enquiries"},
    "tradeshows": {"en": "140 visitors of the booth, 25 appointments", "de": "140 Besucher am Stand, 25 Termine"},
    "internal_training": {"en": "12 people trained", "de": "12 Personen geschult"},
    "exams_tuition": {"en": "6 certificates", "de": "6 Zertifikate"},
    "telemarketing": {"en": "140 calls, 15 appointments"},
    "direct_mail_email_sms": {"en": "1,200 letters, 30 answers", "de": "800 Briefe, 20 Antworten"},
    "partner_website_search": {"en": "2,000 visits, 25 enquiries"},
    "customer_offers": {"en": "60 machines traded in", "de": "60 Geräte in Zahlung genommen"},
}  # fmt: skip


#: The plans of one location and fund stand together.
PLANS = (
    PlanScenario(
        "approved",
        "Bristol",
        "marketing",
        "owen.hughes",
        "Modern workplace launch",
        "60000",
        "Launch",
        activities=(
            ("customer_seminars", "Launch event at the harbour", "16000"),
            ("print_advertising", "Print adverts, regional press", "9000"),
            ("digital_advertising", "Search ads for the launch", "6000"),
            ("tradeshows", "IT Expo demo corner", "12000"),
            ("internal_training", "Sales floor days", "5000"),
            ("telemarketing", "Call the waiting list", "3600"),
            ("direct_mail_email_sms", "Backup for small offices, mailing", "2400"),
            ("partner_website_search", "Landing page and search", "4000"),
            ("customer_seminars", "Partner breakfast", "2000"),
        ),
        claims=(
            ClaimScenario(
                "approved", "15400", supplier="Harbourside Events Ltd", comment="Well documented, thank you."
            ),
            ClaimScenario("under_review", "3650", supplier="Bristol Post Media"),
            ClaimScenario(
                "action_required",
                "5200",
                supplier="Adwise Ltd",
                reason="C-01",
                comment="The screenshot does not show our logo. Please send another one.",
                remark=("digital_screenshot", "The page ends above the place where the logo should be."),
            ),
            ClaimScenario(
                "rejected",
                "11800",
                supplier="Expo Services Ltd",
                reason="C-12",
                comment="The photo shows another fair. Without proof of this one we cannot pay.",
                shown="Gadget Days, Manchester",
            ),
            ClaimScenario(
                "disputed",
                "1100",
                in_house=True,
                reason="C-01",
                comment="The agenda does not show that the content was ours.",
                dispute="The agenda names Halden in the second session; please look again.",
            ),
            ClaimScenario(
                "submitted", "3600", supplier="Callwell Ltd", note="The script is the one that you know from last time."
            ),
            ClaimScenario("editing", "2100", supplier="Print & Post", leave_out=("mail_piece",)),
        ),
        description="Offices with 20 to 200 seats replace their machines this year. We meet them at events and follow up by phone.",
        comment="Print and field events are fine. Search ads need the figures of their first weeks.",
    ),
    PlanScenario(
        "action_required",
        "Bristol",
        "readiness",
        "owen.hughes",
        "Certify the service team",
        "10000",
        "Certification",
        activities=(
            ("internal_training", "Certification week", "7000"),
            ("exams_tuition", "Exams of the first class", "3000"),
        ),
        comment="3,000 for exams is more than we usually see for one class. Please explain or lower it.",
        reason="P-04",
        days=20,
    ),
    PlanScenario(
        "approved",
        "Hamburg",
        "marketing",
        "jana.petersen",
        "Modernes Arbeiten im Norden",
        "24000",
        "Forum und Messe",
        activities=(
            ("customer_seminars", "Forum Modernes Arbeiten", "9000"),
            ("print_advertising", "Anzeigen im Hafenmagazin", "4500"),
            ("tradeshows", "Stand auf der Hanse IT", "8000"),
            ("direct_mail_email_sms", "Mailing an Bestandskunden", "1800"),
        ),
        claims=(
            ClaimScenario(
                "approved",
                "8200",
                approved="7600",
                reason="C-04",
                comment="Der Wein auf der Rechnung ist nicht erstattungsfähig.",
                besides="Wein zum Abendempfang",
            ),
            ClaimScenario("submitted", "4100", supplier="Hafenmagazin Verlag"),
            ClaimScenario(
                "action_required",
                "7400",
                reason="C-12",
                comment="Das Foto zeigt den Stand nicht. Bitte ein anderes hochladen.",
                remark=("fair_photo", "Hier ist ein Vortrag zu sehen und kein Stand."),
                shown="Vortrag in Halle 3",
            ),
        ),
        description="Viele Kunden tauschen ihre Geräte in diesem Jahr. Wir treffen sie auf Messen und laden sie zum Forum ein.",
        comment="Ein guter Plan, viel Erfolg.",
    ),
    PlanScenario(
        "submitted",
        "Hamburg",
        "readiness",
        "jana.petersen",
        "Zertifizierungswoche",
        "10000",
        "Schulung",
        activities=(
            ("internal_training", "Zertifizierungswoche des Kundendienstes", "7000"),
            ("exams_tuition", "Prüfungen des ersten Kurses", "3000"),
        ),
        days=6,
    ),
    PlanScenario(
        "under_review",
        "Kiel",
        "marketing",
        "jana.petersen",
        "Schulen an der Förde",
        "20000",
        "Schuljahr",
        activities=(
            ("customer_seminars", "Vier halbe Tage für Lehrkräfte", "14000"),
            ("customer_offers", "Altgeräte von Schulen in Zahlung", "6000"),
        ),
        days=9,
    ),
    PlanScenario(
        "discarded",
        "Kiel",
        "readiness",
        "jana.petersen",
        "Erster Entwurf",
        "5000",
        "Schulung",
        activities=(("internal_training", "Schulungstag in Kiel", "5000"),),
        days=12,
    ),
    PlanScenario(
        "editing",
        "Kiel",
        "readiness",
        "jana.petersen",
        "Fit für den Vertrieb",
        "8000",
        "Schulung",
        activities=(
            ("internal_training", "Verkaufstraining in Kiel", "6000"),
            ("exams_tuition", "Prüfungen für den Vertrieb", "2000"),
        ),
        days=4,
    ),
    PlanScenario(
        "submitted",
        "Lyon",
        "marketing",
        "claire.morel",
        "Écoles et associations",
        "20000",
        "Écoles",
        activities=(
            ("customer_seminars", "Quatre demi-journées d'atelier", "14000"),
            ("customer_offers", "Offre de reprise pour les écoles", "6000"),
        ),
        days=3,
    ),
    PlanScenario(
        "rejected",
        "Lyon",
        "readiness",
        "claire.morel",
        "Formation interne",
        "10000",
        "Formation",
        activities=(
            ("internal_training", "Formation de l'équipe de l'entrepôt", "7000"),
            ("exams_tuition", "Examens de l'équipe de l'entrepôt", "3000"),
        ),
        comment="This fund is for customer-facing staff; the plan trains the warehouse.",
        reason="P-02",
        days=15,
    ),
)

CLAIMS = (
    ClaimScenario("approved", "2500", "Cloud security roadshow", "Bristol", "owen.hughes", "customer_seminars", 24,
              supplier="Harbourside Events Ltd", comment="Fine."),
    ClaimScenario("rejected", "3120", "Trade magazine adverts", "Bristol", "owen.hughes", "print_advertising", 18,
              supplier="Bristol Post Media", reason="C-01", comment="The adverts show another vendor's product.", shown="Nimbus Desk"),
    ClaimScenario("action_required", "1480", "Email series: backup for small offices", "Bristol", "priya.nair", "direct_mail_email_sms", 14,
              supplier="Adwise Ltd", reason="C-12", comment="Add the email as it was sent, with the dated header.",
              remark=("mail_sent", "This only says how many were sent; the email itself is missing.")),
    ClaimScenario("submitted", "980", "Telemarketing, public sector", "Bristol", "priya.nair", "telemarketing", 9, supplier="Callwell Ltd"),
    ClaimScenario("editing", "2200", "Partner website relaunch", "Bristol", "priya.nair", "partner_website_search", 5,
              supplier="Adwise Ltd", leave_out=("web_results", "web_results_file")),
    ClaimScenario("discarded", "100", "Entered by mistake", "Bristol", "owen.hughes", "print_advertising", 5),
    ClaimScenario("under_review", "4760", "Hanse IT Expo, Stand", "Hamburg", "jana.petersen", "tradeshows", 3),
    ClaimScenario("disputed", "1200", "Telefonaktion öffentliche Verwaltung", "Hamburg", "jana.petersen", "telemarketing", 12,
              in_house=True, reason="C-01", comment="Das Skript nennt Ihre Firma nicht.",
              dispute="Der erste Satz des Skripts nennt unsere Firma. Bitte sehen Sie noch einmal nach."),
    ClaimScenario("approved", "1200", "Suchanzeigen für Cloud-Backup", "Hamburg", "jana.petersen", "digital_advertising", 16,
              approved="1000", reason="C-04", comment="Das Honorar für einen anderen Kunden steht auf derselben Rechnung.",
              besides="Honorar, Anzeigen der Muster AG"),
    ClaimScenario("editing", "1300", "Frühstück in Kiel", "Kiel", "tobias.wendt", "customer_seminars", 4),
    ClaimScenario("submitted", "4000", "Reprise de machines, petites entreprises", "Lyon", "claire.morel", "customer_offers", 1,
              supplier="Agence Perrache"),
)  # fmt: skip
