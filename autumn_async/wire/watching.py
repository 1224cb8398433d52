"""Letting others know of usage: before it is sent, and when its fate is known.

A client whose usage nobody watches pays one look at an empty list for each call that changes
something.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar
from weakref import ReferenceType, ref

from ..errors import AutumnSDKError

if TYPE_CHECKING:
    from .call import Call

T = TypeVar("T")

Pair = tuple[str, str | None, str | None]
"""A customer, and the feature or the event name."""

Units = tuple[Pair, float]
"""So much of it; negative if given back."""


class Watcher:
    """Is told of usage, on any thread. Told of usage that ends, it was told of it before."""

    __slots__ = ("__weakref__",)

    def tracked(self, usage: Iterable[Units]) -> None:
        """Usage was taken by a tracker, which will send it."""
        raise NotImplementedError

    def taken(self, usage: Iterable[Units]) -> None:
        """Autumn has taken such usage, or may have, and applies it soon."""
        raise NotImplementedError

    def dropped(self, usage: Iterable[Units]) -> None:
        """Such usage will never count."""
        raise NotImplementedError

    def began(self, call: Call) -> Callable[[object], None]:
        """A call that changes something is about to be sent. Returns what is to be told the end:
        the answer, an `AutumnSDKError`, or None where nobody knows."""
        raise NotImplementedError


class Watchers(list["ReferenceType[Watcher]"]):
    """Those who watch one client. Who has no other owner is forgotten."""

    def add(self, watcher: Watcher) -> None:
        """Lets somebody watch."""
        self.append(ref(watcher, self.remove))

    def alive(self) -> Iterator[Watcher]:
        """All of them."""
        for reference in tuple(self):
            watcher = reference()
            if watcher is not None:
                yield watcher


async def watched(watchers: Watchers, call: Call, answering: Coroutine[Any, Any, T]) -> T:
    """Makes a call, and lets those who watch know of its beginning and its end."""
    endings = [watcher.began(call) for watcher in watchers.alive()]
    outcome: object = None
    try:
        outcome = answer = await answering
    except AutumnSDKError as error:
        outcome = error
        raise
    finally:
        for ended in endings:
            ended(outcome)
        del outcome  # an exception must not be referred to by its own frames
    return answer
