"""All balances and flags of a customer or an entity, by feature."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

from ..domain.standing import total
from .balances import balance_answer, flag_answer

if TYPE_CHECKING:
    from ..domain.features import Feature
    from ..domain.holdings import Holding
    from ..domain.rows import Row
    from ..domain.standing import Standing
    from ..domain.subjects import Subject

Answer = dict[str, Any]
Wanted = Callable[["Holding"], bool]


def balances_answer(subject: Subject, now: int, wanted: Wanted, expand: Collection[str]) -> Answer:
    """The balances, without rows of plans that are not asked for."""
    with_feature = "balances.feature" in expand
    balances = {
        feature.id: balance_answer(feature, standing, with_feature=with_feature)
        for feature, standing in _standings(subject, now, wanted)
    }
    return {key: balance for key, balance in balances.items() if balance}


def flags_answer(subject: Subject, now: int, wanted: Wanted, expand: Collection[str]) -> Answer:
    with_feature = "flags.feature" in expand
    flags = {
        feature.id: flag_answer(feature, standing, with_feature=with_feature)
        for feature, standing in _standings(subject, now, wanted)
    }
    return {key: flag for key, flag in flags.items() if flag}


def _standings(subject: Subject, now: int, wanted: Wanted) -> Iterator[tuple[Feature, Standing]]:
    ledger = subject.customer.ledger
    for feature in ledger.features():
        rows = [row for row in subject.rows(feature, now) if _shown(row, wanted)]
        others: list[Row] = []
        if subject.entity is None and subject.customer.entities:
            others = ledger.rows_of_entities(feature, now)
        yield feature, total(rows, now, subject.entity, [r for r in others if _shown(r, wanted)])


def _shown(row: Row, wanted: Wanted) -> bool:
    return row.holding is None or wanted(row.holding)
