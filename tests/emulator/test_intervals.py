"""Calendar arithmetic and generated ids."""

from __future__ import annotations

import pytest

from autumn_async.emulator.domain.amounts import exact
from autumn_async.emulator.domain.ids import Ids
from autumn_async.emulator.domain.intervals import LATEST, Interval, add_months, calendar_start

from .conftest import DAY, moment


@pytest.mark.parametrize(
    ("unit", "count", "start", "expected"),
    [
        ("minute", 90, "2026-01-31T23:00", "2026-02-01T00:30"),
        ("hour", 1, "2026-01-31T23:30", "2026-02-01T00:30"),
        ("day", 1, "2028-02-28T10:00", "2028-02-29T10:00"),
        ("week", 2, "2026-01-01T00:00", "2026-01-15T00:00"),
        ("month", 1, "2026-01-31T12:00", "2026-02-28T12:00"),
        ("month", 1, "2028-01-31T12:00", "2028-02-29T12:00"),
        ("quarter", 1, "2026-11-30T00:00", "2027-02-28T00:00"),
        ("semi_annual", 1, "2026-08-31T00:00", "2027-02-28T00:00"),
        ("year", 1, "2028-02-29T00:00", "2029-02-28T00:00"),
        ("month", 0, "2026-01-01T00:00", "2026-02-01T00:00"),
    ],
)
def test_one_interval_later(unit: str, count: float, start: str, expected: str) -> None:
    assert Interval(unit, count).after(moment(start)) == moment(expected)


def test_the_anchors_day_survives_short_months() -> None:
    due = moment("2026-02-28T12:00")
    assert Interval("month").after(due, 1, day=31) == moment("2026-03-31T12:00")


@pytest.mark.parametrize("unit", ["minute", "hour", "day", "week", "month", "quarter", "year"])
def test_missed_boundaries_are_skipped_in_whole_intervals(unit: str) -> None:
    start, now = moment("2026-01-31T12:00"), moment("2029-07-14T09:30")
    interval = Interval(unit, 2)
    following = interval.next_after(start, now, 31)
    assert following > now
    assert interval.after(following, -1, 31) <= now


def test_the_next_boundary_lies_after_now() -> None:
    start = moment("2026-01-15T00:00")
    assert Interval("month").next_after(start, start) == moment("2026-02-15T00:00")
    assert Interval("day").next_after(start, start - 1) == start


@pytest.mark.parametrize(
    ("unit", "anchor", "now", "start"),
    [
        ("day", "2026-03-10T08:00", "2026-03-01T09:00", "2026-03-01T08:00"),
        ("day", "2026-03-10T08:00", "2026-03-01T07:00", "2026-02-28T08:00"),
        ("month", "2026-03-10T08:00", "2026-03-01T09:00", "2026-02-10T08:00"),
        ("month", "2026-03-31T08:00", "2026-02-28T09:00", "2026-02-28T08:00"),
        ("year", "2026-03-10T08:00", "2031-01-01T00:00", "2030-03-10T08:00"),
    ],
)
def test_windows_run_both_ways_from_an_anchor(unit: str, anchor: str, now: str, start: str) -> None:
    assert Interval(unit).window_start(moment(anchor), moment(now)) == moment(start)


@pytest.mark.parametrize(
    ("unit", "start"),
    [
        ("day", "2026-11-25T00:00"),
        ("week", "2026-11-23T00:00"),
        ("month", "2026-11-01T00:00"),
        ("year", "2026-01-01T00:00"),
    ],
)
def test_calendar_windows(unit: str, start: str) -> None:
    assert calendar_start(unit, moment("2026-11-25T13:30")) == moment(start)


def test_time_ends_with_the_year_9999() -> None:
    assert add_months(LATEST, 1) == LATEST
    assert Interval("day", 1e300).after(0) == LATEST
    assert Interval("year").next_after(LATEST, LATEST) == LATEST


def test_numbers_are_rounded_and_whole_ones_are_integers() -> None:
    assert exact(0.1 + 0.2) == 0.3
    assert repr(exact(80.0)) == "80"
    assert repr(exact(-0.0)) == "0"
    assert exact(1e-11) == 0
    assert exact(2**60) == float(2**60)
    assert isinstance(exact(2**60), float)


def test_ids_sort_in_the_order_they_were_made() -> None:
    ids, now = Ids(), moment("2026-01-01T00:00")
    made = [ids.new("evt", now + step // 100) for step in range(5000)]
    assert made == sorted(made)
    assert len(set(made)) == 5000
    assert made[-1] < ids.new("evt", now + DAY)
    assert {len(each) for each in made} == {len("evt_") + 27}
    assert Ids().new("evt", now) != Ids().new("evt", now)
