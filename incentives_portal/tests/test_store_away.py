"""While the file store does not answer, pages say so and forms keep what was typed; nothing is an error of the portal."""

import socket

import pytest
from django.urls import reverse

from incentives_portal import clock
from incentives_portal.documents import upload_tokens
from incentives_portal.documents.tests import samples
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.world import NOW, make_world
from proofs.tests import builders

BACKEND = "incentives_portal.file_store.object_storage.ObjectStorage"


@pytest.fixture
def world(db):
    with clock.at(NOW):
        load_catalog()
        yield make_world()


@pytest.fixture
def store_away(settings):
    """Call it to move the files to an object store at which nobody listens."""

    def go():
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            address = f"http://127.0.0.1:{probe.getsockname()[1]}"
        options = {"bucket_name": "incentives", "endpoint_url": address, "access_key": "x", "secret_key": "x"}
        settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": BACKEND, "OPTIONS": options}}

    return go


@pytest.mark.parametrize("language", ["en", "de"])
def test_download_is_a_page_that_says_when_to_try_again(world, client, store_away, language):
    proof = builders.make_proof(world)
    row = builders.add_document(proof, world.jana)
    version = row.document.versions.get()
    world.jana.language = language
    world.jana.save(update_fields=["language"])
    client.force_login(world.jana)
    store_away()

    answer = client.get(reverse("proofs:file", args=[proof.public_id, version.public_id]))

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "10")
    heading = {"en": "Files are not available right now", "de": "Dateien sind gerade nicht verfügbar"}[language]
    assert f"<h1>{heading}</h1>" in answer.content.decode()


def test_upload_is_refused_with_the_reason(world, client, store_away):
    client.force_login(world.jana)
    slot = upload_tokens.slot_for(actor=world.jana, organisation=world.jana.organisation)
    store_away()

    answer = client.post(reverse("documents:send_ahead"), {"slot": slot, "file": samples.upload("a.csv", samples.CSV)})

    assert answer.status_code == 422
    assert "„a.csv“ wurde nicht gespeichert." in answer.json()["message"]
