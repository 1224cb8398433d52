"""The rules of a decision, as the server has them, over what is known of a customer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal

import msgspec

from ..models.balances import Balance, Flag
from ..models.base import Milliseconds
from ..models.billing_controls import BillingControls
from ..models.common import Scope
from .pools import NO_END, Meter, Pool, Spent, exact, limits_of, pool_of

Verdict = Literal["yes", "no", "spent", "unclear"]
"""
yes      Allowed, whatever the usage since has come off.
no       Not allowed, even without the usage since.
spent    Allowed but for the usage since, which may have come off another balance.
unclear  The server goes by more than is known here.
"""


class Held(msgspec.Struct, frozen=True):
    """A plan, and when something about it changes."""

    scope: Scope | None = None
    status: str | None = None
    started_at: Milliseconds | None = None
    trial_ends_at: Milliseconds | None = None
    expires_at: Milliseconds | None = None

    @property
    def starts_at(self) -> Milliseconds | None:
        """When it starts, if it hasn't: the server's clock doesn't tell within a second."""
        return None if self.status == "active" else self.started_at


class Known(msgspec.Struct, frozen=True):
    """What decides, of a customer or an entity."""

    balances: dict[str, Balance] = {}
    flags: dict[str, Flag] = {}
    billing_controls: BillingControls | None = None
    subscriptions: list[Held] = []
    purchases: list[Held] = []

    @property
    def plans(self) -> list[Held]:
        """All plans, recurring or not."""
        return self.subscriptions + self.purchases

    def moments(self) -> Iterator[Milliseconds | None]:
        """When something changes by itself: resets, ends of balances, plans and trials."""
        for held in self.plans:
            yield from (held.starts_at, held.trial_ends_at, held.expires_at)
        for flag in self.flags.values():
            yield flag.expires_at
        for balance in self.balances.values():
            yield balance.next_reset_at
            for row in balance.breakdown:
                yield row.expires_at
                yield row.reset.resets_at if row.reset is not None else None
            for rollover in balance.rollovers or ():
                yield rollover.expires_at


class Ruling(msgspec.Struct, frozen=True):
    """A verdict, and the balance that it goes by."""

    verdict: Verdict
    required: float
    """In credits where a credit system pays."""
    pool: Pool | None = None
    flag: Flag | None = None


class Rule(msgspec.Struct, frozen=True):
    """How one feature is decided."""

    flag: Flag | None = None
    own: Pool | None = None
    system: Pool | None = None
    """The one credit system that pays for it."""
    cost: float = 0
    limits: tuple[Meter, ...] = ()
    """What usage limits on the feature leave, where a credit system pays."""
    is_clear: bool = True
    """Whether the credit systems, or the flag, are clear."""

    def ruling(self, required: float, spent: Spent) -> Ruling:
        """What comes of asking for so much."""
        if self.flag is not None:
            return Ruling("yes" if self.is_clear else "unclear", required, None, self.flag)
        own = self.own
        if own is not None:
            if not own.is_clear:
                return Ruling("unclear", required)
            if own.reaches(required, spent):
                return Ruling("yes", required, own)
        if not self.is_clear:
            return Ruling("unclear", required)
        in_credits = exact(required * self.cost)
        if self._system_reaches(required, in_credits, spent):
            return Ruling("yes", in_credits, self.system)
        return self._refused(required, in_credits, is_spent=bool(spent))

    def _refused(self, required: float, in_credits: float, *, is_spent: bool) -> Ruling:
        verdict: Verdict = "no"
        if is_spent and (
            (self.own is not None and self.own.reaches(required, {}))
            or self._system_reaches(required, in_credits, {})
        ):
            verdict = "spent"
        if self.system is not None:
            return Ruling(verdict, in_credits, self.system)
        return Ruling(verdict, required, self.own)

    def _system_reaches(self, required: float, in_credits: float, spent: Spent) -> bool:
        system = self.system
        if system is None or not system.reaches(in_credits, spent):
            return False
        if system.balance.unlimited or in_credits < 0:
            return True
        return all(required <= max(0, meter.left(spent)) for meter in self.limits)


Simple = tuple[float, Balance | None, Flag | None, Pool | None]
"""What can be used at most, and what an answer shows of it."""


def simple_rules(rules: Mapping[str, Rule]) -> Iterator[tuple[str, Simple]]:
    """The rules by which one number, or a flag, can say yes: those of most features."""
    for id, rule in rules.items():
        own = rule.own
        if rule.flag is not None:
            if rule.is_clear:
                yield id, (NO_END, None, rule.flag, None)
        elif own is not None and own.is_clear and not own.limits:
            yield id, (own.meter.room, own.balance, None, own)


def rules_of(known: Known, *, of_entity: bool) -> dict[str, Rule]:
    """The rules of all features that the customer, or entity, has anything for."""
    controls = known.billing_controls or BillingControls()
    mixed = not of_entity and any(held.scope != "customer" for held in known.plans)
    features = {id: each.feature for id, each in known.balances.items() if each.feature is not None}
    pools = {
        id: pool_of(balance, controls, features, mixed=mixed)
        for id, balance in known.balances.items()
    }
    rules = {id: _flag_rule(flag, mixed=mixed) for id, flag in known.flags.items()}
    members = {id for pool in pools.values() for id in pool.costs}
    for id in pools.keys() | members:
        rules.setdefault(id, _rule(id, pools, controls))
    return rules


def _flag_rule(flag: Flag, *, mixed: bool) -> Rule:
    """A customer's flag that names no plan may be one of an entity's plans."""
    is_clear = flag.plan_id is not None or not mixed
    return Rule(flag=msgspec.structs.replace(flag, feature=None), is_clear=is_clear)


def _rule(id: str, pools: dict[str, Pool], controls: BillingControls) -> Rule:
    own = pools.get(id)
    systems = [pool for pool in pools.values() if id in pool.costs and pool is not own]
    if not systems:
        return Rule(own=own)
    cost, limits = systems[0].costs[id], limits_of(id, controls)
    if len(systems) > 1 or cost is None or limits is None or not systems[0].is_clear:
        return Rule(own=own, is_clear=False)
    if own is not None:
        meters = own.limits
    else:
        meters = [Meter(room, _by_feature(id), knows_events=False) for room in limits]
    return Rule(own=own, system=systems[0], cost=cost, limits=tuple(meters))


def _by_feature(id: str) -> dict[tuple[str | None, str | None], float]:
    """Usage of one feature whose event names aren't known."""
    return {(id, None): 1.0}
