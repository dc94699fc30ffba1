"""Partner readiness: training of the partner's own sales and technical staff."""

from ..enums import AppliesTo, CapKind, CapScope, Category
from .parts import (
    COMMUNICATION,
    CORE,
    YES_OR_NO,
    ActivitySource,
    CapSource,
    choice,
    declaration,
    document,
    invoice,
    number,
    table,
    text,
)

PARTICIPATION = ActivitySource(
    code="program_participation",
    category=Category.PARTNER_READINESS,
    name={
        "en": "Partner program participation",
        "de": "Teilnahme am Partnerprogramm",
        "fr": "Participation au programme partenaire",
        "nl": "Deelname aan het partnerprogramma",
        "sv": "Deltagande i partnerprogrammet",
        "zh-hans": "参与合作伙伴计划",
    },
    requirements=(
        invoice("membership_invoice", CORE, "Original invoice from {operator}", "Originalrechnung von {operator}"),
    ),
    expenses=("annual_enrollment", "plaque_dvd", "benefit_toolkit"),
)

EXAMS = ActivitySource(
    code="exams_tuition",
    category=Category.PARTNER_READINESS,
    name={
        "en": "{operator} exams and tuition",
        "de": "{operator}-Prüfungen und Schulungsgebühren",
        "fr": "Examens et formations {operator}",
        "nl": "{operator}-examens en lesgeld",
        "sv": "{operator}-prov och kursavgifter",
        "zh-hans": "{operator} 考试和培训费",
    },
    requirements=(
        text(
            "exam_code",
            CORE,
            "Code of the course or exam as {operator} lists it",
            "Code des Kurses oder der Prüfung, wie {operator} ihn führt",
        ),
        invoice(
            "exam_invoice",
            COMMUNICATION,
            "Third-party invoice that shows the code of the course or exam and the date of completion",
            "Rechnung eines Dritten, aus der der Code des Kurses oder der Prüfung und das Abschlussdatum hervorgehen",
        ),
        table(
            "exam_attendees",
            "List of attendees and the cost of each",
            "Liste der Teilnehmer und die Kosten je Person",
            # The metric is not needed for the renewal fee of a trainer.
            only_if={"expense_other_than": "mct_renewal"},
        ),
    ),
    expenses=("exam", "training_tuition", "isv_training", "mct_renewal"),
)

TRAINING = ActivitySource(
    code="internal_training",
    category=Category.PARTNER_READINESS,
    name={
        "en": "Internal training and floor days",
        "de": "Interne Schulungen und Aktionstage im Verkaufsraum",
        "fr": "Formations internes et journées en magasin",
        "nl": "Interne training en winkelvloerdagen",
        "sv": "Intern utbildning och butiksdagar",
        "zh-hans": "内部培训和门店活动日",
    },
    requirements=(
        declaration(
            "training_dedicated",
            "The part of the day or of the event space that is claimed was devoted entirely to {operator}",
            "Der beantragte Teil des Tages oder der Veranstaltungsfläche galt ausschließlich {operator}",
        ),
        document(
            "training_agenda",
            COMMUNICATION,
            "The agenda of the training or the program of the event",
            "Der Schulungsplan oder das Veranstaltungsprogramm",
        ),
        document(
            "training_slides",
            COMMUNICATION,
            "The presentation about {operator}",
            "Die Präsentation zu {operator}",
        ),
        number("training_attendees", "Number of attendees", "Anzahl der Teilnehmer"),
    ),
    expenses=(
        "training_platform",
        "signage_display_print",
        "giveaways",
        "agency_marketing",
        "external_speaker",
        "facility_equipment",
        "catering_no_alcohol",
    ),
)

CONFERENCES = ActivitySource(
    code="ms_conferences",
    category=Category.PARTNER_READINESS,
    name={
        "en": "{operator} hosted conferences",
        "de": "Von {operator} veranstaltete Konferenzen",
        "fr": "Conférences organisées par {operator}",
        "nl": "Door {operator} georganiseerde conferenties",
        "sv": "Konferenser arrangerade av {operator}",
        "zh-hans": "{operator} 主办的会议",
    },
    requirements=(
        declaration(
            "conference_host",
            "The conference was hosted by {operator}",
            "Veranstalter der Konferenz war {operator}",
        ),
        document(
            "conference_invitation",
            COMMUNICATION,
            "Invitation or confirmation of registration that names {operator} as the host",
            "Einladung oder Anmeldebestätigung, die {operator} als Veranstalter nennt",
        ),
        choice(
            "conference_by_air",
            COMMUNICATION,
            "Did anybody travel by air?",
            "Ist jemand mit dem Flugzeug gereist?",
            YES_OR_NO,
            only_if={"expense": "travel"},
        ),
        document(
            "conference_itinerary",
            COMMUNICATION,
            "Itinerary of the flights with the dates of travel",
            "Reiseplan der Flüge mit den Reisedaten",
            only_if={"expense": "travel", "answer": "conference_by_air", "is": "yes"},
        ),
        # Not printed as a metric, but the limits per person cannot be checked without it.
        table(
            "conference_attendees",
            "List of attendees and the travel cost of each",
            "Liste der Teilnehmer und die Reisekosten je Person",
        ),
    ),
    expenses=("conference_registration", "travel"),
    caps=(
        CapSource(
            "conference_attendees",
            CapKind.MAX_ATTENDEES,
            CapScope.EVENT,
            count=3,
            expenses=("travel", "conference_registration"),
        ),
        CapSource(
            "conference_travel_person", CapKind.AMOUNT_PER_PERSON, CapScope.EVENT, amount=5000, expenses=("travel",)
        ),
        CapSource(
            "conference_travel_period", CapKind.AMOUNT, CapScope.PROGRAM_PERIOD, amount=45000, expenses=("travel",)
        ),
        # Hosting may have other allowances; the numbers are not documented.
        CapSource("conference_hosting", CapKind.EXCEPTION, CapScope.PROGRAM_PERIOD, AppliesTo.HOSTING),
    ),
)

SEEDING = ActivitySource(
    code="product_seeding",
    category=Category.PARTNER_READINESS,
    name={
        "en": "Product seeding/demo units",
        "de": "Produktstreuung/Demogeräte",
        "fr": "Prêt de produits / unités de démonstration",
        "nl": "Productplaatsing/demo-exemplaren",
        "sv": "Produktutplacering/demoenheter",
        "zh-hans": "产品试用投放/演示机",
    },
    requirements=(
        choice(
            "unit_origin",
            COMMUNICATION,
            "Where does the demo unit come from?",
            "Woher stammt das Demogerät?",
            {
                "in_house": {"en": "Built in-house", "de": "Selbst gebaut"},
                "third_party": {"en": "Bought from a third party", "de": "Von einem Dritten gekauft"},
            },
        ),
        document(
            "unit_specification",
            COMMUNICATION,
            "System specification of the demo unit",
            "Technische Beschreibung des Demogeräts",
            only_if={"answer": "unit_origin", "is": "in_house"},
        ),
        document(
            "unit_delivery",
            COMMUNICATION,
            "Proof that the demo unit was delivered",
            "Lieferbeleg des Demogeräts",
            only_if={"answer": "unit_origin", "is": "third_party"},
        ),
        document(
            "unit_itself",
            COMMUNICATION,
            "Proof of the unit itself, for example a photo with its serial number",
            "Nachweis des Geräts selbst, zum Beispiel ein Foto mit der Seriennummer",
            only_if={"answer": "unit_origin", "is": "third_party"},
        ),
    ),
    # No list of expenses: the cost of the unit itself is what is claimed.
    expenses=(),
    caps=(
        CapSource(
            "product_seeding",
            CapKind.GREATER_OF,
            CapScope.PROGRAM_PERIOD,
            AppliesTo.NON_SURFACE,
            amount=3000,
            percent=10,
        ),
        CapSource("product_seeding_devices", CapKind.UNLIMITED, CapScope.PROGRAM_PERIOD, AppliesTo.SURFACE),
    ),
)

ACTIVITIES = (PARTICIPATION, EXAMS, TRAINING, CONFERENCES, SEEDING)
