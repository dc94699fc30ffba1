"""Taking a campaign or an activity out of a plan, unless something hangs on it."""

from django.db.models import ProtectedError
from django.utils.translation import gettext as _

from incentives_portal.cases.errors import Refused

from ..models import Activity, Campaign


def remove_row(row: Activity | Campaign) -> None:
    """Delete the row. Raises Refused if a proof of execution hangs on it, also one that is being added at this moment."""
    # The lock waits for whoever is adding a proof now; the check of delete() then sees it.
    type(row)._default_manager.select_for_update().get(pk=row.pk)
    try:
        row.delete()
    except ProtectedError as error:
        raise Refused(
            _("“%(name)s” has a proof of execution and cannot be taken out of the plan.") % {"name": row.name}
        ) from error
