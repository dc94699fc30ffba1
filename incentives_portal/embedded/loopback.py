"""Tell whether a portal can be reached from its own machine only."""

from collections.abc import Sequence
from urllib.parse import urlsplit

LOOPBACK = {"localhost", "127.0.0.1", "[::1]", "::1"}


def is_loopback_only(allowed_hosts: Sequence[str], portal_url: str) -> bool:
    """Return whether every allowed host is the loopback.

    ``*`` and ``.example.com`` are not, and neither is an empty list.
    """
    hosts = [*allowed_hosts, urlsplit(portal_url).hostname or ""]
    return bool(allowed_hosts) and all(host in LOOPBACK or host.endswith(".localhost") for host in hosts)
