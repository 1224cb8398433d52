"""What happens to a request before and after its operation, without HTTP."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from autumn_async.emulator.operations import call
from autumn_async.emulator.operations.table import SERVED
from autumn_async.emulator.validation import Shape

from .conftest import Api, monthly


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """An operation that fails in a way nobody foresaw."""

    def fail(_: call.Call) -> Any:
        raise ZeroDivisionError

    monkeypatch.setitem(SERVED, "features.list", call.Operation(Shape({}), fail))


@pytest.mark.usefixtures("broken")
def test_a_defect_is_logged_and_answered_and_releases_its_key(
    recent_api: Api, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(2):
        refused = recent_api.refused("features.list", headers={"idempotency-key": "k"})
        assert (refused.status, refused.code) == (500, "internal_error")
    assert "POST /v1/features.list" in caplog.text


def test_a_defect_in_queued_usage_is_logged(
    recent_api: Api, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    applied: list[int] = []

    def queue(call: call.Call) -> Any:
        call.env.queue.extend([lambda: 1 // 0, lambda: applied.append(1)])
        return {"list": []}

    monkeypatch.setitem(SERVED, "features.list", call.Operation(Shape({}), queue))
    with caplog.at_level(logging.ERROR):
        recent_api("features.list")
    assert applied == [1]
    assert "queued usage" in caplog.text


def test_messages_repeat_even_what_is_no_text(recent_api: Api) -> None:
    refused = recent_api.refused("features.list", headers={"x-api-version": "\udcff"})
    assert refused.message == '"?" is not a valid API version'


def test_expand_may_stand_in_the_query(recent_api: Api) -> None:
    recent_api.metered("m")
    recent_api.plan("p", monthly("m", 5))
    recent_api.customer("alice", "p")
    body = {"customer_id": "alice"}
    query = "expand=balances.feature,invoices&expand=entities"
    customer = recent_api("customers.get", body, query=query)
    assert customer["balances"]["m"]["feature"]["id"] == "m"
    assert (customer["invoices"], customer["entities"]) == ([], [])
