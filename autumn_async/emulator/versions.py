"""The forms that the `x-api-version` header may take."""

from __future__ import annotations

from typing import Final

from .domain.failures import ApiError

Version = tuple[int, int, int]

NEWEST_RECORDED: Final[Version] = (2, 3, 0)
"""What a request without the header gets: the newest version whose answers are known."""

NEWEST: Final[Version] = (2, 5, 0)

_KNOWN: Final = {
    "2.5.0": (2, 5, 0),
    "2.4.0": (2, 4, 0),
    "2.3.0": (2, 3, 0),
    "2.2.0": (2, 2, 0),
    "2.1.0": (2, 1, 0),
    "2.0.0": (2, 0, 0),
    "1.2.0": (1, 2, 0),
    "1.1.0": (1, 1, 0),
    "0.2.0": (0, 2, 0),
    "0.1.0": (0, 1, 0),
    "beta": (2, 0, 0),
    "2026-05-13": (2, 3, 0),
    "2026-03-18": (2, 2, 0),
    "2026-03-17": (2, 1, 0),
    "2026-03-16": (2, 0, 0),
    "2025-05-05": (1, 2, 0),
    "2025-04-17": (1, 1, 0),
    "2025-04-01": (0, 2, 0),
    "2025-02-01": (0, 1, 0),
}


def parse_version(header: str | None) -> Version:
    """The version a header asks for; 2.3 and a date with a `.clover` suffix will do."""
    if header is None:
        return NEWEST_RECORDED
    form = header.removesuffix(".clover") if header.startswith("20") else header
    known = _KNOWN.get(form) or _KNOWN.get(f"{form}.0") or _KNOWN.get(f"{form}.0.0")
    if known is None:
        message = f'"{header}" is not a valid API version'
        raise ApiError(400, "invalid_api_version", message)
    return known
