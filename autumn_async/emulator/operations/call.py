"""What an operation gets to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from ..domain import locks
from ..domain.failures import entity_not_found
from ..domain.passing_time import let_time_pass
from ..domain.resets import reset_due_rows
from ..domain.subjects import Subject
from ..json_types import is_object

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.environment import Environment
    from ..domain.payments import Order
    from ..validation import Check
    from ..versions import Version

Answer = dict[str, Any]
DONE: Answer = {"success": True}


class Call(Struct):
    """One request: validated, with the one moment at which it happens.

    `now` is that moment for whom the request is about: customers may have a clock of their own.
    `received_at` is the same in the emulator's time.
    """

    env: Environment
    version: Version
    now: int
    params: Any
    received_at: int
    status: int = 200
    origin: str = "http://127.0.0.1"
    """Where the pages that answers link to are served."""
    order: Order | None = None
    """The order that is carried out because it was paid; None for requests by themselves."""

    @property
    def cursors(self) -> bool:
        """Lists page by cursor since 2.3.0, by offset before."""
        return self.version >= (2, 3, 0)

    def customer(self) -> Customer:
        """The customer the request names, brought up to date; 404 if there is none."""
        return self.up_to_date(self.env.customers.get(self.params["customer_id"]))

    def customers(self) -> list[Customer]:
        """The customer that a list is limited to, or all of them, brought up to date."""
        book = self.env.customers
        if "customer_id" not in self.params:
            found = list(book)
        else:
            named = book.find(self.params["customer_id"])
            found = [named] if named else []
        return [self.up_to_date(customer) for customer in found]

    def subject(self, params: Mapping[str, Any] | None = None) -> Subject:
        """The customer or entity that the request (or an item of it) is about."""
        asked: Mapping[str, Any] = params or self.params
        customer = self.up_to_date(self.env.customers.get(asked["customer_id"]))
        entity_id: str | None = asked.get("entity_id")
        if not entity_id:
            return Subject(customer)
        entity = customer.entities.get(entity_id)
        if entity is None:
            raise entity_not_found(entity_id)
        return Subject(customer, entity)

    def up_to_date(self, customer: Customer) -> Customer:
        """Applies what has become due since the customer was last read."""
        now = self.now_of(customer)
        if customer.locks:
            locks.expire(self.env, customer, now)
        let_time_pass(self.env, customer, now)
        reset_due_rows(customer.ledger, self.env.ids, now)
        return customer

    def now_of(self, customer: Customer) -> int:
        """The customer's time: that of its test clock, if it has one."""
        return customer.now(self.received_at)

    def moment_of(self, params: object) -> int:
        """The time of the customer that a body (or an item of one) names."""
        name = params.get("customer_id") if is_object(params) else None
        customer = self.env.customers.find(name) if name else None
        return self.now_of(customer) if customer else self.received_at

    def about(self, params: Mapping[str, Any]) -> Call:
        """The same call at the time of the customer that an item of its body names."""
        now = self.moment_of(params)
        return self if now == self.now else replace(self, now=now)


class Operation(NamedTuple):
    """What checks its body, and what runs it; lists take another body when they use cursors."""

    check: Check
    run: Callable[[Call], Answer]
    cursor_check: Check | None = None
