"""Instructions for a call, counted by valgrind's callgrind: the same on every run, noise or not.

Two runs of different length are subtracted, so that what a process does once drops out.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator

from ..environments import clean_environment
from ..rows import SHARE, Row
from ..workers import AIOHTTP, HTTP_CLIENT, OURS_ASYNC, OURS_SYNC, Variant
from . import Bench

SHORT, LONG = 100, 900
"""Calls in the two runs."""


def rows(bench: Bench) -> Iterator[Row]:
    """`check`, async in one task, sync in 1 and 8 threads."""
    if shutil.which("valgrind") is None:
        raise RuntimeError("instructions are counted by valgrind, which isn't installed")
    url = bench.server.url
    yield _row("async check", OURS_ASYNC, AIOHTTP, url, 1, 1.10)
    yield _row("sync check, 1 thread", OURS_SYNC, HTTP_CLIENT, url, 1, None)
    yield _row("sync check, 8 threads", OURS_SYNC, HTTP_CLIENT, url, 8, None)


def _row(
    what: str, ours: Variant, peer: Variant, url: str, at_once: int, target: float | None
) -> Row:
    counts = [_per_call(variant, url, at_once) / 1000 for variant in (ours, peer)]
    unit = "thousand instructions"
    return Row(what, peer.name, counts[:1], counts[1:], unit, SHARE, target)


def _per_call(variant: Variant, url: str, at_once: int) -> float:
    short, long = (_count(variant, url, calls, at_once) for calls in (SHORT, LONG))
    return (long - short) / (LONG - SHORT)


def _count(variant: Variant, url: str, calls: int, at_once: int) -> int:
    """Instructions of a whole process that makes so many calls."""
    order = {"operation": "check", "calls": calls, "at_once": at_once, "timed": False}
    done = subprocess.run(
        ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", *variant.command(url)],
        input=json.dumps(order) + "\n",
        capture_output=True,
        text=True,
        check=True,
        env=clean_environment(),
    )
    found = re.search(r"Collected\s*:\s*(\d+)", done.stderr)
    assert found is not None, done.stderr
    return int(found[1])
