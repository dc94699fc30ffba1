"""How a line of the security log looks, whatever is put into it. Which events are logged: test_security_events.py."""

import json
import logging
import logging.handlers

import pytest
from django.conf import settings as configured
from django.test import RequestFactory

from incentives_portal.accounts.security_log import MAX_LINE, Action, client_address, fingerprint, logger, record
from incentives_portal.request_context import current_request, known_user, mask_secrets


@pytest.fixture
def lines(security_log):
    return security_log.texts


def test_a_line_without_a_request_has_every_field(lines):
    record(Action.FACTORS_REENCRYPTED, rows=3, kinds=["totp"])

    event = json.loads(lines[0])
    assert list(event) == [
        "time", "action", "outcome", "user", "email", "organisation", "address", "request_id", "details",
    ]  # fmt: skip
    assert event["time"].endswith("+00:00")
    assert (event["action"], event["outcome"], event["user"], event["address"]) == (
        "factors.reencrypted",
        "success",
        None,
        None,
    )
    assert event["details"] == {"rows": 3, "kinds": ["totp"]}


@pytest.mark.django_db
def test_a_user_is_named_by_id_address_and_organisation(world, lines, django_assert_num_queries):
    with django_assert_num_queries(0):
        record(Action.ROLE_GIVEN, user=world.elif_, target=world.owen, role="partner.global_admin")

    event = json.loads(lines[0])
    assert (event["user"], event["email"], event["organisation"]) == (
        str(world.elif_.public_id),
        world.elif_.email,
        world.elif_.organisation.name,
    )
    assert event["details"]["target"] == {"id": str(world.owen.public_id), "email": world.owen.email}


@pytest.mark.parametrize(
    "bad", ["a\nb", "a\r\nb", "\x1b[31mred", "\x9b2J", "\u2028", "\x7f", "\x00", "\u202e"], ids=ascii
)
def test_nothing_in_a_value_breaks_the_line_or_moves_a_cursor(lines, bad):
    record(Action.REFUSED, path=bad)

    [line] = lines
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line)["details"]["path"] == bad


def test_long_values_are_cut_and_so_are_long_lines(lines):
    record(Action.REFUSED, path="ä" * 100_000)
    record(Action.REFUSED, **{f"value_{n}": "ä" * 500 for n in range(20)})

    assert json.loads(lines[0])["details"]["path"] == "ä" * 200 + "…"
    assert json.loads(lines[1])["details"] == {"cut": True}
    assert all(len(line) <= MAX_LINE for line in lines)


def test_line_of_the_greatest_length_is_whole(lines):
    def details(missing):
        return {f"value_{n}": "x" * 200 for n in range(10, 27)} | {"last": "x" * missing}

    record(Action.REFUSED, **details(0))
    missing = MAX_LINE - len(lines[0])
    record(Action.REFUSED, **details(missing))
    record(Action.REFUSED, **details(missing + 1))

    assert 0 < missing < 200
    assert len(lines[1]) == MAX_LINE
    assert json.loads(lines[2])["details"] == {"cut": True}


def test_the_request_at_work_is_found_by_code_that_was_handed_none(lines):
    request = RequestFactory().get("/", REMOTE_ADDR="192.0.2.7")
    request.request_id = "the id"
    token = current_request.set(request)
    record(Action.SIGN_OUT)
    current_request.reset(token)

    event = json.loads(lines[0])
    assert (event["address"], event["request_id"]) == ("192.0.2.7", "the id")


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "198.51.100.1", "10.0.0.1"),
        (1, "198.51.100.1, 203.0.113.7", "203.0.113.7"),
        (2, "198.51.100.1, 203.0.113.7", "198.51.100.1"),
        (2, "203.0.113.7", None),
    ],
)
def test_the_address_is_that_of_the_rate_limits(settings, proxies, header, address):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    request = RequestFactory().get("/", REMOTE_ADDR="10.0.0.1", headers={"x-forwarded-for": header})

    assert client_address(request) == address


def test_a_request_whose_user_was_never_read_is_not_asked_for_one():
    request = RequestFactory().get("/")

    assert known_user(request) is None


def test_a_typed_name_leaves_a_fingerprint_of_this_portal_only(settings):
    first = fingerprint("a password typed into the wrong field")
    settings.SECRET_KEY = "another key"

    assert len(first) == 12
    assert fingerprint("a password typed into the wrong field") != first


def test_links_of_reset_mails_are_masked():
    assert (
        mask_secrets("/accounts/password/reset/key/4-cpk2ab-0123/ and more")
        == "/accounts/password/reset/key/-/ and more"
    )


def test_a_file_is_reopened_after_logrotate_has_moved_it(tmp_path):
    path = tmp_path / "security.log"
    handler = logging.handlers.WatchedFileHandler(path, encoding="utf-8", delay=True)
    logger.addHandler(handler)
    try:
        record(Action.SIGN_OUT)
        path.rename(tmp_path / "security.log.1")
        record(Action.SIGN_IN)
    finally:
        logger.removeHandler(handler)
        handler.close()

    assert json.loads((tmp_path / "security.log.1").read_text())["action"] == "sign_out"
    assert json.loads(path.read_text())["action"] == "sign_in"


def test_every_action_is_described():
    text = (configured.BASE_DIR / "docs" / "logs.md").read_text(encoding="utf-8")

    assert [action for action in Action if f"`{action}`" not in text] == []
