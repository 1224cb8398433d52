"""What must hold for every deduction and refund, whatever the rows."""

from __future__ import annotations

from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import permutations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from autumn_async.emulator.domain import locks, seats
from autumn_async.emulator.domain.amounts import exact
from autumn_async.emulator.domain.credits import Member, Rate
from autumn_async.emulator.domain.customers import Customer
from autumn_async.emulator.domain.deduction import (
    Bounds,
    Draw,
    Source,
    any_overage,
    draw,
    no_overage,
)
from autumn_async.emulator.domain.entities import Entity
from autumn_async.emulator.domain.environment import Environment
from autumn_async.emulator.domain.failures import ApiError
from autumn_async.emulator.domain.features import Feature
from autumn_async.emulator.domain.intervals import Interval
from autumn_async.emulator.domain.plans import Price
from autumn_async.emulator.domain.resets import reset_due_rows
from autumn_async.emulator.domain.rows import Ledger, Rollover, Row, Share
from autumn_async.emulator.domain.standing import figures, overview, standing
from autumn_async.emulator.domain.subjects import Subject
from autumn_async.emulator.domain.tracking import Outcome, Usage, track

NOW = 1_800_000_000_000
law = settings(max_examples=40, deadline=None)
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
    """A customer with rows of a feature and of a credit system that pays for it.

    Some rows may belong to one of its entities, some may be shared by all of them.
    """

    env: Environment
    customer: Customer
    feature: Feature
    system: Feature
    seat: Feature
    entities: list[Entity] = field(default_factory=list[Entity])

    def rows(self) -> list[Row]:
        return self.customer.ledger.all_rows()

    def parts(self) -> list[Row | Share]:
        return [part for row in self.rows() for part in row.parts(None)]

    def balances(self) -> dict[str, float]:
        """Every balance there is: of rows, of shares, of rollovers."""
        held = {_name(part): part.balance for part in self.parts()}
        return held | {r.id: r.balance for row in self.rows() for r in row.rollovers}

    def subjects(self) -> list[Subject]:
        return [Subject(self.customer), *(Subject(self.customer, e) for e in self.entities)]

    def track(self, value: float, behavior: str = "cap", subject: Subject | None = None) -> Outcome:
        user = subject or Subject(self.customer)
        return track(self.env, Usage(user, (self.feature,), value, {}, behavior, NOW))


def _name(holder: Row | Share | Rollover) -> str:
    return f"{holder.row.id} {holder.entity.id}" if isinstance(holder, Share) else holder.id


def limit(feature_id: str, value: float) -> dict[str, Any]:
    return {"feature_id": feature_id, "enabled": True, "limit": value, "interval": "day"}


@st.composite
def rollovers(draw_value: Any) -> list[Rollover]:
    count = draw_value(st.integers(0, 2))
    return [
        Rollover(f"roll_{index}", balance, balance, draw_value(st.sampled_from([None, NOW + 9])))
        for index in range(count)
        if (balance := draw_value(amounts))
    ]


@st.composite
def worlds(draw_value: Any, *, crowded: bool = True) -> World:
    """`crowded`: with entities."""
    env, ledger = Environment("sandbox"), Ledger()
    feature = Feature("f", "F", "metered", True, NOW)
    cost = draw_value(st.sampled_from([1, 2, 0.5, 0.003]))
    system = Feature("c", "C", "credit_system", True, NOW, schema=(Member("f", Rate(cost)),))
    seat = Feature("s", "S", "metered", False, NOW)
    for each in (feature, system, seat):
        env.features.add(each)
    customer = Customer("cus_x", NOW, ledger=ledger)
    world = World(env, customer, feature, system, seat)
    for name in ("e1", "e2") if crowded else ():
        entity = Entity(name, customer, seat, NOW)
        seats.create(env, entity)
        world.entities.append(entity)
    if draw_value(st.booleans()):
        limits = [limit(name, draw_value(amounts)) for name in ("f", "c")]
        customer.billing_controls = {"usage_limits": limits}
    for index in range(draw_value(st.integers(1, 4))):
        ledger.add(draw_value(rows(world, index)))
    return world


@st.composite
def rows(draw_value: Any, world: World, index: int) -> Row:
    kinds = ["common", "common", "own", "shared"] if world.entities else ["common"]
    kind = draw_value(st.sampled_from(kinds))
    row = Row(
        id=f"row_{index}",
        feature=draw_value(st.sampled_from([world.feature, world.feature, world.system])),
        created_at=draw_value(st.integers(NOW - 2, NOW)),
        sequence=index,
        allowance=draw_value(amounts),
        packs=draw_value(st.integers(0, 3)),
        price=draw_value(prices),
        reset=draw_value(st.sampled_from([MONTH, Interval("day"), Interval("one_off")])),
        expires_at=draw_value(st.sampled_from([None, NOW + 5, NOW + 6])),
        entity=draw_value(st.sampled_from(world.entities)) if kind == "own" else None,
        shared_by=world.seat if kind == "shared" else None,
    )
    for entity in world.entities:
        row.share_with(entity)
    for part in row.parts(None):
        part.balance = exact(part.ceiling - draw_value(amounts) / 2)
    owners = [share.entity for share in row.shares.values()]
    row.rollovers = [
        Rollover(
            f"{row.id}_{each.id}",
            each.granted,
            each.balance,
            each.expires_at,
            draw_value(st.sampled_from(owners)) if owners else None,
        )
        for each in draw_value(rollovers())
    ]
    if row.reset and row.reset.recurs:
        row.next_reset_at = NOW + draw_value(st.integers(1, 10))
    return row


who = st.integers(0, 2)
"""The customer, or one of its two entities."""


def cost_of(world: World, row: Row) -> float:
    return world.system.schema[0].rate.cost if row.feature is world.system else 1


def taken(world: World, takes: Any) -> float:
    """What was taken, in units of the feature."""
    return sum(take.value / cost_of(world, take.row) for take in takes)


def close(one: float, other: float) -> bool:
    return abs(one - other) <= 1e-6 * max(1, abs(one), abs(other))


@law
@given(worlds(), amounts, st.sampled_from(["cap", "overflow"]), who)
def test_a_balance_falls_by_exactly_what_was_taken_from_it(
    world: World, value: float, behavior: str, index: int
) -> None:
    before = world.balances()
    outcome = world.track(value, behavior, world.subjects()[index])
    takes: defaultdict[str, float] = defaultdict(float)
    for take in outcome.takes:
        takes[_name(take.holder)] += take.value
    for name, balance in world.balances().items():
        assert close(balance, before[name] - takes[name])


@law
@given(worlds(), amounts, who)
def test_nobody_draws_on_what_belongs_to_others(world: World, value: float, index: int) -> None:
    before = world.balances()
    subject = world.subjects()[index]
    world.track(value, "overflow", subject)
    for row in world.rows():
        for part in row.parts(None):
            theirs = row.entity not in (None, subject.entity)
            other_share = isinstance(part, Share) and subject.entity not in (None, part.entity)
            if theirs or other_share:
                assert part.balance == before[_name(part)]


@law
@given(worlds(crowded=False), amounts)
def test_cap_drops_exactly_the_remainder(world: World, value: float) -> None:
    world.customer.billing_controls = {}
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
@given(worlds(), amounts, who)
def test_overflow_takes_everything_or_there_was_no_row(
    world: World, value: float, index: int
) -> None:
    outcome = world.track(value, "overflow", world.subjects()[index])
    if any(outcome.rows.values()):
        assert close(taken(world, outcome.takes), value)


@law
@given(worlds(), amounts, who)
def test_reject_takes_everything_or_changes_nothing(world: World, value: float, index: int) -> None:
    before = world.balances()
    outcome = None
    with suppress(ApiError):
        outcome = world.track(value, "reject", world.subjects()[index])
    if outcome is None:
        assert world.balances() == before
    else:
        assert close(taken(world, outcome.takes), value)


@law
@given(worlds(), amounts, who)
def test_nothing_goes_below_zero_that_may_not(world: World, value: float, index: int) -> None:
    before = world.balances()
    world.track(value, subject=world.subjects()[index])
    for row in world.rows():
        for part in row.parts(None):
            if not row.usage_based:
                assert part.balance >= min(0, before[_name(part)])
            elif row.price and row.price.max_purchase is not None:
                assert part.balance >= min(-row.price.max_purchase, before[_name(part)])
        assert all(each.balance >= 0 for each in row.rollovers)


@law
@given(worlds(), amounts, who)
def test_a_refund_never_passes_a_ceiling(world: World, value: float, index: int) -> None:
    before = world.balances()
    takes = world.track(-value, subject=world.subjects()[index]).takes
    for part in world.parts():
        was = before[_name(part)]
        assert was <= part.balance <= max(was, part.ceiling)
    assert -taken(world, takes) <= value + 1e-6
    assert not any(take.rollover for take in takes)


@law
@given(worlds(), amounts, who)
def test_rollovers_go_first_and_the_soonest_of_them_before_others(
    world: World, value: float, index: int
) -> None:
    takes = world.track(value, subject=world.subjects()[index]).takes
    kinds = [take.rollover is not None for take in takes]
    assert kinds == sorted(kinds, reverse=True)
    ends = [take.rollover.expires_at or 10**20 for take in takes if take.rollover]
    assert ends == sorted(ends)


@law
@given(worlds(), amounts, who)
def test_a_row_is_emptied_before_the_next_one_is_touched(
    world: World, value: float, index: int
) -> None:
    world.customer.billing_controls = {}
    subject, before = world.subjects()[index], world.balances()
    outcome = world.track(value, subject=subject)
    rows = [row for feature in outcome.rows for row in outcome.rows[feature]]
    rows.sort(key=lambda row: (row.entity is None and subject.entity is not None, row.order))
    parts = [part for row in rows for part in row.parts(subject.entity)]
    touched = [part for part in parts if part.balance != before[_name(part)]]
    for part in parts[: parts.index(touched[-1])] if touched else ():
        if before[_name(part)] > 0:
            assert part.balance <= 1e-9


@law
@given(worlds())
def test_the_order_of_deduction_is_total(world: World) -> None:
    orders = [row.order for row in world.rows()]
    assert len(set(orders)) == len(orders)
    for one, other in permutations(world.rows(), 2):
        assert (one.order < other.order) != (other.order < one.order)


@law
@given(worlds(), amounts, who)
def test_granted_is_remaining_and_usage_unless_there_is_overage(
    world: World, value: float, index: int
) -> None:
    subject = world.subjects()[index]
    world.track(value, subject=subject)
    for feature in (world.feature, world.system):
        total = standing(subject, feature, NOW)
        assert close(total.granted, total.remaining + total.usage - total.overage)


@law
@given(worlds(), amounts, who)
def test_a_customer_shows_all_shares_of_its_entities(
    world: World, value: float, index: int
) -> None:
    world.track(value, subject=world.subjects()[index])
    for feature in (world.feature, world.system):
        shown = overview(Subject(world.customer), feature, NOW)
        held = [
            figures(row, None)
            for row in world.rows()
            if row.feature is feature and row.visible(NOW) and not row.entity
        ]
        rollovers = sum(each.balance for each in shown.rollovers or ())
        assert close(shown.remaining, sum(each.remaining for each in held) + rollovers)


@law
@given(worlds(), amounts.filter(bool), who, st.sampled_from(["reject", "cap", "overflow"]))
def test_releasing_a_lock_restores_every_balance(
    world: World, value: float, index: int, behavior: str
) -> None:
    before, counted = world.balances(), counters(world)
    with suppress(ApiError):
        outcome = world.track(value, behavior, world.subjects()[index])
        locks.hold(world.env, "lock", "f", outcome, None, NOW)
        locks.finalize(world.env, locks.get(world.env, "lock", NOW), 0, NOW)
    assert close_to(world.balances(), before)
    assert counters(world) == counted
    assert not world.env.locks
    assert not world.customer.locks


@law
@given(worlds(), amounts.filter(bool), st.floats(0, 1), who)
def test_confirming_less_is_as_if_only_that_had_been_used(
    world: World, value: float, share: float, index: int
) -> None:
    subject, final = world.subjects()[index], exact(value * share)
    before = world.balances()
    try:
        outcome = world.track(value, "reject", subject)
    except ApiError:
        return
    locks.hold(world.env, "lock", "f", outcome, None, NOW)
    locks.finalize(world.env, locks.get(world.env, "lock", NOW), final, NOW)
    corrected = world.balances()
    for take in outcome.takes:
        take.holder.balance = before[_name(take.holder)]
    world.customer.counters.clear()
    world.track(final, "reject", subject)
    assert close_to(world.balances(), corrected)


def counters(world: World) -> dict[str, float]:
    return {key: counter.used for key, counter in world.customer.counters.items() if counter.used}


def close_to(one: dict[str, float], other: dict[str, float]) -> bool:
    return one.keys() == other.keys() and all(close(one[name], other[name]) for name in one)


@law
@given(worlds(), st.permutations(range(4)), amounts)
def test_independent_operations_may_come_in_any_order(
    world: World, order: list[int], value: float
) -> None:
    """Two entities draw on shares of their own; two more features are touched by nobody else."""
    world.customer.billing_controls = {}
    for row in world.rows():
        world.customer.ledger.drop(row)
    shared = Row("shared", world.feature, NOW, 1, allowance=50, shared_by=world.seat)
    other = Row("other", world.system, NOW, 2, allowance=100, balance=100)
    seat = Row("seat", world.seat, NOW, 3, allowance=10, balance=10)
    for row in (shared, other, seat):
        for entity in world.entities:
            row.share_with(entity)
        world.customer.ledger.add(row)
    world.system.schema = ()
    world.env.features.reindex()
    operations = [
        lambda: world.track(value, subject=world.subjects()[1]),
        lambda: world.track(value / 2, subject=world.subjects()[2]),
        lambda: track(world.env, usage_of(world, world.system, value)),
        lambda: track(world.env, usage_of(world, world.seat, 3)),
    ]
    for index in order:
        operations[index]()
    assert world.balances() == {
        "shared e1": exact(max(0, 50 - value)),
        "shared e2": exact(max(0, 50 - value / 2)),
        "other": exact(max(0, 100 - value)),
        "seat": 7,
    }


def usage_of(world: World, feature: Feature, value: float) -> Usage:
    return Usage(Subject(world.customer), (feature,), value, {}, "cap", NOW)


@law
@given(worlds())
def test_an_entity_that_comes_and_goes_changes_nothing(world: World) -> None:
    seat_row = Row("seat", world.seat, NOW, 9, allowance=5, balance=4)
    world.customer.ledger.add(seat_row)
    before = world.balances()
    entity = Entity("e3", world.customer, world.seat, NOW)
    seats.create(world.env, entity)
    seats.take_seat(entity)
    seats.delete(world.env, entity, NOW)
    assert world.balances() == before


@law
@given(worlds(), amounts)
def test_usage_limits_are_never_passed_by_capped_usage(world: World, value: float) -> None:
    limits = {"usage_limits": [limit("f", 10), limit("c", 7)]}
    world.customer.billing_controls = limits
    subject = Subject(world.customer)
    for _ in range(3):
        world.track(value, subject=subject)
    for counter in world.customer.counters.values():
        assert counter.used <= 10 + 1e-6


@law
@given(worlds())
def test_a_reset_grants_afresh_and_lies_in_the_future(world: World) -> None:
    later = NOW + 40 * 86_400_000
    due = [row for row in world.rows() if row.next_reset_at is not None]
    reset_due_rows(world.customer.ledger, world.env.ids, later)
    for row in due:
        assert all(part.balance == row.starting for part in row.parts(None))
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
