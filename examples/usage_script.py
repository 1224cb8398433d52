"""A script that bills the lines of a log: "customer units", one a line.

AUTUMN_SECRET_KEY=am_sk_... python examples/usage_script.py < usage.log

Run again over the same log it bills nothing twice, for each line has a key of its own. What can't
be sent now stays in the folder, for the next run or for `autumn outbox usage-outbox drain`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from autumn_async import Autumn, SQLiteStore


def main(name: str, lines: Iterable[str]) -> None:
    """Tracks all lines, then waits a little for them to be accepted."""
    store = SQLiteStore(os.environ.get("USAGE_OUTBOX", "usage-outbox"))
    with Autumn() as autumn, autumn.tracker(store) as tracker:
        for number, line in enumerate(lines):
            customer_id, units = line.split()
            tracker.track(
                customer_id=customer_id,
                feature_id="units",
                value=float(units),
                idempotency_key=f"{name}:{number}",
            )
        result = tracker.flush(timeout=10)
        print(f"accepted {result.accepted}, pending {result.pending}, dead {result.dead}")
        for letter in tracker.dead_letters():
            print(f"{letter.key}: {letter.reason}, {letter.detail}", file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "usage", sys.stdin)
