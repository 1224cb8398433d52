"""What has become due since a customer was last looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import locks
from .passing_time import let_time_pass
from .resets import reset_due_rows

if TYPE_CHECKING:
    from .customers import Customer
    from .environment import Environment


def bring_up_to_date(env: Environment, customer: Customer, now: int) -> None:
    """Lets locks expire, plans renew or end, and balances reset, as far as it's time."""
    if customer.locks:
        locks.expire(env, customer, now)
    let_time_pass(env, customer, now)
    reset_due_rows(customer.ledger, env.ids, now)
