"""Paying, simulated: a saved card is charged at once, anybody else is sent to a page.

A customer whose email starts with `card` has a saved card from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

from .changes import Change
from .discounts import note_billed
from .failures import refused
from .invoices import Invoice, LineItem, total

if TYPE_CHECKING:
    from .attach_terms import Terms
    from .customers import Customer
    from .entities import Entity
    from .environment import Environment


class Order(NamedTuple):
    """A request that is carried out (again) once it is paid for."""

    operation: str
    params: Mapping[str, Any]
    return_url: str | None = None
    invoice: Invoice | None = None
    """The invoice that is being paid by carrying it out; None the first time."""


class PaymentPage(Struct, eq=False):
    """A page to send a customer to: to pay, to save a card, to see what it has."""

    id: str
    kind: str
    """`checkout`, `invoice`, `setup` or `portal`."""
    customer: Customer
    order: Order | None = None
    """What paying carries out; None where nothing waits for it."""
    lines: Sequence[LineItem] = ()
    invoice: Invoice | None = None
    return_url: str | None = None
    status: str = "open"
    """`open`, `paid` or `declined`."""


class Outcome(Struct):
    """What became of a request: done, or waiting for a payment."""

    invoice: Invoice | None = None
    page: PaymentPage | None = None
    needs_card: bool = False


def checkout_mode(change: Change, terms: Terms, *, has_card: bool) -> str:
    """`direct`, or the kind of page on which the customer confirms first."""
    paid = [each.content for each in change.incoming if each.content.priced]
    once = any(content.one_off for content in paid)
    begins = not change.customer.paying and any(content.cycle for content in paid)
    if terms.redirect == "never" or terms.by_invoice or terms.without_payment:
        return "direct"
    if terms.starts_later(change.now) or not (paid or change.lines):
        return "direct"
    if not has_card and (once or (begins and not _tried_without_card(change))):
        return "stripe_checkout"
    if terms.redirect == "always":
        return "stripe_checkout" if once or begins else "autumn_checkout"
    return "direct"


def require_no_checkout(change: Change, terms: Terms) -> None:
    """Refuses a start in the past where somebody has to pay on a page first."""
    past = terms.starts_at is not None and terms.starts_at < change.now
    mode = checkout_mode(change, terms, has_card=change.customer.has_card)
    if past and mode == "stripe_checkout":
        raise refused("starts_at in the past cannot be combined with a checkout")


def carry_out(change: Change, terms: Terms, order: Order) -> Outcome:
    """Applies a change and charges for it, or opens a page that leads to it."""
    change.then(partial(note_billed, change.customer, change.cycle, change.lines))
    env, customer, now = change.env, change.customer, change.now
    if terms.without_payment:
        change.apply()
        return Outcome()
    if any(each.content.priced for each in change.incoming) or change.lines:
        link_to_provider(env, customer, now)
    has_card = customer.has_card
    if checkout_mode(change, terms, has_card=has_card) != "direct":
        return Outcome(page=open_page(env, customer, "checkout", now, order, change.lines))
    if terms.by_invoice:
        return _invoice_first(change, terms, order)
    if total(change.lines) > 0 and not has_card:
        invoice = _write(change, "open")
        page = open_page(env, customer, "invoice", now, order, change.lines, invoice)
        return Outcome(invoice, page, needs_card=True)
    change.apply()
    return Outcome(_paid(change, order))


def open_page(
    env: Environment,
    customer: Customer,
    kind: str,
    now: int,
    order: Order | None = None,
    lines: Sequence[LineItem] = (),
    invoice: Invoice | None = None,
) -> PaymentPage:
    page_id = invoice.id if invoice else env.ids.new("bps" if kind == "portal" else "cs", now)
    page = PaymentPage(page_id, kind, customer, order, tuple(lines), invoice)
    page.return_url = order.return_url if order else None
    env.pages[page.id] = page
    return page


def link_to_provider(env: Environment, customer: Customer, now: int) -> None:
    """Payments make a customer known to the payment provider."""
    if not customer.stripe_id:
        customer.stripe_id = env.ids.new("cus", now)[:18]


def write_invoice(
    env: Environment,
    customer: Customer,
    lines: Sequence[LineItem],
    plan_ids: Sequence[str],
    now: int,
    status: str = "paid",
    entity: Entity | None = None,
) -> Invoice:
    names = list(dict.fromkeys(plan_ids or (line.plan_id for line in lines)))
    invoice = Invoice(env.ids.new("in", now), customer, now, status, tuple(lines), names, entity)
    customer.invoices.append(invoice)
    env.invoices[invoice.id] = invoice
    return invoice


def _tried_without_card(change: Change) -> bool:
    """Is nothing paid yet, because of a trial that asks for no card?"""
    trials = [each.content.free_trial for each in change.incoming if each.content.cycle]
    cardless = all(trial is not None and not trial.card_required for trial in trials)
    return cardless and change.shows_next


def _invoice_first(change: Change, terms: Terms, order: Order) -> Outcome:
    """The invoice is sent; the plan begins at once or when it has been paid."""
    if not _worth_an_invoice(change):
        change.apply()
        return Outcome()
    invoice = _write(change, "draft" if terms.draft else "open")
    waits = None if terms.enable_at_once else order
    env, now = change.env, change.now
    page = open_page(env, change.customer, "invoice", now, waits, change.lines, invoice)
    if terms.enable_at_once:
        change.apply()
    return Outcome(invoice, page)


def _paid(change: Change, order: Order) -> Invoice | None:
    if order.invoice:
        order.invoice.status, order.invoice.lines = "paid", tuple(change.lines)
        return order.invoice
    return _write(change, "paid") if _worth_an_invoice(change) else None


def _worth_an_invoice(change: Change) -> bool:
    return change.opens_cycle or any(line.amount for line in change.lines)


def _write(change: Change, status: str) -> Invoice:
    plan_ids = [each.version.plan.id for each in change.incoming]
    env, customer, entity = change.env, change.customer, change.entity
    return write_invoice(env, customer, change.lines, plan_ids, change.now, status, entity)
