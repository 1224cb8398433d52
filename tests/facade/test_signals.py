"""Anything may be raised while a caller waits: by Ctrl-C, an alarm, a worker's time limit.

It comes through at once, the call is cancelled and cleaned up, and the next one works.
"""

from __future__ import annotations

import signal
import sys

import pytest

from .scripts import Server, run_script, several

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals here")

HANDLERS = {
    "KeyboardInterrupt": (signal.SIGINT, ""),
    "an alarm's handler": (
        signal.SIGALRM,
        """
        class TooLong(Exception): pass
        def handler(*_): raise TooLong
        signal.signal(signal.SIGALRM, handler)
        """,
    ),
    "a time limit that isn't an Exception": (
        signal.SIGUSR1,
        """
        class SoftLimit(BaseException): pass
        def handler(*_): raise SoftLimit
        signal.signal(signal.SIGUSR1, handler)
        """,
    ),
    "sys.exit": (signal.SIGTERM, "signal.signal(signal.SIGTERM, lambda *_: sys.exit(3))"),
}

INTERRUPTED = """
seen = []
signal.signal(signal.SIGUSR2, lambda *_: seen.append(True))
client = autumn(timeout_ms=60_000, deadline_ms=60_000)
check(client)
try:
    check(client, "hang")
except BaseException as error:
    print(type(error).__name__)
while not seen: time.sleep(0.01)
check(client, "after")
client.close()
print("done")
"""


@several()
@pytest.mark.parametrize("raised", HANDLERS)
def test_what_a_signal_handler_raises(server: Server, raised: str, attempt: int) -> None:
    number, handler = HANDLERS[raised]
    done = run_script(
        f"{_dedented(handler)}{INTERRUPTED}",
        url=server.url,
        signals=[
            (number, lambda: "hang" in server.customers()),
            (signal.SIGUSR2, lambda: server.hang_ups),  # it saw that nobody waits any longer
        ],
    ).quietly()
    expected = ["KeyboardInterrupt", "TooLong", "SoftLimit", "SystemExit"]
    assert done.out == f"{expected[list(HANDLERS).index(raised)]}\ndone\n"
    assert server.customers() == ["cus", "hang", "after"]


@several(5)
def test_ctrl_c_at_any_moment(server: Server, attempt: int) -> None:
    """Interrupts again and again, wherever the program happens to be."""
    code = """
    client = autumn()
    check(client)
    interrupts = 0
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    while interrupts < 100:
        try:
            # Again after a while, in case the first is raised in a finalizer, which swallows it.
            signal.setitimer(signal.ITIMER_REAL, 0.0005 + interrupts % 20 * 0.0002, 0.5)
            while True:
                assert check(client, "again").customer_id == "again"
        except KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, 0)
            interrupts += 1
    check(client, "after")
    client.close()
    """
    run_script(code, url=server.url).quietly()
    assert server.customers()[-1] == "after"


@several(3)
def test_ctrl_c_during_the_first_call(server: Server, attempt: int) -> None:
    """While the thread is being started, too."""
    code = f"""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    client = autumn()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.0002 + {attempt} * 0.0002)
        while True:
            check(client)
    except KeyboardInterrupt:
        pass
    check(client, "after")
    client.close()
    """
    run_script(code, url=server.url).quietly()
    assert server.customers()[-1] == "after"


def test_a_second_ctrl_c_cuts_the_cleanup_short(server: Server) -> None:
    code = """
    import aiohttp
    stuck = threading.Event()
    async def clean_up_for_ever(request, handler):
        try:
            return await handler(request)
        finally:
            stuck.set()
            await asyncio.sleep(60)
    def session(): return aiohttp.ClientSession(middlewares=[clean_up_for_ever])
    client = autumn(session=session, timeout_ms=60_000, deadline_ms=60_000)
    def second():
        stuck.wait()
        started.append(time.monotonic())
        os.kill(os.getpid(), signal.SIGINT)
    started = []
    threading.Thread(target=second).start()
    try:
        check(client, "hang")
    except KeyboardInterrupt:
        print("interrupted", time.monotonic() - started[0] < 1.5)
    with autumn() as other:
        check(other, "after")
    """
    done = run_script(
        code, url=server.url, signals=[(signal.SIGINT, lambda: server.requests)]
    ).quietly()
    assert done.out == "interrupted True\n"


def test_a_cleanup_that_does_not_end_is_not_waited_for(server: Server) -> None:
    code = """
    import aiohttp
    async def clean_up_for_ever(request, handler):
        try:
            return await handler(request)
        finally:
            await asyncio.sleep(60)
    def session(): return aiohttp.ClientSession(middlewares=[clean_up_for_ever])
    client = autumn(session=session, timeout_ms=60_000, deadline_ms=60_000)
    try:
        check(client, "hang")
    except KeyboardInterrupt:
        print("interrupted")
    with autumn() as other:
        check(other, "after")
    """
    done = run_script(
        code, url=server.url, signals=[(signal.SIGINT, lambda: server.requests)]
    ).quietly()
    assert done.out == "interrupted\n"


def test_cleanup_has_run_when_the_interrupt_arrives(server: Server) -> None:
    code = """
    import aiohttp
    steps = []
    async def slow_to_clean_up(request, handler):
        try:
            return await handler(request)
        finally:
            await asyncio.sleep(0.2)
            steps.append("clean")
    def session(): return aiohttp.ClientSession(middlewares=[slow_to_clean_up])
    with autumn(session=session) as client:
        try:
            check(client, "hang")
        except KeyboardInterrupt:
            steps.append("interrupted")
    print(steps)
    """
    done = run_script(
        code, url=server.url, signals=[(signal.SIGINT, lambda: server.requests)]
    ).quietly()
    assert done.out == "['clean', 'interrupted']\n"


def test_a_handler_that_makes_a_call_itself(server: Server) -> None:
    code = """
    client = autumn()
    signal.signal(signal.SIGUSR1, lambda *_: print(check(client, "inner").customer_id))
    print(check(client, "slow").customer_id)
    client.close()
    """
    done = run_script(
        code, url=server.url, signals=[(signal.SIGUSR1, lambda: "slow" in server.customers())]
    ).quietly()
    assert done.out == "inner\nslow\n"


@several(3)
def test_a_handler_that_makes_the_first_call(server: Server, attempt: int) -> None:
    """It may come while the interrupted code makes the first call, and starts the thread."""
    code = f"""
    client = autumn()
    signal.signal(signal.SIGALRM, lambda *_: check(client, "inner"))
    signal.setitimer(signal.ITIMER_REAL, 0.0002 + {attempt} * 0.0003)
    check(client, "outer")
    while signal.getitimer(signal.ITIMER_REAL)[0]: time.sleep(0.001)
    check(client, "after")
    while len(loop_threads()) > 1: time.sleep(0.001)
    client.close()
    """
    run_script(code, url=server.url).quietly()
    assert sorted(server.customers()) == ["after", "inner", "outer"]


@pytest.mark.parametrize("kind", ["KeyboardInterrupt", "SystemExit", "GeneratorExit"])
def test_what_ends_a_loop_raised_inside_the_call(server: Server, kind: str) -> None:
    """By a middleware, a session factory, a source of keys, or a task that one of them made."""
    code = f"""
    import aiohttp
    async def middleware(request, handler): raise {kind}("inside")
    def session(): return aiohttp.ClientSession(middlewares=[middleware])
    async def background(): raise {kind}("in the background")
    async def factory():
        tasks.append(asyncio.create_task(background()))
        await asyncio.sleep(0)
        return aiohttp.ClientSession()
    async def key(): raise {kind}("no key")
    tasks = []
    for broken in (autumn(session=session), Autumn(key, **OPTIONS)):
        try:
            check(broken)
        except {kind} as error:
            print(error)
        broken.close()
    with autumn(session=factory) as client:
        print(check(client).customer_id)
        print(check(client).customer_id)
    try: tasks[0].result()
    except BaseException as error: print(error)
    """
    done = run_script(code, url=server.url).quietly()
    assert done.out == "inside\nno key\ncus\ncus\nin the background\n"


def test_an_interrupted_lookup_of_a_name_does_not_hold_up_the_exit() -> None:
    code = """
    import socket
    looked_up = threading.Event()
    def getaddrinfo(*_, **__):
        looked_up.set()
        time.sleep(60)
    socket.getaddrinfo = getaddrinfo
    def interrupt(): looked_up.wait(); os.kill(os.getpid(), signal.SIGINT)
    threading.Thread(target=interrupt).start()
    client = autumn()
    try:
        check(client)
    except KeyboardInterrupt:
        print("interrupted")
    """
    done = run_script(code, url="http://far.example").quietly()
    assert done.out == "interrupted\n"


def _dedented(code: str) -> str:
    lines = code.strip("\n").splitlines()
    base = len(lines[0]) - len(lines[0].lstrip()) if lines else 0
    return "\n".join(line[base:] for line in lines)
