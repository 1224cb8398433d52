"""Many threads, one loop: no wake-up is lost, and what can't be had is said, not waited for."""

from __future__ import annotations

from .scripts import Server, run_script, several


@several(1)
def test_no_wake_up_is_lost(server: Server, attempt: int) -> None:
    """Without the heartbeat, which would make up for it, and with threads switched at any point."""
    code = """
    from autumn_async import portal
    portal._HEARTBEAT_SECONDS = 1000
    sys.setswitchinterval(1e-6)
    wrong = []
    async def nothing(answer): return answer
    async def something(answer):
        await asyncio.sleep(0)
        return answer
    def work(number):
        for turn in range(300):
            for call in (nothing, something):
                if client._bridge.run(call, (number, turn)) != (number, turn):
                    wrong.append((number, turn))
    client = autumn()
    threads = [threading.Thread(target=work, args=(number,)) for number in range(32)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not wrong
    client.close()
    """
    run_script(code, url=server.url, flags=()).quietly()


def test_a_wake_up_that_got_lost_is_made_up_for(server: Server) -> None:
    """A signal handler that raises at the wrong moment leaves the loop believed to be awake."""
    code = """
    from autumn_async import portal
    client = autumn()
    check(client)
    portal.current()._asleep = False
    check(client)
    portal.current()._asleep = False
    client.close()
    """
    run_script(code, url=server.url).quietly()


def test_a_loop_that_always_has_something_to_do_serves_others_too(server: Server) -> None:
    code = """
    client, answered = autumn(), threading.Event()
    async def turn_round():
        while not answered.is_set(): await asyncio.sleep(0)
    busy = threading.Thread(target=client._bridge.run, args=(turn_round,))
    busy.start()
    print(check(client).customer_id)
    answered.set()
    busy.join()
    client.close()
    """
    assert run_script(code, url=server.url).quietly().out == "cus\n"


def test_no_thread_to_be_had(server: Server) -> None:
    code = """
    start = threading.Thread.start
    def refuse(thread): raise RuntimeError("can't start new thread")
    threading.Thread.start = refuse
    client = autumn()
    for _ in range(2):
        try: check(client)
        except RuntimeError as error: print(error)
    client.close()
    threading.Thread.start = start
    with autumn() as client: print(check(client).customer_id)
    """
    done = run_script(code, url=server.url).quietly()
    assert done.out == "can't start new thread\n" * 2 + "cus\n"


def test_no_thread_to_be_had_for_looking_up_a_name(server: Server) -> None:
    """Python 3.12 starts none once the interpreter exits; then it is done on the loop."""
    code = """
    with autumn() as another: check(another)
    def refuse(thread): raise RuntimeError("can't start new thread")
    threading.Thread.start = refuse
    with autumn() as client: print(check(client).customer_id)
    """
    assert run_script(code, url=server.url).quietly().out == "cus\n"


def test_the_first_call_imports_nothing(server: Server) -> None:
    """A fork meanwhile would leave the child with a module that is locked for ever."""
    code = """
    client = autumn(debug_logger=logging.getLogger("test"))
    before = set(sys.modules)
    check(client)
    try: check(client, "missing")
    except errors.AutumnError: pass
    assert set(sys.modules) <= before, set(sys.modules) - before
    client.close()
    """
    run_script(code, url=server.url).quietly()


def test_no_sockets_to_be_had(server: Server) -> None:
    code = """
    import socket
    def refuse(*_): raise OSError(24, "Too many open files")
    socketpair, socket.socketpair = socket.socketpair, refuse
    client = autumn()
    for _ in range(2):
        try: check(client)
        except OSError as error: print(error)
    assert not loop_threads()
    socket.socketpair = socketpair
    print(check(client).customer_id)
    client.close()
    """
    # Not quietly: asyncio leaves a loop that it couldn't finish, and in most versions says so.
    done = run_script(code, url=server.url, flags=())
    assert done.code == 0
    assert done.out == "[Errno 24] Too many open files\n" * 2 + "cus\n"


def test_finalizers_that_make_calls(server: Server) -> None:
    """Wherever the collector runs, also while the thread is started: on its thread they are told
    to use the async client, elsewhere they work."""
    code = """
    class Calling:
        def __init__(self): self.itself = self
        def __del__(self):
            try: check(client, "finalizer")
            except RuntimeError as error: assert "its own event loop" in str(error)
    client = autumn()
    gc.set_threshold(20)
    def work():
        for _ in range(15):
            Calling()
            check(client)
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    gc.disable()
    gc.collect()
    client.close()
    """
    run_script(code, url=server.url).quietly()
    assert server.customers().count("cus") == 60
    assert server.customers().count("finalizer") > 0


def test_many_clients_leave_nothing_behind(server: Server) -> None:
    code = """
    from autumn_async import portal
    from autumn_async.wire import sockets, transport
    for _ in range(300):
        with autumn() as client: check(client)
    here = portal.current()
    gc.collect()
    end = time.monotonic() + 5
    while (left := [*here._open, *here._reaping, *here._inbox, *sockets._sessions]):
        assert time.monotonic() < end, left
        time.sleep(0.01)
        gc.collect()
    assert threading.active_count() < 5, threading.enumerate()
    """
    run_script(code, url=server.url).quietly()
