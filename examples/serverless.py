"""A function of a serverless platform: its process is frozen between two invocations.

Client and tracker are made once for each process, and everything is flushed before the function
returns: a frozen process sends nothing. Usage that Autumn didn't take in time is still in the
folder, and goes out with the next invocation of this process.
"""

from __future__ import annotations

import os
from typing import Any

from autumn_async import Autumn, SQLiteStore

autumn = Autumn()
tracker = autumn.tracker(SQLiteStore(os.environ.get("USAGE_OUTBOX", "/tmp/usage-outbox")))


def handler(event: dict[str, Any], context: object = None) -> dict[str, Any]:
    """Answers a request, and bills it: once, also if the platform invokes us again for it."""
    answer = event["text"].upper()  # the work itself
    tracker.track(
        customer_id=event["customer_id"],
        feature_id="requests",
        idempotency_key=event["request_id"],
    )
    result = tracker.flush(timeout=2)
    return {"statusCode": 200, "body": answer, "pending": result.pending}
