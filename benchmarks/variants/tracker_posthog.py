"""posthog: the queue of its client, in memory, emptied by its thread. In its own environment.

python tracker_posthog.py WORK URL FOLDER EVENTS
"""

from __future__ import annotations

import json
import sys
import time

from posthog import Posthog

PROPERTIES = {"region": "eu-central", "model": "small", "value": 3}


def main(url: str, events: int) -> dict[str, float]:
    client = Posthog("phc_x", host=url, max_queue_size=events + 1, flush_at=100, gzip=False)
    client.capture("api_calls", distinct_id="cus_123", properties=PROPERTIES)
    client.flush()
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(events):
        client.capture("api_calls", distinct_id="cus_123", properties=PROPERTIES)
    client.flush(timeout_seconds=None)
    figures = {
        "wall": (time.perf_counter() - wall) / events * 1e6,
        "cpu": (time.process_time() - cpu) / events * 1e6,
    }
    client.shutdown()
    return figures


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[2], int(sys.argv[4]))))
