"""A small world for tests: the operator, two partners, two programs, one person per role. Built by the services where there are any.

Use it as fixtures, imported into a app's conftest::

    from incentives_portal.tests.world import november, world  # noqa: F401

``november`` holds the clock at Thursday 19 November 2026, so that "inside the program year" is true on any day the tests run.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from incentives_portal import clock
from incentives_portal.accounts.capabilities import Role
from incentives_portal.accounts.models import Location, Organisation, OrganisationKind, User
from incentives_portal.accounts.services import add_location, add_person, give_role
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import ReasonCode
from incentives_portal.cases.services import open_case
from incentives_portal.enrollments.enums import ENROLLED
from incentives_portal.enrollments.models import Enrolment
from incentives_portal.people.models import IncentivesRole, RoleAssignment
from incentives_portal.programs import dates
from incentives_portal.programs.enums import Category, Track
from incentives_portal.programs.models import (
    ActivityType,
    Calendar,
    FundType,
    Market,
    Program,
    ProgramYear,
    UsagePeriod,
)

from .fixture_cache import built_once

#: The backend by which people come in; the other one only answers questions about permissions.
DOOR = "incentives_portal.accounts.backends.SignInBackend"

NOW = datetime(2026, 11, 19, 12, 0, tzinfo=UTC)
ZONE = "Europe/Berlin"


@dataclass
class World:
    """Everybody and everything, by name. ``device`` is the program with plans, ``cloud`` the one without."""

    halden: Organisation
    nordlicht: Organisation
    brightwater: Organisation
    hamburg: Location
    kiel: Location
    bristol: Location
    device: Program
    cloud: Program
    market: Market
    cloud_market: Market
    fund_type: FundType
    other_fund_type: FundType
    year: ProgramYear
    period: UsagePeriod
    seminar: ActivityType
    advert: ActivityType
    #: Nordlicht: incentives admin (reads German), user, viewer; global, account and billing admin; nobody yet.
    jana: User
    tobias: User
    lena: User
    karin: User
    anton: User
    bea: User
    nils: User
    #: Brightwater's incentives admin: the stranger.
    owen: User
    #: The operator: two incentives admins, two reviewers, finance, auditor.
    elif_: User
    emre: User
    mira: User
    daniel: User
    ines: User
    hugo: User

    @property
    def people(self) -> list[User]:
        """Everybody, with the roles that they have now."""
        return list(User.objects.filter(pk__in=[value.pk for value in vars(self).values() if isinstance(value, User)]))

    def reason(self, kind: CaseKind, verb: str, code: str = "X-01", place: str = "") -> ReasonCode:
        """A reason code for a verb; in English and German."""
        words = {"en": "The dates do not fit.", "de": "Die Daten passen nicht."}
        fix = {"en": "Choose other dates.", "de": "Wählen Sie andere Daten."}
        defaults = {"text": words, "fix": fix, "place": place}
        return ReasonCode.objects.get_or_create(kind=kind, verb=verb, code=code, defaults=defaults)[0]


@pytest.fixture
def november() -> Iterator[datetime]:
    """Hold the clock of this case at noon UTC of 19 November 2026."""
    with clock.at(NOW):
        yield NOW


@pytest.fixture
def world(db: Any, november: datetime) -> World:
    """The world, in a test's transaction, on a day in November."""
    return built_once("world", make_world, copy.deepcopy)


def sign_in(client: Client, person: User) -> Client:
    """Let the test client act as a person, without the form."""
    client.force_login(person, backend=DOOR)
    return client


@pytest.fixture
def signed_in() -> Callable[[User], Client]:
    """A browser in which a person is signed in."""
    return lambda person: sign_in(Client(), person)


def make_world() -> World:
    """Build the world around the clock's today: the program year and the usage period are those of today."""
    halden = Organisation.objects.create(
        kind=OrganisationKind.OPERATOR, name="Halden Software", email_domains=["halden.example"]
    )
    nordlicht = _partner("Nordlicht Systems GmbH", "nordlicht.example")
    brightwater = _partner("Brightwater IT Ltd", "brightwater.example")
    hamburg = add_location(nordlicht, partner_id="5210483", name="Hamburg", country="DE")
    kiel = add_location(nordlicht, partner_id="5210484", name="Kiel", country="DE")
    bristol = add_location(brightwater, partner_id="4471902", name="Bristol", country="GB")
    programs = _programs()
    for location in (hamburg, kiel, bristol):
        for program in (programs["device"], programs["cloud"]):
            enrol(location, program)
    people = _people(halden, nordlicht, brightwater, (programs["device"], programs["cloud"]))
    return World(
        halden=halden,
        nordlicht=nordlicht,
        brightwater=brightwater,
        hamburg=hamburg,
        kiel=kiel,
        bristol=bristol,
        **programs,
        **people,
    )


def _partner(name: str, domain: str) -> Organisation:
    return Organisation.objects.create(kind=OrganisationKind.PARTNER, name=name, email_domains=[domain])


def enrol(location: Location, program: Program, status: str = ENROLLED) -> Enrolment:
    """An enrolment in a status, without the verbs that lead there."""
    title = f"{location.name}: {program.code}"
    case = open_case(CaseKind.ENROLMENT, location=location, program=program, title=title, status=status)
    return Enrolment.objects.create(case=case, location=location, program=program)


def _programs() -> dict[str, Any]:
    calendar = Calendar.objects.create(name="Halden", time_zone=ZONE)
    device = Program.objects.create(
        code="DEVICE",
        name={"en": "Device Partner Program"},
        track=Track.PLAN,
        currency="EUR",
        calendar=calendar,
    )
    cloud = Program.objects.create(
        code="CLOUD",
        name={"en": "Cloud Reseller Co-op"},
        track=Track.CLAIM,
        currency="EUR",
        calendar=calendar,
    )
    today = clock.today(ZONE)
    return {
        "device": device,
        "cloud": cloud,
        "market": Market.objects.create(
            program=device, code="NORTH", name={"en": "Northern Europe"}, countries=["DE", "DK", "GB", "SE"]
        ),
        "cloud_market": Market.objects.create(
            program=cloud, code="EU", name={"en": "Europe"}, countries=["DE", "FR", "GB"]
        ),
        "fund_type": _fund_type(device, "MDF", "Marketing development"),
        "other_fund_type": _fund_type(device, "LAUNCH", "Launch support"),
        "year": make_year(device, today),
        "period": _period(cloud, today),
        "seminar": _activity_type("seminars", Category.MARKET_DEVELOPMENT, "Customer seminars and boot camps"),
        "advert": _activity_type("print_advertising", Category.DEMAND_GENERATION, "Print advertising"),
    }


def _fund_type(program: Program, code: str, name: str) -> FundType:
    return FundType.objects.create(program=program, code=code, name={"en": name})


def make_year(program: Program, day: date) -> ProgramYear:
    """The program year of a day: a fiscal year, revisions for 90 days more."""
    number = dates.fiscal_year_of(day)
    span = dates.fiscal_year(number)
    return ProgramYear.objects.create(
        program=program,
        label=dates.fiscal_year_label(number),
        starts=span.starts,
        ends=span.ends,
        revise_until=dates.plan_revision_deadline(span.ends),
    )


def _period(program: Program, day: date) -> UsagePeriod:
    """The usage period whose activities take place on the day."""
    half = dates.half_of(dates.half_of(day).earning.starts - timedelta(days=1))
    return UsagePeriod.objects.create(
        program=program,
        label=half.label,
        earning_starts=half.earning.starts,
        earning_ends=half.earning.ends,
        usage_starts=half.usage.starts,
        usage_ends=half.usage.ends,
        claiming_starts=half.claiming.starts,
        claiming_ends=half.claiming.ends,
    )


def _activity_type(code: str, category: Category, name: str) -> ActivityType:
    """A kind of activity; the row of the catalogue where that is loaded."""
    return ActivityType.objects.get_or_create(code=code, defaults={"category": category, "name": {"en": name}})[0]


def _people(
    halden: Organisation, nordlicht: Organisation, brightwater: Organisation, programs: tuple[Program, Program]
) -> dict[str, User]:
    people = {
        "jana": _person(nordlicht, "jana.petersen@nordlicht.example", "Jana Petersen", language="de"),
        "tobias": _person(nordlicht, "tobias.wendt@nordlicht.example", "Tobias Wendt", language="de"),
        "lena": _person(nordlicht, "lena.brandt@nordlicht.example", "Lena Brandt", language="de"),
        "karin": _person(nordlicht, "karin.vogel@nordlicht.example", "Karin Vogel", Role.PARTNER_GLOBAL_ADMIN),
        "anton": _person(nordlicht, "anton.kruse@nordlicht.example", "Anton Kruse", Role.PARTNER_ACCOUNT_ADMIN),
        "bea": _person(nordlicht, "bea.lange@nordlicht.example", "Bea Lange", Role.PARTNER_BILLING_ADMIN),
        "nils": _person(nordlicht, "nils.ohm@nordlicht.example", "Nils Ohm"),
        "owen": _person(brightwater, "owen.hughes@brightwater.example", "Owen Hughes"),
        "elif_": _person(halden, "elif.sander@halden.example", "Elif Sander", Role.OPERATOR_INCENTIVES_ADMIN),
        "emre": _person(halden, "emre.aksoy@halden.example", "Emre Aksoy", Role.OPERATOR_INCENTIVES_ADMIN),
        "mira": _person(halden, "mira.okafor@halden.example", "Mira Okafor", Role.OPERATOR_REVIEWER),
        "daniel": _person(halden, "daniel.lindqvist@halden.example", "Daniel Lindqvist", Role.OPERATOR_REVIEWER),
        "ines": _person(halden, "ines.costa@halden.example", "Ines Costa", Role.OPERATOR_FINANCE),
        "hugo": _person(halden, "hugo.berg@halden.example", "Hugo Berg", Role.OPERATOR_AUDITOR),
    }
    for program in programs:
        give_incentives_role(people["jana"], program, IncentivesRole.ADMIN)
        give_incentives_role(people["tobias"], program, IncentivesRole.USER)
        give_incentives_role(people["lena"], program, IncentivesRole.VIEWER)
        give_incentives_role(people["owen"], program, IncentivesRole.ADMIN)
    return people


def _person(organisation: Organisation, email: str, name: str, *roles: Role, language: str = "en") -> User:
    person = add_person(organisation, email=email, name=name, language=language, time_zone=ZONE)
    for role in roles:
        give_role(person, role)
    return person


def give_incentives_role(
    user: User, program: Program, role: IncentivesRole, location: Location | None = None
) -> RoleAssignment:
    """A role in a program, at one location or at all."""
    return RoleAssignment.objects.create(user=user, program=program, role=role, location=location)
