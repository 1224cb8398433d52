"""Features on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..domain.credits import Member
    from ..domain.features import Feature


def feature_answer(feature: Feature, *, flat: bool = False) -> dict[str, Any]:
    """A feature; `credit_schema` and `display` are absent where there is nothing to say.

    `flat` is how versions before 2.4 see it: no schema unless all units have a cost of their own.
    """
    answer: dict[str, Any] = {
        "id": feature.id,
        "name": feature.name,
        "type": feature.type,
        "consumable": feature.consumable,
    }
    if feature.credit_system and (not flat or all(member.flat for member in feature.schema)):
        answer["credit_schema"] = [_member(member, flat) for member in feature.schema]
    answer |= feature.markups
    if feature.combine:
        answer["combine"] = feature.combine
    answer["event_names"] = feature.event_names
    answer["archived"] = feature.archived
    if feature.display is not None:
        answer["display"] = feature.display
    return answer


def _member(member: Member, flat: bool) -> dict[str, Any]:
    shown = {"credit_cost": member.rate.cost} if flat else member.shown
    return {"metered_feature_id": member.feature_id, **shown}
