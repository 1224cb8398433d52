"""What the API says about bodies that it doesn't take."""

from __future__ import annotations

from typing import Any

import pytest

from autumn_async.emulator.domain.failures import ApiError
from autumn_async.emulator.domain.intervals import LATEST
from autumn_async.emulator.validation import (
    Check,
    Shape,
    array,
    boolean,
    choice,
    moment,
    number,
    optional,
    parse,
    record,
    required,
    text,
    text_or_texts,
)


def message(check: Check, body: object) -> str:
    with pytest.raises(ApiError) as caught:
        parse(check, body)
    assert (caught.value.status, caught.value.code) == (400, "invalid_inputs")
    return caught.value.message


ONE_ISSUE: dict[str, tuple[Check, Any, str]] = {
    "string": (text(), 1, "must be a string (received number)"),
    "number": (number(), "x", "must be a number (received string)"),
    "boolean is no number": (number(), True, "must be a number (received boolean)"),
    "endless number": (number(), 10**400, "must be a number (received number)"),
    "boolean": (boolean, None, "must be a boolean (received null)"),
    "choice": (choice("a", "b"), "c", "must be one of: a, b"),
    "choice of another type": (choice("a", "b"), 1, "must be one of: a, b"),
    "array": (array(text()), "x", "Invalid input: expected array, received string"),
    "record": (record(), [], "Invalid input: expected record, received array"),
    "object": (Shape({}), 1.5, "Invalid input: expected object, received number"),
    "too small": (number(1), 0, "Too small: expected number to be >=1"),
    "too big": (number(None, 5), 6, "Too big: expected number to be <=5"),
    "too few": (array(text(), least=1), [], "Too small: expected array to have >=1 items"),
    "too many": (array(text(), most=1), ["", ""], "Too big: expected array to have <=1 items"),
    "whole moment": (moment(whole=True), 1.5, "Invalid input: expected int, received number"),
    "texts": (text_or_texts, [1], "Invalid input"),
}


@pytest.mark.parametrize(("check", "value", "wrong"), ONE_ISSUE.values(), ids=ONE_ISSUE)
def test_one_issue(check: Check, value: object, wrong: str) -> None:
    assert message(check, value) == f"input: {wrong}"
    assert message(Shape({"field": required(check)}), {"field": value}) == f"field: {wrong}"


def test_several_issues_are_joined_in_the_order_of_the_fields() -> None:
    shape = Shape({"b": required(text()), "a": required(array(Shape({"n": required(number())})))})
    assert message(shape, {"a": [{"n": 1}, {}]}) == (
        "[Validation Errors] b: must be a string (received undefined);"
        " a.1.n: must be a number (received undefined)"
    )


def test_rules_look_only_at_sound_objects() -> None:
    shape = Shape(
        {"a": required(text()), "inner": optional(Shape({}, rules=[lambda body: [("", "no")]]))},
        rules=[lambda body: [("a", "bad"), ("", "worse")]],
    )
    assert message(shape, {}) == "a: must be a string (received undefined)"
    assert message(shape, {"a": ""}) == "[Validation Errors] a: bad; input: worse"
    assert message(shape, {"a": "", "inner": {}}) == "inner: no"


def test_what_is_cleaned() -> None:
    shape = Shape(
        {
            "given": optional(number()),
            "defaulted": optional(number(), default=5),
            "absent": optional(number()),
            "null": optional(number(), nullable=True),
            "whole": optional(number()),
            "large": optional(number()),
            "late": optional(moment()),
            "numeric": optional(number(from_text=True)),
        }
    )
    body = {"given": 1.5, "null": None, "whole": 2.0, "large": 2**60, "late": 1e300}
    cleaned = parse(shape, {**body, "numeric": "5", "unknown": 1})
    assert cleaned == {
        "given": 1.5,
        "defaulted": 5,
        "null": None,
        "whole": 2,
        "large": float(2**60),
        "late": LATEST,
        "numeric": 5,
    }
    assert isinstance(cleaned["whole"], int)
    assert isinstance(cleaned["large"], float)


def test_fields_that_are_not_served_are_refused_once_the_rest_is_sound() -> None:
    shape = Shape({"a": required(text())}, unserved=("lock",))
    assert message(shape, {"lock": {}}) == "a: must be a string (received undefined)"
    with pytest.raises(ApiError, match="parameter lock") as caught:
        parse(shape, {"a": "", "lock": {}})
    assert (caught.value.status, caught.value.code) == (501, "not_emulated")
    assert parse(shape, {"a": "", "lock": None}) == {"a": ""}
