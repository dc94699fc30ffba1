"""Backup from one bucket and restore into another: the same as between folders."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from incentives_portal.backups import backing_up
from incentives_portal.documents import cleanup, services
from incentives_portal.documents.tests import samples
from incentives_portal.documents.tests.workers import check_version
from incentives_portal.programs.catalog import load_catalog
from incentives_portal.tests.world import make_world

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

BACKEND = "incentives_portal.file_store.object_storage.ObjectStorage"
REGION = "eu-central-1"


@pytest.fixture
def store(settings) -> Iterator[Any]:
    """A client of a store with two buckets, of which the portal uses the first."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
    client = boto3.client("s3", endpoint_url=f"http://{host}:{port}", region_name=REGION, **keys)
    for name in ("first", "second"):
        client.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {"BACKEND": BACKEND, "OPTIONS": options(client, "first")},
    }
    yield client
    server.stop()


def options(client, bucket):
    return {
        "bucket_name": bucket,
        "endpoint_url": client.meta.endpoint_url,
        "region_name": REGION,
        "access_key": "testing",
        "secret_key": "testing",
        # Machines that are busy with other tests are no store that hangs.
        "read_timeout": 20,
    }


def files_in(client, bucket):
    entries = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    return {entry["Key"]: client.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read() for entry in entries}


def test_everything_of_one_bucket_is_in_the_other(store, transactional_db, destination, elsewhere):
    load_catalog()
    world = make_world()
    for name, content in (("a.csv", samples.CSV), ("b.pdf", samples.pdf())):
        upload = samples.upload(name, content)
        version = services.store(upload, organisation=world.jana.organisation, actor=world.jana)
        check_version(version.pk)
    assert cleanup.sweep().refused == ""

    backup = backing_up.back_up(destination, lambda line: None)
    there = {"MEDIA_STORAGE": BACKEND, "MEDIA_STORAGE_OPTIONS": json.dumps(options(store, "second"))}
    restored = elsewhere.manage("restore", destination, **there)
    assert restored.returncode == 0, restored.stderr
    verified = elsewhere.manage("verify_documents", **there)
    # The restored database is not the one to which the first bucket belongs.
    foreign = {**there, "MEDIA_STORAGE_OPTIONS": json.dumps(options(store, "first"))}
    refused = elsewhere.manage("cleanup_uploads", **foreign)

    first, second = files_in(store, "first"), files_in(store, "second")
    owners = first.pop("store-identity.json"), second.pop("store-identity.json")
    assert first == second == {file.key: samples.stored(file.key) for file in backup.files()}
    assert len(first) == 5  # two files, a page of one, and a copy of each
    assert owners[0] != owners[1]
    assert "All 2 versions are what was stored." in verified.stdout
    assert "No file is deleted" in refused.stderr
