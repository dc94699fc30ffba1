"""All messages to people. The mail and the notification in the portal are the same row."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock

from .enums import FINISHED, WAITING, FailureReason, State
from .querysets import MessageQuerySet


class Message(models.Model):
    """One message to one person about one cause, rendered in the transaction of the cause.

    It is in the person's language. ``cause`` is a unique text from the sender: ``event:4711``. The row holds everything
    that listing and sending need. The content (``subject``, ``text``, ``html``) never changes, whatever happens to the case
    later. Messages about changes (code ``changes.…``) have no case. Mails about signing in have none and are
    secret: nobody reads them in the portal, and their body is wiped when they are sent. ``message_id`` is fixed, so
    that a mail that had to be sent twice is recognized as one. ``queued_at`` is when the message last began to
    wait. A message without a recipient goes to an address that belongs to no user; without an address it records
    that there was nobody to write to.

    Several comments within minutes are one mail: a message with ``hold_until`` waits until then for others. Those refer to
    it as ``sent_with``, are never sent by themselves and share its outcome; each is a notification of its own. leases.py
    explains ``lease_until`` and ``lease_holder``. The body, and what is quoted of it, is removed after
    ``MAIL_BODY_DAYS``; the rest stays.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # No index of its own: message_once_per_person begins with it.
    cause = models.CharField(max_length=100)
    # The case; mail programs group the mails about it.
    case_public_id = models.UUIDField(null=True, editable=False)
    case_reference = models.CharField(max_length=20, blank=True)
    # The id of the request that caused it, to find the mail in the log.
    request_id = models.CharField(max_length=36, blank=True)
    code = models.CharField(_("code"), max_length=60)
    # No index of its own: message_of_recipient begins with it.
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        related_name="messages",
        db_index=False,
        verbose_name=_("recipient"),
    )
    address = models.CharField(_("address"), max_length=254, blank=True)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    summary = models.CharField(_("summary"), max_length=300, blank=True)
    text = models.TextField(_("text"), blank=True)
    html = models.TextField(blank=True)
    link = models.CharField(_("link"), max_length=200, blank=True)
    secret = models.BooleanField(_("confidential"), default=False)
    read_at = models.DateTimeField(_("read at"), null=True)

    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    failure_reason = models.CharField(_("problem"), max_length=12, choices=FailureReason.choices, blank=True)
    error = models.CharField(_("server response"), max_length=500, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    next_at = models.DateTimeField(_("next attempt"), default=clock.now)
    lease_until = models.DateTimeField(null=True)
    lease_holder = models.BigIntegerField(null=True, editable=False)
    hold_until = models.DateTimeField(_("held until"), null=True)
    # No index of its own: message_sent_with is smaller.
    sent_with = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="collected", db_index=False, verbose_name=_("sent with")
    )
    # What a mail for several messages quotes of this one (digest.py); only with hold_until.
    quoted = models.JSONField(null=True, editable=False)
    message_id = models.CharField(max_length=320, unique=True)
    queued_at = models.DateTimeField(_("waiting since"), default=clock.now)
    sent_at = models.DateTimeField(_("sent at"), null=True)
    failed_at = models.DateTimeField(_("failed at"), null=True)
    created = models.DateTimeField(_("created"), default=clock.now)
    body_removed_at = models.DateTimeField(_("text removed at"), null=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        constraints = [
            # A person gets one message per cause and code, however often it is queued.
            models.UniqueConstraint(name="message_once_per_person", fields=["cause", "code", "recipient"]),
            # One row without person and address records that there was nobody.
            models.UniqueConstraint(
                name="message_once_to_nobody",
                fields=["cause", "code"],
                condition=Q(recipient=None, address=""),
            ),
            # Also one row for each address without a user.
            models.UniqueConstraint(
                name="message_once_per_address", fields=["cause", "code", "address"], condition=~Q(address="")
            ),
            models.CheckConstraint(name="message_state_known", condition=Q(state__in=State.values)),
            models.CheckConstraint(
                name="message_failure_reason_known", condition=Q(failure_reason__in=["", *FailureReason.values])
            ),
            models.CheckConstraint(
                name="message_sent_at_a_time", condition=~Q(state=State.SENT) | Q(sent_at__isnull=False)
            ),
            models.CheckConstraint(
                name="message_lease_while_sending", condition=~Q(state=State.SENDING) | Q(lease_until__isnull=False)
            ),
            models.CheckConstraint(
                name="message_collected_is_held", condition=Q(sent_with=None) | Q(hold_until__isnull=False)
            ),
            models.CheckConstraint(name="message_has_a_cause", condition=~Q(cause="")),
            models.CheckConstraint(
                name="message_about_a_case_or_secret",
                condition=Q(case_public_id__isnull=False) | Q(secret=True) | Q(code__startswith="changes."),
            ),
            models.CheckConstraint(
                name="message_secret_is_wiped", condition=~Q(secret=True, state__in=FINISHED) | Q(text="", html="")
            ),
        ]
        indexes = [
            # due() and oldest_waiting_seconds(): waiting messages, oldest first. Small: nearly all messages are sent.
            models.Index(name="message_waiting", fields=["next_at", "id"], condition=Q(state__in=WAITING)),
            # The list of notifications of one person, newest first.
            models.Index(name="message_of_recipient", fields=["recipient", "-id"]),
            # deliveries_for(): the messages about a case, newest first; and services._hold_back(): the last mails about it.
            models.Index(
                name="message_of_case", fields=["case_public_id", "-id"], condition=Q(case_public_id__isnull=False)
            ),
            # The number of unread messages of one person.
            models.Index(name="message_unread", fields=["recipient"], condition=Q(read_at__isnull=True, secret=False)),
            # failed_recently(): the home page of admins, the health page.
            models.Index(name="message_failed", fields=["failed_at"], condition=Q(state=State.FAILED)),
            # The messages that go out in one mail with another.
            models.Index(name="message_sent_with", fields=["sent_with"], condition=Q(sent_with__isnull=False)),
            # remove_old_bodies(): finished messages with a body, oldest first.
            models.Index(
                name="message_with_body",
                fields=["created"],
                condition=Q(state__in=FINISHED, secret=False, body_removed_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.subject or self.code

    @property
    def tone(self) -> str:
        """The color of the state's tag; the state is also written in it."""
        return {
            State.SENDING: "submitted",
            State.RETRY: "action",
            State.SENT: "approved",
            State.FAILED: "rejected",
            State.NO_ADDRESS: "rejected",
        }.get(State(self.state), "editing")

    @property
    def can_be_resent(self) -> bool:
        """Whether *Send again* is possible: the state is final, there is a recipient, and the text still exists."""
        ended = self.state in FINISHED and not self.secret and self.body_removed_at is None
        return ended and bool(self.recipient_id or self.address)
