"""Customers of one environment: found by id, claimed by email, listed newest first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from .failures import ApiError, customer_not_found
from .holdings import Holding
from .rows import Ledger
from .timeline import Timeline

if TYPE_CHECKING:
    from .auto_topups import Purchases
    from .discounts import Discount
    from .entities import Entity
    from .features import Feature
    from .invoices import Invoice
    from .locks import Lock
    from .trials import TrialUse
    from .windows import Counter


class Customer(Struct, eq=False):
    """A customer and everything that belongs to it."""

    internal_id: str
    created_at: int
    id: str | None = None
    name: str | None = None
    email: str | None = None
    fingerprint: str | None = None
    stripe_id: str | None = None
    send_email_receipts: bool = False
    metadata: dict[str, Any] = {}
    config: dict[str, Any] = {}
    billing_controls: dict[str, Any] = {}
    holdings: list[Holding] = []
    former: list[Holding] = []
    """Plans it held once; they still count as holders of a plan version."""
    ledger: Ledger = field(default_factory=Ledger)
    counters: dict[str, Counter] = {}
    topups: dict[str, Purchases] = {}
    """How often features have been topped up by themselves, by their ids."""
    entities: dict[str, Entity] = {}
    locks: dict[str, Lock] = {}
    """What is held back for it until it is confirmed or released."""
    saved_card: bool = False
    discount: Discount | None = None
    """A coupon that is taken off everything it pays; a referral brought it."""
    invoices: list[Invoice] = []
    trials: list[TrialUse] = []
    plans_due_at: int | None = None
    """When something happens to its plans by itself; None: never."""
    frozen_at: int | None = None
    """Where its test clock stands; None where it lives in the emulator's time."""

    def now(self, emulated_now: int) -> int:
        """The customer's time: that of its test clock, if it has one."""
        return emulated_now if self.frozen_at is None else self.frozen_at

    @property
    def has_card(self) -> bool:
        """Has it saved a card, or been given one by its email?"""
        return self.saved_card or (self.email or "").startswith("card")

    @property
    def shown_id(self) -> str:
        """Its id, or the generated one while it has none."""
        return self.internal_id if self.id is None else self.id

    def subscribed(self) -> list[Holding]:
        """Its plans as they are listed: its own before those of entities, then the first to pay.

        Main plans come before add-ons, paid ones before free ones, newer ones before older ones.
        """
        return sorted(self.holdings, key=_listing_order)

    @property
    def paying(self) -> bool:
        """Is any plan of it paid in a cycle?"""
        return any(holding.active and holding.subscription for holding in self.holdings)

    def count_of(self, feature: Feature) -> int:
        """How many entities it has that were created for a feature."""
        return sum(entity.feature is feature for entity in self.entities.values())


def _listing_order(holding: Holding) -> tuple[bool, bool, bool, bool, int]:
    return (
        holding.entity is not None,
        holding.one_off,
        holding.version.plan.add_on,
        not holding.content.priced,
        -holding.created_at,
    )


class CustomerBook:
    """All customers of an environment."""

    def __init__(self) -> None:
        self._by_id: dict[str, Customer] = {}
        self._unnamed: dict[str, Customer] = {}
        self.timeline: Timeline[Customer] = Timeline()

    def __len__(self) -> int:
        return len(self.timeline)

    def __iter__(self) -> Iterator[Customer]:
        return (customer for _, customer in self.timeline.older_than(None))

    def find(self, customer_id: str) -> Customer | None:
        return self._by_id.get(customer_id)

    def get(self, customer_id: str) -> Customer:
        customer = self._by_id.get(customer_id)
        if customer is None:
            raise customer_not_found(customer_id)
        return customer

    def unnamed(self, email: str | None) -> Customer | None:
        """The customer without an id that has this email, whatever its case."""
        return self._unnamed.get(email.lower()) if email else None

    def add(self, customer: Customer) -> None:
        self.timeline.add(customer.created_at, customer)
        self._index(customer)

    def remove(self, customer: Customer) -> None:
        self.timeline.remove(customer.created_at, customer)
        self._forget(customer)
        for row in customer.ledger.all_rows():
            row.feature.rows -= 1
        for holding in (*customer.holdings, *customer.former):
            holding.version.holders -= 1

    def rename(self, customer: Customer, new_id: str) -> None:
        """Gives it an id, or another one."""
        if self._by_id.get(new_id, customer) is not customer:
            message = f"Customer with ID {new_id} already exists, can't change to this ID"
            raise ApiError(409, "customer_already_exists", message)
        self._forget(customer)
        customer.id = new_id
        self._index(customer)

    def set_email(self, customer: Customer, email: str | None) -> None:
        self._forget(customer)
        customer.email = email
        self._index(customer)

    def _index(self, customer: Customer) -> None:
        if customer.id is not None:
            self._by_id[customer.id] = customer
        elif customer.email:
            self._unnamed.setdefault(customer.email.lower(), customer)

    def _forget(self, customer: Customer) -> None:
        if customer.id is not None:
            del self._by_id[customer.id]
        elif customer.email and self._unnamed.get(customer.email.lower()) is customer:
            del self._unnamed[customer.email.lower()]
