import re
from datetime import timedelta

import pytest
import time_machine
from django import forms
from django.core import signing
from django.utils.datastructures import MultiValueDict

from incentives_portal.documents import form_uploads, quotas, services, upload_tokens
from incentives_portal.documents.fields import MultipleUploadField, UploadField
from incentives_portal.documents.models import Document, DocumentVersion

from . import samples


class PapersForm(forms.Form):
    title = forms.CharField()
    papers = MultipleUploadField(help_text="What proves it.")

    def __init__(self, *args, actor, organisation, **options):
        super().__init__(*args, **options)
        self.fields["papers"].bind(actor=actor, organisation=organisation)
        form_uploads.receive(self)  # what a view does


class InvoiceForm(forms.Form):
    paper = UploadField(required=False)

    def __init__(self, *args, actor, organisation, **options):
        super().__init__(*args, **options)
        self.fields["paper"].bind(actor=actor, organisation=organisation)
        form_uploads.receive(self)


def sent(**values: list[str]) -> MultiValueDict:
    return MultiValueDict(values)


def csv(name: str):
    return samples.upload(name, samples.CSV)


def names_of(versions: list[DocumentVersion]) -> list[str]:
    return [version.original_name for version in versions]


def tokens_in(page: str) -> list[str]:
    return re.findall(r'name="papers-kept" value="([^"]+)"', page)


@pytest.fixture
def who(actor, organisation):
    return {"actor": actor, "organisation": organisation}


def test_valid_form_gives_stored_versions_in_order(who):
    form = PapersForm(sent(title=["x"]), sent(papers=[csv("a.csv"), csv("b.csv")]), **who)

    assert form.is_valid()
    assert names_of(form.cleaned_data["papers"]) == ["a.csv", "b.csv"]
    assert {version.document.organisation for version in DocumentVersion.objects.all()} == {who["organisation"]}


def test_refused_files_are_named_at_the_field_and_good_ones_are_kept(who):
    files = [samples.upload("<b>.svg", b"<svg/>"), csv("good.csv"), samples.upload("b.pdf", b"")]
    form = PapersForm(sent(title=["x"]), sent(papers=files), **who)

    assert [message.split(".")[:2] for message in form.errors["papers"]] == [
        ["“<b>", "svg” was not stored"],
        ["“b", "pdf” was not stored"],
    ]
    assert str(form.errors["papers"]).count("Accepted: PDF, JPEG") == 1
    page = str(form["papers"])
    assert re.findall(r'<div class="name">(.+?)</div>', page) == ["good.csv"]
    assert len(tokens_in(page)) == 1


def test_form_that_fails_elsewhere_keeps_its_files_for_the_next_try(who):
    failed = PapersForm(sent(), sent(papers=[csv("a.csv"), csv("b.csv")]), **who)
    assert failed.errors == {"title": ["Title: fill in this field."]}

    kept = tokens_in(str(failed["papers"]))
    again = PapersForm(sent(title=["x"], **{"papers-kept": kept}), sent(papers=[csv("c.csv")]), **who)

    assert again.is_valid()
    assert names_of(again.cleaned_data["papers"]) == ["a.csv", "b.csv", "c.csv"]
    assert Document.objects.count() == 3


def test_file_that_is_not_kept_any_more_is_left_out(who):
    failed = PapersForm(sent(), sent(papers=[csv("a.csv"), csv("b.csv")]), **who)
    kept = tokens_in(str(failed["papers"]))

    again = PapersForm(sent(title=["x"], **{"papers-kept": kept[1:]}), sent(), **who)

    assert names_of(again.fields["papers"].clean(again["papers"].data)) == ["b.csv"]


@pytest.mark.parametrize("limit", ["number", "size"])
def test_u04_files_sent_before_the_form_count_with_the_new_ones(who, settings, limit):
    names = ["a.csv", "b.csv", "c.csv", "d.csv"]
    tokens = [upload_tokens.token_for(services.store(csv(name), **who), **who) for name in names]
    if limit == "number":
        settings.UPLOAD_MAX_FILES = 3
    else:
        settings.UPLOAD_MAX_TOTAL_BYTES = 3 * len(samples.CSV)
    because = {"number": "Too many files were sent at once.", "size": "Together, the files are too large."}[limit]

    form = PapersForm(sent(title=["x"], **{"papers-kept": tokens}), sent(papers=[csv("e.csv")]), **who)
    said = [f"“{name}” was not stored. {because} Send this file separately." for name in ("d.csv", "e.csv")]
    assert [message.partition(" Accepted")[0] for message in form.errors["papers"]] == said
    assert DocumentVersion.objects.count() == 4

    kept = tokens_in(str(form["papers"]))
    again = PapersForm(sent(title=["x"], **{"papers-kept": kept}), sent(), **who)
    assert again.is_valid()
    assert names_of(again.cleaned_data["papers"]) == ["a.csv", "b.csv", "c.csv"]


def test_nothing_sent_is_an_error_of_a_required_field_only(who):
    assert PapersForm(sent(title=["x"]), sent(), **who).errors == {"papers": ["Choose a file."]}
    form = InvoiceForm(sent(), sent(), **who)
    assert form.is_valid()
    assert form.cleaned_data == {"paper": None}


def test_single_field_takes_the_new_file_instead_of_the_kept_one(who):
    first = InvoiceForm(sent(), sent(paper=[csv("a.csv")]), **who)
    assert first.is_valid()
    token = upload_tokens.token_for(first.cleaned_data["paper"], **who)

    kept = InvoiceForm(sent(**{"paper-kept": [token]}), sent(), **who)
    replaced = InvoiceForm(sent(**{"paper-kept": [token]}), sent(paper=[csv("b.csv")]), **who)

    assert kept.is_valid()
    assert replaced.is_valid()
    assert kept.cleaned_data["paper"] == first.cleaned_data["paper"]
    assert replaced.cleaned_data["paper"].original_name == "b.csv"


def test_form_has_changed_only_when_something_was_sent(who):
    assert InvoiceForm(sent(), sent(), **who).has_changed() is False
    assert InvoiceForm(sent(), sent(paper=[csv("a.csv")]), **who).has_changed() is True


def test_forms_of_one_class_do_not_share_their_files(who):
    PapersForm(sent(), sent(papers=[csv("a.csv")]), **who).is_valid()

    assert tokens_in(str(PapersForm(**who)["papers"])) == []


def test_unbound_field_says_what_is_missing():
    class Forgetful(forms.Form):
        paper = UploadField()

    with pytest.raises(RuntimeError, match="receive"):
        Forgetful(sent(), sent()).is_valid()
    with pytest.raises(RuntimeError, match="bind"):
        form_uploads.receive(Forgetful(sent(), sent()))


@pytest.fixture
def version(who):
    return services.store(csv("a.csv"), **who)


def test_token_brings_back_the_file(version, who):
    assert upload_tokens.versions_for([upload_tokens.token_for(version, **who)], **who) == [version]


def test_token_of_a_colleague_another_organisation_or_a_forger_brings_nothing(
    version, who, colleague, other_organisation
):
    token = upload_tokens.token_for(version, **who)
    stolen = upload_tokens.token_for(version, actor=colleague, organisation=who["organisation"])
    forged = signing.dumps([str(version.public_id), who["actor"].pk, who["organisation"].pk], salt="another")

    assert upload_tokens.versions_for([token], actor=colleague, organisation=who["organisation"]) == []
    assert upload_tokens.versions_for([token], actor=who["actor"], organisation=other_organisation) == []
    assert upload_tokens.versions_for([stolen], actor=colleague, organisation=who["organisation"]) == []
    assert upload_tokens.versions_for([forged, "x", ""], **who) == []


def test_token_of_a_removed_file_and_an_old_token_bring_nothing_and_the_form_says_so(version, who):
    token = upload_tokens.token_for(version, **who)
    with time_machine.travel(quotas.kept() + timedelta(seconds=2)):
        assert upload_tokens.versions_for([token], **who) == []
    services.remove(version.document, who["actor"])

    form = PapersForm(sent(title=["x"], **{"papers-kept": [token]}), sent(), **who)

    assert form.errors == {"papers": ["A file that you added earlier is no longer available. Choose it again."]}


def test_control_states_the_limits_and_is_described_by_them(who, settings):
    settings.UPLOAD_MAX_BYTES, settings.UPLOAD_MAX_FILES = 5 * 1024 * 1024, 7
    page = str(PapersForm(**who)["papers"])

    assert re.search(r'id="id_papers_limits">(.*?)<', page).group(1) == (
        "PDF, JPEG, PNG, WebP, HEIC, XLSX, DOCX, XML or CSV · up to 5 MB each, 7 files and 100 MB at once"
    )
    control = re.search(r'<input type="file"[^>]*>', page).group(0)
    assert control == (
        '<input type="file" name="papers" class="form-control" accept="'
        '.pdf,.jpg,.jpeg,.jpe,.jfif,.png,.webp,.heic,.heif,.xlsx,.docx,.xml,.csv" multiple'
        ' required aria-describedby="id_papers_helptext id_papers_limits" id="id_papers">'
    )
    assert PapersForm(**who).is_multipart() is True


def test_u08_kept_file_can_be_dropped_by_a_labelled_box_and_the_control_is_no_longer_required(who):
    form = PapersForm(sent(), sent(papers=[samples.upload("a <i>.csv", samples.CSV)]), **who)
    form.is_valid()

    page = str(form["papers"])

    assert (
        '<label class="form-check-label" for="id_papers_kept_1">Keep<span class="visually-hidden"> a &lt;i&gt;.csv</span></label>'
        in page
    )
    assert " required" not in page
    assert "stored and checked" in page
