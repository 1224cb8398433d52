"""What tokens of language models cost: rates per million tokens, and the markups on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from .amounts import exact
from .failures import ApiError, refused

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
CONTEXT: Final = ("input", "cache_read", "cache_write")
"""The kinds whose sum decides whether a prompt counts as long."""


@dataclass(frozen=True, slots=True)
class Rates:
    """US dollars per million tokens. What is None costs what input (or output) costs."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    long_above: float | None = None
    """Prompts of more tokens than this are charged at the rates of `long`."""
    long: Rates | None = None

    def all(self) -> dict[str, float]:
        return {
            "input": self.input,
            "output": self.output,
            "cache_read": self.input if self.cache_read is None else self.cache_read,
            "cache_write": self.input if self.cache_write is None else self.cache_write,
            "audio_input": self.input,
            "audio_output": self.output,
            "reasoning": self.output,
        }


LIST_PRICES: Final = {
    "openai/gpt-4o": Rates(2.5, 10, 1.25),
    "openai/gpt-4o-mini": Rates(0.15, 0.6, 0.075),
    "openai/gpt-4.1": Rates(2, 8, 0.5),
    "openai/gpt-4.1-mini": Rates(0.4, 1.6, 0.1),
    "anthropic/claude-3-5-sonnet-20241022": Rates(3, 15, 0.3, 3.75),
    "anthropic/claude-3-5-haiku-20241022": Rates(0.8, 4, 0.08, 1),
    "google/gemini-2.0-flash": Rates(0.1, 0.4, 0.025),
    "google/gemini-2.5-pro": Rates(1.25, 10, 0.31, long_above=200_000, long=Rates(2.5, 15, 0.625)),
}
"""A few models to try things with. Autumn knows all of models.dev; any other model is charged
by the `input_cost` and `output_cost` of its entry in the feature's `model_markups`."""


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
    applied = (rates.long if is_long and rates.long else rates).all()
    base = sum(count * applied[kind] for kind, count in counts.items()) / MILLION
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
    entry = _entry(feature, "model_markups", model)
    if "input_cost" in entry and "output_cost" in entry:
        return Rates(entry["input_cost"], entry["output_cost"])
    if model.startswith(CUSTOM):
        raise refused(f"Model {model} needs input_cost and output_cost in model_markups")
    if model not in LIST_PRICES:
        raise refused(f"Model {model} not found in models.dev pricing data")
    return LIST_PRICES[model]


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
