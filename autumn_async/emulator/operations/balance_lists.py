"""balances.list"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from ..answers.balances import listed_row_answer
from ..domain.timeline import Place
from ..pages import page_by_cursor, place_of
from ..validation import Shape, array, choice, number, optional, text
from .call import Answer, Call, Operation

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.rows import Row

    Owned = tuple[Customer, Row]

LIST = Shape(
    {
        "customer_id": optional(text()),
        "entity_id": optional(text()),
        "plan_id": optional(text(), nullable=True),
        "feature_id": optional(text()),
        "statuses": optional(array(choice("active", "expired")), default=("active",)),
        "start_cursor": optional(text(), default=""),
        "limit": optional(number(1, 1000, from_text=True), default=50),
    }
)


def listing(call: Call) -> Answer:
    """The balance rows of a customer, or of all of them, newest first."""
    start = place_of(call.params["start_cursor"])
    entries = (entry for entry in _placed(call) if start is None or entry[0] < start)
    page, cursor = page_by_cursor(entries, int(call.params["limit"]), _name)
    answers = [
        listed_row_answer(customer.shown_id, row, call.now_of(customer)) for customer, row in page
    ]
    return {"list": answers, "has_more": cursor is not None, "next_cursor": cursor}


def _placed(call: Call) -> Iterator[tuple[Place, Owned]]:
    """Rows of one moment are told apart by their order."""
    rows = sorted(_rows(call), key=_age, reverse=True)
    for moment, group in groupby(rows, key=_moment):
        for index, owned in enumerate(group):
            yield Place(moment, -index), owned


def _rows(call: Call) -> Iterator[Owned]:
    for customer in call.customers():
        now = call.now_of(customer)
        for row in customer.ledger.all_rows():
            if _is_wanted(row, call.params, now):
                yield customer, row


def _is_wanted(row: Row, params: dict[str, Any], now: int) -> bool:
    status = "expired" if row.expired(now) else "active"
    entity_id = row.entity.id if row.entity else None
    return (
        not row.feature.boolean
        and status in params["statuses"]
        and params.get("entity_id", entity_id) == entity_id
        and params.get("plan_id", row.plan_id) == row.plan_id
        and params.get("feature_id", row.feature.id) == row.feature.id
    )


def _age(owned: Owned) -> tuple[int, str]:
    return owned[1].created_at, owned[1].id


def _moment(owned: Owned) -> int:
    return owned[1].created_at


def _name(owned: Owned) -> str:
    return owned[1].id


OPERATIONS = {"balances.list": Operation(LIST, listing)}
