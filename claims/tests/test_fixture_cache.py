"""What tests begin with is the same, whether it was built or put back (incentives_portal/tests/fixture_cache.py)."""

from pathlib import Path

from django.conf import settings
from django.db import transaction

from claims.models import Claim
from claims.tests import builders
from incentives_portal.tests import fixture_cache


def test_rows_and_files_put_back_are_those_that_were_built(world):
    before = fixture_cache._rows()
    with transaction.atomic():
        claim = builders.submitted_claim(world, name="Built in this test only")
        built, files = fixture_cache._rows(), fixture_cache._files()
        transaction.set_rollback(True)
    assert fixture_cache._rows() == before
    for path in files:
        Path(settings.MEDIA_ROOT, path).unlink()
    fixture_cache._put_back(fixture_cache._differences[fixture_cache._state.built])
    assert fixture_cache._rows() == built
    assert fixture_cache._files() == files
    assert Claim.objects.get(case__title="Built in this test only").pk == claim.pk


def test_after_a_write_of_the_test_everything_is_really_built(world):
    first = builders.draft_claim(world)
    world.hamburg.save(update_fields=["name"])
    second, third = builders.draft_claim(world), builders.draft_claim(world)
    assert fixture_cache._state.built is None
    assert len({first.pk, second.pk, third.pk}) == 3


def test_what_was_given_makes_another_state(world):
    builders.draft_claim(world, name="Adverts")
    there = fixture_cache._state.built
    builders.draft_claim(world, name="Banners")
    assert fixture_cache._state.built[:-1] == there
    assert {claim.title for claim in Claim.objects.all()} == {"Adverts", "Banners"}


def test_another_setting_is_another_state(world, settings):
    settings.OPERATOR_NAME = "Somebody Else"
    builders.draft_claim(world)
    *_before, (_name, _now, _language, changed) = fixture_cache._state.built
    assert changed == {("OPERATOR_NAME", "'Somebody Else'")}
