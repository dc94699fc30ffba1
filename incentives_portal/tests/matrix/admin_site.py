"""The lines of the admin site, which is the operator's incentives admins' alone, and the doors by which people come and go."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from . import HIDDEN, LED, OK, Door, Line
from .people import AUDITOR, EVERYBODY, NOBODY, OPERATOR_ADMIN

_VIEWS = ("changelist", "add", "change", "delete", "history")
_OBJECT = {"object_id": "pk"}


def _line(name: str, of: str = "", **given: Any) -> Line:
    """Everybody else is shut out, whatever there is behind the door."""
    return Line(name, of, shut_out=EVERYBODY - OPERATOR_ADMIN, **given)


def _model(name: str, of: str, forms: str = "", pages: str = "", leads: str = "") -> Iterable[Line]:
    """The addresses of a registered model (``app_model``): which are forms, pages to be read, or lead elsewhere; the others are closed."""
    for view in _VIEWS:
        yield _line(
            f"admin:{name}_{view}",
            "" if view in ("changelist", "add") else of,
            opens=OPERATOR_ADMIN if view in (*forms.split(), *pages.split()) else NOBODY,
            leads=OPERATOR_ADMIN if view in leads.split() else NOBODY,
            sees=OPERATOR_ADMIN,
            takes="FORM" if view in forms.split() else "GET",
            parts=_OBJECT,
        )
    # What was the address of the change page in old links.
    app, _underscore, model = name.partition("_")
    yield _line(f"admin/{app}/{model}/<path:object_id>/", of, leads=OPERATOR_ADMIN, parts=_OBJECT)


def _verbs(name: str, verbs: Mapping[tuple[str, str], str]) -> Iterable[Line]:
    for (of, verb), target in verbs.items():
        yield _line(name, of, opens=OPERATOR_ADMIN, takes="FORM", verb=verb, target=target)


_FORMS, _PAGES = "add change delete", "changelist history"

_CONFIGURATION = (
    *_model("accounts_organisation", "organisation", _FORMS, _PAGES),
    *_model("accounts_user", "person", "add change", _PAGES),
    *_model("people_roleassignment", "role", _FORMS, _PAGES),
    *_model("cases_reasoncode", "reason code", _FORMS, _PAGES),
    *_model("programs_activitytype", "activity type", _FORMS, _PAGES),
    *_model("programs_requirement", "requirement", _FORMS, _PAGES),
    *_model("programs_cap", "cap", _FORMS, _PAGES),
    *_model("programs_expensetype", "expense type", _FORMS, _PAGES),
    *_model("programs_calendar", "calendar", _FORMS, _PAGES),
    *_model("programs_program", "program", _FORMS, _PAGES),
    _line("admin:programs_program_prepare", "program", opens=OPERATOR_ADMIN, takes="FORM"),
    *_model("programs_market", "market", _FORMS, _PAGES),
    *_model("programs_usageperiod", "usage period", _FORMS, _PAGES),
    *_model("programs_exchangerate", "exchange rate", _FORMS, _PAGES),
    *_model("outbox_message", "message", "", "changelist change history"),
    # Of the libraries; there are no groups, and addresses of people are changed with the person.
    *_model("auth_group", "group"),
    *_model("account_emailaddress", "address"),
    *_model("mfa_authenticator", "second factor"),
)

_ENROLMENTS = (
    *_model("enrollments_enrolment", "invited enrolment", "add", "changelist change history"),
    *_verbs(
        "admin:enrollments_enrolment_verb",
        {
            ("invited enrolment", "validate"): "validating_enrollment",
            ("invited enrolment", "enrol"): "enrolled",
            ("invited enrolment", "require_action"): "action_required",
            ("invited enrolment", "suspend"): "inactive",
            ("invited enrolment", "declare_ineligible"): "ineligible",
            ("invited enrolment", "discontinue"): "discontinued",
            ("suspended enrolment", "reinstate"): "enrolled",
        },
    ),
)

_PLANS = (
    *_model("plans_plan", "submitted plan", "", "changelist change", leads="history"),
    _line("admin:plans_plan_change", "draft plan", parts=_OBJECT),
    _line("admin:plans_plan_change", "returned plan", opens=OPERATOR_ADMIN, parts=_OBJECT),
    _line("admin:plans_plan_comment", "submitted plan", leads=OPERATOR_ADMIN, takes="POST"),
    _line("admin:plans_plan_comment", "draft plan", takes="POST"),
    *_verbs(
        "admin:plans_plan_verb",
        {
            ("submitted plan", "start_review"): "under_review",
            ("plan under review", "approve"): "approved",
            ("plan under review", "request_action"): "action_required",
            ("plan under review", "reject"): "rejected",
            ("plan under review", "return_to_queue"): "submitted",
            ("plan of a colleague", "take_over"): "under_review",
        },
    ),
    _line(
        "admin:plans_plan_verb",
        "plan of a colleague",
        sees=OPERATOR_ADMIN,
        takes="FORM",
        verb="approve",
        target="approved",
    ),
)

_SITE = (
    _line("admin:index", opens=OPERATOR_ADMIN),
    _line("admin:app_list", "app", opens=OPERATOR_ADMIN),
    _line("admin:jsi18n", opens=OPERATOR_ADMIN),
    _line(
        "admin:autocomplete",
        opens=OPERATOR_ADMIN,
        query="app_label=programs&model_name=eligibleexpense&field_name=expense",
    ),
    _line("admin:view_on_site", "submitted plan", leads=OPERATOR_ADMIN, parts=_OBJECT),
    _line("admin:logout", leads=OPERATOR_ADMIN),
    _line("admin:password_change", leads=OPERATOR_ADMIN),
    _line("admin:password_change_done", opens=OPERATOR_ADMIN),
    _line("admin/(?P<url>.*)$", "nothing"),
)

_SYSTEM = (
    Line("monitoring:system", opens=OPERATOR_ADMIN | AUDITOR),
    Line("changes:list", opens=OPERATOR_ADMIN | AUDITOR),
    Line("changes:requests", opens=OPERATOR_ADMIN | AUDITOR),
    Line("changes:request", "change request", opens=OPERATOR_ADMIN | AUDITOR),
    Line("changes:confirm", "change request", leads=OPERATOR_ADMIN, sees=AUDITOR, takes="POST"),
    Line("changes:refuse", "change request", leads=OPERATOR_ADMIN, sees=AUDITOR, takes="POST"),
    _line("changes:erase", "person", leads=OPERATOR_ADMIN, takes="FORM"),
    _line("people:export", "person", leads=OPERATOR_ADMIN, takes="FORM"),
    Line("changes:withdraw", "request of their own", leads=OPERATOR_ADMIN, sees=AUDITOR, takes="POST"),
    _line(
        "monitoring:check_file_again",
        "submitted cloud claim",
        leads=OPERATOR_ADMIN,
        takes="POST",
        parts={"public_id": "version_id"},
    ),
    _line("monitoring:find_user", opens=OPERATOR_ADMIN),
    # The password is asked for once more.
    _line("monitoring:remove_second_factor", "person", leads=OPERATOR_ADMIN, takes="FORM"),
)

ADMIN_SITE = (*_SYSTEM, *_SITE, *_PLANS, *_ENROLMENTS, *_CONFIGURATION)

DOORS: tuple[Door, ...] = (
    Door("account_login", OK, LED),
    Door("account_logout", LED, OK),
    Door("account_inactive", OK, OK),
    Door("account_signup", OK, LED),
    Door("account_reauthenticate", LED, OK),
    # People are added with the address that is theirs; nobody changes it alone.
    Door("account_email", LED, HIDDEN),
    Door("account_email_verification_sent", OK, OK),
    Door("account_confirm_email", OK, OK, {"key": "no-such-key"}),
    Door("account_confirm_login_code", LED, LED),
    Door("account_change_password", LED, OK),
    Door("account_set_password", LED, LED),
    Door("account_reset_password", OK, OK),
    Door("account_reset_password_done", OK, OK),
    Door("account_reset_password_from_key", OK, OK, {"uidb36": "1", "key": "no-such-key"}),
    Door("account_reset_password_from_key_done", OK, OK),
    # The second step: what people have not set up is not there, and the password is asked for once more before anything changes.
    Door("mfa_index", LED, OK),
    Door("mfa_authenticate", LED, LED),
    Door("mfa_reauthenticate", LED, LED),
    Door("mfa_activate_totp", LED, LED),
    Door("mfa_deactivate_totp", LED, HIDDEN),
    Door("mfa_view_recovery_codes", LED, HIDDEN),
    Door("mfa_download_recovery_codes", LED, HIDDEN),
    Door("mfa_generate_recovery_codes", LED, LED),
    Door("mfa_list_webauthn", LED, OK),
    Door("mfa_add_webauthn", LED, LED),
    Door("mfa_edit_webauthn", LED, LED, {"pk": "1"}),
    Door("mfa_remove_webauthn", LED, LED, {"pk": "1"}),
    Door("mfa_reauthenticate_webauthn", LED, LED),
    Door("mfa_login_webauthn", LED, LED),
    Door("admin:login", LED, LED),
    Door("favicon", LED, LED),
    Door("livez", OK, OK),
    Door("healthz", OK, OK),
    Door("readyz", OK, OK),
    # Nothing is there without a token in the settings.
    Door("metrics", HIDDEN, HIDDEN),
)
if settings.EMBEDDED_DATABASE and settings.LOCAL_MAILBOX:
    DOORS += (Door("mailbox:list", OK, OK), Door("mailbox:mail", HIDDEN, HIDDEN, {"key": "no-such-key"}))
