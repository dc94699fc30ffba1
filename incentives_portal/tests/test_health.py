from datetime import timedelta

import pytest
from celery import current_app
from django.core.mail import EmailMessage
from django.test import Client
from kombu.exceptions import OperationalError

from incentives_portal import clock, health
from incentives_portal.outbox.backend import OutboxBackend


def test_living_process_says_so_without_a_database(client: Client) -> None:
    response = client.get("/livez")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert "no-store" in response["Cache-Control"]


@pytest.mark.django_db
def test_ready_portal_says_how_old_its_oldest_waiting_message_is(client: Client) -> None:
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "ok",
        "database": "ok",
        "migrations": "ok",
        "broker": "ok",
        "messages": "ok: oldest waiting 0 s",
        "files": "ok: oldest waiting 0 s",
    }


@pytest.mark.django_db
def test_healthy_portal_says_so_whether_or_not_it_is_ready(client: Client) -> None:
    response = client.get("/healthz")
    assert response.status_code == 200
    assert [*response.json()] == ["status", "database", "messages", "files"]


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/readyz"])
def test_n10_w13_message_that_waits_too_long_is_reported(client: Client, address: str) -> None:
    with clock.at(clock.now() - timedelta(seconds=health.LATE_SECONDS - 10)):
        EmailMessage("Hello", "Words", to=["jana.petersen@nordlicht.example"], connection=OutboxBackend()).send()
    assert client.get(address).status_code == 200
    with clock.at(clock.now() + timedelta(seconds=11)):
        response = client.get(address)
    assert response.status_code == 503
    assert response.json()["messages"].startswith("failed: oldest waiting 30")


@pytest.mark.django_db
def test_broker_that_is_gone_is_named_without_its_address(client: Client) -> None:
    broker = current_app.conf.broker_url
    current_app.conf.broker_url = "redis://:secret@127.0.0.1:1/0"
    try:
        response = client.get("/readyz")
    finally:
        current_app.conf.broker_url = broker
    assert response.status_code == 503
    assert response.json()["broker"] == f"failed: {OperationalError.__name__}"


@pytest.mark.parametrize("address", ["/livez", "/healthz", "/readyz"])
def test_health_is_read_only(client: Client, address: str) -> None:
    assert client.post(address).status_code == 405
