"""Measures the emulator against a bare aiohttp.web handler that answers constant JSON.

    python benchmarks/emulator.py              # about two minutes
    python benchmarks/emulator.py --million    # also a million events, some minutes more

Servers and the load each run in a process of their own. Blocks of requests take turns between the
two servers, and a ratio is the median over rounds of block against block. What is compared is the
server's processor time for each request, user and system: its inverse is how many requests a core
can serve in a second, and it depends less than the clock on what else the machine does. The rates
by the clock stand beside it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

CONNECTIONS = 8
BLOCK = 1500
ROUNDS = 15
KEY = "am_sk_test_benchmark"
FEATURE = {"feature_id": "messages", "name": "Messages", "type": "metered", "consumable": True}
ITEM = {"feature_id": "messages", "included": 10**9, "reset": {"interval": "month"}}
PLAN = {"plan_id": "free", "name": "Free", "auto_enable": True, "items": [ITEM]}


# The servers


async def serve_bare() -> None:
    from aiohttp import web

    with emulated(1) as (gateway, _):
        content = ask(gateway, "balances.check", customer_id="c0", feature_id="messages")

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=content, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/{operation}", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    await obey(runner.addresses[0][1])


async def serve_emulator(customers: int) -> None:
    from autumn_async.emulator import Emulator

    async with Emulator() as emulator:
        furnish(emulator._gateway, customers)
        await obey(int(emulator.url.rpartition(":")[2]))


async def obey(port: int) -> None:
    """Tells the port, then the processor time so far whenever a line comes in."""
    print(port, flush=True)
    ended = asyncio.Event()

    def answer() -> None:
        if sys.stdin.readline():
            print(time.process_time(), flush=True)
        else:
            ended.set()

    asyncio.get_running_loop().add_reader(sys.stdin, answer)
    await ended.wait()


@contextmanager
def emulated(customers: int) -> Iterator[tuple[Any, Any]]:
    from autumn_async.emulator import Emulator

    with Emulator() as emulator:
        furnish(emulator._gateway, customers)
        yield emulator._gateway, emulator


def furnish(gateway: Any, customers: int) -> None:
    ask(gateway, "features.create", **FEATURE)
    ask(gateway, "plans.create", **PLAN)
    for number in range(customers):
        ask(gateway, "customers.get_or_create", customer_id=f"c{number}")


def ask(gateway: Any, operation: str, body: object = None, **fields: object) -> bytes:
    from autumn_async.emulator.messages import Request

    headers = {"authorization": f"Bearer {KEY}"}
    content = json.dumps(body or fields).encode()
    reply = gateway.answer(Request("POST", f"/v1/{operation}", headers, content))
    assert reply.status == 200, reply
    return bytes(reply.body)


# The load


async def load(port: int) -> None:
    """Sends blocks of requests as stdin asks for them; says how long each took by the clock."""
    pairs = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    print("ready", flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        order = json.loads(line)
        began = time.perf_counter()
        blocks = (
            send(*pair, request_of(order["operation"], number, order["customers"]), order["calls"])
            for number, pair in enumerate(pairs)
        )
        await asyncio.gather(*blocks)
        print(time.perf_counter() - began, flush=True)


def request_of(operation: str, number: int, customers: int) -> list[bytes]:
    """Requests about many customers, ready to be sent."""
    return [
        encoded(operation, f"c{(number * 7919 + step * 104729) % customers}") for step in range(50)
    ]


def encoded(operation: str, customer_id: str) -> bytes:
    body = json.dumps({"customer_id": customer_id, "feature_id": "messages"}).encode()
    head = (
        f"POST /v1/{operation} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {KEY}\r\n"
        "Content-Type: application/json\r\nx-api-version: 2.3.0\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def send(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, requests: list[bytes], calls: int
) -> None:
    for number in range(calls // CONNECTIONS):
        writer.write(requests[number % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 200 " in head.split(b"\r\n", 1)[0], head
        length = int(head.lower().split(b"content-length:", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)


# What is measured


class Process:
    """This file in another process, asked line by line."""

    def __init__(self, *arguments: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, __file__, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.first = self.read()

    def read(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def ask(self, line: str = "") -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return float(self.read())

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


class Server:
    """A server and its load. Each block costs so much processor time, and so much by the clock."""

    def __init__(self, customers: int, *arguments: str) -> None:
        self._customers = customers
        self._server = Process(*arguments)
        self._load = Process("load", self._server.first)

    def block(self, operation: str) -> tuple[float, float]:
        """Microseconds for each request: of the server's processor, and by the clock."""
        order = {"operation": operation, "customers": self._customers, "calls": BLOCK}
        before = self._server.ask()
        clock = self._load.ask(json.dumps(order))
        cpu = self._server.ask() - before
        return cpu / BLOCK * 1e6, clock / BLOCK * 1e6

    def end(self) -> None:
        self._load.end()
        self._server.end()


def compare(what: str, operation: str, ours: Server, theirs: Server, target: str) -> None:
    """Prints a row: how many of the peer's requests per second ours serves."""
    ours.block(operation)
    theirs.block(operation)
    cpu, clock, costs = [], [], []
    for _ in range(ROUNDS):
        mine, peer = ours.block(operation), theirs.block(operation)
        cpu.append(peer[0] / mine[0])
        clock.append(peer[1] / mine[1])
        costs.append((mine[0], peer[0]))
    mine, peer = (statistics.median(each) for each in zip(*costs, strict=True))
    low, middle, high = statistics.quantiles(cpu, n=4)
    row(
        what,
        f"{mine:.0f} us",
        f"{peer:.0f} us",
        f"{middle:.2f} ({low:.2f} to {high:.2f}; by the clock {statistics.median(clock):.2f})",
        target,
    )


def row(*cells: str) -> None:
    print("| " + " | ".join(cells) + " |", flush=True)


def rates() -> None:
    bare, small = Server(1000, "bare"), Server(1000, "emulator", "1000")
    compare("check, requests a second", "balances.check", small, bare, ">= 0.40")
    compare("track, requests a second", "balances.track", small, bare, ">= 0.30")
    for server in (bare, small):
        server.end()
    few, many = Server(10, "emulator", "10"), Server(100_000, "emulator", "100000")
    compare("check at 100,000 customers, against 10", "balances.check", many, few, ">= 0.77")
    for server in (few, many):
        server.end()


START = """
import socket, time
began = time.perf_counter()
from autumn_async.emulator import Emulator
with Emulator() as emulator:
    with socket.create_connection(("127.0.0.1", int(emulator.url.rpartition(":")[2]))) as client:
        head = b"POST /v1/features.list HTTP/1.1\\r\\nHost: x\\r\\nContent-Length: 2\\r\\n"
        client.sendall(head + b"Authorization: Bearer am_sk_test_x\\r\\n\\r\\n{}")
        assert b"200 OK" in client.recv(1000)
        print(time.perf_counter() - began)
"""
IMPORT = """
import time
began = time.perf_counter()
import aiohttp
print(time.perf_counter() - began)
"""


def start() -> None:
    """Both with compiled modules, as an installed package has them."""
    with tempfile.TemporaryDirectory() as cache:
        environment = {**os.environ, "PYTHONPYCACHEPREFIX": cache, "PYTHONDONTWRITEBYTECODE": ""}

        def once(script: str) -> float:
            command = [sys.executable, "-c", script]
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, env=environment)
            return float(done.stdout)

        once(START)
        pairs = [(once(START), once(IMPORT)) for _ in range(ROUNDS)]
    ratios = [ours / theirs for ours, theirs in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4)
    ours, theirs = (statistics.median(each) * 1000 for each in zip(*pairs, strict=True))
    row(
        "start to first answer, against `import aiohttp`",
        f"{ours:.0f} ms",
        f"{theirs:.0f} ms",
        f"{middle:.2f} ({low:.2f} to {high:.2f})",
        "<= 1.5",
    )


def organisations() -> None:
    """What a clean organisation costs a test, its first use included, against one call."""
    import http.client

    with emulated(1) as (gateway, emulator):
        client = http.client.HTTPConnection("127.0.0.1", int(emulator.url.rpartition(":")[2]))

        def call() -> None:
            client.request("POST", "/v1/features.list", b"{}", {"Authorization": f"Bearer {KEY}"})
            client.getresponse().read()

        def isolated() -> None:
            from autumn_async.emulator.keys import Tenant

            with emulator.isolated() as organisation:
                gateway.environment(Tenant(organisation.name, "sandbox"))

        ours = [timed(isolated) for _ in range(2000)]
        theirs = [timed(call) for _ in range(2000)]
    mine, peer = statistics.median(ours) * 1e6, statistics.median(theirs) * 1e6
    row(
        "a clean organisation, against a call",
        f"{mine:.0f} us",
        f"{peer:.0f} us",
        f"{mine / peer:.3f}",
        "<= 0.1",
    )


def timed(act: Any) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


QUERIES: dict[str, dict[str, Any]] = {
    "": {},
    ", grouped": {"group_by": "properties.model"},
    ", filtered": {"filter_by": {"model": "m3"}},
}


def million() -> None:
    """A million events of a thousand customers: their memory, and adding them all up."""
    with emulated(1000) as (gateway, _):
        for batch in range(1000):
            ask(gateway, "balances.batch_track", [used(batch, number) for number in range(1000)])
        gateway.apply_queued()
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
        row("memory with a million events", f"{memory:.2f} GiB", "", "", "<= 1.5 GiB")
        for what, fields in QUERIES.items():
            aggregate(gateway, f"events.aggregate over them{what}", fields)


def used(batch: int, number: int) -> dict[str, Any]:
    properties = {"model": f"m{(batch + number) % 8}"}
    usage = {"customer_id": f"c{number}", "feature_id": "messages", "value": 1.5}
    return {**usage, "properties": properties}


def aggregate(gateway: Any, what: str, fields: dict[str, Any]) -> None:
    """The first time stands beside the median: what is kept between questions shows there."""
    values = [1.5] * 10**6
    query = {"feature_id": "messages", "range": "24h", **fields}
    pairs = [
        (timed(lambda: ask(gateway, "events.aggregate", **query)), timed(lambda: sum(values)))
        for _ in range(7)
    ]
    ours, theirs = (statistics.median(each) * 1000 for each in zip(*pairs, strict=True))
    ratios = [mine / peer for mine, peer in pairs]
    row(
        f"{what}, against `sum`",
        f"{ours:.1f} ms",
        f"{theirs:.1f} ms",
        f"{statistics.median(ratios):.1f} (first {ratios[0]:.1f})",
        "<= 30",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--million", action="store_true", help="also a million events")
    arguments = parser.parse_args()
    print(f"{os.cpu_count()} cores, {ROUNDS} rounds of {BLOCK} requests, {CONNECTIONS} connections")
    row("what", "ours", "peer", "ratio (quartiles)", "target")
    row("---", "---", "---", "---", "---")
    rates()
    start()
    organisations()
    if arguments.million:
        million()


ROLES = {
    "bare": lambda: serve_bare(),
    "emulator": lambda: serve_emulator(int(sys.argv[2])),
    "load": lambda: load(int(sys.argv[2])),
}

if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] in ROLES:
        asyncio.run(ROLES[sys.argv[1]]())
    else:
        main()
