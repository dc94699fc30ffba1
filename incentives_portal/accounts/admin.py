from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.db import models
from django.utils.translation import gettext_lazy as _

from incentives_portal.screens.inlines import FewLines
from incentives_portal.screens.json_boxes import Decoder
from incentives_portal.screens.seen import SeenAdmin

from .capabilities import OPERATOR_ROLES, PARTNER_WIDE_ROLES, Role
from .forms import ProfileForm, time_zone_choices
from .invitations import invite
from .models import Location, Organisation, OrganisationRole, User
from .services import keep_columns


class LocationInline(FewLines, admin.TabularInline):
    model = Location
    extra = 0


@admin.register(Organisation)
class OrganisationAdmin(SeenAdmin):
    list_display = ["name", "kind"]
    list_filter = ["kind"]
    search_fields = ["name", "locations__partner_id", "locations__name"]
    inlines = [LocationInline]
    formfield_overrides = {models.JSONField: {"decoder": Decoder}}


class OrganisationRoleForm(forms.ModelForm):
    """Refuses a role of the other side."""

    class Meta:
        model = OrganisationRole
        fields = ["user", "role"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        user, role = cleaned.get("user"), cleaned.get("role")
        if user and role and Role(role) not in (OPERATOR_ROLES if user.is_operator else PARTNER_WIDE_ROLES):
            self.add_error("role", _("This role belongs to the other side."))
        return cleaned


class OrganisationRoleInline(FewLines, admin.TabularInline):
    model = OrganisationRole
    form = OrganisationRoleForm
    extra = 0


class PersonForm(forms.ModelForm):
    """A person without the password: that is set through the reset mail and never seen by an admin."""

    class Meta:
        model = User
        fields = ["organisation", "email", "name", "language", "time_zone", "is_active"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"),
            choices=settings.LANGUAGES,
            initial=settings.LANGUAGE_CODE,
            help_text=ProfileForm.base_fields["language"].help_text,
        )
        self.fields["time_zone"] = forms.ChoiceField(label=_("Time zone"), choices=time_zone_choices(), initial="UTC")

    def save(self, commit: bool = True) -> User:
        if not self.instance.pk:
            self.instance.set_unusable_password()
        return super().save(commit)


@admin.register(User)
class UserAdmin(SeenAdmin):
    """People are switched off, never deleted: their deeds stay in the history."""

    form = PersonForm
    list_display = ["name", "email", "organisation", "is_active"]
    list_filter = ["is_active", "organisation__kind"]
    list_select_related = ["organisation"]
    search_fields = ["name", "email", "organisation__name"]
    inlines = [OrganisationRoleInline]

    def has_delete_permission(self, request: Any, obj: User | None = None) -> bool:
        return False

    def save_model(self, request: Any, obj: User, form: Any, change: bool) -> None:
        """Write what stands on the page only, as who chooses a new password at the same moment keeps it; a new person is invited."""
        if change:
            keep_columns(obj, *form._meta.fields)
        else:
            super().save_model(request, obj, form, change)
        if obj.is_active and (not change or "is_active" in form.changed_data) and not obj.has_usable_password():
            invite(obj)
            messages.info(request, _("%(email)s gets a mail with a link to choose a password.") % {"email": obj.email})
