"""The pages that customers are sent to, as plain HTML without anything to load."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from ..domain.invoices import total

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ..domain.customers import Customer
    from ..domain.invoices import Invoice, LineItem
    from ..domain.payments import PaymentPage

_STYLE: Final = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 36rem; margin: 3rem auto; padding: 0 1rem }
table { width: 100%; border-collapse: collapse; margin: 1.5rem 0 }
td, th { padding: .5rem 0; border-bottom: 1px solid #ddd; text-align: left }
td:last-child, th:last-child { text-align: right; white-space: nowrap }
form { display: inline } button { font: inherit; padding: .5rem 1.25rem; margin-right: .5rem }
small { color: #666 }
"""
_TITLES: Final = {
    "checkout": "Checkout",
    "invoice": "Invoice",
    "setup": "Save a payment method",
    "portal": "Your billing",
}
_BUTTONS: Final = {
    "checkout": (("pay", "Pay"), ("decline", "Decline")),
    "invoice": (("pay", "Pay"), ("decline", "Decline")),
    "setup": (("pay", "Save card"), ("decline", "Cancel")),
    "portal": (("pay", "Save card"),),
}
_STATES: Final = {"paid": "Done. Thank you.", "declined": "Declined. Nothing was charged."}


def payment_page(page: PaymentPage, path: str) -> str:
    """What is to be paid and by whom, with the buttons to do it or not."""
    return _document(
        _TITLES[page.kind],
        _customer(page.customer),
        *(_holdings(page.customer) if page.kind == "portal" else _lines(page.lines)),
        *(_actions(page, path) if page.status == "open" else [_state(page)]),
        *(_link_back(page.return_url) if page.kind == "portal" or page.status != "open" else ()),
    )


def invoice_page(invoice: Invoice) -> str:
    """An invoice with which nothing is left to do."""
    status = f"<p>Status: {escape(invoice.status)}</p>"
    return _document("Invoice", *_lines(invoice.lines), status)


def problem_page(message: str) -> str:
    return _document("That didn't work", f"<p>{escape(message)}</p>")


def web_address(url: str | None) -> str | None:
    """The address, if it is one that a browser may be sent to."""
    try:
        scheme = urlsplit(url or "").scheme
    except ValueError:
        return None
    return url if scheme in ("http", "https") else None


def _document(title: str, *parts: str) -> str:
    note = "<p><small>A page of the emulator: nobody is charged.</small></p>"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>\n{chr(10).join(parts)}\n{note}</body></html>\n"
    )


def _customer(customer: Customer) -> str:
    card = "a card is saved" if customer.has_card else "no card is saved"
    return f"<p>Customer {escape(customer.shown_id)}, {card}</p>"


def _lines(lines: Sequence[LineItem]) -> Iterable[str]:
    if lines:
        yield _table(("Line", "Amount"), [(line.description, _money(line.total)) for line in lines])
        yield f"<p><strong>Total {_money(total(lines))}</strong></p>"


def _holdings(customer: Customer) -> Iterable[str]:
    plans = [(each.version.plan.name, each.status) for each in customer.subscribed()]
    invoices = [(each.id, f"{_money(each.total)}, {each.status}") for each in customer.invoices]
    yield _table(("Plan", "Status"), plans)
    yield _table(("Invoice", "Total"), invoices)


def _money(amount: float) -> str:
    return f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def _table(head: tuple[str, str], rows: Iterable[tuple[str, str]]) -> str:
    cells = "\n".join(
        f"<tr><td>{escape(left)}</td><td>{escape(right)}</td></tr>" for left, right in rows
    )
    return f"<table><tr><th>{head[0]}</th><th>{head[1]}</th></tr>\n{cells}</table>"


def _actions(page: PaymentPage, path: str) -> Iterable[str]:
    if page.kind == "portal" and page.customer.has_card:
        return
    for action, label in _BUTTONS[page.kind]:
        target = escape(f"{path}/{action}", quote=True)
        yield f'<form method="post" action="{target}"><button>{label}</button></form>'


def _state(page: PaymentPage) -> str:
    return f"<p>{_STATES[page.status]}</p>"


def _link_back(url: str | None) -> Iterable[str]:
    if address := web_address(url):
        yield f'<p><a href="{escape(address, quote=True)}">Continue</a></p>'
