"""balances.track_tokens"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..domain.tokens import KINDS, charge, funding_feature, require_ai_credits
from ..validation import Shape, integer, optional, required, text
from .call import Answer, Call, Operation
from .usage import TRACK_OPTIONS, require_sound, run_once

if TYPE_CHECKING:
    from ..domain.features import Feature

TRACK_TOKENS = Shape(
    {
        "model_id": required(text()),
        "feature_id": optional(text()),
        "input_tokens": required(integer(0)),
        "output_tokens": required(integer(0)),
        "cache_read_tokens": optional(integer(0)),
        "cache_write_tokens": optional(integer(0)),
        "audio_input_tokens": optional(integer(0)),
        "audio_output_tokens": optional(integer(0)),
        "reasoning_tokens": optional(integer(0)),
        **TRACK_OPTIONS,
    }
)


def run(call: Call) -> Answer:
    """Tracks what the tokens cost on a credit system, with the calculation as properties."""
    params = call.params
    feature = _feature(call)
    require_sound(call, params, "timestamp")
    counts = {kind: params[name] for kind, name in KINDS.items() if name in params}
    price = charge(feature, params["model_id"], counts)
    given: dict[str, Any] = params.get("properties", {})
    usage = {
        **params,
        "feature_id": feature.id,
        "value": price.value,
        "properties": given | price.properties,
    }
    return run_once(call, usage, (feature,))


def _feature(call: Call) -> Feature:
    if "feature_id" not in call.params:
        return funding_feature(call.subject(), call.now)
    feature = call.env.features.get(call.params["feature_id"])
    require_ai_credits(feature)
    return feature


OPERATIONS = {"balances.track_tokens": Operation(TRACK_TOKENS, run)}
