"""Managing balances by hand: creating standalone rows, correcting, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from msgspec import Struct

from .amounts import exact
from .deduction import AT_PAR, Bounds, any_overage, draw, sources_of
from .failures import ApiError, invalid_input, refused
from .intervals import ONE_OFF, Interval, day_of_month
from .rows import Row
from .standing import figures

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .features import Feature
    from .ids import Ids
    from .plans import RolloverTerms
    from .subjects import Subject


class NewBalance(Struct, frozen=True):
    """A standalone balance as it was asked for. Moments in milliseconds."""

    feature: Feature
    balance_id: str | None = None
    included_grant: float | None = None
    unlimited: bool = False
    reset: Interval | None = None
    next_reset_at: int | None = None
    expires_at: int | None = None
    rollover: RolloverTerms | None = None


def create(subject: Subject, wanted: NewBalance, ids: Ids, now: int) -> Row:
    """Adds a standalone row, for the customer or for one entity alone."""
    customer, feature = subject.customer, wanted.feature
    _require_amount(wanted)
    _require_dates(wanted, now)
    _require_new(subject, wanted, now)
    row = Row(
        id=ids.new("cus_ent", now),
        feature=feature,
        created_at=now,
        sequence=customer.ledger.next_sequence(),
        external_id=wanted.balance_id,
        allowance=exact(wanted.included_grant or 0),
        balance=exact(wanted.included_grant or 0),
        unlimited=wanted.unlimited,
        reset=None if feature.continuous or feature.boolean else wanted.reset or ONE_OFF,
        rollover=wanted.rollover,
        expires_at=wanted.expires_at,
        entity=subject.entity,
    )
    _start_cycle(row, wanted.next_reset_at, now)
    customer.ledger.add(row)
    return row


def _start_cycle(row: Row, next_reset_at: int | None, now: int) -> None:
    if row.reset is None or not row.reset.recurs:
        return
    if next_reset_at is None and row.expires_at is not None:
        # A row that ends resets only when it was told when.
        return
    row.reset_day = day_of_month(now if next_reset_at is None else next_reset_at)
    row.next_reset_at = next_reset_at or row.reset.after(now, 1, row.reset_day)


def _require_amount(wanted: NewBalance) -> None:
    amount = wanted.included_grant is not None
    if wanted.feature.boolean:
        valid = not amount and not wanted.unlimited
    else:
        valid = amount != wanted.unlimited and not (wanted.unlimited and wanted.reset)
    if not valid:
        raise invalid_input("input", "Invalid input")


def _require_dates(wanted: NewBalance, now: int) -> None:
    due = wanted.next_reset_at
    recurs = wanted.reset is not None and wanted.reset.recurs
    if due is not None and not recurs:
        raise refused("next_reset_at requires a reset interval to be provided")
    if due is not None and due <= now:
        raise refused("next_reset_at must be in the future")
    if due is not None and wanted.expires_at is not None and due >= wanted.expires_at:
        raise refused("next_reset_at must be before expires_at")
    if wanted.rollover and wanted.feature.continuous:
        raise refused("Rollover cannot be provided for allocated features")
    if wanted.rollover and not recurs:
        raise refused("Rollover cannot be provided for one-time balances")
    if wanted.rollover and wanted.expires_at is not None and wanted.expires_at < _due(wanted, now):
        raise refused("expires_at must not be before the first reset of a rollover")


def _due(wanted: NewBalance, now: int) -> int:
    """When it would reset first, if it does."""
    assert wanted.reset
    return wanted.next_reset_at or wanted.reset.after(now)


def _require_new(subject: Subject, wanted: NewBalance, now: int) -> None:
    customer, feature = subject.customer, wanted.feature
    if subject.entity and subject.entity.feature is feature:
        raise refused(f"Entity {subject.entity.id} cannot have a balance of its own feature")
    held = customer.ledger.rows(feature, now, subject.entity)
    if feature.boolean and any(row.entity is subject.entity for row in held):
        raise refused(
            f"A boolean entitlement {feature.id} already exists"
            f" for customer {customer.internal_id}",
            status=409,
        )
    taken = {row.external_id for row in customer.ledger.all_rows()}
    if wanted.balance_id is not None and wanted.balance_id in taken:
        message = f"balance_id '{wanted.balance_id}' is already in use for this customer"
        raise refused(message, status=409)


def narrowed(rows: Sequence[Row], balance_id: str | None, interval: str | None) -> list[Row]:
    """The rows of that id and that reset interval; None asks for no such thing."""
    return [
        row
        for row in rows
        if balance_id in (None, row.id, row.external_id)
        and (interval is None or (row.reset is not None and row.reset.unit == interval))
    ]


def set_remaining(rows: Sequence[Row], target: float, entity: Entity | None, now: int) -> None:
    """Brings the rows to a total, without floor or ceiling; what is granted stays."""
    unlimited = next((row for row in rows if row.unlimited), None)
    if unlimited:
        unlimited.balance = exact(target)
    else:
        held = sum(figures(row, entity).balance for row in rows)
        add(rows, exact(target - held), entity, now)


def set_usage(rows: Sequence[Row], usage: float, entity: Entity | None, now: int) -> None:
    set_remaining(rows, exact(_granted(rows, entity) - usage), entity, now)


def add(rows: Sequence[Row], amount: float, entity: Entity | None, now: int) -> None:
    """Adds to the first row once none is negative; takes rollovers first, as a track does."""
    bounds = Bounds(any_overage, ceilings=False)
    sources = [source for row in rows for source in sources_of(row, AT_PAR, entity)]
    draw(sources, exact(-amount), bounds, now).apply()


def set_included(rows: Sequence[Row], target: float, entity: Entity | None) -> None:
    """Redefines the grant by an adjustment of the first row, which lasts until its reset."""
    included = sum(figures(row, entity).included for row in rows)
    for part in rows[0].parts(entity)[:1]:
        part.adjustment = exact(part.adjustment + target - included)


def _granted(rows: Sequence[Row], entity: Entity | None) -> float:
    numbers = [figures(row, entity) for row in rows]
    return sum(each.included + each.prepaid for each in numbers)


def set_next_reset(customer: Customer, feature: Feature, rows: Sequence[Row], due: int) -> None:
    resetting = [row for row in rows if row.next_reset_at is not None]
    if not resetting:
        raise refused(
            "Cannot update next reset at for lifetime balance"
            f" (feature {feature.id}, customer {customer.shown_id})"
        )
    row = min(resetting, key=lambda row: row.next_reset_at or 0)
    row.next_reset_at = due
    row.reset_day = day_of_month(due)
    customer.ledger.reorder()


def set_expiry(customer: Customer, rows: Sequence[Row], expires_at: int) -> None:
    row = min(rows, key=lambda row: float("inf") if row.expires_at is None else row.expires_at)
    if row.price and row.price.interval.recurs:
        raise refused("Cannot set expires_at on the balance of a paid recurring plan")
    row.expires_at = expires_at
    customer.ledger.reorder()


def delete(customer: Customer, rows: Sequence[Row]) -> None:
    if any(row.price for row in rows):
        raise ApiError(409, "invalid_request", "Cannot delete a balance that has a price")
    for row in rows:
        customer.ledger.drop(row)


def delete_and_recalculate(
    subject: Subject, feature: Feature, rows: Sequence[Row], now: int
) -> None:
    """Moves the usage of deleted rows to those that stay, or keeps it on an empty row."""
    entity = subject.entity
    usage = exact(sum(figures(row, entity).usage for row in rows))
    delete(subject.customer, rows)
    if usage <= 0:
        return
    if remaining := subject.rows(feature, now):
        add(remaining, -usage, entity, now)
    else:
        subject.customer.ledger.add(_carrier(rows[0], usage))


def _carrier(row: Row, usage: float) -> Row:
    row.allowance = row.packs = row.adjustment = 0
    row.balance = -usage
    row.next_reset_at = None
    row.rollovers = []
    row.shared_by, row.shares = None, {}
    return row
