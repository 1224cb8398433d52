"""billing.setup_payment and billing.open_customer_portal, and what paying on a page does"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..answers.billing import page_url
from ..domain.failures import ApiError, refused
from ..domain.onboarding import get_or_create
from ..domain.payments import Order, link_to_provider, open_page
from ..validation import Shape, optional, record, required, text
from .billing import OPERATIONS as BILLING
from .billing import planned_attach
from .billing_bodies import ATTACH_FIELDS
from .call import Answer, Call, Operation
from .customers import EMAIL, customer_id

if TYPE_CHECKING:
    from ..domain.environment import Environment
    from ..domain.payments import PaymentPage
    from ..versions import Version

_CUSTOMER_DATA = Shape(
    {
        "name": optional(text(), nullable=True),
        "email": optional(EMAIL, nullable=True),
        "fingerprint": optional(text(), nullable=True),
        "metadata": optional(record(), nullable=True),
        "stripe_id": optional(text(), nullable=True),
    }
)
SETUP = Shape(
    {
        **ATTACH_FIELDS,
        "customer_id": required(customer_id),
        "plan_id": optional(text()),
        "customer_data": optional(_CUSTOMER_DATA),
    }
)
PORTAL = Shape(
    {
        "customer_id": required(text()),
        "configuration_id": optional(text()),
        "return_url": optional(text()),
    }
)
_NEWEST: Version = (2, 5, 0)


def setup_payment(call: Call) -> Answer:
    """A page to save a card; the plan that was named is attached once that has been done."""
    params, env = call.params, call.env
    data: dict[str, Any] = params.get("customer_data", {})
    customer = get_or_create(env, {**data, "customer_id": params["customer_id"]}, call.now)
    return_url: str | None = params.get("success_url")
    order, lines = None, []
    if "plan_id" in params:
        change, _ = planned_attach(call)
        order, lines = Order("billing.attach", params, return_url), change.lines
    link_to_provider(env, customer, call.now)
    page = open_page(env, customer, "setup", call.now, order, lines)
    page.return_url = return_url
    answer: Answer = {"customer_id": params["customer_id"]}
    if params.get("entity_id"):
        answer["entity_id"] = params["entity_id"]
    return answer | {"url": page_url(call.origin, page.id)}


def open_customer_portal(call: Call) -> Answer:
    customer = call.customer()
    link_to_provider(call.env, customer, call.now)
    page = open_page(call.env, customer, "portal", call.now)
    page.return_url = call.params.get("return_url")
    return {"customer_id": customer.id, "url": page_url(call.origin, page.id)}


def pay(env: Environment, page: PaymentPage, received_at: int) -> None:
    """The customer's card is saved, and what waited for the payment is carried out."""
    _require_open(page)
    customer = page.customer
    had_card, customer.saved_card = customer.saved_card, True
    try:
        if page.order:
            _carry_out(env, page, page.order, received_at)
    except ApiError:
        customer.saved_card = had_card
        raise
    if page.invoice:
        page.invoice.status = "paid"
    if page.kind != "portal":
        page.status = "paid"


def decline(page: PaymentPage) -> None:
    """Nothing happens, now or later: what waited for the payment is dropped."""
    _require_open(page)
    page.status = "declined"
    if page.invoice:
        page.invoice.status = "void"


def _carry_out(env: Environment, page: PaymentPage, order: Order, received_at: int) -> None:
    """The request is made again, by somebody who has confirmed it and has a card."""
    params = {**order.params, "redirect_mode": "never"}
    params.pop("invoice_mode", None)
    paid = order._replace(invoice=page.invoice)
    now = page.customer.now(received_at)
    BILLING[order.operation].run(Call(env, _NEWEST, now, params, received_at, order=paid))


def _require_open(page: PaymentPage) -> None:
    if page.status != "open":
        raise refused(f"This page has been used: {page.status}", status=409)


OPERATIONS = {
    "billing.setup_payment": Operation(SETUP, setup_payment),
    "billing.open_customer_portal": Operation(PORTAL, open_customer_portal),
}
