"""Drives the official client, in an environment that has it and nothing of ours.

Reads one JSON object a line from stdin, answers each with one JSON object a line on stdout:

    {"do": "instances", "call": "plans.get", "seed": 1, "count": 9}   -> {"bodies": [...]}
    {"do": "requests", "call": "plans.get", "seed": 1, "count": 9}    -> {"requests": [{...}]}
    {"do": "known", "call": "plans.get", "arguments": {...}, "bare_from": 9}
                                                                      -> {"arguments": {...}}
    {"do": "call", "call": "plans.get", "arguments": {...}, "url": "http://..."}
                                                                      -> {"error": null}

Calls are named by namespace and method, as callers write them.
"""

from __future__ import annotations

import inspect
import json
import random
import sys
import types
import typing
import warnings
from collections.abc import Callable, Iterator
from operator import attrgetter
from typing import Any, Literal, Union, get_args, get_origin

import pydantic
from autumn_sdk import Autumn
from autumn_sdk.types.basemodel import UnrecognizedStr, Unset
from autumn_sdk.utils.serializers import marshal_json
from typing_extensions import TypeAliasType, is_typeddict

OPTIONS = {"http_headers", "retries", "self", "server_url", "timeout_ms"}

NOT_GIVEN: Any = object()

TIERS = [
    {"to": 100.0, "amount": 1.0},
    {"to": 1e6, "amount": 0.5, "flat_amount": 10.0},
    {"to": "inf", "amount": 0.25},
]
"""What stands in a list of tiers where the official client has no type for them."""

WORDS = ["", "a", "pro plan", "ünïcödé ✓", 'quote " \\ slash', "line\nbreak", "\x00", "💸"]

CLIENT = Autumn("am_sk_test_official")


class Unfit(Exception):
    """A value that the official client has no place for."""


def method(call: str) -> Callable[..., Any]:
    found: Callable[..., Any] = attrgetter(call)(CLIENT)
    return found


def hints(call: str) -> dict[str, Any]:
    return typing.get_type_hints(method(call))


def members(annotation: Any) -> list[Any]:
    """What a type may be: the members of a union, however it is spelt, else the type itself."""
    origin = get_origin(annotation)
    if isinstance(annotation, TypeAliasType):
        return members(annotation.__value__)
    if isinstance(origin, TypeAliasType):
        return members(origin.__value__[get_args(annotation)])
    if origin is typing.Annotated:
        return members(get_args(annotation)[0])
    if origin in (Union, types.UnionType):
        return [member for part in get_args(annotation) for member in members(part)]
    return [annotation]


def is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel)


def is_stand_in(annotation: Any) -> bool:
    """Whether it is what the official client makes of a shape that it doesn't know."""
    return is_model(annotation) and "is_unknown" in annotation.model_fields


def is_made(annotation: Any) -> bool:
    """Whether values of a type are made here: models, not the dicts that may stand for them."""
    if get_origin(annotation) in (list, dict):
        return any(is_made(kind) for kind in members(get_args(annotation)[-1]))
    return not is_typeddict(annotation) and not is_stand_in(annotation)


# Instances of answers and requests, at random


class Chance:
    """Makes values of types, sparser the deeper they lie."""

    def __init__(self, seed: int, *, words: list[str] = WORDS) -> None:
        self._random = random.Random(seed)
        self._words = words

    def value(self, annotation: Any, depth: int = 0) -> Any:
        kinds = [kind for kind in members(annotation) if is_made(kind)]
        if Unset in kinds or type(None) in kinds:
            rest = [kind for kind in kinds if kind not in (Unset, type(None))]
            if self._random.random() < 0.3 + 0.05 * depth:
                absent = Unset in kinds and self._random.random() < 0.5
                return NOT_GIVEN if absent else None
            kinds = rest
        return self._of(self._random.choice(kinds), depth)

    def _of(self, kind: Any, depth: int) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if origin is Literal:
            return self._random.choice(arguments)
        if origin is list:
            return [self.value(arguments[0], depth + 1) for _ in range(self._size(depth))]
        if origin is dict:
            return {
                f"{self._text()}{index}": self.value(arguments[1], depth + 1)
                for index in range(self._size(depth))
            }
        if is_model(kind):
            return self._instance(kind, depth + 1)
        makers: dict[Any, Callable[[], Any]] = {
            str: self._text,
            bool: lambda: self._random.random() < 0.5,
            int: lambda: self._random.randint(-5, 2**40),
            float: self._number,
            Any: self._anything,
            UnrecognizedStr: lambda: UnrecognizedStr(f"new_{self._random.randrange(99)}"),
        }
        return makers[kind]()

    def _instance(self, model: Any, depth: int) -> Any:
        given = {}
        for name, field in model.model_fields.items():
            can_be_left_out = not field.is_required()
            if can_be_left_out and self._random.random() < 0.2 + 0.05 * depth:
                continue
            value = self.value(field.annotation, depth)
            if name == "tiers" and _is_untyped(value):
                value = self._random.sample(TIERS, len(value))
            if value is not NOT_GIVEN:
                given[name] = value
        return model(**given)

    def argument(self, parameter: inspect.Parameter, annotation: Any) -> Any:
        """A value for a parameter; one that may be left out has no None but null."""
        is_needed = parameter.default is inspect.Parameter.empty
        if not is_needed and self._random.random() < 0.2:
            return NOT_GIVEN
        value = self.value(annotation)
        nullable = is_needed or Unset in members(annotation)
        return NOT_GIVEN if value is None and not nullable else value

    def _size(self, depth: int) -> int:
        return self._random.randint(0, 3 if depth < 2 else 2 if depth < 5 else 1)

    def _text(self) -> str:
        return self._random.choice(self._words)

    def _number(self) -> float:
        choices = [0.0, 1.0, -3.0, 0.1, 2.5, -0.75, 1e-7, 1e21, 1795353002812.0, 1795353002812.5]
        return self._random.choice(choices)

    def _anything(self) -> Any:
        simple = [None, True, 0, -7, 1.5, "", "text"]
        nested = [[], {}, [1, "a", None], {"b": {"c": [False]}, "": None}]
        return self._random.choice([*simple, *nested])


def _is_untyped(value: Any) -> bool:
    """Whether it is a list of anything: no list of tiers that the client has a type for."""
    return isinstance(value, list) and not any(is_model(type(item)) for item in value)


def instances(call: str, seed: int, count: int) -> Iterator[str]:
    answer = hints(call)["return"]
    chance = Chance(seed)
    for _ in range(count):
        yield marshal_json(chance.value(answer), answer)


def requests(call: str, seed: int, count: int) -> Iterator[dict[str, Any]]:
    """Arguments as JSON: all that are needed, and some of the others; no text is empty."""
    chance = Chance(seed, words=WORDS[1:])
    signature, types_of = inspect.signature(method(call)), hints(call)
    parameters = {n: p for n, p in signature.parameters.items() if n not in OPTIONS}
    for _ in range(count):
        made = {name: chance.argument(p, types_of[name]) for name, p in parameters.items()}
        yield {
            name: json.loads(marshal_json(value, types_of[name]))
            for name, value in made.items()
            if value is not NOT_GIVEN
        }


# Arguments


class Known:
    """Arguments without what the official client has no name or no value for.

    From a certain depth on, objects also lack whatever may be left out of them.
    """

    def __init__(self, bare_from: int) -> None:
        self._bare_from = bare_from
        self._depth = 0

    def arguments(self, call: str, given: dict[str, Any]) -> dict[str, Any]:
        types_of = hints(call)
        names = inspect.signature(method(call)).parameters.keys() - OPTIONS
        return dict(self._entries({name: types_of[name] for name in names}, given))

    def _entries(self, types_of: dict[str, Any], given: dict[str, Any]) -> Iterator[Any]:
        for name in types_of.keys() & given.keys():
            for value in self._values(types_of[name], [given[name]]):
                yield name, value

    def _values(self, annotation: Any, given: list[Any]) -> Iterator[Any]:
        for value in given:
            try:
                yield self._value(value, annotation)
            except Unfit:
                continue

    def _value(self, value: Any, annotation: Any) -> Any:
        """The value as it fits a type; the fullest, if it fits several."""
        found = []
        for kind in members(annotation):
            try:
                found.append(self._as(kind, value))
            except Unfit:
                continue
        if not found:
            raise Unfit
        return max(found, key=lambda one: len(json.dumps(one)))

    def _as(self, kind: Any, value: Any) -> Any:
        origin, arguments = get_origin(kind), get_args(kind)
        if kind is Any or (origin is Literal and value in arguments):
            return value
        if origin is list and isinstance(value, list):
            return list(self._values(arguments[0], value))
        if origin is dict and isinstance(value, dict):
            return {name: self._value(item, arguments[1]) for name, item in value.items()}
        if is_model(kind) and kind is not Unset and isinstance(value, dict):
            return self._as_model(kind, value)
        if origin is None and type(value) in PLAIN.get(kind, ()):
            return value
        raise Unfit

    def _as_model(self, model: Any, value: dict[str, Any]) -> Any:
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        needed = {name for name, field in fields.items() if field.is_required()}
        self._depth += 1
        kept = needed if self._depth >= self._bare_from else fields.keys()
        given = dict(self._entries({name: fields[name].annotation for name in kept}, value))
        self._depth -= 1
        if not needed <= given.keys():
            raise Unfit
        return given


PLAIN: dict[Any, tuple[type, ...]] = {
    str: (str,),
    bool: (bool,),
    int: (int,),
    float: (int, float),
    type(None): (type(None),),
}


def make(call: str, arguments: dict[str, Any], url: str) -> str | None:
    """Makes a call; says what it raised, if anything."""
    try:
        method(call)(**arguments, server_url=url)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


def answer(order: dict[str, Any]) -> dict[str, Any]:
    call = order["call"]
    if order["do"] == "instances":
        return {"bodies": [*instances(call, order["seed"], order["count"])]}
    if order["do"] == "requests":
        return {"requests": [*requests(call, order["seed"], order["count"])]}
    if order["do"] == "known":
        return {"arguments": Known(order["bare_from"]).arguments(call, order["arguments"])}
    return {"error": make(call, order["arguments"], order["url"])}


def main() -> None:
    warnings.simplefilter("ignore")  # pydantic's, about words that the client means to allow
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
