"""Decide whether an error of the mail server is temporary or final."""

import smtplib
from dataclasses import dataclass

from .enums import FailureReason

_LENGTH = 500
#: Errors of the connection and not of a message: a wrong password must not make every message fail.
_CONVERSATION = (smtplib.SMTPConnectError, smtplib.SMTPHeloError, smtplib.SMTPAuthenticationError)


@dataclass(frozen=True)
class Fault:
    """Why an attempt failed: its reason, and the server's answer in one line."""

    failure_reason: FailureReason
    comment: str

    @property
    def passing(self) -> bool:
        """Whether another attempt may succeed."""
        return self.failure_reason in (FailureReason.UNREACHABLE, FailureReason.PUT_OFF)


def fault_of(error: Exception) -> Fault:
    """Classify an error: codes 4xx, timeouts and lost connections are temporary, codes 5xx are not.

    Any other error is caused by the message itself.
    """
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, answer = next(iter(error.recipients.values()))  # a message has one recipient
        return Fault(_by_code(code), _line(code, answer))
    if isinstance(error, smtplib.SMTPResponseException):
        failure_reason = FailureReason.UNREACHABLE if isinstance(error, _CONVERSATION) else _by_code(error.smtp_code)
        return Fault(failure_reason, _line(error.smtp_code, error.smtp_error))
    if isinstance(error, OSError):  # refused, reset, timed out, name unknown, and all other errors of smtplib
        return Fault(FailureReason.UNREACHABLE, _line(type(error).__name__, str(error)))
    return Fault(FailureReason.BROKEN, _line(type(error).__name__, str(error)))


def _by_code(code: int) -> FailureReason:
    """Classify an SMTP code. 421 means that the server is closing, and says nothing about the message."""
    if code == 421:
        return FailureReason.UNREACHABLE
    return FailureReason.REFUSED if code >= 500 else FailureReason.PUT_OFF


def _line(kind: int | str, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(f"{kind} {text}".split())[:_LENGTH]
