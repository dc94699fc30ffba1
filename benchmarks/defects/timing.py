"""A pytest plugin that writes the seconds of each test to the file named by TEST_SECONDS."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest

_seconds: Counter[str] = Counter()


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    _seconds[report.nodeid] += report.duration


def pytest_sessionfinish(session: pytest.Session) -> None:
    if not hasattr(session.config, "workerinput"):
        Path(os.environ["TEST_SECONDS"]).write_text(json.dumps(_seconds), encoding="utf-8")
