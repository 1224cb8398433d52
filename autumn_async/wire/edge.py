"""Reads may be asked of the edge first, which answers in milliseconds or not at all."""

from __future__ import annotations

from time import monotonic

import aiohttp
import msgspec
from yarl import URL

from ..errors import AutumnConnectionError, AutumnTimeoutError
from ..settings import EDGE_TIMEOUT_MS
from .transport import Incoming, Outgoing, Transport

FORWARDED = "x-atom-forwarded"
"""The edge sets it on what the API itself has answered, errors included."""


async def ask_edge_first(
    transport: Transport, request: Outgoing, edge: URL, timeout: aiohttp.ClientTimeout
) -> Incoming:
    """The edge's answer or, where the edge is down, the API's in what is left of the time.

    Only for calls that change nothing: the API may have seen a call that the edge lost.
    """
    limit = timeout.total or 0
    until = monotonic() + limit
    at_edge = msgspec.structs.replace(request, url=edge)
    short = aiohttp.ClientTimeout(total=min(limit, EDGE_TIMEOUT_MS / 1000))
    try:
        answer = await transport.send(at_edge, short)
        left = until - monotonic()
        if left <= 0 or not _edge_is_down(answer):
            return msgspec.structs.replace(answer, edge=FORWARDED not in answer.headers)
    except (AutumnConnectionError, AutumnTimeoutError):
        left = until - monotonic()
        if left <= 0:
            raise
    return await transport.send(request, aiohttp.ClientTimeout(total=left))


def _edge_is_down(answer: Incoming) -> bool:
    return answer.status >= 500 and FORWARDED not in answer.headers
