from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from incentives_portal.accounts.views import back

from .models import Message
from .services import NotResendable, mark_read, resend, resend_failed

PER_PAGE = 25


@require_safe
def notifications(request: HttpRequest) -> HttpResponse:
    """My notifications, newest first: the same rows as the mails."""
    page = Paginator(Message.objects.visible_to(request.user).for_list(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "outbox/notifications.html", {"notifications": page.object_list, "page_obj": page})


@require_POST
def read_one(request: HttpRequest, public_id: str) -> HttpResponse:
    """Open the link of the notification and mark it as read. It is a POST because it changes something."""
    notification = get_object_or_404(Message.objects.visible_to(request.user), public_id=public_id)
    mark_read(request.user, notification.public_id)
    return redirect(notification.link or "outbox:notifications")


@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    number = mark_read(request.user)
    messages.success(
        request,
        ngettext("%(number)s notification marked as read.", "%(number)s notifications marked as read.", number)
        % {"number": number},
    )
    return redirect("outbox:notifications")


@require_POST
def resend_message(request: HttpRequest, public_id: str) -> HttpResponse:
    """Send a message again: 404 for people who may not see deliveries, 403 for those who may only see them."""
    message = get_object_or_404(Message.objects.delivered_under(request.user), public_id=public_id)
    try:
        resend(message, request.user)
    except NotResendable:
        messages.error(
            request,
            _(
                "The message cannot be sent again. It is already being sent, or there is still no valid address for "
                "an active user."
            ),
        )
    else:
        messages.success(request, _("The message will be sent again."))
    return back(request, "outbox:notifications")


@require_POST
def resend_failed_messages(request: HttpRequest) -> HttpResponse:
    """Send again what failed for one reason; 403 for people without the capability."""
    queued, refused = resend_failed(request.POST.get("failure_reason", ""), request.user)
    say_resent(request, queued, refused)
    return back(request, "outbox:notifications")


def say_resent(request: HttpRequest, queued: int, refused: int) -> None:
    if queued or not refused:
        sentence = ngettext("%(number)s message will be sent again.", "%(number)s messages will be sent again.", queued)
        messages.success(request, sentence % {"number": queued})
    if refused:
        sentence = ngettext(
            "%(number)s message cannot be sent again: it is already being sent, is about signing in, or has no "
            "valid address.",
            "%(number)s messages cannot be sent again: they are already being sent, are about signing in, or "
            "have no valid address.",
            refused,
        )
        messages.error(request, sentence % {"number": refused})
