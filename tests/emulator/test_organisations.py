"""Organisations: whose data a key opens."""

from __future__ import annotations

import pytest

from autumn_async.emulator import Emulator, EmulatorError, Organisation

from .conftest import Api

COMMON = ("am_sk_test_x", "am_sk_test_emulator", "am_sk_test_organic", "am_sk_test_")
APART = ("am_sk_test_org_a", "am_sk_test_org_b", "am_sk_live_org_a", "am_sk_live_x")


def test_a_key_that_names_an_organisation_opens_that_one(recent_api: Api) -> None:
    for key in COMMON + APART:
        recent_api.key = key
        recent_api.customer(key)
    for key in COMMON:
        recent_api.key = key
        ids = {customer["id"] for customer in recent_api("customers.list")["list"]}
        assert ids == set(COMMON)
    for key in APART:
        recent_api.key = key
        assert [each["id"] for each in recent_api("customers.list")["list"]] == [key]


def test_the_names_of_keys_may_be_anything(recent_api: Api) -> None:
    for name in ("a b", "\u00e9", "\udcff", "x" * 1000, "org_"):
        recent_api.key = f"am_sk_test_org_{name}"
        recent_api.customer("alice")
        assert len(recent_api("customers.list")["list"]) == 1
    recent_api.gateway.dump()


def test_new_organisations_are_apart_and_can_be_forgotten(recent_api: Api) -> None:
    with Emulator() as emulator:
        one, other = emulator.organisation(), emulator.organisation()
        assert len({one.secret_key, other.secret_key, one.live_key, emulator.secret_key}) == 4
        assert emulator.organisation("acme") == Organisation("acme")
        assert emulator.organisation("acme").secret_key == "am_sk_test_org_acme"
        gateway = emulator._gateway
        recent_api.gateway = gateway
        recent_api.key = one.secret_key
        recent_api.customer("alice")
        emulator.forget(one)
        emulator.forget(one)
        assert recent_api("customers.list")["list"] == []


def test_one_good_key_means_one_organisation() -> None:
    with pytest.raises(EmulatorError, match="one organisation"):
        Emulator(secret_key="am_sk_test_mine").organisation()


def test_an_isolated_block_leaves_nothing_behind(recent_api: Api) -> None:
    with Emulator(clock=lambda: 1_700_000_000_000) as emulator:
        before = emulator.now
        with emulator.isolated() as organisation:
            recent_api.gateway = emulator._gateway
            recent_api.key = organisation.secret_key
            recent_api.customer("alice")
            emulator.advance(days=1)
            emulator.faults.add("check", status=500)
        assert emulator.now == before
        assert not emulator.faults
        assert recent_api("customers.list")["list"] == []
