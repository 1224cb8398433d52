"""A worker: takes jobs from a queue, asks before each one, records it after.

    AUTUMN_SECRET_KEY=am_sk_... python examples/worker.py

Usage must not get lost, and must not be billed twice: each job has an idempotency key, and a call
that could not be made is made again with the same key, until Autumn has answered.
"""

from __future__ import annotations

import asyncio
import logging

from autumn_async import (
    AsyncAutumn,
    AutumnConnectionError,
    AutumnTimeoutError,
    DuplicateRequestError,
    ServerError,
)

logger = logging.getLogger(__name__)


async def work(autumn: AsyncAutumn, jobs: asyncio.Queue[tuple[str, str]]) -> None:
    """Runs jobs of (customer, job id) until the queue is empty."""
    while not jobs.empty():
        customer_id, job_id = jobs.get_nowait()
        answer = await autumn.check(customer_id=customer_id, feature_id="jobs")
        if not answer.allowed:
            logger.warning("%s has no jobs left", customer_id)
            continue
        await asyncio.sleep(0.01)  # the job itself
        await record(autumn, customer_id, job_id)


async def record(autumn: AsyncAutumn, customer_id: str, job_id: str) -> None:
    """Records one job, once, however long it takes."""
    while True:
        try:
            await autumn.track(
                customer_id=customer_id,
                feature_id="jobs",
                idempotency_key=job_id,
                fail_open=False,
            )
        except DuplicateRequestError:
            return  # an earlier call with this key was received
        except (AutumnConnectionError, AutumnTimeoutError, ServerError) as error:
            logger.warning("again in a second: %s", error)
            await asyncio.sleep(1)
        else:
            return


async def main() -> None:
    """Eight workers on one client, which is to say on one pool of connections."""
    jobs: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
    for number in range(100):
        jobs.put_nowait((f"customer_{number % 5}", f"job_{number}"))
    async with AsyncAutumn() as autumn:
        await asyncio.gather(*(work(autumn, jobs) for _ in range(8)))


if __name__ == "__main__":
    asyncio.run(main())
