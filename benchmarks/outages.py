"""How long a check takes while the other side is not well, and what the caller gets.

python benchmarks/outages.py        # about a minute; prints the table of the README
"""

from __future__ import annotations

import asyncio
import sys
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from autumn_async import AsyncAutumn, AutumnSDKError
from tests.scripted_server import Action, Hang, Reply, Reset, ScriptedServer

OUTAGES: list[tuple[str, list[Action] | str]] = [
    ("nothing listens (refused)", "http://127.0.0.1:1"),
    ("the name doesn't resolve", "http://autumn.invalid"),
    ("it accepts, and never answers", [Hang()]),
    ("it resets every connection", [Reset()]),
    ("a proxy's 502 with HTML", [Reply(502, b"<html>bad gateway</html>")]),
    ("Autumn's own 500", [Reply(500, {"message": "m", "code": "internal_error"})]),
    (
        "503 with `Retry-After: 1`",
        [Reply(503, {"message": "m", "code": "c"}, {"retry-after": "1"})],
    ),
    ("429 with `Retry-After: 1`", [Reply(429, b"Too many requests", {"retry-after": "1"})]),
    ("401, 404 and the like", [Reply(404, {"message": "m", "code": "customer_not_found"})]),
]


async def outcome(url: str, deadline_ms: float | None) -> tuple[float, str]:
    """Seconds, and what came of it."""
    async with AsyncAutumn("am_sk_test_x", server_url=url, deadline_ms=deadline_ms) as autumn:
        started = time.perf_counter()
        try:
            answer = await autumn.check(customer_id="cus_123", feature_id="messages")
            what = "`allowed=True`, `failed_open=True`" if answer.failed_open else "an answer"
        except AutumnSDKError as error:
            what = f"`{type(error).__name__}`"
        return time.perf_counter() - started, what


def main() -> None:
    """Prints the table."""
    print("| outage | a check takes | with `deadline_ms=200` | the caller gets |")
    print("| --- | ---: | ---: | --- |")
    for name, how in OUTAGES:
        with ExitStack() as stack:
            url = how if isinstance(how, str) else stack.enter_context(ScriptedServer(how)).url
            seconds, what = asyncio.run(outcome(url, None))
            short, _ = asyncio.run(outcome(url, 200))
        print(f"| {name} | {seconds:.1f} s | {short:.2f} s | {what} |", flush=True)


if __name__ == "__main__":
    main()
