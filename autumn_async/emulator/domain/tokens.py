"""What tokens of language models cost: rates per million tokens, and the markups on them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .amounts import exact
from .failures import ApiError, refused
from .model_prices import LIST_PRICES, Rates

if TYPE_CHECKING:
    from .features import Feature
    from .subjects import Subject

MILLION: Final = 1_000_000
CUSTOM: Final = "custom/"
KINDS: Final = {
    "input": "input_tokens",
    "output": "output_tokens",
    "cache_read": "cache_read_tokens",
    "cache_write": "cache_write_tokens",
    "audio_input": "audio_input_tokens",
    "audio_output": "audio_output_tokens",
    "reasoning": "reasoning_tokens",
}
"""The kinds of tokens, and the parameters that count them."""
CUSTOM_KINDS: Final = ("input", "output")
"""The only kinds that models of the caller's own have a price for."""
CONTEXT: Final = ("input", "cache_read", "cache_write")
"""The kinds whose sum decides whether a prompt counts as long."""


class Markup(NamedTuple):
    """Per cent on top of the rates, and which setting says so."""

    percent: float
    source: str


class Charge(NamedTuple):
    """What a call of a model costs, and how that came to be."""

    value: float
    properties: dict[str, Any]


def charge(feature: Feature, model: str, counts: Mapping[str, float]) -> Charge:
    """Prices token counts (by kind) with the markups of an AI credit system."""
    rates = _rates(feature, model)
    context = sum(counts.get(kind, 0) for kind in CONTEXT)
    is_long = rates.long_above is not None and context > rates.long_above
    applied = rates.applied(long=is_long)
    priced = CUSTOM_KINDS if model.startswith(CUSTOM) else KINDS
    base = sum(counts.get(kind, 0) * applied[kind] for kind in priced) / MILLION
    markup = _markup(feature, model)
    value = exact(base * (1 + markup.percent / 100))
    return Charge(
        value,
        {
            "model": model,
            **{KINDS[kind]: count for kind, count in counts.items()},
            "base_cost": exact(base),
            "cost": value,
            "markup": markup.percent,
            "markup_source": markup.source,
            "rates": applied,
            "tier_applied": is_long,
        },
    )


def funding_feature(subject: Subject, now: int) -> Feature:
    """The one AI credit system that the subject owns."""
    ledger = subject.customer.ledger
    owned = [
        feature
        for feature in ledger.features()
        if feature.type == "ai_credit_system" and subject.rows(feature, now)
    ]
    if not owned:
        raise ApiError(404, "feature_not_found", "The customer has no AI credit system")
    if len(owned) > 1:
        names = ", ".join(feature.id for feature in owned)
        raise refused(f"The customer has several AI credit systems ({names}): give feature_id")
    return owned[0]


def require_ai_credits(feature: Feature) -> None:
    if feature.type != "ai_credit_system":
        raise refused(f"Feature {feature.id} is not an AI credit system")


def _rates(feature: Feature, model: str) -> Rates:
    """List prices; else what the feature says. Autumn asks it about `custom/` models only."""
    if model in LIST_PRICES:
        return LIST_PRICES[model]
    entry = _entry(feature, "model_markups", model)
    if "input_cost" in entry and "output_cost" in entry:
        return Rates(entry["input_cost"], entry["output_cost"])
    if model.startswith(CUSTOM):
        raise refused(f"Model {model} needs input_cost and output_cost in model_markups")
    raise refused(f"Model {model} not found in models.dev pricing data")


def _markup(feature: Feature, model: str) -> Markup:
    """The model's own, else its provider's, else the default one."""
    provider = model.partition("/")[0]
    for source, entry in (
        ("model", _entry(feature, "model_markups", model)),
        ("provider", _entry(feature, "provider_markups", provider)),
    ):
        if "markup" in entry:
            return Markup(entry["markup"], source)
    if "default_markup" in feature.markups:
        return Markup(feature.markups["default_markup"], "default")
    return Markup(0, "none")


def _entry(feature: Feature, name: str, key: str) -> Mapping[str, Any]:
    entries: Mapping[str, Mapping[str, Any]] = feature.markups.get(name, {})
    return entries.get(key, {})
