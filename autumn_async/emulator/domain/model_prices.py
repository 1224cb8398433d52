"""List prices of language models, in US dollars per million tokens."""

from __future__ import annotations

from typing import Final

from msgspec import Struct


class Rates(Struct, frozen=True):
    """US dollars per million tokens. What is None costs what input (or output) costs."""

    input: float
    output: float
    cache_read: float | None = None
    cache_write: float | None = None
    audio_input: float | None = None
    audio_output: float | None = None
    reasoning: float | None = None
    long_above: float | None = None
    """Prompts of more tokens than this are charged at the rates of `long`."""
    long: Rates | None = None

    def applied(self, *, long: bool) -> dict[str, float]:
        """The rate of each kind of tokens; a long prompt may have no cache rates of its own."""
        text = self.long if long and self.long else self
        return {
            "input": text.input,
            "output": text.output,
            "cache_read": _first(text.cache_read, self.cache_read, text.input),
            "cache_write": _first(text.cache_write, self.cache_write, text.input),
            "audio_input": _first(self.audio_input, text.input),
            "audio_output": _first(self.audio_output, text.output),
            "reasoning": _first(self.reasoning, text.output),
        }


def _first(*rates: float | None) -> float:
    return next(rate for rate in rates if rate is not None)


_SONNET_4: Final = Rates(3, 15, 0.3, 3.75, long_above=200_000, long=Rates(6, 22.5, 0.6, 7.5))
_OPUS_4: Final = Rates(15, 75, 1.5, 18.75)

LIST_PRICES: Final = {
    "openai/gpt-3.5-turbo": Rates(0.5, 1.5),
    "openai/gpt-4-turbo": Rates(10, 30),
    "openai/gpt-4o": Rates(2.5, 10, 1.25),
    "openai/gpt-4o-mini": Rates(0.15, 0.6, 0.075),
    "openai/gpt-4.1": Rates(2, 8, 0.5),
    "openai/gpt-4.1-mini": Rates(0.4, 1.6, 0.1),
    "openai/gpt-4.1-nano": Rates(0.1, 0.4, 0.025),
    "openai/gpt-5": Rates(1.25, 10, 0.125),
    "openai/gpt-5-mini": Rates(0.25, 2, 0.025),
    "openai/gpt-5-nano": Rates(0.05, 0.4, 0.005),
    "openai/o1": Rates(15, 60, 7.5),
    "openai/o3": Rates(2, 8, 0.5),
    "openai/o3-mini": Rates(1.1, 4.4, 0.55),
    "openai/o4-mini": Rates(1.1, 4.4, 0.275),
    "anthropic/claude-3-haiku-20240307": Rates(0.25, 1.25, 0.03, 0.3),
    "anthropic/claude-3-opus-20240229": _OPUS_4,
    "anthropic/claude-3-5-haiku-20241022": Rates(0.8, 4, 0.08, 1),
    "anthropic/claude-3-5-sonnet-20241022": Rates(3, 15, 0.3, 3.75),
    "anthropic/claude-3-7-sonnet-20250219": Rates(3, 15, 0.3, 3.75),
    "anthropic/claude-sonnet-4-20250514": _SONNET_4,
    "anthropic/claude-sonnet-4-5": _SONNET_4,
    "anthropic/claude-sonnet-4-5-20250929": _SONNET_4,
    "anthropic/claude-haiku-4-5": Rates(1, 5, 0.1, 1.25),
    "anthropic/claude-haiku-4-5-20251001": Rates(1, 5, 0.1, 1.25),
    "anthropic/claude-opus-4-20250514": _OPUS_4,
    "anthropic/claude-opus-4-1-20250805": _OPUS_4,
    "google/gemini-2.0-flash": Rates(0.1, 0.4, 0.025),
    "google/gemini-2.5-flash": Rates(0.3, 2.5, 0.075, audio_input=1),
    "google/gemini-2.5-flash-lite": Rates(0.1, 0.4, 0.025),
    "google/gemini-2.5-pro": Rates(1.25, 10, 0.31, long_above=200_000, long=Rates(2.5, 15)),
    "mistral/mistral-large-latest": Rates(2, 6),
    "mistral/mistral-small-latest": Rates(0.1, 0.3),
    "xai/grok-3": Rates(3, 15, 0.75),
    "xai/grok-4": Rates(3, 15, 0.75),
}
"""Models to try things with. Autumn knows all of models.dev; the emulator charges any other model
by the `input_cost` and `output_cost` of its entry in the feature's `model_markups`."""
