"""The fixtures, in test runs of their own, with warnings as errors."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

pytest_plugins = ("pytester",)

CLEAN = """
import pytest

@pytest.mark.parametrize("run", range(3))
def test_each_test_begins_clean(autumn, run):
    assert list(autumn.customers.list()) == []
    autumn.customers.get_or_create(customer_id="ada")
    assert [customer.id for customer in autumn.customers.list()] == ["ada"]
"""

SYNC = f"""{CLEAN}
def test_one_emulator(autumn_emulator, request):
    assert request.getfixturevalue("autumn_emulator") is autumn_emulator
    request.config.cache.set("url", autumn_emulator.url)

def test_the_same_one_again(autumn_emulator, request):
    assert request.config.cache.get("url", None) == autumn_emulator.url
"""

ASYNC = """
import pytest

{mark}
@pytest.mark.parametrize("run", range(3))
async def test_each_test_begins_clean(async_autumn, run):
    assert (await async_autumn.customers.list()).list == []
    await async_autumn.customers.get_or_create(customer_id="ada")

{mark}
async def test_both_clients_see_the_same(async_autumn, autumn):
    await async_autumn.customers.get_or_create(customer_id="ada")
    assert (await autumn.customers.get_async(customer_id="ada")).id == "ada"

{mark}
async def test_a_client_that_is_not_used(async_autumn):
    pass
"""

UNDONE = """
def test_break_everything(autumn, autumn_emulator, request):
    request.config.cache.set("now", autumn_emulator.now)
    autumn_emulator.advance(years=1)
    autumn_emulator.faults.add(status=418)

def test_nothing_is_left_of_it(autumn, autumn_emulator, request):
    assert autumn_emulator.now - request.config.cache.get("now", 0) < 3_600_000
    assert list(autumn.customers.list()) == []
"""

FIXTURE = """
import pytest
import {library} as library

@library.fixture
async def ada(async_autumn):
    yield await async_autumn.customers.get_or_create(customer_id="ada")
    await async_autumn.customers.delete(customer_id="ada")

{mark}
async def test_fixtures_may_use_the_client(ada, async_autumn):
    assert ada.id == (await async_autumn.customers.get(customer_id="ada")).id
"""

ENVIRONMENT = """
from autumn_async import Autumn

def test_an_application_finds_its_organisation(autumn_env, autumn):
    with Autumn() as app:
        app.customers.get_or_create(customer_id="ada")
    assert autumn.customers.get(customer_id="ada").id == "ada"
"""

CATALOGUED = """
def test_begins_with_the_catalog(autumn):
    assert autumn.features.get(feature_id="words").name == "Words"

def test_so_does_the_next(autumn):
    assert autumn.features.get(feature_id="words").name == "Words"
"""

BACKEND = """
import pytest

@pytest.fixture
def anyio_backend():
    return "asyncio"
"""

SETTINGS = """
[pytest]
filterwarnings = error
asyncio_default_fixture_loop_scope = function
{more}
"""


def run(pytester: pytest.Pytester, *options: str, more: str = "", **tests: str) -> pytest.RunResult:
    pytester.makeini(SETTINGS.format(more=more))
    pytester.makeconftest(BACKEND)
    pytester.makepyfile(**{f"test_{name}": test for name, test in tests.items()})
    return pytester.runpytest_subprocess("-p", "no:hypothesispytest", *options, timeout=120)


def test_sync_tests(pytester: pytest.Pytester) -> None:
    result = run(pytester, sync=SYNC, undone=UNDONE, environment=ENVIRONMENT)
    result.assert_outcomes(passed=8)


def test_async_tests_in_the_auto_mode_of_pytest_asyncio(pytester: pytest.Pytester) -> None:
    result = run(pytester, "--asyncio-mode=auto", plain=ASYNC.format(mark=""))
    result.assert_outcomes(passed=5)


@pytest.mark.parametrize("library", ["pytest_asyncio", "anyio"])
def test_async_tests_and_fixtures(pytester: pytest.Pytester, library: str) -> None:
    mark = f"@pytest.mark.{library.removeprefix('pytest_')}"
    fixtures = FIXTURE.format(library="pytest" if library == "anyio" else library, mark=mark)
    result = run(
        pytester, "--asyncio-mode=strict", plain=ASYNC.format(mark=mark), fixtures=fixtures
    )
    result.assert_outcomes(passed=6)


def test_each_worker_of_xdist_has_its_own(pytester: pytest.Pytester) -> None:
    run(pytester, "-n", "2", sync=CLEAN).assert_outcomes(passed=3)


def test_a_catalog_can_be_set(pytester: pytest.Pytester) -> None:
    feature = {"feature_id": "words", "name": "Words", "type": "metered", "consumable": True}
    pytester.path.joinpath("billing.json").write_text(json.dumps({"features": [feature]}))
    more = "autumn_catalog = billing.json"
    run(pytester, more=more, catalogued=CATALOGUED).assert_outcomes(passed=2)


def test_it_can_be_turned_off(pytester: pytest.Pytester) -> None:
    run(pytester, "-p", "no:autumn", sync=CLEAN).assert_outcomes(errors=3)


def test_unused_it_loads_nothing() -> None:
    script = (
        "import sys, pytest, autumn_async.integrations.pytest_plugin\n"
        "heavy = {'aiohttp', 'asyncio', 'msgspec', 'anyio', 'sqlite3'}\n"
        "print(sorted(heavy & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr
