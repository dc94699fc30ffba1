"""The forms in which people are described: by an admin, and by themselves."""

import pytest
from django.conf import settings

from incentives_portal.accounts.admin import PersonForm
from incentives_portal.accounts.forms import ProfileForm


@pytest.mark.parametrize("form", [PersonForm, ProfileForm])
def test_language_is_chosen_of_those_of_the_portal(form):
    assert list(form().fields["language"].choices) == settings.LANGUAGES


def test_a_language_that_the_portal_does_not_have_is_refused():
    form = PersonForm({"language": "xx"})

    assert form.errors["language"] == ["Language: choose one from the list."]
