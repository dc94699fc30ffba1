"""What an error of the mail server means for a message: again later, or never."""

import smtplib
from dataclasses import dataclass

from .enums import FailureReason

_LENGTH = 500
#: Errors of the conversation, not of a message: a wrong password must not turn every message into a failed one.
_CONVERSATION = (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError)


@dataclass(frozen=True)
class Fault:
    """Why an attempt failed: its class, and what was said, in one line."""

    failure_reason: FailureReason
    comment: str

    @property
    def passing(self) -> bool:
        """Whether another attempt may succeed."""
        return self.failure_reason in (FailureReason.UNREACHABLE, FailureReason.PUT_OFF)


def fault_of(error: Exception) -> Fault:
    """Read an error: codes 4xx, timeouts and lost connections pass, codes 5xx do not; anything else lies in the message itself."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, said = next(iter(error.recipients.values()))  # a message has one recipient
        return Fault(_by_code(code), _line(code, said))
    if isinstance(error, smtplib.SMTPResponseException):
        failure_reason = FailureReason.UNREACHABLE if isinstance(error, _CONVERSATION) else _by_code(error.smtp_code)
        return Fault(failure_reason, _line(error.smtp_code, error.smtp_error))
    if isinstance(error, OSError):  # refused, reset, timed out, name unknown, and all other errors of smtplib
        return Fault(FailureReason.UNREACHABLE, _line(type(error).__name__, str(error)))
    return Fault(FailureReason.BROKEN, _line(type(error).__name__, str(error)))


def _by_code(code: int) -> FailureReason:
    """421 is the server's farewell and says nothing about the message."""
    if code == 421:
        return FailureReason.UNREACHABLE
    return FailureReason.REFUSED if code >= 500 else FailureReason.PUT_OFF


def _line(kind: int | str, said: bytes | str) -> str:
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(f"{kind} {words}".split())[:_LENGTH]
