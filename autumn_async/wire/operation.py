"""An operation of the API as a value: where it goes, what it answers, how it may be treated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import repeat
from typing import Any, Generic, TypeVar

import msgspec

from ..decoding import decoder_of
from ..settings import CALL_OPTIONS, FAIL_OPEN_OPTIONS, TRANSPORT_OPTIONS, Limits

T = TypeVar("T")
M = TypeVar("M", bound=Callable[..., Any])


class Operation(Generic[T]):
    """What is true of every call of one operation; `declare` ties it to its method."""

    __slots__ = (
        "batch_of",
        "bearer",
        "changes_with",
        "completes",
        "decoder",
        "duplicate",
        "edge",
        "empty",
        "failed_open",
        "fields",
        "ids",
        "key_in_body",
        "limits",
        "name",
        "nullable",
        "one_of",
        "options",
        "parameters",
        "path",
        "reads",
        "required",
        "whole",
    )

    def __init__(
        self,
        name: str,
        path: str,
        answer: type[T],
        limits: Limits,
        *,
        reads: bool = False,
        changes_with: tuple[str, ...] = (),
        key_in_body: bool = False,
        whole: str = "",
        batch_of: Operation[Any] | None = None,
        completes: Mapping[str, Mapping[str, Any]] | None = None,
        one_of: tuple[str, str] | None = None,
        bearer: str = "",
        edge: bool = False,
        empty: Callable[[Mapping[str, Any]], T] | None = None,
        duplicate: Callable[[Mapping[str, Any]], T] | None = None,
        failed_open: T | None = None,
    ) -> None:
        self.name: str = name
        """As callers write it: `check`, `customers.list`."""
        self.path: str = path
        self.decoder: msgspec.json.Decoder[T] = decoder_of(answer)
        self.limits: Limits = limits
        self.reads: bool = reads
        """It changes nothing, so it can be repeated at will."""
        self.changes_with: tuple[str, ...] = changes_with
        """Fields that make it change something after all."""
        self.key_in_body: bool = key_in_body
        """The idempotency key is a field of the body, not a header."""
        self.whole: str = whole
        """The one argument that is the whole body, where there is one."""
        self.batch_of: Operation[Any] | None = batch_of
        """The operation whose bodies are the items of that argument."""
        self.completes: Mapping[str, Mapping[str, Any]] = completes or {}
        """What the server wants inside an argument, and callers need not say."""
        self.one_of: tuple[str, str] | None = one_of
        """Two arguments of which exactly one must be given."""
        self.bearer: str = bearer
        """The argument that authenticates the call, where it is given, in place of the key."""
        self.edge: bool = edge
        """The edge can answer it, as long as it changes nothing."""
        self.empty: Callable[[Mapping[str, Any]], T] | None = empty
        """Makes the answer of a 2xx without a body, from the request's body."""
        self.duplicate: Callable[[Mapping[str, Any]], T] | None = duplicate
        """Makes the answer of a call whose earlier attempt turns out to have been received."""
        self.failed_open: T | None = failed_open
        """The answer while Autumn can't be reached."""
        self.options: frozenset[str] = _options_of(self)
        self.parameters: frozenset[str] = frozenset()
        """The names of its parameters; this and what follows, `declare` finds out."""
        self.required: frozenset[str] = frozenset()
        self.nullable: frozenset[str] = frozenset()
        """Those for which None is sent, as null."""
        self.ids: frozenset[str] = frozenset()
        """Those that hold an id, or several."""
        self.fields: frozenset[str] = frozenset()
        """The fields that its body may have."""

    def declare(self, method: M) -> M:
        """Learns from the method's signature what may be given, what must be, what may be null.

        A parameter takes None as the API's null if its default is UNSET, or if it has no default
        and its annotation allows None. Where the default is None, None means that it isn't given.
        """
        code = method.__code__
        names = code.co_varnames[1 : code.co_argcount + code.co_kwonlyargcount]
        defaults: dict[str, Any] = method.__kwdefaults__ or {}
        self.parameters = frozenset(names)
        self.required = self.parameters - defaults.keys()
        self.nullable = frozenset(
            name
            for name in names
            if defaults.get(name) is msgspec.UNSET
            or (name in self.required and "None" in str(method.__annotations__[name]))
        )
        self.ids = frozenset(name for name in names if is_id(name) or name.endswith("_ids"))
        self.fields = self.parameters | {name.rstrip("_") for name in names}
        if self.key_in_body:
            self.fields |= {"idempotency_key"}
        return method

    def changes(self, body: Any) -> bool:
        """Whether a call with this body changes something on the server."""
        return not self.reads or any(body.get(name) for name in self.changes_with)

    def has_keys(self, body: Any) -> bool:
        """Whether the body is a batch in which every event has an idempotency key."""
        return self.batch_of is not None and all(
            map(dict[str, Any].get, body, repeat("idempotency_key"))
        )

    def take(self, arguments: dict[str, Any], options: dict[str, Any]) -> None:
        """Accepts the call's options, or raises `TypeError` naming the argument that was meant."""
        for name in options.keys() - self.options:
            if f"{name}_" not in self.parameters:
                raise TypeError(self._unexpected(name))
            arguments[f"{name}_"] = options.pop(name)

    def check_fields(self, names: Iterable[str], what: str) -> None:
        """Raises `TypeError` for a name that its body can't have, naming the one that was meant."""
        for name in names:
            if name not in self.fields:
                raise TypeError(f"{what} has no {name!r}; {hint(name, self.fields)}")

    def _unexpected(self, name: str) -> str:
        meant = hint(name, self.parameters | self.options)
        return f"{self.name}() got an unexpected keyword argument {name!r}; {meant}"

    def __repr__(self) -> str:
        return f"<Operation {self.name}>"


def is_id(name: str) -> bool:
    """Whether an empty value of this name is refused: it would mean something else.

    Only the rows of an AI credit system name no feature.
    """
    return name in _OTHER_IDS or (name.endswith("_id") and name != "metered_feature_id")


_OTHER_IDS = frozenset({"code", "event_name", "id", "idempotency_key"})


def hint(name: str, known: frozenset[str]) -> str:
    """Which of the known names was meant, or all of them where none comes near."""
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), 1, 0.5)
    return f"did you mean {near[0]!r}?" if near else f"it takes {', '.join(sorted(known))}"


def _options_of(operation: Operation[Any]) -> frozenset[str]:
    if operation.batch_of is not None:
        return TRANSPORT_OPTIONS
    if operation.failed_open is not None:
        return FAIL_OPEN_OPTIONS
    return CALL_OPTIONS
