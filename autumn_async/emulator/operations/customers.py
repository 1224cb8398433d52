"""customers.*"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from ..answers.customers import customer_answer
from ..domain import onboarding
from ..domain.amounts import LARGEST_WHOLE
from ..domain.auto_topups import enabled, take_counts, top_up_low
from ..domain.controls import merged
from ..domain.failures import refused
from ..pages import page_by_cursor, page_by_offset, place_of
from ..validation import (
    Issues,
    Shape,
    array,
    boolean,
    choice,
    moment,
    number,
    optional,
    record,
    required,
    text,
)
from .call import DONE, Answer, Call, Operation
from .controls import BILLING_CONTROLS
from .selection import FILTERS, Wanted, all_plans, has_one_of, is_filtered, shown_plans, uses

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.environment import Environment
    from ..domain.features import Feature
    from ..domain.timeline import Place

MOST_PER_CURSOR_PAGE: Final = 1000
"""Cursor pages may name a limit up to 5000, but no organisation is given more than this."""

_ALLOWED: Final = "Use only letters, numbers, underscores, hyphens, and colons."
_REFUSED: Final = {
    "@": "cannot contain @ symbol",
    " ": "cannot contain spaces",
    ".": "cannot contain periods",
}
_ODD = re.compile(r"[^a-zA-Z0-9_:-]")
_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_EMAIL = re.compile(rf"\A(?!\.)(?!.*\.\.)[\w.+'-]*[\w+-]@(?:{_LABEL}\.)+[a-zA-Z]{{2,}}\Z", re.ASCII)


def customer_id(value: Any, path: str, issues: Issues) -> Any:
    """An id of the caller's choosing: letters, digits, `_`, `-`, `:`."""
    text()(value, path, issues)
    if isinstance(value, str):
        odd = next((char for char in _REFUSED if char in value), None)
        if not value:
            issues.append((path, "can't be an empty string"))
        elif odd:
            issues.append((path, f"{_REFUSED[odd]}. {_ALLOWED}"))
        elif found := _ODD.search(value):
            issues.append((path, f"cannot contain '{found[0]}'. {_ALLOWED}"))
    return value


EMAIL = text((_EMAIL, "not a valid email address"))
EXPAND = array(
    choice(
        "invoices",
        "invoice_previews",
        "trials_used",
        "rewards",
        "entities",
        "referrals",
        "payment_method",
        "billing_details",
        "subscriptions.plan",
        "purchases.plan",
        "balances.feature",
        "flags.feature",
        "billing_controls.auto_topups.purchase_limit",
    )
)
_DETAILS = {
    "name": optional(text(), nullable=True),
    "email": optional(EMAIL, nullable=True),
    "fingerprint": optional(text(), nullable=True),
    "metadata": optional(record(), nullable=True),
    "stripe_id": optional(text(), nullable=True),
    "send_email_receipts": optional(boolean),
    "billing_controls": optional(BILLING_CONTROLS),
    "config": optional(record()),
    "expand": optional(EXPAND, default=()),
}
_CREATION = {
    "create_in_stripe": optional(boolean),
    "auto_enable_plan_id": optional(text()),
    **_DETAILS,
}
GET_OR_CREATE = Shape({"customer_id": required(customer_id, nullable=True), **_CREATION})
CUSTOMER_DATA = Shape(_CREATION)
"""What a customer is created from where another operation creates it."""
GET = Shape({"customer_id": required(text()), "expand": optional(EXPAND, default=())})
UPDATE = Shape(
    {
        "customer_id": required(text()),
        "new_customer_id": optional(customer_id),
        **_DETAILS,
    }
)
DELETE = Shape({"customer_id": required(text()), "delete_in_stripe": optional(boolean)})
_FILTERS = {**FILTERS, "expand": optional(EXPAND, default=())}
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
        "sort_order": optional(choice("asc", "desc"), default="desc"),
        "created_at_range": optional(
            Shape({"start": optional(moment()), "end": optional(moment())})
        ),
        **_FILTERS,
    }
)


def get_or_create(call: Call) -> Answer:
    customer = onboarding.get_or_create(call.env, call.params, call.now)
    return _answer(call, call.up_to_date(customer))


def get(call: Call) -> Answer:
    return _answer(call, call.customer())


def update(call: Call) -> Answer:
    customer, params = call.customer(), call.params
    if "new_customer_id" in params:
        call.env.customers.rename(customer, params["new_customer_id"])
    if "email" in params:
        call.env.customers.set_email(customer, params["email"])
    for name in ("name", "fingerprint", "send_email_receipts"):
        if name in params:
            setattr(customer, name, params[name])
    if "stripe_id" in params:
        customer.stripe_id = params["stripe_id"] or None
    given_metadata: dict[str, Any] = params.get("metadata") or {}
    metadata = {**customer.metadata, **given_metadata}
    customer.metadata = {key: value for key, value in metadata.items() if value is not None}
    customer.config = {**customer.config, **params.get("config", {})}
    before = enabled(customer)
    given = params.get("billing_controls", {})
    customer.billing_controls = merged(customer.billing_controls, given)
    take_counts(customer, call.now)
    answer = _answer(call, customer)
    top_up_low(call.env, customer, _features(call.env, enabled(customer) - before), call.now)
    return answer


def _features(env: Environment, ids: Iterable[str]) -> list[Feature]:
    """Those of the features that there are."""
    return [feature for each in sorted(ids) if (feature := env.features.find(each))]


def delete(call: Call) -> Answer:
    call.env.forget(call.customer())
    return DONE


def listing(call: Call) -> Answer:
    return _list_by_cursor(call) if call.cursors else _list_by_offset(call)


def _list_by_offset(call: Call) -> Answer:
    params, customers = call.params, call.env.customers
    offset, limit = int(params["offset"]), int(params["limit"])
    shown = shown_plans(params)
    entries = _matching(call, customers.timeline.older_than(None), shown)
    if is_filtered(params):
        matching = list(entries)
        count, entries = len(matching), iter(matching)
    else:
        count = len(customers)
    page, _ = page_by_offset(entries, offset, limit)
    return {
        "list": [_answer(call, call.up_to_date(customer), shown) for customer in page],
        "total": len(page),
        "total_count": len(customers),
        "total_filtered_count": count,
        "limit": limit,
        "offset": offset,
        "has_more": len(page) == limit,
    }


def _list_by_cursor(call: Call) -> Answer:
    params, timeline = call.params, call.env.customers.timeline
    limit = int(params["limit"])
    if limit > MOST_PER_CURSOR_PAGE:
        raise refused(f"limit {limit} exceeds max of {MOST_PER_CURSOR_PAGE} for this org")
    start = place_of(params["start_cursor"])
    ascending = params["sort_order"] == "asc"
    entries = timeline.newer_than(start) if ascending else timeline.older_than(start)
    shown = shown_plans(params)
    page, cursor = page_by_cursor(_matching(call, entries, shown), limit, _name)
    answers = [_answer(call, call.up_to_date(customer), shown) for customer in page]
    return {"list": answers, "next_cursor": cursor}


def _matching(
    call: Call, entries: Iterator[tuple[Place, Customer]], shown: Wanted
) -> Iterator[tuple[Place, Customer]]:
    params = call.params
    return (entry for entry in entries if _matches(entry[1], params, shown))


def _matches(customer: Customer, params: dict[str, Any], shown: Wanted) -> bool:
    span = params.get("created_at_range", {})
    if not span.get("start", 0) <= customer.created_at <= span.get("end", customer.created_at):
        return False
    if wanted := params.get("search", "").lower():
        fields = (customer.id, customer.name, customer.email)
        if not any(wanted in field.lower() for field in fields if field):
            return False
    return uses(customer, params) and has_one_of(customer.holdings, params, shown)


def _name(customer: Customer) -> str:
    return customer.shown_id


def _answer(call: Call, customer: Customer, shown: Wanted = all_plans) -> Answer:
    return customer_answer(
        call.env,
        customer,
        call.now_of(customer),
        inherited_controls=call.cursors,
        expand=call.params["expand"],
        wanted=shown,
        origin=call.origin,
    )


OPERATIONS = {
    "customers.get_or_create": Operation(GET_OR_CREATE, get_or_create),
    "customers.get": Operation(GET, get),
    "customers.list": Operation(LIST_BY_OFFSET, listing, LIST_BY_CURSOR),
    "customers.update": Operation(UPDATE, update),
    "customers.delete": Operation(DELETE, delete),
}
