"""events.list and events.aggregate"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from ..answers.events import deductions_answer, event_answer, report_answer
from ..domain.aggregating import NAME, Query, aggregate
from ..domain.amounts import LARGEST_WHOLE
from ..domain.deducted import deducted
from ..domain.failures import invalid_input, invalid_inputs, refused
from ..domain.spans import SPANS, span
from ..pages import MICROSECONDS, page_by_cursor, page_by_offset, place_of
from ..validation import (
    Issue,
    Shape,
    choice,
    integer,
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

_PROPERTY = re.compile(r"[A-Za-z0-9_]+")
_PREFIX = "properties."
_ZONE = re.compile(r"[A-Za-z0-9_/+-]{1,50}")
_COLUMNS = ("$customer_id", "$entity_id", "$plan_id", NAME)
MOST_FILTERS: Final = 5

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


def _few_filters(body: dict[str, Any]) -> Sequence[Issue]:
    if len(body["filter_by"]) <= MOST_FILTERS:
        return ()
    return [("filter_by", f"filter_by supports a maximum of {MOST_FILTERS} filters")]


def _known_groups(body: dict[str, Any]) -> Sequence[Issue]:
    path = body.get("group_by", _PREFIX)
    if path not in _COLUMNS and not path.startswith(_PREFIX):
        columns = ", ".join(f'"{name}"' for name in _COLUMNS)
        return [("group_by", f'group_by must start with "{_PREFIX}" or be one of {columns}')]
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
        "timezone": optional(text()),
        "filter_by": optional(record(text()), default={}),
        "max_groups": optional(integer(1, 250), default=9),
        "measure": optional(choice("sum", "count"), default="sum"),
        "aggregate_on": optional(choice("deducted")),
    },
    rules=(_one_range, _few_filters, _known_groups),
)


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
    if "aggregate_on" in params:
        _require_deductible(params)
    query, now = _query(call), call.now
    if "aggregate_on" not in params:
        return report_answer(aggregate(call.env.events, query, now))
    # Deductions are grouped by feature, events are listed by it anyway.
    events = replace(query, grouping=None) if query.grouping == NAME else query
    answer = report_answer(aggregate(call.env.events, events, now))
    uses = deducted(call.env.events, query, now)
    answer["deductions"] = deductions_answer(call.env.features, query, uses)
    return answer


def _require_deductible(params: Mapping[str, Any]) -> None:
    """Balances belong to customers; they know nothing of properties, but their plan."""
    if "customer_id" not in params:
        raise refused("customer_id is required when aggregate_on is set")
    if params.get("group_by") == "$plan_id":
        raise refused(
            "group_by $plan_id is not supported when aggregate_on is set:"
            " deductions say the plan of each balance"
        )
    if params["filter_by"]:
        raise refused("filter_by is not supported when aggregate_on is set")


def _query(call: Call) -> Query:
    params = call.params
    customer = call.customer() if "customer_id" in params else None
    chosen = params.get("custom_range")
    if chosen:
        start, end = chosen["start"], chosen["end"]
    else:
        start, end = span(params.get("range", "1bc"), customer, call.now)
    return Query(
        names=list(dict.fromkeys(params["feature_id"])),
        start=start,
        end=end,
        bin=params["bin_size"],
        zone=_zone(params.get("timezone", "")),
        customer=customer,
        wanted=_wanted_attributes(params),
        grouping=_attribute(params["group_by"]) if "group_by" in params else None,
        most_groups=int(params["max_groups"]),
        counts=params["measure"] == "count",
    )


def _wanted_attributes(params: Mapping[str, Any]) -> dict[str, str]:
    """Properties may be named with or without `properties.` before them."""
    names = {name: name.removeprefix(_PREFIX) for name in params["filter_by"]}
    wanted = {_attribute(_PREFIX + names[name]): params["filter_by"][name] for name in names}
    if entity_id := params.get("entity_id"):
        wanted["$entity_id"] = entity_id
    return wanted


def _attribute(path: str) -> str:
    if path not in _COLUMNS and not _PROPERTY.fullmatch(path.removeprefix(_PREFIX)):
        raise invalid_inputs(
            "Invalid property path. Should only contain alphanumeric and underscore characters."
        )
    return path


def _zone(name: str) -> tzinfo | None:
    """A time zone by its IANA name; what can't be such a name counts as UTC, as Autumn has it."""
    if not _ZONE.fullmatch(name) or name == "UTC":
        return None
    from zoneinfo import ZoneInfo

    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        raise invalid_input("timezone", f"unknown time zone {name}") from error


def _name(event: Event) -> str:
    return event.id


OPERATIONS = {
    "events.list": Operation(BY_OFFSET, listing, BY_CURSOR),
    "events.aggregate": Operation(AGGREGATE, run_aggregate),
}
