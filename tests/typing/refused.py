"""Mistakes, each on a line that both checkers must refuse."""
# ruff: noqa: B018, F401, I001 - a mistake stands alone, with what is said of it
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnusedImport=false

from __future__ import annotations

import aiohttp

import autumn_async
from autumn_async import AsyncAutumn, Autumn, BackoffStrategy, RetryConfig, models
from autumn_async import AsyncAutum  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
from autumn_async.inputs import PlanItemInput, ResetInput, TrackInput
from autumn_async.models import Custommer  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]

autumn_async.Nonsense  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def names(autumn: AsyncAutumn, sync: Autumn) -> None:
    await autumn.chekc(customer_id="c", feature_id="f")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await autumn.customers.fetch(customer_id="c")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    sync.plan.get(plan_id="p")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await sync.check_asink(customer_id="c", feature_id="f")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await autumn.check_async(customer_id="c", feature_id="f")  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    autumn.close()  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    models.Balence  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


async def parameters(autumn: AsyncAutumn, sync: Autumn) -> None:
    await autumn.check(costumer_id="c", feature_id="f")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await autumn.check(customer_id="c")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await autumn.check("c", "f")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await autumn.check(customer_id=1, feature_id="f")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.check(customer_id=None, feature_id="f")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.track(customer_id="c", feature_id="f", value="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.track(customer_id="c", feature_id="f", timestamp="now")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.track(customer_id="c", overage_behavior="drop")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.batch_track({"customer_id": "c"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.customers.get_or_create(name="Ada")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await autumn.customers.update(customer_id="c", email=5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.customers.get(customer_id="c", expand=["invoice"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await autumn.plans.get(plan_id="p", version="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.features.create(feature_id="f", name="F", type_="counter")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.balances.finalize(lock_id="l", action="abort")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.billing.update(customer_id="c", cancel_action="cancel")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    autumn.customers.list(limit="10")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    autumn.customers.list(cursor="c")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.check(costumer_id="c", feature_id="f")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.plans.get(plan_id="p", version="2")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.customers.list(limit=1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await sync.check_async(costumer_id="c", feature_id="f")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.customers.list_async(limit="1")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]


async def options(autumn: AsyncAutumn, sync: Autumn) -> None:
    await autumn.check(customer_id="c", feature_id="f", timeout=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await autumn.check(customer_id="c", feature_id="f", timeout_ms="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.check(customer_id="c", feature_id="f", retries=3)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.plans.get(plan_id="p", fail_open=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await autumn.batch_track([], idempotency_key="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.plans.get(plan_id="p", deadline=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.batch_track([], idempotency_key="k")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    autumn.with_options(timeout=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    autumn.with_options(session=None)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def number() -> int:
    return 5


def clients(ready: aiohttp.ClientSession) -> None:
    Autumn(session=ready)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    Autumn("key", "2.3.0")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    AsyncAutumn(token="key")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    AsyncAutumn(5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncAutumn(number)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncAutumn(session=number)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    AsyncAutumn(fail_open="yes", timeout_ms="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    RetryConfig("always")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    RetryConfig("backoff", 100)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    BackoffStrategy(interval=100)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def inputs(autumn: AsyncAutumn) -> None:
    reset: ResetInput = {"interval": "fortnight"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    missing: ResetInput = {"interval_count": 2}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    misspelt: PlanItemInput = {"feature_id": "f", "includes": 5}  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportAssignmentType]
    event: TrackInput = {"customer_id": "c", "vallue": 1}  # type: ignore[typeddict-unknown-key]  # pyright: ignore[reportAssignmentType]
    nested: PlanItemInput = {"feature_id": "f", "reset": {"intervall": "month"}}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    print(reset, missing, misspelt, event, nested)  # noqa: T201
    await autumn.batch_track([{"feature_id": "f"}])  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
    await autumn.check(customer_id="c", feature_id="f", lock={"id": "l"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.plans.create(plan_id="p", name="P", price={"amount": None, "interval": "month"})  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.plans.create(plan_id="p", name="P", items=[{"included": 5}])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await autumn.plans.update(plan_id="p", items=[models.Feature(id="f", name="F", type="x")])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await autumn.billing.attach(customer_id="c", plan_id="p", metadata={"n": 1})  # type: ignore[dict-item]  # pyright: ignore[reportArgumentType]


async def answers(autumn: AsyncAutumn, sync: Autumn) -> None:
    check = await autumn.check(customer_id="c", feature_id="f")
    check.balance.remaining  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    check.alowed  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    check.allowed = False  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    autumn.check(customer_id="c", feature_id="f").allowed  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await sync.check(customer_id="c", feature_id="f")  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    for _ in autumn.customers.list():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    async for _ in sync.customers.list():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    models.Balance("f", 1, 2, 3)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def later_versions(autumn: AsyncAutumn) -> None:
    await autumn.sandboxes.create(name="x", color="teal")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await autumn.webhooks.create(id="a", url="u", events=["new"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    await autumn.invoices.update(invoice_id="i")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await autumn.billing.multi_update(customer_id="c", updates=[{"plan_id": "p"}])  # type: ignore[typeddict-item]  # pyright: ignore[reportArgumentType]
    await autumn.send_raw("/v1/x", {}, timeout=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


def cached_checks(autumn: AsyncAutumn, sync: Autumn) -> None:
    autumn.cached()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    autumn.cached(max_age="30")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.cached(max_age=30).check(customer_id="c")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.cached(max_age=30).check(customer_id="c", feature_id="f", fail=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
