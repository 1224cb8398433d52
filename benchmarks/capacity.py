"""Whether the server could serve more than anybody asks of it: else it would be measured too."""

from __future__ import annotations

from .server import Server
from .workers import FLOOR, OURS_ASYNC, PEER_ASYNC, Worker, running


def capacity(server: Server, calls: int) -> list[str]:
    """How busy the server is while clients ask as fast as they can, 64 calls at once."""
    with running([FLOOR, OURS_ASYNC, PEER_ASYNC], server.url) as workers:
        return [_load(server, worker, calls) for worker in workers.values()]


def _load(server: Server, worker: Worker, calls: int) -> str:
    count = max(64, round(calls * worker.variant.share))
    worker.block("check", count, 64)
    before = server.cpu_seconds()
    wall = worker.block("check", count, 64)["wall"]
    after = server.cpu_seconds()
    line = f"{worker.variant.name} asks {1e6 / wall:,.0f} times a second"
    if before is None or after is None:
        return line
    busy = (after - before) / (wall * count / 1e6)
    return f"{line}, and the server is busy {busy:.0%} of the time"
