"""A forked child inherits the client, its connections and the memory of a thread that is gone.

Whatever it does with them, its parent goes on as before: at once, and on the same connection.
"""

from __future__ import annotations

import errno
import os
import signal
import sys
import textwrap
from collections.abc import Callable

import pytest

from tests.scripted_server import Action, Recorded, Reply

from .scripts import LENIENT, Server, answer, run_script, several

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")

ENDS = {
    "exits": "sys.exit()",
    "exits at once": "os._exit(0)",
    "closes": "client.close()",
    "drops": "del client; gc.collect()",
    "drops after a call": """
    check(client, 'child')
    warnings.simplefilter("ignore")
    del client
    gc.collect()
    """,
    "calls": "check(client, 'child'); client.close()",
    "calls and forks again": """
    check(client, 'child')
    grandchild = os.fork()
    if grandchild == 0:
        check(client, 'grandchild')
        client.close()
        sys.exit()
    assert os.waitpid(grandchild, 0)[1] == 0
    check(client, 'child')
    client.close()
    """,
    "makes its own": """
    own = autumn()
    check(own, 'child')
    own.close()
    """,
}

FORKING = """
client = autumn()
check(client, "parent")
for end in {ends!r}:
    for _ in range(2):
        child = os.fork()
        if child == 0:
            exec(end)
            sys.exit()
        assert os.waitpid(child, 0)[1] == 0, end
        check(client, "parent")
client.close()
"""


def test_the_parent_goes_on_whatever_its_children_do(either_server: Server) -> None:
    run_script(FORKING.format(ends=_each(ENDS)), url=either_server.url).quietly()
    assert either_server.connections_of("parent") == {0}
    assert 0 not in either_server.connections_of("child")
    assert either_server.customers().count("child") == 2 * 5


ASYNC_ENDS = {
    "exits": "",
    "closes": "asyncio.run(client.aclose())",
    "drops": "del client; gc.collect()",
    "calls": """
    async def call_and_close():
        await check(client, 'child')
        await client.aclose()
    asyncio.run(call_and_close())
    """,
}

ASYNC_FORKING = """
async def main():
    global client
    client = async_autumn()
    await check(client, "parent")
    for end in {ends!r}:
        for _ in range(2):
            child = os.fork()
            if child == 0:
                try:
                    exec(end, globals())
                    os._exit(0)
                except BaseException as error:
                    print(repr(error), file=sys.stderr)
                    os._exit(1)
            assert (await asyncio.to_thread(os.waitpid, child, 0))[1] == 0, end
            await check(client, "parent")
    await client.aclose()

asyncio.run(main())
"""


def test_the_async_client_goes_on_in_the_parent(either_server: Server) -> None:
    """Its loop has an epoll set, which the child shares."""
    run_script(ASYNC_FORKING.format(ends=_each(ASYNC_ENDS)), url=either_server.url).quietly()
    assert either_server.connections_of("parent") == {0}
    assert either_server.customers().count("child") == 2


def test_a_child_that_exits_says_nothing_of_an_async_client(server: Server) -> None:
    """The loop of the client is on another thread, so the child comes to a normal end."""
    code = """
    loop = asyncio.new_event_loop()
    threading.Thread(target=loop.run_forever, daemon=True).start()
    client = async_autumn()
    asyncio.run_coroutine_threadsafe(check(client), loop).result()
    child = os.fork()
    if child == 0:
        sys.exit()
    assert os.waitpid(child, 0)[1] == 0
    asyncio.run_coroutine_threadsafe(check(client), loop).result()
    asyncio.run_coroutine_threadsafe(client.aclose(), loop).result()
    os._exit(0)
    """
    run_script(code, url=server.url, flags=LENIENT).quietly()


@several()
def test_a_fork_while_other_threads_are_in_calls(server: Server, attempt: int) -> None:
    code = """
    client = autumn()
    stop = threading.Event()
    def work():
        while not stop.is_set():
            check(client, "parent")
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    children = []
    for _ in range(6):
        time.sleep(0.02)
        child = os.fork()
        if child == 0:
            check(client, "child")
            client.close()
            os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    stop.set()
    for thread in threads: thread.join()
    check(client, "parent")
    client.close()
    """
    run_script(code, url=server.url).quietly()
    assert not server.connections_of("parent") & server.connections_of("child")


def test_a_preloaded_client_serves_in_all_workers(either_server: Server) -> None:
    """As under gunicorn with `--preload`: used by the master, then in workers that it forks."""
    code = """
    client = autumn()
    check(client, "parent")
    def serve(name):
        threads = [threading.Thread(target=check, args=(client, name)) for _ in range(4)]
        for thread in threads: thread.start()
        for thread in threads: thread.join()
        assert len(loop_threads()) == 1
        sys.exit()
    workers = []
    for number in range(3):
        worker = os.fork()
        if worker == 0:
            serve(f"worker {number}")
        workers.append(worker)
    for worker in workers:
        assert os.waitpid(worker, 0)[1] == 0
    check(client, "parent")
    """
    run_script(code, url=either_server.url).quietly()
    assert either_server.connections_of("parent") == {0}
    assert len([name for name in either_server.customers() if "worker" in name]) == 12


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_multiprocessing(server: Server, method: str) -> None:
    code = f"""
    client = autumn()
    def work(name):
        check(client, name)
    if __name__ == "__main__":
        check(client, "parent")
        context = multiprocessing.get_context("{method}")
        workers = [context.Process(target=work, args=("worker",)) for _ in range(2)]
        for worker in workers: worker.start()
        for worker in workers: worker.join()
        assert [worker.exitcode for worker in workers] == [0, 0]
        check(client, "parent")
        client.close()
    """
    # Its own helper processes inherit -W error and warn of themselves.
    run_script(code, url=server.url, flags=LENIENT).quietly()
    assert server.connections_of("parent") == {0}
    assert server.customers().count("worker") == 2


def test_a_fork_that_runs_no_hooks(either_server: Server) -> None:
    """Some servers fork without telling Python.

    They do so while no other thread runs, and so does this one: where a thread waits for Python's
    own lock at that moment, its place in the queue is copied, and the child hangs whatever it runs.
    """
    fork = """\
import ctypes
def fork(fork=ctypes.PyDLL(None).fork):
    time.sleep(0.1)
    return fork()
os.fork = fork
"""
    code = fork + FORKING.format(ends=_each(ENDS, "exits", "closes", "drops", "calls"))
    run_script(code, url=either_server.url).quietly()
    assert either_server.connections_of("parent") == {0}


def test_a_session_of_the_user_can_not_be_shared_with_a_child(server: Server) -> None:
    code = """
    import aiohttp
    async def main():
        async with aiohttp.ClientSession() as session:
            client = async_autumn(session=session)
            await check(client, "parent")
            child = os.fork()
            if child == 0:
                try:
                    asyncio.run(check(client, "child"))
                except errors.AutumnSDKError as error:
                    print(error)
                os._exit(0)
            await asyncio.to_thread(os.waitpid, child, 0)
            await check(client, "parent")
    asyncio.run(main())
    """
    done = run_script(code, url=server.url).quietly()
    assert "forked" in done.out
    assert "make session and client in the child" in done.out


def test_a_client_of_the_child_can_not_use_a_session_of_the_parent(server: Server) -> None:
    code = """
    import aiohttp
    async def use(session):
        await check(async_autumn(session=session), "child")
    async def main():
        async with aiohttp.ClientSession() as session:
            client = async_autumn(session=session)
            await check(client, "parent")
            child = os.fork()
            if child == 0:
                try:
                    asyncio.run(use(session))
                except errors.AutumnSDKError as error:
                    print(error)
                os._exit(0)
            await asyncio.to_thread(os.waitpid, child, 0)
            await check(client, "parent")
    asyncio.run(main())
    """
    done = run_script(code, url=server.url).quietly()
    assert "the session belongs to an event loop" in done.out
    assert server.customers() == ["parent", "parent"]


def test_a_session_of_a_factory_is_made_anew_in_a_child(either_server: Server) -> None:
    code = """
    import aiohttp
    def factory():
        print("made")
        return aiohttp.ClientSession()
    client = autumn(session=factory)
    check(client, "parent")
    child = os.fork()
    if child == 0:
        check(client, "child")
        sys.exit()
    assert os.waitpid(child, 0)[1] == 0
    check(client, "parent")
    client.close()
    """
    done = run_script(code, url=either_server.url).quietly()
    assert done.out == "made\nmade\n"
    assert either_server.connections_of("parent") == {0}


def test_the_numbers_of_inherited_sockets_stay_taken(server: Server) -> None:
    """uvloop keeps the numbers, so a socket that is closed in the child would soon be confused with
    another file; and epoll_ctl on an unconnected socket does nothing to the set of the parent."""
    code = """
    import socket
    from autumn_async.wire import sockets
    client = autumn()
    check(client)
    numbers = [each.fileno() for each in sockets._sockets if each.fileno() >= 0]
    assert numbers
    child = os.fork()
    if child == 0:
        for number in numbers:
            with socket.socket(fileno=number) as inherited:
                try: inherited.getpeername()
                except OSError as error: print(error.strerror)
        os._exit(0)
    os.waitpid(child, 0)
    client.close()
    """
    done = run_script(code, url=server.url).quietly()
    assert set(done.out.splitlines()) == {os.strerror(errno.ENOTCONN)}


def test_a_child_that_closes_all_files(server: Server) -> None:
    """As daemons do when they leave their parent. The numbers are soon those of other files."""
    code = """
    client = autumn()
    check(client, "parent")
    child = os.fork()
    if child == 0:
        os.closerange(3, 256)
        for _ in range(3):
            check(client, "child")
        gc.collect()
        sys.exit()
    assert os.waitpid(child, 0)[1] == 0
    check(client, "parent")
    client.close()
    """
    run_script(code, url=server.url).quietly()
    assert server.connections_of("parent") == {0}
    assert len(server.connections_of("child")) == 1


def test_a_child_with_the_process_id_of_an_ancestor(server: Server) -> None:
    """Once the ancestor has ended, its number may be given out again."""
    code = """
    with autumn() as client:
        check(client, "parent")
        number = os.getpid()
        child = os.fork()
        if child == 0:
            os.getpid = lambda: number
            with autumn() as own: check(own, "child")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    """
    run_script(code, url=server.url).quietly()
    assert server.customers() == ["parent", "child"]


@pytest.mark.skipif(sys.platform != "linux", reason="there is no epoll here")
def test_the_private_loop_has_nothing_in_the_kernel_that_a_child_would_share(
    server: Server,
) -> None:
    code = """
    client = autumn()
    check(client)
    files = [os.readlink(f"/proc/self/fd/{name}") for name in os.listdir("/proc/self/fd")[:-1]]
    assert any("socket" in name for name in files)
    assert not any("eventpoll" in name for name in files), files
    client.close()
    """
    run_script(code, url=server.url).quietly()


def test_a_fork_on_the_loop_thread(server: Server) -> None:
    """In a session factory, say, that starts a helper process."""
    code = """
    import aiohttp
    def factory():
        child = os.fork()
        if child == 0:
            with autumn() as own: check(own, "child")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        return aiohttp.ClientSession()
    with autumn() as other, autumn(session=factory) as client:
        check(other, "parent")
        check(client, "with the factory")
        check(other, "parent")
    """
    run_script(code, url=server.url).quietly()
    assert server.connections_of("parent") == {0}
    assert server.customers() == ["parent", "child", "with the factory", "parent"]


def test_a_child_keeps_no_connection_of_its_parent_open(server: Server) -> None:
    """The server must see it when the parent closes, however long the child lives."""
    code = """
    seen = []
    signal.signal(signal.SIGUSR1, lambda *_: seen.append(True))
    client = autumn()
    check(client)
    child = os.fork()
    if child == 0:
        time.sleep(60)
    client.close()
    while not seen: time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    """

    def seen() -> bool:
        return bool(server.requests) and server.open_connections == 0

    run_script(code, url=server.url, signals=[(signal.SIGUSR1, seen)]).quietly()


def test_a_fork_while_the_private_thread_loads_tenacity_waits_for_it() -> None:
    """A child that was forked before could never load it: the module's lock would stay taken."""
    code = """
    import importlib.abc
    begun = threading.Event()

    class Slowly(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name == "tenacity":
                begun.set()
                time.sleep(0.3)

    sys.meta_path.insert(0, Slowly())
    client = autumn()
    caller = threading.Thread(target=check, args=(client, "parent"))
    caller.start()
    begun.wait()
    child = os.fork()
    if child == 0:
        check(client, "child")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    caller.join()
    client.close()
    """
    with Server(_failing_first()) as server:
        run_script(code, url=server.url).quietly()
    assert sorted(server.customers()) == ["child", "child", "parent", "parent"]


def _failing_first() -> Callable[[Recorded], Action]:
    """Answers each customer's first check with a failure that is worth a repeat."""
    seen = set[str]()

    def script(request: Recorded) -> Action:
        customer = request.json["customer_id"]
        if customer in seen:
            return answer(request)
        seen.add(customer)
        return Reply(503, {"message": "down"}, {"retry-after": "0"})

    return script


def _each(ends: dict[str, str], *names: str) -> list[str]:
    """The code of some ends, of all if none is named."""
    return [textwrap.dedent(ends[name]) for name in names or ends]
