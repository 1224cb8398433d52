"""Events of one name as columns: what is added up lies side by side, texts are small numbers."""

from __future__ import annotations

from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .events import Event
    from .timeline import Place

MISSING: Final = 0
"""The code of what an event doesn't have."""
NOBODY: Final = -1
"""The code of a value that no event has."""
MOST_COLUMNS: Final = 32
"""Attributes that a series keeps a column for; callers may invent any number of names."""


Codes = dict[str, int]
"""The codes of an event's attributes, by their names."""


class Coding:
    """Numbers for the values of one attribute, the same in every series."""

    __slots__ = ("codes", "values")

    def __init__(self) -> None:
        self.codes: dict[object, int] = {}
        self.values: list[object] = [None]
        """By code; nothing has the code of what is missing."""

    def code(self, value: object) -> int:
        code = self.codes.get(value)
        if code is None:
            code = self.codes[value] = len(self.values)
            self.values.append(value)
        return code

    def find(self, value: object) -> int:
        """The code of a value, or one that nothing has."""
        return self.codes.get(value, NOBODY)

    def forget(self, value: object) -> None:
        self.values[self.codes.pop(value, MISSING)] = None


class Codings:
    """The coding of each attribute."""

    __slots__ = ("_by_name",)

    def __init__(self) -> None:
        self._by_name: dict[str, Coding] = {}

    def of(self, name: str) -> Coding:
        """The coding of an attribute; without effect if it has none yet."""
        return self._by_name.get(name) or Coding()

    def codes(self, attributes: Mapping[str, object]) -> Codes:
        codes: Codes = {}
        for name, value in attributes.items():
            coding = self._by_name.get(name)
            if coding is None:
                coding = self._by_name[name] = Coding()
            codes[name] = coding.code(value)
        return codes

    def forget(self, name: str, value: object) -> None:
        """To be called when no event has the value any more."""
        self.of(name).forget(value)


class Series:
    """Events of one name in the order of their moments."""

    __slots__ = ("_columns", "codings", "events", "moments", "values")

    def __init__(self, codings: Codings) -> None:
        self.codings: Codings = codings
        self.events: list[Event] = []
        self.moments: array[int] = array("q")
        self.values: array[float] = array("d")
        self._columns: dict[str, array[int]] = {}
        """Codes by attribute. A column may end before the events do; the rest is missing."""

    def add(self, event: Event, codes: Codes) -> None:
        """Appends, or inserts an event that lies in the past, with the codes of its attributes."""
        index = len(self.events)
        if index and event.timestamp < self.moments[-1]:
            index = bisect_right(self.moments, event.timestamp)
            self._make_room(index, codes)
        self.events.insert(index, event)
        self.moments.insert(index, event.timestamp)
        self.values.insert(index, event.value)
        for name, code in codes.items():
            column = self._columns.get(name)
            if column is None:
                if len(self._columns) == MOST_COLUMNS:
                    continue
                column = self._columns[name] = array("I")
            if len(column) < index:
                _pad(column, index)
            column.insert(index, code)

    def _make_room(self, index: int, codes: Codes) -> None:
        """In the columns of what the event doesn't have."""
        for name, column in self._columns.items():
            if len(column) > index and name not in codes:
                column.insert(index, MISSING)

    def column(self, name: str) -> Sequence[int]:
        """The codes of one attribute of every event."""
        column = self._columns.get(name)
        if column is None and len(self._columns) == MOST_COLUMNS:
            return self._read(name)
        if column is None:
            column = array("I")
        _pad(column, len(self.events))
        return column

    def _read(self, name: str) -> Sequence[int]:
        """A column that isn't kept."""
        codes = self.codings.of(name).codes
        return [codes.get(event.attributes().get(name), MISSING) for event in self.events]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The positions of the events from `start` to before `end`."""
        return bisect_left(self.moments, start), bisect_left(self.moments, end)

    def older_than(self, place: Place | None) -> Iterator[Event]:
        """From the newest one before that place on down; None starts at the newest of all."""
        end = len(self.events)
        if place is not None:
            end = bisect_left(self.events, place, key=_place)
        return (self.events[index] for index in range(end - 1, -1, -1))


def _pad(column: array[int], length: int) -> None:
    column.extend(repeat(MISSING, length - len(column)))


def _place(event: Event) -> Place:
    return event.place
