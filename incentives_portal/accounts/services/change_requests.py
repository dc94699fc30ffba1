"""Changes that a second person confirms (docs/domain.md, "Second person"): ask, confirm, refuse, withdraw.

A request keeps old and new values. The change is made when it is confirmed, if the old values still stand.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.db.models import ForeignKey, Model, ProtectedError
from django.dispatch import Signal
from django.utils.translation import gettext as _

from incentives_portal import clock

from ..capabilities import Role, may
from ..letters import invite, send_address_asked
from ..models import ChangeAction, ChangeRequest, Organisation, OrganisationRole, RequestKind, RequestState, User
from . import setup
from .erasure import check_can_be_erased, erase
from .people import NotFormer, check_not_left, leave_address
from .recording import acting, as_json, label_of, value_of
from .roles import LastAdmin, put_role, take_role

#: ``request`` was made, or decided. Sent in its transaction; an error of a receiver rolls it back.
request_made, request_decided = Signal(), Signal()


class OwnRequest(PermissionDenied):
    """Nobody confirms or refuses the own request."""


class RequestRefused(ValueError):
    """The request cannot be made, decided or carried out. The message is for people."""


@dataclass(frozen=True)
class Guarded:
    """A setting that money depends on: which columns, and whether claims may depend on the row already."""

    fields: tuple[str, ...]
    in_use: Callable[[Any], bool]


_guarded: dict[type[Model], Guarded] = {}


def guard(model: type[Model], *, in_use: Callable[[Any], bool], without: Iterable[str] = ()) -> None:
    """Have changes of a setting confirmed while it is in use, except those of the columns in ``without``."""
    left_out = {"id", "public_id", *without}
    fields = [*model._meta.concrete_fields, *model._meta.many_to_many]
    _guarded[model] = Guarded(tuple(field.name for field in fields if field.name not in left_out), in_use)


def guarded_fields(row: Model, changed: Iterable[str]) -> list[str]:
    """Return which of the changed columns need a second person now."""
    guarded = _guarded.get(type(row))
    if guarded is None or setup.is_on():
        return []
    stored = type(row)._base_manager.filter(pk=row.pk).first() if row.pk else None
    if not any(guarded.in_use(one) for one in (row, stored) if one is not None):
        return []
    return [name for name in changed if name in guarded.fields]


# Asking


def ask_for_role(user: User, role: Role, *, actor: User) -> ChangeRequest:
    """Ask for a role for a person of the operator."""
    return _ask(RequestKind.ROLE, ChangeAction.ADDED, user, {"role": [None, role.value]}, actor=actor, person=user)


def ask_to_remove_role(user: User, role: Role, *, actor: User) -> ChangeRequest:
    """Ask to remove a role of a person of the operator."""
    return _ask(RequestKind.ROLE, ChangeAction.REMOVED, user, {"role": [role.value, None]}, actor=actor, person=user)


def ask_for_columns(user: User, columns: Mapping[str, Any], *, actor: User) -> ChangeRequest:
    """Ask to change columns of a person: the sign-in address, or whether the account is active."""
    changes = {name: [getattr(user, name), value] for name, value in columns.items()}
    return _ask(RequestKind.PERSON, ChangeAction.CHANGED, user, changes, actor=actor, person=user)


@transaction.atomic
def ask_for_own_address(user: User, email: str) -> ChangeRequest:
    """Ask for another sign-in address of one's own, instead of one that was asked for before.

    The person confirms it by the link that is sent to the old address; an incentives admin can, too. Raises RequestRefused
    for an address outside the organization's email domains: only an admin asks for such an exception.
    """
    if user.organisation.email_domains and not user.organisation.owns_address(email):
        raise RequestRefused(
            _("The address must be on an email domain of %(organisation)s. Ask the operator’s incentives admins.")
            % {"organisation": user.organisation}
        )
    open_ones = ChangeRequest.objects.filter(requested_by=user, person=user, state=RequestState.OPEN)
    for earlier in open_ones.filter(kind=RequestKind.PERSON).exclude(changes={"email": [user.email, email]}):
        withdraw_change(earlier, actor=user)
    return ask_for_columns(user, {"email": email}, actor=user)


def ask_for_erasure(user: User, *, actor: User) -> ChangeRequest:
    """Ask to erase an inactive person. Raises PermissionDenied without people.erase, and RequestRefused."""
    if not may(actor, "people.erase"):
        raise PermissionDenied
    if why := check_can_be_erased(user):
        raise RequestRefused(why)
    return _ask(RequestKind.ERASURE, ChangeAction.REMOVED, user, {}, actor=actor, person=user)


def ask_for_setting(
    row: Model, names: Iterable[str], *, actor: User, chosen: Mapping[str, list[int]] | None = None
) -> ChangeRequest:
    """Ask to change columns of a setting to those of the unsaved ``row``; ``chosen`` are keys for choices of several.

    A row without a primary key is asked to be added, with all its columns.
    """
    if not may(actor, "program.configure"):
        raise PermissionDenied
    new = {name: stored_value(row, name) for name in names} | dict(chosen or {})
    if row.pk is None:
        return _ask(RequestKind.SETTING, ChangeAction.ADDED, row, _from_nothing(new), actor=actor)
    stored = type(row)._base_manager.get(pk=row.pk)
    changes = {name: [stored_value(stored, name), value] for name, value in new.items()}
    return _ask(RequestKind.SETTING, ChangeAction.CHANGED, stored, changes, actor=actor)


def ask_to_remove_setting(row: Model, *, actor: User) -> ChangeRequest:
    """Ask to delete a setting."""
    if not may(actor, "program.configure"):
        raise PermissionDenied
    changes = {name: [stored_value(row, name), None] for name in _guarded[type(row)].fields}
    return _ask(RequestKind.SETTING, ChangeAction.REMOVED, row, changes, actor=actor)


@transaction.atomic
def _ask(
    kind: RequestKind,
    action: ChangeAction,
    row: Model,
    changes: dict[str, list[Any]],
    *,
    actor: User,
    person: User | None = None,
) -> ChangeRequest:
    """Write a request and tell who can confirm it. The same one that is open already is returned and not repeated."""
    if person is not None and actor.pk != person.pk and not may(actor, "people.manage"):
        raise PermissionDenied
    organisation = person.organisation_id if person else actor.organisation_id
    Organisation.objects.select_for_update(no_key=True).get(pk=organisation)
    what = {"kind": kind, "action": action, "object_kind": row._meta.label_lower, "object_id": row.pk}
    if same := ChangeRequest.objects.filter(**what, changes=changes, state=RequestState.OPEN).first():
        return same
    request = ChangeRequest.objects.create(
        **what,
        label=label_of(row)[:200],
        changes=changes,
        organisation_id=organisation,
        person=person,
        requested_by=actor,
    )
    if "email" in changes:
        send_address_asked(request)
    request_made.send(ChangeRequest, request=request)
    return request


def _from_nothing(new: Mapping[str, Any]) -> dict[str, list[Any]]:
    return {name: [None, value] for name, value in new.items() if value not in (None, "", [])}


def stored_value(row: Model, name: str) -> Any:
    """Return a column of a setting as JSON keeps it; of a choice of several the keys."""
    field = row._meta.get_field(name)
    if field.many_to_many:
        return sorted(getattr(row, name).values_list("pk", flat=True))
    return as_json(value_of(row, name))


# Deciding


@transaction.atomic
def confirm_change(
    request: ChangeRequest, *, actor: User | None, outside_domains: bool = False, from_old_address: bool = False
) -> ChangeRequest:
    """Make the change of a request, or mark it as outdated if the old values no longer stand; return it.

    Without an actor it is confirmed on the server, which is possible only while no other admin could. ``outside_domains``
    confirms a sign-in address outside the organization's email domains. ``from_old_address``: the person opened the link
    that was sent there, which is as good as a second person. Raises PermissionDenied without changes.confirm, OwnRequest,
    and RequestRefused.
    """
    current = _locked_open(request)
    _check_decider(current, actor, from_old_address=from_old_address)
    _check_domains(current, outside_domains)
    if not _stands(current):
        return _decide(current, RequestState.OUTDATED, actor)
    second = actor if actor is not None and actor.pk != current.requested_by_id else None
    try:
        with transaction.atomic(), acting(current.requested_by, confirmed_by=second, request=current):
            _make(current)
    except (LastAdmin, NotFormer) as error:
        raise RequestRefused(str(error)) from error
    except (ValidationError, IntegrityError, ProtectedError) as error:
        said = " ".join(error.messages) if isinstance(error, ValidationError) else _("Something else depends on it.")
        raise RequestRefused(_("The change cannot be made: %(why)s") % {"why": said}) from error
    return _decide(current, RequestState.CONFIRMED, actor)


@transaction.atomic
def refuse_change(request: ChangeRequest, *, actor: User, comment: str) -> ChangeRequest:
    """Refuse a request with a comment. Raises as ``confirm_change``."""
    current = _locked_open(request)
    _check_decider(current, actor)
    if not comment.strip():
        raise RequestRefused(_("Say why."))
    return _decide(current, RequestState.REFUSED, actor, comment.strip())


@transaction.atomic
def withdraw_change(request: ChangeRequest, *, actor: User) -> ChangeRequest:
    """Withdraw the own request."""
    current = _locked_open(request)
    if current.requested_by_id != actor.pk:
        raise PermissionDenied
    return _decide(current, RequestState.WITHDRAWN, actor)


def _locked_open(request: ChangeRequest) -> ChangeRequest:
    """Lock the request, and return it as it is; raise RequestRefused if it was decided.

    For people and roles the organization is locked next, before the person, as in every service. Pages of settings lock the
    setting first, so it is not locked for those.
    """
    related = ("requested_by__organisation", "person__organisation", "organisation")
    rows = ChangeRequest.objects.select_related(*related).select_for_update(of=("self",), no_key=True)
    current = rows.get(pk=request.pk)
    if current.state != RequestState.OPEN:
        raise RequestRefused(_("This request was decided already: %(state)s.") % {"state": current.get_state_display()})
    if current.kind != RequestKind.SETTING:
        Organisation.objects.select_for_update(no_key=True).get(pk=current.organisation_id)
    return current


def _check_decider(request: ChangeRequest, actor: User | None, *, from_old_address: bool = False) -> None:
    if actor is None:
        if others := setup.who_can_confirm(request):
            names = ", ".join(admin.name for admin in others)
            raise RequestRefused(_("This can be confirmed in the portal by: %(names)s.") % {"names": names})
        return
    if from_old_address and request.is_own_address and actor.pk == request.person_id:
        return
    if request.requested_by_id in actor.selves:
        raise OwnRequest
    if not may(actor, "changes.confirm"):
        raise PermissionDenied


def _check_domains(request: ChangeRequest, outside_domains: bool) -> None:
    if request.leaves_domains and not outside_domains:
        raise RequestRefused(
            _("%(email)s is outside the email domains of %(organisation)s. Confirm the exception.")
            % {"email": request.changes["email"][1], "organisation": request.organisation}
        )


def _decide(request: ChangeRequest, state: RequestState, actor: User | None, comment: str = "") -> ChangeRequest:
    request.state, request.decided_by, request.decided_at, request.comment = state, actor, clock.now(), comment
    request.save(update_fields=["state", "decided_by", "decided_at", "comment"])
    request_decided.send(ChangeRequest, request=request)
    return request


def _stands(request: ChangeRequest) -> bool:
    """Return whether who asked may still ask, and the old values still stand."""
    needed = {RequestKind.SETTING: "program.configure", RequestKind.ERASURE: "people.erase"}
    capability = needed.get(RequestKind(request.kind), "people.manage")
    if not request.is_own_address and not may(request.requested_by, capability):
        return False
    return _values_now(request) == {name: old for name, (old, _new) in request.changes.items()}


def _values_now(request: ChangeRequest) -> dict[str, Any] | None:
    """Return the values that stand now for the columns of a request; None if the object is gone."""
    if request.kind == RequestKind.ROLE:
        role = next(value for value in request.changes["role"] if value)
        held = OrganisationRole.objects.filter(user=request.person, role=role).exists()
        return {"role": role if held else None}
    if request.kind == RequestKind.ERASURE:
        assert request.person_id is not None
        person = User.objects.select_for_update(of=("self",)).get(pk=request.person_id)
        return None if check_can_be_erased(person) else {}
    if request.action == ChangeAction.ADDED:
        return dict.fromkeys(request.changes)
    row = _object(request)
    return {name: stored_value(row, name) for name in request.changes} if row is not None else None


def _object(request: ChangeRequest) -> Model | None:
    """Lock and return the row that is to be changed."""
    rows = apps.get_model(request.object_kind)._base_manager.select_for_update(of=("self",))
    return rows.filter(pk=request.object_id).first()


def _make(request: ChangeRequest) -> None:
    """Make the change of a request."""
    new = {name: value for name, (_old, value) in request.changes.items()}
    if request.kind == RequestKind.ROLE:
        assert request.person is not None
        if request.action == ChangeAction.ADDED:
            put_role(request.person, Role(new["role"]))
        else:
            take_role(request.person, Role(request.changes["role"][0]))
    elif request.kind == RequestKind.ERASURE:
        assert request.person_id is not None
        erase(User.objects.get(pk=request.person_id))
        request.refresh_from_db(fields=["label", "changes"])
    elif request.action == ChangeAction.REMOVED:
        row = _object(request)
        assert row is not None
        row.delete()
    else:
        row = apps.get_model(request.object_kind)() if request.action == ChangeAction.ADDED else _object(request)
        if isinstance(row, User) and "email" in new:
            leave_address(row, new["email"])
        if isinstance(row, User) and new.get("is_active"):
            check_not_left(row)
        _put(row, new)
        if isinstance(row, User):
            invite(row)  # who has not chosen a password yet needs the link at the new address


def _put(row: Any, new: Mapping[str, Any]) -> None:
    """Set the columns of a row and save it, if it is valid then."""
    several = {name: value for name, value in new.items() if row._meta.get_field(name).many_to_many}
    single = {name: value for name, value in new.items() if name not in several}
    for name, value in single.items():
        field = row._meta.get_field(name)
        setattr(row, field.attname, value if isinstance(field, ForeignKey) else field.to_python(value))
    row.full_clean()
    if single:
        row.save(update_fields=list(single) if row.pk else None)
    for name, keys in several.items():
        getattr(row, name).set(keys)
