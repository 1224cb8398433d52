"""The published schemas of API 2.5, as shapes that values can be made of at random."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tests.shared_material import shared


@dataclass
class Field:
    """A field of an object: its type as text, whether it must be there, what lies within it."""

    type: str
    required: bool
    nullable: bool
    within: Shape


@dataclass
class Shape:
    """An object, or several that stand for each other; or a reference to another shape."""

    fields: dict[str, Field] = field(default_factory=dict)
    variants: list[Shape] = field(default_factory=list)
    same_as: str = ""


_LINE = re.compile(r"^( *)- (.*)$")
_FIELD = re.compile(r"`(\w+)`: (.*), (required|optional)(, nullable)?(, default `.*`)?$")


@cache
def shapes() -> dict[str, Shape]:
    """All requests and first answers, by path and `#req` or `#res`."""
    found: dict[str, Shape] = {}
    for section in re.split(
        r"^## POST ", shared("api", "schemas-2.5.0.md").read_text("utf-8"), flags=re.M
    )[1:]:
        path = section.split("\n", 1)[0]
        for kind, text in re.findall(
            r"^(Request|Response) body[^\n]*\n(.*?)(?=\n\n|\Z)", section, re.M | re.S
        ):
            key = f"{path}#{'req' if kind == 'Request' else 'res'}"
            found.setdefault(key, _shape(text.splitlines()))
    return found


def _shape(lines: list[str]) -> Shape:
    shape, place = Shape(), [(-1, Shape())]
    place[0] = (-1, shape)
    for line in filter(None, map(_LINE.match, lines)):
        depth, text = len(line[1]), line[2]
        while place[-1][0] >= depth:
            place.pop()
        inner, outer = Shape(), place[-1][1]
        if text.startswith("variant "):
            outer.variants.append(inner)
        elif text.startswith("(same fields as"):
            outer.same_as = text.split("`")[1]
        elif (parts := _FIELD.match(text)) is not None:
            name, kind, presence, nullable, default = parts.groups()
            always = presence == "required" or (kind.startswith("enum(") and bool(default))
            outer.fields[name] = Field(kind, always, bool(nullable), inner)
        place.append((depth, inner))
    return shape


def objects(shape: Shape) -> Iterator[Shape]:
    """The shapes that an object may have, references followed."""
    if shape.same_as:
        root, _, rest = shape.same_as.partition("#")
        kind, *steps = rest.split(".")
        target = shapes()[f"{root}#{kind}"]
        for step in steps:
            target = next(one for one in objects(target) if step in one.fields).fields[step].within
        yield from objects(target)
    elif shape.variants:
        for variant in shape.variants:
            yield from objects(variant)
    elif "is_unknown" not in shape.fields:  # what the official client makes of what it can't name
        yield shape


TYPED = {
    "to": "inf",
    "tiers": {"to": 5, "amount": 1},
    "payment_method": {"id": "pm_1"},
}
"""What stands where the schema says no more than `any`, and there is more to say."""


class Maker:
    """Makes values of shapes, sparser the deeper they lie."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)

    def of(self, shape: Shape, depth: int = 0) -> dict[str, Any]:
        """An object."""
        chosen = self._random.choice([*objects(shape)])
        made = {}
        for name, what in chosen.fields.items():
            if what.required or self._random.random() < 0.8 - 0.08 * depth:
                is_null = what.nullable and self._random.random() < 0.3
                made[name] = None if is_null else self._value(name, what.type, what.within, depth)
        return made

    def _value(self, name: str, kind: str, within: Shape, depth: int) -> Any:
        options = [option for option in _split(kind) if option not in ("any", "null")] or ["any"]
        kind = self._random.choice(options)
        several = range(self._random.randint(0, 2 if depth < 4 else 1))
        if kind.startswith("array of "):
            return [self._value(name, kind[9:], within, depth + 1) for _ in several]
        if kind.startswith("map<string, "):
            inner = kind[12:-1]
            return {f"key {n}": self._value(name, inner, within, depth + 1) for n in several}
        if "enum(" in kind:
            words = json.loads(f"[{kind[kind.index('(') + 1 : -1]}]")
            return self._random.choice([*words, "new_word"] if kind[0] == "o" else words)
        if kind == "object":
            return self.of(within, depth + 1)
        return (
            self._random.choice(_PLAIN[kind]) if kind != "any" else TYPED.get(name, {"a": [None]})
        )


_PLAIN: dict[str, list[Any]] = {
    "string": ["a", "pro plan", "ünïcödé ✓"],
    "number": [0, 1, -2.5, 1795353002812],
    "integer": [0, 3, 1795353002812],
    "boolean": [True, False],
}


def _split(kind: str) -> list[str]:
    """The members of a union, those in brackets taken out of them."""
    depth, parts = 0, [""]
    for piece in re.split(r"(\(|\)| or )", kind):
        depth += (piece == "(") - (piece == ")")
        if piece == " or " and depth == 0:
            parts.append("")
        else:
            parts[-1] += piece
    if len(parts) > 1 or not parts[0].startswith("("):
        return parts
    return _split(parts[0][1:-1])
