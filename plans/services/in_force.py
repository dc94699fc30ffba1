"""The draft of a plan's campaigns and activities, and their version in force.

A row of content is written once. While a campaign or activity refers to the same row as draft and in force, it was
not revised.
"""

from copy import copy
from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext as _

from incentives_portal.cases.errors import RuleViolation
from incentives_portal.cases.services import apply

from ..models import Activity, Campaign, Plan
from ..rules import approved_document


def change_draft(row: Activity | Campaign, **values: Any) -> dict[str, list[str]]:
    """Change the draft of a campaign or activity and return what changed, as ``apply`` does.

    The version in force stays.
    """
    content: Any = copy(row.draft)
    changes = apply(content, **values)
    if changes:
        content.pk = None
        content.save(force_insert=True)
        _set_draft(row, content)
    return changes


def take_out(row: Activity | Campaign) -> None:
    """Remove a campaign or an activity from the draft; delete it if it is not in force.

    Raises RuleViolation if the activity has a proof. The caller holds the lock of the plan, under which proofs are
    created, too.
    """
    if isinstance(row, Activity) and row.proofs.exists():
        raise RuleViolation(
            _("“%(name)s” has a proof of execution and cannot be removed from the plan.") % {"name": str(row.draft)}
        )
    if row.in_force_id is not None:
        _set_draft(row, None)
        return
    content: Any = row.draft
    row.delete()
    content.delete()


def _set_draft(row: Activity | Campaign, content: Any) -> None:
    before: Any = row.draft
    row.draft = content
    row.save(update_fields=["draft"])
    if before.pk != row.in_force_id:
        before.delete()


def put_in_force(plan: Plan) -> None:
    """Put the draft, which is the last submission, in force.

    Campaigns and activities that it removed are deleted. The caller holds the lock of the plan and sets the
    approved submission. Two queries the first time.
    """
    is_first = plan.case.approved_submission_id is None
    for rows in _rows(plan):
        if is_first:
            rows.update(in_force=F("draft"))
        else:
            _replace(rows, "in_force", by="draft")


def restore(plan: Plan) -> None:
    """Reset the draft to the version in force; delete what is new in the draft.

    The fields of the plan itself come from the approved submission. Raises RuleViolation if there is none. The
    caller holds the lock of the plan and saves its case.
    """
    document = approved_document(plan)
    if document is None:
        raise RuleViolation(_("There is no approved version to go back to."))
    plan.case.title = document.title
    plan.case.currency = document.currency
    plan.case.requested_amount = document.requested_amount
    plan.description = document.description
    plan.reviewer_email = document.reviewer_email
    plan.save()
    for rows in _rows(plan):
        _replace(rows, "draft", by="in_force")


def _rows(plan: Plan) -> tuple[QuerySet[Activity], QuerySet[Campaign]]:
    """Activities before campaigns: the order in which they can be deleted."""
    return Activity.objects.filter(campaign__plan=plan), Campaign.objects.filter(plan=plan)


def _replace(rows: QuerySet[Any], target: str, *, by: str) -> None:
    """Set the target of each row to its other content.

    Deletes rows whose other content is empty, and content that no row refers to any more.
    """
    differing = list(rows.exclude(**{target: F(by)}).values_list("pk", target, by))
    rows.filter(pk__in=[pk for pk, _before, after in differing if after is None]).delete()
    rows.update(**{target: F(by)})
    content = rows.model._meta.get_field(target).related_model
    content.objects.filter(pk__in=[before for _pk, before, _after in differing if before is not None]).delete()
