"""Entities on the wire."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

from ..domain.subjects import Subject
from .controls import controls_answer
from .holdings import invoices_answer, purchase_answer, subscription_answer
from .rows import balances_answer, flags_answer

if TYPE_CHECKING:
    from ..domain.entities import Entity
    from ..domain.environment import Environment
    from ..domain.holdings import Holding

Answer = dict[str, Any]


def entity_answer(
    env: Environment,
    entity: Entity,
    now: int,
    *,
    inherited_controls: bool,
    expand: Collection[str] = (),
    wanted: Callable[[Holding], bool],
    origin: str = "",
) -> Answer:
    """An entity: its own plans and balances, then those it inherits from its customer."""
    subject = Subject(entity.customer, entity)
    holdings = [each for each in subject.subscribed() if wanted(each)]
    answer = short_entity_answer(env, entity) | {
        "subscriptions": [
            subscription_answer(env, each, now, expand) for each in holdings if not each.one_off
        ],
        "purchases": [purchase_answer(each) for each in holdings if each.one_off],
        "balances": balances_answer(subject, now, wanted, expand),
        "flags": flags_answer(subject, now, wanted, expand),
        "billing_controls": controls_answer(env, subject, now, inherited=inherited_controls),
    }
    if "invoices" in expand:
        answer["invoices"] = invoices_answer(entity.customer, entity, origin)
    return answer


def short_entity_answer(env: Environment, entity: Entity) -> Answer:
    """What a customer shows of each of its entities."""
    return {
        "id": entity.id,
        "name": entity.name,
        "customer_id": entity.customer.shown_id,
        "feature_id": entity.feature.id,
        "created_at": entity.created_at,
        "env": env.name,
    }
