"""Lists as the API answers them, one page at a time or all at once."""

import builtins
from typing import Generic, TypeVar

from .base import Integer, Model

T = TypeVar("T")


class Page(Model, Generic[T], frozen=True, kw_only=True, gc=False):
    """A list of the API, or one page of it.

    Pages follow each other by cursor from API 2.3 on, by offset before; lists of features and
    plans come whole and have `list` only.
    """

    list: builtins.list[T]
    """What is on this page."""
    next_cursor: str | None = None
    """Where the next page starts; None on the last one, and in lists by offset."""
    has_more: bool | None = None
    """True if more pages follow; None in most lists by cursor."""
    offset: Integer | None = None
    """How many came before this page; None in lists by cursor."""
    limit: Integer | None = None
    """How many a page holds at most; None in lists by cursor."""
    total: Integer | None = None
    """How many are on this page; None in lists by cursor."""
    total_count: Integer | None = None
    """How many there are in the environment; None where the server doesn't count."""
    total_filtered_count: Integer | None = None
    """How many of them match the filters; None where the server doesn't count."""
