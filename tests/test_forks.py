"""A fork waits until nobody is at work whose locks the child would never see released."""

from __future__ import annotations

import time
from threading import Event, Thread

from autumn_async.forks import Rest


def test_a_fork_waits_until_work_has_come_to_a_rest() -> None:
    rest, working, done = Rest(), Event(), list[str]()

    def work() -> None:
        with rest:
            working.set()
            time.sleep(0.2)
            done.append("work")

    thread = Thread(target=work)
    thread.start()
    working.wait()
    rest.before_fork()
    assert done == ["work"]
    rest.after_in_parent()
    thread.join()


def test_in_the_child_others_can_work_at_once() -> None:
    rest, entered = Rest(), Event()

    def work() -> None:
        with rest:
            entered.set()

    rest.before_fork()
    rest.after_in_child()
    thread = Thread(target=work, daemon=True)
    thread.start()
    assert entered.wait(10)
    thread.join()
