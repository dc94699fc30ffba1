"""The base of pages that edit one part of a proof: form, version check, conflict page, and return link."""

from typing import Any, ClassVar
from urllib.parse import urldefrag

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.functional import Promise, cached_property
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View

from incentives_portal.accounts.capabilities import may
from incentives_portal.cases.engine import latest_event
from incentives_portal.cases.errors import Conflict, InvalidTransition
from incentives_portal.cases.forms import refusals_in
from incentives_portal.documents import form_uploads

from .. import rules
from ..models import Proof
from .fetching import part_or_404, proof_or_404


class PartView(View):
    """A form that edits a proof. Subclasses say which form it is, what saves it and where it is on the page.

    Users who may not see the proof get 404, those without the permission 403. A conflict returns 409 with the form
    as it was typed, who was faster, and the current version, so that it can be checked and saved; invalid values
    return 422 with the form.
    """

    template_name = "proofs/part.html"
    heading: str | Promise
    #: The anchor on the page to return to.
    place: ClassVar[str]
    #: The capability to open the page, whatever the state of the proof; by default the one to write it.
    capability: ClassVar[str] = ""
    #: The model of the part that an address names.
    model: ClassVar[type[Model]]
    proof: Proof
    part: Any = None

    def load(self) -> None:
        """Fetch the part that the form is about, if it is there already; raises Http404."""
        if "part_id" in self.kwargs:
            self.part = part_or_404(self.model, self.proof, self.kwargs["part_id"])

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        """Return the forms of the page by their names in the template: ``form``, ``lines``."""
        raise NotImplementedError

    def is_valid(self, page_forms: dict[str, Any]) -> bool:
        """Validate all forms, so that all errors are shown at once."""
        return not [form for form in page_forms.values() if not form.is_valid()]

    def save(self, page_forms: dict[str, Any], expected_version: int | None) -> str:
        """Call the service and return the success message."""
        raise NotImplementedError

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        self.proof = proof_or_404(request, kwargs["public_id"])
        if not may(request.user, self.capability or rules.write_capability(self.proof), self.proof.scope):
            raise PermissionDenied
        self.seen = self.proof.version
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        if not self.proof.is_editable:
            return self.locked()
        self.load()
        return self.page(self.forms())

    def post(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        try:
            self.load()
        except Http404:
            if _number(request.POST.get("expected_version")) == self.proof.version:
                raise
            return self.gone()
        page_forms = self.forms(request.POST, request.FILES)
        form_uploads.receive(*page_forms.values())
        if self.wants_more(page_forms):
            return self.page(page_forms)
        try:
            with refusals_in(page_forms["form"]):
                if self.is_valid(page_forms):
                    done = self.save(page_forms, _number(request.POST.get("expected_version")))
                    return self._saved(page_forms, done)
        except Conflict as error:
            return self.conflict(page_forms, error)
        return self.page(page_forms, status=422)

    def _saved(self, page_forms: dict[str, Any], done: str) -> HttpResponse:
        messages.success(self.request, done)
        if waiting := form_uploads.notice(form_uploads.versions_of(*page_forms.values()), self.request.user):
            messages.info(self.request, waiting)
        return HttpResponseRedirect(f"{self.back}#{self.place}")

    def wants_more(self, page_forms: dict[str, Any]) -> bool:
        """Whether the user only asked for more lines.

        Typed values and files are kept, and no errors are shown yet.
        """
        if "more" not in self.request.POST or "lines" not in page_forms:
            return False
        form, lines = page_forms["form"], page_forms["lines"]
        for errors in (form.errors, *lines.errors, lines.non_form_errors()):
            errors.clear()
        return True

    def conflict(self, page_forms: dict[str, Any], error: Conflict) -> HttpResponse:
        """Show the form again with everything typed.

        It can be saved again, unless the proof or the part cannot be edited any more.
        """
        self.seen = error.detail.version
        closed = isinstance(error, InvalidTransition)
        try:
            self.load()
        except Http404:
            closed = True
        return self.page(page_forms, status=409, conflict=True, closed=closed, latest=error.latest)

    def gone(self) -> HttpResponse:
        """Show what was typed, to be copied, after somebody else removed the part."""
        page_forms = self.forms(self.request.POST, self.request.FILES)
        form_uploads.receive(*page_forms.values())
        self.is_valid(page_forms)
        return self.page(page_forms, status=409, conflict=True, closed=True, latest=latest_event(self.proof.case))

    def locked(self) -> HttpResponse:
        """Show that the proof cannot be edited: it is with the operator, or the part was removed."""
        context = {"proof": self.proof, "latest": latest_event(self.proof.case), "back": self.back}
        return render(self.request, "proofs/locked.html", context, status=409)

    def page(self, page_forms: dict[str, Any], status: int = 200, **more: Any) -> HttpResponse:
        context = {
            "proof": self.proof,
            "heading": self.heading,
            "expected_version": self.seen,
            "back": self.back,
            "lines": None,
        }
        return render(self.request, self.template_name, context | page_forms | more, status=status)

    @cached_property
    def back(self) -> str:
        """The page that the user came from if it is in this portal, else the page of the proof."""
        wanted = self.request.POST.get("next") or self.request.GET.get("next") or ""
        return local_path(wanted) or self.proof.get_absolute_url()


class RemoveView(PartView):
    """Asks for confirmation before a part is removed."""

    template_name = "proofs/remove.html"

    def forms(self, data: Any = None, files: Any = None) -> dict[str, Any]:
        return {"form": forms.Form(data)}

    def gone(self) -> HttpResponse:
        return self.locked()


def local_path(url: str) -> str:
    """Return a path of this portal without its fragment; empty for any other URL (fault A-12)."""
    plain = urldefrag(url).url
    is_local = plain.startswith("/") and plain.isprintable() and url_has_allowed_host_and_scheme(plain, None)
    return plain if is_local else ""


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdecimal() and len(text) < 10 else None
