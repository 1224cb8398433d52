"""The recorded answers of a real server, decoded and held against what was recorded."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from msgspec.structs import FieldInfo, fields

from autumn_async import models as m
from tests.shared_material import shared

ANSWERS: dict[str, Any] = {
    "balances.batch_track": m.SuccessResponse,
    "balances.check": m.CheckResponse,
    "balances.create": m.SuccessResponse,
    "balances.delete": m.SuccessResponse,
    "balances.finalize": m.SuccessResponse,
    "balances.track": m.TrackResponse,
    "balances.track_tokens": m.TrackResponse,
    "balances.update": m.SuccessResponse,
    "billing.attach": m.AttachResponse,
    "billing.create_schedule": m.BillingSchedule,
    "billing.import": m.BillingImport,
    "billing.multi_attach": m.AttachResponse,
    "billing.multi_update": m.AttachResponse,
    "billing.open_customer_portal": m.CustomerPortalResponse,
    "billing.preview_attach": m.BillingPreview,
    "billing.preview_multi_attach": m.BillingPreview,
    "billing.preview_multi_update": m.MultiUpdatePreview,
    "billing.preview_update": m.BillingPreview,
    "billing.setup_payment": m.SetupPaymentResponse,
    "billing.update": m.AttachResponse,
    "billing.verify": m.BillingVerification,
    "customers.delete": m.SuccessResponse,
    "customers.get": m.Customer,
    "customers.get_or_create": m.Customer,
    "customers.list": m.Page[m.Customer],
    "customers.update": m.Customer,
    "entities.create": m.Entity,
    "entities.delete": m.SuccessResponse,
    "entities.get": m.Entity,
    "entities.list": m.Page[m.Entity],
    "entities.update": m.Entity,
    "events.aggregate": m.EventAggregation,
    "events.list": m.Page[m.Event],
    "features.create": m.Feature,
    "features.delete": m.SuccessResponse,
    "features.get": m.Feature,
    "features.list": m.Page[m.Feature],
    "features.update": m.Feature,
    "invoices.insert": m.InsertInvoicesResponse,
    "invoices.list": m.Page[m.Invoice],
    "keys.mint": m.CustomerToken,
    "keys.refresh": m.CustomerToken,
    "keys.revoke": m.RevokeKeysResponse,
    "licenses.attach": m.SuccessResponse,
    "licenses.release": m.SuccessResponse,
    "logs.search": m.Page[m.LogEntry],
    "plans.create": m.Plan,
    "plans.delete": m.SuccessResponse,
    "plans.get": m.Plan,
    "plans.list": m.Page[m.Plan],
    "plans.update": m.Plan,
    "referral_programs.create": m.ReferralProgram,
    "referral_programs.delete": m.SuccessResponse,
    "referral_programs.get": m.ReferralProgram,
    "referral_programs.list": m.Page[m.ReferralProgram],
    "referral_programs.update": m.ReferralProgram,
    "referrals.create_code": m.ReferralCode,
    "referrals.redeem_code": m.ReferralRedemption,
    "rewards.create": m.Reward,
    "rewards.delete": m.SuccessResponse,
    "rewards.get": m.Reward,
    "rewards.list": m.RewardList,
    "rewards.redeem": m.RewardRedemption,
    "rewards.update": m.Reward,
}

IGNORED = {
    ("BasePrice", "price_id"): "internal row id, in no published schema",
    ("MultiUpdatePreview", "object"): "the name of the shape, in no published schema",
    ("Page", "unconfigured"): "the recorded server keeps no logs; in no published schema",
    ("PlanItem", "entitlement_id"): "internal row id, in no published schema",
    ("PlanItem", "price_id"): "internal row id, in no published schema",
}
"""Recorded fields that the models leave out, each with the reason."""

OLD_VERSIONS = {"1.2", "2.0.0", "2.1.0"}
"""Recorded with shapes that this SDK never asks for."""


def recordings() -> list[dict[str, Any]]:
    lines = shared("traffic", "recorded.jsonl").read_text("utf-8").splitlines()
    return [
        row
        for row in map(json.loads, lines)
        if row["path"].removeprefix("/v1/") in ANSWERS
        and 200 <= row["status"] < 300
        and row["api_version"] not in OLD_VERSIONS
    ]


def default(field: FieldInfo) -> Any:
    if field.default_factory is not msgspec.NODEFAULT:
        return field.default_factory()
    return field.default


def differences(
    recorded: Any, decoded: Any, path: str, ignored: Counter[tuple[str, str]]
) -> Iterator[str]:
    """Name each place where a decoded value says something else than what was recorded."""
    if isinstance(decoded, msgspec.Struct):
        known = {field.encode_name: field for field in fields(decoded)}
        for name, field in known.items():
            value = getattr(decoded, field.name)
            if name in recorded:
                yield from differences(recorded[name], value, f"{path}.{name}", ignored)
            elif value != default(field):
                yield f"{path}.{name}: was absent, became {value!r}"
        for name in recorded.keys() - known.keys():
            ignored[type(decoded).__name__, name] += 1
    elif isinstance(decoded, dict):
        if decoded.keys() != recorded.keys():
            yield f"{path}: keys {recorded.keys()} became {decoded.keys()}"
        for name in decoded.keys() & recorded.keys():
            yield from differences(recorded[name], decoded[name], f"{path}.{name}", ignored)
    elif isinstance(decoded, list):
        if len(decoded) != len(recorded):
            yield f"{path}: {len(recorded)} became {len(decoded)}"
        for index, (before, after) in enumerate(zip(recorded, decoded, strict=False)):
            yield from differences(before, after, f"{path}[{index}]", ignored)
    elif recorded != decoded or type(recorded) is not type(decoded):
        yield f"{path}: {recorded!r} became {decoded!r}"


def test_every_operation_has_an_answer_type_and_a_recording() -> None:
    assert len(ANSWERS) == 64
    assert {row["path"].removeprefix("/v1/") for row in recordings()} == ANSWERS.keys()


@pytest.mark.parametrize("operation", ANSWERS)
def test_answers_keep_all_that_was_recorded(operation: str) -> None:
    decoder = msgspec.json.Decoder(ANSWERS[operation])
    ignored = Counter[tuple[str, str]]()
    for row in recordings():
        if row["path"] == f"/v1/{operation}":
            answer = decoder.decode(msgspec.json.encode(row["response_body"]))
            again = decoder.decode(msgspec.json.encode(answer))
            assert again == answer
            assert list(differences(row["response_body"], again, operation, ignored)) == []
    assert ignored.keys() <= IGNORED.keys()


def test_no_ignored_field_has_become_superfluous() -> None:
    ignored = Counter[tuple[str, str]]()
    for row in recordings():
        answer: Any = msgspec.convert(
            row["response_body"], ANSWERS[row["path"].removeprefix("/v1/")]
        )
        list(differences(row["response_body"], answer, "", ignored))
    assert ignored.keys() == IGNORED.keys()
