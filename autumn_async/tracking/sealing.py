"""Events become segments."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from .receipts import Entry
from .segments import Draft, chunks, joined

Sealed = tuple[Draft, Sequence[Entry]]
"""A segment to be, and what it is made of."""


def drafts_of(entries: Iterable[Entry], is_known: Callable[[str], bool]) -> Iterator[Sealed]:
    """The events as segments: together, but for ordered ones and those of unknown customers."""
    together: list[Entry] = []
    apart: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.lane is not None:
            yield Draft(body=joined([entry.event]), events=1, lane=entry.lane), [entry]
        elif is_known(entry.customer):
            together.append(entry)
        else:
            apart.setdefault(entry.customer, []).append(entry)
    yield from _chunked(together, None)
    for customer, members in apart.items():
        yield from _chunked(members, customer)


def _chunked(entries: list[Entry], customer: str | None) -> Iterator[Sealed]:
    start = 0
    for events in chunks([entry.event for entry in entries]):
        members = entries[start : start + len(events)]
        start += len(events)
        yield Draft(body=joined(events), events=len(events), customer=customer), members
