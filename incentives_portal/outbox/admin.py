from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.capabilities import may

from .models import Message
from .services import resend_all
from .views import say_resent


@admin.register(Message)
class MessageAdmin(admin.ModelAdmin):
    """Show all messages and their delivery. Nobody may edit them; *Send again* is a separate URL that calls the service."""

    change_form_template = "outbox/admin_message.html"
    list_display = ["subject_line", "address", "code", "state", "attempts", "created", "sent_at"]
    list_filter = ["state", "failure_reason", "secret"]
    search_fields = ["address", "subject", "case_reference", "message_id"]
    search_help_text = _("Address, subject, case reference, or Message-ID")
    list_per_page = 50
    show_full_result_count = False
    actions = ["send_again"]
    fieldsets = [
        (None, {"fields": ["subject_line", "recipient", "address", "code", "reference", "language"]}),
        (
            _("Delivery"),
            {
                "fields": [
                    "state",
                    "failure_reason",
                    "error",
                    "attempts",
                    "next_at",
                    "queued_at",
                    "hold_until",
                    "created",
                    "sent_at",
                    "message_id",
                ]
            },
        ),
        (_("Text"), {"fields": ["words"]}),
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Message]:
        return super().get_queryset(request).select_related("recipient").defer("text", "html", "quoted").order_by("-id")

    def has_delete_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False

    def has_resend_permission(self, request: HttpRequest) -> bool:
        return may(request.user, "outbox.resend")

    @admin.action(description=_("Send again (up to 200 at once)"), permissions=["resend"])
    def send_again(self, request: HttpRequest, chosen: QuerySet[Message]) -> None:
        say_resent(request, *resend_all(chosen.order_by("id"), request.user))

    @admin.display(description=_("subject"), ordering="subject")
    def subject_line(self, message: Message) -> str:
        return str(message)

    @admin.display(description=_("case"))
    def reference(self, message: Message) -> str:
        return message.case_reference

    @admin.display(description=_("text"))
    def words(self, message: Message) -> str:
        """Return the text part. The text of a confidential message is never shown, not even before it is wiped."""
        if message.secret:
            return str(_("Not shown because this message is about signing in."))
        return str(_("The text was removed after its retention period.")) if message.body_removed_at else message.text
