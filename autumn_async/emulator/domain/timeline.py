"""Things in the order of their moments, read newest first and page by page."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Iterator
from math import inf
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")


class Place(NamedTuple):
    """A place in a timeline. Things of one moment keep the order in which they came."""

    moment: float
    sequence: float

    @classmethod
    def before(cls, moment: int) -> Place:
        """Older than everything of that moment."""
        return cls(moment, -inf)


class Timeline(Generic[T]):
    """A sorted list that is cheap to append to and to page through from the newest end."""

    def __init__(self) -> None:
        self._places: list[Place] = []
        self._things: dict[Place, T] = {}
        self._added = 0

    def __len__(self) -> int:
        return len(self._places)

    def add(self, moment: int, thing: T) -> None:
        """Appends in constant time, unless the moment lies before the newest one."""
        self._added += 1
        place = Place(moment, self._added)
        self._things[place] = thing
        if not self._places or self._places[-1] < place:
            self._places.append(place)
        else:
            insort(self._places, place)

    def remove(self, moment: int, thing: T) -> None:
        index = bisect_left(self._places, Place.before(moment))
        while self._things[self._places[index]] is not thing:
            index += 1
        del self._things[self._places.pop(index)]

    def older_than(self, place: Place | None) -> Iterator[tuple[Place, T]]:
        """From the newest one before that place on down; None starts at the newest of all."""
        end = len(self._places) if place is None else bisect_left(self._places, place)
        for index in range(end - 1, -1, -1):
            yield self._places[index], self._things[self._places[index]]

    def newer_than(self, place: Place | None) -> Iterator[tuple[Place, T]]:
        """From the oldest one after that place on up; None starts at the oldest of all."""
        start = 0 if place is None else bisect_left(self._places, place)
        for index in range(start, len(self._places)):
            if self._places[index] != place:
                yield self._places[index], self._things[self._places[index]]
