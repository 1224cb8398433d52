"""The end of the interpreter: quiet, prompt, with a clear error for calls that come too late."""

from __future__ import annotations

import signal
import sys

import pytest

from .scripts import Server, run_script, several

LATE = "the interpreter is shutting down; no more calls can be made"
AT_EXIT = ("cus\n",) if sys.version_info < (3, 12) else ("cus\n", f"{LATE}\n")


ENDINGS = {
    "with close": "client.close()",
    "without close": "",
    "with another that made no call": "other = autumn()",
    "dropped just before": "warnings.simplefilter('ignore'); del client",
    "after an error": """
    try: check(client, "missing")
    except errors.AutumnError: pass
    """,
    "after a call in a thread": """
    thread = threading.Thread(target=check, args=(client,))
    thread.start()
    thread.join()
    """,
    "with the client in a cycle": "client.itself = client",
    "with the client in a thread's local": "threading.local().client = client",
    "by sys.exit": "sys.exit()",
    "with pages half read": "customers = iter(client.customers.list()); next(customers)",
    "with the last page kept": "page = client.customers.list()",
    "with an error kept": """
    try: check(client, "missing")
    except errors.AutumnError as error: kept = error
    """,
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_exit(either_server: Server, ending: str) -> None:
    """A client that lives to the end needs no close: it's closed then."""
    code = f"client = autumn()\ncheck(client)\n{_dedented(ENDINGS[ending])}"
    run_script(code, url=either_server.url).quietly()
    assert either_server.open_connections == 0


def test_exit_after_an_error_that_nobody_caught(server: Server) -> None:
    done = run_script("check(autumn(), 'missing')", url=server.url, flags=("-X", "dev"))
    assert done.code == 1
    assert done.err.endswith("CustomerNotFoundError: no such customer\n") or "missing" in done.err
    assert "unclosed" not in done.err.lower()
    assert "ignored" not in done.err


def test_exit_while_a_thread_is_in_a_call(server: Server) -> None:
    """Python waits for threads, so the call comes to its end."""
    code = """
    client = autumn()
    check(client)
    def work(): print(check(client, "slow").customer_id)
    threading.Thread(target=work).start()
    """
    assert run_script(code, url=server.url).quietly().out == "slow\n"


@several(3)
def test_exit_while_daemon_threads_are_in_calls(server: Server, attempt: int) -> None:
    """It doesn't wait for them, nor do they get to write an error while stderr is taken away."""
    code = """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    client = autumn(deadline_ms=60_000, timeout_ms=60_000)
    check(client)
    for _ in range(8):
        threading.Thread(target=check, args=(client, "hang"), daemon=True).start()
    while True: time.sleep(1)
    """
    run_script(
        code,
        url=server.url,
        signals=[(signal.SIGTERM, lambda: server.customers().count("hang") == 8)],
    ).quietly()


@several(3)
def test_exit_while_daemon_threads_make_calls(server: Server, attempt: int) -> None:
    code = """
    client = autumn()
    def work():
        try:
            while True: check(client)
        except errors.AutumnSDKError:
            pass  # what a call gets that is made during the exit
    for _ in range(4):
        threading.Thread(target=work, daemon=True).start()
    time.sleep(0.3)
    """
    run_script(code, url=server.url).quietly()


def test_a_daemon_thread_that_is_joined_late_gets_an_error(server: Server) -> None:
    """A handler that was registered before our own runs after it, and may join its worker."""
    code = """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    client = autumn(deadline_ms=60_000, timeout_ms=60_000)
    def work():
        try: check(client, "hang")
        except errors.AutumnSDKError as error: print(error)
    worker = threading.Thread(target=work, daemon=True)
    worker.start()
    while True: time.sleep(1)
    """
    done = run_script(
        code,
        url=server.url,
        signals=[(signal.SIGTERM, lambda: server.requests)],
        prelude="import atexit\natexit.register(lambda: worker.join())\n" + _prelude(),
    ).quietly()
    assert done.out == f"{LATE}\n"


def test_calls_in_atexit_handlers(server: Server) -> None:
    """Those registered after the import run before the thread ends. They may even need to look up
    a name: the answers for `localhost` are forgotten by then."""
    code = """
    def early():
        with autumn() as another:
            print("early", check(another).customer_id, check(client).customer_id)
        client.close()
    atexit.register(early)
    client = autumn()
    check(client)
    """
    prelude = """import atexit
def late():
    from autumn_async import portal
    portal._HEARTBEAT_SECONDS = 1000  # it hears so at once
    try: check(client)
    except errors.AutumnSDKError as error: print("late", error)
    client.close()
    client.close()
atexit.register(late)
"""
    done = run_script(code, url=server.url, prelude=prelude + _prelude()).quietly()
    # Closed by then, so that is what the late one hears, unless it hears of the exit.
    assert done.out.splitlines()[0] == "early cus cus"
    assert done.out.splitlines()[1] == f"late {LATE}"


def test_close_in_a_late_atexit_handler(server: Server) -> None:
    prelude = "import atexit\natexit.register(lambda: (client.close(), print('closed')))\n"
    code = "client = autumn()\ncheck(client)"
    done = run_script(code, url=server.url, prelude=prelude + _prelude()).quietly()
    assert done.out == "closed\n"


@pytest.mark.parametrize("used", [True, False])
def test_a_call_in_a_finalizer_at_the_very_end(server: Server, used: bool) -> None:
    code = f"""
    class Late:
        def __del__(self, check=check, errors=errors, print=print):
            try: check(client)
            except errors.AutumnSDKError as error: print(error)
            client.close()
    client = autumn()
    if {used}: check(client)
    late = Late()
    """
    done = run_script(code, url=server.url).quietly()
    assert done.out == f"{LATE}\n"


def test_the_first_call_in_an_atexit_handler(server: Server) -> None:
    """Some versions of Python start no threads any more by then. Where they do, it works."""
    code = """
    def flush():
        try: print(check(client).customer_id)
        except errors.AutumnSDKError as error: print(error)
    atexit.register(flush)
    client = autumn()
    """
    done = run_script(code, url=server.url).quietly()
    assert done.out in AT_EXIT


def test_the_first_call_in_a_handler_registered_before_the_import(server: Server) -> None:
    prelude = """import atexit
def flush():
    try: print(check(client).customer_id)
    except errors.AutumnSDKError as error: print(error)
atexit.register(flush)
"""
    done = run_script("client = autumn()", url=server.url, prelude=prelude + _prelude()).quietly()
    assert done.out in AT_EXIT


def test_a_call_in_a_finalizer_after_a_late_first_call(server: Server) -> None:
    """The thread that the first call has started is never told of the end, and doesn't see it."""
    prelude = """import atexit
def flush():
    from autumn_async import portal
    portal._HEARTBEAT_SECONDS = 1000
    try: check(client)
    except errors.AutumnSDKError: pass
atexit.register(flush)
"""
    code = """
    class Late:
        def __del__(self, check=check, errors=errors, print=print):
            try: check(client)
            except errors.AutumnSDKError as error: print(error)
            client.close()
    client = autumn()
    late = Late()
    """
    done = run_script(code, url=server.url, prelude=prelude + _prelude(), flags=()).quietly()
    assert done.out == f"{LATE}\n"


def test_an_import_in_an_atexit_handler(server: Server) -> None:
    code = """
    import atexit, os
    def flush():
        from autumn_async import Autumn, errors
        client = Autumn("am_sk_test_x", server_url=os.environ["TEST_URL"])
        try: print(client.check(customer_id="cus", feature_id="f").customer_id)
        except errors.AutumnSDKError as error: print(error)
        client.close()
    atexit.register(flush)
    """
    done = run_script(code, url=server.url, prelude="").quietly()
    assert done.out in AT_EXIT


def test_exit_with_tasks_of_the_user_on_the_private_loop(server: Server) -> None:
    code = """
    import aiohttp
    async def factory():
        tasks.append(asyncio.create_task(asyncio.sleep(60)))
        return aiohttp.ClientSession()
    tasks = []
    client = autumn(session=factory)
    check(client)
    """
    run_script(code, url=server.url).quietly()


def test_exit_is_not_held_up_by_a_cleanup_that_does_not_end(server: Server) -> None:
    code = """
    import aiohttp
    class Slow(aiohttp.TCPConnector):
        async def close(self, **_):
            await asyncio.sleep(60)
    async def factory(): return aiohttp.ClientSession(connector=Slow())
    client = autumn(session=factory)
    check(client)
    """
    run_script(code, url=server.url, flags=()).quietly()


def _prelude() -> str:
    from .scripts import PRELUDE

    return PRELUDE


def _dedented(code: str) -> str:
    lines = code.strip("\n").splitlines()
    base = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    return "\n".join(line[base:] for line in lines)
