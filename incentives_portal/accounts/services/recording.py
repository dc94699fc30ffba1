"""Record changes of people, roles, organizations and settings with who, old and new (docs/domain.md, "Record of changes").

Apps register their models when Django is ready. Signals of the models write the record in the transaction of the change,
so that no service, page or command can forget it. Signals miss ``update()`` and ``bulk_create()``: a test finds those.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import ForeignKey, ManyToManyField, Model
from django.db.models import signals as model_signals
from django.dispatch import Signal
from django.utils import translation

from incentives_portal.request_context import current_request, known_user, request_id

from ..capabilities import Scope, role_for
from ..models import (
    ERASABLE,
    ActorKind,
    ChangeAction,
    ChangeRequest,
    Organisation,
    OrganisationKind,
    RecordedChange,
    User,
)
from .erasable import digest_of


@dataclass(frozen=True)
class Recorded:
    """How changes of a model are recorded.

    ``columns`` are those whose change is recorded, ``capability`` the one that allows it. ``organisation`` and ``person``
    return the keys of the organization and person whose object it is; settings belong to the operator. ``erasable`` are
    columns with names and addresses of that person, who is then also what the object is called by.
    """

    model: type[Model]
    columns: tuple[str, ...]
    capability: str
    organisation: Callable[[Any], int | None]
    person: Callable[[Any], int | None]
    erasable: tuple[str, ...]


@dataclass(frozen=True)
class Actors:
    """Who makes the changes: a person, or the server; and the request by which they were confirmed, if they had to be."""

    actor: User | None
    confirmed_by: User | None = None
    request: ChangeRequest | None = None


#: ``change`` was recorded. Sent in its transaction; an error of a receiver rolls it back.
recorded_change = Signal()
_recorded: dict[type[Model], Recorded] = {}
_acting: ContextVar[Actors | None] = ContextVar("acting", default=None)
_without_old: ContextVar[bool] = ContextVar("without_old", default=False)


@contextmanager
def without_old_values() -> Iterator[None]:
    """Record the changes within without the old values: those are erased."""
    token = _without_old.set(True)
    try:
        yield
    finally:
        _without_old.reset(token)


@contextmanager
def acting(
    actor: User | None, *, confirmed_by: User | None = None, request: ChangeRequest | None = None
) -> Iterator[None]:
    """Record the changes within as made by this person; None is the server. Otherwise the user of the request made them."""
    token = _acting.set(Actors(actor, confirmed_by, request))
    try:
        yield
    finally:
        _acting.reset(token)


def operator_id(row: Model | None = None) -> int | None:
    """Return the key of the operator, to whom settings belong; None before there is one. One query."""
    return Organisation.objects.filter(kind=OrganisationKind.OPERATOR).values_list("pk", flat=True).first()


def record_changes_of(
    model: type[Model],
    *,
    capability: str,
    organisation: Callable[[Any], int | None] = operator_id,
    person: Callable[[Any], int | None] = lambda row: None,
    without: Iterable[str] = (),
    erasable: tuple[str, ...] = (),
) -> None:
    """Record changes of all columns of a model and of its choices of several rows, except those in ``without``."""
    left_out = {"id", "public_id", *without}
    columns = tuple(field.name for field in model._meta.concrete_fields if field.name not in left_out)
    recorded = _recorded[model] = Recorded(model, columns, capability, organisation, person, erasable)
    model_signals.pre_save.connect(_remember, sender=model)
    model_signals.post_save.connect(_saved, sender=model)
    model_signals.post_delete.connect(_deleted, sender=model)
    for field in model._meta.many_to_many:
        if field.name not in left_out:
            _record_choices_of(recorded, field)


def recorded_models() -> set[type[Model]]:
    return set(_recorded)


def record_export(user: User) -> None:
    """Record that the data of a person was exported."""
    _write(_recorded[User], user, ChangeAction.EXPORTED, {}, capability="people.erase")


def _remember(sender: type[Model], instance: Any, update_fields: Iterable[str] | None, **kwargs: Any) -> None:
    """Read the stored row before it is saved, if a recorded column may change."""
    names = _recorded[sender].columns
    concerned = names if update_fields is None else [name for name in names if name in update_fields]
    instance._recorded_before = None
    if concerned and not instance._state.adding:
        instance._recorded_before = sender._base_manager.filter(pk=instance.pk).values(*concerned).first()


def _saved(sender: type[Model], instance: Any, created: bool, **kwargs: Any) -> None:
    recorded = _recorded[sender]
    before = vars(instance).pop("_recorded_before", None)
    if created:
        values = {name: value_of(instance, name) for name in recorded.columns}
        changes = {name: [None, _plain(instance, name, value)] for name, value in values.items() if not _empty(value)}
        _write(recorded, instance, ChangeAction.ADDED, changes)
        return
    changes = {}
    for name, old in (before or {}).items():
        new = value_of(instance, name)
        if old != new:
            before_it = None if _without_old.get() else _plain(instance, name, old)
            changes[name] = [before_it, _plain(instance, name, new)]
    if changes:
        _write(recorded, instance, ChangeAction.CHANGED, changes)


def _deleted(sender: type[Model], instance: Any, **kwargs: Any) -> None:
    recorded = _recorded[sender]
    values = {name: value_of(instance, name) for name in recorded.columns}
    changes = {name: [_plain(instance, name, value), None] for name, value in values.items() if not _empty(value)}
    _write(recorded, instance, ChangeAction.REMOVED, changes)


def _record_choices_of(recorded: Recorded, field: "ManyToManyField[Any, Any]") -> None:
    """Record rows that are added to, or removed from, a choice of several."""

    def chosen(instance: Any, action: str, reverse: bool, pk_set: set[int] | None, **kwargs: Any) -> None:
        if reverse or action not in ("post_add", "post_remove", "pre_clear"):
            return
        now = {row.pk: label_of(row) for row in getattr(instance, field.name).order_by("pk")}
        if action == "pre_clear":
            old, new = list(now.values()), []
        else:
            moved = {row.pk: label_of(row) for row in field.related_model._base_manager.filter(pk__in=pk_set or ())}
            other = now | moved if action == "post_remove" else {pk: now[pk] for pk in now if pk not in moved}
            old, new = list(other.values()), list(now.values())
        if old != new:
            _write(recorded, instance, ChangeAction.CHANGED, {field.name: [old, new]})

    model_signals.m2m_changed.connect(chosen, sender=field.remote_field.through, weak=False)


def value_of(instance: Any, name: str) -> Any:
    """Return the value of a column as the database returns it, also of a row that was just typed in."""
    field = instance._meta.get_field(name)
    return field.to_python(field.value_from_object(instance))


def as_json(value: Any) -> Any:
    """Return a value of a column as JSON keeps it."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else str(value) if isinstance(value, UUID) else value


def _empty(value: Any) -> bool:
    return value is None or value in ("", [], {})


def _plain(instance: Any, name: str, value: Any) -> Any:
    """Return a value as JSON keeps it; a row is named. A name or an address of a person is recorded apart."""
    field, recorded = instance._meta.get_field(name), _recorded[type(instance)]
    if name in recorded.erasable and not _empty(value):
        return {ERASABLE: digest_of(recorded.person(instance), value)}  # type: ignore[arg-type]  # people have keys
    if isinstance(field, ForeignKey) and value is not None:
        row = field.related_model._base_manager.filter(pk=value).first()
        if isinstance(row, User):
            return {ERASABLE: digest_of(row.pk, row.email)}
        return label_of(row) if row is not None else str(value)
    return as_json(value)


def label_of(row: Any) -> str:
    """Return what an object is called, in English: the record is read by people of several languages."""
    with translation.override("en"):
        return str(row)


def _write(
    recorded: Recorded, instance: Any, action: ChangeAction, changes: dict[str, list[Any]], *, capability: str = ""
) -> None:
    organisation, person, label = recorded.organisation(instance), recorded.person(instance), label_of(instance)[:200]
    who = _acting.get() or Actors(_request_user())
    actor = who.actor
    change = RecordedChange.objects.create(
        organisation_id=organisation,
        person_id=person,
        actor=actor,
        actor_kind=ActorKind.PERSON if actor else ActorKind.SERVER,
        actor_role=role_for(actor, capability or recorded.capability, _scope(organisation)) if actor else "",
        confirmed_by=who.confirmed_by,
        change_request=who.request,
        action=action,
        kind=recorded.model._meta.label_lower,
        object_id=instance.pk,
        object_label="" if recorded.erasable else label,
        recorded_label_id=digest_of(person, label) if recorded.erasable and person else None,
        changes=changes,
        request_id=request_id.get(),
    )
    change.actor_name = actor.name if actor else ""  # the database has filled in its digest
    recorded_change.send(RecordedChange, change=change)


def _request_user() -> User | None:
    request = current_request.get()
    return known_user(request) if request is not None else None


def _scope(organisation: int | None) -> Scope | None:
    return Scope(organisation) if organisation is not None else None
