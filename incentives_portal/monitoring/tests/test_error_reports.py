"""SENTRY_DSN is optional, and so is the library it needs."""

import sys
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from incentives_portal.monitoring.apps import start_error_reports

DSN = "https://key@errors.example.com/1"


def test_without_the_setting_nothing_is_imported(monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)

    start_error_reports()


def test_with_the_setting_errors_go_there_without_what_people_typed(settings, monkeypatch):
    started = []
    monkeypatch.setitem(sys.modules, "sentry_sdk", SimpleNamespace(init=lambda **given: started.append(given)))
    settings.SENTRY_DSN = DSN

    start_error_reports()

    assert started == [
        {"dsn": DSN, "send_default_pii": False, "max_request_body_size": "never", "include_local_variables": False}
    ]


def test_setting_without_the_library_is_said_in_words(settings, monkeypatch):
    monkeypatch.setitem(sys.modules, "sentry_sdk", None)
    settings.SENTRY_DSN = DSN

    with pytest.raises(ImproperlyConfigured, match="pip install sentry-sdk"):
        start_error_reports()
