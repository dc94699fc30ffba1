"""The companies and people of the demo, with one common password.

All are invented; their domains cannot exist.
"""

from dataclasses import dataclass, field

from incentives_portal.accounts.capabilities import Role

PASSWORD = "Halden-demo-2026"  # noqa: S105  printed by quickstart and in the README: demo data only

HALDEN, NORDLICHT, BRIGHTWATER, ATELIER = (
    "Halden Software",
    "Nordlicht Systems GmbH",
    "Brightwater IT Ltd",
    "Atelier Numérique SARL",
)


@dataclass(frozen=True)
class Company:
    """An organization of the demo with its locations as (partner id, name, country)."""

    name: str
    kind: str
    domain: str
    locations: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Person:
    """A demo user. ``incentives`` is the role in the programs at all locations: admin, user or viewer."""

    email: str
    name: str
    company: str
    shown_role: str
    language: str = "en"
    time_zone: str = "Europe/London"
    roles: tuple[Role, ...] = ()
    incentives: str = ""
    programs: tuple[str, ...] = ("DEVICE", "CLOUD")


#: Each partner has one location without plans or claims, first in its lists, so that a visitor can create a plan at once.
COMPANIES = [
    Company(HALDEN, "operator", "halden.example"),
    Company(
        NORDLICHT,
        "partner",
        "nordlicht.example",
        [("5210483", "Hamburg", "DE"), ("5210484", "Kiel", "DE"), ("5210485", "Flensburg", "DE")],
    ),
    Company(BRIGHTWATER, "partner", "brightwater.example", [("4471902", "Bristol", "GB"), ("4471903", "Bath", "GB")]),
    Company(ATELIER, "partner", "atelier.example", [("6120077", "Lyon", "FR"), ("6120078", "Grenoble", "FR")]),
]

_BERLIN, _PARIS = "Europe/Berlin", "Europe/Paris"

_INCENTIVES_ADMIN, _REVIEWER = (Role.OPERATOR_INCENTIVES_ADMIN,), (Role.OPERATOR_REVIEWER,)

PEOPLE = [
    Person("jana.petersen@nordlicht.example", "Jana Petersen", NORDLICHT, "Incentives admin", "de", _BERLIN, incentives="admin"),
    Person("tobias.wendt@nordlicht.example", "Tobias Wendt", NORDLICHT, "Incentives user", "de", _BERLIN, incentives="user"),
    Person("lena.brandt@nordlicht.example", "Lena Brandt", NORDLICHT, "Incentives viewer", "de", _BERLIN, incentives="viewer"),
    Person("karin.vogel@nordlicht.example", "Karin Vogel", NORDLICHT, "Global admin", "de", _BERLIN, (Role.PARTNER_GLOBAL_ADMIN,)),
    Person("owen.hughes@brightwater.example", "Owen Hughes", BRIGHTWATER, "Incentives admin", incentives="admin"),
    Person("priya.nair@brightwater.example", "Priya Nair", BRIGHTWATER, "Incentives user", incentives="user", programs=("CLOUD",)),
    Person("ruth.cole@brightwater.example", "Ruth Cole", BRIGHTWATER, "Account admin", roles=(Role.PARTNER_ACCOUNT_ADMIN,)),
    Person("sam.okoro@brightwater.example", "Sam Okoro", BRIGHTWATER, "Billing admin", roles=(Role.PARTNER_BILLING_ADMIN,)),
    Person("noor.haddad@brightwater.example", "Noor Haddad", BRIGHTWATER, "No role yet"),
    Person("claire.morel@atelier.example", "Claire Morel", ATELIER, "Incentives admin", "en", _PARIS, incentives="admin"),
    Person("elif.sander@halden.example", "Elif Sander", HALDEN, "Operator incentives admin", "en", _BERLIN, _INCENTIVES_ADMIN),
    Person("emre.aksoy@halden.example", "Emre Aksoy", HALDEN, "Second operator incentives admin", "en", _BERLIN, _INCENTIVES_ADMIN),
    Person("mira.okafor@halden.example", "Mira Okafor", HALDEN, "Reviewer", "en", _BERLIN, _REVIEWER),
    Person("daniel.lindqvist@halden.example", "Daniel Lindqvist", HALDEN, "Reviewer (decides disputes)", "en", _BERLIN, _REVIEWER),
    Person("ines.costa@halden.example", "Ines Costa", HALDEN, "Finance", "en", _BERLIN, (Role.OPERATOR_FINANCE,)),
    Person("hugo.berg@halden.example", "Hugo Berg", HALDEN, "Auditor", "en", _BERLIN, (Role.OPERATOR_AUDITOR,)),
]  # fmt: skip


def accounts() -> list[tuple[str, str]]:
    """Return the demo users as (role, email), for quickstart and the table of the README."""
    return [(f"{person.shown_role}, {person.company}", person.email) for person in PEOPLE]
