"""events.list"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..answers.events import event_answer
from ..domain.amounts import LARGEST_WHOLE
from ..pages import MICROSECONDS, page_by_cursor, page_by_offset, place_of
from ..validation import (
    Shape,
    moment,
    number,
    optional,
    text,
    text_or_texts,
)
from .call import Answer, Call, Operation

if TYPE_CHECKING:
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
        **_FILTERS,
    },
    unserved=("range",),
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
    """The events asked for; of unknown customers and of entities there are none."""
    params, env = call.params, call.env
    if "customer_id" not in params:
        return env.events.matching(None, _wanted(call), start)
    customer = env.customers.find(params["customer_id"])
    if customer is None:
        return iter(())
    return env.events.matching(customer, _wanted(call), start)


def _wanted(call: Call) -> Callable[[Event], bool]:
    params = call.params
    names, span = params.get("feature_id"), params.get("custom_range", {})
    start, end = span.get("start"), span.get("end")

    def wanted(event: Event) -> bool:
        return (
            (names is None or event.name in names)
            and (start is None or event.timestamp >= start)
            and (end is None or event.timestamp <= end)
            and not params.get("entity_id")
        )

    return wanted


def _name(event: Event) -> str:
    return event.id


OPERATIONS = {"events.list": Operation(BY_OFFSET, listing, BY_CURSOR)}
