"""Faults on demand: what an application must survive, made to happen in its tests."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from .json_types import is_array, is_object
from .operations.table import NOT_SERVED, SERVED

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

ANY: Final = "*"
BATCH: Final = "balances.batch_track"
_SHORT: Final = {
    "check": "balances.check",
    "track": "balances.track",
    "batch_track": BATCH,
    "track_tokens": "balances.track_tokens",
}


@dataclass(eq=False, repr=False)
class Fault:
    """Something that goes wrong with some calls of an operation, until it is removed.

    It is a context manager that removes itself at the end. `hits` counts the calls it befell.
    """

    faults: Faults
    operation: str
    status: int | None = None
    body: Mapping[str, Any] | str | None = None
    headers: Mapping[str, str] | None = None
    drop: bool = False
    applied: bool = False
    latency_ms: float = 0
    lose_items: float = 0
    share: float = 1
    times: int | None = None
    seed: int = 0
    hits: int = 0

    def __post_init__(self) -> None:
        self.operation = operation_named(self.operation)
        self._random = random.Random(self.seed)
        self._check()

    def __repr__(self) -> str:
        return f"Fault({self.operation!r}, hits={self.hits})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """Lets calls go well again. Can be repeated."""
        self.faults.remove(self)

    def strikes(self, operation: str) -> bool:
        """Whether it befalls a call of this operation; counts the calls that it does."""
        if self.operation not in (ANY, operation) or self.hits == self.times:
            return False
        if self.share < 1 and self._random.random() >= self.share:
            return False
        self.hits += 1
        return True

    def spoiled(self, body: bytes) -> bytes:
        """The body with the items that get lost sent to nobody.

        Usage of a customer that doesn't exist is accepted and then gone: that is the server's own
        way of losing an item in silence.
        """
        if not self.lose_items:
            return body
        items: object = None
        with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            items = msgspec.json.decode(body)
        if not is_array(items):
            return body
        return msgspec.json.encode([self._lost(item) for item in items])

    def _lost(self, item: object) -> object:
        known = is_object(item) and isinstance(item.get("customer_id"), str)
        if not is_object(item) or not known or self._random.random() >= self.lose_items:
            return item
        nobody = UUID(int=self._random.getrandbits(128), version=4)
        return {**item, "customer_id": f"lost by a fault: {nobody}"}

    def _check(self) -> None:
        if self.status is not None and not 200 <= self.status <= 599:
            raise ValueError(f"status must be between 200 and 599, not {self.status}")
        if self.status is not None and self.drop:
            raise ValueError("status and drop exclude each other: a dropped call has no answer")
        if not (self.status or self.drop or self.latency_ms or self.lose_items):
            raise ValueError("nothing goes wrong: give status, drop, latency_ms or lose_items")
        if self.lose_items and self.operation not in (ANY, BATCH):
            raise ValueError("lose_items is for batch_track")
        for name, share in {"share": self.share, "lose_items": self.lose_items}.items():
            if not 0 <= share <= 1:
                raise ValueError(f"{name} must be between 0 and 1, not {share}")
        if self.latency_ms < 0:
            raise ValueError(f"latency_ms must not be negative, not {self.latency_ms}")


class Faults:
    """The faults of an emulator. They may be added and removed from any thread."""

    def __init__(self) -> None:
        self._active: tuple[Fault, ...] = ()

    def __iter__(self) -> Iterator[Fault]:
        return iter(self._active)

    def __bool__(self) -> bool:
        return bool(self._active)

    def add(
        self,
        operation: str = ANY,
        *,
        status: int | None = None,
        body: Mapping[str, Any] | str | None = None,
        headers: Mapping[str, str] | None = None,
        drop: bool = False,
        applied: bool = False,
        latency_ms: float = 0,
        lose_items: float = 0,
        share: float = 1,
        times: int | None = None,
        seed: int = 0,
    ) -> Fault:
        """Makes calls of an operation go wrong, until the fault is removed.

            with emulator.faults.add("track", status=503, times=2):
                ...

        `operation`: `"track"`, `"check"`, any full name like `"customers.get"`, or `"*"` for all.

        What goes wrong: `status` answers with it instead (with `body`, JSON or text, and
        `headers`), `drop` cuts the connection without an answer, `latency_ms` waits before
        anything else happens, `lose_items` loses that share of the items of a `batch_track` in
        silence. With `applied`, a call that is dropped or answered by `status` takes effect all
        the same; its idempotency key is then free again, as on the server, if the status is 400
        or above.

        How often: a `share` of the calls, drawn by a generator with this `seed`; the next
        `times` calls only.

        Raises `ValueError` for an operation that doesn't exist and for what makes no sense.
        """
        fault = Fault(
            self,
            operation,
            status=status,
            body=body,
            headers=headers,
            drop=drop,
            applied=applied,
            latency_ms=latency_ms,
            lose_items=lose_items,
            share=share,
            times=times,
            seed=seed,
        )
        self._active = (*self._active, fault)
        return fault

    def remove(self, fault: Fault) -> None:
        """Takes a fault away; does nothing if it is gone."""
        self._active = tuple(each for each in self._active if each is not fault)

    def clear(self) -> None:
        """Takes all faults away."""
        self._active = ()

    def striking(self, path: str) -> list[Fault]:
        """Those that befall a request, in the order in which they were added."""
        operation = path.removeprefix("/v1/")
        return [fault for fault in self._active if fault.strikes(operation)]

    def add_from_text(self, text: str) -> Fault:
        """Adds what the command's `--fault` says: OPERATION:WHAT[:SHARE].

        WHAT is a status (`503`), a latency (`200ms`), `drop` or `drop-applied` (the connection,
        before or after the call takes effect) or `lose-items`.
        """
        operation, _, rest = text.partition(":")
        what, _, share_text = rest.partition(":")
        try:
            share = float(share_text) if share_text else 1.0
            return self.add(operation, **_meaning(what, share))
        except ValueError as error:
            raise ValueError(f"the fault {text!r}: {error}") from error


def _meaning(what: str, share: float) -> dict[str, Any]:
    if what == "lose-items":
        return {"lose_items": share}
    if what in ("drop", "drop-applied"):
        return {"drop": True, "applied": what == "drop-applied", "share": share}
    if what.endswith("ms"):
        return {"latency_ms": float(what.removesuffix("ms")), "share": share}
    if what.isascii() and what.isdigit():
        return {"status": int(what), "share": share}
    raise ValueError("say OPERATION:WHAT[:SHARE], WHAT as in 503, 200ms, drop or lose-items")


def operation_named(name: str) -> str:
    """The full name of an operation; `ValueError` for one that Autumn doesn't have."""
    full = _SHORT.get(name, name)
    if full != ANY and full not in SERVED and full not in NOT_SERVED:
        raise ValueError(f"Autumn has no operation {name!r}; try 'track', 'customers.get' or '*'")
    return full
