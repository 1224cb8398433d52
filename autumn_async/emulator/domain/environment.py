"""One environment (sandbox or live) of the emulated organisation: everything it remembers."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Protocol, TypeVar

from .customers import Customer, CustomerBook
from .entities import EntityBook
from .events import EventLog
from .features import FeatureBook
from .idempotency import Claims
from .ids import Ids
from .plans import Plan, PlanBook
from .referrals import ReferralBook
from .rewards import RewardBook

if TYPE_CHECKING:
    from .invoices import Invoice
    from .locks import Lock
    from .payments import PaymentPage
    from .pending import Pending


class Owned(Protocol):
    """Something that belongs to a customer."""

    @property
    def customer(self) -> Customer: ...


T = TypeVar("T", bound=Owned)


class Environment:
    """The state behind one kind of key. Nothing is shared between environments."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.ids: Ids = Ids()
        self.features: FeatureBook = FeatureBook()
        self.plans: PlanBook = PlanBook()
        self.customers: CustomerBook = CustomerBook()
        self.entities: EntityBook = EntityBook()
        self.rewards: RewardBook = RewardBook()
        self.referrals: ReferralBook = ReferralBook()
        self.locks: dict[str, Lock] = {}
        """What is held back, by the ids that callers gave it."""
        self.events: EventLog = EventLog()
        self.claims: Claims = Claims()
        self.pages: dict[str, PaymentPage] = {}
        self.invoices: dict[str, Invoice] = {}
        self.trial_fingerprints: dict[str, list[Plan]] = {}
        """Plans that somebody with a fingerprint has tried."""
        self.queue: deque[Pending] = deque()
        """Usage that has been accepted and is not applied yet."""

    def forget(self, customer: Customer) -> None:
        """Deletes a customer and all that belongs to it."""
        for lock_id in customer.locks:
            del self.locks[lock_id]
        for entity in tuple(customer.entities.values()):
            self.entities.remove(entity)
        self.referrals.forget(customer)
        for reward in self.rewards:
            reward.redeemers.discard(customer)
        self.customers.remove(customer)
        self.events.forget(customer)
        self.pages = _without(self.pages, customer)
        self.invoices = _without(self.invoices, customer)


def _without(things: dict[str, T], customer: Customer) -> dict[str, T]:
    """All but those that belong to a customer."""
    return {name: thing for name, thing in things.items() if thing.customer is not customer}
