"""Store the files of a form before it is validated, and wait briefly for their verdicts.

``receive`` is called once for all forms of a page. If a worker is idle, a bad file is refused at its field at once. A
file without a verdict is submitted as "being checked"; a later refusal is shown at the document and its uploader is
notified.
"""

import time
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django import forms
from django.conf import settings
from django.db import connection, transaction
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from incentives_portal.accounts.models import User
from incentives_portal.sandbox.parsing.reasons import Reason

from . import quotas, services, tasks, upload_tokens
from .enums import UNUSABLE, CheckState
from .fields import Received, UploadFieldBase
from .models import DocumentVersion, VersionCheck
from .upload_validation import BatchLimits, UploadRefused

#: First half of the key of the advisory lock for waiting requests; the second half is the user.
_WAITING = 0x55504C44
_POLL_SECONDS = 0.05


def receive(*parts: Any) -> None:
    """Store the files of all upload fields of these forms, and wait for their verdicts.

    Parts that are not forms are ignored. Call it outside of any transaction, before the forms are validated. Refused
    files become errors of their fields, the others are kept.
    """
    fields = list(_upload_fields(parts))
    batch = uuid.uuid4()
    tasks.notify_workers(sum(_store(form, name, field, batch) for form, name, field in fields))
    for actor in {field.owner[0] for _form, _name, field in fields}:
        own = [field for _form, _name, field in fields if field.owner[0] == actor]
        wait_for_verdicts([version for field in own for version in field.received.versions], actor)
    for _form, _name, field in fields:
        _let_go_of_refused(field.received)


def versions_of(*parts: Any) -> list[DocumentVersion]:
    received = [field.received for _form, _name, field in _upload_fields(parts)]
    return [version for each in received if each for version in each.versions]


def refusal_of(version: DocumentVersion) -> UploadRefused | None:
    """Return why the file cannot be used, or None while it can or is not checked yet."""
    check = version.check_result
    return UploadRefused(version.original_name, Reason(check.reason)) if check.state in UNUSABLE else None


def wait_for_verdicts(versions: list[DocumentVersion], actor: User) -> None:
    """Wait a short time until the files are checked, and reload their checks.

    Only one request of a user waits at a time. Does not wait when the check takes longer anyway: the user's processor
    time is spent, or many files are waiting.
    """
    pending = [version for version in versions if version.check_result.state == CheckState.PENDING]
    waiting = VersionCheck.objects.filter(version__in=pending, state=CheckState.PENDING)
    if waiting.exists() and _is_worth_it(len(pending), actor):
        with _only_one(actor) as alone:
            end = time.monotonic() + settings.UPLOAD_WAIT_SECONDS
            while alone and time.monotonic() < end and waiting.exists():
                time.sleep(_POLL_SECONDS)
    checks = {check.version_id: check for check in VersionCheck.objects.filter(version__in=pending)}
    for version in pending:
        version.check_result = checks.get(version.pk, version.check_result)


def notice(versions: Iterable[DocumentVersion], actor: User) -> str:
    """Return a text for a user whose files have no verdict yet; empty if all have one.

    No query if all have one, else one.
    """
    pending = sum(version.check_result.state == CheckState.PENDING for version in versions)
    if not pending:
        return ""
    return put_off_notice(actor) or ngettext(
        "%(count)s file is still being checked. You can open it when the check is complete.",
        "%(count)s files are still being checked. You can open them when the checks are complete.",
        pending,
    ) % {"count": pending}


def put_off_notice(actor: User) -> str:
    """Return from when the files of a user without processor time are checked; else an empty text.

    One query.
    """
    if (again_from := quotas.checked_again_from(actor)) is None:
        return ""
    return _(
        "Some of the files you sent take a long time to check. Your other files will be checked starting at %(time)s."
    ) % {"time": time_format(localtime(again_from), "TIME_FORMAT")}


def _upload_fields(parts: Iterable[Any]) -> Iterator[tuple[forms.BaseForm, str, UploadFieldBase]]:
    for part in parts:
        if isinstance(part, forms.BaseForm) and part.is_bound:
            for name, field in part.fields.items():
                if isinstance(field, UploadFieldBase):
                    yield part, name, field


def _store(form: forms.BaseForm, name: str, field: UploadFieldBase, batch: uuid.UUID) -> int:
    """Store the new files of a field and load those it keeps. Return how many are new."""
    actor, organisation = field.owner
    sent = field.widget.value_from_datadict(form.data, form.files, form.add_prefix(name))
    found = upload_tokens.versions_for(sent.tokens, actor=actor, organisation=organisation)
    counted = BatchLimits()
    kept, beyond = field.fitting(found, counted)
    new, refused = services.store_good(
        sent.files, organisation=organisation, actor=actor, limits_of_form=counted, batch=batch
    )
    is_incomplete = len(found) < len(set(sent.tokens))
    field.received = Received(field.choose(kept, new), [*beyond, *refused], is_incomplete)
    return len(new)


def _let_go_of_refused(received: Received) -> None:
    refused = [(version, refusal) for version in received.versions if (refusal := refusal_of(version))]
    received.refusals += [refusal for _version, refusal in refused]
    bad = {version.pk for version, _refusal in refused}
    received.versions = [version for version in received.versions if version.pk not in bad]


def _is_worth_it(own: int, actor: User) -> bool:
    """Return whether waiting for a verdict makes sense. Two queries."""
    if quotas.checked_again_from(actor) is not None:
        return False
    others = VersionCheck.objects.filter(state=CheckState.PENDING).order_by()[: settings.UPLOAD_WAIT_QUEUE + own + 1]
    return others.count() <= settings.UPLOAD_WAIT_QUEUE + own


@contextmanager
def _only_one(actor: User) -> Iterator[bool]:
    """Provide whether no other request of the user is waiting.

    Uses a lock of the transaction, because a session lock does not work behind a pooler.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s, %s)", [_WAITING, actor.pk % 2**31])
        yield bool(cursor.fetchone()[0])
