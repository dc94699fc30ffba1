"""Who may decide a case, and which rule yields where nobody else is left (docs/domain.md, "Four eyes").

The rules exclude users whose role would allow it. They yield only while no active user is left whom they do not
exclude; the decision then needs a reason and is an exception (``decisions.py``).
"""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _

from incentives_portal.accounts.capabilities import holders, may
from incentives_portal.accounts.models import User
from incentives_portal.money import format_amount

from .assignment import refuse_what_a_colleague_has
from .enums import Safeguard
from .models import CaseDetail
from .state_machine import Text
from .types import CaseType, Excluded, case_type


@dataclass(frozen=True)
class Deciders:
    """The active users who may decide a case, and the rule that yields so that they may."""

    people: tuple[User, ...] = ()
    yielded: Safeguard | None = None


def deciders(detail: CaseDetail, *, without: int | None = None) -> Deciders:
    """Return who may decide the case, leaving out the person who has the account with the key ``without``.

    Nobody decides for an own or former organization. Reviewers whom no rule excludes. If there is none, four eyes yields.
    If every reviewer has rejected a dispute, the own rejection yields to those who may stand in: to those who did not
    reject it, if there are any. One query, one more for those who stand in, and one for each former account.
    """
    kind = case_type(detail.case.kind)
    for people, yielded in _in_order(detail, kind, kind.excluded(detail)):
        left = tuple(person for person in people if without not in person.selves)
        if left:
            return Deciders(left, yielded)
    return Deciders()


def _in_order(detail: CaseDetail, kind: CaseType, excluded: Excluded) -> Iterator[tuple[list[User], Safeguard | None]]:
    """Yield who may decide, in the order in which the rules yield, with the rule that does."""
    reviewers = [person for person in _able(kind.review, detail) if not person.selves & excluded.rejecters]
    yield [person for person in reviewers if not person.selves & excluded.approvers], None
    yield reviewers, Safeguard.FOUR_EYES
    if excluded.rejecters and kind.stand_in:
        able = _able(kind.stand_in, detail)
        yield [person for person in able if not person.selves & excluded.rejecters], Safeguard.OWN_REJECTION
        yield able, Safeguard.OWN_REJECTION


def _able(capability: str, detail: CaseDetail) -> list[User]:
    """Return who holds the capability and was never of the organization of the case."""
    organisation = detail.scope.organisation_id
    return [person for person in holders(capability, detail.scope) if organisation not in person.organisations]


@dataclass(frozen=True)
class Standing:
    """Whether a user may decide a case: the rule that yields to the user, or who decides ``instead``."""

    yielded: Safeguard | None = None
    instead: tuple[User, ...] | None = None

    @property
    def is_excluded(self) -> bool:
        return self.instead is not None


def standing_of(detail: CaseDetail, user: User) -> Standing:
    """Return whether the user may decide the case. For a user whom no rule excludes only the queries of ``excluded``.

    A user who gives the second approval is measured against everybody but the one who gave the first. The result is
    kept on the case, as every button of a page asks for it.
    """
    known: dict[int, Standing] = vars(detail).setdefault("_standings", {})
    if user.pk not in known:
        known[user.pk] = _standing_of(detail, user)
    return known[user.pk]


def _standing_of(detail: CaseDetail, user: User) -> Standing:
    kind = case_type(detail.case.kind)
    excluded = kind.excluded(detail)
    if may(user, kind.review, detail.scope) and not user.selves & (excluded.rejecters | excluded.approvers):
        return Standing()
    first = detail.first_approval
    found = deciders(detail, without=first.by_id if first and first.by_id not in user.selves else None)
    return Standing(yielded=found.yielded) if user in found.people else Standing(instead=found.people)


def stand_in(detail: CaseDetail, user: User) -> str:
    """Return the capability by which a user who is no reviewer may decide; empty while a reviewer may."""
    kind = case_type(detail.case.kind)
    if not (may(user, kind.stand_in, detail.scope) and kind.excluded(detail).rejecters):
        return ""
    return "" if standing_of(detail, user).is_excluded else kind.stand_in


def refuse_second_by_the_same(detail: CaseDetail, user: User) -> Text | None:
    """Refuse to give both approvals of a case that needs two."""
    first = detail.first_approval
    if first is None or first.by_id not in user.selves:
        return None
    return _("You have approved this for %(amount)s already. The second approval must be another person’s.") % {
        "amount": format_amount(first.amount, detail.currency)
    }


def refuse_approving(detail: CaseDetail, user: User) -> Text | None:
    """Say why the user cannot approve a case whose kind excludes nobody."""
    return refuse_second_by_the_same(detail, user) or refuse_what_a_colleague_has(detail, user)
