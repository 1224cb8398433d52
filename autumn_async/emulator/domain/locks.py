"""Locks: usage held back before it happens, to be confirmed, corrected or released."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import copysign
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from .amounts import exact
from .deduction import Take
from .failures import ApiError, refused
from .recording import record
from .tracking import Outcome, track

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .environment import Environment
    from .subjects import Subject

LIFETIME_MS: Final = 24 * 3_600_000
"""A lock nobody finalizes is forgotten after a day; what it held counts as used."""


class Held(Struct):
    """What one balance gave to a lock, and the cycle it was given in."""

    take: Take
    cycle: int

    @property
    def forgiven(self) -> bool:
        """Has the row been reset since? Then there is nothing to give back to it."""
        return self.take.row.cycles != self.cycle


class Lock(Struct, eq=False):
    """A receipt of usage that isn't final."""

    id: str
    name: str
    """What its events are recorded under."""
    outcome: Outcome
    held: list[Held]
    until: int
    releases: bool
    """Is what it holds given back when its time is over?"""

    @property
    def subject(self) -> Subject:
        return self.outcome.usage.subject

    @property
    def value(self) -> float:
        """The units of the feature that are held: what could be taken of what was asked for."""
        return exact(self.outcome.usage.value - self.outcome.dropped)


def require_brief(expires_at: int | None, now: int) -> None:
    """Refuses holds of more than a day."""
    if expires_at is not None and expires_at > now + LIFETIME_MS:
        raise refused("Lock expires_at cannot be more than 1 day from now")


def require_free(env: Environment, lock_id: str, received_at: int) -> None:
    """Refuses ids in use."""
    if _find(env, lock_id, received_at):
        raise ApiError(409, "lock_already_exists", "A lock with this ID already exists")


def hold(
    env: Environment,
    lock_id: str,
    name: str,
    outcome: Outcome,
    expires_at: int | None,
    now: int,
) -> None:
    """Keeps the receipt of what has been taken. A time that is over already is not awaited."""
    releases = expires_at is not None and expires_at > now
    until = expires_at if expires_at is not None and releases else now + LIFETIME_MS
    held = [Held(take, take.row.cycles) for take in outcome.takes]
    lock = Lock(lock_id, name, outcome, held, until, releases)
    env.locks[lock_id] = lock
    outcome.usage.subject.customer.locks[lock_id] = lock


def get(env: Environment, lock_id: str, received_at: int) -> Lock:
    lock = _find(env, lock_id, received_at)
    if lock is None:
        raise refused(f"Lock not found for ID: {lock_id}")
    return lock


def finalize(
    env: Environment,
    lock: Lock,
    value: float,
    now: int,
    properties: Mapping[str, Any] | None = None,
) -> bool:
    """Settles a lock at a value, and records the correction; False where there is none.

    Less than was held: the rest goes back to where it came from, last taken first. More: the
    difference is taken as far as there is something. A value of the other sign gives all back.
    """
    _drop(env, lock)
    held = lock.value
    if value == held:
        return False
    usage = lock.outcome.usage._replace(value=exact(value - held), now=now)
    if usage.behavior == "reject":
        usage = usage._replace(behavior="cap")
    kept = max(0, min(value, held)) if held > 0 else min(0, max(value, held))
    outcome = Outcome(usage)
    left_over = _give_back(lock, kept, outcome)
    if rest := exact(value - kept - left_over):
        outcome.takes += track(env, usage._replace(value=rest)).takes
    if properties is not None:
        outcome.usage = usage._replace(properties=properties)
    record(env, outcome, lock.name, now)
    return True


def expire(env: Environment, customer: Customer, now: int) -> None:
    """Ends the locks of a customer whose time is over."""
    for lock in tuple(customer.locks.values()):
        if lock.until <= now:
            _end(env, lock)


def forget_entity(env: Environment, entity: Entity) -> None:
    for lock in tuple(entity.customer.locks.values()):
        if lock.subject.entity is entity:
            _drop(env, lock)


def _find(env: Environment, lock_id: str, received_at: int) -> Lock | None:
    """A lock ends in the time of its customer."""
    lock = env.locks.get(lock_id)
    if lock and lock.until <= lock.subject.customer.now(received_at):
        _end(env, lock)
        return None
    return lock


def _end(env: Environment, lock: Lock) -> None:
    if lock.releases:
        finalize(env, lock, 0, lock.until)
    else:
        _drop(env, lock)


def _drop(env: Environment, lock: Lock) -> None:
    del env.locks[lock.id]
    del lock.subject.customer.locks[lock.id]


def _give_back(lock: Lock, kept: float, outcome: Outcome) -> float:
    """Undoes the receipt from its end until only so many units of the feature are held.

    Answers what went to rows that are gone by now: it is given back to those that are there.
    """
    there = set(lock.subject.customer.ledger.all_rows())
    homeless = 0.0
    backs = list(_backs(lock, kept))
    for held, back in backs:
        if held.take.row not in there:
            homeless -= back.units
        elif not held.forgiven:
            back.apply()
            outcome.takes.append(back)
    _uncount(lock, [back for _, back in backs])
    return exact(homeless)


def _backs(lock: Lock, kept: float) -> Iterator[tuple[Held, Take]]:
    """What undoes each part of the receipt, the newest first."""
    left = exact(abs(lock.value - kept))
    for held in reversed(lock.held):
        units = held.take.units
        if kept:
            units = copysign(min(left, abs(units)), units)
            left = exact(left - abs(units))
        yield held, held.take.reversed(units)
        if kept and left <= 0:
            return


def _uncount(lock: Lock, backs: Sequence[Take]) -> None:
    """Usage limits forget what was given back: units of the feature, credits of its systems."""
    for counted in lock.outcome.counted:
        if counted.feature in lock.outcome.usage.features:
            counted.undo(-sum(back.units for back in backs))
        else:
            from_there = [back for back in backs if back.row.feature is counted.feature]
            counted.undo(-sum(back.value for back in from_there if back.rollover is None))
