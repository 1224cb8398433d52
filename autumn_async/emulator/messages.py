"""What comes in and what goes out, without HTTP."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

NO_HEADERS: Final[Mapping[str, str]] = {}

_HOST: Final = re.compile(r"[\w.:\[\]-]+", re.ASCII)


class Reply(NamedTuple):
    """An answer: its status and its body, JSON unless its headers say otherwise."""

    status: int
    body: bytes
    headers: Mapping[str, str] = NO_HEADERS


class Request(NamedTuple):
    """One request. Header names are in lower case.

    `fails`: whatever comes of it, the caller will be told of an error of the server.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""
    query: str = ""
    fails: bool = False

    @property
    def origin(self) -> str:
        """The address by which the client knows this server."""
        host = self.headers.get("host", "")
        return f"http://{host if _HOST.fullmatch(host) else '127.0.0.1'}"

    @property
    def of_browser(self) -> bool:
        return "text/html" in self.headers.get("accept", "")
