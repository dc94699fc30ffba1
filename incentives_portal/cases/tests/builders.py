"""Cases without the row of a kind, for tests of history and messages."""

from datetime import date
from decimal import Decimal

from incentives_portal.accounts.models import Location, Organisation
from incentives_portal.cases.enums import SUBMITTED, CaseKind
from incentives_portal.cases.models import Case
from incentives_portal.cases.services import open_case
from incentives_portal.programs.models import Calendar, Program, UsagePeriod

_YEAR = (("starts", (1, 1)), ("ends", (12, 31)))


def make_case(partner: Organisation, title: str, kind: CaseKind = CaseKind.CLAIM) -> Case:
    """A case of the partner's first location in a program on the claim track."""
    location, _created = Location.objects.get_or_create(
        organisation=partner, defaults={"partner_id": f"4{partner.pk:06}", "name": "Hamburg", "country": "DE"}
    )
    calendar, _created = Calendar.objects.get_or_create(name="Halden", defaults={"time_zone": "Europe/Berlin"})
    program, _created = Program.objects.get_or_create(
        code="CLOUD",
        defaults={"name": {"en": "Cloud Reseller Co-op"}, "track": "claim", "currency": "EUR", "calendar": calendar},
    )
    period = None
    if kind == CaseKind.CLAIM:
        days = {f"{name}_{end}": date(2026, *day) for name in ("earning", "usage", "claiming") for end, day in _YEAR}
        period, _created = UsagePeriod.objects.get_or_create(program=program, label="2026", defaults=days)
    return open_case(
        kind,
        usage_period=period,
        location=location,
        program=program,
        title=title,
        status=SUBMITTED,
        requested_amount=Decimal(100),
    )
