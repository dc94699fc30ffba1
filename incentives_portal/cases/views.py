"""Views shared by the portal and the admin site: confirming a verb, and adding a comment."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, ClassVar, cast

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.choices import flatten_choices
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views import View

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.cases.models import Event
from incentives_portal.documents import form_uploads

from .comments import add_comment, may_comment, may_note
from .engine import latest_event
from .errors import Conflict, InvalidTransition
from .forms import CommentForm, VerbForm, refusals_in
from .models import CaseDetail
from .rules import needs_second_approval
from .state_machine import StateMachine, Transition, is_open

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
    if form.is_valid():
        comment, files = form.cleaned_data["comment"], form.cleaned_data.get("files", [])
        with refusals_in(form):
            add_comment(detail, actor=user, comment=comment, internal=internal, versions=files)
            messages.success(request, done)
            if waiting := form_uploads.notice(files, user):
                messages.info(request, waiting)
            return redirect(f"{url}#history")
    return page(form)


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
        "kept": list(_typed_values(form, request.POST)) if form is not None else [],
    }
    return render(request, template_name, context | more, status=409)


def _typed_values(form: forms.Form, data: QueryDict) -> Iterator[tuple[str, str]]:
    """Yield what was typed into the visible fields, as (label, text): for a choice its label."""
    for field in form.visible_fields():
        if typed := [text for text in data.getlist(field.html_name) if text]:
            choices: Iterable[Any] = flatten_choices(getattr(field.field, "choices", ()))
            labels = {str(value): str(label) for value, label in choices}
            yield str(field.label), ", ".join(labels.get(text, text) for text in typed)


class VerbView(View):
    """GET shows the confirmation of a verb, POST performs it.

    Apps say which case it is, which service performs which verb, and where to go afterwards. Users who may not see
    the case get 404 from ``detail``, those without the permission 403. A conflict returns 409 with who was faster,
    the current status and the typed values, also when the case was taken over meanwhile. A rule violation returns
    422 with the form.
    """

    state_machine: ClassVar[StateMachine]
    services: ClassVar[Mapping[str, Service]]
    #: Forms of the verbs that ask for more than a reason and a comment.
    forms: ClassVar[Mapping[str, type[VerbForm]]] = {}
    template_name = "cases/verb.html"
    conflict_template_name = "cases/conflict.html"

    @cached_property
    def detail(self) -> CaseDetail:
        """The case, fetched through ``visible_to``; raises Http404."""
        raise Http404

    def done(self) -> HttpResponse:
        """Return the redirect after the verb was performed."""
        return redirect(self.detail.get_absolute_url())

    def page_context(self, form: VerbForm) -> dict[str, Any]:
        """Return what the app's template needs besides form, case and transition."""
        return {}

    def frame_context(self) -> dict[str, Any]:
        """Return what the base template needs, also around the conflict page (the admin site's menu)."""
        return {}

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().dispatch(request, *args, **kwargs)
        except Conflict as error:
            return self._conflict(error.detail, error.latest)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return self.page(self.form_for(self.transition))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        form = self.form_for(self.transition, request.POST)
        if form.is_valid():
            self._confirm_identity(form)
            with refusals_in(form):
                event = self.services[self.transition.verb](self.detail, actor=request.user, **form.act())
                messages.success(request, self.success_message(event))
                return self.done()
        return self.page(form, status=422)

    def _confirm_identity(self, form: VerbForm) -> None:
        """Have the user sign in again before approving more than one person may, unless that was minutes ago.

        Raises ReauthenticationRequired: allauth asks for it and then sends what was typed again.
        """
        if needs_second_approval(self.detail, form.cleaned_data.get("approved_amount")):
            reauthentication_required(lambda _request: None)(self.request)

    def form_for(self, transition: Transition, data: Any = None) -> VerbForm:
        return self.forms.get(transition.verb, VerbForm)(
            self.detail, transition, data, user=cast(User, self.request.user)
        )

    def success_message(self, event: Event) -> str:
        """Say what the case is now; the status of a case that awaits a second person stays."""
        reference, transition = self.detail.case.reference, self.transition
        if transition.first and event.code == transition.first.event:
            return _("%(reference)s: your approval is recorded. Another person must approve it, too.") % {
                "reference": reference
            }
        if transition.source == transition.target:
            return _("%(reference)s: done.") % {"reference": reference}
        status = self.state_machine.status(transition.target).label
        return _("%(reference)s: now %(status)s.") % {"reference": reference, "status": status}

    @cached_property
    def transition(self) -> Transition:
        """The transition of the verb, if the user may perform it now.

        Raises Http404 for a verb of another page, PermissionDenied, and InvalidTransition also if the case was taken
        over since the form was made.
        """
        detail, verb, user = self.detail, self.kwargs["verb"], cast(User, self.request.user)
        if verb not in self.services:
            raise Http404
        transition = self.state_machine.find(detail, verb)
        if transition is None:
            if not may(user, self.state_machine.capability_of(verb), detail.scope):
                raise PermissionDenied
            raise InvalidTransition(detail, latest_event(detail.case))
        if not is_open(transition, detail, user):
            why = transition.refusal(detail, user) if transition.refusal else None
            if why and may(user, transition.capability, detail.scope) and self._saw_another_version():
                raise InvalidTransition(detail, latest_event(detail.case))
            raise PermissionDenied(str(why or ""))
        return transition

    def _saw_another_version(self) -> bool:
        """Whether the form was posted for another version of the case."""
        version = self.request.POST.get("expected_version", "")
        return version.isdecimal() and int(version) != self.detail.version

    def page(self, form: VerbForm, status: int = 200) -> HttpResponse:
        context = {"detail": self.detail, "transition": self.transition, "form": form, "view": self}
        context |= self.frame_context() | self.page_context(form)
        return render(self.request, self.template_name, context, status=status)

    def _conflict(self, detail: CaseDetail, latest: Event | None) -> HttpResponse:
        """Show the conflict with what was typed, also if the verb is no longer possible."""
        ways = [each for each in self.state_machine.transitions if each.verb == self.kwargs["verb"]]
        return conflict_page(
            self.request,
            detail,
            latest,
            self.form_for(ways[0], self.request.POST) if self.request.method == "POST" else None,
            template_name=self.conflict_template_name,
            repeated=latest is not None and latest.code in {each.event for each in ways},
            view=self,
            **self.frame_context(),
        )
