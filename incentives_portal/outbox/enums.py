"""Where a message is on its way, and what stands in its way."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """The life of a message::

        queued ──> sending ──> sent
                    │  ^  └──> failed        (refused for good, or tried MAX_ATTEMPTS times)
                    v  │
                   retry                     (again when next_at has come)

        no_address                           (nothing was tried: there is nobody, or no address, to send to)

    A ``sending`` row whose lease has run out and whose holder is gone belongs to a worker that died; it is put back to retry. Staff may
    send again what is sent, failed or no_address: it goes back to queued. The body of a secret message is wiped where the way ends
    (FINISHED).
    """

    QUEUED = "queued", _("Waiting")
    SENDING = "sending", _("Being sent")
    RETRY = "retry", _("Will be tried again")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Not delivered")
    NO_ADDRESS = "no_address", _("No valid address")


WAITING = (State.QUEUED, State.SENDING, State.RETRY)
FINISHED = (State.SENT, State.FAILED, State.NO_ADDRESS)


class FailureReason(models.TextChoices):
    """Why a message is not sent, in words for staff; what the server said stands in ``Message.error``."""

    NOBODY = "nobody", _("There is no recipient.")
    ADDRESS = "address", _("The address is not valid.")
    INACTIVE = "inactive", _("The person is no longer active.")
    NOT_ALLOWED = "not_allowed", _("This installation is not allowed to send to that domain.")
    UNREACHABLE = "unreachable", _("The mail server cannot be reached or does not respond.")
    PUT_OFF = "put_off", _("The mail server said to try again later.")
    REFUSED = "refused", _("The mail server refused the message.")
    BROKEN = "broken", _("The message cannot be sent as it is.")
    WORN_OUT = "worn_out", _("Sending failed after too many attempts.")
