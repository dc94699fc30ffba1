"""The id of the request or task at work, so that events, log lines and mails of one action can be found together."""

from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
