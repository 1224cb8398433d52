"""events.list and events.aggregate"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from ..answers.events import event_answer, report_answer
from ..domain.aggregating import (
    Grouping,
    Query,
    aggregate,
    by_customer,
    by_entity,
    by_feature,
    by_plan,
    by_property,
)
from ..domain.amounts import LARGEST_WHOLE
from ..domain.failures import invalid_inputs
from ..domain.spans import SPANS, span
from ..pages import MICROSECONDS, page_by_cursor, page_by_offset, place_of
from ..validation import (
    Issue,
    Shape,
    choice,
    moment,
    number,
    optional,
    record,
    required,
    text,
    text_or_texts,
)
from .call import Answer, Call, Operation

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.events import Event
    from ..domain.timeline import Place
    from ..pages import Entries

_FILTERS = {
    "customer_id": optional(text()),
    "entity_id": optional(text()),
    "feature_id": optional(text_or_texts),
    "custom_range": optional(Shape({"start": optional(moment()), "end": optional(moment())})),
}
BY_OFFSET = Shape(
    {
        "offset": optional(number(0, LARGEST_WHOLE, from_text=True), default=0),
        "limit": optional(number(1, 1000, from_text=True), default=100),
        **_FILTERS,
    }
)
BY_CURSOR = Shape(
    {
        "start_cursor": optional(text(), default=""),
        "limit": optional(number(1, 5000, from_text=True), default=50),
        "range": optional(choice(*SPANS)),
        **_FILTERS,
    }
)


def _one_range(body: dict[str, Any]) -> Sequence[Issue]:
    custom = body.get("custom_range")
    if custom is None:
        return ()
    if "range" in body:
        return [("custom_range.range", "Only one of range or custom_range may be provided")]
    if custom["start"] >= custom["end"]:
        return [("custom_range", "start must be before end")]
    return ()


AGGREGATE = Shape(
    {
        "feature_id": required(text_or_texts),
        "customer_id": optional(text()),
        "entity_id": optional(text()),
        "group_by": optional(text()),
        "range": optional(choice(*SPANS)),
        "bin_size": optional(choice("day", "hour", "week", "month"), default="day"),
        "custom_range": optional(Shape({"start": required(moment()), "end": required(moment())})),
        "filter_by": optional(record(text()), default={}),
        "max_groups": optional(number(1, 250), default=9),
        "measure": optional(choice("sum", "count"), default="sum"),
    },
    rules=(_one_range,),
    unserved=("aggregate_on", "timezone"),
)
_PROPERTY = re.compile(r"properties\.([A-Za-z0-9_]+)")
_GROUPINGS: dict[str, Grouping] = {
    "$customer_id": by_customer,
    "$entity_id": by_entity,
    "$plan_id": by_plan,
    "$feature_id": by_feature,
}


def listing(call: Call) -> Answer:
    return _by_cursor(call) if call.cursors else _by_offset(call)


def _by_offset(call: Call) -> Answer:
    offset, limit = int(call.params["offset"]), int(call.params["limit"])
    page, more = page_by_offset(_matching(call, None), offset, limit)
    return {
        "list": [event_answer(event) for event in page],
        "has_more": more,
        "total": len(page),
        "offset": offset,
        "limit": limit,
    }


def _by_cursor(call: Call) -> Answer:
    start = place_of(call.params["start_cursor"], MICROSECONDS)
    entries, limit = _matching(call, start), int(call.params["limit"])
    page, cursor = page_by_cursor(entries, limit, _name, MICROSECONDS)
    return {"list": [event_answer(event) for event in page], "next_cursor": cursor}


def _matching(call: Call, start: Place | None) -> Entries[Event]:
    """The events asked for; of unknown customers there are none."""
    params, env = call.params, call.env
    customer = None
    if "customer_id" in params:
        customer = env.customers.find(params["customer_id"])
        if customer is None:
            return iter(())
    return env.events.matching(customer, params.get("feature_id"), _wanted(call, customer), start)


def _wanted(call: Call, customer: Customer | None) -> Callable[[Event], bool]:
    params = call.params
    chosen = params.get("custom_range", {})
    start, end = chosen.get("start"), chosen.get("end")
    if "range" in params:
        start, end = span(params["range"], customer, call.now)
    entity_id = params.get("entity_id")

    def wanted(event: Event) -> bool:
        return (
            (start is None or event.timestamp >= start)
            and (end is None or event.timestamp <= end)
            and (not entity_id or event.entity_id == entity_id)
        )

    return wanted


def run_aggregate(call: Call) -> Answer:
    params = call.params
    customer = call.customer() if "customer_id" in params else None
    chosen = params.get("custom_range")
    if chosen:
        start, end = chosen["start"], chosen["end"]
    else:
        start, end = span(params.get("range", "1bc"), customer, call.now)
    query = Query(
        names=list(dict.fromkeys(params["feature_id"])),
        start=start,
        end=end,
        bin=params["bin_size"],
        customer=customer,
        entity_id=params.get("entity_id"),
        properties=_filter(params["filter_by"]),
        grouping=_grouping(params["group_by"]) if "group_by" in params else None,
        most_groups=int(params["max_groups"]),
        counts=params["measure"] == "count",
    )
    return report_answer(aggregate(call.env.events, query, call.now))


def _filter(wanted: dict[str, str]) -> dict[str, str]:
    """Properties may be named with or without `properties.` before them."""
    return {name.removeprefix("properties."): value for name, value in wanted.items()}


def _grouping(path: str) -> Grouping:
    if path in _GROUPINGS:
        return _GROUPINGS[path]
    found = _PROPERTY.fullmatch(path)
    if found is None:
        raise invalid_inputs(
            "Invalid property path. Should only contain alphanumeric and underscore characters."
        )
    return by_property(found[1])


def _name(event: Event) -> str:
    return event.id


OPERATIONS = {
    "events.list": Operation(BY_OFFSET, listing, BY_CURSOR),
    "events.aggregate": Operation(AGGREGATE, run_aggregate),
}
