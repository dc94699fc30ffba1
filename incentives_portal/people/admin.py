"""Incentives roles in the admin site."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from incentives_portal.accounts.models import User
from incentives_portal.accounts.second_factor import second_factor_again
from incentives_portal.screens.optimistic_lock import StaleCheckAdmin

from .models import IncentivesRole, RoleAssignment
from .services import assign_role, problem_of, remove_role


class PersonField(forms.EmailField):
    """A user, typed as e-mail address: a list of all users would be long."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(label=_("Email"), help_text=_("Email of the person who gets the role."), **kwargs)

    def clean(self, value: Any) -> User:
        user = User.objects.filter(email__iexact=super().clean(value), is_active=True).first()
        if user is None:
            raise forms.ValidationError(_("No active user has this email address."))
        return user


class RoleAssignmentForm(forms.ModelForm):
    """Reject a location of another organization, and people of the operator."""

    class Meta:
        model = RoleAssignment
        fields = ["user", "program", "location", "role"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "user" in self.fields:
            self.fields["user"] = PersonField()

    def clean(self) -> dict[str, Any]:
        super().clean()
        cleaned: dict[str, Any] = self.cleaned_data
        # User and location cannot be changed later; the form then has no fields for them.
        known = self.instance if self.instance.pk else None
        user = cleaned.get("user") or (known and known.user)
        location = cleaned.get("location") or (known and known.location)
        if user and (problem := problem_of(user, location)):
            field = "user" if user.is_operator else "location"
            self.add_error(field if field in self.fields else None, problem)
        return cleaned


@admin.register(RoleAssignment)
class RoleAssignmentAdmin(StaleCheckAdmin):
    """Edit who has which role, per program and location. Only the role of a saved assignment can be changed."""

    form = RoleAssignmentForm
    actions = None
    list_display = ["user", "organisation", "program", "location", "role"]
    list_filter = ["role", "program"]
    list_select_related = ["user__organisation", "program", "location"]
    search_fields = ["user__name", "user__email", "user__organisation__name", "location__name", "location__partner_id"]
    ordering = ["-pk"]

    @admin.display(description=_("organization"), ordering="user__organisation__name")
    def organisation(self, assignment: RoleAssignment) -> str:
        return assignment.user.organisation.name

    def get_readonly_fields(self, request: HttpRequest, obj: RoleAssignment | None = None) -> list[str]:
        return ["user", "program", "location"] if obj else []

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Ask for the second factor again before a role is given."""
        return second_factor_again(super().changeform_view)(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: RoleAssignment, form: Any, change: bool) -> None:
        role = IncentivesRole(obj.role)
        vars(obj).update(vars(assign_role(obj.user, obj.program, role, location=obj.location, actor=request.user)))

    def delete_model(self, request: HttpRequest, obj: RoleAssignment) -> None:
        remove_role(obj, actor=request.user)
