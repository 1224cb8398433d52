"""A billing server that counts usage as the real one does, and fails as it is told.

`Billing` is the server's knowledge, without I/O, so that a state machine can drive it. `Server`
puts it on a real socket.

A key is claimed when its event is applied, lives for a while, and is given free when a request
ends with a status of 400 or more other than 409: also after a 5xx that came after the deduction.
A batch answers 200 once its events are queued; the worker drops duplicates and unknown customers
in silence.
"""

from __future__ import annotations

import json
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from email.utils import formatdate
from typing import Any

from tests.scripted_server import Action, Hang, Recorded, Reply, Reset, ScriptedServer

DAY = 86_400.0
BATCH = "/v1/balances.batch_track"
SINGLE = "/v1/balances.track"
CUSTOMER = "/v1/customers.get"
SUCCESS = {"success": True}


def problem(status: int, code: str, message: str) -> Reply:
    return Reply(status, {"message": message, "code": code, "env": "sandbox"})


class Billing:
    """Claims, ledger and faults of one organisation."""

    def __init__(self, clock: Callable[[], float] = time.time, lifetime: float = DAY) -> None:
        self.clock = clock
        self.lifetime = lifetime
        self.claims: dict[str, float] = {}
        """Keys in use, and until when."""
        self.applied: Counter[str] = Counter()
        """How often each key was counted."""
        self.order: list[str] = []
        """The keys in the order in which they were counted."""
        self.events: dict[str, dict[str, Any]] = {}
        self.customers: set[str] | None = None
        """Who exists; None for everybody."""
        self.features: set[str] | None = None
        self.queue: list[dict[str, Any]] = []
        self.is_late = False
        """Whether queued events wait for `work`."""
        self.lose: Callable[[dict[str, Any]], bool] = lambda event: False
        """Which queued events are dropped in silence."""
        self.faults: deque[str] = deque()
        """What goes wrong with the next requests that carry events."""
        self.always: str | None = None
        """What goes wrong with all of them."""
        self.skew = 0.0
        """Seconds by which this server's clock differs."""
        self.limit: int | None = None
        """Batches that are let through in a second."""
        self.windows: Counter[int] = Counter()
        self.accepted: Counter[int] = Counter()
        """Events let through, by second."""
        self.bodies: list[bytes] = []
        """Every batch that was read."""
        self.refused = 0
        """Requests that got a 429."""
        self.lookups: list[str] = []

    @property
    def now(self) -> float:
        return self.clock() + self.skew

    def answer(self, path: str, body: bytes) -> Action:
        """What the server does with a request, and answers."""
        if path == CUSTOMER:
            return self._lookup(json.loads(body)["customer_id"])
        fault = self.always or (self.faults.popleft() if self.faults else "")
        if path == BATCH:
            self.bodies.append(body)
            return self._faulty(fault, body, self._batch)
        return self._faulty(fault, body, self._single)

    def work(self) -> None:
        """The worker applies what is queued."""
        queue, self.queue = self.queue, []
        for event in queue:
            if self._knows(event["customer_id"]) and not self.lose(event):
                self._apply(event)

    def restart(self) -> None:
        """The store of keys forgets what has expired."""
        self.claims = {key: end for key, end in self.claims.items() if end > self.now}

    def _faulty(self, fault: str, body: bytes, carry_out: Callable[[bytes], Action]) -> Action:
        before = {
            "reset before": Reset(),
            "500 before": problem(500, "internal_error", "it broke"),
            "502": Reply(502, b"<html>Bad gateway</html>", {"content-type": "text/html"}),
            "503": problem(503, "service_unavailable", "nothing was queued"),
            "401": problem(401, "invalid_secret_key", "Invalid secret key: am_sk***"),
            "403 scopes": problem(403, "insufficient_scopes", "missing balances:write"),
            "403 disabled": problem(403, "request_temporarily_disabled", "switched off"),
            "version": problem(400, "invalid_api_version", '"9" is not a valid API version'),
            "413": Reply(413, b"<html>too large</html>", {"content-type": "text/html"}),
            "409": problem(409, "duplicate_idempotency_key", "Another request with this key"),
            "429": Reply(429, b"Too many requests", {"retry-after": "0"}),
            "portal": Reply(200, b"<html>Please log in</html>", {"content-type": "text/html"}),
        }
        if fault in before:
            return before[fault]
        answer = carry_out(body)
        after = {
            "reset after": Reset(),
            "hang after": Hang(),
            "502 after": before["502"],
            "500 after": before["500 before"],
        }
        if fault == "500 after" and carry_out == self._single:
            self.claims.pop(json.loads(body)["idempotency_key"], None)
        return after.get(fault, answer)

    def _batch(self, body: bytes) -> Action:
        if self.limit is not None:
            second = int(self.now)
            self.windows[second] += 1
            if self.windows[second] > self.limit:
                self.refused += 1
                return Reply(429, b"Too many requests, please try again later.", self._limits(True))
        events = json.loads(body)
        bad = self._problem(events)
        if bad is not None:
            return bad
        self.accepted[int(self.now)] += len(events)
        self.queue += events
        if not self.is_late:
            self.work()
        return Reply(body=SUCCESS, headers={**self._limits(False), **self._date()})

    def _single(self, body: bytes) -> Action:
        event = json.loads(body)
        key = event["idempotency_key"]
        if self._is_claimed(key):
            return problem(409, "duplicate_idempotency_key", f"Another request with {key}")
        if not self._knows(event["customer_id"]):
            return problem(404, "customer_not_found", f"Customer {event['customer_id']} not found")
        bad = self._problem([event])
        if bad is not None:
            return bad
        self._apply(event)
        return Reply(body={"customer_id": event["customer_id"], "value": event.get("value", 1)})

    def _problem(self, events: list[dict[str, Any]]) -> Reply | None:
        """Why the server refuses all of them: one is bad."""
        if not 1 <= len(events) <= 1000:
            return problem(400, "invalid_inputs", "input: must have 1 to 1000 items")
        for index, event in enumerate(events):
            if event.get("timestamp", 1) > self.now * 1000:
                reply = problem(
                    400, "invalid_inputs", f"{index}.timestamp: timestamp cannot be in the future"
                )
                reply.headers |= self._date()
                return reply
            hint = (event.get("properties") or {}).get("poison")
            if hint == "index":
                return problem(400, "invalid_inputs", f"{index}.value: must be a number")
            if hint == "silent":
                return problem(400, "invalid_request", "something is wrong with this batch")
        for event in events:
            feature = event.get("feature_id")
            if self.features is not None and feature is not None and feature not in self.features:
                return problem(404, "feature_not_found", f"Feature {feature} not found")
        return None

    def _apply(self, event: dict[str, Any]) -> None:
        key = event["idempotency_key"]
        if not self._is_claimed(key):
            self.claims[key] = self.now + self.lifetime
            self.applied[key] += 1
            self.order.append(key)
            self.events[key] = event

    def _is_claimed(self, key: str) -> bool:
        return self.claims.get(key, 0.0) > self.now

    def _knows(self, customer: str) -> bool:
        return self.customers is None or customer in self.customers

    def _lookup(self, customer: str) -> Reply:
        self.lookups.append(customer)
        if self._knows(customer):
            return Reply(body={"id": customer})
        return problem(404, "customer_not_found", f"Customer {customer} not found")

    def _date(self) -> dict[str, str]:
        return {"date": formatdate(self.now, usegmt=True)}

    def _limits(self, is_over: bool) -> dict[str, str]:
        if self.limit is None:
            return {}
        policy = {"ratelimit-policy": f"{self.limit};w=1", "ratelimit-limit": str(self.limit)}
        return {**policy, "retry-after": "1"} if is_over else policy


class Server(ScriptedServer):
    """`Billing` on a real socket."""

    def __init__(self, billing: Billing | None = None) -> None:
        self.billing = billing or Billing()
        super().__init__(self._serve_request)

    def _serve_request(self, request: Recorded) -> Action:
        return self.billing.answer(request.path, request.body)

    @property
    def applied(self) -> Counter[str]:
        return self.billing.applied


def all_once(billing: Billing, keys: Iterable[str]) -> bool:
    """Whether exactly these keys were counted, each exactly once."""
    return dict(billing.applied) == dict.fromkeys(keys, 1)
