"""Lists: one page, all items, all pages, through both envelopes of the API."""

from __future__ import annotations

import copy
import inspect
import pickle
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from operator import attrgetter
from typing import Any

import anyio.to_thread
import pytest

from autumn_async import (
    AsyncAutumn,
    AsyncPager,
    Autumn,
    AutumnSDKError,
    NotFoundError,
    Page,
    RateLimitError,
    SyncPage,
    models,
    portal,
)
from tests.contract import calls_2_2, calls_2_5
from tests.contract.operations import OPERATIONS, SECRET_KEY
from tests.contract.rows import Recorded, recorded, recordings
from tests.contract.stage import Stage
from tests.contract.table import TABLE
from tests.models.test_traffic import IGNORED, OLD_VERSIONS, differences
from tests.scripted_server import Recorded as Request
from tests.scripted_server import Reply, ScriptedServer

LISTS = [call for call, entry in TABLE.items() if entry.is_list]
WHOLE = [
    "features.list",
    "logs.search",
    "plans.list",
    "referrals.list_programs",
    "sandboxes.list",
    "webhooks.list",
]
PAGED = [call for call in LISTS if call not in WHOLE]

TOTAL = 7


def item(call: str, number: int) -> dict[str, Any]:
    """An item of a list, as small as it can be."""
    if call == "events.list":
        who = {"customer_id": "c", "feature_id": "f", "timestamp": number, "value": 1}
        return {"id": str(number), **who}
    if call in calls_2_5.CALLS:
        return {**TABLE[call].rows[0].answer["list"][0], "id": str(number)}
    return {"id": str(number), "name": "x", "type": "boolean"}


class Server(ScriptedServer):
    """Seven items, three to a page, handed out by cursor or by offset as the version asks for."""

    def __init__(self, call: str) -> None:
        self._items = [item(call, number) for number in range(TOTAL)]
        super().__init__(self._page)

    def _page(self, request: Request) -> Reply:
        asked = request.json
        size = asked.get("limit", 3)
        by_cursor = request.headers["x-api-version"] != "2.2.0"
        if by_cursor:
            assert "offset" not in asked or "start_cursor" not in asked
            first = int(asked.get("start_cursor", "at-0").removeprefix("at-"))
        else:
            first = asked.get("offset", 0)
        found = self._items[first : first + size]
        more = first + size < TOTAL
        if by_cursor:
            return Reply(
                body={"list": found, "next_cursor": f"at-{first + size}" if more else None}
            )
        numbers = {"offset": first, "limit": size, "total": len(found), "total_count": TOTAL}
        return Reply(body={"list": found, "has_more": more, **numbers})

    @property
    def asked(self) -> list[Any]:
        """The bodies of the requests so far."""
        return [request.json for request in self.requests]


@pytest.fixture(params=["2.2.0", "2.3.0"])
def version(request: pytest.FixtureRequest) -> str:
    """The last version that pages by offset, the first that pages by cursor."""
    value: str = request.param
    return value


def follow_ups(version: str, **more: Any) -> list[dict[str, Any]]:
    """What is asked for seven items, three at a time."""
    if version == "2.2.0":
        return [more, {**more, "offset": 3}, {**more, "offset": 6}]
    return [more, {**more, "start_cursor": "at-3"}, {**more, "start_cursor": "at-6"}]


ALL = [str(number) for number in range(TOTAL)]


@pytest.mark.parametrize("call", PAGED)
class TestAsync:
    """The async client, and the awaited twin of the sync one."""

    @pytest.fixture(params=["client", "twin"])
    async def listing(
        self, request: pytest.FixtureRequest, call: str, server: Server, version: str
    ) -> AsyncIterator[Callable[..., AsyncPager[Any]]]:
        settings: dict[str, Any] = {"server_url": server.url, "x_api_version": version}
        if request.param == "client":
            async with AsyncAutumn(SECRET_KEY, **settings) as autumn:
                yield attrgetter(call)(autumn)
        else:
            async with Autumn(SECRET_KEY, **settings) as both:
                yield attrgetter(f"{call}_async")(both)

    @pytest.fixture
    def server(self, call: str) -> Iterator[Server]:
        with Server(call) as server:
            yield server

    async def test_nothing_is_asked_before_it_is_used(
        self, listing: Callable[..., AsyncPager[Any]], server: Server
    ) -> None:
        assert isinstance(listing(), AsyncPager)
        assert not server.requests

    async def test_awaiting_gives_the_first_page(
        self, listing: Callable[..., AsyncPager[Any]], server: Server, version: str
    ) -> None:
        page = await listing(limit=2)
        assert type(page) is Page
        assert [found.id for found in page.list] == ALL[:2]
        assert (page.next_cursor, page.has_more) == (
            (None, True) if version == "2.2.0" else ("at-2", None)
        )
        assert server.asked == [{"limit": 2}]

    async def test_iterating_gives_all_items(
        self, listing: Callable[..., AsyncPager[Any]], server: Server, version: str
    ) -> None:
        assert [found.id async for found in listing(limit=3)] == ALL
        assert server.asked == follow_ups(version, limit=3)

    async def test_pages_come_one_by_one(
        self, listing: Callable[..., AsyncPager[Any]], server: Server, version: str
    ) -> None:
        sizes = []
        async for page in listing().pages():
            sizes.append(len(page.list))
            assert len(server.requests) == len(sizes)
        assert sizes == [3, 3, 1]
        assert server.asked == follow_ups(version)

    async def test_leaving_early_asks_no_more(
        self, listing: Callable[..., AsyncPager[Any]], server: Server
    ) -> None:
        async for found in listing():
            if found.id == "3":
                break
        await anyio.sleep(0.01)
        assert len(server.requests) == 2

    async def test_a_pager_can_be_used_again(
        self, listing: Callable[..., AsyncPager[Any]], server: Server
    ) -> None:
        pager = listing(limit=4)
        assert [found.id async for found in pager] == ALL
        assert [found.id async for found in pager] == ALL
        assert len((await pager).list) == 4
        assert len(server.requests) == 5


@pytest.fixture
def hops(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Grows by one each time that a call goes over to the private loop."""
    made: list[str] = []
    run = portal.Portal.run

    def counted(self: portal.Portal, *arguments: Any, **named: Any) -> Any:
        made.append("a hop")
        return run(self, *arguments, **named)

    monkeypatch.setattr(portal.Portal, "run", counted)
    return made


@pytest.mark.parametrize("call", PAGED)
class TestSync:
    """The sync client."""

    @pytest.fixture
    def server(self, call: str) -> Iterator[Server]:
        with Server(call) as server:
            yield server

    @pytest.fixture
    def listing(
        self, call: str, server: Server, version: str
    ) -> Iterator[Callable[..., SyncPage[Any]]]:
        with Autumn(SECRET_KEY, server_url=server.url, x_api_version=version) as autumn:
            yield attrgetter(call)(autumn)

    def test_a_list_is_its_first_page(
        self, listing: Callable[..., SyncPage[Any]], server: Server, hops: list[str]
    ) -> None:
        page = listing(limit=2)
        assert isinstance(page, Page)
        assert [found.id for found in page.list] == ALL[:2]
        assert server.asked == [{"limit": 2}]
        assert len(hops) == 1

    def test_iterating_gives_all_items_with_one_hop_for_each_page(
        self, listing: Callable[..., SyncPage[Any]], server: Server, version: str, hops: list[str]
    ) -> None:
        assert [found.id for found in listing(limit=3)] == ALL
        assert server.asked == follow_ups(version, limit=3)
        assert len(hops) == 3

    def test_pages_come_one_by_one(
        self, listing: Callable[..., SyncPage[Any]], server: Server, version: str, hops: list[str]
    ) -> None:
        sizes = []
        for page in listing().pages():
            sizes.append(len(page.list))
            assert len(server.requests) == len(hops) == len(sizes)
        assert sizes == [3, 3, 1]
        assert server.asked == follow_ups(version)

    def test_leaving_early_asks_no_more(
        self, listing: Callable[..., SyncPage[Any]], server: Server, hops: list[str]
    ) -> None:
        assert next(found for found in listing() if found.id == "3").id == "3"
        assert len(server.requests) == len(hops) == 2

    def test_a_page_can_be_gone_through_again(self, listing: Callable[..., SyncPage[Any]]) -> None:
        page = listing()
        assert [found.id for found in page] == ALL
        assert [found.id for found in page] == ALL


# All lists, the whole ones too


@pytest.fixture(params=["async", "twin", "sync"])
def items(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Collects all items of a list, by one client or the other."""

    async def by_async(url: str, call: str, **arguments: Any) -> list[Any]:
        async with AsyncAutumn(SECRET_KEY, server_url=url) as autumn:
            return [found async for found in attrgetter(call)(autumn)(**arguments)]

    async def by_twin(url: str, call: str, **arguments: Any) -> list[Any]:
        async with Autumn(SECRET_KEY, server_url=url) as autumn:
            return [found async for found in attrgetter(f"{call}_async")(autumn)(**arguments)]

    def on_a_thread(url: str, call: str, arguments: dict[str, Any]) -> list[Any]:
        with Autumn(SECRET_KEY, server_url=url) as autumn:
            return list(attrgetter(call)(autumn)(**arguments))

    async def by_sync(url: str, call: str, **arguments: Any) -> list[Any]:
        return await anyio.to_thread.run_sync(on_a_thread, url, call, arguments)

    return {"async": by_async, "twin": by_twin, "sync": by_sync}[request.param]


@pytest.mark.parametrize("call", LISTS)
async def test_an_empty_list_has_no_items(
    call: str, items: Callable[..., Any], stage: Stage
) -> None:
    for envelope in ({}, {"next_cursor": None}, {"has_more": False, "offset": 0, "total": 0}):
        stage.clear()
        stage.answers({"list": [], **envelope})
        assert await items(stage.url, call) == []
        assert len(stage.requests) == 1


@pytest.mark.parametrize("call", WHOLE)
async def test_a_list_that_comes_whole_is_asked_for_once(
    call: str, items: Callable[..., Any], stage: Stage
) -> None:
    stage.answers({"list": [item(call, 0), item(call, 1)]})
    assert len(await items(stage.url, call)) == 2
    assert len(stage.requests) == 1


async def test_an_empty_page_on_the_way_is_not_the_end(
    items: Callable[..., Any], stage: Stage
) -> None:
    stage.answers(
        {"list": [], "next_cursor": "a"},
        {"list": [{"id": "0"}], "next_cursor": "b", "has_more": True},
        {"list": [], "next_cursor": None},
    )
    assert [found.id for found in await items(stage.url, "customers.list")] == ["0"]
    assert [request.json.get("start_cursor") for request in stage.requests] == [None, "a", "b"]


@pytest.mark.parametrize("circle", [1, 2, 3, 7])
async def test_cursors_that_go_round_in_a_circle_are_an_error(
    circle: int, items: Callable[..., Any], stage: Stage
) -> None:
    cursors = ["x", "y", *(str(number) for number in range(circle)), "0"]
    pages = [{"list": [{"id": cursor}], "next_cursor": cursor} for cursor in cursors]
    stage.answers(*pages, *(pages[2:-1] * 10))
    with anyio.fail_after(5), pytest.raises(AutumnSDKError, match="circle"):
        await items(stage.url, "customers.list")
    assert len(stage.requests) <= 3 * len(cursors)


async def test_many_pages_are_no_circle(items: Callable[..., Any], stage: Stage) -> None:
    pages: list[dict[str, Any]] = [
        {"list": [{"id": str(n)}], "next_cursor": f"after {n}"} for n in range(70)
    ]
    stage.answers(*pages, {"list": [{"id": "70"}], "next_cursor": None})
    found = await items(stage.url, "customers.list")
    assert [customer.id for customer in found] == [str(number) for number in range(71)]


def test_a_copied_page_says_that_it_cannot_go_on(stage: Stage) -> None:
    stage.answers({"list": [{"id": "0"}], "next_cursor": "a"}, {"list": [{"id": "1"}]})
    with Autumn("am_sk_test_x", server_url=stage.url) as autumn:
        page = autumn.customers.list()
        for copied in (copy.copy(page), pickle.loads(pickle.dumps(page))):
            assert [customer.id for customer in copied.list] == ["0"]
            with pytest.raises(RuntimeError, match="copied"):
                list(copied)
        assert [customer.id for customer in page] == ["0", "1"]


async def test_an_offset_with_a_fraction_of_nought_is_an_offset(
    items: Callable[..., Any], stage: Stage
) -> None:
    stage.answers({"list": [{"id": "0"}], "has_more": True, "offset": 2.0}, {"list": []})
    await items(stage.url, "customers.list")
    assert stage.requests[1].json == {"offset": 3}


async def test_an_offset_that_leads_nowhere_ends_the_list(
    items: Callable[..., Any], stage: Stage
) -> None:
    stage.answers({"list": [], "has_more": True, "offset": 0})
    with anyio.fail_after(5):
        assert await items(stage.url, "customers.list") == []
    assert len(stage.requests) == 1


async def test_counting_goes_on_from_the_offset_that_was_asked_for(
    items: Callable[..., Any], stage: Stage
) -> None:
    stage.answers(
        {"list": [{"id": "5"}, {"id": "6"}], "has_more": True},
        {"list": [{"id": "7"}], "has_more": False},
    )
    found = await items(stage.url, "customers.list", offset=5, limit=2, search="ada")
    assert [customer.id for customer in found] == ["5", "6", "7"]
    common = {"limit": 2, "search": "ada"}
    assert [r.json for r in stage.requests] == [{"offset": 5, **common}, {"offset": 7, **common}]


async def test_arguments_and_options_are_the_same_for_every_page(
    items: Callable[..., Any], stage: Stage
) -> None:
    stage.answers({"list": [], "next_cursor": "a"}, {"list": []})
    arguments = {"search": "ada", "plans": [{"id": "pro"}], "http_headers": {"x-trace": "t"}}
    await items(stage.url, "customers.list", **arguments, request={"limit": 5})
    common = {"search": "ada", "plans": [{"id": "pro"}], "limit": 5}
    assert [r.json for r in stage.requests] == [common, {**common, "start_cursor": "a"}]
    assert [r.headers["x-trace"] for r in stage.requests] == ["t", "t"]


async def test_an_error_on_a_later_page_reaches_the_loop(
    items: Callable[..., Any],
) -> None:
    gone = Reply(404, {"message": "gone", "code": "customer_not_found"})
    first = Reply(body={"list": [{"id": "0"}], "next_cursor": "a"})
    with ScriptedServer([first, gone]) as server:
        with pytest.raises(NotFoundError, match="gone"):
            await items(server.url, "customers.list")
        assert len(server.requests) == 2


async def test_a_later_page_is_asked_for_again_as_any_read_is(
    items: Callable[..., Any],
) -> None:
    busy = Reply(429, b"Too many requests", {"retry-after": "0"})
    first = Reply(body={"list": [{"id": "0"}], "next_cursor": "a"})
    last = Reply(body={"list": [{"id": "1"}]})
    with ScriptedServer([first, busy, last]) as server:
        assert [c.id for c in await items(server.url, "customers.list")] == ["0", "1"]
        assert [r.json for r in server.requests[1:]] == [{"start_cursor": "a"}] * 2


# The `request` mapping


@pytest.mark.parametrize(
    "call", [call for call in LISTS if TABLE[call].rows[-1].given.get("request")]
)
async def test_a_mapping_of_arguments_does_the_same_as_arguments(
    call: str, items: Callable[..., Any], stage: Stage
) -> None:
    request = {
        "customers.list": {"limit": 5, "search": "ada", "subscription_status": "active"},
        "plans.list": {"customer_id": "cus_1", "include_archived": True},
    }[call]
    stage.answers({"list": []})
    await items(stage.url, call, request=request)
    await items(stage.url, call, **request)
    assert [r.json for r in stage.requests] == [request, request]


async def test_arguments_win_over_the_mapping(items: Callable[..., Any], stage: Stage) -> None:
    stage.answers({"list": []})
    request = {"limit": 5, "search": "ada"}
    await items(stage.url, "customers.list", request=request, limit=6, search=None)
    assert stage.sent == {"limit": 6, "search": "ada"}
    assert request == {"limit": 5, "search": "ada"}


async def test_an_empty_mapping_is_none(items: Callable[..., Any], stage: Stage) -> None:
    stage.answers({"list": []})
    for call in ("features.list", "referrals.list_programs", "sandboxes.list", "webhooks.list"):
        for request in ({}, None):
            await items(stage.url, call, request=request)
    assert [r.json for r in stage.requests] == [{}] * 8


# Recorded pages


def test_lists_are_the_operations_that_return_pagers() -> None:
    returned = {call: inspect.signature(OPERATIONS[call]).return_annotation for call in OPERATIONS}
    assert {call for call, what in returned.items() if what.startswith("AsyncPager[")} == {*LISTS}


@pytest.mark.parametrize("call", [call for call in LISTS if call in calls_2_2.CALLS])
async def test_recorded_pages_of_both_envelopes_are_read_and_gone_through(
    call: str, items: Callable[..., Any], stage: Stage
) -> None:
    versions = set()
    for row in recordings():
        if (row["path"], row["status"]) != (TABLE[call].path, 200):
            continue
        if row["api_version"] in OLD_VERSIONS:
            continue
        versions.add(row["api_version"])
        stage.answers(row["response_body"], {"list": []})
        found = await items(stage.url, call)
        ignored = Counter[tuple[str, str]]()
        assert list(differences(row["response_body"]["list"], found, call, ignored)) == []
        assert ignored.keys() <= IGNORED.keys()
    assert versions >= {"2.2.0", "2.3.0"}


async def test_the_recorded_second_page_is_what_follows_the_first(stage: Stage) -> None:
    path = TABLE["events.list"].path
    first = recorded(path, Recorded(nth=1))
    second = {**recorded(path, Recorded("second page")), "next_cursor": None}
    stage.answers(first, second)
    async with AsyncAutumn(SECRET_KEY, server_url=stage.url) as autumn:
        events = [event async for event in autumn.events.list(limit=2)]
    assert len({event.id for event in events}) == 4
    assert all(isinstance(event, models.Event) for event in events)
    assert stage.requests[1].json == {"limit": 2, "start_cursor": first["next_cursor"]}


async def test_the_recorded_refusal_of_a_burst_is_a_rate_limit_error(stage: Stage) -> None:
    row = next(row for row in recordings() if row["status"] == 429)
    headers = {name: value for name, value in row["response_headers"].items() if value}
    stage.answers(row["response_body"].encode(), status=429, headers=headers)
    async with AsyncAutumn(SECRET_KEY, server_url=stage.url) as autumn:
        with pytest.raises(RateLimitError, match="Too many requests, please try again later"):
            await autumn.events.list(limit=1, retries=None)
