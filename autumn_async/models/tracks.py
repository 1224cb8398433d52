"""What comes back from tracking."""

from typing import ClassVar

from .balances import Balance, Deduction
from .base import Model, Number


class TrackResponse(Model, frozen=True, kw_only=True, gc=False):
    """What tracking an event has done to the balance."""

    failed_open: ClassVar[bool] = False
    """True if Autumn couldn't be asked and the client let the call pass."""
    duplicate: ClassVar[bool] = False
    """True if an earlier attempt of this same call had already reached the server."""

    customer_id: str
    """The customer it was tracked for."""
    entity_id: str | None = None
    """The entity it was tracked for; None if for the customer as a whole."""
    event_name: str | None = None
    """The event name it was tracked by; None if by feature."""
    value: Number
    """Units tracked; the balance may have had fewer."""
    balance: Balance | None = None
    """The balance afterwards; None if the customer has none, or the event is still in a queue."""
    balances: dict[str, Balance | None] | None = None
    """All balances concerned, by feature id, None for those not held. None where one says all."""
    deductions: list[Deduction] | None = None
    """What was taken from which row; None if the event is still in a queue."""


class FailedOpenTrackResponse(TrackResponse, frozen=True, kw_only=True, gc=False):
    """Stands in for an answer when Autumn couldn't be asked; nothing is known to be tracked."""

    failed_open: ClassVar[bool] = True
    """Always True."""


class DuplicateTrackResponse(TrackResponse, frozen=True, kw_only=True, gc=False):
    """Stands in for the answer that a lost connection swallowed: the event counts, once."""

    duplicate: ClassVar[bool] = True
    """Always True."""
