"""Who on the partner's side hears of a case. There is always somebody: each list ends with who can find somebody else."""

from incentives_portal.accounts.capabilities import Role, holders
from incentives_portal.accounts.models import User

from .models import CaseDetail, Event

#: Who is asked in turn where nobody of those before is active.
_NEXT = (Role.PARTNER_GLOBAL_ADMIN, Role.PARTNER_ACCOUNT_ADMIN, Role.OPERATOR_INCENTIVES_ADMIN)


def partner_side(detail: CaseDetail, _event: Event) -> list[User]:
    """The incentives admins of location and program and the submitter; nobody active: global admins, account admins, the operator's admins.

    Whoever is told as the last resort and may not read the case gets a letter without its content (messages.py).
    """
    people = holders([Role.PARTNER_INCENTIVES_ADMIN], detail.scope)
    submission = detail.case.submission
    if submission and submission.by.is_active and submission.by not in people:
        people.append(submission.by)
    return people or _last_resort(detail)


def _last_resort(detail: CaseDetail) -> list[User]:
    for role in _NEXT:
        if people := holders([role], detail.scope):
            for person in people:
                person.is_last_resort = True  # type: ignore[attr-defined]  # asked by messages.py, which spares all others a query
            return people
    return []
