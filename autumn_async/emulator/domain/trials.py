"""Free trials: who gets one, and who has had one."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from .customers import Customer
    from .entities import Entity
    from .environment import Environment
    from .plans import Plan


class TrialUse(NamedTuple):
    """A trial of a plan that a customer, or one of its entities, has had."""

    plan: Plan
    entity: Entity | None


def trial_available(
    env: Environment, customer: Customer, plan: Plan, entity: Entity | None
) -> bool:
    """One trial per plan and customer (or entity), and per fingerprint."""
    if TrialUse(plan, entity) in customer.trials:
        return False
    seen = env.trial_fingerprints.get(customer.fingerprint or "", ())
    return entity is not None or plan not in seen


def note_trial(env: Environment, customer: Customer, plan: Plan, entity: Entity | None) -> None:
    use = TrialUse(plan, entity)
    if use not in customer.trials:
        customer.trials.append(use)
    if customer.fingerprint and entity is None:
        env.trial_fingerprints.setdefault(customer.fingerprint, []).append(plan)
