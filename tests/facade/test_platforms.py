"""Elsewhere there are no forks, no poll, no interruptible locks: everything works all the same."""

from __future__ import annotations

import pytest

from .scripts import PRELUDE, Server, run_script

WITHOUT = {
    "fork hooks": "import logging, os, random, aiohttp\ndel os.register_at_fork",
    "poll": "import selectors, select\ndel selectors.PollSelector, select.poll",
    "epoll": "import selectors, select\ndel selectors.EpollSelector, select.epoll",
    "all of these (Windows)": """
import os, select, selectors, socket, sys
import asyncio, concurrent.futures, multiprocessing, ssl, subprocess, tempfile
import aiohttp
del os.register_at_fork, os.fork, selectors.PollSelector, select.poll
selectors.DefaultSelector = selectors.SelectSelector
sys.platform = "win32"
""",
}


@pytest.mark.parametrize("missing", WITHOUT)
def test_a_platform_without(server: Server, missing: str) -> None:
    code = """
    with autumn() as client:
        threads = [threading.Thread(target=check, args=(client,)) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        check(client, "slow")  # longer than one wait for a lock may take on Windows
        print([customer.id for customer in client.customers.list()][-1])
    """
    prelude = f"{WITHOUT[missing]}\n{PRELUDE}"
    assert run_script(code, url=server.url, prelude=prelude).quietly().out == "cus_5\n"
