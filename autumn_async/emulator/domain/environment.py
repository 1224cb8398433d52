"""One environment (sandbox or live) of the emulated organisation: everything it remembers."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from .customers import Customer, CustomerBook
from .events import EventLog
from .features import FeatureBook
from .idempotency import Claims
from .ids import Ids
from .plans import PlanBook


class Environment:
    """The state behind one kind of key. Nothing is shared between environments."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ids: Ids = Ids()
        self.features: FeatureBook = FeatureBook()
        self.plans: PlanBook = PlanBook()
        self.customers: CustomerBook = CustomerBook()
        self.events: EventLog = EventLog()
        self.claims: Claims = Claims()
        self.queue: deque[Callable[[], object]] = deque()
        """Usage that has been accepted and is not applied yet."""

    def forget(self, customer: Customer) -> None:
        """Deletes a customer and all that belongs to it."""
        self.customers.remove(customer)
        self.events.forget(customer)
