from pathlib import Path

import pytest

from incentives_portal.accounts.models import Organisation, OrganisationKind, User


@pytest.fixture(autouse=True)
def storage_folder(settings, tmp_path: Path) -> Path:
    """A storage of the test's own."""
    files = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, "default": files}
    return tmp_path


@pytest.fixture
def organisation(db) -> Organisation:
    return Organisation.objects.create(kind=OrganisationKind.PARTNER, name="Nordlicht Systems GmbH")


@pytest.fixture
def other_organisation(db) -> Organisation:
    return Organisation.objects.create(kind=OrganisationKind.PARTNER, name="Brightwater IT Ltd")


@pytest.fixture
def actor(organisation: Organisation) -> User:
    return User.objects.create_user("jana@nordlicht.example", name="Jana Petersen", organisation=organisation)


@pytest.fixture
def colleague(organisation: Organisation) -> User:
    return User.objects.create_user("ole@nordlicht.example", name="Ole Hansen", organisation=organisation)
