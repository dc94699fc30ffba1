"""Market development: winning and educating customers, for a defined audience."""

from ..enums import AppliesTo, Category, ProgramKind
from .parts import (
    COMMUNICATION,
    CORE,
    YES_OR_NO,
    ActivitySource,
    brand,
    choice,
    content,
    declaration,
    document,
    number,
    pages,
    results,
    share_of_funds,
)

_EVENT_EXPENSES = (
    "signage_display_print",
    "giveaways",
    "agency_marketing",
    "registration",
    "external_speaker",
    "facility_equipment_surface",
    "catering_no_alcohol",
)
_OFFER_EXPENSES = ("signage_display_print", "giveaways", "agency_marketing")

# Documented as "Telemarketing and expositions", though every requirement is about telemarketing (domain.md 9).
TELEMARKETING = ActivitySource(
    code="telemarketing",
    category=Category.MARKET_DEVELOPMENT,
    name={
        "en": "Telemarketing",
        "de": "Telemarketing",
        "fr": "Télémarketing",
        "nl": "Telemarketing",
        "sv": "Telemarketing",
        "zh-hans": "电话营销",
    },
    requirements=(
        document(
            "call_brand",
            CORE,
            "Your name or brand is spoken in the call script",
            "Ihr Name oder Ihre Marke wird laut Gesprächsleitfaden genannt",
        ),
        content("call"),
        document("call_script", COMMUNICATION, "Copy of the call script", "Kopie des Gesprächsleitfadens"),
        number("call_count", "Number of calls", "Anzahl der Anrufe"),
        number("call_contacts", "Number of successful contacts", "Anzahl der erfolgreichen Kontakte"),
    ),
    expenses=("agency_marketing", "call_center", "database_acquisition"),
)

SEMINARS = ActivitySource(
    code="customer_seminars",
    category=Category.MARKET_DEVELOPMENT,
    name={
        "en": "Customer seminars and boot camps",
        "de": "Kundenseminare und Bootcamps",
        "fr": "Séminaires et ateliers clients",
        "nl": "Klantseminars en bootcamps",
        "sv": "Kundseminarier och bootcamps",
        "zh-hans": "客户研讨会和训练营",
    },
    requirements=(
        brand("seminar"),
        content("seminar"),
        document("seminar_invitation", COMMUNICATION, "The invitation to the event", "Die Einladung zur Veranstaltung"),
        document(
            "seminar_agenda", COMMUNICATION, "The agenda or program of the event", "Die Tagesordnung oder das Programm"
        ),
        document("seminar_photos", COMMUNICATION, "Photos of the event", "Fotos der Veranstaltung"),
        choice(
            "seminar_all_shown",
            COMMUNICATION,
            "Do invitation and agenda already show the core requirements?",
            "Sind die Grundanforderungen schon in Einladung und Programm zu erkennen?",
            YES_OR_NO,
        ),
        document(
            "seminar_slides",
            COMMUNICATION,
            "Presentation material that shows the core requirements",
            "Präsentationsunterlagen, in denen die Grundanforderungen zu erkennen sind",
            only_if={"answer": "seminar_all_shown", "is": "no"},
        ),
        number("seminar_guests", "Number of registered guests", "Anzahl der angemeldeten Gäste"),
    ),
    expenses=_EVENT_EXPENSES,
)

TRADESHOWS = ActivitySource(
    code="tradeshows",
    category=Category.MARKET_DEVELOPMENT,
    name={
        "en": "Tradeshows and exhibitions",
        "de": "Messen und Ausstellungen",
        "fr": "Salons et expositions",
        "nl": "Beurzen en tentoonstellingen",
        "sv": "Mässor och utställningar",
        "zh-hans": "展会和展览",
    },
    requirements=(
        brand("fair"),
        content("fair"),
        document("fair_invitation", COMMUNICATION, "The invitation to the event", "Die Einladung zur Veranstaltung"),
        document(
            "fair_agenda", COMMUNICATION, "The agenda or program of the event", "Die Tagesordnung oder das Programm"
        ),
        document(
            "fair_photo",
            COMMUNICATION,
            "Photo that proves that you took part, for example of your booth or presentation",
            "Foto, das Ihre Teilnahme belegt, zum Beispiel von Ihrem Stand oder Ihrem Vortrag",
        ),
        number(
            "fair_visitors",
            "Estimated number of attendees or visitors of the booth",
            "Geschätzte Anzahl der Teilnehmer oder Standbesucher",
        ),
    ),
    expenses=_EVENT_EXPENSES,
)

CUSTOMER_OFFERS = ActivitySource(
    code="customer_offers",
    category=Category.MARKET_DEVELOPMENT,
    name={
        "en": "Customer offers",
        "de": "Kundenangebote",
        "fr": "Offres clients",
        "nl": "Klantaanbiedingen",
        "sv": "Kunderbjudanden",
        "zh-hans": "客户优惠",
    },
    requirements=(
        content("offer"),
        document(
            "offer_terms",
            COMMUNICATION,
            "The offer with its terms and conditions",
            "Das Angebot mit seinen Bedingungen",
        ),
        *results("offer"),
    ),
    expenses=_OFFER_EXPENSES,
    caps=(
        share_of_funds("customer_offers", 25, AppliesTo.NON_SURFACE),
        share_of_funds("customer_offers_devices", 100, AppliesTo.SURFACE),
    ),
)

INTERNAL_INCENTIVES = ActivitySource(
    code="internal_incentives",
    category=Category.MARKET_DEVELOPMENT,
    name={
        "en": "Internal incentives and SPIFFs",
        "de": "Interne Prämien und SPIFFs",
        "fr": "Primes internes et SPIFF",
        "nl": "Interne incentives en SPIFF's",
        "sv": "Interna incitament och SPIFF",
        "zh-hans": "内部奖励和 SPIFF",
    },
    requirements=(
        document(
            "contest_brand",
            CORE,
            "Your own brand and contact details are visible; internal contest rules that name your company are enough",
            "Ihre eigene Marke und Ihre Kontaktdaten sind zu sehen; interne Wettbewerbsregeln, die Ihr Unternehmen "
            "nennen, genügen",
        ),
        content("contest"),
        document(
            "contest_terms",
            COMMUNICATION,
            "The offer to your staff with its terms and conditions",
            "Das Angebot an Ihre Mitarbeiter mit seinen Bedingungen",
        ),
        *results("contest"),
    ),
    expenses=_OFFER_EXPENSES,
    caps=(
        share_of_funds("internal_incentives", 25, AppliesTo.NON_SURFACE),
        share_of_funds("internal_incentives_devices", 100, AppliesTo.SURFACE),
    ),
)

ONSITE_CHAMP = ActivitySource(
    code="onsite_champ",
    category=Category.MARKET_DEVELOPMENT,
    name={
        "en": "On-site Champ",
        "de": "On-Site-Champ (Vor-Ort-Experte)",
        "fr": "On-Site Champ (expert sur site)",
        "nl": "On-site Champ (expert op locatie)",
        "sv": "On-Site Champ (expert på plats)",
        "zh-hans": "驻场专员 (On-Site Champ)",
    },
    requirements=(
        declaration(
            "champ_dedicated",
            "The services were devoted entirely to products of {operator}",
            "Die Leistungen galten ausschließlich Produkten von {operator}",
        ),
        document(
            "champ_deliverables",
            COMMUNICATION,
            "Sample of the deliverables described in the On-site Champ form",
            "Muster der Arbeitsergebnisse, die im On-Site-Champ-Formular beschrieben sind",
        ),
    ),
    expenses=("onsite_champ_service",),
    caps=(
        share_of_funds("onsite_champ", 50, AppliesTo.NON_SURFACE),
        share_of_funds("onsite_champ_devices", 100, AppliesTo.SURFACE),
    ),
)

# Layout of 2018/2019: later prints of the source are shifted by one row (conflict 10).
PROOF_OF_CONCEPT = ActivitySource(
    code="proof_of_concept",
    category=Category.MARKET_DEVELOPMENT,
    name={
        "en": "Proof of concept",
        "de": "Proof of Concept",
        "fr": "Démonstration de faisabilité",
        "nl": "Proof of concept",
        "sv": "Konceptbevis (PoC)",
        "zh-hans": "概念验证",
    },
    requirements=(
        content("concept"),
        document(
            "concept_material",
            COMMUNICATION,
            "Copy of the material made to explain the concept, or of the research: white paper, case study, market "
            "research, customer workshop",
            "Kopie der Unterlagen, die das Konzept erläutern, oder der Untersuchung: Whitepaper, Fallstudie, "
            "Marktforschung, Kundenworkshop",
        ),
    ),
    expenses=("research", "printed_material", "programming_development", "agency_marketing", "service_labor_poc"),
)

# Restored in the same way (conflict 10).
EMPLOYEE_PURCHASE = ActivitySource(
    code="employee_purchase_web",
    category=Category.MARKET_DEVELOPMENT,
    name={
        "en": "Employee purchase web setup for customers",
        "de": "Einrichtung eines Mitarbeiterkaufportals für Kunden",
        "fr": "Mise en place d'un site d'achat pour les employés des clients",
        "nl": "Inrichting van een webshop voor personeelsaankopen bij klanten",
        "sv": "Uppsättning av webbplats för kundernas personalköp",
        "zh-hans": "为客户搭建员工购买网站",
    },
    excluded_kinds=(ProgramKind.SURFACE,),
    requirements=pages("staff_shop"),
    expenses=("agency_marketing", "programming_development", "service_labor_web"),
)

ACTIVITIES = (
    TELEMARKETING,
    SEMINARS,
    TRADESHOWS,
    CUSTOMER_OFFERS,
    INTERNAL_INCENTIVES,
    ONSITE_CHAMP,
    PROOF_OF_CONCEPT,
    EMPLOYEE_PURCHASE,
)
