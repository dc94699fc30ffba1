"""Comments with documents on a claim, who may fetch their files, and internal notes, which partners never see."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.urls import reverse

from claims import services
from incentives_portal import clock
from incentives_portal.documents.models import VersionCheck
from incentives_portal.documents.tests.samples import pdf, upload
from incentives_portal.documents.tests.workers import check_version
from proofs.tests import builders as proofs

from . import builders
from .builders import decide, fresh
from .test_pages import PARTNERS_OF_NORDLICHT, text_of, url


def test_comment_with_documents_is_read_by_both_sides(world, signed_in):
    claim = builders.approved_claim(world)
    browser = signed_in(world.tobias)
    file = upload("list.pdf", pdf())

    answer = browser.post(url("comment", claim), {"comment": "The list, as asked.", "files": [file]})

    version = claim.case.events.latest("id").remarks.get().version
    assert answer.headers["Location"] == f"{claim.get_absolute_url()}#history"
    for reader in (world.jana, world.lena):
        assert "The list, as asked." in text_of(signed_in(reader).get(claim.get_absolute_url()))
    assert version.original_name == "list.pdf"


def test_comment_with_a_refused_file_keeps_words_and_good_files(world, signed_in):
    claim = builders.approved_claim(world)
    files = [upload("good.pdf", pdf()), upload("bad.exe", b"MZ")]

    answer = signed_in(world.karin).post(url("comment", claim), {"comment": "Two files.", "files": files})

    page = answer.content.decode()
    assert (answer.status_code, "Two files." in page, "good.pdf" in page, "bad.exe" in page) == (422, True, True, True)
    assert not claim.case.events.filter(code="cases.commented").exists()


def test_w10_comment_sent_again_after_a_lost_answer_is_kept_once(world, signed_in):
    claim, browser, file = builders.approved_claim(world), signed_in(world.karin), pdf()

    def say(comment, *files):
        browser.post(
            url("comment", claim), {"comment": comment, "files": [upload("list.pdf", content) for content in files]}
        )
        return claim.case.events.filter(code="cases.commented").count()

    assert [say("The list."), say("The list.")] == [1, 1]
    assert [say("The list.", file), say("The list.", file)] == [2, 2], "with a file it is another one"
    assert say("The list.", pdf(pages=2)) == 3, "and with another file too"
    assert [say("Thanks."), say("The list.")] == [4, 5]
    with clock.at(clock.now() + timedelta(minutes=2)):
        assert say("The list.") == 6


def test_empty_comment_is_refused(world, signed_in):
    claim = builders.approved_claim(world)

    answer = signed_in(world.karin).post(url("comment", claim), {"comment": " "})

    assert (answer.status_code, "Enter a comment or choose a document." in text_of(answer)) == (422, True)
    assert "<title>Error: " in answer.content.decode()


@pytest.mark.parametrize(("name", "status"), [("lena", 403), ("anton", 404), ("owen", 404), ("mira", 403)])
def test_comment_is_for_those_who_contribute(world, signed_in, name, status):
    claim = builders.approved_claim(world)

    answer = signed_in(getattr(world, name)).post(url("comment", claim), {"comment": "Hello"})

    assert (answer.status_code, claim.case.events.filter(code="cases.commented").count()) == (status, 0)


def test_file_of_a_comment_is_for_the_two_sides_only(world, signed_in):
    claim = builders.approved_claim(world)
    version = proofs.file(world.jana, "list.pdf")
    services.add_comment(claim, actor=world.jana, comment="", versions=[version])
    check_version(version.pk)  # draws it: the other side gets a copy
    address = url("file", claim, version.public_id)

    answers = {name: signed_in(getattr(world, name)).get(address) for name in ("lena", "mira", "hugo", "owen", "anton")}
    served = {name: answer.headers.get("Content-Disposition", answer.status_code) for name, answer in answers.items()}
    for answer in answers.values():
        b"".join(answer)

    attached = 'attachment; filename="list.pdf"'
    assert served == {"lena": attached, "mira": attached, "hugo": attached, "owen": 404, "anton": 404}


def test_file_that_the_history_does_not_name_is_not_served(world, signed_in):
    claim, other = builders.approved_claim(world), builders.submitted_claim(world, name="Another")
    version = proofs.file(world.jana, "list.pdf")
    services.add_comment(other, actor=world.jana, comment="", versions=[version])

    assert signed_in(world.jana).get(url("file", claim, version.public_id)).status_code == 404
    assert signed_in(world.jana).get(url("file", claim, uuid4())).status_code == 404


def test_internal_notes_are_on_no_page_of_the_partner(world, signed_in):
    claim = builders.returned_claim(world)
    version = proofs.file(world.mira, "canary-4711.pdf")
    services.add_comment(claim, actor=world.mira, comment="Canary 4711", internal=True, versions=[version])
    builders.send(claim, world.jana, "resubmit")
    services.start_review(fresh(claim), actor=world.mira, expected_version=fresh(claim).version)
    decide(world, claim, "reject", note="Canary 4712")
    addresses = [
        claim.get_absolute_url(),
        reverse("claims:list"),
        reverse("outbox:notifications"),
        url("verb", claim, "dispute"),
        url("check", claim),
    ]

    for name in PARTNERS_OF_NORDLICHT:
        browser = signed_in(getattr(world, name))
        for address in addresses:
            page = browser.get(address).content.decode()
            assert "Canary 471" not in page, (name, address)
            assert "canary-4711" not in page, (name, address)
        assert browser.get(url("file", claim, version.public_id)).status_code == 404
    staff = text_of(signed_in(world.hugo).get(reverse("review:claim", args=[claim.public_id])))
    assert all(words in staff for words in ("Canary 4711", "Canary 4712"))


@pytest.mark.parametrize(
    ("comment", "status"),
    [("", 422), ("x", 302), ("x" * 10_000, 302), ("x" * 10_001, 422), ("👩🏽‍💻 🎉", 302), ("שלום \u202etxt.exe", 302), ("a\x00b", 422)],
    ids=["nothing", "one", "10000", "10001", "emoji", "right-to-left", "nul"],
)  # fmt: skip
def test_w12_comment_is_kept_letter_by_letter_or_comes_back(world, signed_in, comment, status):
    claim = builders.approved_claim(world)

    answer = signed_in(world.karin).post(url("comment", claim), {"comment": comment})

    assert answer.status_code == status
    kept = claim.case.events.filter(code="cases.commented").values_list("comment", flat=True)
    assert list(kept) == ([comment] if status == 302 else [])


def test_history_links_no_file_that_cannot_be_opened_and_says_its_state(world, signed_in):
    claim = builders.approved_claim(world)
    files = [upload("good.pdf", pdf()), upload("slow.pdf", pdf()), upload("bad.pdf", pdf())]
    signed_in(world.karin).post(url("comment", claim), {"comment": "Three files.", "files": files})
    checks = VersionCheck.objects.filter(version__remarks__event__code="cases.commented")
    checks.filter(version__original_name="slow.pdf").update(state="pending", checked_at=None)
    checks.filter(version__original_name="bad.pdf").update(state="refused", reason="too_complex")

    world.tobias.language = "en"
    world.tobias.save(update_fields=["language"])
    page = signed_in(world.tobias).get(claim.get_absolute_url()).content.decode()

    assert '">good.pdf</a>' in page
    assert "<b>slow.pdf</b>: being checked" in page
    assert "<b>bad.pdf</b>: rejected" in page


def test_whoever_comments_is_told_that_the_comment_is_added(world, signed_in):
    claim = builders.approved_claim(world)

    page = signed_in(world.karin).post(url("comment", claim), {"comment": "Thank you."}, follow=True)

    assert [str(message) for message in page.context["messages"]] == ["Your comment is added."]
