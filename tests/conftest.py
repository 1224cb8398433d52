"""What holds for all tests."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

ALLOWED_SKIPS = Path(__file__).with_name("allowed_skips.txt")

KEPT = ("AUTUMN_SHARED", "AUTUMN_OFFICIAL_PYTHON", "AUTUMN_OFFICIAL_1_2_PYTHON")
"""What tells the tests where to find things."""


def pytest_configure() -> None:
    """Whoever runs the tests in the background may ignore Ctrl-C; their programs must not."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings of whoever runs the tests must not decide what they show."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    for name in list(os.environ):
        if name.startswith("AUTUMN_") and name not in KEPT:
            monkeypatch.delenv(name)
        if name.lower().endswith("_proxy") or name in ("SSL_CERT_FILE", "SSL_CERT_DIR"):
            monkeypatch.delenv(name)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """With `AUTUMN_FAIL_ON_SKIP`, a skip that `allowed_skips.txt` doesn't list is a failure."""
    if not os.environ.get("AUTUMN_FAIL_ON_SKIP") or hasattr(session.config, "workerinput"):
        return  # workers of pytest-xdist have no report: the process that has it looks at all
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    assert reporter is not None
    unlisted = list(_unlisted(reporter.stats.get("skipped", [])))
    for line in unlisted:
        reporter.write_line(f"skipped, and not on the list of allowed skips: {line}", red=True)
    if unlisted and session.exitstatus == 0:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _unlisted(reports: list[pytest.TestReport]) -> Iterator[str]:
    lines = ALLOWED_SKIPS.read_text().splitlines()
    allowed = [line for line in lines if line and not line.startswith("#")]
    for report in reports:
        text = f"{report.nodeid}: {report.longrepr[2] if report.longrepr else ''}"
        if not any(re.search(pattern, text) for pattern in allowed):
            yield text
