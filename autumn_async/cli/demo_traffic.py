"""What the demo sends, and how."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice, product
from typing import Any

from ..client import AsyncAutumn
from ..errors import AutumnSDKError
from ..facade import Autumn
from ..models.checks import CheckResponse
from .latency import Phase

WORKERS = 8


@dataclass(frozen=True)
class Event:
    """One use of a feature."""

    customer_id: str
    feature_id: str
    value: int
    key: str
    """Its idempotency key: an event whose first attempt got lost is sent again, and counts once."""

    @property
    def check(self) -> dict[str, Any]:
        """The arguments that ask for it."""
        return {
            "customer_id": self.customer_id,
            "feature_id": self.feature_id,
            "required_balance": self.value,
        }

    @property
    def track(self) -> dict[str, Any]:
        """The arguments that record it, and wait until it is recorded."""
        return {
            "customer_id": self.customer_id,
            "feature_id": self.feature_id,
            "value": self.value,
            "async_": False,
            "idempotency_key": self.key,
        }


def planned(
    count: int, customer_ids: list[str], feature_ids: list[str], prefix: str
) -> list[Event]:
    """So many events: customers and features in turn, 1 to 3 units each."""
    turns = islice(cycle(product(feature_ids, customer_ids)), count)
    return [
        Event(customer_id, feature_id, 1 + number % 3, f"{prefix}_{number}")
        for number, (feature_id, customer_id) in enumerate(turns)
    ]


def units_by_feature(events: list[Event], feature_ids: list[str]) -> dict[str, float]:
    """What was sent, per feature; few events may not get round to all of them."""
    units = dict.fromkeys(feature_ids, 0.0)
    for event in events:
        units[event.feature_id] += event.value
    return units


async def send_async(
    autumn: AsyncAutumn, events: list[Event], advance: Callable[[], object]
) -> Phase:
    """Sends the events by workers that share one queue, then closes the client."""
    phase, queue = Phase(f"{WORKERS} async workers"), iter(events)

    async def work() -> None:
        for event in queue:
            with phase.timed("check"):
                answer = await autumn.check(**event.check)
            _require(answer, event)
            with phase.timed("track"):
                await autumn.track(**event.track)
            advance()

    async with autumn:
        with phase.running():
            await asyncio.gather(*(work() for _ in range(WORKERS)))
    return phase


def send_sync(autumn: Autumn, events: list[Event], advance: Callable[[], object]) -> Phase:
    """Sends the events one after another through the sync client."""
    phase = Phase("sync client")
    with phase.running():
        for event in events:
            with phase.timed("check"):
                answer = autumn.check(**event.check)
            _require(answer, event)
            with phase.timed("track"):
                autumn.track(**event.track)
            advance()
    return phase


def _require(answer: CheckResponse, event: Event) -> None:
    if not answer.allowed:
        raise AutumnSDKError(f"{event.customer_id} has none of {event.feature_id} left")
