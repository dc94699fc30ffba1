"""Requests that a second person confirms, and the record of changes, which is a chain per organization."""

import uuid
from functools import cached_property
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db import models
from django.db.models.functions import JSONObject
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.chain import Head, Link, chain_trigger
from incentives_portal.installation.triggers import APPEND_ONLY

from ..capabilities import Role, may
from ..recorded_names import name_trigger
from .organisations import Organisation
from .people import RecordedName, User

#: In ``changes`` of a record, the only key of a value that stands for a text about a person: its digest.
ERASABLE = "erasable"


class ActorKind(models.TextChoices):
    """Who made a change: a person of the portal, or somebody on the server."""

    PERSON = "person", _("Person")
    SERVER = "server", _("On the server")


class ChangeAction(models.TextChoices):
    ADDED = "added", _("Added")
    CHANGED = "changed", _("Changed")
    REMOVED = "removed", _("Removed")
    EXPORTED = "exported", _("Exported")


class RequestKind(models.TextChoices):
    """What a second person is asked to confirm."""

    ROLE = "role", _("Role")
    PERSON = "person", _("Person")
    SETTING = "setting", _("Setting")
    ERASURE = "erasure", _("Erasure")


class RequestState(models.TextChoices):
    OPEN = "open", _("Waiting for confirmation")
    CONFIRMED = "confirmed", _("Confirmed")
    REFUSED = "refused", _("Refused")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    OUTDATED = "outdated", _("Outdated")


class ChangeRequestQuerySet(models.QuerySet["ChangeRequest"]):
    def visible_to(self, user: User) -> "ChangeRequestQuerySet":
        """Return all requests for who may read changes, else the person's own."""
        return self if may(user, "changes.read") else self.filter(requested_by=user)

    def waiting_for(self, user: User) -> "ChangeRequestQuerySet":
        """Return the open requests that the person can confirm."""
        if not may(user, "changes.confirm"):
            return self.none()
        return self.filter(state=RequestState.OPEN).exclude(requested_by__in=user.selves)


class ChangeRequest(models.Model):
    """A change that a second person confirms (docs/domain.md, "Second person").

    ``object_kind`` and ``object_id`` name the row; a row that is to be added has no key yet. ``person`` is whose role or
    account it is. ``changes`` has the old and new value of each column, rows as keys. Confirmed or refused without
    ``decided_by`` means on the server.
    """

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", verbose_name=_("organization"))
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("person"))
    kind = models.CharField(_("kind"), max_length=8, choices=RequestKind.choices)
    action = models.CharField(_("action"), max_length=8, choices=ChangeAction.choices)
    object_kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField(null=True)
    label = models.CharField(_("name"), max_length=200)
    changes = models.JSONField(_("changes"))
    requested_by = models.ForeignKey(User, models.PROTECT, related_name="+", verbose_name=_("requested by"))
    requested_at = models.DateTimeField(_("requested at"), default=clock.now)
    state = models.CharField(_("status"), max_length=9, choices=RequestState.choices, default=RequestState.OPEN)
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("decided by"))
    decided_at = models.DateTimeField(_("decided at"), null=True)
    comment = models.TextField(_("comment"), blank=True)

    objects = ChangeRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("change request")
        verbose_name_plural = _("change requests")
        ordering = ["-pk"]
        indexes = [
            # The list of open requests, and the search for the same one.
            models.Index(name="change_request_open", fields=["id"], condition=models.Q(state=RequestState.OPEN)),
        ]
        constraints = [
            models.CheckConstraint(name="change_request_kind_known", condition=models.Q(kind__in=RequestKind.values)),
            models.CheckConstraint(
                name="change_request_state_known", condition=models.Q(state__in=RequestState.values)
            ),
            models.CheckConstraint(
                name="change_request_decided",
                condition=models.Q(state=RequestState.OPEN, decided_by=None, decided_at=None)
                | (~models.Q(state=RequestState.OPEN) & models.Q(decided_at__isnull=False)),
            ),
            # People confirm their own sign-in address by the link to the old one, and nothing else of their own.
            models.CheckConstraint(
                name="change_request_by_two",
                condition=models.Q(decided_by=None)
                | ~models.Q(decided_by=models.F("requested_by"))
                | models.Q(state__in=[RequestState.WITHDRAWN, RequestState.OUTDATED])
                | models.Q(kind=RequestKind.PERSON, person=models.F("requested_by")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.label}"

    def get_absolute_url(self) -> str:
        return reverse("changes:request", args=[self.public_id])

    @property
    def is_open(self) -> bool:
        return self.state == RequestState.OPEN

    @property
    def is_own_address(self) -> bool:
        """Whether people ask for another sign-in address of their own."""
        return "email" in self.changes and self.person_id == self.requested_by_id

    @property
    def leaves_domains(self) -> bool:
        """Whether a new sign-in address is outside the organization's email domains, if it has any."""
        if self.kind != RequestKind.PERSON or "email" not in self.changes or not self.organisation.email_domains:
            return False
        return not self.organisation.owns_address(self.changes["email"][1])

    @property
    def tone(self) -> str:
        """The color of the status; the status is also written in it."""
        return {
            RequestState.OPEN: "submitted",
            RequestState.CONFIRMED: "approved",
            RequestState.REFUSED: "rejected",
        }.get(RequestState(self.state), "editing")


class RecordedChangeQuerySet(models.QuerySet["RecordedChange"]):
    def visible_to(self, user: User) -> "RecordedChangeQuerySet":
        """Return all records for who may read them: the operator's auditors and incentives admins."""
        return self if may(user, "changes.read") else self.none()

    def with_texts(self) -> "RecordedChangeQuerySet":
        """Fetch the recorded names and addresses along, so that showing them takes no further query."""
        concerned = models.Q()
        for people in ("actor", "person", "person__formerly"):
            concerned |= models.Q(user=models.OuterRef(people))
        recorded = RecordedName.objects.filter(concerned)
        return self.annotate(
            recorded_names=ArraySubquery(recorded.values(pair=JSONObject(digest="digest", name="name")))
        )


class ChangeHead(Head):
    """The last link of an organization's chain of changes; with the key 0, of changes before there was an operator."""

    organisation_id = models.BigIntegerField(primary_key=True)


def _recorded_name(column: str) -> "models.ForeignKey[RecordedName | None, RecordedName | None]":
    """Return a reference without a constraint of the database: the name may be erased, its digest stays."""
    return models.ForeignKey(
        RecordedName,
        models.DO_NOTHING,
        to_field="digest",
        db_column=column,
        db_constraint=False,
        db_index=False,
        null=True,
        related_name="+",
    )


class RecordedChange(Link):
    """One change of a person, role, organization, location or setting. Append-only.

    ``organisation`` and ``person`` are those whose object it is, also after an organization was deleted. ``kind`` and
    ``object_id`` name the row. ``actor_role`` is the role that allowed the change; it is empty for people who change their
    own profile. ``changes`` has the old and new value of each column, a dictionary with ``ERASABLE`` where the value is a
    name or an address of a person. Of the actor and of people as objects only the digests of the names are here.
    """

    organisation = models.ForeignKey(
        Organisation,
        models.DO_NOTHING,
        null=True,
        db_constraint=False,
        related_name="+",
        verbose_name=_("organization"),
    )
    person = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("person"))
    at = models.DateTimeField(_("at"), default=clock.now)
    actor = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("changed by"))
    actor_kind = models.CharField(max_length=8, choices=ActorKind.choices)
    recorded_name = _recorded_name("actor_name_digest")
    actor_role = models.CharField(max_length=32, blank=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by"))
    change_request = models.ForeignKey(ChangeRequest, models.PROTECT, null=True, related_name="recorded")
    action = models.CharField(_("action"), max_length=8, choices=ChangeAction.choices)
    kind = models.CharField(_("kind"), max_length=60)
    object_id = models.BigIntegerField()
    object_label = models.CharField(_("name"), max_length=200, blank=True)
    recorded_label = _recorded_name("label_digest")
    changes = models.JSONField(_("changes"))
    # The id of the request that caused it, to find it in the log.
    request_id = models.CharField(max_length=36, blank=True)

    objects = RecordedChangeQuerySet.as_manager()

    class Meta:
        verbose_name = _("recorded change")
        verbose_name_plural = _("recorded changes")
        ordering = ["-pk"]
        indexes = [models.Index(name="recorded_change_of_object", fields=["kind", "object_id"])]
        constraints = [
            models.CheckConstraint(
                name="recorded_change_actor",
                condition=models.Q(actor_kind=ActorKind.PERSON, actor__isnull=False, recorded_name__isnull=False)
                | models.Q(actor_kind=ActorKind.SERVER, actor=None, recorded_name=None),
            ),
            models.CheckConstraint(
                name="recorded_change_action_known", condition=models.Q(action__in=ChangeAction.values)
            ),
            models.CheckConstraint(
                name="recorded_change_by_two",
                condition=models.Q(confirmed_by=None)
                | models.Q(actor=None)
                | ~models.Q(confirmed_by=models.F("actor")),
            ),
        ]
        triggers = [
            *APPEND_ONLY,
            name_trigger("actor_id", "actor_name_digest"),
            chain_trigger(
                "change",
                heads="accounts_changehead",
                key="organisation_id",
                group="coalesce(NEW.organisation_id, 0)",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.object_id}"

    @cached_property
    def texts(self) -> dict[str, str]:
        """Names and addresses by digest, without those that were erased. One query, unless ``with_texts`` fetched them."""
        known = getattr(self, "recorded_names", None)
        if known is None:
            concerned = models.Q(pk__in=[self.actor_id, self.person_id])
            concerned |= models.Q(pk__in=User.objects.filter(pk=self.person_id).values("formerly"))
            known = RecordedName.objects.filter(user__in=User.objects.filter(concerned)).values("digest", "name")
        return {each["digest"]: each["name"] for each in known}

    @cached_property
    def actor_name(self) -> str:
        """The actor's name as it was, or what stands for an erased one; empty for the server."""
        return self._text(self.recorded_name_id) if self.recorded_name_id else ""

    @property
    def label(self) -> str:
        """What the object was called; for an erased person what stands for the name."""
        return self._text(self.recorded_label_id) if self.recorded_label_id else self.object_label

    @property
    def values(self) -> dict[str, list[Any]]:
        """The old and new value of each column, with names and addresses of people as far as they are not erased."""
        return {name: [self._value(value) for value in pair] for name, pair in self.changes.items()}

    def _value(self, value: Any) -> Any:
        is_erasable = isinstance(value, dict) and set(value) == {ERASABLE}
        return self._text(value[ERASABLE]) if is_erasable else value

    def _text(self, digest: str) -> str:
        return self.texts.get(digest, str(RecordedName.ERASED))

    @property
    def actor_role_label(self) -> str:
        """The name of the role that allowed the change; empty if there was none."""
        return str(Role(self.actor_role).label) if self.actor_role else ""
