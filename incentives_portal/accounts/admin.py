import re
from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.core.validators import validate_domain_name
from django.utils.translation import gettext_lazy as _

from incentives_portal.countries import country_code
from incentives_portal.screens.optimistic_lock import FewLines, StaleCheckAdmin, StaleCheckFormSet
from incentives_portal.typed_text import canonical_email

from .capabilities import OPERATOR_ROLES, PARTNER_WIDE_ROLES, Role
from .change_pages import say_asked
from .forms import ProfileForm, time_zone_choices
from .letters import invite
from .models import Location, Organisation, OrganisationRole, User
from .second_factor import second_factor_again
from .services import (
    LastAdmin,
    NeedsConfirmation,
    NotFormer,
    ask_for_columns,
    ask_for_role,
    ask_to_remove_role,
    change_person,
    check_former,
    check_not_last_admin,
    check_not_left,
    check_role_can_go,
    columns_to_confirm,
    give_role,
    lock_organisation,
    remove_role,
)


class DomainsField(forms.CharField):
    """E-mail domains, typed as a list with commas, spaces or semicolons; stored as a JSON list."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "domain": _(
            "“%(domain)s” is not a domain. Enter the part of the addresses after the @, for example %(example)s."
        )
    }

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(map(str, value)) if isinstance(value, list) else value

    def to_python(self, value: Any) -> list[str]:
        typed = re.split(r"[\s,;]+", super().to_python(value))
        return list(dict.fromkeys(filter(None, (_domain(part) for part in typed))))

    def run_validators(self, value: list[str]) -> None:
        for domain in value:
            try:
                validate_domain_name(domain)
            except forms.ValidationError as error:
                params = {"domain": domain, "example": "example.com, example.org"}
                raise forms.ValidationError(self.error_messages["domain"], code="domain", params=params) from error

    def has_changed(self, initial: Any, data: Any) -> bool:
        return super().has_changed(self.prepare_value(initial), data)


def _domain(typed: str) -> str:
    """Return the domain as it is spelled in addresses: ``@Example.com`` is example.com."""
    return canonical_email(f"x@{typed.removeprefix('@')}").removeprefix("x@").lower()


#: The columns of a person that an admin edits.
PERSON = ["email", "name", "language", "time_zone", "is_active"]


class OrganisationForm(forms.ModelForm):
    email_domains = DomainsField(
        label=_("Email domains"),
        required=False,
        help_text=_("Separate several domains with commas: example.com, example.org"),
    )

    class Meta:
        model = Organisation
        fields = ["kind", "name", "email_domains"]


class CountryField(forms.CharField):
    """A country, typed as code or name and stored as code. A list of 250 in each line of a page would be long."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "country": _("“%(typed)s” is not a country. Enter its name or two-letter code, for example DE.")
    }

    def to_python(self, value: Any) -> str:
        typed = super().to_python(value)
        code = country_code(typed) if typed else ""
        if code is None:
            raise forms.ValidationError(self.error_messages["country"], code="country", params={"typed": typed})
        return code


class LocationForm(forms.ModelForm):
    country = CountryField(label=_("Country/region"), max_length=80, help_text=_("Name or two-letter code."))


class LocationInline(FewLines, admin.TabularInline):
    model = Location
    form = LocationForm
    fields = ["partner_id", "name", "country", "closed_on"]


@admin.register(Organisation)
class OrganisationAdmin(StaleCheckAdmin):
    form = OrganisationForm
    list_display = ["name", "kind"]
    list_filter = ["kind"]
    search_fields = ["name", "locations__partner_id", "locations__name"]
    inlines = [LocationInline]

    def get_readonly_fields(self, request: Any, obj: Organisation | None = None) -> list[str]:
        """Make the kind read-only once it is saved: otherwise everybody would have roles of the other side."""
        return ["kind"] if obj else []


class OrganisationRoleForm(forms.ModelForm):
    """Reject a role of the other side: the operator's for a partner's person, or the other way round."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        user, role = cleaned.get("user"), cleaned.get("role")
        if user and role and Role(role) not in (OPERATOR_ROLES if user.is_operator else PARTNER_WIDE_ROLES):
            self.add_error("role", _("This role is not available in the person’s organization."))
        return cleaned


class OrganisationRoleFormSet(StaleCheckFormSet):
    """Reject the removal of the last active admin's role."""

    def clean(self) -> None:
        super().clean()
        for form in self.deleted_forms:
            if form.instance.pk:
                try:
                    check_role_can_go(form.instance.user, Role(form.instance.role))
                except LastAdmin as error:
                    raise forms.ValidationError(f"{form.instance}: {error}") from error


class OrganisationRoleInline(FewLines, admin.TabularInline):
    """Roles are given and removed, not changed into each other."""

    model = OrganisationRole
    form = OrganisationRoleForm
    formset = OrganisationRoleFormSet
    fields = ["user", "role"]

    def has_change_permission(self, request: Any, obj: User | None = None) -> bool:
        return False


class PersonForm(ProfileForm):
    """A person without the password: people set it through the reset mail, and admins never see it."""

    time_zone = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices)
    formerly = forms.EmailField(
        label=_("Former sign-in address"),
        required=False,
        help_text=_(
            "If this person had another account before, for example with a partner. What was decided there counts as this person’s."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean_formerly(self) -> User | None:
        """Return the former account of a new person."""
        email = self.cleaned_data["formerly"]
        if not email or self.instance.pk:
            return None
        former = User.objects.filter(email__iexact=canonical_email(email)).first()
        if former is None:
            raise forms.ValidationError(_("No user has this address."))
        try:
            check_former(former)
        except NotFormer as error:
            raise forms.ValidationError(str(error)) from error
        return former

    def validate_unique(self) -> None:
        """Do nothing: the constraint on the lower-case address checks it already, with a message of its own."""

    def clean(self) -> dict[str, Any]:
        """Lock the organization before the person's row, as services do, and keep its last active admin."""
        cleaned = super().clean() or {}
        if not self.instance.pk:
            return cleaned
        lock_organisation(self.instance)
        if self.instance.is_active and not cleaned.get("is_active", True):
            try:
                check_not_last_admin(self.instance)
            except LastAdmin as error:
                self.add_error("is_active", str(error))
        if cleaned.get("is_active") and not self.instance.is_active:
            try:
                check_not_left(self.instance)
            except NotFormer as error:
                self.add_error("is_active", str(error))
        return cleaned

    def save(self, commit: bool = True) -> User:
        if not self.instance.pk:
            self.instance.set_unusable_password()
        return super().save(commit)


@admin.register(User)
class UserAdmin(StaleCheckAdmin):
    """People are deactivated and never deleted: the history names them."""

    form = PersonForm
    list_display = ["name", "email", "organisation", "is_active"]
    list_filter = ["is_active", "organisation__kind"]
    list_select_related = ["organisation"]
    search_fields = ["name", "email", "organisation__name"]
    inlines = [OrganisationRoleInline]

    def get_readonly_fields(self, request: Any, obj: User | None = None) -> list[str]:
        """Keep people in their organization and with their former account: roles and what they did belong to these."""
        return ["organisation", "formerly"] if obj else []

    def get_fields(self, request: Any, obj: User | None = None) -> Any:
        """Show the former account of people who have one, and ask for that of new people."""
        return ["organisation", *PERSON, *(["formerly"] if obj is None or obj.formerly_id else [])]

    def has_delete_permission(self, request: Any, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: Any, obj: User, form: Any, change: bool) -> None:
        """Save the changed columns only, so that a password chosen meanwhile stays; invite a new person."""
        if change:
            self._change(request, obj, [name for name in form.changed_data if name in PERSON])
        else:
            super().save_model(request, obj, form, change)
        if obj.is_active and (not change or "is_active" in form.changed_data) and not obj.has_usable_password():
            invite(obj)
            # The address comes last: Django capitalizes the first letter of a message.
            messages.info(
                request,
                _("An email with a link to choose a password will be sent to %(email)s.") % {"email": obj.email},
            )

    def changeform_view(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Ask for the second factor again: roles and addresses are changed here."""
        return second_factor_again(super().changeform_view)(request, *args, **kwargs)

    def _change(self, request: Any, obj: User, names: list[str]) -> None:
        """Change these columns, or ask somebody else to confirm those that an admin does not change alone."""
        stored = User.objects.get(pk=obj.pk)
        asked = {name: getattr(obj, name) for name in columns_to_confirm(stored, names)}
        change_person(obj, actor=request.user, **{name: getattr(obj, name) for name in names if name not in asked})
        if asked:
            say_asked(request, ask_for_columns(stored, asked, actor=request.user))
            for name in asked:
                setattr(obj, name, getattr(stored, name))

    def save_formset(self, request: Any, form: Any, formset: Any, change: bool) -> None:
        """Give and remove roles through the services, or ask somebody else to confirm them."""
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for line in formset.deleted_forms:
            if line.instance.pk:
                self._remove_role(request, form.instance, Role(line.instance.role))
        for line in formset.extra_forms:
            if line.has_changed() and not formset._should_delete_form(line):
                self._give_role(request, form.instance, Role(line.cleaned_data["role"]))

    def _give_role(self, request: Any, person: User, role: Role) -> None:
        try:
            give_role(person, role, actor=request.user)
        except NeedsConfirmation:
            say_asked(request, ask_for_role(person, role, actor=request.user))

    def _remove_role(self, request: Any, person: User, role: Role) -> None:
        try:
            remove_role(person, role, actor=request.user)
        except NeedsConfirmation:
            say_asked(request, ask_to_remove_role(person, role, actor=request.user))
