"""How callers are woken up: a lone one by a chime, several by locks, and nobody too soon."""

from __future__ import annotations

import asyncio
import gc
import os
from concurrent.futures import ThreadPoolExecutor
from contextvars import Context
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from autumn_async import portal
from autumn_async.waking import CAN_CHIME, Chime

pytestmark = pytest.mark.skipif(not CAN_CHIME, reason="locks do it all on this platform")


async def said(what: object, after: float = 0.0) -> object:
    """A call, as far as the portal is concerned."""
    await asyncio.sleep(after)
    return what


def run(what: object, after: float = 0.0) -> portal.Job[object]:
    """Runs it on the private loop, from here."""
    return portal.current().run(lambda: said(what, after), Context())


class Interrupted(Exception):
    """Raised by a signal handler, as it were."""


def interrupt_next_wait(patch: pytest.MonkeyPatch) -> None:
    """Has something raised where a caller waits, and gives its call no time to clean up."""

    def interrupted(here: portal.Portal, job: portal.Job[Any]) -> None:
        raise Interrupted

    patch.setattr(portal.Portal, "_wait", interrupted)
    patch.setattr(portal, "CLEANUP_SECONDS", 0.0)


def test_a_lone_caller_waits_for_the_same_chime_each_time() -> None:
    first = run(1)
    assert isinstance(first.lock, Chime)
    assert run(2).lock is first.lock


def test_of_several_callers_one_has_the_chime() -> None:
    all_in = Barrier(4)

    async def meet() -> None:
        await asyncio.to_thread(all_in.wait, 30)

    def work(_: int) -> portal.Job[None]:
        return portal.current().run(meet, Context())

    with ThreadPoolExecutor(3) as threads:
        working = threads.map(work, range(3))
        all_in.wait(30)
        assert sum(isinstance(job.lock, Chime) for job in working) == 1


def test_a_ring_that_comes_late_wakes_up_nobody_else() -> None:
    for number in range(20):
        with pytest.MonkeyPatch.context() as patch:
            interrupt_next_wait(patch)
            with pytest.raises(Interrupted):
                run("interrupted")
        job = run(number, 0.001)
        assert job.done
        assert job.value == number
        assert isinstance(job.lock, Chime)


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="needs Linux's list of open files")
def test_interrupted_callers_leave_no_files_open() -> None:
    run("first")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with pytest.MonkeyPatch.context() as patch:
            interrupt_next_wait(patch)
            with pytest.raises(Interrupted):
                run("interrupted")
        run("after")
    gc.collect()
    assert len(os.listdir("/proc/self/fd")) <= before + 2


def test_a_lock_does_where_no_more_files_can_be_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def full() -> Any:
        raise OSError(24, "Too many open files")

    monkeypatch.setattr(portal.current(), "_chimes", [None])
    with monkeypatch.context() as patch:
        patch.setattr(os, "pipe", full)
        job = run("all the same")
    assert job.value == "all the same"
    assert not isinstance(job.lock, Chime)
    assert isinstance(run("later").lock, Chime)


def test_a_chime_that_nobody_rings_says_so() -> None:
    chime = Chime()
    assert not chime.acquire(timeout=0.001)
    chime.release()
    assert chime.acquire(timeout=30)
    assert not chime.acquire(timeout=0)


def test_one_that_was_interrupted_while_it_was_made_closes_nothing() -> None:
    half = Chime.__new__(Chime)
    half.__del__()
