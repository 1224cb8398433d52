"""What quantities cost, what a part of a period costs, and which plan is the dearer one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autumn_async.emulator.domain.features import Feature
from autumn_async.emulator.domain.intervals import ONE_OFF, Interval
from autumn_async.emulator.domain.plans import BasePrice, Content, Item, Price, Tier
from autumn_async.emulator.domain.pricing import cost, is_upgrade, packs, rounded_up
from autumn_async.emulator.domain.subscriptions import Period, Subscription

from .conftest import DAY, moment

MONTH, WEEK, YEAR = Interval("month"), Interval("week"), Interval("year")
MESSAGES = Feature("m", "Messages", "metered", True, 0)
SEATS = Feature("s", "Seats", "metered", False, 0)


def price(amount: float | None = None, *tiers: Tier, **fields: object) -> Price:
    settings: dict[str, object] = {"interval": MONTH, "billing_method": "prepaid", **fields}
    return Price(amount=amount, tiers=tiers, **settings)  # type: ignore[arg-type]


FLAT = price(10, billing_units=100)
GRADUATED = price(None, Tier(100, 1), Tier(500, 0.5), Tier("inf", 0.1))
VOLUME = price(None, Tier(10, 2, 5), Tier("inf", 1, 3), tier_behavior="volume")
COSTS = [
    (FLAT, 0, 0, 0),
    (FLAT, 0, 1, 10),
    (FLAT, 0, 100, 10),
    (FLAT, 100, 101, 10),
    (FLAT, 100, 100, 0),
    (FLAT, 100, 50, 0),
    (FLAT, 0, 450, 50),
    (GRADUATED, 0, 50, 50),
    (GRADUATED, 0, 101, 100.5),
    (GRADUATED, 0, 600, 310),
    (GRADUATED, 50, 150, 50 + 25),
    (VOLUME, 0, 0, 5),
    (VOLUME, 0, 10, 25),
    (VOLUME, 0, 11, 14),
    (VOLUME, 5, 5, 0),
    (price(10, billing_units=0), 0, 7, 0),
]


@pytest.mark.parametrize(("terms", "included", "quantity", "expected"), COSTS)
def test_costs(terms: Price, included: float, quantity: float, expected: float) -> None:
    assert cost(terms, included, quantity) == pytest.approx(expected)


amounts = st.floats(0, 1e6)
quantities = st.integers(0, 10**6)


@given(quantities, quantities, st.integers(1, 1000))
def test_one_never_gets_less_than_one_asks_for(included: int, asked: int, units: int) -> None:
    terms = price(1, billing_units=units)
    got = rounded_up(terms, included, asked)
    assert got >= max(included, asked)
    assert got - max(included, asked) < units
    assert packs(terms, included, got) == packs(terms, included, asked)


@given(quantities, quantities, st.lists(st.tuples(st.integers(1, 1000), amounts), min_size=1))
def test_more_never_costs_less_in_graduated_tiers(
    first: int, second: int, steps: list[tuple[int, float]]
) -> None:
    ends = [sum(width for width, _ in steps[: index + 1]) for index in range(len(steps))]
    tiers = [Tier(end, amount) for end, (_, amount) in zip(ends, steps, strict=True)]
    terms = price(None, *tiers)
    low, high = sorted((first, second))
    assert cost(terms, 0, low) <= cost(terms, 0, high) + 1e-6


@given(st.integers(0, 10**13), st.integers(1, 10**12), st.floats(0, 1))
def test_a_share_runs_from_all_to_nothing(start: int, length: int, part: float) -> None:
    period = Period(start, start + length)
    assert period.share_left(period.start) == 1
    assert period.share_left(period.end) == 0
    assert 0 <= period.share_left(start + int(part * length)) <= 1


@given(st.integers(0, 4 * 10**12), st.integers(0, 4 * 10**12))
def test_every_moment_lies_in_its_period(anchor: int, now: int) -> None:
    subscription = Subscription("sub", anchor, anchor)
    for interval in (WEEK, MONTH, YEAR):
        period = subscription.period(interval, now)
        assert period.start <= now < period.end
        assert subscription.period(interval, period.end).start == period.end


def test_a_trial_is_one_period() -> None:
    start = moment("2026-01-31T00:00:00")
    subscription = Subscription("sub", start, start + 7 * DAY, trial=True)
    assert subscription.period(MONTH, start + DAY) == (start, start + 7 * DAY)
    assert subscription.period(MONTH, start + 7 * DAY).start == start + 7 * DAY


def plan(amount: float | None = None, interval: Interval = MONTH, *items: Item) -> Content:
    return Content(items, BasePrice(amount, interval) if amount is not None else None)


USAGE = Item(MESSAGES, price=price(1, billing_method="usage_based"))
PACKS = Item(MESSAGES, price=price(10))
PAID_SEATS = Item(SEATS, price=price(10, billing_method="usage_based"))
UPGRADES = [
    (plan(), plan(), True),
    (plan(), plan(10), True),
    (plan(10), plan(), False),
    (plan(10), plan(20), True),
    (plan(20), plan(10), False),
    (plan(10), plan(10), True),
    (plan(20), plan(100, YEAR), True),
    (plan(300, YEAR), plan(10), False),
    (plan(5, WEEK), plan(10), True),
    (plan(5, ONE_OFF), plan(1), True),
    (plan(None, MONTH, USAGE), plan(None, MONTH, USAGE), True),
    (plan(20), plan(None, MONTH, USAGE), False),
    (plan(5), plan(None, MONTH, PACKS), True),
    (plan(15), plan(None, MONTH, PAID_SEATS), False),
]


@pytest.mark.parametrize(("current", "new", "expected"), UPGRADES)
def test_upgrades(current: Content, new: Content, expected: bool) -> None:
    assert is_upgrade(current, new) is expected
