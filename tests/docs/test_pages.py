"""The code on the pages of the documentation does what they say, against the emulator."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from autumn_async import Autumn
from autumn_async.cli.app import autumn as command
from autumn_async.emulator import Emulator

from .pages import PAGES, Block, blocks, blocks_of, guide

pytestmark = pytest.mark.once

SHOWN = re.compile(r"^ *print\(.*\)  # (.+)$", re.MULTILINE)
"""What a line says that it prints."""

PYTEST = ["-m", "pytest", "-q", "-o", "asyncio_default_fixture_loop_scope=function"]
"""How a block is run that is a test itself."""

OTHER_COMMANDS = {"curl", "export", "gunicorn", "pip", "pytest", "python", "uvicorn"}
"""Commands that the pages may show besides our own."""


@pytest.fixture
def _emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """An Autumn with one customer, who has 100 messages."""
    with Emulator() as emulator:
        monkeypatch.setenv("AUTUMN_BASE_URL", emulator.url)
        monkeypatch.setenv("AUTUMN_SECRET_KEY", emulator.secret_key)
        with Autumn() as autumn:
            autumn.features.create(
                feature_id="messages", name="Messages", type_="metered", consumable=True
            )
            autumn.customers.get_or_create(customer_id="cus_123")
            autumn.balances.create(customer_id="cus_123", feature_id="messages", included_grant=100)
        yield


@pytest.mark.usefixtures("_emulator")
@pytest.mark.parametrize("block", blocks("python"), ids=str)
def test_block_runs_and_prints_what_it_says(block: Block, tmp_path: Path) -> None:
    """In a process of its own, with warnings as errors, as somebody would who copies it."""
    for earlier in blocks_of(block.page)[: block.number]:
        if earlier.title:
            (tmp_path / earlier.title).write_text(earlier.code)
    (tmp_path / block.file).write_text(block.code)
    program = PYTEST if block.file.startswith("test_") else []
    done = subprocess.run(
        [sys.executable, "-W", "error", *program, block.file],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    shown = SHOWN.findall(block.code)
    assert not shown or done.stdout.splitlines() == shown


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_commands_exist(block: Block) -> None:
    for line in block.code.splitlines():
        words = [word for word in shlex.split(line, comments=True) if not is_assignment(word)]
        for program, *arguments in _split(words):
            assert program in OTHER_COMMANDS or program == "autumn", line
            if program == "autumn":
                _require_options(arguments)


@pytest.mark.parametrize("page", guide())
def test_no_block_is_left_out(page: str) -> None:
    """Each fence opens or closes a block that the tests above have read."""
    text = (PAGES / f"{page}.md").read_text("utf-8")
    assert text.count("```") == 2 * len(blocks_of(page))


def test_every_page_of_the_guide_has_code() -> None:
    pages = {block.page for block in blocks("python")}
    assert pages >= {page for page in guide() if "/" not in page} - {"performance"}


def is_assignment(word: str) -> bool:
    """Whether a word sets a variable for the command after it."""
    return re.match(r"[A-Z_]+=", word) is not None


def _split(words: list[str]) -> Iterator[list[str]]:
    """The commands of a line, which `&&` and `&` part."""
    while words:
        end = min((words.index(mark) for mark in ("&&", "&") if mark in words), default=len(words))
        yield words[:end]
        words = words[end + 1 :]


def _require_options(arguments: list[str]) -> None:
    """That our command has these subcommands and options."""
    group: click.Command = command
    while isinstance(group, click.Group) and arguments[0] in group.commands:
        group, arguments = group.commands[arguments[0]], arguments[1:]
    assert not isinstance(group, click.Group), f"no such command: {arguments}"
    known = CliRunner().invoke(group, ["--help"]).output
    for option in arguments:
        assert not option.startswith("--") or option in known.split(), option
