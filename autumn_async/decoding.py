"""Decoders, made one at a time."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from .forks import Rest

T = TypeVar("T")

_one_at_a_time = Rest()


def decoder_of(kind: type[T]) -> msgspec.json.Decoder[T]:
    """A decoder of JSON to a type, which `msgspec.convert` can be used with afterwards, too.

    msgspec gets to know a class when it is first used, and the process crashes if another thread
    uses the class, or one that refers to it, in the middle of that: namespaces are loaded on any
    thread.
    """
    with _one_at_a_time:
        return msgspec.json.Decoder(kind)
