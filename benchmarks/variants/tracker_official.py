"""autumn-sdk: `track` for each event, and `batch_track` of 1000. In an environment of its own.

python tracker_official.py WORK URL FOLDER EVENTS
"""

from __future__ import annotations

import asyncio
import json
import sys
import time

from autumn_sdk import Autumn

IN_FLIGHT = 64
PROPERTIES = {"region": "eu-central", "model": "small"}


async def main(name: str, url: str, events: int) -> dict[str, float]:
    async with Autumn("am_sk_test_x", server_url=url, x_api_version="2.3.0") as autumn:

        async def track() -> None:
            await autumn.track_async(
                customer_id="cus_123", feature_id="api_calls", value=3, properties=PROPERTIES
            )

        async def batch() -> None:
            event = {"customer_id": "cus_123", "feature_id": "api_calls", "value": 3}
            made = [{**event, "properties": PROPERTIES} for _ in range(1000)]
            await autumn.batch_track_async(request=made)

        call, each, at_once = (track, 1, IN_FLIGHT) if name == "track" else (batch, 1000, 4)
        turns = max(1, events // each // at_once)

        async def some() -> None:
            for _ in range(turns):
                await call()

        await call()
        wall, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(some() for _ in range(at_once)))
        done = turns * at_once * each
        return {
            "wall": (time.perf_counter() - wall) / done * 1e6,
            "cpu": (time.process_time() - cpu) / done * 1e6,
        }


if __name__ == "__main__":
    name, url, _, events = sys.argv[1:]
    print(json.dumps(asyncio.run(main(name, url, int(events)))))
