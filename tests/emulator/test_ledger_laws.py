"""What must hold for every deduction and refund, whatever the rows."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autumn_async.emulator.domain.amounts import exact
from autumn_async.emulator.domain.customers import Customer
from autumn_async.emulator.domain.deduction import (
    Bounds,
    Draw,
    Source,
    any_overage,
    draw,
    no_overage,
)
from autumn_async.emulator.domain.environment import Environment
from autumn_async.emulator.domain.failures import ApiError
from autumn_async.emulator.domain.features import CreditCost, Feature
from autumn_async.emulator.domain.intervals import Interval
from autumn_async.emulator.domain.plans import Price
from autumn_async.emulator.domain.resets import reset_due_rows
from autumn_async.emulator.domain.rows import Ledger, Rollover, Row
from autumn_async.emulator.domain.standing import standing
from autumn_async.emulator.domain.tracking import Usage, track

NOW = 1_800_000_000_000
law = settings(max_examples=60, deadline=None)
MONTH = Interval("month")


def price(method: str, cap: float | None = None) -> Price:
    return Price(MONTH, method, amount=1, billing_units=10, max_purchase=cap)


amounts = st.one_of(
    st.integers(0, 1000),
    st.floats(0, 1000).map(lambda value: round(value, 3)),
).map(exact)
prices = st.one_of(
    st.none(),
    st.just(price("prepaid")),
    st.builds(price, st.just("usage_based"), st.none() | st.integers(0, 100)),
)


@dataclass
class World:
    """A customer with rows of a feature and of a credit system that pays for it."""

    env: Environment
    customer: Customer
    feature: Feature
    system: Feature

    def rows(self) -> list[Row]:
        return self.customer.ledger.all_rows()

    def balances(self) -> dict[str, float]:
        held = {row.id: row.balance for row in self.rows()}
        return held | {r.id: r.balance for row in self.rows() for r in row.rollovers}

    def track(self, value: float, behavior: str = "cap") -> Any:
        usage = Usage(self.customer, (self.feature,), value, {}, behavior, NOW)
        return track(self.env, usage)


@st.composite
def rollovers(draw_value: Any) -> list[Rollover]:
    count = draw_value(st.integers(0, 2))
    return [
        Rollover(f"roll_{index}", balance, balance, draw_value(st.sampled_from([None, NOW + 9])))
        for index in range(count)
        if (balance := draw_value(amounts))
    ]


@st.composite
def worlds(draw_value: Any, *, consumable: bool = True) -> World:
    env, ledger = Environment("sandbox"), Ledger()
    feature = Feature("f", "F", "metered", consumable, NOW)
    cost = draw_value(st.sampled_from([1, 2, 0.5, 0.003]))
    system = Feature("c", "C", "credit_system", True, NOW, schema=(CreditCost("f", cost),))
    env.features.add(feature)
    env.features.add(system)
    for index in range(draw_value(st.integers(1, 4))):
        row = Row(
            id=f"row_{index}",
            feature=draw_value(st.sampled_from([feature, feature, system])),
            created_at=draw_value(st.integers(NOW - 2, NOW)),
            sequence=index,
            allowance=draw_value(amounts),
            packs=draw_value(st.integers(0, 3)),
            price=draw_value(prices),
            reset=draw_value(st.sampled_from([MONTH, Interval("day"), Interval("one_off")])),
            expires_at=draw_value(st.sampled_from([None, NOW + 5, NOW + 6])),
        )
        row.balance = exact(row.ceiling - draw_value(amounts) / 2)
        row.rollovers = [
            Rollover(f"{row.id}_{each.id}", each.granted, each.balance, each.expires_at)
            for each in draw_value(rollovers())
        ]
        if row.reset and row.reset.recurs:
            row.next_reset_at = NOW + draw_value(st.integers(1, 10))
        ledger.add(row)
    return World(env, Customer("cus_x", NOW, ledger=ledger), feature, system)


def cost_of(world: World, row: Row) -> float:
    return world.system.schema[0].cost if row.feature is world.system else 1


def taken(world: World, takes: Any) -> float:
    """What was taken, in units of the feature."""
    return sum(take.value / cost_of(world, take.row) for take in takes)


def close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1, abs(one), abs(other))


@law
@given(worlds(), amounts, st.sampled_from(["cap", "overflow"]))
def test_a_balance_falls_by_exactly_what_was_taken_from_it(
    world: World, value: float, behavior: str
) -> None:
    before = world.balances()
    takes = {take.balance_id: take.value for take in world.track(value, behavior).takes}
    for name, balance in world.balances().items():
        assert balance == exact(before[name] - takes.get(name, 0))


@law
@given(worlds(), amounts)
def test_cap_drops_exactly_the_remainder(world: World, value: float) -> None:
    takes = world.track(value).takes
    dropped = value - taken(world, takes)
    assert dropped >= -1e-6
    if dropped > 1e-6:
        visible = [row for row in world.rows() if row.visible(NOW)]
        assert not any(each.balance > 1e-9 for row in visible for each in row.rollovers)
        for row in visible:
            cap = row.price.max_purchase if row.price and row.usage_based else 0
            assert cap is not None
            assert row.balance <= max(0, -cap) + 1e-9 or row.balance <= 0


@law
@given(worlds(), amounts)
def test_overflow_takes_everything_or_there_was_no_row(world: World, value: float) -> None:
    outcome = world.track(value, "overflow")
    visible = [row for row in world.rows() if row.visible(NOW)]
    if visible or outcome.takes:
        assert close(taken(world, outcome.takes), value)


@law
@given(worlds(), amounts)
def test_reject_takes_everything_or_changes_nothing(world: World, value: float) -> None:
    before = world.balances()
    outcome = None
    with suppress(ApiError):
        outcome = world.track(value, "reject")
    if outcome is None:
        assert world.balances() == before
    else:
        assert close(taken(world, outcome.takes), value)


@law
@given(worlds(), amounts)
def test_nothing_goes_below_zero_that_may_not(world: World, value: float) -> None:
    before = world.balances()
    world.track(value)
    for row in world.rows():
        if not row.usage_based:
            assert row.balance >= min(0, before[row.id])
        elif row.price and row.price.max_purchase is not None:
            assert row.balance >= min(-row.price.max_purchase, before[row.id])
    for row in world.rows():
        assert all(each.balance >= 0 for each in row.rollovers)


@law
@given(worlds(), amounts)
def test_a_refund_never_passes_a_ceiling(world: World, value: float) -> None:
    before = world.balances()
    takes = world.track(-value).takes
    for row in world.rows():
        assert before[row.id] <= row.balance <= max(before[row.id], row.ceiling)
    assert -taken(world, takes) <= value + 1e-6
    assert not any(take.rollover for take in takes)


@law
@given(worlds(), amounts)
def test_rollovers_go_first_and_the_soonest_of_them_before_others(
    world: World, value: float
) -> None:
    takes = world.track(value).takes
    kinds = [take.rollover is not None for take in takes]
    assert kinds == sorted(kinds, reverse=True)
    ends = [take.rollover.expires_at or 10**20 for take in takes if take.rollover]
    assert ends == sorted(ends)


@law
@given(worlds(), amounts)
def test_a_row_is_emptied_before_the_next_one_is_touched(world: World, value: float) -> None:
    before = world.balances()
    outcome = world.track(value)
    rows = [row for feature in outcome.rows for row in outcome.rows[feature]]
    rows.sort(key=lambda row: row.order)
    touched = [row for row in rows if row.balance != before[row.id]]
    for row in rows[: rows.index(touched[-1])] if touched else ():
        if before[row.id] > 0:
            assert row.balance <= 1e-9


@law
@given(worlds())
def test_the_order_of_deduction_is_total(world: World) -> None:
    orders = [row.order for row in world.rows()]
    assert len(set(orders)) == len(orders)
    for one, other in permutations(world.rows(), 2):
        assert (one.order < other.order) != (other.order < one.order)


@law
@given(worlds(), amounts)
def test_granted_is_remaining_and_usage_unless_there_is_overage(world: World, value: float) -> None:
    world.track(value)
    for feature in (world.feature, world.system):
        total = standing(world.customer.ledger.rows(feature, NOW), NOW)
        assert close(total.granted, total.remaining + total.usage - total.overage)


@law
@given(worlds())
def test_a_reset_grants_afresh_and_lies_in_the_future(world: World) -> None:
    later = NOW + 40 * 86_400_000
    due = [row for row in world.rows() if row.next_reset_at is not None]
    reset_due_rows(world.customer.ledger, world.env.ids, later)
    for row in due:
        assert row.balance == row.starting
        assert row.next_reset_at is not None
        assert row.next_reset_at > later
    assert world.customer.ledger.next_reset_at == min(
        (row.next_reset_at for row in due if row.next_reset_at), default=None
    )


@law
@given(amounts, amounts)
def test_a_draw_changes_nothing_until_it_is_applied(balance: float, amount: float) -> None:
    row = Row("r", Feature("f", "F", "metered", True, NOW), NOW, 1, balance=balance)
    result: Draw = draw([Source(row)], amount, Bounds(no_overage), NOW)
    assert row.balance == balance
    result.apply()
    assert row.balance == exact(max(0, balance - amount))
    draw([Source(row)], amount, Bounds(any_overage), NOW).apply()
    assert row.balance == exact(max(0, balance - amount) - amount)
