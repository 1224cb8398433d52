"""subscriptions.list and purchases.list"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..answers.holdings import listed_purchase_answer, listed_subscription_answer
from ..domain.timeline import Place
from ..pages import page_by_cursor, place_of
from ..validation import Shape, array, choice, number, optional, text
from .call import Answer, Call, Operation

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.holdings import Holding

    Owned = tuple[Customer, Holding]
    Wanted = Callable[[Holding], bool]

LIST = Shape(
    {
        "customer_id": optional(text()),
        "entity_id": optional(text()),
        "plan_id": optional(text()),
        "statuses": optional(
            array(choice("active", "scheduled", "past_due", "expired")),
            default=("active", "scheduled", "past_due"),
        ),
        "start_cursor": optional(text(), default=""),
        "limit": optional(number(1, 1000, from_text=True), default=50),
    }
)


def subscriptions(call: Call) -> Answer:
    """The plans of a customer, or of all of them, but for those that are paid once."""

    def answer(owned: Owned) -> Answer:
        customer, holding = owned
        return listed_subscription_answer(call.env, customer, holding, call.now_of(customer))

    return _listing(call, lambda holding: not holding.one_off, answer)


def purchases(call: Call) -> Answer:
    """The plans that are paid once."""
    return _listing(
        call, lambda holding: holding.one_off, lambda each: listed_purchase_answer(*each)
    )


def _listing(call: Call, wanted: Wanted, answer: Callable[[Owned], Answer]) -> Answer:
    """One page, newest first."""
    start = place_of(call.params["start_cursor"])
    entries = (each for each in _placed(call, wanted) if start is None or each[0] < start)
    page, cursor = page_by_cursor(entries, int(call.params["limit"]), _name)
    return {
        "list": [answer(owned) for owned in page],
        "has_more": cursor is not None,
        "next_cursor": cursor,
    }


def _placed(call: Call, wanted: Wanted) -> Iterator[tuple[Place, Owned]]:
    """Plans of one moment are told apart by their order."""
    found = sorted(_holdings(call, wanted), key=_age, reverse=True)
    for moment, group in groupby(found, key=_moment):
        for index, owned in enumerate(group):
            yield Place(moment, -index), owned


def _holdings(call: Call, wanted: Wanted) -> Iterator[Owned]:
    is_asked_for = partial(_is_asked_for, call.params)
    for customer in call.customers():
        held = (*customer.holdings, *customer.former)
        yield from ((customer, each) for each in held if wanted(each) and is_asked_for(each))


def _is_asked_for(params: dict[str, Any], holding: Holding) -> bool:
    entity_id = holding.entity.id if holding.entity else None
    return (
        holding.status in params["statuses"]
        and params.get("entity_id", entity_id) == entity_id
        and params.get("plan_id", holding.version.plan.id) == holding.version.plan.id
    )


def _age(owned: Owned) -> tuple[int, str]:
    return owned[1].created_at, owned[1].id


def _moment(owned: Owned) -> int:
    return owned[1].created_at


def _name(owned: Owned) -> str:
    return owned[1].id


OPERATIONS = {
    "subscriptions.list": Operation(LIST, subscriptions),
    "purchases.list": Operation(LIST, purchases),
}
