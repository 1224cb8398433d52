"""Measures what each namespace costs when it is first used, next to the official client.

    python benchmarks/namespaces.py            # a few minutes
    python benchmarks/namespaces.py --rounds 1 # a look, not a result

Each number is the CPU time of a process of its own: importing and making a client, the first look
at a namespace, and its first call, against a server in another process that answers everything
with an error, so that no decoding is counted that one client does and the other doesn't. Needs the
official client where `python -m benchmarks` has put it, or in the environment that
`AUTUMN_OFFICIAL_1_2_PYTHON` names.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

HERE = Path(__file__).parent
OFFICIAL = os.environ.get(
    "AUTUMN_OFFICIAL_1_2_PYTHON", str(HERE / ".venv-1.2.0" / "bin" / "python")
)
TARGET = 0.05
"""Of what the official client takes for its first `plans.list`, access included."""

CALLS = {
    "balances": ("delete", {"customer_id": "c"}),
    "billing": ("open_customer_portal", {"customer_id": "c"}),
    "customers": ("delete", {"customer_id": "c"}),
    "entities": ("delete", {"entity_id": "e"}),
    "events": ("aggregate", {"feature_id": "f"}),
    "features": ("delete", {"feature_id": "f"}),
    "invoices": ("pay", {"invoice_id": "i"}),
    "keys": ("revoke", {"customer_id": "c"}),
    "licenses": ("release", {"customer_id": "c", "entity_ids": ["e"]}),
    "logs": ("search", {}),
    "plans": ("list", {}),
    "platform": ("get_stripe_connection", {"organization_slug": "o", "env": "test"}),
    "referrals": ("redeem_code", {"code": "c", "customer_id": "c"}),
    "rewards": ("get", {"reward_id": "r"}),
    "sandboxes": ("delete", {"id": "s"}),
    "webhooks": ("get", {"id": "w"}),
}

OURS = """
import asyncio, json, sys, time
url, namespace, method, arguments = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
begin = time.process_time()
from autumn_async import AsyncAutumn, AutumnError
async def main():
    async with AsyncAutumn("am_sk_test_x", server_url=url) as autumn:
        try:
            await autumn.check(customer_id="c", feature_id="f")
        except AutumnError:
            pass
        made = time.process_time()
        resource = getattr(autumn, namespace)
        seen = time.process_time()
        try:
            await getattr(resource, method)(**arguments)
        except AutumnError:
            pass
        called = time.process_time()
        print(json.dumps([made - begin, seen - made, called - seen]))
asyncio.run(main())
"""

THEIRS = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
url, namespace, method, arguments = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
begin = time.process_time()
from autumn_sdk import Autumn
from autumn_sdk.errors import AutumnError
autumn = Autumn("am_sk_test_x", server_url=url, fail_open=False)
try:
    autumn.check(customer_id="c", feature_id="f")
except AutumnError:
    pass
made = time.process_time()
resource = getattr(autumn, namespace)
seen = time.process_time()
if method == "list":
    arguments = {"request": arguments}
try:
    getattr(resource, method)(**arguments)
except AutumnError:
    pass
called = time.process_time()
print(json.dumps([made - begin, seen - made, called - seen]))
"""


class Refusal(BaseHTTPRequestHandler):
    """Answers every request with an error."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        body = b'{"message":"no","code":"no"}'
        self.send_response(400)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def measured(python: str, script: str, url: str, namespace: str) -> list[float] | None:
    """Milliseconds of CPU: up to a client in use, first look, first call; None if it fails."""
    method, arguments = CALLS[namespace]
    command = [python, "-c", script, url, namespace, method, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        return None
    return [seconds * 1000 for seconds in json.loads(done.stdout)]


def median(rounds: list[list[float] | None]) -> list[float] | None:
    """The median of each number over the rounds."""
    whole = [numbers for numbers in rounds if numbers is not None]
    return [statistics.median(column) for column in zip(*whole, strict=True)] if whole else None


def table(url: str, rounds: int) -> None:
    """Prints a line for each namespace, and how the target is met."""
    ours: dict[str, list[float]] = {}
    theirs: dict[str, list[float] | None] = {}
    for namespace in CALLS:
        taken = [
            (
                measured(sys.executable, OURS, url, namespace),
                measured(OFFICIAL, THEIRS, url, namespace),
            )
            for _ in range(rounds)
        ]
        found = median([one for one, _ in taken])
        assert found is not None, f"{namespace} failed"
        ours[namespace], theirs[namespace] = found, median([other for _, other in taken])
    plans = theirs["plans"]
    assert plans is not None, "the official client's plans.list failed"
    yardstick = plans[1] + plans[2]
    print(f"CPU ms, medians of {rounds}; official: autumn-sdk 1.2.0")
    print("namespace   import  access   call | official import  access   call | of its plans.list")
    for namespace, (made, seen, called) in ours.items():
        other = theirs[namespace]
        text = "can't be imported" if other is None else "{:15.0f} {:7.1f} {:6.1f}".format(*other)
        share = (seen + called) / yardstick
        mark = "" if share <= TARGET else "  MISSED"
        print(
            f"{namespace:10} {made:7.0f} {seen:7.1f} {called:6.1f} | {text:30} | {share:.1%}{mark}"
        )


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusal)
    Thread(target=server.serve_forever, daemon=True).start()
    table(f"http://127.0.0.1:{server.server_port}", rounds)


if __name__ == "__main__":
    main()
