"""Views shared by the portal and the admin site: confirming a verb, and adding a comment."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.cases.models import Event
from incentives_portal.documents import form_uploads

from .comments import add_comment, may_comment, may_note
from .engine import latest_event
from .errors import Busy, Conflict, NotAllowed, RuleViolation
from .forms import CommentForm, VerbForm, show_refusal
from .models import CaseDetail
from .state_machine import StateMachine, Transition, is_open
from .typed_values import typed_values

Service = Callable[..., Any]


def post_comment(
    request: HttpRequest,
    detail: CaseDetail,
    form_class: type[CommentForm],
    page: Callable[[CommentForm], HttpResponse],
    *,
    done: str,
    url: str,
) -> HttpResponse:
    """Add the posted comment to the history of the case and redirect to it at ``url``.

    ``done`` is the success message. ``page`` renders the form with its errors. Raises PermissionDenied before any
    file is stored.
    """
    user, internal = cast(User, request.user), form_class.is_internal
    if not (may_note if internal else may_comment)(user, detail):
        raise PermissionDenied
    form = form_class(request.POST, request.FILES, actor=user)
    form_uploads.receive(form)
    if not form.is_valid():
        return page(form)
    comment, files = form.cleaned_data["comment"], form.cleaned_data.get("files", [])
    try:
        add_comment(detail, actor=user, comment=comment, internal=internal, versions=files)
    except (RuleViolation, Busy) as error:
        show_refusal(form, error)
        return page(form)
    messages.success(request, done)
    if waiting := form_uploads.notice(files, user):
        messages.info(request, waiting)
    return redirect(f"{url}#history")


def conflict_page(
    request: HttpRequest,
    detail: CaseDetail,
    latest: Event | None,
    form: forms.Form | None = None,
    *,
    template_name: str = "cases/conflict.html",
    **more: Any,
) -> HttpResponse:
    """Tell the user that somebody else was faster, with status 409.

    The page shows the current status, the ``latest`` change, and the typed values of ``form``, to be copied.
    """
    context = {
        "detail": detail,
        "status": detail.state,
        "latest": latest,
        "kept": list(typed_values(form)) if form is not None else [],
    }
    return render(request, template_name, context | more, status=409)


class VerbView(View):
    """GET shows the confirmation of a verb, POST performs it.

    Apps say how to fetch the case, which service performs which verb, and where to go afterwards. Users who may not
    see the case get 404 from ``get_case``, those without the permission 403. A conflict returns 409 with who was
    faster, the current status and the typed values, also when the case was taken over meanwhile. A rule violation
    returns 422 with the form.
    """

    state_machine: ClassVar[StateMachine]
    services: ClassVar[Mapping[str, Service]]
    #: Forms of the verbs that ask for more than a reason and a comment.
    forms: ClassVar[Mapping[str, type[VerbForm]]] = {}
    template_name = "cases/verb.html"
    conflict_template_name = "cases/conflict.html"

    def get_case(self) -> CaseDetail:
        """Return the case, fetched through ``visible_to``; raises Http404."""
        raise Http404

    def get_form(self, transition: Transition, detail: CaseDetail, data: Any = None) -> VerbForm:
        return self.forms.get(transition.verb, VerbForm)(detail, transition, data)

    def done(self, detail: CaseDetail, transition: Transition) -> HttpResponse:
        """Return the redirect after the verb was performed."""
        return redirect(detail.get_absolute_url())

    def page_context(self, detail: CaseDetail, transition: Transition) -> dict[str, Any]:
        """Return what the app's template needs besides form, case and transition."""
        return {}

    def frame_context(self) -> dict[str, Any]:
        """Return what the base template needs, also around the conflict page (the admin site's menu)."""
        return {}

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        detail, transition = self._case_and_transition()
        if isinstance(transition, HttpResponse):
            return transition
        return self._page(detail, transition, self.get_form(transition, detail))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        detail, transition = self._case_and_transition()
        if isinstance(transition, HttpResponse):
            return transition
        form = self.get_form(transition, detail, request.POST)
        if not form.is_valid():
            return self._page(detail, transition, form, status=422)
        try:
            self.services[transition.verb](detail, actor=request.user, **form.act())
        except Conflict as error:
            return self._conflict(error.detail, error.latest)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error
        except (RuleViolation, Busy) as error:
            show_refusal(form, error)
            return self._page(detail, transition, form, status=422)
        messages.success(request, self.success_message(detail, transition))
        return self.done(detail, transition)

    def success_message(self, detail: CaseDetail, transition: Transition) -> str:
        if transition.source == transition.target:
            return _("%(reference)s: done.") % {"reference": detail.case.reference}
        status = self.state_machine.status(transition.target).label
        return _("%(reference)s: now %(status)s.") % {"reference": detail.case.reference, "status": status}

    def _case_and_transition(self) -> tuple[CaseDetail, Transition | HttpResponse]:
        detail, verb, user = self.get_case(), self.kwargs["verb"], cast(User, self.request.user)
        if verb not in self.services:
            raise Http404
        transition = self.state_machine.find(detail, verb)
        if transition is None:
            if not may(user, self.state_machine.capability_of(verb), detail.scope):
                raise PermissionDenied
            return detail, self._conflict(detail, latest_event(detail.case))
        if not is_open(transition, detail, user):
            why = transition.refusal(detail, user) if transition.refusal else None
            if why and may(user, transition.capability, detail.scope) and self._saw_another_version(detail):
                return detail, self._conflict(detail, latest_event(detail.case))
            raise PermissionDenied(str(why or ""))
        return detail, transition

    def _saw_another_version(self, detail: CaseDetail) -> bool:
        """Whether the form was posted for another version of the case."""
        version = self.request.POST.get("expected_version", "")
        return version.isdecimal() and int(version) != detail.version

    def _page(self, detail: CaseDetail, transition: Transition, form: VerbForm, status: int = 200) -> HttpResponse:
        context = {"detail": detail, "transition": transition, "form": form, "view": self} | self.frame_context()
        context |= self.page_context(detail, transition)
        return render(self.request, self.template_name, context, status=status)

    def _conflict(self, detail: CaseDetail, latest: Event | None) -> HttpResponse:
        events = {
            transition.event for transition in self.state_machine.transitions if transition.verb == self.kwargs["verb"]
        }
        return conflict_page(
            self.request,
            detail,
            latest,
            self._posted_form(detail),
            template_name=self.conflict_template_name,
            repeated=latest is not None and latest.code in events,
            view=self,
            **self.frame_context(),
        )

    def _posted_form(self, detail: CaseDetail) -> VerbForm | None:
        """Return the form with what was typed, also if the verb is no longer possible."""
        if self.request.method != "POST":
            return None
        transition = next(
            transition for transition in self.state_machine.transitions if transition.verb == self.kwargs["verb"]
        )
        return self.get_form(transition, detail, self.request.POST)
