"""Who may know whom inside the emulator."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import autumn_async.emulator

ROOT = Path(autumn_async.emulator.__file__).parent
FLOORS = {
    "domain": 0,
    "errors": 0,
    "json_types": 0,
    "keys": 0,
    "answers": 1,
    "bodies": 1,
    "catalog": 1,
    "clocks": 1,
    "limits": 1,
    "messages": 1,
    "state": 1,
    "versions": 1,
    "validation": 1,
    "pages": 1,
    "operations": 2,
    "faults": 3,
    "gateway": 3,
    "payment_pages": 3,
    "tasks": 3,
    "server": 4,
    "server_thread": 4,
    "lifecycle": 5,
    "__init__": 6,
}
VERSION = ROOT.parent / "_version.py"
OUTSIDE = {"aiohttp", "multidict", "typing_extensions"}
"""What the domain knows nothing of; of msgspec it has the Struct, which is made in no time."""
MODULES = sorted(ROOT.rglob("*.py"))


def floor(path: Path) -> int:
    return FLOORS[path.relative_to(ROOT).parts[0].removesuffix(".py")]


def imports(path: Path) -> list[tuple[Path | None, str]]:
    """What a module imports: a file of the emulator, or a name from outside of it."""
    found: list[tuple[Path | None, str]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(None, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level:
            folder = path.parents[node.level - 1]
            target = folder.joinpath(*(node.module or "").split("."))
            names = [target / alias.name for alias in node.names] if target.is_dir() else [target]
            found += [(name.with_suffix(".py"), "") for name in names]
        elif isinstance(node, ast.ImportFrom):
            found.append((None, node.module or ""))
    return found


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_runs_upward_or_into_the_sdk(path: Path) -> None:
    for target, outside in imports(path):
        if target is None:
            assert not outside.startswith("autumn_async")
            if floor(path) == 0:
                assert outside.partition(".")[0] not in OUTSIDE
        else:
            assert target.is_file()
            if target == VERSION:
                continue
            assert target.is_relative_to(ROOT)
            assert floor(target) <= floor(path)


def test_files_are_short() -> None:
    assert [path.name for path in MODULES if len(path.read_text().splitlines()) >= 400] == []
