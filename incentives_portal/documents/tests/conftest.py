from collections.abc import Callable
from pathlib import Path

import pytest

from incentives_portal.accounts.models import Organisation, OrganisationKind, User
from incentives_portal.documents import serving
from incentives_portal.documents.models import DocumentVersion

from . import samples


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


@pytest.fixture
def reviewer(db) -> User:
    operator = Organisation.objects.create(kind=OrganisationKind.OPERATOR, name="Halden Software")
    return User.objects.create_user("mira@halden.example", name="Mira Okafor", organisation=operator)


@pytest.fixture
def partner_reads(actor: User) -> Callable[[DocumentVersion], bytes]:
    """What the download of a file gives to somebody at the partner."""

    def read(version: DocumentVersion) -> bytes:
        return samples.body_of(serving.file_response(DocumentVersion.objects.with_checks().get(pk=version.pk), actor))

    return read
