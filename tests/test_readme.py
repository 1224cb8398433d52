"""What the README shows runs, and what it draws is so."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autumn_async import Autumn, errors
from autumn_async.emulator import Emulator

README = (Path(__file__).parents[1] / "README.md").read_text()
PROGRAMS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        monkeypatch.setenv("AUTUMN_BASE_URL", emulator.url)
        monkeypatch.setenv("AUTUMN_SECRET_KEY", emulator.secret_key)
        with Autumn() as autumn:
            autumn.features.create(
                feature_id="messages", name="Messages", type_="metered", consumable=True
            )
            autumn.customers.get_or_create(customer_id="cus_123")
            autumn.balances.create(customer_id="cus_123", feature_id="messages", included_grant=100)
        yield emulator


@pytest.mark.parametrize("number", range(len(PROGRAMS)))
def test_program_runs(number: int, emulator: Emulator, tmp_path: Path) -> None:
    """In a process of its own, with warnings as errors, as somebody would who copies it."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", PROGRAMS[number]],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert "Error" not in done.stderr


def test_there_are_programs() -> None:
    assert len(PROGRAMS) >= 8


def test_the_error_tree_is_the_real_one() -> None:
    """The module's docstring is compared with the classes elsewhere; the README repeats it."""
    drawn = (errors.__doc__ or "").split("\n\n")[1]
    assert re.sub(r"\s+", " ", drawn) in re.sub(r"\s+", " ", README)


def test_the_commands_that_need_nothing_before_them() -> None:
    lines = [line.strip() for line in README.splitlines()]
    assert 'pip install ".[cli]" && autumn demo' in lines
    assert 'pip install ".[test]" && pytest' in lines
