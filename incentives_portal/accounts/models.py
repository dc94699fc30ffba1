"""Organizations, their locations, their people, and the organization-wide roles."""

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal import clock
from incentives_portal.installation.triggers import APPEND_ONLY
from incentives_portal.typed_text import canonical_email

from .capabilities import (
    ADMIN_CAPABILITIES,
    CONFIGURED_ELSEWHERE,
    OPERATOR_ROLES,
    PARTNER_WIDE_ROLES,
    Role,
    grants,
    may,
)
from .recorded_names import NOT_CHANGED


class OrganisationKind(models.TextChoices):
    OPERATOR = "operator", _("Operator")
    PARTNER = "partner", _("Partner")


class Organisation(models.Model):
    """The operator, or a partner that earns incentives (docs/domain.md, "Organizations and locations")."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(_("kind"), max_length=8, choices=OrganisationKind.choices)
    name = models.CharField(_("name"), max_length=120)
    email_domains = models.JSONField(_("email domains"), default=list, blank=True)

    class Meta:
        verbose_name = _("organization")
        verbose_name_plural = _("organizations")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="organisation_kind_known",
                condition=models.Q(kind__in=OrganisationKind.values),
                violation_error_message=_("Choose operator or partner."),
            ),
            models.UniqueConstraint(
                name="organisation_one_operator",
                fields=["kind"],
                condition=models.Q(kind=OrganisationKind.OPERATOR),
                violation_error_message=_("There is already an operator, and there can be only one."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_operator(self) -> bool:
        return self.kind == OrganisationKind.OPERATOR

    def owns_address(self, email: str) -> bool:
        """Return whether an e-mail address is on one of the organization's domains."""
        _name, at, domain = email.rpartition("@")
        return bool(at) and domain.lower() in [own.lower() for own in self.email_domains]


class Location(models.Model):
    """A place of business with its own partner id. Enrollments, plans, claims and payments belong to a location."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="locations", verbose_name=_("organization")
    )
    partner_id = models.CharField(_("partner ID"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=120)
    country = models.CharField(_("country/region"), max_length=2)
    closed_on = models.DateField(_("closed on"), null=True, blank=True)

    class Meta:
        verbose_name = _("location")
        verbose_name_plural = _("locations")
        ordering = ["organisation__name", "name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.partner_id})"


class UserManager(BaseUserManager["User"]):
    """Find people by e-mail address in any case, always with their organization, which every page needs."""

    def get_queryset(self) -> models.QuerySet["User"]:
        return super().get_queryset().select_related("organisation")

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create a person. Without a password the person cannot sign in before setting one through the reset mail."""
        user = self.model(email=canonical_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser):
    """A person of one organization. All permissions come from roles; there is no superuser."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, related_name="people", verbose_name=_("organization")
    )
    email = models.EmailField(_("email"), unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=40, default="UTC")
    is_active = models.BooleanField(_("active"), default=True)
    # Whose account of before this person had, for example on the other side; it stays inactive (docs/domain.md, "Former account").
    formerly = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("former account")
    )
    date_joined = models.DateTimeField(_("joined"), auto_now_add=True)
    erased_at = models.DateTimeField(_("erased at"), null=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"

    class Meta:
        verbose_name = _("person")
        verbose_name_plural = _("people")
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_any_case",
                violation_error_message=_("Someone already has this email address."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_full_name(self) -> str:
        return self.name

    def get_short_name(self) -> str:
        return self.name.split(" ")[0]

    @property
    def initials(self) -> str:
        parts = self.name.split()
        return "".join(part[0] for part in (parts[:1] + parts[-1:] if len(parts) > 1 else parts)).upper()

    @property
    def is_operator(self) -> bool:
        return self.organisation.is_operator

    @cached_property
    def selves(self) -> frozenset[int]:
        """The keys of all accounts of the person: this one and the former ones. Rules about who acted ask for these.

        No query without a former account, else one for each.
        """
        return frozenset(account.pk for account in self._accounts)

    @cached_property
    def organisations(self) -> frozenset[int]:
        """The keys of the person's organization and of the former ones. Queries as ``selves``."""
        return frozenset(account.organisation_id for account in self._accounts)

    @cached_property
    def _accounts(self) -> "list[User]":
        """This account and the former ones, newest first. A former account is older, so the chain ends."""
        before = User.objects.get(pk=self.formerly_id)._accounts if self.formerly_id is not None else []
        return [self, *before]

    @property
    def is_staff(self) -> bool:
        """Whether the person may open the admin site: the operator's incentives admins only."""
        return any(grant.role == Role.OPERATOR_INCENTIVES_ADMIN for grant in grants(self))

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Return whether the person may view, add, change or delete rows of a model; ``perm`` is ``app.action_model``."""
        app, _dot, codename = perm.partition(".")
        action, _underscore, model = codename.partition("_")
        look, change = ADMIN_CAPABILITIES.get(app, (None, None))
        capability = look if action == "view" else CONFIGURED_ELSEWHERE.get(f"{app}.{model}", change)
        return self.is_staff and capability is not None and may(self, capability)

    def has_module_perms(self, app_label: str) -> bool:
        return self.is_staff

    def may(self, capability: str) -> bool:
        """Return whether the person holds the capability for any scope."""
        return may(self, capability)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Return what a session is tied to: all sessions of a person end when the password or the address changes."""
        tied_to = f"{self.password} {self.email}"
        return salted_hmac("incentives_portal.accounts.session", tied_to, secret=secret, algorithm="sha256").hexdigest()

    def lock(self) -> None:
        """Lock the row until the transaction ends, so that counts of what the person sent or wrote stay correct. One query.

        Without it, several uploads or comments at the same time could exceed a limit together.
        """
        User.objects.select_for_update(no_key=True, of=("self",)).values_list("pk").get(pk=self.pk)


class OrganisationRole(models.Model):
    """A role for a whole organization: any role of the operator, or a partner's global, account or billing admin."""

    user = models.ForeignKey(User, models.CASCADE, related_name="organisation_roles", verbose_name=_("person"))
    role = models.CharField(
        _("role"),
        max_length=32,
        choices=[(role.value, role.label) for role in (*PARTNER_WIDE_ROLES, *OPERATOR_ROLES)],
    )

    class Meta:
        verbose_name = _("organization-wide role")
        verbose_name_plural = _("organization-wide roles")
        constraints = [
            models.UniqueConstraint(
                name="organisation_role_once",
                fields=["user", "role"],
                violation_error_message=_("This person already has this role."),
            )
        ]

    def __str__(self) -> str:
        return str(Role(self.role).label)


class RecordedName(models.Model):
    """The name of a person as it was when the person acted. Histories refer to it by its digest, over salt and name.

    The database writes it (recorded_names.py). It can be deleted, not changed: a history then shows ``ERASED`` and stays
    provable, as its digests cover only that of the name. Without a user it is the name of somebody without an account.
    """

    ERASED = _("Erased person")

    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=120)
    salt = models.BinaryField()
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="recorded_name_once", fields=["user", "name"])]
        triggers = [NOT_CHANGED]

    def __str__(self) -> str:
        return self.name


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


class RecordedChange(models.Model):
    """One change of a person, role, organization, location or setting. Append-only.

    ``organisation`` and ``person`` are those whose object it is, also after an organization was deleted. ``kind`` and
    ``object_id`` name the row, ``label`` what it was called. ``actor_role`` is the role that allowed the change; it is empty
    for people who change their own profile. ``changes`` has the old and new value of each column.
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
    actor_name = models.CharField(max_length=120, blank=True)
    actor_role = models.CharField(max_length=32, blank=True)
    confirmed_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+", verbose_name=_("confirmed by"))
    change_request = models.ForeignKey(ChangeRequest, models.PROTECT, null=True, related_name="recorded")
    action = models.CharField(_("action"), max_length=8, choices=ChangeAction.choices)
    kind = models.CharField(_("kind"), max_length=60)
    object_id = models.BigIntegerField()
    label = models.CharField(_("name"), max_length=200)
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
                condition=models.Q(actor_kind=ActorKind.PERSON, actor__isnull=False)
                | models.Q(actor_kind=ActorKind.SERVER, actor=None),
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
        triggers = APPEND_ONLY

    def __str__(self) -> str:
        return f"{self.kind} {self.label}"

    @property
    def actor_role_label(self) -> str:
        """The name of the role that allowed the change; empty if there was none."""
        return str(Role(self.actor_role).label) if self.actor_role else ""
