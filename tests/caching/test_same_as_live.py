"""On balances that were just fetched, a cached check says what Autumn itself would say."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autumn_async import Autumn, BalanceCache
from autumn_async.emulator import Emulator
from autumn_async.models import CheckResponse

MONTHLY = {"reset": {"interval": "month"}}
FEATURES: dict[str, dict[str, Any]] = {
    "messages": {"type_": "metered", "consumable": True, "event_names": ["sent"]},
    "images": {"type_": "metered", "consumable": True},
    "videos": {"type_": "metered", "consumable": True},
    "seats": {"type_": "metered", "consumable": False},
    "sso": {"type_": "boolean"},
    "credits": {
        "type_": "credit_system",
        "credit_schema": [
            {"metered_feature_id": "images", "credit_cost": 5},
            {"metered_feature_id": "messages", "credit_cost": 0.5},
        ],
    },
    "tokens": {
        "type_": "credit_system",
        "credit_schema": [{"metered_feature_id": "images", "credit_cost": 2}],
    },
}
numbers = count()


@pytest.fixture(scope="module")
def autumn() -> Iterator[Autumn]:
    with Emulator() as emulator, Autumn(emulator.secret_key, server_url=emulator.url) as client:
        for id, feature in FEATURES.items():
            client.features.create(feature_id=id, name=id, **feature)
        yield client


def price(cap: int | None) -> dict[str, Any]:
    given = {"amount": 1, "interval": "month", "billing_method": "usage_based", "billing_units": 1}
    return {"price": given if cap is None else {**given, "max_purchase": cap}}


amounts = st.sampled_from([0, 1, 3, 7.5, 10])


def item(feature_id: str) -> st.SearchStrategy[dict[str, Any]]:
    """What a plan may grant of a feature."""
    grants: list[st.SearchStrategy[dict[str, Any]]] = [
        amounts.map(lambda n: {"included": n, **MONTHLY}),
        st.just({"unlimited": True}),
    ]
    if feature_id == "sso":
        grants = [st.just({})]
    elif feature_id == "seats":
        grants = [amounts.map(lambda n: {"included": int(n)})]
    else:
        caps = st.sampled_from([None, 2, 5])
        grants.append(st.builds(lambda n, c: {"included": n, **price(c)}, amounts, caps))
    return st.one_of(grants).map(lambda grant: {"feature_id": feature_id, **grant})


items = st.lists(st.sampled_from([*FEATURES]).flatmap(item), min_size=1, max_size=4).map(
    lambda found: [*{each["feature_id"]: each for each in found}.values()]
)
metered = st.sampled_from(["messages", "images", "credits"])
controls = st.fixed_dictionaries(
    {},
    optional={
        "overage_allowed": st.lists(
            st.builds(lambda f, e: {"feature_id": f, "enabled": e}, metered, st.booleans()),
            max_size=1,
        ),
        "spend_limits": st.lists(
            st.builds(
                lambda f, n: {"feature_id": f, "enabled": True, "overage_limit": n},
                metered,
                amounts,
            ),
            max_size=1,
        ),
        "usage_limits": st.lists(
            st.builds(
                lambda f, n: {"feature_id": f, "interval": "day", "limit": n}, metered, amounts
            ),
            max_size=1,
        ),
    },
)
used = st.lists(
    st.tuples(st.sampled_from(["messages", "images", "videos", "credits"]), amounts), max_size=3
)
standalone = st.lists(st.tuples(metered, amounts, st.booleans()), max_size=2)


customers = st.tuples(items, st.none() | items, controls, standalone, used, st.booleans())


@settings(max_examples=6, deadline=None, suppress_health_check=[*HealthCheck])
@given(customers)
def test_cached_and_live_checks_agree(autumn: Autumn, customer: Any) -> None:
    _agree(autumn, *customer)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, suppress_health_check=[*HealthCheck])
@given(customers)
def test_cached_and_live_checks_agree_for_many_customers(autumn: Autumn, customer: Any) -> None:
    _agree(autumn, *customer)


def _agree(
    autumn: Autumn,
    plan: list[dict[str, Any]],
    seat_plan: list[dict[str, Any]] | None,
    limits: Any,
    balances: list[tuple[str, float, bool]],
    usage: list[tuple[str, float]],
    by_seat: bool,
) -> None:
    customer_id = f"customer-{next(numbers)}"
    autumn.customers.get_or_create(
        customer_id=customer_id, create_in_stripe=True, email=f"card_{customer_id}@example.com"
    )
    seat = {"customer_id": customer_id, "entity_id": "seat"}
    autumn.entities.create(feature_id="seats", **seat)
    _attach(autumn, plan, customer_id=customer_id)
    if seat_plan is not None:
        _attach(autumn, seat_plan, **seat)
    for feature_id, granted, for_seat in balances:
        autumn.balances.create(
            customer_id=customer_id,
            feature_id=feature_id,
            included_grant=granted,
            entity_id="seat" if for_seat else None,
        )
    autumn.customers.update(customer_id=customer_id, billing_controls=limits)
    for feature_id, value in usage:
        autumn.track(
            customer_id=customer_id,
            feature_id=feature_id,
            value=value,
            entity_id="seat" if by_seat else None,
        )
    for entity_id in (None, "seat"):
        _agree_on_features(autumn, {"customer_id": customer_id, "entity_id": entity_id})


def _agree_on_features(autumn: Autumn, subject: dict[str, Any]) -> None:
    cached = autumn.cached(max_age=300)
    for feature_id in FEATURES:
        for required in (None, -1, 0, 3, 4, 10):
            question = {**subject, "feature_id": feature_id, "required_balance": required}
            _assert_same(autumn, cached, question)


def _attach(autumn: Autumn, items: Any, **who: str) -> None:
    plan_id = f"plan-{next(numbers)}"
    autumn.plans.create(plan_id=plan_id, name=plan_id, group=plan_id, items=items)
    autumn.billing.attach(plan_id=plan_id, **who)


def _assert_same(autumn: Autumn, cached: BalanceCache, question: Any) -> None:
    first, again, live = (
        cached.check(**question),
        cached.check(**question),
        autumn.check(**question),
    )
    for decision in (first, again):
        assert decision.source in ("live", "cache")
        for name in CheckResponse.__struct_fields__:
            if name == "required_balance" and live.balance is live.flag is None:
                continue  # in credits of a system that the customer has nothing of
            assert getattr(decision, name) == getattr(live, name), (name, decision, live)
