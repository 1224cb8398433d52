"""Nothing happens by itself, and yet it makes no difference how often somebody looks."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import (
    DAY,
    Api,
    Refused,
    StandingClock,
    moment,
    monthly,
    prepaid,
    usage_based,
)
from .paying import attach, base, change, quantity, rich, state

ACTIONS = (
    "attach cheap",
    "attach dear",
    "attach gratis",
    "attach packed",
    "attach metered",
    "attach tried",
    "attach extra",
    "cancel_end_of_cycle",
    "cancel_immediately",
    "uncancel",
    "use",
    "more packs",
    "fewer packs",
)


def market() -> tuple[Api, StandingClock]:
    """Plans of every kind, and a customer who can pay for them."""
    clock = StandingClock(moment("2026-01-31T12:00:00"))
    api = Api(clock)
    trial = {"duration_length": 10, "duration_type": "day"}
    patient = {"on_increase": "prorate_next_cycle", "on_decrease": "none"}
    api.metered("m")
    api.plan("gratis", monthly("m", 1), group="g", auto_enable=True)
    api.plan("cheap", monthly("m", 10), group="g", price=base(9))
    api.plan("dear", monthly("m", 20), group="g", price=base(30))
    api.plan("packed", {**prepaid("m", 0, 10, amount=7), "proration": patient}, group="g")
    api.plan("metered", usage_based("m", 5, amount=2), group="g", price=base(3))
    api.plan("tried", monthly("m", 7), group="g", price=base(40), free_trial=trial)
    api.plan("extra", monthly("m", 3), price=base(12, "year"), add_on=True)
    rich(api)
    return api, clock


def act(api: Api, action: str) -> None:
    """Does something, whether or not it is possible just now."""
    kind, _, plan_id = action.partition(" ")
    body: dict[str, Any] = {"customer_id": "alice"}
    if kind == "attach":
        perform(api, "billing.attach", {**body, "plan_id": plan_id})
    elif kind == "use":
        api.track("m", 8)
    elif kind in ("more", "fewer"):
        amount = quantity(50 if kind == "more" else 20)
        perform(api, "billing.update", {**body, "feature_quantities": amount})
    else:
        perform(api, "billing.update", {**body, "cancel_action": kind})


def perform(api: Api, operation: str, body: dict[str, Any]) -> None:
    with suppress(Refused):
        api(operation, body)


def outcome(api: Api) -> Any:
    """What a customer has and has paid, without the ids that each run makes anew."""
    customer = state(api)
    invoices = [(each["created_at"], each["total"]) for each in customer["invoices"]]
    subscriptions = [{**each, "id": ""} for each in customer["subscriptions"]]
    balances = {
        name: [balance["remaining"], balance["usage"], balance["next_reset_at"]]
        for name, balance in customer["balances"].items()
    }
    return invoices, subscriptions, balances


steps = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 100)), max_size=6)


@settings(max_examples=30, deadline=None)
@given(steps, st.integers(2, 9))
def test_how_often_one_looks_makes_no_difference(script: list[tuple[str, int]], looks: int) -> None:
    outcomes = []
    for times in (1, looks):
        api, clock = market()
        for action, days in [*script, ("use", 200)]:
            act(api, action)
            for _ in range(times):
                clock.advance(days * DAY // times)
                state(api)
            # Not at the very moment of a reset, which belongs to neither side.
            clock.advance(days * DAY % times + 1)
        outcomes.append(outcome(api))
    assert outcomes[0] == outcomes[1]


def test_usage_after_a_missed_renewal_belongs_to_its_own_period() -> None:
    api, clock = market()
    attach(api, "metered")
    api.track("m", 7)
    clock.advance(40 * DAY)
    api.track("m", 6)
    clock.advance(25 * DAY)
    invoices, _, _ = outcome(api)
    assert [total for _, total in reversed(invoices)] == [3, 3 + 2 * 2, 3 + 2]


def test_what_is_over_can_be_changed_no_more() -> None:
    api, clock = market()
    attach(api, "dear")
    change(api, plan_id="dear", cancel_action="cancel_end_of_cycle")
    clock.advance(28 * DAY)
    wanted = {"customer_id": "alice", "plan_id": "dear", "cancel_action": "uncancel"}
    assert api.refused("billing.update", wanted).status == 404
