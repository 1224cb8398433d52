"""What calls and trackers say of usage, as a memory takes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Literal

from ..errors import (
    AutumnConnectionError,
    AutumnError,
    AutumnTimeoutError,
    ConflictError,
    ServerError,
)
from ..models.checks import CheckResponse
from ..models.tracks import TrackResponse
from ..wire.call import Call
from ..wire.watching import Units, Watcher
from .memory import Memory
from .pools import ANYTHING

Fate = Literal["applied", "taken", "dropped"]

MOST_LOCKS = 10_000
"""How many locks are remembered whose settling may take more units than they hold."""

_HARMLESS = frozenset({"customers.get_or_create"})
"""Operations that change nothing of a customer who is there."""


class Listener(Watcher):
    """Hears of a client's usage for one memory."""

    __slots__ = ("_locks", "_memory")

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._locks: dict[str, Units] = {}

    def tracked(self, usage: Iterable[Units]) -> None:
        self._memory.tracked(usage)

    def taken(self, usage: Iterable[Units]) -> None:
        self._memory.taken(usage)

    def dropped(self, usage: Iterable[Units]) -> None:
        self._memory.dropped(usage)

    def began(self, call: Call) -> Callable[[object], None]:
        usage = self._usage_of(call.operation.name, call.body)
        if usage is None:
            return self._change_began(call)
        self._memory.tracked(usage)
        return partial(self._used, call, usage)

    def _used(self, call: Call, usage: list[Units], outcome: object) -> None:
        fate = fate_of(outcome)
        if fate == "dropped" and not call.doubt:
            self._memory.dropped(usage)
        elif fate == "applied":
            self._memory.applied(usage)
        else:
            self._memory.taken(usage)

    def _change_began(self, call: Call) -> Callable[[object], None]:
        """Something else of a customer is changed, or so many units taken as only Autumn knows."""
        body: Any = call.body
        if not hasattr(body, "get") or call.operation.name in _HARMLESS:
            return _nothing
        customer = body.get("customer_id")
        if not isinstance(customer, str):
            return _nothing
        usage: list[Units] = [((customer, *ANYTHING), 1)]
        self._memory.tracked(usage)
        return partial(self._changed, customer, usage)

    def _changed(self, customer: str, usage: list[Units], outcome: object) -> None:
        self._memory.forget(customer)
        is_open = isinstance(outcome, TrackResponse) and fate_of(outcome) == "taken"
        if is_open or outcome is None:
            self._memory.taken(usage)
        else:
            self._memory.applied(usage)

    def _usage_of(self, name: str, body: Any) -> list[Units] | None:
        """What a call uses; None if that can't be told from its body."""
        if name == "track":
            return [self._locking(body, _event_units(body))]
        if name == "batch_track":
            return [_event_units(event) for event in body]
        if name == "check":
            pair = (body["customer_id"], body["feature_id"], None)
            return [self._locking(body, (pair, body.get("required_balance", 1)))]
        if name == "balances.finalize":
            return self._settling(body)
        return None

    def _locking(self, body: Mapping[str, Any], units: Units) -> Units:
        lock = body.get("lock")
        if lock is not None:
            self._locks[lock.get("lock_id", "")] = units
            while len(self._locks) > MOST_LOCKS:
                self._locks.pop(next(iter(self._locks)), None)
        return units

    def _settling(self, body: Mapping[str, Any]) -> list[Units]:
        """What is taken beyond what was held."""
        held = self._locks.get(body.get("lock_id", ""))
        override = body.get("override_value")
        if held is None or override is None:
            return []
        return [(held[0], override - held[1])]


def fate_of(outcome: object) -> Fate:
    """What became of the usage of a call that ended so."""
    if isinstance(outcome, (AutumnConnectionError, AutumnTimeoutError, ServerError)):
        return "dropped" if outcome.outcome == "not sent" else "taken"
    if isinstance(outcome, AutumnError):
        refused = 400 <= outcome.status_code < 500 and not isinstance(outcome, ConflictError)
        return "dropped" if refused else "taken"
    if isinstance(outcome, CheckResponse) and not outcome.failed_open:
        return "applied" if outcome.allowed else "dropped"
    if isinstance(outcome, TrackResponse) and (outcome.balance or outcome.deductions is not None):
        return "applied"
    return "taken"


def _event_units(event: Mapping[str, Any]) -> Units:
    pair = (event["customer_id"], event.get("feature_id"), event.get("event_name"))
    value = event.get("value")
    return pair, 1 if value is None else value


def _nothing(outcome: object) -> None:
    """Nothing follows from it."""
