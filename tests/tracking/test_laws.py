"""Nothing lost, nothing doubled: whatever happens, in whatever order."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from autumn_async.errors import error_from
from autumn_async.exchange import Headers, Response
from autumn_async.tracking.answers import Verdict, judge_answer, judge_error
from autumn_async.tracking.folder import SQLiteStore
from autumn_async.tracking.letters import requeue
from autumn_async.tracking.segments import Segment, Trail, events_of, heads, joined
from autumn_async.tracking.shipping import Change, Shipping
from autumn_async.tracking.store import Ended
from tests.scripted_server import Reply

from .helpers import FakeClock, draft, event, shipping
from .server import BATCH, DAY, Billing

FAULTS = ("", "reset before", "reset after", "500 before", "500 after", "502 after", "503", "429",
          "413", "401", "portal")  # fmt: skip


def verdict_of(billing: Billing, segment: Segment) -> Verdict:
    """Sends a segment without a socket, and judges what comes back."""
    answer = billing.answer(BATCH, segment.body)
    if not isinstance(answer, Reply):
        return Verdict("doubtful", "the connection was lost")
    response = Response(
        status_code=answer.status,
        headers=Headers(answer.headers.items()),
        content=answer.encoded().partition(b"\r\n\r\n")[2],
    )
    if answer.status == 200:
        return judge_answer(response)
    return judge_error(error_from(response), single=False)


class Machine(RuleBasedStateMachine):
    """A tracker's store and rules against a server, with a crash between any two steps."""

    def __init__(self) -> None:
        super().__init__()
        self.time = FakeClock()
        self.billing = Billing(self.time.wall)
        self.folder = Path(tempfile.mkdtemp())
        self.acknowledged: set[str] = set()
        self.count = 0
        self.leased: list[tuple[Segment, int]] = []
        self.start()

    def start(self) -> None:
        self.shipping = shipping(self.time)
        self.store = SQLiteStore(self.folder, synchronous="NORMAL")
        self.store.open(self.now)

    @property
    def now(self) -> int:
        return int(self.time.seconds * 1000)

    @rule(number=st.integers(1, 4), poison=st.sampled_from(["", "", "index", "silent"]))
    def track(self, number: int, poison: str) -> None:
        keys = [f"k{self.count + n}" for n in range(number)]
        self.count += number
        properties = {"properties": {"poison": poison}} if poison else {}
        events = [event(key, **(properties if n == 0 else {})) for n, key in enumerate(keys)]
        made = draft(*keys)
        with self.store.transaction():
            self.store.append([type(made)(body=joined(events), events=number)], self.now)
        self.acknowledged.update(keys)

    @rule(fault=st.sampled_from(FAULTS), late=st.booleans())
    def tick(self, fault: str, late: bool) -> None:
        segment = self.lease()
        if segment is None:
            return
        change = self.shipping.before(segment)
        if change is None:
            self.billing.faults.append(fault)
            self.billing.is_late = late
            verdict = verdict_of(self.billing, segment)
            change = self.shipping.after(segment, verdict, self.now)
        self.settle(segment, change)

    @rule(fault=st.sampled_from(FAULTS))
    def crash_between_post_and_delete(self, fault: str) -> None:
        segment = self.lease()
        if segment is not None and self.shipping.before(segment) is None:
            self.billing.faults.append(fault)
            verdict_of(self.billing, segment)
        self.crash()

    @rule()
    def crash(self) -> None:
        """Ends the process: what SQLite has is what is left."""
        for file in self.store._files.values():
            file.lock.release()
            file.database._connection.close()
        self.start()

    @rule()
    def restart(self) -> None:
        self.store.close()
        self.start()

    @rule()
    def server_works(self) -> None:
        self.billing.work()

    @rule(hours=st.sampled_from([0.01, 1, 12, 23]))
    def time_passes(self, hours: float) -> None:
        self.billing.work()
        self.time.advance(3600 * hours)

    @rule(fault=st.sampled_from(["reset after", "500 after", "502 after"]), late=st.booleans())
    def an_outage_outlasts_the_keys(self, fault: str, late: bool) -> None:
        """An answer is lost, and for longer than keys live nothing gets through."""
        self.tick(fault, late)
        self.time_passes(25)

    @precondition(lambda self: self.store.counts().dead > 0)
    @rule()
    def requeue(self) -> None:
        letter = self.store.letters(None, 1)[0]
        if not letter.in_doubt:  # with doubts, sending again is a human's decision
            with self.store.transaction():
                requeue(self.store, letter, letter.event, self.now)

    @invariant()
    def nothing_is_lost(self) -> None:
        bodies = [self.store.read(id) or b"[]" for id in self.store.ids()]
        stored = {head.key for body in bodies for head in heads(body)}
        dead = {letter.key for letter in self.store.letters(None, 10_000)}
        queued = {item["idempotency_key"] for item in self.billing.queue}
        assert self.acknowledged <= stored | dead | queued | self.billing.applied.keys()

    @invariant()
    def nothing_is_doubled(self) -> None:
        assert all(times == 1 for times in self.billing.applied.values())

    @invariant()
    def the_counts_are_right(self) -> None:
        counts, ids = self.store.counts(), self.store.ids()
        assert counts.segments == len(ids)
        assert counts.events == sum(len(events_of(self.store.read(id) or b"[]")) for id in ids)

    def lease(self) -> Segment | None:
        with self.store.transaction():
            return next(iter(self.store.lease(self.now, most=1, merge=True, busy=())), None)

    def settle(self, segment: Segment, change: Change) -> None:
        with self.store.transaction():
            self.store.settle([Ended(segment, change)], self.now)

    def teardown(self) -> None:
        self.store.close()
        shutil.rmtree(self.folder)


def check_laws(examples: int, steps: int, **others: Any) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            **others,
        ),
    )


@pytest.mark.parametrize("examples", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_nothing_is_lost_or_doubled_whatever_happens(examples: int) -> None:
    check_laws(examples, 30)


def taken_for_delivered(self: Shipping, segment: Segment, verdict: Verdict, sent_at: int) -> Change:
    return Change(outcome="accepted")


def without_doubts(self: Shipping, segment: Segment, verdict: Verdict, sent_at: int) -> Change:
    change = AFTER(self, segment, verdict, sent_at)
    return msgspec.structs.replace(change, trail=Trail())


AFTER = Shipping.after


@pytest.mark.parametrize(
    "mistake", [taken_for_delivered, pytest.param(without_doubts, marks=pytest.mark.slow)]
)
def test_the_laws_are_seen_to_be_broken(mistake: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Shipping, "after", mistake)
    with pytest.raises(AssertionError):
        check_laws(2000, 30, phases=[Phase.generate], database=None, derandomize=True)


@given(bad=st.sets(st.integers(0, 39)), tells=st.sampled_from(["index", "silent"]))
@settings(max_examples=40, deadline=None)
def test_only_poison_events_are_buried(bad: set[int], tells: str) -> None:
    rules, billing = shipping(FakeClock()), Billing()
    events = [event(f"k{n}", **({"properties": {"poison": tells}} if n in bad else {}))
              for n in range(40)]  # fmt: skip
    waiting = [_segment(joined(events), len(events))]
    buried: list[Any] = []
    while waiting:
        segment = waiting.pop()
        change = rules.after(segment, verdict_of(billing, segment), 0)
        buried += [burial.event for burial in change.burials]
        waiting += [_segment(each.body, each.events) for each in change.drafts]
    assert billing.applied == {f"k{n}": 1 for n in range(40) if n not in bad}
    assert sorted(buried) == sorted(events[n] for n in bad)


def _segment(body: bytes, events: int) -> Segment:
    return Segment(id="s:1", body=body, events=events, stored_at=0)


def test_an_outage_of_a_day_after_an_ambiguous_send_is_not_sent_blindly() -> None:
    time = FakeClock()
    machine_rules = shipping(time)
    billing = Billing(time.wall)
    segment = _segment(draft("k").body, 1)
    billing.faults.append("reset after")
    change = machine_rules.after(segment, verdict_of(billing, segment), int(time.seconds * 1000))
    segment = Segment(id="s:1", body=segment.body, events=1, stored_at=0, trail=change.trail)
    time.advance(0.79 * DAY)
    assert machine_rules.before(segment) is None
    time.advance(0.02 * DAY)
    buried = machine_rules.before(segment)
    assert buried is not None
    assert [burial.reason for burial in buried.burials] == ["ambiguous_expired"]
    assert buried.burials[0].in_doubt
    assert billing.applied == {"k": 1}


def test_what_was_never_sent_may_wait_for_ever() -> None:
    time = FakeClock()
    rules = shipping(time)
    segment = _segment(draft("k").body, 1)
    change = rules.after(segment, Verdict("not stored"), int(time.seconds * 1000))
    assert change.stays
    assert change.trail.doubt_since is None
    time.advance(300 * DAY)
    assert rules.before(segment) is None
