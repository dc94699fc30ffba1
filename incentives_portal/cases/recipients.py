"""Who hears of a case. There is always somebody: each list ends with who can find somebody else."""

from typing import Any

from incentives_portal.accounts.capabilities import Role, holders
from incentives_portal.accounts.models import User

from .models import CaseDetail, Event
from .types import case_type

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


def reviewers(detail: CaseDetail, _event: Event) -> list[User]:
    """Whoever has taken the case up; else the named reviewer, with everybody who may review it where there is none or that one may not."""
    if assignee := detail.case.active_assignee:
        return [assignee]
    everybody = holders(case_type(detail.case.kind).review, detail.scope) or role_givers(detail)
    named = detail.named_reviewer
    if named is None:
        return everybody
    return [named] if named in everybody else [named, *everybody]


def role_givers(detail: CaseDetail) -> list[User]:
    """The operator's incentives admins, who can give the role of a reviewer to somebody."""
    return holders([Role.OPERATOR_INCENTIVES_ADMIN], detail.scope)


def submission_readers(detail: CaseDetail, event: Event) -> list[User]:
    """The reviewers, and the partner's incentives admins, who did not click themselves."""
    return [*reviewers(detail, event), *holders([Role.PARTNER_INCENTIVES_ADMIN], detail.scope)]


def other_side(detail: CaseDetail, event: Event) -> list[User]:
    """Of a comment: the partner hears of the operator's, the reviewers hear of the partner's."""
    by_partner = event.organisation_id == detail.case.organisation_id
    return reviewers(detail, event) if by_partner else partner_side(detail, event)


def former_assignee(_detail: CaseDetail, event: Event) -> list[User]:
    """From whom a case was taken over."""
    return _active_user(event.data.get("from"))


def sender_of_file(_detail: CaseDetail, event: Event) -> list[User]:
    """The person who sent the file that the event is about."""
    return _active_user(event.data["sender_id"])


def sender_and_reviewers(detail: CaseDetail, event: Event) -> list[User]:
    """Of an infected file: the person who sent it; and whoever reviews the case, once it was submitted."""
    return [*sender_of_file(detail, event), *(reviewers(detail, event) if detail.submitted_at else [])]


def _active_user(key: Any) -> list[User]:
    return list(User.objects.filter(pk=key, is_active=True))
