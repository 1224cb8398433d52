"""kill -9 at random points, again and again, against a server that keeps a ledger."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.facade.scripts import PRELUDE, Finished, run_script

from .helpers import drain, tracking
from .server import Server

PROGRAM = """
import random
from autumn_async import SQLiteStore
from autumn_async.tracking import sender, sync_tracker, tracker as tracker_module
from autumn_async.tracking.shipping import Change

FOLDER, LOOPS, HASTY = os.environ["FOLDER"], int(os.environ["LOOPS"]), os.environ["HASTY"] == "yes"
acknowledged = os.open(os.environ["KEYS"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

class HastySender(sender.Sender):
    "A sender that deletes first and posts afterwards, as none should."
    async def _ship(self, segment):
        await self._outbox.settle(segment, Change(outcome="accepted")).wait()
        await self._sent(segment)

if HASTY:
    tracker_module.Sender = HastySender

def work(ready):
    client = autumn(timeout_ms=500)
    tracker = client.tracker(SQLiteStore(FOLDER, synchronous="NORMAL"))
    for n in range(100_000):
        if n % 5 == 4:
            receipt = tracker.track(customer_id=f"c{n % 3}", feature_id="f")
            receipt.stored()
        else:
            receipt = tracker.put(customer_id=f"c{n % 3}", feature_id="f", value=n)
        os.write(acknowledged, receipt.key.encode() + b"\\n")
        if n == 0:
            os.write(ready, b"!")

random.seed(int(os.environ["SEED"]))
for loop in range(LOOPS):
    ear, ready = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            work(ready)
        finally:
            os._exit(1)
    os.close(ready)
    os.read(ear, 1)
    os.close(ear)
    time.sleep(random.expovariate(20))
    os.kill(child, signal.SIGKILL)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL
print("survived")
"""

FAULTS = ["", "", "", "", "reset before", "reset after", "502 after", "503"]


def run_loops(
    server: Server, tmp_path: Path, loops: int, *, hasty: bool = False
) -> tuple[Finished, list[str]]:
    """Runs and kills trackers; returns how that ended, and the keys that were acknowledged."""
    seed = random.randrange(10**6)
    dice = random.Random(seed)
    server.billing.faults.extend(dice.choice(FAULTS) for _ in range(loops * 20))
    env = {
        "FOLDER": str(tmp_path / "outbox"),
        "KEYS": str(tmp_path / "keys"),
        "LOOPS": str(loops),
        "HASTY": "yes" if hasty else "no",
        "SEED": str(seed),
    }
    url = f"http://127.0.0.1:{server.port}"
    done = run_script(PROGRAM, url=url, env=env, prelude=PRELUDE, flags=(), seconds=20 + loops)
    print(f"seed {seed}")  # noqa: T201
    return done, (tmp_path / "keys").read_text().split()


async def losses_and_doubles(server: Server, tmp_path: Path, keys: list[str]) -> tuple[int, int]:
    """Delivers what is left, and compares what was acknowledged with what was counted."""
    from autumn_async import SQLiteStore

    server.billing.faults.clear()
    async with tracking(server, SQLiteStore(tmp_path / "outbox")) as tracker:
        result = await drain(tracker, 60)
        assert result.pending == 0
        assert tracker.stats().dead_letters == tracker.stats().quarantined == 0
    lost = [key for key in keys if server.applied[key] == 0]
    doubled = [key for key, times in server.applied.items() if times > 1]
    return len(lost), len(doubled)


@pytest.mark.parametrize("loops", [20, pytest.param(500, marks=pytest.mark.slow)])
async def test_killed_at_random_points_nothing_is_lost_or_doubled(
    server: Server, tmp_path: Path, loops: int
) -> None:
    done, keys = run_loops(server, tmp_path, loops)
    assert (done.code, done.out) == (0, "survived\n"), done.err
    assert len(keys) >= loops
    assert await losses_and_doubles(server, tmp_path, keys) == (0, 0)


async def test_the_loop_catches_a_sender_that_deletes_before_it_posts(
    server: Server, tmp_path: Path
) -> None:
    _, keys = run_loops(server, tmp_path, 10, hasty=True)
    lost, _ = await losses_and_doubles(server, tmp_path, keys)
    assert lost > 0
