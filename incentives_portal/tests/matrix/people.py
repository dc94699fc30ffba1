"""The columns of the matrix: everybody who can stand before an address, and what they are called in the table."""

from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Organisation, User
from incentives_portal.accounts.services import add_person, give_role
from incentives_portal.people.models import IncentivesRole
from incentives_portal.tests.world import World, give_incentives_role

#: A set of columns. Joined with ``|`` in the table.
Who = frozenset[str]


def _column(name: str) -> Who:
    return frozenset({name})


#: Everybody's, so that the pages of signing in have one to ask for.
PASSWORD = "Halden-matrix-2026"

SWITCHED_OFF = "switched off"
#: The incentives admin of the other company, in no column of the table.
OWNER = "owner of the canaries"

NOBODY: Who = frozenset()
ADMIN = _column(Role.PARTNER_INCENTIVES_ADMIN)
USER = _column(Role.PARTNER_INCENTIVES_USER)
VIEWER = _column(Role.PARTNER_INCENTIVES_VIEWER)
GLOBAL = _column(Role.PARTNER_GLOBAL_ADMIN)
ACCOUNT = _column(Role.PARTNER_ACCOUNT_ADMIN)
BILLING = _column(Role.PARTNER_BILLING_ADMIN)
OPERATOR_ADMIN = _column(Role.OPERATOR_INCENTIVES_ADMIN)
REVIEWER = _column(Role.OPERATOR_REVIEWER)
FINANCE = _column(Role.OPERATOR_FINANCE)
AUDITOR = _column(Role.OPERATOR_AUDITOR)
#: People of the partner and of the operator without any role, and an incentives admin of another location of the same partner.
NEWCOMER, TRAINEE, ELSEWHERE = map(_column, ("nobody yet", "nobody yet at the operator", "admin elsewhere"))

PARTNERS = ADMIN | USER | VIEWER | GLOBAL | ACCOUNT | BILLING | NEWCOMER | ELSEWHERE
OPERATORS = OPERATOR_ADMIN | REVIEWER | FINANCE | AUDITOR
EVERYBODY = PARTNERS | OPERATORS | TRAINEE


def people_of(world: World) -> dict[str, User]:
    """One person for each column, of Nordlicht or of the operator; those who are not in the world are added to it."""
    found = {
        ADMIN: world.jana,
        USER: world.tobias,
        VIEWER: world.lena,
        GLOBAL: world.karin,
        ACCOUNT: world.anton,
        BILLING: world.bea,
        NEWCOMER: world.nils,
        ELSEWHERE: _elsewhere(world),
        OPERATOR_ADMIN: world.elif_,
        REVIEWER: world.mira,
        FINANCE: world.ines,
        AUDITOR: world.hugo,
        TRAINEE: _newcomer(world.halden, "theo.lund@halden.example"),
        _column(SWITCHED_OFF): _switched_off(world),
        _column(OWNER): world.owen,
    }
    for person in found.values():
        person.set_password(PASSWORD)
        person.save(update_fields=["password"])
    return {name: person for column, person in found.items() for name in column}


def _newcomer(organisation: Organisation, email: str) -> User:
    return add_person(organisation, email=email, name=email.partition("@")[0].replace(".", " ").title())


def _elsewhere(world: World) -> User:
    person = _newcomer(world.nordlicht, "kim.kieler@nordlicht.example")
    for program in (world.device, world.cloud):
        give_incentives_role(person, program, IncentivesRole.ADMIN, world.kiel)
    return person


def _switched_off(world: World) -> User:
    """Somebody who was everything, and whose session is still there."""
    person = _newcomer(world.nordlicht, "ole.ehemals@nordlicht.example")
    give_role(person, Role.PARTNER_GLOBAL_ADMIN)
    for program in (world.device, world.cloud):
        give_incentives_role(person, program, IncentivesRole.ADMIN)
    return person
