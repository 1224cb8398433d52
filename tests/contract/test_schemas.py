"""The published schemas as the oracle, also for what the official client can't load."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec
import pytest

from autumn_async.wire.codec import body_of, encoded
from tests.contract.operations import parameters
from tests.contract.schemas import Maker, objects, shapes
from tests.contract.table import TABLE
from tests.contract.test_official_client import allowed, operation
from tests.models.test_traffic import differences

pytestmark = pytest.mark.once


def test_every_operation_has_a_schema() -> None:
    assert {entry.path for entry in TABLE.values()} == {key.partition("#")[0] for key in shapes()}
    assert sum(1 for _ in objects(shapes()["/v1/features.get#res"])) == 1
    assert len(next(objects(shapes()["/v1/features.create#req"])).fields) == 11


@pytest.mark.parametrize("call", TABLE)
def test_answers_of_the_schema_decode_with_nothing_lost(call: str) -> None:
    ours, lost = operation(call).decoder, Counter[tuple[str, str]]()
    maker = Maker(f"{call} answers")
    for _ in range(40):
        body = maker.of(shapes()[f"{TABLE[call].path}#res"])
        again = ours.decode(msgspec.json.encode(ours.decode(msgspec.json.encode(body))))
        assert list(differences(body, again, call, lost)) == []
    assert not lost


@pytest.mark.parametrize("call", [call for call in TABLE if call != "batch_track"])
def test_requests_of_the_schema_go_out_with_nothing_lost(call: str) -> None:
    maker, known = Maker(f"{call} requests"), parameters(call)
    for _ in range(40):
        body = maker.of(shapes()[f"{TABLE[call].path}#req"])
        given: dict[str, Any] = {f"{n}_" if f"{n}_" in known else n: v for n, v in body.items()}
        given = allowed(call, given)
        assert given.keys() <= known.keys()
        sent = json.loads(encoded(body_of(operation(call), given)))
        assert sent == {name.removesuffix("_"): value for name, value in given.items()}
