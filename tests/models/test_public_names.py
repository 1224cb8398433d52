"""What the two packages export, and what an import of it loads."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from autumn_async import inputs, models

MODELS = Path(models.__file__).parent
INPUTS = Path(inputs.__file__).parent


def modules(folder: Path) -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(folder.glob("[!_]*.py")):
        yield path.stem, ast.parse(path.read_text("utf-8"))


def defined(folder: Path) -> dict[str, str]:
    """Map each class and alias of a package to its module."""
    return {
        node.name if isinstance(node, ast.ClassDef) else ast.unparse(node.target): module
        for module, tree in modules(folder)
        for node in tree.body
        if isinstance(node, ast.ClassDef | ast.AnnAssign)
    }


def imported(path: Path) -> dict[str, str]:
    """Map each name that a package's `__init__` imports from a sibling to its module."""
    return {
        alias.name: node.module or ""
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.level == 1
        for alias in node.names
    }


@pytest.mark.parametrize("package", [models, inputs])
def test_names_are_sorted(package: object) -> None:
    names: list[str] = package.__all__  # type: ignore[attr-defined]
    assert names == sorted(names, key=str.lower)


def test_models_lists_its_names_in_agreement() -> None:
    table = {name: module for module, names in models._MODULES.items() for name in names}
    assert table == defined(MODELS) == imported(MODELS / "__init__.py")
    assert sorted(table) == sorted(models.__all__)


def test_inputs_lists_its_names_in_agreement() -> None:
    assert imported(INPUTS / "__init__.py") == defined(INPUTS)
    assert sorted(defined(INPUTS)) == sorted(inputs.__all__)


def test_each_name_resolves_to_the_same_object_each_time() -> None:
    for name in models.__all__:
        assert getattr(models, name) is getattr(models, name)
    assert dir(models) == sorted(models.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"autumn_async\.models.*'Nonsense'"):
        models.Nonsense  # type: ignore[attr-defined]  # noqa: B018


def test_no_import_runs_in_a_circle_or_out_of_the_models() -> None:
    order: list[str] = []
    needs = {
        module: {
            node.module or ""
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and node.level
        }
        for module, tree in modules(MODELS)
    }
    while len(order) < len(needs):
        ready = [m for m in needs if m not in order and needs[m] <= set(order)]
        assert ready, f"a circle among {needs.keys() - set(order)}"
        order += ready


def run(script: str) -> str:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", script], check=True, capture_output=True, text=True
    ).stdout


def loaded_by(names: str) -> set[str]:
    """Name the modules of answers that a fresh interpreter loads for some of them."""
    printed = run(
        f"import sys\nfrom autumn_async.models import {names}\n"
        "print(*(name for name in sys.modules if 'autumn_async.models.' in name))"
    )
    return {name.rpartition(".")[2] for name in printed.split()}


def test_checking_and_tracking_load_no_other_nouns() -> None:
    others = {"billing", "customers", "entities", "events", "plans", "previews"}
    assert not others & loaded_by("CheckResponse, TrackResponse")
    assert not (others | {"billing_controls", "check_previews"}) & loaded_by("TrackResponse")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 needs typing_extensions")
def test_inputs_need_no_typing_extensions() -> None:
    assert "ok" in run(
        "import sys\n"
        "sys.modules['typing_extensions'] = None\n"
        "import autumn_async.inputs\n"
        "print('ok')"
    )
