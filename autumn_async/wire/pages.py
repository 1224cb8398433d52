"""Lists: one page to look at, or all items one after another, whatever the envelope.

API versions up to 2.2.0 page by offset, later ones by cursor. Both answers are one `Page`, and
what follows a page can be told from it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping
from typing import Any, Generic, TypeVar

import msgspec

from ..models.pages import Page
from .caller import Caller
from .operation import Operation

T = TypeVar("T")


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
        self.arguments = _with_request(operation, arguments)

    def __await__(self) -> Generator[Any, Any, Page[T]]:
        return self.fetch(self.arguments).__await__()

    async def __aiter__(self) -> AsyncIterator[T]:
        async for page in self.pages():
            for item in page.list:
                yield item

    async def pages(self) -> AsyncIterator[Page[T]]:
        """All pages, each fetched when the one before has been used up."""
        arguments: Mapping[str, Any] | None = self.arguments
        while arguments is not None:
            page = await self.fetch(arguments)
            yield page
            arguments = _after(page, arguments)

    async def fetch(self, arguments: Mapping[str, Any]) -> Page[T]:
        """The page that these arguments ask for."""
        options = dict(arguments["options"])
        return await self._caller.call(self._operation, {**arguments, "options": options})


class SyncPage(Page[T], Generic[T], frozen=True, kw_only=True, gc=True, dict=True):
    """A page, and a way on: iterating it gives its items, then those of all pages after it.

    for customer in autumn.customers.list():
    for page in autumn.customers.list().pages():
    """

    def __iter__(self) -> Iterator[T]:
        for page in self.pages():
            yield from page.list

    def pages(self) -> Iterator[Page[T]]:
        """This page and all that follow, each fetched when the one before has been used up."""
        page: SyncPage[T] | None = self
        while page is not None:
            yield page
            following: Callable[[], SyncPage[T] | None] = page.__dict__.get("_following", _nothing)
            page = following()


def sync_page(
    fetch: Callable[[Mapping[str, Any]], Page[T]], arguments: Mapping[str, Any]
) -> SyncPage[T]:
    """The page that these arguments ask for, able to fetch the next by itself."""
    page = fetch(arguments)
    known = SyncPage[T](**{name: getattr(page, name) for name in page.__struct_fields__})
    next_arguments = _after(page, arguments)
    if next_arguments is not None:
        msgspec.structs.force_setattr(known, "_following", lambda: sync_page(fetch, next_arguments))
    return known


def _nothing() -> None:
    return None


def _with_request(operation: Operation[Any], arguments: dict[str, Any]) -> dict[str, Any]:
    """Lays the arguments over a `request` mapping, in which programs for autumn-sdk pass them."""
    request: Mapping[str, Any] = arguments.pop("request", None) or {}
    operation.check_names(request)
    given = {name: value for name, value in arguments.items() if value is not None}
    return {**request, **given}


def _after(page: Page[Any], arguments: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The arguments that ask for the page after this one, or None if it is the last."""
    if page.next_cursor:
        if page.next_cursor == arguments.get("start_cursor"):
            return None  # a server that repeats itself would never end
        following = {**arguments, "start_cursor": page.next_cursor}
        following.pop("offset", None)
        return following
    if page.has_more and page.list:
        offset = arguments.get("offset") or page.offset or 0
        return {**arguments, "offset": offset + len(page.list)}
    return None
