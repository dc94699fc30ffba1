"""Files in an S3-compatible store, asked over a real socket: what works in a folder works there, and what is away is said in words."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import StringIO

import boto3
import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from moto.server import ThreadedMotoServer

from incentives_portal import clock
from incentives_portal.documents import cleanup, services, serving
from incentives_portal.documents.models import PageImage
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.documents.upload_validation import UploadRefused
from incentives_portal.file_store import stray_files, trash
from incentives_portal.file_store.identity import IDENTITY_FILE
from incentives_portal.file_store.storage import StoreAway
from incentives_portal.sandbox.parsing.reasons import Reason

BACKEND = "incentives_portal.file_store.object_storage.ObjectStorage"
BUCKET = "incentives"
KEYS = {"access_key": "testing", "secret_key": "testing", "region_name": "eu-central-1"}
#: Without load it takes about seven; boto3 left alone takes more than 330.
SECONDS = 30


@pytest.fixture(scope="module")
def moto() -> Iterator[str]:
    """The address of a store on loopback."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def use_store(settings):
    """Let the portal keep its files at this address, below a prefix."""

    def use(address, **options):
        given = {"bucket_name": BUCKET, "endpoint_url": address, "location": "portal", **KEYS, **options}
        settings.STORAGES = {**settings.STORAGES, "default": {"BACKEND": BACKEND, "OPTIONS": given}}

    return use


@pytest.fixture
def bucket(moto, use_store):
    """An empty bucket that the portal uses; listing it goes past the portal."""
    use_store(moto)
    names = {"access_key": "aws_access_key_id", "secret_key": "aws_secret_access_key", "region_name": "region_name"}
    client = boto3.client("s3", endpoint_url=moto, **{names[name]: value for name, value in KEYS.items()})
    client.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    yield client
    for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=entry["Key"])
    client.delete_bucket(Bucket=BUCKET)


def keys_in(client):
    """Every key but that of the identity, without the prefix."""
    found = {
        entry["Key"].removeprefix("portal/") for entry in client.list_objects_v2(Bucket=BUCKET).get("Contents", [])
    }
    return found - {IDENTITY_FILE}


@pytest.fixture
def keep(organisation, actor):
    return lambda name="a.csv", data=samples.CSV: services.store(
        samples.upload(name, data), organisation=organisation, actor=actor
    )


def test_upload_is_drawn_handed_out_shown_and_verified(bucket, keep, actor, reviewer):
    content = samples.pdf()
    version = keep("invoice.pdf", content)
    check_version(version.pk)
    version.check_result.refresh_from_db()
    image = PageImage.objects.get()
    said = StringIO()

    assert samples.body_of(serving.file_response(version, actor)) == content
    assert samples.body_of(serving.file_response(version, reviewer)).startswith(b"%PDF")
    page = serving.page_response(version, 1, reviewer)
    assert samples.body_of(page).startswith(b"\x89PNG")
    assert page["Content-Type"] == "image/png"
    call_command("verify_documents", stdout=said)

    assert said.getvalue() == "All 1 versions are what was stored.\n"
    copies = version.safe_copies.values_list("storage_key", flat=True)
    assert keys_in(bucket) == {version.storage_key, image.storage_key, *copies}


def test_missing_and_changed_files_are_named(bucket, keep):
    missing, changed = keep(), keep("b.csv")
    default_storage.delete(missing.storage_key)
    default_storage.save(changed.storage_key, ContentFile(b"x"))
    said = StringIO()

    with pytest.raises(CommandError, match="2 stored files"):
        call_command("verify_documents", stdout=said)

    assert f"missing: {missing.storage_key}" in said.getvalue()
    assert f"changed: {changed.storage_key}" in said.getvalue()


def test_cleanup_moves_into_the_trash(bucket, keep, django_capture_on_commit_callbacks):
    version = keep()
    lost = default_storage.save("documents/lost", ContentFile(b"x"))
    later = time.time() + timedelta(days=3).total_seconds()

    with pytest.MonkeyPatch.context() as patch, clock.at(clock.now() + timedelta(days=3)):
        patch.setattr(time, "time", lambda: later)
        with django_capture_on_commit_callbacks(execute=True):
            swept = cleanup.sweep()

    assert (swept.documents, swept.files, swept.refused) == (1, 2, "")
    assert {key.split("/", 2)[2] for key in keys_in(bucket)} == {version.storage_key, lost}
    assert trash.find(lost) in keys_in(bucket)


def test_walk_through_the_bucket_goes_on_where_it_ended(bucket, db, monkeypatch):
    monkeypatch.setattr(stray_files, "_SECONDS", -1)
    monkeypatch.setattr(stray_files, "_BATCH", 2)
    monkeypatch.setattr(stray_files, "_is_old", lambda key, modified, older_than: modified is not None)
    keys = [
        default_storage.save(f"{folder}/{n}", ContentFile(b"x")) for folder in ("documents", "pages") for n in range(3)
    ]

    assert [cleanup.sweep().files for _run in range(5)] == [2, 1, 2, 1, 0]
    assert {key.split("/", 2)[2] for key in keys_in(bucket)} == set(keys)


# Away


@pytest.fixture
def hanging() -> Iterator[str]:
    """The address of a server that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0), backlog=50) as server:
        taken: list[socket.socket] = []

        def take():
            while True:
                try:
                    taken.append(server.accept()[0])
                except OSError:
                    return

        threading.Thread(target=take, daemon=True).start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)
    for line in taken:
        line.close()


@pytest.fixture
def refusing() -> str:
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


class _Broken(BaseHTTPRequestHandler):
    """Answers everything with an error of its own."""

    def handle_any(self) -> None:
        self.send_response(503)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_PUT = do_DELETE = do_POST = handle_any  # noqa: N815

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def broken() -> Iterator[str]:
    """The address of a server that answers with 503."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Broken)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(params=["hanging", "refusing", "broken"])
def away(request, use_store):
    """Call it to let the store be away from now on."""
    address = request.getfixturevalue(request.param)
    return lambda: use_store(address)


@pytest.mark.slow
def test_upload_is_refused_in_words_within_seconds(bucket, away, keep):
    away()
    begun = time.monotonic()

    with pytest.raises(UploadRefused) as refused:
        keep()

    assert refused.value.reason == Reason.NOT_STORED
    assert time.monotonic() - begun < SECONDS


@pytest.mark.slow
def test_download_says_that_the_store_is_away_within_seconds(bucket, away, keep, reviewer):
    version = keep()
    check_version(version.pk)
    version.check_result.refresh_from_db()
    away()
    begun = time.monotonic()

    with pytest.raises(StoreAway):
        serving.file_response(version, reviewer)

    assert time.monotonic() - begun < SECONDS


@pytest.mark.slow
def test_cleanup_and_commands_stop_in_words(bucket, away, keep):
    keep()
    away()

    assert "store" in cleanup.sweep().refused
    with pytest.raises(CommandError, match="does not answer"):
        call_command("adopt_storage", "--yes")
    with pytest.raises(CommandError, match="not everything was looked at"):
        call_command("verify_documents")


@pytest.mark.slow
def test_after_a_time_out_requests_fail_at_once_for_a_while(use_store, hanging):
    use_store(hanging, read_timeout=1, pause=2)
    with pytest.raises(StoreAway):
        default_storage.exists("documents/x")
    begun = time.monotonic()

    for _request in range(20):
        with pytest.raises(StoreAway):
            default_storage.exists("documents/x")

    assert time.monotonic() - begun < 0.5
