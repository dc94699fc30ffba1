"""Lines of another model on a page of the admin site."""

from typing import Any

from .seen import SeenLines

#: More lines than a form can be sent with: Django takes no more than 1,000 fields, and a line has five or more.
MAX_LINES = 200


class FewLines:
    """Mixed into an inline: whoever says that the form has thousands of lines does not have thousands drawn (fault X-08).

    Django by itself draws up to 2,000, which keeps a worker busy for many seconds.
    What a colleague saved in a line meanwhile is not overwritten unseen (fault W-05).
    """

    max_num = MAX_LINES
    formset = SeenLines

    def get_formset(self, request: Any, obj: Any = None, **kwargs: Any) -> Any:
        return super().get_formset(request, obj, absolute_max=MAX_LINES, **kwargs)  # type: ignore[misc]
