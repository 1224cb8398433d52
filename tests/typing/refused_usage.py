"""Mistakes with trackers and reservations, each on a line that both checkers must refuse."""
# ruff: noqa: B018 - a mistake stands alone, with what is said of it
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnusedCoroutine=false

from __future__ import annotations

from autumn_async import (
    AsyncAutumn,
    AsyncUsageTracker,
    Autumn,
    DeadLetter,
    MemoryStore,
    Receipt,
    Report,
    TrackerOptions,
    UsageEvent,
    UsageTracker,
)


def silent() -> None: ...


def trackers(autumn: AsyncAutumn, sync: Autumn) -> None:
    autumn.tracker()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    autumn.tracker("usage-outbox")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.tracker(MemoryStore)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    autumn.tracker(MemoryStore(), linger=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.tracker(MemoryStore(), linger=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    autumn.tracker(MemoryStore(), linger_ms="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    autumn.tracker(MemoryStore(), assurance="sent")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.tracker(MemoryStore(), on_full="block")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.tracker(MemoryStore(), max_requests=1.5)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    autumn.tracker(MemoryStore(), on_report=silent)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    options: TrackerOptions = {"on_expired": "keep"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    print(options)  # noqa: T201


async def events(tracker: AsyncUsageTracker, sync: UsageTracker) -> None:
    tracker.track()  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    tracker.track("c", "f")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    tracker.track(customer_id=5, feature_id="f")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    tracker.track(customer_id="c", feature="f")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    await tracker.put(customer_id="c", feature_id="f", value="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    await tracker.put(customer_id="c", feature_id="f", timestamp="now")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.track(costumer_id="c", feature_id="f")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.put(customer_id="c", feature_id="f", properties=["region"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.put(customer_id="c", feature_id="f", overage_behavior="reject")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.put(customer_id="c", feature_id="f", ordered="yes")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    event: UsageEvent = {"feature_id": "f"}  # type: ignore[typeddict-item]  # pyright: ignore[reportAssignmentType]
    print(event)  # noqa: T201


async def receipts(tracker: AsyncUsageTracker, sync: UsageTracker, receipt: Receipt) -> None:
    await tracker.track(customer_id="c", feature_id="f")  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    await sync.put(customer_id="c", feature_id="f")  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    await receipt.accepted()  # type: ignore[misc]  # pyright: ignore[reportGeneralTypeIssues]
    tracker.put(customer_id="c", feature_id="f").key  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    await tracker.track(customer_id="c", feature_id="f").stored(5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    receipt.stored(timeout="5")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    receipt.key = "k"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]


async def reports(tracker: AsyncUsageTracker, sync: UsageTracker, report: Report) -> None:
    for _ in tracker.reports():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    async for _ in sync.reports():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    with tracker:  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    async with sync:  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    report.state = "lost"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    report.reason.upper()  # type: ignore[union-attr]  # pyright: ignore[reportOptionalMemberAccess]
    tracker.stats().droped  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    tracker.flush().pending  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    sync.flush(timeout_ms=5)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]


async def dead_letters(tracker: AsyncUsageTracker, sync: UsageTracker, letter: DeadLetter) -> None:
    await tracker.requeue("id")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.discard(letter.id)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    letter.in_doubt = False  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    for _ in tracker.dead_letters():  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass


async def reservations(autumn: AsyncAutumn, sync: Autumn) -> None:
    autumn.reserve("c")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    sync.reserve("c", "f", "4")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    sync.reserve("c", "f", fail_open=True)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    with autumn.reserve("c", "f"):  # type: ignore[attr-defined]  # pyright: ignore[reportGeneralTypeIssues]
        pass
    async with autumn.reserve("c", "f") as hold:
        hold.settle("3")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
