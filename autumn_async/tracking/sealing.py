"""Events become segments."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence

from .receipts import Entry
from .segments import Draft, chunks, joined

Sealed = tuple[Draft, Sequence[Entry]]
"""A segment to be, and what it is made of."""


def drafts_of(entries: Sequence[Entry], known: Container[str] | None) -> Iterator[Sealed]:
    """The events as segments: together, but for ordered ones and those of unknown customers.

    Args:
        entries: The events.
        known: The customers that exist; None if that need not be asked.
    """
    events = [
        entry.event
        for entry in entries
        if entry.lane is None and (known is None or entry.customer_id in known)
    ]
    if len(events) == len(entries):  # as a rule; a look at each event costs
        yield from _chunked(entries, events, None)
        return
    yield from _apart(entries, known)


def _apart(entries: Iterable[Entry], known: Container[str] | None) -> Iterator[Sealed]:
    together: list[Entry] = []
    unknown: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.lane is not None:
            yield Draft(body=joined([entry.event]), events=1, lane=entry.lane), [entry]
        elif known is None or entry.customer_id in known:
            together.append(entry)
        else:
            unknown.setdefault(entry.customer_id, []).append(entry)
    for customer, members in unknown.items():
        yield from _chunked(members, [entry.event for entry in members], customer)
    yield from _chunked(together, [entry.event for entry in together], None)


def _chunked(
    entries: Sequence[Entry], events: Sequence[bytes], customer: str | None
) -> Iterator[Sealed]:
    start = 0
    for piece in chunks(events):
        members = entries[start : start + len(piece)]
        start += len(piece)
        yield Draft(body=joined(piece), events=len(piece), customer=customer), members
