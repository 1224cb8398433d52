"""Whatever the package offers is in the reference."""

from __future__ import annotations

import inspect
import re
from functools import cached_property
from types import ModuleType

import pytest

import autumn_async
from autumn_async import AsyncAutumn, emulator, inputs, models

from .pages import reference

pytestmark = pytest.mark.once

TEXT = "\n".join(reference().values())
SHOWN = set(re.findall(r"^::: (\S+)$", TEXT, re.MULTILINE))


@pytest.mark.parametrize("name", autumn_async.__all__)
def test_public_name_is_shown(name: str) -> None:
    value = getattr(autumn_async, name)
    home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", "")
    ways = {f"autumn_async.{name}", home} & SHOWN
    assert ways or f"`autumn_async.{name}`" in TEXT, f"add `::: autumn_async.{name}` to a page"


@pytest.mark.parametrize(
    "package", [models, inputs, emulator], ids=lambda package: package.__name__
)
def test_public_classes_of_packages_are_shown(package: ModuleType) -> None:
    classes = [
        value for name in package.__all__ if inspect.isclass(value := getattr(package, name))
    ]
    assert classes
    for each in classes:
        ways = {
            each.__module__,
            f"{package.__name__}.{each.__name__}",
            f"autumn_async.{each.__name__}",
        }
        assert ways & SHOWN, f"{each.__name__} is on no page"


def test_namespaces_are_shown() -> None:
    names = [
        inspect.signature(value.func).return_annotation
        for value in vars(AsyncAutumn).values()
        if isinstance(value, cached_property)
    ]
    namespaces = {name for name in names if name != "Self"}
    assert namespaces
    assert namespaces <= {path.rpartition(".")[2] for path in SHOWN}
