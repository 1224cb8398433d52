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
    together = [
        entry
        for entry in entries
        if entry.lane is None and (known is None or entry.customer_id in known)
    ]
    if len(together) < len(entries):
        yield from _apart(entries, known)
    yield from _chunked(together, None)


def _apart(entries: Iterable[Entry], known: Container[str] | None) -> Iterator[Sealed]:
    unknown: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.lane is not None:
            yield Draft(body=joined([entry.event]), events=1, lane=entry.lane), [entry]
        elif known is not None and entry.customer_id not in known:
            unknown.setdefault(entry.customer_id, []).append(entry)
    for customer, members in unknown.items():
        yield from _chunked(members, customer)


def _chunked(entries: list[Entry], customer: str | None) -> Iterator[Sealed]:
    start = 0
    for events in chunks([entry.event for entry in entries]):
        members = entries[start : start + len(events)]
        start += len(events)
        yield Draft(body=joined(events), events=len(events), customer=customer), members
