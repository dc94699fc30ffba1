"""The page of a verb: what will happen, what it asks, and what to say to who comes second. Portal and admin site share it."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views import View

from incentives_portal.accounts.capabilities import may
from incentives_portal.accounts.models import User
from incentives_portal.history.models import Event

from .engine import latest_event
from .errors import Busy, NotAllowed, Overtaken, Refused
from .forms import VerbForm, show_refusal
from .kept import kept_words
from .machine import Case, Machine, Transition, is_open

Service = Callable[..., Any]


class VerbView(View):
    """GET shows the confirmation of a verb, POST does it. Rooms say how to fetch the case, which service does which verb, where to go.

    Strangers get 404 by ``get_case``; insiders without the right 403; who comes second gets 409 with who was faster and what it is now,
    and finds the typed words there, also where the case was taken over meanwhile; what a rule forbids comes back as 422 at the form.
    """

    machine: ClassVar[Machine]
    services: ClassVar[Mapping[str, Service]]
    template_name = "workflow/verb.html"
    overtaken_template_name = "workflow/overtaken.html"

    def get_case(self) -> Case:
        """The case, fetched through ``visible_to``; raises Http404."""
        raise Http404

    def get_form(self, arrow: Transition, case: Case, data: Any = None) -> VerbForm:
        return VerbForm(self.machine, arrow, data, initial={"seen": case.version})

    def done(self, case: Case, arrow: Transition) -> HttpResponse:
        """Where to go when the verb is done."""
        return redirect(case.get_absolute_url())  # type: ignore[attr-defined]

    def page_context(self, case: Case, arrow: Transition) -> dict[str, Any]:
        """What the room's template wants besides form, case and arrow."""
        return {}

    def frame_context(self) -> dict[str, Any]:
        """What the frame around the page needs, also around the page for who came second (the admin site's menu)."""
        return {}

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        case, arrow = self._case_and_arrow()
        if isinstance(arrow, HttpResponse):
            return arrow
        return self._page(case, arrow, self.get_form(arrow, case))

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        case, arrow = self._case_and_arrow()
        if isinstance(arrow, HttpResponse):
            return arrow
        form = self.get_form(arrow, case, request.POST)
        if not form.is_valid():
            return self._page(case, arrow, form, status=422)
        try:
            self.services[arrow.verb](case, actor=request.user, **form.act())
        except Overtaken as error:
            return self._overtaken(error.case, error.latest)
        except NotAllowed as error:
            raise PermissionDenied(str(error)) from error
        except (Refused, Busy) as error:
            show_refusal(form, error)
            return self._page(case, arrow, form, status=422)
        messages.success(request, self.success_message(case, arrow))
        return self.done(case, arrow)

    def success_message(self, case: Case, arrow: Transition) -> str:
        if arrow.source == arrow.target:
            return _("%(reference)s: done.") % {"reference": case.thread.reference}
        status = self.machine.status(arrow.target).label
        return _("%(reference)s: now %(status)s.") % {"reference": case.thread.reference, "status": status}

    def _case_and_arrow(self) -> tuple[Case, Transition | HttpResponse]:
        case, verb, user = self.get_case(), self.kwargs["verb"], cast(User, self.request.user)
        if not self.machine.knows(verb) or verb not in self.services:
            raise Http404
        arrow = self.machine.find(case, verb)
        if arrow is None:
            if not may(user, self.machine.capability_of(verb), case.scope):
                raise PermissionDenied
            return case, self._overtaken(case, latest_event(case.thread))
        if not is_open(arrow, case, user):
            why = arrow.refusal(case, user) if arrow.refusal else None
            if why and may(user, arrow.capability, case.scope) and self._saw_another_version(case):
                return case, self._overtaken(case, latest_event(case.thread))
            raise PermissionDenied(str(why or ""))
        return case, arrow

    def _saw_another_version(self, case: Case) -> bool:
        """Whether something was posted about an earlier version of the case."""
        seen = self.request.POST.get("seen", "")
        return seen.isdecimal() and int(seen) != case.version

    def _page(self, case: Case, arrow: Transition, form: VerbForm, status: int = 200) -> HttpResponse:
        context = {"case": case, "arrow": arrow, "form": form, "view": self} | self.frame_context()
        context |= self.page_context(case, arrow)
        return render(self.request, self.template_name, context, status=status)

    def _overtaken(self, case: Case, latest: Event | None) -> HttpResponse:
        events = {arrow.event for arrow in self.machine.transitions if arrow.verb == self.kwargs["verb"]}
        context = {
            "case": case,
            "status": self.machine.status(case.status),
            "latest": latest,
            "repeated": latest is not None and latest.code in events,
            "kept": self._kept(case),
            "view": self,
        } | self.frame_context()
        return render(self.request, self.overtaken_template_name, context, status=409)

    def _kept(self, case: Case) -> list[tuple[str, str]]:
        """What was typed, as (label, words), also where the verb is not possible any more."""
        if self.request.method != "POST":
            return []
        arrow = next(arrow for arrow in self.machine.transitions if arrow.verb == self.kwargs["verb"])
        return list(kept_words(self.get_form(arrow, case, self.request.POST)))
