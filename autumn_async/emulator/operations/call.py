"""What an operation gets to work with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, NamedTuple

from ..domain.attaching import end_trials
from ..domain.failures import entity_not_found
from ..domain.resets import reset_due_rows
from ..json_types import is_object

if TYPE_CHECKING:
    from ..domain.customers import Customer
    from ..domain.environment import Environment
    from ..validation import Check
    from ..versions import Version

Answer = dict[str, Any]
DONE: Answer = {"success": True}


@dataclass(slots=True)
class Call:
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

    @property
    def cursors(self) -> bool:
        """Lists page by cursor since 2.3.0, by offset before."""
        return self.version >= (2, 3, 0)

    def customer(self) -> Customer:
        """The customer the request names, brought up to date; 404 if there is none."""
        return self.up_to_date(self.env.customers.get(self.params["customer_id"]))

    def subject(self, params: Mapping[str, Any] | None = None) -> Customer:
        """The customer that the request (or an item of it) is about; entities don't exist."""
        asked: Mapping[str, Any] = params or self.params
        customer = self.up_to_date(self.env.customers.get(asked["customer_id"]))
        if asked.get("entity_id"):
            raise entity_not_found(asked["entity_id"])
        return customer

    def up_to_date(self, customer: Customer) -> Customer:
        """Applies what has become due since the customer was last read."""
        now = self.now_of(customer)
        end_trials(self.env, customer, now)
        reset_due_rows(customer.ledger, self.env.ids, now)
        return customer

    def now_of(self, customer: Customer) -> int:
        """The customer's time: that of its test clock, if it has one."""
        return self.received_at if customer.frozen_at is None else customer.frozen_at

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
