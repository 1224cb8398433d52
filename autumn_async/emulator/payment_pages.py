"""The routes of the payment pages: to look at them, to pay, to decline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, NamedTuple

from .answers.billing import PAGES
from .answers.pages import invoice_page, payment_page, problem_page, web_address
from .domain.failures import ApiError
from .domain.passing_time import let_time_pass
from .domain.payments import PaymentPage, open_page
from .messages import Reply
from .operations.payment import decline, pay

if TYPE_CHECKING:
    from .domain.environment import Environment
    from .state.entries import Entry

HEADERS: Final[Mapping[str, str]] = {
    "Content-Type": "text/html; charset=utf-8",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "Referrer-Policy": "no-referrer",
}
BUTTONS: Final = ("pay", "decline")
MISSING: Final = "There is no such page."


class Visit(NamedTuple):
    """A request for a page, or for what a button on it does.

    A browser that has paid is sent to where the caller wanted it; other clients get the page.
    """

    entry: Entry
    browser: bool = False

    def run(self, env: Environment) -> Reply:
        """The page, after what was asked for was done. To look at a page is to read a customer."""
        page_id, action = _asked(self.entry.path)
        now = self.entry.now
        page = env.pages.get(page_id) or _unpaid(env, page_id, now)
        if page is None:
            return html(200, invoice_page(env.invoices[page_id]))
        let_time_pass(env, page.customer, page.customer.now(now))
        if action and self.entry.method == "POST":
            return self._press(env, page, action)
        if action or self.entry.method not in ("GET", "HEAD"):
            return missing()
        return _shown(page)

    def _press(self, env: Environment, page: PaymentPage, action: str) -> Reply:
        try:
            if action == "pay":
                pay(env, page, self.entry.now)
            else:
                decline(page)
        except ApiError as error:
            return failed(error)
        address = web_address(page.return_url)
        if self.browser and address and page.status == "paid":
            return _shown(page)._replace(status=303, headers={**HEADERS, "Location": address})
        return _shown(page)


def is_page(path: str) -> bool:
    return path.startswith(PAGES)


def knows(env: Environment, path: str) -> bool:
    """Is the page one of this environment's, with such a button on it?"""
    page_id, action = _asked(path)
    known = page_id in env.pages or page_id in env.invoices
    return known and (not action or action in BUTTONS)


def html(status: int, text: str) -> Reply:
    return Reply(status, text.encode(errors="replace"), HEADERS)


def failed(error: ApiError) -> Reply:
    """The page that tells of an error."""
    return html(error.status, problem_page(error.message))


def missing() -> Reply:
    return html(404, problem_page(MISSING))


def _asked(path: str) -> tuple[str, str]:
    """The id of a page, and the button that was pressed."""
    page_id, _, action = path.removeprefix(PAGES).partition("/")
    return page_id, action


def _shown(page: PaymentPage) -> Reply:
    return html(200, payment_page(page, f"{PAGES}{page.id}"))


def _unpaid(env: Environment, invoice_id: str, now: int) -> PaymentPage | None:
    """An invoice that no card paid when it was written can be paid when it is looked at."""
    invoice = env.invoices.get(invoice_id)
    if invoice is None or invoice.status != "open":
        return None
    customer = invoice.customer
    return open_page(env, customer, "invoice", customer.now(now), None, invoice.lines, invoice)
