"""What a process knows of customers, and what it has tracked since."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import inf
from threading import RLock
from typing import Final

from ..models.balances import Balance
from ..wire.watching import Units
from .options import SETTLING, Options
from .pools import ANYTHING, Name, Pool, Spent, exact
from .rules import Rule, Ruling, Simple, simple_rules

Key = tuple[str, str | None]
"""A customer, or one of its entities."""

Place = str | tuple[object, str, str]
"""Where a view is found: a customer's by its id, whose hash is known, when a pair's never is."""

ENTITY: Final = object()
"""Begins the places of entities, which nobody can ask for by what he takes for a customer's id."""


class View:
    """The balances of one customer or entity, from the moment they are asked for."""

    __slots__ = (
        "_worst", "asked_at", "fresh_until", "is_void", "key", "place", "rules", "simple",
        "spent", "stale_until", "waiting",
    )  # fmt: skip

    def __init__(self, key: Key, asked_at: float, spent: Spent, waiting: Spent) -> None:
        self.key: Key = key
        self.place: Place = place_of(key)
        self.asked_at: float = asked_at
        self.spent: Spent = spent
        """Usage that the balances may not show. Replaced, never changed: others may be reading."""
        self.waiting: Spent = waiting
        """Usage of it that they surely don't show: Autumn hadn't taken it yet."""
        self.rules: Mapping[str, Rule] = {}
        self.simple: Mapping[str, Simple] = {}
        """Where a number alone, or a flag, can say yes, by feature."""
        self._worst: dict[str, tuple[Spent, float, Balance]] = {}
        self.fresh_until: float = -inf
        self.stale_until: float = -inf
        self.is_void: bool = False
        """Something else has changed the customer meanwhile."""

    def at_worst(self, pool: Pool) -> tuple[float, Balance]:
        """How far a balance reaches if all usage came off it, and the balance as it is then."""
        spent = self.spent
        if not spent:
            return pool.meter.room, pool.balance
        found = self._worst.get(pool.balance.feature_id)
        if found is None or found[0] is not spent:
            left = pool.meter.left(spent)
            found = spent, left, pool.less(exact(pool.meter.room - left))
            self._worst[pool.balance.feature_id] = found
        return found[1], found[2]

    def void(self) -> None:
        """Is not to be used for what is asked from now on."""
        self.is_void = True
        self.fresh_until = self.stale_until = -inf


class _Account:
    """One customer: the views there are, those being fetched too, and usage under way."""

    __slots__ = ("under_way", "views", "waiting")

    def __init__(self) -> None:
        self.under_way: dict[Name, float] = {}
        """Usage that Autumn isn't known to have applied."""
        self.waiting: dict[Name, float] = {}
        """Usage of it that Autumn isn't known to have taken."""
        self.views: list[View] = []


class Memory:
    """Views in a bounded number, and the usage that has to be taken off them.

    A view is found without a lock: in the younger of two generations, one look in a dict. When the
    younger has grown to half of what may be kept, it becomes the older, and the older is dropped
    but for what was asked for meanwhile.

    Everything else happens under a lock, which a thread may take twice: a signal handler may track
    in the middle of tracking. A forked process begins anew.
    """

    __slots__ = (
        "_accounts", "_clock", "_lock", "_most", "_old", "_options", "_pid", "_settling",
        "features", "young",
    )  # fmt: skip

    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self._options = options
        self._clock = clock
        self._most = (options.max_entries + 1) // 2
        self._begin()

    def _begin(self) -> None:
        self._pid = os.getpid()
        self._lock = RLock()
        self._accounts: dict[str, _Account] = {}
        self._settling: deque[tuple[float, str, Name, float]] = deque()
        self._old: dict[Place, View] = {}
        self.young: dict[Place, View] = {}
        """The views that were asked for lately."""
        self.features: set[str] = set()
        """Features that are known to exist."""

    def find(self, key: Key) -> View | None:
        """What is known, however old it is."""
        place = place_of(key)
        view = self.young.get(place)
        if view is None:
            with self._ours():
                view = self._old.pop(place, None)
                if view is not None:
                    self._put(view)
        return view

    def ask(self, key: Key) -> View:
        """A view that is about to be asked for: usage is taken off it from here on."""
        with self._ours():
            self._settle_due()
            account = self._account(key[0])
            spent, waiting = dict(account.under_way), dict(account.waiting)
            view = View(key, self._clock(), spent, waiting)
            account.views.append(view)
        return view

    def keep(self, view: View, rules: Mapping[str, Rule], until: float) -> None:
        """Keeps a view that was answered, until the moment when it changes by itself."""
        age, stale = self._options.max_age, self._options.stale
        with self._ours():
            view.rules = rules
            view.simple = dict(simple_rules(rules))
            self.features.update(rules)
            if view.is_void:
                self.leave(view)
                return
            view.fresh_until = min(view.asked_at + age, until)
            view.stale_until = min(view.asked_at + age + stale, until)
            for before in (self._old.pop(view.place, None), self.young.pop(view.place, None)):
                if before is not None:
                    self.leave(before)
            self._put(view)

    def leave(self, view: View) -> None:
        """Nothing needs to be taken off a view any more."""
        with self._ours():
            account = self._accounts.get(view.key[0])
            if account is not None and view in account.views:
                account.views.remove(view)
                self._sweep(view.key[0], account)

    def forget(self, customer_id: str | None = None) -> None:
        """Uses nothing that is known of a customer, or of all, for what is asked from now on."""
        with self._ours():
            chosen = [*self._accounts] if customer_id is None else [customer_id]
            for name in chosen:
                account = self._accounts.get(name)
                for view in tuple(account.views) if account is not None else ():
                    view.void()
                    for generation in (self.young, self._old):
                        if generation.get(view.place) is view:
                            del generation[view.place]
                            self.leave(view)

    def ruling(
        self, view: View, feature_id: str, required: float, spent: Spent | None = None
    ) -> Ruling:
        """What a view says about a feature, less all usage that it may not show, or some."""
        rule = view.rules.get(feature_id)
        if rule is not None:
            return rule.ruling(required, view.spent if spent is None else spent)
        return Ruling("no" if feature_id in self.features else "unclear", required)

    def tracked(self, usage: Iterable[Units]) -> None:
        """Such usage is on its way to Autumn."""
        with self._ours():
            for customer, name, value in _positive(usage):
                account = self._account(customer)
                _add(account.under_way, name, value)
                for view in account.views:
                    view.spent = _with(view.spent, name, value)
                if name == ANYTHING:
                    continue
                _add(account.waiting, name, value)
                for view in account.views:
                    view.waiting = _with(view.waiting, name, value)

    def applied(self, usage: Iterable[Units]) -> None:
        """Autumn has applied such usage: whoever asks for balances from now on sees it there."""
        with self._ours():
            for customer, name, value in _positive(usage):
                self._end_waiting(customer, name, value)
                self._settle(customer, name, value)

    def taken(self, usage: Iterable[Units]) -> None:
        """Autumn applies such usage soon, if it does."""
        with self._ours():
            self._settle_due()
            at = self._clock() + SETTLING
            sums: dict[tuple[str, Name], float] = {}
            for customer, name, value in _positive(usage):
                sums[customer, name] = sums.get((customer, name), 0) + value
                self._end_waiting(customer, name, value)
            self._settling += [(at, *what, value) for what, value in sums.items()]

    def dropped(self, usage: Iterable[Units]) -> None:
        """Such usage will never count."""
        with self._ours():
            for customer, name, value in _positive(usage):
                account = self._accounts.get(customer)
                for view in account.views if account is not None else ():
                    view.spent = _with(view.spent, name, -value)
                    view.waiting = _with(view.waiting, name, -value)
                self._end_waiting(customer, name, value)
                self._settle(customer, name, value)

    def _ours(self) -> RLock:
        """The lock of this process."""
        if self._pid != os.getpid():  # a thread of the parent may hold the one that was there
            self._begin()
        return self._lock

    def _settle_due(self) -> None:
        now = self._clock()
        while self._settling and self._settling[0][0] <= now:
            self._settle(*self._settling.popleft()[1:])

    def _account(self, customer: str) -> _Account:
        account = self._accounts.get(customer)
        if account is None:
            account = self._accounts[customer] = _Account()
        return account

    def _end_waiting(self, customer: str, name: Name, value: float) -> None:
        account = self._accounts.get(customer)
        if account is not None:
            _add(account.waiting, name, -value)

    def _settle(self, customer: str, name: Name, value: float) -> None:
        account = self._accounts.get(customer)
        if account is not None:
            _add(account.under_way, name, -value)
            self._sweep(customer, account)

    def _sweep(self, customer: str, account: _Account) -> None:
        if not account.views and not account.under_way:
            self._accounts.pop(customer, None)

    def _put(self, view: View) -> None:
        self.young[view.place] = view
        if len(self.young) >= self._most:
            dropped, self._old, self.young = self._old, self.young, {}
            for view in dropped.values():
                self.leave(view)


def place_of(key: Key) -> Place:
    customer_id, entity_id = key
    return customer_id if entity_id is None else (ENTITY, customer_id, entity_id)


def _positive(usage: Iterable[Units]) -> Iterator[tuple[str, Name, float]]:
    """Without what is given back: it may not all come back, and shows at the next refresh."""
    for (customer, feature, event), value in usage:
        if value > 0:
            yield customer, (feature, event), value


def _with(sums: Spent, name: Name, value: float) -> Spent:
    changed = dict(sums)
    _add(changed, name, value)
    return changed


def _add(sums: dict[Name, float], name: Name, value: float) -> None:
    total = exact(sums.get(name, 0) + value)
    if total > 0:
        sums[name] = total
    else:
        sums.pop(name, None)
