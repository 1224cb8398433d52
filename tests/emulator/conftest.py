"""A clock that stands still until told otherwise, and the API without HTTP around it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec
import pytest

from autumn_async import models
from autumn_async.emulator.domain.clock import Clock
from autumn_async.emulator.gateway import Gateway
from autumn_async.emulator.messages import Request

KEY = "am_sk_test_fixture"
DAY = 86_400_000

ANSWERS: dict[str, Any] = {
    "features.create": models.Feature,
    "features.get": models.Feature,
    "features.update": models.Feature,
    "features.list": models.Page[models.Feature],
    "plans.create": models.Plan,
    "plans.get": models.Plan,
    "plans.update": models.Plan,
    "plans.list": models.Page[models.Plan],
    "customers.get_or_create": models.Customer,
    "customers.get": models.Customer,
    "customers.update": models.Customer,
    "customers.list": models.Page[models.Customer],
    "balances.check": models.CheckResponse,
    "balances.track": models.TrackResponse,
    "balances.track_tokens": models.TrackResponse,
    "entities.create": models.Entity,
    "entities.get": models.Entity,
    "entities.update": models.Entity,
    "entities.list": models.Page[models.Entity],
    "events.list": models.Page[models.Event],
    "events.aggregate": models.EventAggregation,
    "referrals.create_code": models.ReferralCode,
    "referrals.redeem_code": models.ReferralRedemption,
    "billing.attach": models.AttachResponse,
    "billing.multi_attach": models.AttachResponse,
    "billing.update": models.AttachResponse,
    "billing.preview_attach": models.BillingPreview,
    "billing.preview_multi_attach": models.BillingPreview,
    "billing.preview_update": models.BillingPreview,
    "billing.multi_update": models.AttachResponse,
    "billing.preview_multi_update": models.MultiUpdatePreview,
    "billing.verify": models.BillingVerification,
    "subscriptions.list": models.Page[models.SubscriptionRecord],
    "purchases.list": models.Page[models.PurchaseRecord],
    "billing.setup_payment": models.SetupPaymentResponse,
    "billing.open_customer_portal": models.CustomerPortalResponse,
}
DECODERS = {name: msgspec.json.Decoder(model) for name, model in ANSWERS.items()}
OTHER = msgspec.json.Decoder(models.SuccessResponse)
WITHOUT_MODEL = ("rewards.", "referral_programs.", "balances.list")
"""Operations of the API that the SDK has no models for."""


def moment(text: str) -> int:
    """Milliseconds of an ISO date in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=timezone.utc).timestamp() * 1000)


class StandingClock:
    """Answers the same moment until it is moved."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        return self.now

    def advance(self, milliseconds: int) -> None:
        self.now += milliseconds


class Refused(Exception):
    """The API said no: status, code and message of its answer."""

    def __init__(self, status: int, body: Mapping[str, Any]) -> None:
        super().__init__(f"{status} {body}")
        self.status = status
        self.code = body["code"]
        self.message = body["message"]
        self.env = body["env"]


class Api:
    """Calls operations in process. Each answer must also decode with the SDK's models."""

    def __init__(self, clock: Clock, version: str | None = "2.3.0") -> None:
        self.gateway = Gateway(clock)
        self.version = version
        self.key = KEY

    def __call__(
        self,
        operation: str,
        body: object = None,
        /,
        *,
        headers: Mapping[str, str] | None = None,
        query: str = "",
        **fields: Any,
    ) -> Any:
        sent = {"authorization": f"Bearer {self.key}", **(headers or {})}
        if self.version:
            sent.setdefault("x-api-version", self.version)
        content = msgspec.json.encode(fields if body is None else body)
        reply = self.gateway.answer(Request("POST", f"/v1/{operation}", sent, content, query))
        answer = msgspec.json.decode(reply.body)
        if reply.status >= 400:
            raise Refused(reply.status, answer)
        if not operation.startswith(WITHOUT_MODEL):
            DECODERS.get(operation, OTHER).decode(reply.body)
        self.gateway.apply_queued()
        return answer

    def refused(self, operation: str, body: object = None, /, **fields: Any) -> Refused:
        """The refusal of a call that must be refused."""
        with pytest.raises(Refused) as caught:
            self(operation, body, **fields)
        return caught.value

    def balance(self, feature_id: str, customer_id: str = "alice") -> Any:
        return self("balances.check", customer_id=customer_id, feature_id=feature_id)["balance"]

    def remaining(self, feature_id: str, customer_id: str = "alice") -> float:
        return self.balance(feature_id, customer_id)["remaining"]

    def metered(self, feature_id: str, **fields: Any) -> None:
        settings = {"name": feature_id, "type": "metered", "consumable": True, **fields}
        self("features.create", feature_id=feature_id, **settings)

    def plan(self, plan_id: str, *items: Mapping[str, Any], **fields: Any) -> Any:
        return self("plans.create", plan_id=plan_id, name=plan_id, items=list(items), **fields)

    def customer(self, customer_id: str = "alice", *plan_ids: str) -> None:
        """Creates a customer and attaches plans to it, paid ones without payment."""
        self("customers.get_or_create", customer_id=customer_id)
        for plan_id in plan_ids:
            self.attach(customer_id, plan_id)

    def attach(self, customer_id: str, plan_id: str, **fields: Any) -> Any:
        settings = {"no_billing_changes": True, **fields}
        return self("billing.attach", customer_id=customer_id, plan_id=plan_id, **settings)

    def track(self, feature_id: str, value: float = 1, **fields: Any) -> Any:
        settings = {"customer_id": "alice", "async": False, **fields}
        return self("balances.track", feature_id=feature_id, value=value, **settings)


def monthly(feature_id: str, included: float, **fields: Any) -> dict[str, Any]:
    """An item that grants so much every month."""
    return {
        "feature_id": feature_id,
        "included": included,
        "reset": {"interval": "month"},
        **fields,
    }


def usage_based(feature_id: str, included: float, **price: Any) -> dict[str, Any]:
    """An item that costs money beyond what is included."""
    terms = {"amount": 1, "interval": "month", "billing_method": "usage_based", **price}
    return {"feature_id": feature_id, "included": included, "price": terms}


def prepaid(feature_id: str, included: float, units: float, **price: Any) -> dict[str, Any]:
    """An item bought in packs."""
    terms = {"amount": 1, "interval": "month", "billing_method": "prepaid", **price}
    terms["billing_units"] = units
    return {"feature_id": feature_id, "included": included, "price": terms}


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock(moment("2026-01-31T12:00:00"))


@pytest.fixture(params=["2.2.0", "2.3.0", "2.5.0"])
def api(request: pytest.FixtureRequest, clock: StandingClock) -> Api:
    """The API in each of the versions that clients send."""
    return Api(clock, request.param)


@pytest.fixture
def recent_api(clock: StandingClock) -> Api:
    """The API in the newest version whose answers were recorded."""
    return Api(clock)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where a state file may be."""
    return tmp_path / "autumn.state"
