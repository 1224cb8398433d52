"""What a customer can draw on, put into numbers that a decision compares."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from math import inf

import msgspec

from ..models.balances import Balance, BalanceBreakdown
from ..models.billing_controls import BillingControls, SpendLimit, UsageLimit
from ..models.features import CreditSchemaRow, Feature

NO_END = sys.float_info.max
"""As much as anybody can ask for."""

Name = tuple[str | None, str | None]
"""A feature, or an event name: what usage is tracked by."""

ANYTHING: Name = (None, None)
"""The name of usage of which is not known what it is of, or how much."""

Spent = Mapping[Name, float]
"""Usage that the balances don't show yet."""


class Meter(msgspec.Struct, frozen=True):
    """A number of units, and the usage that may reduce it."""

    room: float
    draws: Mapping[Name, float]
    """What a unit of usage takes at most; infinity where that can't be told."""
    knows_events: bool = True
    """Whether `draws` has all event names that lead here."""

    def left(self, spent: Spent) -> float:
        """What is left at worst."""
        if not spent:
            return self.room
        used = 0.0
        for name, value in spent.items():
            cost = self.draws.get(name)
            if cost is None and name[0] is None:
                cost = 0 if self.knows_events and name != ANYTHING else inf
            if cost:
                used += cost * value
        return exact(self.room - used)


class Pool(msgspec.Struct, frozen=True):
    """A balance, and how far it reaches."""

    balance: Balance
    meter: Meter
    limits: Sequence[Meter]
    """What usage limits leave of its feature."""
    is_clear: bool
    """Whether all that the server goes by is known here."""
    costs: Mapping[str, float | None]
    """Of a credit system: what a unit of each feature costs; None where that depends."""

    def reaches(self, required: float, spent: Spent) -> bool:
        """Whether it allows so much use of its feature."""
        if self.balance.unlimited or required < 0:
            return True
        for meter in self.limits:
            if required > max(0, meter.left(spent)):
                return False
        return required <= max(0, self.meter.left(spent))

    def less(self, used: float) -> Balance:
        """The balance without so many units. Of usage without a number, only the number counts."""
        if self.balance.unlimited or used in (0, inf):
            return self.balance
        return msgspec.structs.replace(
            self.balance,
            remaining=max(0, exact(self.balance.remaining - used)),
            usage=exact(self.balance.usage + used),
        )


def pool_of(
    balance: Balance, controls: BillingControls, features: Mapping[str, Feature], *, mixed: bool
) -> Pool:
    """A balance of a customer or an entity. `mixed`: it may count in what only entities have."""
    feature = features.get(balance.feature_id)
    costs = dict(_costs(feature))
    draws, knows_events = _draws(balance.feature_id, costs, features)
    room, is_clear = _room(balance, controls)
    limits = limits_of(balance.feature_id, controls)
    is_known = (
        is_clear
        and feature is not None
        and feature.combine == "sum"
        and _is_whole(balance, mixed)
        and (balance.unlimited or limits is not None)
    )
    return Pool(
        balance=msgspec.structs.replace(balance, feature=None),
        meter=Meter(room, draws, knows_events),
        limits=[Meter(room, draws, knows_events) for room in limits or ()],
        is_clear=is_known,
        costs=costs,
    )


def limits_of(feature_id: str, controls: BillingControls) -> list[float] | None:
    """What each usage limit leaves of a feature; None where that can't be told."""
    found = [
        limit
        for limit in controls.usage_limits or ()
        if limit.enabled and limit.feature_id == feature_id
    ]
    if any(limit.filter is not None or limit.usage is None for limit in found):
        return None
    return [_room_under(limit) for limit in found]


def exact(amount: float) -> float:
    """Rounded as the server rounds."""
    return round(amount, 10)


def _room_under(limit: UsageLimit) -> float:
    return max(0, exact(limit.limit - (limit.usage or 0)))


def _costs(feature: Feature | None) -> Iterator[tuple[str, float | None]]:
    for row in (feature.credit_schema or ()) if feature is not None else ():
        if not row.excluded:
            yield row.metered_feature_id, _cost(row)


def _cost(row: CreditSchemaRow) -> float | None:
    if row.credit_cost is None or row.tiers or row.dimensions or row.multipliers:
        return None
    return exact(row.credit_cost / (row.billing_units or 1))


def _draws(
    feature_id: str, costs: Mapping[str, float | None], features: Mapping[str, Feature]
) -> tuple[dict[Name, float], bool]:
    """What usage takes at most, and whether all event names are known."""
    most = {feature_id: 1.0, **{id: inf if cost is None else cost for id, cost in costs.items()}}
    draws: dict[Name, float] = {}
    for id, cost in most.items():
        names: list[Name] = [(id, None)]
        if id in features:
            names += [(None, event) for event in features[id].event_names]
        for name in names:
            draws[name] = draws.get(name, 0) + max(0, cost)
    return draws, features.keys() >= most.keys()


def _is_whole(balance: Balance, mixed: bool) -> bool:
    """Whether the rows are all there is to the balance, or what else there is can be left out.

    A balance without rows is that of entities alone.
    """
    if not balance.breakdown:
        return False
    shared_out = balance.allocated is not None or balance.unallocated is not None
    if shared_out or any(row.allocation is not None for row in balance.breakdown):
        return False
    if balance.unlimited:
        return not mixed
    if exact(balance.remaining - _remaining(balance)) == 0:
        return True
    return mixed and balance.rollovers is None


def _remaining(balance: Balance) -> float:
    rows = sum(row.remaining for row in balance.breakdown)
    return rows + sum(each.balance for each in balance.rollovers or ())


def _room(balance: Balance, controls: BillingControls) -> tuple[float, bool]:
    """How much may be used, overage included, and whether that is sure."""
    if balance.unlimited:
        return NO_END, True
    remaining, priced = _remaining(balance), [*_usage_based(balance.breakdown)]
    choices = [
        each.enabled
        for each in controls.overage_allowed or ()
        if each.feature_id == balance.feature_id
    ]
    if (choices and not all(choices)) or not (choices or priced):
        return exact(remaining), True
    limit, is_sure = _spend_limit(balance, controls)
    if limit is None and priced:
        limit = _cap(priced)
    if limit is None:
        return NO_END, is_sure
    return exact(remaining + max(0, limit - _overage(balance))), is_sure


def _usage_based(rows: Iterable[BalanceBreakdown]) -> Iterator[BalanceBreakdown]:
    for row in rows:
        if row.price is not None and row.price.billing_method == "usage_based":
            yield row


def _overage(balance: Balance) -> float:
    """What was used beyond what is there."""
    return sum(
        row.remaining - (row.included_grant + row.prepaid_grant - row.usage)
        for row in balance.breakdown
    )


def _cap(rows: Iterable[BalanceBreakdown]) -> float | None:
    caps = [row.price.max_purchase for row in rows if row.price is not None]
    known = [cap for cap in caps if cap is not None]
    return sum(known) if len(known) == len(caps) else None


def _spend_limit(balance: Balance, controls: BillingControls) -> tuple[float | None, bool]:
    """The limit on overage, None without one, and whether it is sure which one counts."""
    found = [
        limit
        for limit in controls.spend_limits or ()
        if limit.feature_id in (None, balance.feature_id)
    ]
    is_sure = len({limit.feature_id for limit in found}) < 2
    limits = [_overage_limit(limit, balance) for limit in found if limit.enabled]
    return min((limit for limit in limits if limit is not None), default=None), is_sure


def _overage_limit(limit: SpendLimit, balance: Balance) -> float | None:
    if limit.overage_limit is None or limit.limit_type != "usage_percentage":
        return limit.overage_limit
    granted = sum(row.included_grant + row.prepaid_grant for row in balance.breakdown)
    granted += sum(each.granted or 0 for each in balance.rollovers or ())
    return exact(limit.overage_limit * granted / 100)
