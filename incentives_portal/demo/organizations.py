"""The demo's companies, people, programs, years, periods and enrollments, created by the services."""

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path

from django.contrib.auth.hashers import make_password

from claims.reasons import load_reasons
from incentives_portal import clock
from incentives_portal.accounts.models import Location, Organisation, User
from incentives_portal.accounts.services import add_location, add_person, give_role
from incentives_portal.enrollments import services
from incentives_portal.people.models import RoleAssignment
from incentives_portal.programs import dates
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.programs.models import Calendar, FundType, Holiday, Market, Program, ProgramYear, UsagePeriod
from incentives_portal.programs.periods import usage_period

from .people import COMPANIES, PASSWORD, PEOPLE

ZONE = "Europe/Berlin"
#: The catalog of the demo: the default one with an operator's own activities, costs and caps.
CATALOG = Path(__file__).with_name("catalog.json")


@dataclass(frozen=True)
class Setting:
    """Users by the local part of their email address, locations by name, and both programs."""

    people: dict[str, User]
    locations: dict[str, Location]
    device: Program
    cloud: Program


def build() -> Setting:
    """Create everything. The caller must be in a transaction."""
    load_catalog(CATALOG)
    load_reasons()
    device, cloud = _programs()
    people, locations = _companies({"DEVICE": device, "CLOUD": cloud})
    with clock.at(clock.now() - timedelta(days=200)):
        for location, program in product(locations.values(), (device, cloud)):
            _enrol(location, program, people["elif.sander"])
    return Setting(people, locations, device, cloud)


def _enrol(location: Location, program: Program, actor: User) -> None:
    enrolment = services.invite(location, program, actor=actor)
    for verb in ("validate", "enrol"):
        enrolment.refresh_from_db()
        services.VERBS[verb](enrolment, actor=actor, expected_version=enrolment.version)


def _programs() -> tuple[Program, Program]:
    calendar = Calendar.objects.create(name="Halden", time_zone=ZONE)
    year = clock.today(ZONE).year
    for number in (year - 1, year, year + 1):
        for month, day, english, german in (
            (1, 1, "New Year's Day", "Neujahr"),
            (5, 1, "Labour Day", "Tag der Arbeit"),
            (12, 25, "Christmas Day", "Erster Weihnachtstag"),
            (12, 26, "Boxing Day", "Zweiter Weihnachtstag"),
        ):
            Holiday.objects.create(calendar=calendar, date=date(number, month, day), name={"en": english, "de": german})
    device = Program.objects.create(
        code="DEVICE",
        name={"en": "Device Partner Program", "de": "Gerätepartner-Programm"},
        track="plan",
        currency="EUR",
        calendar=calendar,
        guide={
            "en": "Plan your campaigns for the year, carry them out, and prove each activity.",
            "de": "Planen Sie Ihre Kampagnen für das Jahr, führen Sie sie durch und weisen Sie jede Aktivität nach.",
        },
    )
    cloud = Program.objects.create(
        code="CLOUD",
        name={"en": "Cloud Reseller Co-op", "de": "Cloud-Reseller-Co-op"},
        track="claim",
        currency="EUR",
        calendar=calendar,
        guide={
            "en": "Claim what you have carried out in the usage period; no plan is needed.",
            "de": "Beantragen Sie, was Sie im Nutzungszeitraum durchgeführt haben; ein Plan ist nicht nötig.",
        },
    )
    for code, en, de in (
        ("marketing", "Marketing development", "Marketingentwicklung"),
        ("readiness", "Partner readiness", "Qualifizierung des Partners"),
    ):
        FundType.objects.create(program=device, code=code, name={"en": en, "de": de})
    for program in (device, cloud):
        Market.objects.create(
            program=program,
            code="europe",
            name={"en": "Europe", "de": "Europa"},
            countries=["AT", "BE", "CH", "DE", "DK", "FR", "GB", "IE", "NL", "SE"],
        )
        _years(program)
    return device, cloud


def _years(program: Program) -> None:
    """Create the previous, current and next year, with their periods."""
    this = dates.fiscal_year_of(clock.today(ZONE))
    for number in (this - 1, this, this + 1):
        span = dates.fiscal_year(number)
        if program.has_plans:
            ProgramYear.objects.create(
                program=program,
                label=dates.fiscal_year_label(number),
                starts=span.starts,
                ends=span.ends,
                revise_until=dates.plan_revision_deadline(span.ends, program.revision_days),
            )
        UsagePeriod.objects.bulk_create(usage_period(program, dates.fiscal_half(number, half)) for half in (1, 2))


def _companies(programs: dict[str, Program]) -> tuple[dict[str, User], dict[str, Location]]:
    people, locations = {}, {}
    for company in COMPANIES:
        organisation = Organisation.objects.create(kind=company.kind, name=company.name, email_domains=[company.domain])
        for partner_id, name, country in company.locations:
            locations[name] = add_location(organisation, partner_id=partner_id, name=name, country=country)
        for person in (person for person in PEOPLE if person.company == company.name):
            user = add_person(
                organisation,
                email=person.email,
                name=person.name,
                language=person.language,
                time_zone=person.time_zone,
            )
            for role in person.roles:
                give_role(user, role)
            # The service needs an actor who may assign roles, and there is none yet.
            for code in person.programs if person.incentives else ():
                RoleAssignment.objects.create(user=user, program=programs[code], role=person.incentives)
            people[person.email.partition("@")[0]] = user
    # One hash for all users, because hashing is slow on purpose.
    User.objects.filter(pk__in=[user.pk for user in people.values()]).update(password=make_password(PASSWORD))
    return people, locations
