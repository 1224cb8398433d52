"""Features on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..domain.features import Feature


def feature_answer(feature: Feature) -> dict[str, Any]:
    """A feature; `credit_schema` and `display` are absent where there is nothing to say."""
    answer: dict[str, Any] = {
        "id": feature.id,
        "name": feature.name,
        "type": feature.type,
        "consumable": feature.consumable,
    }
    if feature.credit_system:
        answer["credit_schema"] = [
            {"metered_feature_id": row.feature_id, **row.shown} for row in feature.schema
        ]
    answer |= feature.markups
    if feature.combine:
        answer["combine"] = feature.combine
    answer["event_names"] = feature.event_names
    answer["archived"] = feature.archived
    if feature.display is not None:
        answer["display"] = feature.display
    return answer
