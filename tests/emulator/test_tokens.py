"""balances.track_tokens, and credit systems that charge by properties."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import Api, monthly

TOKENS = {"customer_id": "alice", "input_tokens": 1000, "output_tokens": 200, "async": False}


@pytest.fixture
def ai(api: Api) -> Api:
    """Alice has 5 AI credits; a model of our own costs 1 and 2 dollars per million tokens."""
    own = {"input_cost": 1, "output_cost": 2}
    markups = {
        "default_markup": 20,
        "provider_markups": {"openai": {"markup": 50}},
        "model_markups": {"custom/own": own, "openai/gpt-4o-mini": {"markup": 100}},
    }
    api("features.create", feature_id="ai", name="AI", type="ai_credit_system", **markups)
    api.plan("free", monthly("ai", 5))
    api.customer("alice", "free")
    return api


def cost(api: Api, model: str, **fields: Any) -> float:
    value: float = api("balances.track_tokens", {**TOKENS, "model_id": model, **fields})["value"]
    return value


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("custom/own", 0.0014 * 1.2),
        ("openai/gpt-4o", 0.0045 * 1.5),
        ("openai/gpt-4o-mini", 0.00027 * 2),
        ("google/gemini-2.0-flash", 0.00018 * 1.2),
    ],
)
def test_the_markup_of_the_model_beats_its_providers_and_the_default(
    ai: Api, model: str, expected: float
) -> None:
    assert cost(ai, model) == pytest.approx(expected, abs=1e-10)
    assert ai.balance("ai")["usage"] == pytest.approx(expected, abs=1e-10)


def test_the_event_says_how_the_cost_came_to_be(ai: Api) -> None:
    cost(ai, "openai/gpt-4o", cache_read_tokens=100, properties={"user": "u"})
    (event,) = ai("events.list")["list"]
    properties = event["properties"]
    assert properties["user"] == "u"
    assert properties["rates"]["cache_read"] == 1.25
    assert properties["rates"]["reasoning"] == properties["rates"]["output"] == 10
    assert (properties["markup"], properties["markup_source"]) == (50, "provider")
    assert properties["base_cost"] == pytest.approx(0.0045 + 0.000125)
    assert properties["cost"] == event["value"]


def test_models_of_ones_own_have_a_price_for_input_and_output_only(ai: Api) -> None:
    plain = cost(ai, "custom/own")
    everything = {
        "cache_read_tokens": 9,
        "cache_write_tokens": 9,
        "audio_input_tokens": 9,
        "reasoning_tokens": 9,
    }
    assert cost(ai, "custom/own", **everything) == plain
    assert ai("events.list")["list"][0]["properties"]["reasoning_tokens"] == 9


@pytest.mark.parametrize(
    ("model", "kind", "rate"),
    [
        ("openai/gpt-4o", "cache_read_tokens", 1.25),
        ("openai/gpt-4o", "cache_write_tokens", 2.5),
        ("anthropic/claude-3-5-haiku-20241022", "cache_write_tokens", 1),
        ("google/gemini-2.5-flash", "audio_input_tokens", 1),
        ("openai/gpt-4o", "audio_input_tokens", 2.5),
        ("openai/gpt-4o", "audio_output_tokens", 10),
        ("openai/o3", "reasoning_tokens", 8),
    ],
)
def test_kinds_without_a_rate_cost_what_input_or_output_costs(
    ai: Api, model: str, kind: str, rate: float
) -> None:
    tokens = {"input_tokens": 0, "output_tokens": 0, kind: 1_000_000}
    ai("features.update", feature_id="ai", provider_markups=None, default_markup=0)
    assert cost(ai, model, **tokens) == rate


def test_list_prices_beat_the_costs_in_markups(ai: Api) -> None:
    """Those are for models that have no list price."""
    own = {"input_cost": 100, "output_cost": 100, "markup": 0}
    markups = {"openai/gpt-4o": own, "acme/one": own}
    ai("features.update", feature_id="ai", model_markups=markups)
    assert cost(ai, "openai/gpt-4o") == 0.0045
    assert cost(ai, "acme/one") == 0.12


def test_long_prompts_have_rates_of_their_own(ai: Api) -> None:
    model = "google/gemini-2.5-pro"
    short = cost(ai, model, input_tokens=200_000, output_tokens=0)
    long = cost(ai, model, input_tokens=200_000, cache_read_tokens=1, output_tokens=0)
    assert long == pytest.approx(2 * short + 0.31e-6 * 1.2, abs=1e-10)


def test_the_one_system_a_customer_owns_is_taken(ai: Api) -> None:
    ai("features.create", feature_id="ai2", name="AI 2", type="ai_credit_system")
    cost(ai, "custom/own")
    assert ai("events.list")["list"][0]["feature_id"] == "ai"
    ai("balances.create", customer_id="alice", feature_id="ai2", included_grant=1)
    wanted = {**TOKENS, "model_id": "openai/gpt-4o"}
    assert ai.refused("balances.track_tokens", wanted).status == 400
    ai.customer("bob")
    refused = ai.refused("balances.track_tokens", {**wanted, "customer_id": "bob"})
    assert (refused.status, refused.code) == (404, "feature_not_found")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"model_id": "openai/nope"}, 400),
        ({"model_id": "custom/unknown"}, 400),
        ({"feature_id": "ghost"}, 404),
        ({"feature_id": "plain"}, 400),
        ({"input_tokens": 1.5}, 400),
        ({"output_tokens": -1}, 400),
        ({"customer_id": "ghost"}, 404),
    ],
)
def test_what_cannot_be_priced(ai: Api, fields: dict[str, Any], status: int) -> None:
    ai.metered("plain")
    wanted = {**TOKENS, "model_id": "openai/gpt-4o", "feature_id": "ai", **fields}
    assert ai.refused("balances.track_tokens", wanted).status == status


def test_tokens_are_queued_like_any_usage(ai: Api) -> None:
    wanted = {**TOKENS, "model_id": "custom/own", "async": True}
    assert ai("balances.track_tokens", wanted)["balance"] is None
    assert ai.balance("ai")["usage"] > 0


@pytest.mark.parametrize(
    ("terms", "status"),
    [
        ({"tiers": None}, 400),
        ({"billing_units": 0, "credit_cost": 1}, 400),
        ({"credit_cost": 1, "dimensions": {"d": {"match": {"a": "1"}}}}, 400),
        ({"tiers": [{"to": "inf", "credit_cost": 1}], "credit_cost": 1}, 400),
        ({"tiers": []}, 400),
        ({"tiers": [{"to": 10, "credit_cost": 1}]}, 400),
        ({"tiers": [{"to": "inf", "credit_cost": 1}, {"to": "inf", "credit_cost": 1}]}, 400),
        ({"tiers": [{"to": 9, "credit_cost": 1}, {"to": 9, "credit_cost": 2}]}, 400),
        ({"tiers": [{"to": "inf", "credit_cost": -1}]}, 400),
        ({"tiers": [{"to": "more", "credit_cost": 1}]}, 400),
        ({"tiers": [{"to": "inf", "credit_cost": 1}], "tier_behavior": "volume"}, 400),
        (
            {
                "credit_cost": 1,
                "dimensions": {
                    "a": {"match": {"x": "1"}, "credit_cost": 1},
                    "b": {"match": {"y": "1"}, "credit_cost": 2},
                },
            },
            400,
        ),
    ],
)
def test_terms_that_say_no_cost_or_two_are_refused(
    api: Api, terms: dict[str, Any], status: int
) -> None:
    fields = {"feature_id": "c", "name": "C", "type": "credit_system"}
    schema = [{"metered_feature_id": "m", **terms}]
    assert api.refused("features.create", {**fields, "credit_schema": schema}).status == status


@pytest.fixture
def rated(api: Api) -> Api:
    """Ten tokens cost 2 credits, more for large models, and more still on weekends."""
    api.metered("tokens")
    member = {
        "metered_feature_id": "tokens",
        "credit_cost": 2,
        "billing_units": 10,
        "dimensions": {
            "large": {"match": {"size": "large"}, "credit_cost": 5},
            "large_eu": {"match": {"size": "large", "zone": "eu"}, "credit_cost": 8},
            "fast": {"match": {"speed": "fast"}, "credit_cost": 6, "priority": 1},
        },
        "multipliers": {
            "weekend": {"match": {"day": "7"}, "factor": 2},
            "night": {"match": {"night": "true"}, "factor": 3, "add": 1},
        },
    }
    fields = {"feature_id": "credits", "name": "Credits", "type": "credit_system"}
    created = api("features.create", **fields, credit_schema=[member])
    assert created.get("credit_schema") == ([member] if api.version == "2.5.0" else None)
    api.plan("free", monthly("credits", 1000))
    api.customer("alice", "free")
    return api


@pytest.mark.parametrize(
    ("properties", "credits"),
    [
        ({}, 2),
        ({"size": "small"}, 2),
        ({"size": "large"}, 5),
        ({"size": "large", "zone": "eu"}, 8),
        ({"size": "large", "speed": "fast"}, 6),
        ({"day": 7}, 4),
        ({"day": 7, "night": True}, 13),
        ({"size": "large", "night": True}, 16),
    ],
)
def test_the_most_specific_rate_is_taken_and_all_multipliers_apply(
    rated: Api, properties: dict[str, Any], credits: float
) -> None:
    rated.track("tokens", 10, properties=properties)
    assert rated.balance("credits")["usage"] == credits
    wanted = {"customer_id": "alice", "feature_id": "tokens", "required_balance": 10}
    assert rated("balances.check", {**wanted, "properties": properties})["required_balance"] == (
        credits
    )
