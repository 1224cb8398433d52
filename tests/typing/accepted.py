"""Calls, arguments and results as programs write them."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Literal

import aiohttp
from typing_extensions import assert_type

from autumn_async import (
    UNSET,
    AsyncAutumn,
    AsyncBalanceCache,
    AsyncPager,
    AuthenticationError,
    Autumn,
    AutumnConnectionError,
    AutumnError,
    AutumnSDKError,
    AutumnTimeoutError,
    BackoffStrategy,
    BadRequestError,
    BalanceCache,
    CallOptions,
    ClientClosedError,
    ConflictError,
    CustomerNotFoundError,
    Decision,
    DuplicateRequestError,
    EntityNotFoundError,
    FailOpenOptions,
    FeatureNotFoundError,
    Headers,
    InsufficientBalanceError,
    LockedError,
    NotFoundError,
    Page,
    PaymentRequiredError,
    PermissionDeniedError,
    PlanNotFoundError,
    RateLimitError,
    RedirectError,
    Request,
    Response,
    ResponseValidationError,
    RetryConfig,
    ServerError,
    SyncPage,
    TokenSource,
    TransportOptions,
    WebhookPayloadError,
    WebhookReceiver,
    WebhookVerificationError,
    __version__,
    capture,
    errors,
    models,
)
from autumn_async.inputs import (
    BalanceRolloverInput,
    BasePriceInput,
    BillingControlsUpdateInput,
    CustomizeInput,
    LockInput,
    PlanItemInput,
    PlanItemLike,
    ResetInput,
    TrackInput,
)

MOMENT = datetime(2026, 8, 1, tzinfo=timezone.utc)


# Clients


async def token() -> str:
    return "am_sk_test_x"


async def session() -> aiohttp.ClientSession:
    return aiohttp.ClientSession()


async def clients(ready: aiohttp.ClientSession) -> None:
    AsyncAutumn()
    AsyncAutumn("am_sk_test_x")
    AsyncAutumn(secret_key=lambda: "am_sk_test_x")
    AsyncAutumn(token, session=ready)
    AsyncAutumn(session=session)
    AsyncAutumn(session=aiohttp.ClientSession)
    AsyncAutumn(
        "am_sk_test_x",
        x_api_version="2.5.0",
        server_url="https://{host}",
        server_idx=0,
        url_params={"host": "example.com"},
        retry_config=RetryConfig("backoff", BackoffStrategy(1, 50, 1.1, 100), False),
        timeout_ms=200,
        deadline_ms=500.5,
        fail_open={"check"},
        debug_logger=logging.getLogger("mine"),
        edge_url="https://edge.example.com",
        use_edge=True,
    )
    Autumn(session=session, fail_open=False, retry_config=RetryConfig("none"))
    Autumn("am_sk_test_x", session=lambda: aiohttp.ClientSession())

    async with AsyncAutumn("am_sk_test_x") as autumn:
        assert_type(autumn, AsyncAutumn)
        assert_type(autumn.edge, AsyncAutumn)
        assert_type(autumn.with_options(timeout_ms=200, fail_open=["track"]), AsyncAutumn)
        assert_type(await autumn.aclose(), None)
    with Autumn("am_sk_test_x") as sync:
        assert_type(sync, Autumn)
        assert_type(sync.edge, Autumn)
        assert_type(sync.with_options(x_api_version="2.2.0"), Autumn)
        assert_type(sync.close(), None)
    async with Autumn("am_sk_test_x") as both:
        assert_type(both, Autumn)
        assert_type(await both.aclose(), None)


class Ours(AsyncAutumn):
    """A subclass keeps its type."""


async def subclasses() -> None:
    async with Ours() as ours:
        assert_type(ours, Ours)
        assert_type(ours.edge, Ours)
        assert_type(ours.with_options(timeout_ms=1), Ours)


# Results, awaited


async def awaited(autumn: AsyncAutumn) -> None:
    check = await autumn.check(customer_id="c", feature_id="f")
    assert_type(check, models.CheckResponse)
    assert_type(check.allowed, bool)
    assert_type(check.failed_open, bool)
    assert_type(check.required_balance, int | float | None)
    assert_type(check.balance, models.Balance | None)
    assert_type(check.balances, dict[str, models.Balance | None] | None)
    if check.balance is not None:
        assert_type(check.balance.remaining, int | float)
        assert_type(check.balance.next_reset_at, int | float | None)
        assert_type(check.balance.next_reset_at_datetime, datetime | None)
        assert_type(check.balance.breakdown[0], models.BalanceBreakdown)
    if check.preview is not None:
        assert_type(check.preview.products, list[models.Product])

    track = await autumn.track(customer_id="c", feature_id="f", value=Decimal("0.5"))
    assert_type(track, models.TrackResponse)
    assert_type(track.duplicate, bool)
    assert_type(track.deductions, list[models.Deduction] | None)
    assert_type(await autumn.batch_track([{"customer_id": "c"}]), models.SuccessResponse)

    balances = autumn.balances
    assert_type(
        await balances.create(customer_id="c", feature_id="f", expires_at=MOMENT),
        models.SuccessResponse,
    )
    assert_type(
        await balances.update(customer_id="c", feature_id="f", remaining=1),
        models.SuccessResponse,
    )
    assert_type(await balances.delete(customer_id="c"), models.SuccessResponse)
    assert_type(
        await balances.finalize(lock_id="l", action="confirm", override_value=0.5),
        models.SuccessResponse,
    )

    billing = autumn.billing
    attach = await billing.attach(customer_id="c", plan_id="p")
    assert_type(attach, models.AttachResponse)
    assert_type(attach.payment_url, str | None)
    assert_type(attach.invoice, models.Invoice | None)
    assert_type(
        await billing.multi_attach(customer_id="c", plans=[{"plan_id": "p"}]),
        models.AttachResponse,
    )
    assert_type(await billing.update(customer_id="c"), models.AttachResponse)
    preview = await billing.preview_attach(customer_id="c", plan_id="p")
    assert_type(preview, models.BillingPreview)
    assert_type(preview.line_items, list[models.LineItem])
    assert_type(
        await billing.preview_multi_attach(customer_id="c", plans=[{"plan_id": "p"}]),
        models.BillingPreview,
    )
    assert_type(await billing.preview_update(customer_id="c"), models.BillingPreview)
    assert_type(await billing.open_customer_portal(customer_id="c"), models.CustomerPortalResponse)
    assert_type(await billing.setup_payment(customer_id="c"), models.SetupPaymentResponse)

    customer = await autumn.customers.get_or_create(customer_id=None, email="a@example.com")
    assert_type(customer, models.Customer)
    assert_type(customer.id, str | None)
    assert_type(customer.metadata, dict[str, Any])
    assert_type(customer.balances["f"], models.Balance)
    assert_type(customer.subscriptions[0].plan, models.Plan | None)
    assert_type(await autumn.customers.get(customer_id="c"), models.Customer)
    assert_type(await autumn.customers.update(customer_id="c", name=None), models.Customer)
    assert_type(await autumn.customers.delete(customer_id="c"), models.SuccessResponse)

    entities = autumn.entities
    assert_type(
        await entities.create(customer_id="c", feature_id="f", entity_id="e"), models.Entity
    )
    assert_type(await entities.get(entity_id="e"), models.Entity)
    assert_type(await entities.update(entity_id="e"), models.Entity)
    assert_type(await entities.delete(entity_id="e"), models.SuccessResponse)

    usage = await autumn.events.aggregate(feature_id=["f", "g"], range="7d")
    assert_type(usage, models.EventAggregation)
    assert_type(usage.list, list[models.EventPeriod])
    assert_type(usage.total["f"].count, int)

    features = autumn.features
    feature = await features.create(feature_id="f", name="F", type_="metered")
    assert_type(feature, models.Feature)
    assert_type(
        feature.type, Literal["boolean", "metered", "credit_system", "ai_credit_system"] | str
    )
    assert_type(await features.get(feature_id="f"), models.Feature)
    assert_type(await features.update(feature_id="f", archived=True), models.Feature)
    assert_type(await features.delete(feature_id="f"), models.SuccessResponse)

    plans = autumn.plans
    plan = await plans.create(plan_id="p", name="P")
    assert_type(plan, models.Plan)
    assert_type(plan.version, int)
    assert_type(await plans.get(plan_id="p", version=plan.version), models.Plan)
    assert_type(await plans.update(plan_id="p", price=None), models.Plan)
    assert_type(await plans.delete(plan_id="p"), models.SuccessResponse)

    referrals = autumn.referrals
    code = await referrals.create_code(customer_id="c", program_id="r")
    assert_type(code, models.ReferralCode)
    assert_type(
        await referrals.redeem_code(code=code.code, customer_id="c"), models.ReferralRedemption
    )


# Results, not awaited, and by twins


def at_once(autumn: Autumn) -> None:
    assert_type(autumn.check(customer_id="c", feature_id="f"), models.CheckResponse)
    assert_type(autumn.track(customer_id="c", event_name="e"), models.TrackResponse)
    assert_type(autumn.batch_track([]), models.SuccessResponse)
    assert_type(autumn.balances.delete(customer_id="c"), models.SuccessResponse)
    assert_type(autumn.billing.attach(customer_id="c", plan_id="p"), models.AttachResponse)
    assert_type(autumn.billing.preview_update(customer_id="c"), models.BillingPreview)
    assert_type(autumn.customers.get(customer_id="c"), models.Customer)
    assert_type(autumn.entities.get(entity_id="e"), models.Entity)
    assert_type(autumn.events.aggregate(feature_id="f"), models.EventAggregation)
    assert_type(autumn.features.get(feature_id="f"), models.Feature)
    assert_type(autumn.plans.get(plan_id="p"), models.Plan)
    assert_type(autumn.referrals.redeem_code(code="x", customer_id="c"), models.ReferralRedemption)


async def by_twins(autumn: Autumn) -> None:
    assert_type(await autumn.check_async(customer_id="c", feature_id="f"), models.CheckResponse)
    assert_type(await autumn.track_async(customer_id="c", feature_id="f"), models.TrackResponse)
    assert_type(await autumn.batch_track_async([]), models.SuccessResponse)
    assert_type(await autumn.customers.get_async(customer_id="c"), models.Customer)
    assert_type(await autumn.plans.update_async(plan_id="p"), models.Plan)
    assert_type(
        await autumn.billing.attach_async(customer_id="c", plan_id="p"), models.AttachResponse
    )
    assert_type(autumn.customers.list_async(), AsyncPager[models.Customer])


# Lists


async def lists(autumn: AsyncAutumn, sync: Autumn) -> None:
    pager = autumn.customers.list(limit=10, request={"search": "ada"})
    assert_type(pager, AsyncPager[models.Customer])
    page = await pager
    assert_type(page, Page[models.Customer])
    assert_type(page.list, list[models.Customer])
    assert_type(page.next_cursor, str | None)
    assert_type(page.total_count, int | None)
    async for customer in pager:
        assert_type(customer, models.Customer)
    assert_type(pager.pages(), AsyncIterator[Page[models.Customer]])
    async for one in autumn.plans.list(customer_id="c").pages():
        assert_type(one, Page[models.Plan])
    assert_type([entity async for entity in autumn.entities.list()], list[models.Entity])
    assert_type([event async for event in autumn.events.list()], list[models.Event])
    assert_type([feature async for feature in autumn.features.list()], list[models.Feature])
    assert_type([plan async for plan in sync.plans.list_async()], list[models.Plan])

    first = sync.customers.list(start_cursor="c", created_at_range={"start": MOMENT})
    assert_type(first, SyncPage[models.Customer])
    assert_type(first.list, list[models.Customer])
    assert_type(first.pages(), Iterator[Page[models.Customer]])
    for customer in first:
        assert_type(customer, models.Customer)
    assert_type([event for event in sync.events.list(range="24h")], list[models.Event])  # noqa: C416
    assert_type(list(sync.features.list()), list[models.Feature])
    plain: Page[models.Plan] = sync.plans.list()
    assert_type(plain.list, list[models.Plan])


# Options


async def options(autumn: AsyncAutumn, sync: Autumn) -> None:
    await autumn.check(
        customer_id="c",
        feature_id="f",
        retries=None,
        timeout_ms=200,
        deadline_ms=500,
        server_url="https://example.com",
        http_headers={"x-trace": "1"},
        idempotency_key="k",
        fail_open=False,
    )
    sync.plans.get(plan_id="p", retries=RetryConfig("none"), idempotency_key="k")
    await sync.plans.get_async(plan_id="p", timeout_ms=1.5)
    await autumn.batch_track([], timeout_ms=100, http_headers={})
    common: CallOptions = {"timeout_ms": 100, "idempotency_key": "k"}
    await autumn.customers.get(customer_id="c", **common)
    hot: FailOpenOptions = {"fail_open": ["check"], "deadline_ms": 50}
    sync.check(customer_id="c", feature_id="f", **hot)
    bare: TransportOptions = {"server_url": None}
    sync.batch_track([], **bare)
    assert_type(RetryConfig("none").backoff, BackoffStrategy | None)
    assert_type(BackoffStrategy(max_elapsed_time=5).initial_interval, float)
    version: str = __version__
    print(version)  # noqa: T201


# Inputs


async def inputs(autumn: AsyncAutumn, plan: models.Plan, customer: models.Customer) -> None:
    price: BasePriceInput = {"amount": Decimal(20), "interval": "month"}
    reset: ResetInput = {"interval": "month", "interval_count": 2}
    item: PlanItemInput = {
        "feature_id": "f",
        "included": 10,
        "reset": reset,
        "price": {
            "interval": "month",
            "billing_method": "prepaid",
            "tiers": [{"to": 10, "amount": 1}, {"to": "inf", "flat_amount": Decimal("0.5")}],
            "max_purchase": None,
        },
    }
    mixed: Sequence[PlanItemLike] = [item, *plan.items, {"feature_id": "g"}]
    await autumn.plans.create(
        plan_id="p",
        name="P",
        description=None,
        price=price,
        items=mixed,
        licenses=[{"license_plan_id": "l"}, models.PlanLicense(license_plan_id="m")],
        free_trial={"duration_length": 7},
        config={"ignore_past_due": True},
        billing_controls=customer.billing_controls,
        metadata={"any": ["thing", None]},
    )
    await autumn.plans.update(
        plan_id=plan.id,
        price=plan.price,
        items=plan.items,
        licenses=plan.licenses,
        free_trial=plan.free_trial,
        config=plan.config,
        billing_controls=plan.billing_controls,
        base_plan_id=None,
    )
    await autumn.plans.update(plan_id="p", items=(item,), price=UNSET, free_trial=None)

    customize: CustomizeInput = {
        "price": plan.price,
        "add_items": [item],
        "remove_items": [{"feature_id": "f"}, models.PlanItemFilter(interval="month")],
        "free_trial": None,
    }
    await autumn.billing.attach(
        customer_id="c",
        plan_id="p",
        customize=customize,
        feature_quantities=[{"feature_id": "f", "quantity": 5}],
        free_trial=models.FreeTrial(duration_length=1, duration_type="day", card_required=True),
        billing_cycle_anchor="now",
        starts_at=1_700_000_000_000,
        ends_at=MOMENT,
        metadata={"order": "7"},
        invoice_mode={"enabled": True, "payment_method_types": ["card"]},
        tax={"automatic_tax": {"enabled": True}},
        billing_details=customer.billing_details,
    )
    if plan.variant_details is not None:
        await autumn.billing.update(customer_id="c", customize=plan.variant_details.customize)

    controls: BillingControlsUpdateInput = {
        "usage_limits": [{"feature_id": "f", "usage": 0}, *(plan_limits(plan))],
        "auto_topups": customer.billing_controls.auto_topups or [],
    }
    await autumn.customers.update(
        customer_id="c",
        billing_controls=controls,
        config=customer.config,
        billing_details={"address": None, "tax_ids": {"add": [{"type": "t", "value": "v"}]}},
    )
    rollover: BalanceRolloverInput = {"length": 1, "max": None}
    await autumn.balances.create(
        customer_id="c", feature_id="f", reset=reset, rollover=rollover, included_grant=1
    )
    await autumn.balances.create(
        customer_id="c", feature_id="f", reset=models.PlanItemReset(interval="day")
    )
    lock: LockInput = {"lock_id": "l", "expires_at": MOMENT}
    await autumn.check(customer_id="c", feature_id="f", lock=lock)
    await autumn.check(customer_id="c", feature_id="f", lock={"lock_id": "l", "enabled": True})
    await autumn.track(customer_id="c", feature_id="f", async_=True, overage_behavior="reject")
    events: list[TrackInput] = [
        {"customer_id": "c", "feature_id": "f", "value": 0.5, "async": True},
        {"customer_id": "c", "event_name": "e", "timestamp": MOMENT, "async_": False},
    ]
    await autumn.batch_track(events)
    await autumn.batch_track(tuple(events))
    await autumn.batch_track([{"customer_id": "c", "feature_id": "f", "idempotency_key": "k"}])
    await autumn.features.create(
        feature_id="f",
        name="F",
        type_="credit_system",
        credit_schema=[
            {"metered_feature_id": "m", "credit_cost": 1},
            models.CreditSchemaRow(metered_feature_id="n", credit_cost=2),
        ],
        model_markups={"m": {"markup": 1}, "n": models.ModelMarkup(markup=2)},
    )
    await autumn.events.aggregate(
        feature_id="f", custom_range={"start": MOMENT, "end": 1}, filter_by={"model": "m"}
    )


def plan_limits(plan: models.Plan) -> list[models.UsageLimit]:
    controls = plan.billing_controls
    return [] if controls is None else controls.usage_limits or []


# Errors, and what lies behind an answer


async def failures(autumn: AsyncAutumn) -> None:
    try:
        await autumn.check(customer_id="c", feature_id="f")
    except RateLimitError as error:
        assert_type(error.retry_after, float | None)
    except ResponseValidationError as error:
        assert_type(error.field, str | None)
        assert_type(error.cause, Exception)
    except RedirectError as error:
        assert_type(error.location, str | None)
    except ServerError as error:
        assert_type(error.outcome, Literal["not sent", "unknown"])
    except errors.AutumnError as error:
        assert_type(error, AutumnError)
        assert_type(error.message, str)
        assert_type(error.status_code, int)
        assert_type(error.headers, Headers)
        assert_type(error.headers["x-region"], str)
        assert_type(error.body, str)
        assert_type(error.raw_response, Response)
        assert_type(error.code, str | None)
        assert_type(error.env, str | None)
        assert_type(error.attempts, int)
        assert_type(error.request, Request | None)
        if error.request is not None:
            assert_type(error.request.method, str)
            assert_type(error.request.url, str)
            assert_type(error.request.headers, Headers)
            assert_type(error.request.body, bytes)
    except AutumnConnectionError as error:
        assert_type(error.outcome, Literal["not sent", "unknown"])
        as_builtin: ConnectionError = error
        raise as_builtin from None
    except AutumnTimeoutError as error:
        assert_type(error.outcome, Literal["not sent", "unknown"])
        late: TimeoutError = error
        raise late from None
    except ClientClosedError as error:
        closed: RuntimeError = error
        raise closed from None
    except AutumnSDKError as error:
        assert_type(error.message, str)


BY_KIND: dict[type[AutumnError], type[AutumnError]] = {
    AuthenticationError: AutumnError,
    CustomerNotFoundError: NotFoundError,
    DuplicateRequestError: ConflictError,
    EntityNotFoundError: NotFoundError,
    FeatureNotFoundError: NotFoundError,
    InsufficientBalanceError: BadRequestError,
    LockedError: AutumnError,
    PaymentRequiredError: AutumnError,
    PermissionDeniedError: AutumnError,
    PlanNotFoundError: NotFoundError,
}


def behind_an_answer(autumn: Autumn) -> None:
    with capture() as answers:
        autumn.check(customer_id="c", feature_id="f")
    assert_type(answers, list[Response])
    assert_type(answers[0].status_code, int)
    assert_type(answers[0].headers, Headers)
    assert_type(answers[0].headers.get("x-region"), str | None)
    assert_type(answers[0].content, bytes)
    assert_type(answers[0].text, str)
    assert_type(answers[0].attempts, int)
    mapping: Mapping[str, str] = answers[0].headers
    assert_type(dict(mapping), dict[str, str])


async def operations_of_later_versions(autumn: AsyncAutumn, sync: Autumn) -> None:
    token = await autumn.keys.mint(customer_id="c")
    assert_type(token, models.CustomerToken)
    keys = TokenSource(token, on_refresh=lambda fresh: print(fresh.expires_at))  # noqa: T201
    assert_type(AsyncAutumn(keys), AsyncAutumn)
    assert_type(Autumn(keys), Autumn)
    assert_type(sync.keys.refresh(refresh_token="r"), models.CustomerToken)
    assert_type(await autumn.send_raw("/v1/things.create", {"id": "x"}), Any)
    assert_type(autumn.preload(), None)
    async for row in autumn.balances.list(plan_id=None):
        assert_type(row, models.BalanceRecord)
    for held in sync.customers.list_subscriptions(statuses=["past_due"]):
        assert_type(held, models.SubscriptionRecord)
    written = await autumn.invoices.create(
        customer_id="c",
        plans=[{"plan_id": "pro", "feature_quantities": []}],
        custom_line_items=[{"amount": Decimal("1.5"), "description": "d"}],
    )
    assert_type(written.invoice, models.Invoice | None)
    await autumn.rewards.update(
        reward_id="r",
        feature_grant={"grants": [models.RewardGrant(feature_id="f")], "promo_codes": []},
    )
    change = (await autumn.webhooks.preview_sync(webhooks=[{"id": "a", "url": "u"}])).changes[0]
    assert_type(change.before, models.Webhook | None)
    verified = await autumn.billing.verify(customer_id="c")
    assert_type(verified.customer_mismatches[0].expected_quantity, int | float | None)
    await autumn.billing.create_schedule(
        customer_id="c",
        phases=[
            {"starts_at": "now", "plans": [{"plan_id": "pro", "customize": {"items": []}}]},
            {
                "starting_after": {"duration_type": "year", "duration_count": 1},
                "plans": [{"plan_id": "team"}],
            },
        ],
    )


def received(receiver: WebhookReceiver, body: bytes, headers: Mapping[str, str]) -> None:
    try:
        event = receiver.read(body, headers)
    except (WebhookPayloadError, WebhookVerificationError) as error:
        assert_type(error.message, str)
        return
    assert_type(event, models.WebhookEvent)
    if isinstance(event, models.BillingUpdatedEvent):
        assert_type(event.data.plan_changes, list[models.HeldPlanChange])


async def cached_checks(autumn: AsyncAutumn, sync: Autumn) -> None:
    ours, theirs = autumn.cached(max_age=30, stale=300.5), sync.cached(max_age=timedelta(hours=1))
    assert_type(ours, AsyncBalanceCache)
    assert_type(theirs, BalanceCache)
    decision = await ours.check(customer_id="c", feature_id="f", fail_open=False)
    assert_type(decision, Decision)
    answer: models.CheckResponse = theirs.check(customer_id="c", feature_id="f")
    assert_type(decision.age_ms, float)
    assert_type(theirs.peek(customer_id="c", feature_id="f"), Decision | None)
    print(answer.allowed, decision.source == "stale")  # noqa: T201
    ours.forget("c")
