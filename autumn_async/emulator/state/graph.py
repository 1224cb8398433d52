"""Objects of the domain as plain data, and back.

The state is a graph: rows point to features, subscriptions to versions of plans, plans to their
versions and back. It is written as a list of numbered nodes that name each other by number, so
that shared things stay shared and circles do no harm. Nothing here knows what the domain holds:
a class of `domain/` is kept by its fields, whichever it has.

Unlike a pickle, such data can't make anything run: reading it only fills in the fields of classes
of `domain/`, and none of their code takes part.
"""

from __future__ import annotations

import sys
from array import array
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any, Final, TypeGuard

import msgspec
from msgspec import Struct
from msgspec.structs import force_setattr

from ..errors import StateError
from ..json_types import is_array, is_object

DOMAIN: Final = f"{__name__.removesuffix('state.graph')}domain."

INT64: Final = range(-(2**63), 2**64)
TUPLE: Final = "tuple"
FROZENSET: Final = "frozenset"
LONG: Final = "int"
ARRAY: Final = "array"
WHOLE: Final = ("q", "I")
"""The arrays of integers that the domain keeps; others are of floats."""
ATOMS: Final = (type(None), bool, float, str, bytes)

_new_tuple: Final[Callable[..., Any]] = getattr(tuple, "__new__")  # noqa: B009
_CONTAINERS: Final[dict[str, Callable[[], Any]]] = {
    kind.__name__: kind for kind in (list, dict, OrderedDict, set, deque)
}


def encode(root: object) -> bytes:
    """The data of everything that can be reached from an object."""
    encoder = _Encoder()
    return msgspec.msgpack.encode((encoder.value(root), encoder.nodes(), encoder.shapes))


def decode(data: bytes) -> Any:
    """Such an object again. Raises `StateError` for data that isn't one, or not of this version."""
    try:
        root, nodes, shapes = msgspec.msgpack.decode(data)
        return _Decoder(nodes, shapes).restored(root)
    except StateError:
        raise
    except Exception as error:
        raise StateError(f"this is no state of an Autumn emulator: {error}") from error


class _Encoder:
    """Numbers the objects it meets; they are written one after the other, not in each other."""

    def __init__(self) -> None:
        self.shapes: dict[str, list[str] | None] = {}
        """The fields of each class; None for classes whose objects have names of their own."""
        self._numbers: dict[int, int] = {}
        self._met: list[object] = []

    def nodes(self) -> list[Any]:
        """Everything that was met, and what is met on the way."""
        return [self._node(thing) for thing in _growing(self._met)]

    def value(self, value: object) -> Any:
        """As it stands where it is used: an atom, a number of a node, or a marked list."""
        kind: type[Any] = type(value)
        if kind in ATOMS:
            return value
        if isinstance(value, int):
            return value if value in INT64 else [LONG, str(value)]
        if _is_tuple(value):
            name = TUPLE if kind is tuple else self._named(kind)
            return [name, *map(self.value, value)]
        if _is_frozenset(value):
            return [FROZENSET, *map(self.value, value)]
        return [self._number(value)]

    def _number(self, thing: object) -> int:
        number = self._numbers.setdefault(id(thing), len(self._met))
        if number == len(self._met):
            self._met.append(thing)
        return number

    def _node(self, thing: object) -> list[Any]:
        kind: type[object] = type(thing)
        if isinstance(thing, array):
            return [ARRAY, thing.typecode, thing.tolist()]
        name = kind.__name__
        if _CONTAINERS.get(name) is kind:
            return [name, *map(self.value, _parts(thing))]
        name = self._named(kind)
        names = self.shapes[name]
        if names is None:
            return [name, *map(self.value, _flat(vars(thing)))]
        return [name, *[self.value(getattr(thing, each)) for each in names]]

    def _named(self, kind: type) -> str:
        name = f"{kind.__module__}.{kind.__qualname__}"
        if not name.startswith(DOMAIN):
            raise StateError(f"the emulator's state holds a {name}, which can't be kept")
        name = name.removeprefix(DOMAIN)
        if name not in self.shapes:
            self.shapes[name] = _shape(kind)
        return name


class _Decoder:
    """Makes all objects first, empty; then fills them in."""

    def __init__(self, nodes: list[list[Any]], shapes: dict[str, list[str] | None]) -> None:
        self._classes = {name: _class(name, shape) for name, shape in shapes.items()}
        self._shapes = shapes
        self._nodes = nodes
        self._things = [self._empty(node) for node in nodes]

    def restored(self, root: object) -> Any:
        """Fields come before containers: what is hashed by its fields must have them by then."""
        containers: list[tuple[Any, list[Any]]] = []
        for thing, node in zip(self._things, self._nodes, strict=True):
            if node[0] in _CONTAINERS:
                containers.append((thing, node))
            elif node[0] != ARRAY:
                self._fill(thing, node)
        for thing, node in containers:
            _refill(thing, [self._value(each) for each in node[1:]])
        return self._value(root)

    def _empty(self, node: list[Any]) -> Any:
        name = node[0]
        if name == ARRAY:
            return _array_of(node[1], node[2])
        if name in _CONTAINERS:
            thing: Any = _CONTAINERS[name]()
            return thing
        return _hollow(self._classes[name])

    def _fill(self, thing: Any, node: list[Any]) -> None:
        names = self._shapes[node[0]]
        values = [self._value(each) for each in node[1:]]
        pairs = _pairs(values) if names is None else zip(names, values, strict=True)
        fill = force_setattr if isinstance(thing, Struct) else setattr
        for name, value in pairs:
            fill(thing, name, value)

    def _value(self, value: Any) -> Any:
        if not is_array(value):
            return value
        mark = value[0]
        if isinstance(mark, int):
            return self._things[mark]
        if mark == LONG:
            return int(value[1])
        parts = map(self._value, value[1:])
        if mark == TUPLE:
            return tuple(parts)
        if mark == FROZENSET:
            return frozenset(parts)
        return _new_tuple(self._classes[mark], parts)


def _growing(things: list[object]) -> Iterator[object]:
    """The members of a list that grows while they are looked at."""
    index = 0
    while index < len(things):
        yield things[index]
        index += 1


def _hollow(kind: type[object]) -> Any:
    """An object without its contents."""
    if issubclass(kind, Struct):
        # Made of lists: else the garbage collector would never look at what comes in their place.
        return kind(*[[] for _ in kind.__struct_fields__])
    return object.__new__(kind)


def _array_of(typecode: Any, values: Any) -> Any:
    if typecode in WHOLE:
        return array(typecode, values)
    return array("d", values)


def _is_tuple(value: object) -> TypeGuard[tuple[object, ...]]:
    return isinstance(value, tuple)


def _is_class(value: object) -> TypeGuard[type[object]]:
    return isinstance(value, type)


def _is_frozenset(value: object) -> TypeGuard[frozenset[object]]:
    return isinstance(value, frozenset)


def _parts(container: Any) -> list[object]:
    flat = hasattr(container, "items")
    return _flat(container) if flat else list(container)


def _flat(mapping: Mapping[Any, object]) -> list[object]:
    return [each for pair in mapping.items() for each in pair]


def _pairs(flat: list[Any]) -> Iterator[tuple[Any, Any]]:
    return zip(flat[::2], flat[1::2], strict=True)


def _refill(thing: Any, parts: list[Any]) -> None:
    if is_object(thing):
        thing.update(_pairs(parts))
    else:
        add_all = getattr(thing, "update", None) or thing.extend
        add_all(parts)


def _shape(kind: Any) -> list[str] | None:
    """The fields of a class; None where each object has a `__dict__` of its own."""
    if issubclass(kind, Struct):
        return list(kind.__struct_fields__)
    if fields_of_tuple := getattr(kind, "_fields", None):
        return list(fields_of_tuple)
    if kind.__dictoffset__:
        return None
    return [name for each in kind.__mro__ for name in getattr(each, "__slots__", ())]


@cache
def _module(name: str) -> Any:
    """A module of the domain; no other can be named."""
    return sys.modules.get(DOMAIN + name) or import_module(DOMAIN + name)


def _class(name: str, shape: list[str] | None) -> type[object]:
    """The class of that name; it must have the fields that were written."""
    module, _, path = name.rpartition(".")
    found: Any = getattr(_module(module), path, None) if module.isidentifier() else None
    if not _is_class(found) or found.__module__ != DOMAIN + module or _shape(found) != shape:
        raise StateError(f"the state is of another version of the emulator: {name} has changed")
    return found
