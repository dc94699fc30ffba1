"""The thirty kinds of costs of the catalogue: code → name."""

from .parts import Texts

EXPENSES: dict[str, Texts] = {
    "media_placement": {
        "en": "Advertising space bought from a third party",
        "de": "Von einem Dritten gekaufte Werbefläche",
    },
    "printed_material": {"en": "Printed material", "de": "Drucksachen"},
    "agency_marketing_creative": {
        "en": "Agency fee: marketing and creative services",
        "de": "Agenturhonorar: Marketing- und Kreativleistungen",
    },
    "agency_marketing": {"en": "Agency fee: marketing services", "de": "Agenturhonorar: Marketingleistungen"},
    "database_acquisition": {"en": "Purchase of a contact database", "de": "Kauf einer Adressdatenbank"},
    "postage": {"en": "Postage", "de": "Porto"},
    "programming_development": {
        "en": "Programming or development fee",
        "de": "Honorar für Programmierung oder Entwicklung",
    },
    "seo_fee": {
        "en": "Search engine optimization: optimization and upkeep",
        "de": "Suchmaschinenoptimierung: Optimierung und Pflege",
    },
    "call_center": {"en": "Third-party call-center charges", "de": "Kosten eines externen Callcenters"},
    "signage_display_print": {
        "en": "Signage, displays, printed items",
        "de": "Beschilderung, Aufsteller, Drucksachen",
    },
    "giveaways": {"en": "Giveaways", "de": "Werbegeschenke"},
    "registration": {"en": "Registration fee", "de": "Anmeldegebühr"},
    "external_speaker": {"en": "External speaker fee", "de": "Honorar für externe Referenten"},
    "facility_equipment_surface": {
        "en": "Venue and equipment rental (including {operator} devices that a third party owns and manages)",
        "de": "Miete von Räumen und Ausstattung (auch {operator}-Geräte, die einem Dritten gehören und von ihm "
        "betreut werden)",
    },
    "facility_equipment": {"en": "Venue and equipment rental", "de": "Miete von Räumen und Ausstattung"},
    "catering_no_alcohol": {"en": "Catering, alcohol excluded", "de": "Bewirtung ohne Alkohol"},
    "onsite_champ_service": {
        "en": "Service fee: work done by the On-site Champ",
        "de": "Dienstleistung: Arbeit des On-Site-Champs",
    },
    "research": {
        "en": "Research: white paper, case study, market research, customer workshop",
        "de": "Untersuchung: Whitepaper, Fallstudie, Marktforschung, Kundenworkshop",
    },
    "service_labor_poc": {
        "en": "Service fee: work on the proof of concept, your own or a third party's",
        "de": "Dienstleistung: Arbeit am Proof of Concept, eigene oder die eines Dritten",
    },
    "service_labor_web": {
        "en": "Service fee: work on the web setup, your own or a third party's",
        "de": "Dienstleistung: Arbeit an der Einrichtung der Website, eigene oder die eines Dritten",
    },
    "annual_enrollment": {
        "en": "Annual registration fee of the partner program",
        "de": "Jährliche Gebühr für das Partnerprogramm",
    },
    "plaque_dvd": {
        "en": "Membership plaque and the first set of DVDs",
        "de": "Mitgliedsplakette und der erste Satz DVDs",
    },
    "benefit_toolkit": {"en": "Additional benefit toolkit", "de": "Zusätzliches Leistungspaket"},
    "exam": {
        "en": "{operator} exam fee (certifications, competencies)",
        "de": "{operator}-Prüfungsgebühr (Zertifizierungen, Kompetenzen)",
    },
    "training_tuition": {
        "en": "{operator} training or tuition fee (certifications, competencies, also on demand)",
        "de": "{operator}-Schulungsgebühr (Zertifizierungen, Kompetenzen, auch auf Abruf)",
    },
    "isv_training": {
        "en": "Training on a third-party solution that demonstrably uses or runs on {operator} products",
        "de": "Schulung zu einer Lösung eines Dritten, die nachweislich {operator}-Produkte nutzt oder darauf läuft",
    },
    "mct_renewal": {
        "en": "Renewal fee of an {operator} certified trainer",
        "de": "Verlängerungsgebühr für zertifizierte {operator}-Trainer",
    },
    "training_platform": {
        "en": "Training, tuition, registration, digital training platform, or conversion of training to digital form",
        "de": "Schulung, Kursgebühr, Anmeldung, digitale Schulungsplattform oder Umwandlung von Schulungen in "
        "digitale Form",
    },
    "conference_registration": {
        "en": "Conference registration fee (at most 3 attendees per conference)",
        "de": "Anmeldegebühr der Konferenz (höchstens 3 Teilnehmer je Konferenz)",
    },
    "travel": {
        "en": "Travel: air or train fare plus taxes; hotel room rate plus taxes only",
        "de": "Reise: Flug oder Bahn zuzüglich Steuern; Hotel nur Zimmerpreis zuzüglich Steuern",
    },
}
