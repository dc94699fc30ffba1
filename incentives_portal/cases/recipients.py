"""Who is notified about a case.

If nobody of a list is active, the people who can give a role are notified instead. messages.py handles an empty list.
"""

from typing import Any

from incentives_portal.accounts.capabilities import Role, holders
from incentives_portal.accounts.models import User

from .deciders import deciders
from .models import CaseDetail, Event

#: Roles to fall back to, in this order, if nobody before is active.
_NEXT = (Role.PARTNER_GLOBAL_ADMIN, Role.PARTNER_ACCOUNT_ADMIN, Role.OPERATOR_INCENTIVES_ADMIN)


def partner_side(detail: CaseDetail, _event: Event) -> list[User]:
    """The partner's incentives admins for the location and program, and the submitter.

    If none is active: global admins, else account admins, else the operator's incentives admins. A last recipient
    who may not read the case gets a letter without its content (messages.py).
    """
    people = holders([Role.PARTNER_INCENTIVES_ADMIN], detail.scope)
    submission = detail.case.submission
    if submission and submission.by.is_active and submission.by not in people:
        people.append(submission.by)
    return people or _last_resort(detail)


def _last_resort(detail: CaseDetail) -> list[User]:
    for role in _NEXT:
        if people := holders([role], detail.scope):
            for recipient in people:
                recipient.is_last_resort = True  # type: ignore[attr-defined]  # read by messages.py, so that other recipients cost no query
            return people
    return []


def reviewers(detail: CaseDetail, _event: Event) -> list[User]:
    """The assignee; else the named reviewer; else everybody who may decide the case now.

    If the named reviewer may not review it, everybody who may is added.
    """
    if assignee := detail.case.active_assignee:
        return [assignee]
    everybody = list(deciders(detail).people) or role_givers(detail)
    named = detail.named_reviewer
    if named is None:
        return everybody
    return [named] if named in everybody else [named, *everybody]


def second_approvers(detail: CaseDetail, event: Event) -> list[User]:
    """Those who may give the second approval after the first one."""
    return list(deciders(detail, without=event.actor_id).people)


def role_givers(detail: CaseDetail) -> list[User]:
    """The operator's incentives admins, who can assign the reviewer role."""
    return holders([Role.OPERATOR_INCENTIVES_ADMIN], detail.scope)


def submission_readers(detail: CaseDetail, event: Event) -> list[User]:
    """The reviewers and the partner's incentives admins."""
    return [*reviewers(detail, event), *holders([Role.PARTNER_INCENTIVES_ADMIN], detail.scope)]


def other_side(detail: CaseDetail, event: Event) -> list[User]:
    """Recipients of a comment: the partner for the operator's, the reviewers for the partner's."""
    by_partner = event.organisation_id == detail.case.organisation_id
    return reviewers(detail, event) if by_partner else partner_side(detail, event)


def former_assignee(_detail: CaseDetail, event: Event) -> list[User]:
    """The user from whom the case was taken over."""
    return _active_user(event.data.get("from"))


def sender_of_file(_detail: CaseDetail, event: Event) -> list[User]:
    """The user who uploaded the file that the event is about."""
    return _active_user(event.data["sender_id"])


def sender_and_reviewers(detail: CaseDetail, event: Event) -> list[User]:
    """Recipients for an infected file: its sender, and the reviewers once the case was submitted."""
    return [*sender_of_file(detail, event), *(reviewers(detail, event) if detail.submitted_at else [])]


def _active_user(key: Any) -> list[User]:
    return list(User.objects.filter(pk=key, is_active=True))
