"""Lists: one page to look at, or all items one after another, whatever the envelope.

API versions up to 2.2.0 page by offset, later ones by cursor. Both answers are one `Page`, and
what follows a page can be told from it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from ..errors import AutumnSDKError
from ..models.pages import Page
from .caller import Caller
from .operation import Operation

T = TypeVar("T")
Arguments = Mapping[str, Any]


class AsyncPager(Generic[T]):
    """A list, before anything is asked for.

        page = await autumn.customers.list(limit=10)          # one page
        async for customer in autumn.customers.list():        # all items, page by page
        async for page in autumn.customers.list().pages():    # all pages

    Each use asks anew from the beginning.
    """

    def __init__(
        self, caller: Caller, operation: Operation[Page[T]], arguments: dict[str, Any]
    ) -> None:
        self._caller = caller
        self._operation = operation
        self.arguments: dict[str, Any] = _with_request(operation, arguments)

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        return self.fetch(self.arguments).__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.list:
                yield item

    async def pages(self) -> AsyncIterator[Page[T]]:
        """All pages, each fetched when the one before has been used up."""
        place: Place | None = Place(self.arguments)
        while place is not None:
            page = await self.fetch(place.arguments)
            yield page
            place = place.after(page)

    async def fetch(self, arguments: Arguments) -> Page[T]:
        """The page that these arguments ask for."""
        options = dict(arguments["options"])
        return await self._caller.call(self._operation, {**arguments, "options": options})


class SyncPage(Page[T], Generic[T], frozen=True, kw_only=True, gc=True, dict=True):
    """A page, and a way on: iterating it gives its items, then those of all pages after it.

        for customer in autumn.customers.list():
        for page in autumn.customers.list().pages():

    A copy of it is only a page.
    """

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.list

    def pages(self) -> Iterator[Page[T]]:
        """This page and all that follow, each fetched when the one before has been used up."""
        page: SyncPage[T] | None = self
        while page is not None:
            yield page
            page = page.following()

    def following(self) -> SyncPage[T] | None:
        """The page after this one, fetched now; None after the last."""
        fetch: Callable[[], SyncPage[T] | None] | None = self.__dict__.get("_fetch_following")
        if fetch is not None:
            return fetch()
        if self.next_cursor or self.has_more:
            raise RuntimeError("a page that was copied or unpickled can't fetch those after it")
        return None


def sync_page(fetch: Callable[[Arguments], Page[T]], place: Place) -> SyncPage[T]:
    """The page at a place, able to fetch those after it."""
    page = fetch(place.arguments)
    known = SyncPage[T](**{name: getattr(page, name) for name in page.__struct_fields__})

    def fetch_following() -> SyncPage[T] | None:
        following = place.after(page)
        return None if following is None else sync_page(fetch, following)

    msgspec.structs.force_setattr(known, "_fetch_following", fetch_following)
    return known


class Place(msgspec.Struct, frozen=True):
    """Where in a list we are: the arguments that ask for a page.

    To notice cursors that go round in a circle, it remembers one of those before, and takes a later
    one each time the way has doubled: sooner or later it stands in the circle, and is met again.
    """

    arguments: Arguments
    remembered: str | None = None
    steps: int = 0
    lap: int = 1

    def after(self, page: Page[Any]) -> Place | None:
        """The place of the page after this one, or None if it is the last.

        Raises `AutumnSDKError` where the list would never end.
        """
        if page.next_cursor:
            return self._at_cursor(page.next_cursor)
        if page.has_more and page.list:
            offset = int(self.arguments.get("offset") or page.offset or 0)
            return Place({**self.arguments, "offset": offset + len(page.list)})
        return None

    def _at_cursor(self, cursor: str) -> Place:
        if cursor in (self.remembered, self.arguments.get("start_cursor")):
            raise AutumnSDKError("the server's pages go round in a circle")
        arguments = {**self.arguments, "start_cursor": cursor}
        arguments.pop("offset", None)
        if self.steps == self.lap:
            return Place(arguments, cursor, 0, self.lap * 2)
        return Place(arguments, self.remembered, self.steps + 1, self.lap)


def _with_request(operation: Operation[Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """Lays the arguments over a `request` mapping, in which programs for autumn-sdk pass them."""
    given: dict[str, Any] = {
        name: value
        for name, value in arguments.items()
        if value is not msgspec.UNSET and (value is not None or name in operation.nullable)
    }
    request = given.pop("request", {})
    if not _is_mapping(request) or "request" in request:
        raise TypeError(f"{operation.name}() takes a mapping of its other arguments as request")
    operation.check_fields(request, f"the request of {operation.name}()")
    return {**request, **given}


def _is_mapping(value: object) -> bool:
    return isinstance(value, Mapping)
