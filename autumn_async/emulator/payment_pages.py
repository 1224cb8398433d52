"""The routes of the payment pages: to look at them, to pay, to decline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from .answers.billing import PAGES
from .answers.pages import invoice_page, payment_page, problem_page, web_address
from .domain.failures import ApiError
from .domain.passing_time import let_time_pass
from .domain.payments import PaymentPage, open_page
from .operations.payment import decline, pay

if TYPE_CHECKING:
    from .domain.environment import Environment
    from .gateway import Gateway, Request

HEADERS: Final = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}


class Html(NamedTuple):
    """A page as it is sent. `location` sends a browser on."""

    status: int
    text: str
    location: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        return {**HEADERS, "Location": self.location} if self.location else HEADERS


def answer_page(gateway: Gateway, request: Request) -> Html | None:
    """The page at a path, after what was asked for was done; None for any other path.

    A browser that has paid is sent to where the caller wanted it; other clients get the page.
    """
    if not request.path.startswith(PAGES):
        return None
    page_id, _, action = request.path.removeprefix(PAGES).partition("/")
    for env in gateway.environments:
        page = env.pages.get(page_id) or _unpaid(env, page_id, gateway.now())
        if page:
            return _visit(env, page, request, action, gateway.now())
        if invoice := env.invoices.get(page_id):
            return Html(200, invoice_page(invoice))
    return Html(404, problem_page("There is no such page."))


def _unpaid(env: Environment, invoice_id: str, now: int) -> PaymentPage | None:
    """An invoice that no card paid when it was written can be paid when it is looked at."""
    invoice = env.invoices.get(invoice_id)
    if invoice is None or invoice.status != "open":
        return None
    return open_page(env, invoice.customer, "invoice", now, None, invoice.lines, invoice)


def _visit(env: Environment, page: PaymentPage, request: Request, action: str, now: int) -> Html:
    path = f"{PAGES}{page.id}"
    let_time_pass(env, page.customer, now)
    if request.method in ("GET", "HEAD") and not action:
        return Html(200, payment_page(page, path))
    if request.method != "POST" or action not in ("pay", "decline"):
        return Html(404, problem_page("There is no such page."))
    try:
        if action == "pay":
            pay(env, page, now)
        else:
            decline(page)
    except ApiError as error:
        return Html(error.status, problem_page(error.message))
    address = web_address(page.return_url)
    browser = "text/html" in request.headers.get("accept", "")
    if browser and address and page.status == "paid":
        return Html(303, payment_page(page, path), address)
    return Html(200, payment_page(page, path))
