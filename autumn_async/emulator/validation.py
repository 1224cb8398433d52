"""Request bodies: which fields, of which type, within which bounds, and the server's texts.

A check takes a JSON value and its path, notes what is wrong with it, and returns it in the
form that operations work with (numbers in range, unknown fields dropped, defaults filled in).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final, NamedTuple

from .domain.amounts import exact
from .domain.failures import ApiError, not_emulated
from .domain.intervals import EARLIEST, LATEST
from .json_types import is_array, is_object

Issue = tuple[str, str]
Issues = list[Issue]
Check = Callable[[Any, str, Issues], Any]
Rule = Callable[[dict[str, Any]], Sequence[Issue]]
"""A rule over a whole object: (path below the object, text) of everything it finds wrong."""

MISSING: Final = object()


class Shape:
    """An object with declared fields; it is itself a check, so shapes nest.

    Rules look at an object only when its fields are in order. Fields in `unserved` are
    Autumn's, but not the emulator's: giving one is answered by 501. A strict shape refuses
    fields that it doesn't know; any other drops them.
    """

    def __init__(
        self,
        fields: Mapping[str, Field],
        *,
        rules: Sequence[Rule] = (),
        unserved: Sequence[str] = (),
        strict: bool = False,
    ) -> None:
        self._fields = [
            (name, field.check, field.required, field.nullable, field.default)
            for name, field in fields.items()
        ]
        self._rules = rules
        self._unserved = frozenset(unserved)
        self._known = frozenset(fields) if strict else None

    def __call__(self, value: Any, path: str, issues: Issues) -> dict[str, Any]:
        if not is_object(value):
            issues.append((path, _expected("object", value)))
            return {}
        known = len(issues)
        prefix = f"{path}." if path else ""
        cleaned = self._clean(value, prefix, issues)
        if self._known is not None and (odd := sorted(value.keys() - self._known)):
            names = ", ".join(f'"{name}"' for name in odd)
            issues.append((path, f"Unrecognized key{'s' if len(odd) > 1 else ''}: {names}"))
        if len(issues) == known:
            for rule in self._rules:
                for below, wrong in rule(cleaned):
                    issues.append((prefix + below if below else path, wrong))
        if len(issues) == known:
            self._refuse_unserved(value, prefix)
        return cleaned

    def _clean(self, body: dict[str, Any], prefix: str, issues: Issues) -> dict[str, Any]:
        cleaned: dict[str, Any] = {}
        for name, check, required, nullable, default in self._fields:
            value = body.get(name, MISSING)
            if value is MISSING:
                if required:
                    check(MISSING, prefix + name, issues)
                elif default is not MISSING:
                    cleaned[name] = default
            elif value is None and nullable:
                cleaned[name] = None
            else:
                cleaned[name] = check(value, prefix + name, issues)
        return cleaned

    def _refuse_unserved(self, body: dict[str, Any], prefix: str) -> None:
        given = self._unserved & body.keys()
        for name in sorted(given):
            if body[name] is not None:
                raise not_emulated(f"the parameter {prefix}{name}")


class Field(NamedTuple):
    """One field of a shape."""

    check: Check
    required: bool = False
    nullable: bool = False
    default: Any = MISSING


def required(check: Check, *, nullable: bool = False) -> Field:
    return Field(check, required=True, nullable=nullable)


def optional(check: Check, *, nullable: bool = False, default: Any = MISSING) -> Field:
    return Field(check, nullable=nullable, default=default)


def parse(check: Check, body: object) -> Any:
    """The cleaned body, or the 400 that lists everything wrong with it."""
    issues: Issues = []
    cleaned = check(body, "", issues)
    if issues:
        texts = [f"{path or 'input'}: {text}" for path, text in issues]
        message = texts[0] if len(texts) == 1 else f"[Validation Errors] {'; '.join(texts)}"
        raise ApiError(400, "invalid_inputs", message)
    return cleaned


def text(*rules: tuple[re.Pattern[str], str]) -> Check:
    """A string; each rule is a pattern that must match it, and the text if it doesn't."""

    def check(value: Any, path: str, issues: Issues) -> Any:
        if isinstance(value, str):
            issues += [(path, wrong) for pattern, wrong in rules if not pattern.search(value)]
        else:
            issues.append((path, _must_be("a string", value)))
        return value

    return check


def number(
    least: float | None = None, most: float | None = None, *, from_text: bool = False
) -> Check:
    """A finite number; `from_text` takes numeric strings too."""

    def check(value: Any, path: str, issues: Issues) -> Any:
        if from_text and isinstance(value, str) and _NUMERIC.fullmatch(value):
            value = float(value)
        if isinstance(value, bool) or not isinstance(value, int | float):
            issues.append((path, _must_be("a number", value)))
            return 0
        if not _in_range(value):
            issues.append((path, "must be a number (received number)"))
            return 0
        if least is not None and value < least:
            issues.append((path, f"Too small: expected number to be >={least}"))
        if most is not None and value > most:
            issues.append((path, f"Too big: expected number to be <={most}"))
        return _plain(value)

    return check


def integer(least: float | None = None, most: float | None = None) -> Check:
    """A whole number."""
    is_number = number(least, most)

    def check(value: Any, path: str, issues: Issues) -> Any:
        clean: float = is_number(value, path, issues)
        if clean != int(clean):
            issues.append((path, _NOT_WHOLE))
        return clean

    return check


def moment(*, whole: bool = False) -> Check:
    """Milliseconds since the epoch, cut to an integer between the years 1 and 9999."""
    is_number = number()

    def check(value: Any, path: str, issues: Issues) -> int:
        clean: float = is_number(value, path, issues)
        if whole and clean != int(clean):
            issues.append((path, _NOT_WHOLE))
        return max(EARLIEST, min(LATEST, int(clean)))

    return check


def boolean(value: Any, path: str, issues: Issues) -> Any:
    if not isinstance(value, bool):
        issues.append((path, _must_be("a boolean", value)))
    return value


def anything(value: Any, path: str, issues: Issues) -> Any:
    return value


def choice(*values: str) -> Check:
    def check(value: Any, path: str, issues: Issues) -> Any:
        if not isinstance(value, str) or value not in values:
            issues.append((path, f"must be one of: {', '.join(values)}"))
        return value

    return check


def record(each: Check = anything) -> Check:
    """An object with keys of the caller's choosing."""

    def check(value: Any, path: str, issues: Issues) -> Any:
        if not is_object(value):
            issues.append((path, _expected("record", value)))
            return {}
        return {key: each(entry, f"{path}.{key}", issues) for key, entry in value.items()}

    return check


def array(each: Check, *, least: int = 0, most: int | None = None, empty: str = "") -> Check:
    """An array; `empty` is the text for one with too few items."""

    def check(value: Any, path: str, issues: Issues) -> Any:
        if not is_array(value):
            issues.append((path, _expected("array", value)))
            return []
        if len(value) < least:
            issues.append((path, empty or f"Too small: expected array to have >={least} items"))
        if most is not None and len(value) > most:
            issues.append((path, f"Too big: expected array to have <={most} items"))
            return []
        prefix = f"{path}." if path else ""
        return [each(item, f"{prefix}{index}", issues) for index, item in enumerate(value)]

    return check


def text_or_texts(value: Any, path: str, issues: Issues) -> list[str]:
    """A string or an array of strings; always cleaned to a list."""
    items = value if is_array(value) else [value]
    if not all(isinstance(item, str) for item in items):
        issues.append((path, "Invalid input"))
    return items


_NOT_WHOLE: Final = "Invalid input: expected int, received number"
_NUMERIC = re.compile(r"-?\d+(\.\d+)?")
_NOUNS: Final[dict[type, str]] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


def _must_be(noun: str, value: object) -> str:
    return f"must be {noun} (received {_noun(value)})"


def _expected(noun: str, value: object) -> str:
    return f"Invalid input: expected {noun}, received {_noun(value)}"


def _noun(value: object) -> str:
    return "undefined" if value is MISSING else _NOUNS[type(value)]


def _in_range(value: float) -> bool:
    """JSON integers may be longer than a double can hold."""
    try:
        return isfinite(value)
    except OverflowError:
        return False


def _plain(value: float) -> float:
    """The number as JavaScript holds it: no integers beyond 2**53, but all decimals."""
    if isinstance(value, int):
        return exact(value)
    return int(value) if value.is_integer() and abs(value) < 1e15 else value
