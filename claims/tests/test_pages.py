"""The partner's pages of claims: who sees what, what forms do with what is typed, and that it works without scripts."""

import re
from decimal import Decimal
from uuid import uuid4

import pytest
from django.urls import reverse

from claims.models import Claim
from claims.templatetags import claims as claims_of_plan
from incentives_portal.cases.enums import CaseKind
from incentives_portal.cases.models import Case
from incentives_portal.programs.enums import Group, SatisfiedBy
from incentives_portal.programs.models import ActivityType, Requirement
from proofs import services as proof_services
from proofs.models import Proof
from proofs.tests import builders as proofs

from . import builders
from .builders import decide, fresh

PARTNERS_OF_NORDLICHT = ["jana", "tobias", "lena", "karin"]
WITHOUT_CLAIMS = ["anton", "bea", "nils"]
STAFF = ["elif_", "emre", "mira", "daniel", "ines", "hugo"]


def text_of(answer):
    """What a reader sees, without tags and line breaks."""
    page = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.content.decode(), flags=re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def url(name, claim, *more):
    return reverse(f"claims:{name}", args=[claim.public_id, *more])


# Existence


@pytest.mark.parametrize("name", [*WITHOUT_CLAIMS, "owen"])
def test_claim_of_others_does_not_exist(world, signed_in, name):
    claim = builders.rejected_claim(world)
    browser = signed_in(getattr(world, name))

    for address in (claim.get_absolute_url(), url("check", claim), url("verb", claim, "dispute")):
        assert browser.get(address).status_code == 404
    for address in (url("check", claim), url("comment", claim), url("verb", claim, "dispute")):
        assert browser.post(address, {"comment": "x"}).status_code == 404


@pytest.mark.parametrize("name", PARTNERS_OF_NORDLICHT)
def test_claim_is_read_by_its_partner(world, signed_in, name):
    claim = builders.submitted_claim(world)

    answer = signed_in(getattr(world, name)).get(claim.get_absolute_url())

    assert answer.status_code == 200
    assert claim.case.reference in text_of(answer)


@pytest.mark.parametrize("name", STAFF)
def test_staff_read_a_submitted_claim_on_the_review_page_and_no_draft(world, signed_in, name):
    draft, sent = builders.draft_claim(world), builders.submitted_claim(world, name="Another")
    browser = signed_in(getattr(world, name))

    assert browser.get(draft.get_absolute_url()).status_code == 404
    assert browser.get(sent.get_absolute_url()).headers["Location"] == reverse("review:claim", args=[sent.public_id])


def test_discarded_claim_does_not_exist_any_more(world, signed_in):
    claim = builders.draft_claim(world)
    browser = signed_in(world.jana)

    answer = browser.post(url("verb", claim, "discard"), {"expected_version": claim.version}, follow=True)

    assert (answer.redirect_chain[0][0], answer.status_code) == (reverse("claims:list"), 200)
    assert browser.get(claim.get_absolute_url()).status_code == 404


# The list


def test_list_shows_the_own_claims_with_sums_and_next_step(world, signed_in):
    claim = builders.approved_claim(world, name="Autumn adverts")
    builders.submitted_claim(world, name="Winter adverts")
    builders.draft_claim(world, name="Spring adverts", amount=Decimal("77.00"))

    answer = signed_in(world.karin).get(reverse("claims:list"))

    words = text_of(answer)
    assert [row.proof.title for row in answer.context["page"]] == ["Spring adverts", "Winter adverts", "Autumn adverts"]
    assert claim.case.reference in words
    (sums,) = answer.context["overview"].sums
    assert (sums.currency, sums.asked, sums.number) == ("EUR", Decimal("2000.000"), 2)
    assert (sums.waiting, sums.approved, sums.returned) == (Decimal("1000.000"), Decimal("1000.000"), 0)
    assert [(status.code, number) for status, number in answer.context["overview"].statuses] == [
        ("editing", 1), ("submitted", 1), ("approved", 1),
    ]  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_CLAIMS)
def test_list_is_for_those_who_read_claims(world, signed_in, name):
    assert signed_in(getattr(world, name)).get(reverse("claims:list")).status_code == 403


def test_list_says_nothing_of_other_partners(world, signed_in):
    builders.submitted_claim(world, name="Canary 7731")

    answer = signed_in(world.owen).get(reverse("claims:list"), {"q": "Canary"})

    assert (list(answer.context["page"]), answer.context["overview"].sums) == ([], [])
    assert "No matching claims" in text_of(answer)
    assert "7731" not in answer.content.decode()


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({"status": "submitted"}, ["Winter"]),
        ({"q": "wint"}, ["Winter"]),
        ({"q": "kiel"}, ["Winter"]),
        ({"location": "kiel"}, ["Winter"]),
        ({"program": "cloud"}, ["Autumn", "Winter"]),
        ({"program": "device"}, ["Planned"]),
        ({"period": "period"}, ["Autumn", "Winter"]),
        ({"status": "no such status"}, ["Autumn", "Planned", "Winter"]),
    ],
    ids=str,
)
def test_list_is_narrowed_down(world, signed_in, params, expected):
    builders.draft_claim(world, name="Autumn")
    builders.submitted_claim(world, name="Winter", location=world.kiel)
    builders.draft_claim(world, track="plan", name="Planned")
    named = {"kiel": world.kiel, "cloud": world.cloud, "device": world.device, "period": world.period}
    wanted = {
        key: str(named[value].public_id) if value in named and key != "q" else value for key, value in params.items()
    }

    answer = signed_in(world.jana).get(reverse("claims:list"), wanted)

    assert sorted(row.proof.title for row in answer.context["page"]) == expected
    assert answer.status_code == 200


@pytest.mark.parametrize("comment", ["\x00", "a\x00b", "%_\\", "x" * 5_000, "’; DROP TABLE", "ä 招"])
def test_search_takes_any_text(world, signed_in, comment):
    builders.submitted_claim(world)

    for person, address in ((world.jana, "claims:list"), (world.mira, "claims:list"), (world.mira, "review:queue")):
        answer = signed_in(person).get(reverse(address), {"q": comment, "page": "x", "status": "\x00", "order": "-pk"})
        assert answer.status_code == 200


@pytest.mark.parametrize("comment", ["\x00", "x" * 10_001])
def test_words_that_cannot_be_kept_come_back(world, signed_in, comment):
    claim = builders.rejected_claim(world)

    answers = [
        signed_in(world.jana).post(url(name, claim, *more), {"expected_version": claim.version, "comment": comment})
        for name, more in (("comment", []), ("verb", ["dispute"]))
    ]

    assert [answer.status_code for answer in answers] == [422, 422]


@pytest.mark.parametrize(("name", "number"), [("jana", 3), ("mira", 1)])
def test_list_offers_all_once_and_no_choice_of_nothing(world, signed_in, name, number):
    builders.draft_claim(world)

    page = signed_in(getattr(world, name)).get(reverse("claims:list")).content.decode()

    selects = re.findall(r'<select[^>]*name="(?:program|location|period)".*?</select>', page, re.DOTALL)
    assert len(selects) == number
    assert {select.count('value=""') for select in selects} == {1}


@pytest.mark.parametrize("order", ["", "due", "carried_out", "amount", "proof__location__organisation__name"])
def test_list_is_ordered_by_what_it_offers_only(world, signed_in, order):
    builders.draft_claim(world, name="Small", amount=Decimal("10.00"))
    builders.draft_claim(world, name="Large", amount=Decimal("20.00"))

    answer = signed_in(world.jana).get(reverse("claims:list"), {"order": order})

    assert [row.proof.title for row in answer.context["page"]] == (
        ["Small", "Large"] if order == "due" else ["Large", "Small"]
    )


def test_list_by_amount_compares_no_currencies(world, signed_in):
    """9,000 yen are less than 100 euros: amounts of one currency stand together, the largest first."""
    for name, amount, currency in [
        ("Small euros", "100", "EUR"), ("Yen", "9000", "JPY"), ("Large euros", "300", "EUR"), ("Dollars", "200", "USD"),
        ("More yen", "12000", "JPY"),
    ]:  # fmt: skip
        claim = builders.draft_claim(world, name=name, amount=Decimal(amount))
        Case.objects.filter(pk=claim.pk).update(currency=currency)

    answer = signed_in(world.jana).get(reverse("claims:list"), {"order": "amount"})

    assert [row["name"] for row in answer.context["rows"]] == [
        "Large euros",
        "Small euros",
        "More yen",
        "Yen",
        "Dollars",
    ]
    assert '<option value="amount" selected>Höchster Betrag je Währung</option>' in answer.content.decode()


def test_staff_list_has_claims_of_all_partners_and_no_drafts(world, signed_in):
    builders.submitted_claim(world, name="Ours")
    builders.submitted_claim(world, name="Theirs", actor=world.owen, location=world.bristol)
    builders.draft_claim(world, name="Draft")

    answer = signed_in(world.hugo).get(reverse("claims:list"))

    assert {row.proof.title for row in answer.context["page"]} == {"Ours", "Theirs"}
    assert "Create a claim" not in text_of(answer)


# Beginning


def new_data(world, **given):
    values = {
        "key": str(uuid4()),
        "program": world.cloud.public_id,
        "location": world.hamburg.public_id,
        "usage_period": world.period.public_id,
        "activity_type": ActivityType.objects.get(code="print_advertising").public_id,
        "name": "Autumn adverts",
        "executed_on": "2026-10-08",
        "amount": "1,250.50",
    }
    return {key: str(value) for key, value in (values | given).items()}


def test_new_claim_is_created_and_opened(world, signed_in):
    browser = signed_in(world.karin)

    answer = browser.post(reverse("claims:new"), new_data(world))

    claim = Claim.objects.get()
    assert answer.headers["Location"] == claim.get_absolute_url()
    assert (claim.proof.amount, claim.proof.location, claim.created_by) == (
        Decimal("1250.50"),
        world.hamburg,
        world.karin,
    )


def test_w02_second_click_on_new_leads_to_the_same_claim(world, signed_in):
    browser, data = signed_in(world.jana), new_data(world, amount="1.250,50")

    first, second = (browser.post(reverse("claims:new"), data) for _click in range(2))

    assert first.headers["Location"] == second.headers["Location"]
    assert Claim.objects.count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("executed_on", "2026-06-30"),
        ("executed_on", ""),
        ("amount", "0"),
        ("amount", "12.3456"),
        ("amount", "a lot"),
        ("name", ""),
        ("location", "bristol"),
        ("program", "device"),
        ("usage_period", "nonsense"),
        ("activity_type", ""),
    ],
)
def test_new_claim_keeps_what_was_typed_when_something_is_wrong(world, signed_in, field, value):
    named = {"bristol": world.bristol.public_id, "device": world.device.public_id}

    answer = signed_in(world.karin).post(reverse("claims:new"), new_data(world, **{field: named.get(value, value)}))

    assert (answer.status_code, Claim.objects.count(), Proof.objects.count()) == (422, 0, 0)
    assert field in answer.context["form"].errors
    assert re.search(r"There (is a problem|are \d+ problems)", text_of(answer))
    if field != "name":
        assert 'value="Autumn adverts"' in answer.content.decode()


@pytest.mark.parametrize("name", ["lena", "anton", "bea", "nils", "mira", "elif_"])
def test_new_claim_is_for_those_who_write_claims(world, signed_in, name):
    browser = signed_in(getattr(world, name))

    assert browser.get(reverse("claims:new")).status_code == 403
    assert browser.post(reverse("claims:new"), new_data(world)).status_code == 403
    assert Claim.objects.count() == 0


def test_new_claim_without_an_enrolled_location_says_what_to_do(world, signed_in):
    Case.objects.filter(enrolment__program=world.cloud).update(status="discontinued")

    answer = signed_in(world.karin).get(reverse("claims:new"))

    assert "No programs without plans" in text_of(answer)
    assert '<form method="post" class="panel"' not in answer.content.decode()


def test_claim_for_a_proof_is_created_by_its_documented_page(world, signed_in):
    proof = proofs.make_proof(world)
    browser, address = signed_in(world.jana), reverse("claims:create_for_proof", args=[proof.public_id])
    world.jana.language = "en"
    world.jana.save()

    page = browser.get(address)
    answer = browser.post(
        address,
        {"expected_version": proof.version, "name": "Adverts", "executed_on": "2026-10-09", "impressions": "1200"},
    )

    assert "New proof of execution claim" in text_of(page)
    assert "Create claim" in text_of(page)
    claim = Claim.objects.get()
    assert answer.headers["Location"] == claim.get_absolute_url()
    assert (claim.title, claim.proof.impressions) == ("Adverts", 1200)


def test_claim_for_a_proof_that_has_one_leads_there(world, signed_in):
    claim = builders.draft_claim(world, track="plan")
    address = reverse("claims:create_for_proof", args=[claim.proof.public_id])

    answer = signed_in(world.jana).get(address)

    assert answer.headers["Location"] == claim.get_absolute_url()


@pytest.mark.parametrize(
    ("name", "status"), [("karin", 403), ("tobias", 403), ("lena", 403), ("owen", 404), ("mira", 404)]
)
def test_claim_for_a_proof_is_for_those_who_write_proofs(world, signed_in, name, status):
    proof = proofs.make_proof(world)

    answer = signed_in(getattr(world, name)).get(reverse("claims:create_for_proof", args=[proof.public_id]))

    assert answer.status_code == status


def test_claim_for_a_proof_that_changed_meanwhile_keeps_the_typed_words(world, signed_in):
    proof = proofs.make_proof(world)
    seen = proof.version
    proof_services.set_final_comments(proof, actor=world.jana, expected_version=seen, comments="One thing more.")
    browser, address = signed_in(world.jana), reverse("claims:create_for_proof", args=[proof.public_id])
    data = {"expected_version": seen, "name": "A long name", "executed_on": "2026-10-09"}

    answer = browser.post(address, data)

    page = answer.content.decode()
    assert (answer.status_code, 'value="A long name"' in page, Claim.objects.count()) == (409, True, 0)
    assert f'name="expected_version" value="{proofs.seen(proof)}"' in page


# One claim


def test_draft_is_edited_on_its_page_and_what_is_missing_is_said(world, signed_in):
    claim = builders.draft_claim(world)

    answer = signed_in(world.karin).get(claim.get_absolute_url())

    words = text_of(answer)
    assert all(part in words for part in ("Add invoice", "What is required", "Submit claim", "Discard"))
    assert answer.context["editor"].assessment.is_ready is False


def test_colleague_who_only_contributes_adds_documents_and_sees_no_verbs(world, signed_in):
    claim = builders.draft_claim(world, track="plan")

    answer = signed_in(world.karin).get(claim.get_absolute_url())

    words = text_of(answer)
    assert "Upload and describe" in words
    assert not any(part in words for part in ("Add invoice", "Submit claim", "Discard"))


def test_viewer_reads_and_can_do_nothing(world, signed_in):
    claim = builders.returned_claim(world)
    world.lena.language = "en"
    world.lena.save()

    words = text_of(signed_in(world.lena).get(claim.get_absolute_url()))

    assert "Please add the photo." in words
    assert not any(part in words for part in ("Resubmit", "Comment ", "Upload", "Add invoice"))


def test_what_is_asked_for_stands_on_top_and_at_its_place(world, signed_in):
    claim = builders.claim_under_review(world)
    row = proofs.fresh(claim.proof).documents.first()
    remarks = [
        builders.RemarkDraft("Too dark.", version=row.document.versions.get()),
        builders.remark_at("basics", "The date is wrong."),
    ]
    decide(world, claim, "request_action", comment="Nearly there.", remarks=remarks)

    answer = signed_in(world.karin).get(claim.get_absolute_url())

    words, page = text_of(answer), answer.content.decode()
    assert all(
        part in words
        for part in ("Why action is required", "Nearly there.", "The dates do not fit.", "Choose other dates.")
    )
    assert f'href="#document-{row.public_id}"' in page
    assert re.search(rf'id="document-{row.public_id}" class="marked".*?1\. Too dark\.', page, re.DOTALL)
    assert re.search(r'class="section marked" id="basics".*?2\. The date is wrong\.', page, re.DOTALL)


def test_mark_leads_to_its_row_when_the_file_is_replaced_and_is_no_longer_red(world, signed_in):
    claim = builders.claim_under_review(world)
    row = proofs.fresh(claim.proof).documents.first()
    decide(
        world, claim, "request_action", remarks=[builders.RemarkDraft("Too dark.", version=row.document.versions.get())]
    )
    seen = proofs.seen(claim.proof)
    better = proofs.file(world.jana, "better.pdf")
    proof_services.edit_document(row, actor=world.jana, expected_version=seen, note="Better", proves=(), version=better)

    answer = signed_in(world.karin).get(claim.get_absolute_url())

    page, words = answer.content.decode(), text_of(answer)
    assert f'href="#document-{row.public_id}"' in page
    assert "Changed since then" in words
    assert "Required change" not in words
    assert 'class="marked"' not in page


def test_nobody_must_mend_what_cannot_be_edited(world, signed_in):
    claim = builders.claim_under_review(world)
    decide(world, claim, "request_action", comment="Soon.", remarks=[builders.remark_at("basics", "Another day.")])
    writer, viewer = (text_of(signed_in(user).get(claim.get_absolute_url())) for user in (world.karin, world.lena))
    review = text_of(signed_in(world.mira).get(reverse("review:claim", args=[claim.public_id])))
    locked = builders.rejected_claim(world)
    rejected = text_of(signed_in(world.karin).get(locked.get_absolute_url()))

    assert "Required change" in writer
    for page in (viewer, review, rejected):
        assert "Required change" not in page
    assert all("Another day." in page for page in (viewer, review))


def test_remark_at_a_metric_stands_once_and_at_its_field(world, signed_in):
    asked = {"group": Group.METRIC, "satisfied_by": SatisfiedBy.NUMBER, "text": {"en": "Copies that were printed"}}
    row = Requirement.objects.create(activity_type=world.advert, code="copies", **asked)
    claim = builders.claim_under_review(world)
    remark = builders.remark_at(f"answers-{row.code}", "Count again.")
    decide(world, claim, "request_action", comment="Soon.", remarks=[remark])

    page = signed_in(world.karin).get(claim.get_absolute_url()).content.decode()

    form = page[page.index('id="answers"') :]
    form = form[: form.index("</section>")]
    assert re.search(
        rf'<div id="answers-{row.code}" class="field marked">\s*<div class="mark-note">.*?1\. Count again\.',
        form,
        re.DOTALL,
    )
    assert form.count(str(row)) == 1


def test_submitting_stands_out_once_nothing_is_missing_and_throwing_away_never(world, signed_in):
    browser = signed_in(world.karin)

    draft = browser.get(builders.draft_claim(world).get_absolute_url()).content.decode()
    ready = browser.get(builders.ready_claim(world).get_absolute_url()).content.decode()

    heads = [page[page.index('class="page-head"') : page.index('class="split"')] for page in (draft, ready)]
    assert ["btn-primary" in head for head in heads] == [False, True]
    assert all("Discard" in head and "btn-danger" not in head for head in heads)


def test_w07_sealed_claim_is_read_as_it_was_sent(world, signed_in):
    claim = builders.submitted_claim(world)

    answer = signed_in(world.jana).get(claim.get_absolute_url())

    assert "editor" not in answer.context
    assert answer.context["evidence"].can_write is False
    assert answer.context["page"].assessment.is_ready is True


def test_rejected_claim_is_disputed_at_its_bottom(world, signed_in):
    claim = builders.rejected_claim(world)
    browser = signed_in(world.jana)

    assert f'action="{url("verb", claim, "dispute")}"' in browser.get(claim.get_absolute_url()).content.decode()
    empty = browser.post(url("verb", claim, "dispute"), {"expected_version": claim.version, "comment": ""})
    done = browser.post(url("verb", claim, "dispute"), {"expected_version": claim.version, "comment": "It took place."})

    assert (empty.status_code, done.status_code) == (422, 302)
    assert fresh(claim).status == "disputed"


@pytest.mark.parametrize("name", ["tobias", "lena", "karin"])
def test_dispute_is_offered_to_incentives_admins_only(world, signed_in, name):
    claim = builders.rejected_claim(world)
    browser = signed_in(getattr(world, name))

    assert "dispute_form" not in browser.get(claim.get_absolute_url()).context
    assert (
        browser.post(url("verb", claim, "dispute"), {"expected_version": claim.version, "comment": "x"}).status_code
        == 403
    )
    assert fresh(claim).status == "rejected"


# Sending in


def submit_data(claim, **given):
    return {"expected_version": claim.version, "comment": ""} | given


def test_check_page_shows_the_assessment_and_submits(world, signed_in):
    claim = builders.ready_claim(world)
    browser = signed_in(world.karin)

    page = browser.get(url("check", claim))
    answer = browser.post(url("check", claim), submit_data(claim, comment="All there."))

    words = text_of(page)
    assert all(
        part in words for part in ("Check and submit", "How the amount is calculated", "€1,000.00", "Submit claim")
    )
    assert answer.headers["Location"] == claim.get_absolute_url()
    assert fresh(claim).status == "submitted"


def test_check_page_of_a_returned_claim_says_which_remarks_are_open(world, signed_in):
    claim = builders.claim_under_review(world)
    remarks = [builders.remark_at("basics", "Another day."), builders.remark_at("documents", "Too dark.")]
    decide(world, claim, "request_action", comment="Nearly there.", remarks=remarks)
    browser = signed_in(world.karin)

    untouched = text_of(browser.get(url("check", claim)))
    proof = fresh(claim).proof
    kept = {"executed_on": proof.executed_on, "amount": proof.amount, "impressions": proof.impressions}
    basics = proof_services.Basics(name="Another name", **kept)
    proof_services.edit_basics(proof, actor=world.karin, expected_version=proof.version, basics=basics)
    mended = text_of(browser.get(url("check", claim)))

    assert "2 reviewer remarks are still open" in untouched
    assert untouched.count("Required change") == 2
    assert "1 reviewer remark is still open" in mended
    assert (mended.count("Required change"), mended.count("Changed since then")) == (1, 1)
    assert "Resubmit" in mended


def test_button_of_a_verb_says_what_it_does(world, signed_in):
    claim = builders.draft_claim(world)

    page = signed_in(world.jana).get(url("verb", claim, "discard")).content.decode()

    assert re.search(r'<button class="btn btn-danger">\s*Verwerfen\s*</button>', page)


def test_list_in_which_nothing_fits_offers_to_take_the_filters_away(world, signed_in):
    builders.submitted_claim(world)

    page = signed_in(world.karin).get(reverse("claims:list"), {"q": "no such words"}).content.decode()

    assert "No matching claims" in page
    assert f'<a class="btn" href="{reverse("claims:list")}">Clear all filters</a>' in page
    assert 'aria-label="Breadcrumb"' not in page


def test_check_page_of_an_incomplete_claim_says_what_is_missing_and_has_no_button(world, signed_in):
    claim = builders.draft_claim(world)
    browser = signed_in(world.karin)

    page = browser.get(url("check", claim))
    answer = browser.post(url("check", claim), submit_data(claim))

    assert "cannot be submitted yet" in text_of(page)
    assert "There is no third-party invoice or certified service report." in text_of(page)
    assert f'href="{claim.get_absolute_url()}#invoices"' in page.content.decode()
    assert (answer.status_code, fresh(claim).status) == (422, "editing")


def test_w05_submitting_what_somebody_changed_is_stopped_and_keeps_the_words(world, signed_in):
    claim = builders.ready_claim(world)
    data = submit_data(claim, comment="My long comment.")
    proof_services.set_final_comments(
        claim.proof, actor=world.jana, expected_version=claim.proof.version, comments="Changed."
    )

    answer = signed_in(world.karin).post(url("check", claim), data)

    assert (answer.status_code, "My long comment." in answer.content.decode()) == (409, True)
    assert "Jana Petersen" in text_of(answer)
    assert fresh(claim).status == "editing"


def test_w03_old_form_sent_again_says_that_it_was_done(world, signed_in):
    claim = builders.ready_claim(world)
    browser, data = signed_in(world.karin), submit_data(claim)

    first, second = (browser.post(url("check", claim), data) for _click in range(2))

    assert (first.status_code, second.status_code) == (302, 409)
    assert fresh(claim).case.submission.number == 1


def test_resubmitting_goes_over_the_same_page(world, signed_in):
    claim = builders.returned_claim(world)
    browser = signed_in(world.karin)

    page = browser.get(url("check", claim))
    browser.post(url("check", claim), submit_data(claim))

    assert "Resubmit" in text_of(page)
    assert (fresh(claim).status, fresh(claim).case.submission.number) == ("submitted", 2)


def test_operator_verbs_do_not_exist_among_the_partners(world, signed_in):
    claim = builders.claim_under_review(world)
    browser = signed_in(world.jana)

    for verb in ("approve", "reject", "submit", "resubmit", "nonsense"):
        assert browser.get(url("verb", claim, verb)).status_code == 404


@pytest.mark.parametrize("verb", ["submit", "withdraw", "discard"])
def test_nothing_happens_by_looking(world, signed_in, verb):
    claim = (builders.submitted_claim if verb == "withdraw" else builders.ready_claim)(world)
    address = url("check", claim) if verb == "submit" else url("verb", claim, verb)

    answer = signed_in(world.jana).get(address)

    after = fresh(claim)
    assert (answer.status_code, after.status, after.version) == (200, claim.status, claim.version)


def test_t20_extra_fields_change_nothing(world, signed_in):
    claim = builders.submitted_claim(world)
    extra = {"status": "approved", "approved_amount": "1000.00", "due_at": "", "created_by": world.owen.pk}

    signed_in(world.jana).post(url("verb", claim, "withdraw"), {"expected_version": claim.version, **extra})

    after = fresh(claim)
    assert (after.status, after.approved_amount, after.created_by) == ("editing", None, world.jana)


# On the plan's page


def test_plan_shows_its_claims_and_the_status_of_each_proof(world, signed_in):
    claim = builders.submitted_claim(world, track="plan")
    plan = claim.proof.activity.campaign.plan

    answer = signed_in(world.karin).get(plan.get_absolute_url())

    words = text_of(answer)
    assert words.count(claim.case.reference) >= 2
    assert f'href="{claim.get_absolute_url()}"' in answer.content.decode()


def test_plan_shows_no_claims_to_those_who_do_not_read_them(world, signed_in):
    claim = builders.submitted_claim(world, track="plan")

    answer = signed_in(world.bea).get(claim.proof.activity.campaign.plan.get_absolute_url())

    assert answer.status_code == 200
    assert claim.case.reference not in answer.content.decode()


def test_plan_with_many_claims_shows_the_first_ones_until_it_is_asked_for_all(world, signed_in, monkeypatch):
    activity = proofs.approved_activity(world)
    first, second = (builders.draft_claim(world, track="plan", activity=activity).case.reference for _number in "12")
    page = activity.campaign.plan.get_absolute_url()
    monkeypatch.setattr(claims_of_plan, "FIRST", 2)
    assert "Show all" not in text_of(signed_in(world.karin).get(page))
    monkeypatch.setattr(claims_of_plan, "FIRST", 1)

    cut = signed_in(world.karin).get(page)
    whole = text_of(signed_in(world.karin).get(f"{page}?claims=all"))

    assert 'href="?claims=all#claims">Show all 2 claims<' in cut.content.decode()
    assert text_of(cut).count(first) > text_of(cut).count(second)
    assert whole.count(first) == whole.count(second)
    assert "Show all" not in whole


def test_reason_of_less_is_read_by_the_partner_in_the_history(world, signed_in):
    claim = builders.claim_under_review(world)
    reason = world.reason(CaseKind.CLAIM, "approve")
    decide(world, claim, "approve", approved_amount=Decimal("800.00"), comment="The wine.", reason=reason)

    words = text_of(signed_in(world.karin).get(claim.get_absolute_url()))

    assert all(part in words for part in ("€800.00", "The wine.", "The dates do not fit."))


def test_remark_at_a_cost_stays_open_while_only_its_invoice_is_edited(world, signed_in):
    claim = builders.claim_under_review(world)
    invoice = claim.proof.invoices.get()
    place = f"expense-{invoice.expenses.get().public_id}"
    builders.decide(world, claim, "request_action", remarks=[builders.remark_at(place, "Which campaign was this?")])
    details = proof_services.InvoiceDetails(
        **{name: getattr(invoice, name) for name in ("supplier", "date", "currency", *proof_services.AMOUNTS)},
        number="RE-26/9999",
    )
    costs = [
        proof_services.ExpenseDraft(line.expense_type, line.net, line.tax, line.description)
        for line in invoice.expenses.select_related("expense_type")
    ]

    proof_services.edit_invoice(
        invoice, actor=world.jana, expected_version=fresh(claim).version, details=details, expenses=costs
    )

    notice = signed_in(world.jana).get(claim.get_absolute_url()).context["page"].return_notice
    assert [(marker.anchor, marker.is_open) for marker in notice.markers] == [(place, True)]


def test_new_proof_counts_what_other_proofs_of_the_activity_ask_without_those_that_get_nothing(world, signed_in):
    activity = proofs.approved_activity(world)
    for build, amount in ((builders.rejected_claim, "1000"), (builders.draft_claim, "500")):
        build(world, track="plan", activity=activity, amount=Decimal(amount))

    page = text_of(signed_in(world.jana).get(reverse("proofs:new", args=[activity.public_id])))

    assert "noch 9.500,00" in page
