"""A short POST as aiohttp sends it, without what aiohttp has ready for every other request.

aiohttp prepares for queries, cookies, forms, compression and bodies that are produced while they
are sent, by a task of their own. Our requests are a few bytes that are all there, so head and body
go out in one write. A `request_class` is aiohttp's documented way to change how requests are made;
what it has to do isn't documented, so this one serves only where it was compared with aiohttp's.
"""

from __future__ import annotations

from types import FunctionType
from typing import TYPE_CHECKING, Any

import aiohttp
from aiohttp import hdrs
from aiohttp.http import StreamWriter
from multidict import CIMultiDict
from yarl import URL

if TYPE_CHECKING:
    import asyncio

    from aiohttp.connector import Connection

COMPARED = frozenset({"3.14.4", "3.14.5"})
"""The versions of aiohttp with which this has been compared, byte by byte: the tests do that."""

_SHORT = 2**15
"""Bytes of a body up to which an idle connection takes all at once: asyncio stops at 64 KiB."""


class ShortPost(aiohttp.ClientRequest):
    """A POST of a few bytes; what is more than that becomes a request of aiohttp's own kind."""

    _content: bytes = b""
    """The body, if it is sent the short way."""

    proxy = proxy_auth = proxy_headers = None

    def __init__(self, method: str, url: URL, **given: Any) -> None:
        if not _is_short(given):
            super().__init__(method, url, **given)
            return
        self._content = given["data"]
        self.method = method
        self.url = url
        self.original_url: URL = url
        self.headers: CIMultiDict[str] = _headers(url, given["headers"], len(self._content))
        self.version: Any = given["version"]
        self.server_hostname: str | None = given["server_hostname"]
        self.loop: asyncio.AbstractEventLoop = given["loop"]
        self.response_class: type[aiohttp.ClientResponse] = given["response_class"]
        self._session = given["session"]
        self._ssl = given["ssl"]
        self._timer = given["timer"]
        self._traces = given["traces"]

    async def send(self, conn: Connection) -> aiohttp.ClientResponse:
        """Writes the request; the answer is yet to come."""
        if not self._content:
            return await super().send(conn)
        protocol = conn.protocol
        assert protocol is not None
        writer = StreamWriter(protocol, self.loop)
        await writer.write_headers(f"POST {self.url.raw_path_qs} HTTP/1.1", self.headers)
        await writer.write_eof(self._content)
        protocol.start_timeout()
        return self.response_class(
            self.method,
            self.original_url,
            writer=None,
            continue100=None,
            timer=self._timer,
            request_info=self.request_info,
            traces=self._traces,
            loop=self.loop,
            session=self._session,
            stream_writer=writer,
        )


def request_class() -> type[aiohttp.ClientRequest]:
    """What makes the requests of a session of ours: aiohttp's own class, unless ours will do."""
    if aiohttp.__version__ not in COMPARED or not _is_as_it_came(aiohttp.ClientRequest):
        return aiohttp.ClientRequest
    return ShortPost


def _is_as_it_came(kind: type) -> bool:
    """Whether nobody has wrapped what `ShortPost` passes by, as tools for tracing do."""
    methods = {name: vars(kind)[name] for name in ("__init__", "send")}
    return all(
        type(method) is FunctionType and method.__code__.co_name == name
        for name, method in methods.items()
    )


def _is_short(given: dict[str, Any]) -> bool:
    """Whether all of a request is what `ShortPost` can send by itself."""
    return (
        type(given["data"]) is bytes
        and 0 < len(given["data"]) <= _SHORT
        and given["proxy"] is None
        and not given["traces"]
        and hdrs.EXPECT not in given["headers"]
    )


def _headers(url: URL, given: CIMultiDict[str], length: int) -> CIMultiDict[str]:
    """What is given, and what aiohttp adds to it, in aiohttp's order."""
    headers = CIMultiDict[str]()
    headers[hdrs.HOST] = url.host_port_subcomponent or ""
    headers.update(given)
    if hdrs.ACCEPT_ENCODING not in headers:
        headers[hdrs.ACCEPT_ENCODING] = ShortPost.DEFAULT_HEADERS[hdrs.ACCEPT_ENCODING]
    headers[hdrs.CONTENT_LENGTH] = str(length)
    return headers
