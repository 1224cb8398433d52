"""Plans with prices and a customer who pays them, for the tests of billing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from autumn_async.emulator.messages import Reply, Request

from .conftest import Api, monthly, prepaid, usage_based

MONTHLY: Mapping[str, Any] = {"interval": "month"}


def base(amount: float, interval: str = "month", **fields: Any) -> dict[str, Any]:
    return {"amount": amount, "interval": interval, **fields}


def shop(api: Api) -> None:
    """Free, pro (20) and premium (50) of one group, packs of messages, and paid usage."""
    api.metered("m", name="Messages")
    api.plan("free", monthly("m", 10), group="g")
    api.plan("pro", monthly("m", 100), group="g", price=base(20))
    api.plan("premium", monthly("m", 500), group="g", price=base(50))
    api.plan("packs", prepaid("m", 0, 100, amount=10), group="g")
    api.plan("metered", usage_based("m", 10, amount=2), group="g", price=base(5))
    api.plan("top-up", prepaid("m", 0, 100, amount=10, interval="one_off"), add_on=True)


def rich(api: Api, customer_id: str = "alice") -> None:
    """A customer with a saved card."""
    email = f"card_{customer_id}@example.com"
    api("customers.get_or_create", customer_id=customer_id, email=email, create_in_stripe=True)


def poor(api: Api, customer_id: str = "alice") -> None:
    """A customer without one."""
    api("customers.get_or_create", customer_id=customer_id, email=f"{customer_id}@example.com")


def attach(api: Api, plan_id: str, **fields: Any) -> Any:
    return api("billing.attach", customer_id="alice", plan_id=plan_id, **fields)


def change(api: Api, **fields: Any) -> Any:
    return api("billing.update", customer_id="alice", **fields)


def preview(api: Api, plan_id: str, **fields: Any) -> Any:
    return api("billing.preview_attach", customer_id="alice", plan_id=plan_id, **fields)


def preview_change(api: Api, **fields: Any) -> Any:
    return api("billing.preview_update", customer_id="alice", **fields)


def quantity(units: float, feature_id: str = "m") -> list[dict[str, Any]]:
    return [{"feature_id": feature_id, "quantity": units}]


def state(api: Api) -> Any:
    """All that a customer shows of itself."""
    expand = ["invoices", "trials_used"]
    return api("customers.get", customer_id="alice", expand=expand)


def held(api: Api) -> list[tuple[str, str]]:
    """Its plans and what they are: active or scheduled."""
    return [(each["plan_id"], each["status"]) for each in state(api)["subscriptions"]]


def totals(api: Api) -> list[float]:
    """What its invoices came to, the oldest first."""
    return [invoice["total"] for invoice in reversed(state(api)["invoices"])]


def visit(api: Api, url: str, action: str = "", *, accept: str = "*/*") -> Reply:
    """Looks at a page, or presses one of its buttons."""
    path = url.removeprefix("http://127.0.0.1") + (f"/{action}" if action else "")
    method = "POST" if action else "GET"
    return api.gateway.answer(Request(method, path, {"accept": accept}))
