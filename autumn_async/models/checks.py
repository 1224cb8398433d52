"""What comes back from asking whether a customer may use a feature."""

from typing import ClassVar

from .balances import Balance, Flag
from .base import Model, Number
from .check_previews import CheckPreview


class CheckResponse(Model, frozen=True, kw_only=True, gc=False):
    """Whether a customer or entity may use a feature, and what is left of it."""

    failed_open: ClassVar[bool] = False
    """True if Autumn couldn't be asked and the client let the call pass."""

    allowed: bool
    """True if the feature may be used by the amount asked for."""
    customer_id: str
    """The customer."""
    entity_id: str | None = None
    """The entity asked about; None if it was the customer as a whole."""
    required_balance: Number | None = None
    """The amount asked for, in credits if a credit system pays; None if the server left it out."""
    balance: Balance | None = None
    """What is left; None for boolean features, and if the customer has nothing of it."""
    flag: Flag | None = None
    """The grant of a boolean feature; None for others, and if the customer lacks it."""
    balances: dict[str, Balance | None] | None = None
    """All balances concerned, by feature id, None for those not held. None where one says all."""
    preview: CheckPreview | None = None
    """What to offer the customer; None if allowed, and unless asked for."""


class FailedOpenCheckResponse(CheckResponse, frozen=True, kw_only=True, gc=False):
    """Stands in for an answer when Autumn couldn't be asked: allowed, with nothing known."""

    failed_open: ClassVar[bool] = True
    """Always True."""
