"""Generated ids: `<prefix>_` and 27 base-62 characters that sort by time, as KSUIDs do."""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Final

ALPHABET: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SECOND_CHARS: Final = 6
COUNT_CHARS: Final = 8
NOISE_CHARS: Final = 13


class Ids:
    """Makes ids: the second, a running number, and noise that no other maker has.

    Two ids of one second sort in the order in which they were made.
    """

    def __init__(self) -> None:
        self._made = 0
        self._second = -1
        self._stamp = ""
        self._noise = "".join(secrets.choice(ALPHABET) for _ in range(NOISE_CHARS))

    def new(self, prefix: str, now: int) -> str:
        """A new id with this prefix; `now` in milliseconds since the epoch."""
        self._made += 1
        second = now // 1000
        if second != self._second:
            self._second = second
            self._stamp = _base62(max(0, second), SECOND_CHARS)
        return f"{prefix}_{self._stamp}{_base62(self._made, COUNT_CHARS)}{self._noise}"

    def code(self, characters: str, length: int) -> str:
        """A code to be typed in; from the same state on it comes out the same again."""
        self._made += 1
        digest = sha256(f"{self._noise}{self._made}".encode()).digest()
        return "".join(characters[byte % len(characters)] for byte in digest[:length])


def _base62(number: int, length: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 62)
        digits = ALPHABET[digit] + digits
    return digits.rjust(length, "0")
