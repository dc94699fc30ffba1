"""Pages of the local mailbox.

They exist with embedded servers only, which no other user can reach.
"""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from . import mailbox


@login_not_required
@require_safe
def inbox(request: HttpRequest) -> HttpResponse:
    page = Paginator(mailbox.mails(settings.MAILBOX_FOLDER), 50).get_page(request.GET.get("page"))
    return render(request, "embedded/mailbox.html", {"page": page})


@login_not_required
@require_safe
def message(request: HttpRequest, key: str) -> HttpResponse:
    """Show one mail: its text with links, its HTML as source; nothing in it is run or loaded."""
    try:
        mail = mailbox.mail(settings.MAILBOX_FOLDER, key)
    except KeyError:
        raise Http404 from None
    return render(request, "embedded/mailbox_mail.html", {"mail": mail})
