"""The ground all answers stand on: one base class, three number types, one clock.

Modules of answers leave `from __future__ import annotations` out, unless their classes refer to
each other: msgspec would have to compile each annotation anew from its text, in every process.
"""

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any, ClassVar, TypeAlias, overload

import msgspec

Number: TypeAlias = int | float
"""A JSON number; one that has no fraction stays an `int`."""

Milliseconds: TypeAlias = int | float
"""A point in time: milliseconds since 1970-01-01 UTC."""

if TYPE_CHECKING:
    Integer: TypeAlias = int
else:
    # JSON has one kind of number: a proxy or a stand-in for the server may write 2 as 2.0.
    Integer = int | float

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class Model(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Base of all answers: immutable, compared by value, blind to unknown fields.

    `None` stands for a field that is null and for one that the server left out.
    """

    sent_as_null: ClassVar[frozenset[str]] = frozenset()
    """The fields that an input can't lack: given back to the API, their None is sent as null."""


class SecretModel(Model, frozen=True, kw_only=True, gc=False):
    """Base of answers that carry secrets: these can be read, and show as `***`."""

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    """The fields that are secret."""

    def __repr__(self) -> str:
        """As other answers, with the secrets hidden."""
        fields = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({fields})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """What rich shows in place of msgspec's own, which would show the secrets."""
        fields = [(name, getattr(self, name)) for name in self.__struct_fields__]
        return [(n, "***" if value and n in self.secret_fields else value) for n, value in fields]


@overload
def to_datetime(milliseconds: Milliseconds) -> datetime: ...
@overload
def to_datetime(milliseconds: Milliseconds | None) -> datetime | None: ...
def to_datetime(milliseconds: Milliseconds | None) -> datetime | None:
    """Return the aware UTC datetime of a point in time, or None where there is none.

    Raises:
        OverflowError: the point in time lies outside the years 1 to 9999.
    """
    if milliseconds is None:
        return None
    return EPOCH + timedelta(milliseconds=milliseconds)
