"""Fixtures for pytest: an Autumn for the session, and a clean organisation of it for each test.

pytest finds them by itself where autumn-async is installed:

    def test_first_message_is_free(autumn):
        autumn.customers.get_or_create(customer_id="ada")

`autumn_catalog` in the settings of pytest names a file of features and plans that each test
begins with. To set up the emulator in another way, define `autumn_emulator` in a `conftest.py`.
`-p no:autumn` turns it all off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from aiohttp import ClientSession

    from .. import AsyncAutumn, Autumn
    from ..emulator import Emulator, Organisation
    from ..wire.transport import Transport

CATALOG = "autumn_catalog"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addini(CATALOG, "A file of features and plans that each test begins with.")


@pytest.fixture(scope="session")
def autumn_emulator(pytestconfig: pytest.Config) -> Iterator[Emulator]:
    """An Autumn inside the process, the same for all tests: its `url`, `faults`, `advance()`."""
    from ..emulator import Emulator

    catalog = str(pytestconfig.getini(CATALOG))
    with Emulator(catalog=pytestconfig.rootpath / catalog if catalog else None) as emulator:
        yield emulator


@pytest.fixture
def autumn_organisation(autumn_emulator: Emulator) -> Iterator[Organisation]:
    """A clean organisation for one test: its `secret_key` and `live_key`.

    After the test its data is gone, all faults are removed, and the time is what it was.
    """
    with autumn_emulator.isolated() as organisation:
        yield organisation


@pytest.fixture
def autumn_env(
    autumn_emulator: Emulator,
    autumn_organisation: Organisation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Points `Autumn()` and `AsyncAutumn()` without arguments to the organisation of the test."""
    monkeypatch.setenv("AUTUMN_BASE_URL", autumn_emulator.url)
    monkeypatch.setenv("AUTUMN_SECRET_KEY", autumn_organisation.secret_key)


@pytest.fixture
def autumn(autumn_emulator: Emulator, autumn_organisation: Organisation) -> Iterator[Autumn]:
    """A sync client of the test's own organisation, closed after the test.

    In async tests its `x_async` twins can be awaited, as with `async_autumn`.
    """
    from .. import Autumn

    key, url = autumn_organisation.secret_key, autumn_emulator.url
    with Autumn(key, server_url=url, session=_session) as client:
        yield client
        _close(client, client._bridge.connections.twin)  # pyright: ignore[reportPrivateUsage]


@pytest.fixture
def async_autumn(
    autumn_emulator: Emulator, autumn_organisation: Organisation
) -> Iterator[AsyncAutumn]:
    """An async client of the test's own organisation, closed after the test.

    It works with whatever runs the async test, pytest-asyncio or anyio: it takes the event loop
    of its first call.
    """
    from .. import AsyncAutumn

    key, url = autumn_organisation.secret_key, autumn_emulator.url
    client = AsyncAutumn(key, server_url=url, session=_session)
    yield client
    _close(client, client._caller.transport)  # pyright: ignore[reportPrivateUsage]


def _session() -> ClientSession:
    """No connection outlives its call: the event loop may end before the fixture does."""
    from aiohttp import ClientSession, DummyCookieJar, TCPConnector

    return ClientSession(connector=TCPConnector(force_close=True), cookie_jar=DummyCookieJar())


def _close(client: Autumn | AsyncAutumn, transport: Transport) -> None:
    """Closes it on its event loop, or on one for that purpose if its own is gone by now."""
    if transport.live_loop:
        transport.live_loop.run_until_complete(client.aclose())
    elif transport.left_open:
        import asyncio

        loop = asyncio.new_event_loop()
        loop.run_until_complete(client.aclose())
        loop.close()
