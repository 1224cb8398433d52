"""Small things that several nouns share."""

from typing import Literal, TypeAlias

from .base import Model

Env: TypeAlias = Literal["sandbox", "live"] | str
"""Which of the two separate worlds of an organisation something lives in."""

Scope: TypeAlias = Literal["customer", "entity"] | str
"""Whether something belongs to the customer as a whole or to one of its entities."""

PropertyValue: TypeAlias = str | int | float | bool
"""What a property of an event may be compared with."""


class SuccessResponse(Model, frozen=True, kw_only=True, gc=False):
    """The answer of calls that have nothing to tell but that they worked."""

    success: bool = True
    """True; a call that fails raises instead."""


class Display(Model, frozen=True, kw_only=True, gc=False):
    """Ready-made words for a price or an item, to show on a pricing page."""

    primary_text: str = ""
    """The line in large letters, such as "1,000 Messages" or "$20"."""
    secondary_text: str | None = None
    """The line beneath, such as "per month"; None where one line says it all."""
