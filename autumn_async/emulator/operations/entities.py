"""entities.*"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ..answers.entities import entity_answer
from ..domain import onboarding, seats
from ..domain.amounts import LARGEST_WHOLE
from ..domain.controls import merged
from ..domain.entities import Entity
from ..domain.failures import customer_not_found, entity_not_found, refused
from ..domain.subjects import Subject
from ..pages import page_by_cursor, page_by_offset, place_of
from ..validation import Shape, array, number, optional, required, text
from .call import DONE, Answer, Call, Operation
from .controls import ENTITY_CONTROLS
from .customers import CUSTOMER_DATA, MOST_PER_CURSOR_PAGE, customer_id
from .plan_bodies import NOT_EMPTY
from .selection import FILTERS, Wanted, all_plans, has_one_of, is_filtered, shown_plans, uses

if TYPE_CHECKING:
    from ..domain.timeline import Place

EXPAND = array(text())
"""Unlike for customers, what cannot be expanded is ignored."""

CREATE = Shape(
    {
        "feature_id": required(text()),
        "customer_id": required(customer_id),
        "entity_id": required(text(NOT_EMPTY)),
        "name": optional(text(), nullable=True),
        "billing_controls": optional(ENTITY_CONTROLS, default={}),
        "customer_data": optional(CUSTOMER_DATA, default={}),
        "expand": optional(EXPAND, default=()),
    }
)
NAMED = {"entity_id": required(text()), "customer_id": optional(text())}
GET = Shape({**NAMED, "expand": optional(EXPAND, default=())})
UPDATE = Shape(
    {
        **NAMED,
        "name": optional(text(), nullable=True),
        "billing_controls": optional(ENTITY_CONTROLS, default={}),
    }
)
DELETE = Shape(NAMED)
_FILTERS = {"customer_id": optional(text()), "expand": optional(EXPAND, default=()), **FILTERS}
LIST_BY_OFFSET = Shape(
    {
        "offset": optional(number(0, LARGEST_WHOLE, from_text=True), default=0),
        "limit": optional(number(1, 1000, from_text=True), default=10),
        **_FILTERS,
    }
)
LIST_BY_CURSOR = Shape(
    {
        "start_cursor": optional(text(), default=""),
        "limit": optional(number(1, 5000, from_text=True), default=50),
        **_FILTERS,
    }
)


def create(call: Call) -> Answer:
    """The answer shows the seats as they were before this entity took one."""
    params, env = call.params, call.env
    feature = env.features.get(params["feature_id"])
    seats.require_countable(feature)
    wanted = {**params["customer_data"], "customer_id": params["customer_id"]}
    customer = call.up_to_date(onboarding.get_or_create(env, wanted, call.now))
    seats.require_room(customer, params["entity_id"], feature)
    now = call.now_of(customer)
    seats.pay_for_seat(env, customer, feature, now)
    entity = Entity(params["entity_id"], customer, feature, now, params.get("name"))
    entity.billing_controls = merged({}, params["billing_controls"])
    seats.create(env, entity)
    answer = _answer(call, entity)
    del answer["feature_id"]
    seats.take_seat(entity)
    return answer


def get(call: Call) -> Answer:
    return _answer(call, _find(call))


def update(call: Call) -> Answer:
    params = call.params
    name = params.get("customer_id")
    customer = call.env.customers.find(name) if name else None
    if name and (customer is None or params["entity_id"] not in customer.entities):
        # It is the customer that is said to be missing, whichever of them is.
        raise customer_not_found(name)
    entity = _find(call)
    if "name" in params:
        entity.name = params["name"]
    entity.billing_controls = merged(entity.billing_controls, params["billing_controls"])
    return _answer(call, entity)


def delete(call: Call) -> Answer:
    if name := call.params.get("customer_id"):
        call.env.customers.get(name)
    entity = _find(call)
    seats.delete(call.env, entity, call.now_of(entity.customer))
    return DONE


def _find(call: Call) -> Entity:
    """The entity that is named, its customer brought up to date."""
    params, env = call.params, call.env
    if not params.get("customer_id"):
        entity = env.entities.only(params["entity_id"])
    else:
        customer = env.customers.find(params["customer_id"])
        found = customer.entities.get(params["entity_id"]) if customer else None
        if found is None:
            raise entity_not_found(params["entity_id"])
        entity = found
    call.up_to_date(entity.customer)
    return entity


def listing(call: Call) -> Answer:
    return _list_by_cursor(call) if call.cursors else _list_by_offset(call)


def _list_by_offset(call: Call) -> Answer:
    params, entities = call.params, call.env.entities
    offset, limit = int(params["offset"]), int(params["limit"])
    shown = shown_plans(params)
    entries = _matching(call, entities.timeline.older_than(None), shown)
    count = len(entities)
    if is_filtered(params) or "customer_id" in params:
        matching = list(entries)
        count, entries = len(matching), iter(matching)
    page, _ = page_by_offset(entries, offset, limit)
    return {
        "list": [_answer(call, entity, shown) for entity in page],
        "total": len(page),
        "total_count": len(entities),
        "total_filtered_count": count,
        "limit": limit,
        "offset": offset,
        "has_more": len(page) == limit,
    }


def _list_by_cursor(call: Call) -> Answer:
    params = call.params
    limit = int(params["limit"])
    if limit > MOST_PER_CURSOR_PAGE:
        raise refused(f"limit {limit} exceeds max of {MOST_PER_CURSOR_PAGE} for this org")
    shown = shown_plans(params)
    entries = call.env.entities.timeline.older_than(place_of(params["start_cursor"]))
    page, cursor = page_by_cursor(_matching(call, entries, shown), limit, _name)
    return {"list": [_answer(call, each, shown) for each in page], "next_cursor": cursor}


def _matching(
    call: Call, entries: Iterator[tuple[Place, Entity]], shown: Wanted
) -> Iterator[tuple[Place, Entity]]:
    params = call.params
    return (entry for entry in entries if _matches(entry[1], params, shown))


def _matches(entity: Entity, params: dict[str, Any], shown: Wanted) -> bool:
    customer = entity.customer
    if params.get("customer_id", customer.shown_id) != customer.shown_id:
        return False
    wanted = params.get("search", "").lower()
    if wanted not in entity.id.lower() and wanted not in (entity.name or "").lower():
        return False
    holdings = Subject(customer, entity).holdings()
    return uses(customer, params) and has_one_of(holdings, params, shown)


def _name(entity: Entity) -> str:
    return entity.id


def _answer(call: Call, entity: Entity, shown: Wanted = all_plans) -> Answer:
    call.up_to_date(entity.customer)
    return entity_answer(
        call.env,
        entity,
        call.now_of(entity.customer),
        inherited_controls=call.cursors,
        expand=call.params.get("expand", ()),
        wanted=shown,
        origin=call.origin,
    )


OPERATIONS = {
    "entities.create": Operation(CREATE, create),
    "entities.get": Operation(GET, get),
    "entities.list": Operation(LIST_BY_OFFSET, listing, LIST_BY_CURSOR),
    "entities.update": Operation(UPDATE, update),
    "entities.delete": Operation(DELETE, delete),
}
