"""Laws of payments: whatever is charged is for something, and only what was paid comes back."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import DAY, Api, StandingClock, moment
from .paying import attach, base, change, held, rich, totals

PRICES = {"pro": 20.0, "premium": 50.0, "extra": 28.0}
START, END = moment("2026-01-31T12:00:00"), moment("2026-02-28T12:00:00")
LASTING = {"type": "forever", "length": None}
ONCE = {"type": "one_off", "length": None}

steps = st.lists(
    st.tuples(
        st.sampled_from(["attach", "cancel"]), st.sampled_from(list(PRICES)), st.integers(0, 6)
    ),
    max_size=10,
)


def shop(clock: StandingClock) -> Api:
    api = Api(clock)
    api.plan("pro", group="g", price=base(PRICES["pro"]))
    api.plan("premium", group="g", price=base(PRICES["premium"]))
    api.plan("extra", price=base(PRICES["extra"]), add_on=True)
    rich(api)
    return api


def coupon(api: Api, percent: float, duration: dict[str, object]) -> list[dict[str, str]]:
    terms = {"type": "percentage_discount", "value": percent, "duration": duration}
    api(
        "rewards.create",
        coupon={"id": "c", "name": "C", **terms, "plan_ids": None, "promo_codes": []},
    )
    return [{"reward_id": "c"}]


def play(api: Api, clock: StandingClock, story: list[tuple[str, str, int]]) -> float:
    """Attaches and cancels within one period; answers what the time held was worth."""
    worth = 0.0
    for action, plan_id, days in [*story, *(("cancel", each, 0) for each in PRICES)]:
        later = min(END - 1, clock.now + days * DAY)
        lasting = sum(PRICES[name] for name, _ in held(api))
        worth += lasting * (later - clock.now) / (END - START)
        clock.advance(later - clock.now)
        holds = plan_id in dict(held(api))
        if action == "attach" and not holds:
            attach(api, plan_id, plan_schedule="immediate")
        elif action == "cancel" and holds:
            change(api, plan_id=plan_id, cancel_action="cancel_immediately")
    return worth


@settings(max_examples=25, deadline=None)
@given(steps)
def test_time_that_was_not_used_is_not_paid(story: list[tuple[str, str, int]]) -> None:
    """After any switches and cancellations, what was paid is what the time held was worth."""
    clock = StandingClock(START)
    api = shop(clock)
    attach(api, "extra")
    anchor = [("attach", "extra", 0), *story]
    worth = play(api, clock, keeping_the_cycle(anchor))
    assert held(api) == []
    assert sum(totals(api)) == pytest.approx(worth, abs=0.02 * (len(story) + 4))


def keeping_the_cycle(story: list[tuple[str, str, int]]) -> list[tuple[str, str, int]]:
    """Without ending the add-on, whose cycle all share: another would begin at another moment."""
    return [step for step in story if step[:2] != ("cancel", "extra")]


@settings(max_examples=25, deadline=None)
@given(
    story=steps,
    percent=st.integers(1, 100),
    duration=st.sampled_from([LASTING, ONCE]),
)
def test_nobody_gets_back_more_than_was_paid(
    story: list[tuple[str, str, int]], percent: int, duration: dict[str, object]
) -> None:
    """Whatever coupons take off: at no time has a customer received money."""
    clock = StandingClock(START)
    api = shop(clock)
    attach(api, "premium", discounts=coupon(api, percent, duration))
    play(api, clock, story)
    paid = 0.0
    for amount in totals(api):
        paid += amount
        assert paid >= -0.01 * len(totals(api))
