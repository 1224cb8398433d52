"""Plans that are held, on the wire: subscriptions and purchases."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, Any

from .plans import plan_answer

if TYPE_CHECKING:
    from ..domain.environment import Environment
    from ..domain.holdings import Holding
    from ..domain.plans import PlanVersion

Answer = dict[str, Any]


def without_repetition(holdings: Iterable[Holding]) -> list[Holding]:
    """Plans of entities are shown once per version, however many entities have them."""
    shown: list[Holding] = []
    seen: set[PlanVersion] = set()
    for holding in holdings:
        if holding.entity is None or holding.version not in seen:
            shown.append(holding)
        if holding.entity is not None:
            seen.add(holding.version)
    return shown


def subscription_answer(env: Environment, holding: Holding, expand: Collection[str]) -> Answer:
    version = holding.version
    trial_end = holding.trial_ends_at
    answer: Answer = {
        "id": holding.name,
        "plan_id": version.plan.id,
        "auto_enable": version.auto_enabled,
        "add_on": version.plan.add_on,
        "status": holding.status,
        "past_due": False,
        "canceled_at": None,
        "expires_at": None,
        "trial_ends_at": trial_end,
        "started_at": holding.started_at,
        "current_period_start": holding.started_at if trial_end else None,
        "current_period_end": trial_end,
        "quantity": 1,
        "scope": _scope(holding),
    }
    if "subscriptions.plan" in expand:
        answer["plan"] = plan_answer(version, env.name)
    return answer


def purchase_answer(holding: Holding) -> Answer:
    return {
        "plan_id": holding.version.plan.id,
        "expires_at": None,
        "started_at": holding.started_at,
        "quantity": 1,
        "scope": _scope(holding),
    }


def _scope(holding: Holding) -> str:
    return "customer" if holding.entity is None else "entity"
