"""Each class, field and key says what it is."""

from __future__ import annotations

import ast
from itertools import pairwise
from pathlib import Path

import pytest

from autumn_async import inputs, models

FILES = [
    path
    for package in (models, inputs)
    for folder in package.__path__
    for path in sorted(Path(folder).glob("[!_]*.py"))
]


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_everything_has_a_doc(path: Path) -> None:
    tree = ast.parse(path.read_text("utf-8"))
    assert ast.get_docstring(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not _is_overload(node):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
        if isinstance(node, ast.ClassDef):
            for statement, following in pairwise([*node.body, ast.Pass()]):
                if isinstance(statement, ast.AnnAssign):
                    name = f"{node.name}.{ast.unparse(statement.target)}"
                    assert _is_text(following), f"{name} has no doc"


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_overload(node: ast.ClassDef | ast.FunctionDef) -> bool:
    return any(ast.unparse(decorator) == "overload" for decorator in node.decorator_list)
