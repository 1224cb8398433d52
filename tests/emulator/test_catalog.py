"""Features and plans that an emulator begins with."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from autumn_async import Autumn
from autumn_async.emulator import CatalogError, Emulator

FEATURE = {"feature_id": "words", "name": "Words", "type": "metered", "consumable": True}
ITEM = {"feature_id": "words", "included": 50, "reset": {"interval": "month"}}
PLAN = {"plan_id": "free", "name": "Free", "auto_enable": True, "items": [ITEM]}
CATALOG = {"features": [FEATURE], "plans": [PLAN]}

TOML = """
[[features]]
feature_id = "words"
name = "Words"
type = "metered"
consumable = true

[[plans]]
plan_id = "free"
name = "Free"
auto_enable = true
items = [{ feature_id = "words", included = 50, reset = { interval = "month" } }]
"""


@contextmanager
def emulated(catalog: Any, key: str | None = None, **settings: Any) -> Iterator[Autumn]:
    emulator = Emulator(catalog=catalog, **settings)
    with emulator, Autumn(key or emulator.secret_key, server_url=emulator.url) as autumn:
        yield autumn


def granted(autumn: Autumn) -> float:
    return autumn.customers.get_or_create(customer_id="ada").balances["words"].granted


def test_a_catalog_is_there_from_the_start(tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(CATALOG))
    for source in (file, str(file), CATALOG):
        with emulated(source) as autumn:
            assert granted(autumn) == 50


def test_a_catalog_may_be_toml(tmp_path: Path) -> None:
    file = tmp_path / "catalog.toml"
    file.write_text(TOML)
    with emulated(file) as autumn:
        assert granted(autumn) == 50


@pytest.mark.parametrize("key", ["am_sk_live_x", "am_sk_test_org_acme"])
def test_each_organisation_begins_with_it(key: str) -> None:
    with emulated(CATALOG, key) as autumn:
        assert granted(autumn) == 50


def test_rate_limits_do_not_count_it() -> None:
    features = [{**FEATURE, "feature_id": f"f{number}"} for number in range(100)]
    with emulated({"features": features}, rate_limits=True) as autumn:
        assert len(autumn.features.list().list) == 100


def test_what_exists_already_stays_as_it_is(tmp_path: Path) -> None:
    state = tmp_path / "state"
    with emulated(CATALOG, state=state) as autumn:
        autumn.plans.update(plan_id="free", name="Mine")
    more = {"features": [FEATURE, {**FEATURE, "feature_id": "new"}], "plans": [PLAN]}
    with emulated(more, state=state) as autumn:
        assert autumn.plans.get(plan_id="free").name == "Mine"
        assert autumn.features.get(feature_id="new").name == "Words"


WRONG = {
    "not an object": ([], "a catalog is an object with features and plans"),
    "unknown section": ({"customers": []}, "customers: a catalog has features and plans only"),
    "no array": ({"plans": {}}, "plans: must be an array"),
    "wrong feature": (
        {"features": [FEATURE, {**FEATURE, "type": "x"}]},
        r"features\[1\]: type: must be one of: boolean",
    ),
    "wrong item": (
        {**CATALOG, "plans": [{**PLAN, "items": [{**ITEM, "included": "many"}]}]},
        r"plans\[0\]: items.0.included: must be a number \(received string\)",
    ),
    "unknown feature": ({"plans": [PLAN]}, r"plans\[0\]: Feature words not found"),
    "no object": ({"features": [1]}, r"features\[0\]: .*expected object, received number"),
}


@pytest.mark.parametrize(("catalog", "text"), WRONG.values(), ids=WRONG)
def test_a_wrong_catalog_says_where(tmp_path: Path, catalog: object, text: str) -> None:
    file = tmp_path / "catalog.json"
    file.write_text(json.dumps(catalog))
    with pytest.raises(CatalogError, match=f"^{file}: {text}"):
        Emulator(catalog=file).__enter__()


def test_a_file_that_cannot_be_read_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "catalog.json"
    with pytest.raises(CatalogError, match=f"{file}.*No such file"):
        Emulator(catalog=file).__enter__()
    file.write_text("{")
    with pytest.raises(CatalogError, match=f"^{file}: .*truncated"):
        Emulator(catalog=file).__enter__()


def test_without_a_reader_for_toml_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing(_: bytes) -> object:
        raise ImportError("`tomli` is not installed")

    monkeypatch.setattr("msgspec.toml.decode", missing)
    file = tmp_path / "catalog.toml"
    file.write_text(TOML)
    with pytest.raises(CatalogError, match="tomli"):
        Emulator(catalog=file).__enter__()
