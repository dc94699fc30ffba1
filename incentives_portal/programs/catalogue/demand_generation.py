"""Demand generation: traditional and digital advertising with wide reach, audience and results measurable.

Reach is the field *Estimated impressions* of the proof, hence no requirement of its own. Brand and content stand at print advertising only
(conflict 11); a program may add them elsewhere.
"""

from ..enums import CapKind, CapScope, Category
from .parts import COMMUNICATION, ActivitySource, CapSource, brand, content, document, pages, results, url

PRINT_ADVERTISING = ActivitySource(
    code="print_advertising",
    category=Category.DEMAND_GENERATION,
    name={
        "en": "Print advertising",
        "de": "Printwerbung",
        "fr": "Publicité imprimée",
        "nl": "Gedrukte advertenties",
        "sv": "Tryckt annonsering",
        "zh-hans": "平面广告",
    },
    needs_impressions=True,
    requirements=(
        brand("print"),
        content("print"),
        document(
            "print_piece",
            COMMUNICATION,
            "Copy of the finished piece that shows the core requirements of the program",
            "Kopie des fertigen Werbemittels, auf der die Grundanforderungen des Programms zu erkennen sind",
        ),
    ),
    expenses=("media_placement", "printed_material", "agency_marketing_creative"),
)

DIGITAL_ADVERTISING = ActivitySource(
    code="digital_advertising",
    category=Category.DEMAND_GENERATION,
    name={
        "en": "Digital advertising",
        "de": "Digitale Werbung",
        "fr": "Publicité numérique",
        "nl": "Digitale advertenties",
        "sv": "Digital annonsering",
        "zh-hans": "数字广告",
    },
    needs_impressions=True,
    requirements=(
        document(
            "digital_screenshot", COMMUNICATION, "Screenshot of the digital ad", "Bildschirmfoto der digitalen Anzeige"
        ),
        url(
            "digital_landing_page",
            COMMUNICATION,
            "Address (URL) of the landing page that shows the core requirements of the program",
            "Adresse (URL) der Zielseite, auf der die Grundanforderungen des Programms zu erkennen sind",
        ),
        *results("digital"),
    ),
    expenses=("media_placement", "agency_marketing_creative"),
)

DIRECT_MAIL = ActivitySource(
    code="direct_mail_email_sms",
    category=Category.DEMAND_GENERATION,
    name={
        "en": "Direct mail, email, and SMS",
        "de": "Direktmailing, E-Mail und SMS",
        "fr": "Publipostage, e-mail et SMS",
        "nl": "Direct mail, e-mail en sms",
        "sv": "Direktreklam, e-post och sms",
        "zh-hans": "直邮、电子邮件和短信",
    },
    needs_impressions=True,
    requirements=(
        document(
            "mail_piece",
            COMMUNICATION,
            "Copy of the finished piece that shows the core requirements of the program",
            "Kopie der fertigen Sendung, auf der die Grundanforderungen des Programms zu erkennen sind",
        ),
        document(
            "mail_posted",
            COMMUNICATION,
            "Proof of distribution by post: a postmarked envelope or other proof of mailing",
            "Versandnachweis per Post: ein abgestempelter Umschlag oder ein anderer Einlieferungsbeleg",
            any_of="mail_distribution",
        ),
        document(
            "mail_sent",
            COMMUNICATION,
            "Proof of distribution by email: the final email with its dated header, or other proof of sending",
            "Versandnachweis per E-Mail: die endgültige E-Mail mit datierter Kopfzeile oder ein anderer Sendebeleg",
            any_of="mail_distribution",
        ),
        document(
            "mail_on_phone",
            COMMUNICATION,
            "Proof of distribution by SMS: a photo of the message on a phone",
            "Versandnachweis per SMS: ein Foto der Nachricht auf einem Telefon",
            any_of="mail_distribution",
        ),
    ),
    expenses=("database_acquisition", "printed_material", "postage", "agency_marketing_creative"),
)

PARTNER_WEBSITE = ActivitySource(
    code="partner_website_search",
    category=Category.DEMAND_GENERATION,
    name={
        "en": "Partner website and search engine",
        "de": "Partnerwebsite und Suchmaschine",
        "fr": "Site web du partenaire et moteurs de recherche",
        "nl": "Partnerwebsite en zoekmachine",
        "sv": "Partnerns webbplats och sökmotor",
        "zh-hans": "合作伙伴网站和搜索引擎",
    },
    needs_impressions=True,
    requirements=(
        *pages("web"),
        document(
            "web_seo_agreement",
            COMMUNICATION,
            "Statement of work or service agreement of the search engine optimization project",
            "Leistungsbeschreibung oder Dienstleistungsvertrag des Projekts zur Suchmaschinenoptimierung",
            only_if={"expense": "seo_fee"},
        ),
        *results("web"),
    ),
    expenses=("agency_marketing", "programming_development", "seo_fee"),
)

SYNDICATED_CONTENT = ActivitySource(
    code="ms_syndicated_content",
    category=Category.DEMAND_GENERATION,
    name={
        "en": "{operator} syndicated content",
        "de": "Syndizierte {operator}-Inhalte",
        "fr": "Contenu {operator} syndiqué",
        "nl": "Gesyndiceerde {operator}-inhoud",
        "sv": "Syndikerat {operator}-innehåll",
        "zh-hans": "{operator} 联合发布内容",
    },
    needs_impressions=True,
    requirements=(*pages("syndicated"), *results("syndicated")),
    expenses=("agency_marketing", "programming_development", "media_placement"),
    caps=(CapSource("syndicated_content", CapKind.AMOUNT, CapScope.USAGE_PERIOD, amount=18750),),
)

MULTI_TOUCH = ActivitySource(
    code="multi_touch_campaign",
    category=Category.DEMAND_GENERATION,
    name={
        "en": "Multi-touch digital campaign",
        "de": "Digitale Mehrkanalkampagne",
        "fr": "Campagne numérique multicanal",
        "nl": "Digitale campagne met meerdere contactmomenten",
        "sv": "Digital kampanj med flera kontaktpunkter",
        "zh-hans": "多触点数字营销活动",
    },
    needs_impressions=True,
    # What is required is the union of what the components used require.
    components=("digital_advertising", "direct_mail_email_sms", "partner_website_search", "telemarketing"),
    expenses=(
        "media_placement",
        "agency_marketing_creative",
        "database_acquisition",
        "programming_development",
        "seo_fee",
        "call_center",
    ),
)

ACTIVITIES = (PRINT_ADVERTISING, DIGITAL_ADVERTISING, DIRECT_MAIL, PARTNER_WEBSITE, SYNDICATED_CONTENT, MULTI_TOUCH)
