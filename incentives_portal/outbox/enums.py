"""The states of a message and the reasons why it is not sent."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class State(models.TextChoices):
    """The states of a message::

        queued ──> sending ──> sent
                    │  ^  └──> failed        (refused for good, or tried MAX_ATTEMPTS times)
                    v  │
                   retry                     (again when next_at has come)

        no_address                           (nothing was tried: there is nobody, or no address, to send to)

    A ``sending`` row with an expired lease and a missing holder belongs to a worker that died; it is set to retry. Staff
    may send again what is sent, failed or no_address: it goes back to queued. The body of a secret message is wiped in
    the final states (FINISHED).
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
    """Why a message is not sent, in a sentence for staff; ``Message.error`` has the server's answer."""

    NOBODY = "nobody", _("There is no recipient.")
    ADDRESS = "address", _("The address is not valid.")
    INACTIVE = "inactive", _("The person is no longer active.")
    NOT_ALLOWED = "not_allowed", _("This installation is not allowed to send to that domain.")
    UNREACHABLE = "unreachable", _("The mail server cannot be reached or does not respond.")
    PUT_OFF = "put_off", _("The mail server said to try again later.")
    REFUSED = "refused", _("The mail server refused the message.")
    BROKEN = "broken", _("The message cannot be sent as it is.")
    WORN_OUT = "worn_out", _("Sending failed after too many attempts.")
