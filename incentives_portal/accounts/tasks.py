"""Background work on accounts."""

from celery import shared_task

from .session_store import SessionStore


@shared_task(name="accounts.clear_sessions", ignore_result=True)
def clear_sessions() -> None:
    """Delete expired sessions, as Django's command clearsessions does."""
    SessionStore.clear_expired()
