"""People, their organization-wide roles, and what is recorded of them so that it can be erased."""

import uuid
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from incentives_portal.typed_text import canonical_email

from ..capabilities import (
    ADMIN_CAPABILITIES,
    CONFIGURED_ELSEWHERE,
    OPERATOR_ROLES,
    PARTNER_WIDE_ROLES,
    Role,
    grants,
    may,
)
from ..recorded_names import NOT_CHANGED
from .organisations import Organisation


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

    The database writes it (recorded_names.py); the record of changes adds names and addresses that it was given. It can be
    deleted, not changed: a history then shows ``ERASED`` and stays provable, as its digests cover only that of the name.
    Without a user it is the name of somebody without an account.
    """

    ERASED = _("Erased person")

    user = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=254)
    salt = models.BinaryField()
    digest = models.CharField(max_length=64, unique=True)

    class Meta:
        constraints = [models.UniqueConstraint(name="recorded_name_once", fields=["user", "name"])]
        triggers = [NOT_CHANGED]

    def __str__(self) -> str:
        return self.name
