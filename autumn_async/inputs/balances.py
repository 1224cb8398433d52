"""Inputs for balances: resets, rollovers and locks."""

from typing import Literal, TypeAlias

from ..models.plan_items import PlanItemReset
from ._typing import NotRequired, TypedDict
from .common import OverageBehavior, Quantity, ResetInterval, RolloverExpiry, Timestamp


class ResetInput(TypedDict):
    """How often units are granted anew."""

    interval: ResetInterval
    """How often; `one_off` grants once, for good."""
    interval_count: NotRequired[int]
    """How many intervals lie between two resets; 1 by default."""


ResetLike: TypeAlias = ResetInput | PlanItemReset


class BalanceRolloverInput(TypedDict):
    """How unused units of a balance granted directly are carried over."""

    length: int
    """Months that carried-over units last."""
    duration: NotRequired[RolloverExpiry]
    """Whether they lapse; `month` by default."""
    max: NotRequired[Quantity | None]
    """Most units kept in all; None for no cap."""
    max_percentage: NotRequired[Quantity | None]
    """Most units kept, in percent of what was included and bought; instead of `max`."""


class LockInput(TypedDict):
    """Holds units until `balances.finalize` confirms or releases them."""

    lock_id: str
    """Your id of the lock, at most 256 characters."""
    enabled: NotRequired[Literal[True]]
    """True by default."""
    expires_at: NotRequired[Timestamp]
    """When the units are given back by themselves, at most a day from now."""
    overage_behavior: NotRequired[OverageBehavior]
    """What to do if fewer units are left; by default the check is denied and nothing held."""
