"""Nothing but what the generator writes passes for the sync client."""

from __future__ import annotations

import ast
import importlib.util
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import autumn_async

PACKAGE = Path(autumn_async.__file__).parent
NEEDED = ("__init__.py", "_version.py", "client.py", "codegen.py", "facade.py")

pytestmark = pytest.mark.once

STALE = "facade.py is stale or was edited; run python -m autumn_async.codegen"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of those modules of the package that matter here."""
    made = tmp_path / "autumn_async"
    made.mkdir()
    for name in NEEDED:
        shutil.copy(PACKAGE / name, made)
    shutil.copytree(PACKAGE / "resources", made / "resources")
    return made


def generator(package: Path) -> ModuleType:
    """The generator of a copy, working on that copy."""
    spec = importlib.util.spec_from_file_location("codegen_of_a_copy", package / "codegen.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def problem(package: Path) -> str | None:
    """What `--check` says about a copy, None for nothing."""
    try:
        found: str | None = generator(package).problem()
    except SystemExit as error:
        return str(error)
    return found


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")


def test_an_untouched_copy_has_no_problem(copy: Path) -> None:
    assert problem(copy) is None


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        ("resources/balances.py", "balance_id: str | None = None,", "balance: str | None = None,"),
        ("resources/balances.py", "unlimited: bool | None", "unlimited: int | None"),
        ("resources/balances.py", "reset: ResetLike | None = None", "reset: ResetLike | None = 1"),
        ("resources/balances.py", ") -> SuccessResponse:", ") -> Feature:"),
        ("resources/balances.py", "Gives a customer units", "Grants a customer units"),
        ("resources/customers.py", "    def list(\n", "    def index(\n"),
        ("resources/root.py", "async def check(", "def check("),
        ("client.py", "timeout_ms: float | None = None,", "timeout_ms: int | None = None,"),
        ("client.py", "Grants that are managed by hand", "Balances"),
        ("client.py", "    @cached_property\n    def plans", "    @property\n    def plans"),
    ],
)
def test_a_changed_source_makes_the_output_stale(
    module: str, old: str, new: str, copy: Path
) -> None:
    edit(copy / module, old, new)
    assert problem(copy) == STALE


def test_a_new_namespace_makes_the_output_stale(copy: Path) -> None:
    text = (copy / "resources" / "referrals.py").read_text("utf-8")
    text = text.replace("class AsyncReferrals", "class AsyncRewards")
    (copy / "resources" / "rewards.py").write_text(text, "utf-8")
    assert problem(copy) == STALE


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("self._bridge.private.check,", "self._bridge.twin.check,"),
        ("customer_id=customer_id,", "customer_id=feature_id,"),
        ("class Plans(SyncResource):", "class Plans(object):"),
        ('"""Recorded usage."""', '"""Usage."""'),
        ("from msgspec import UNSET\n", "from msgspec import UNSET\nimport aiohttp\n"),
        ("from .sync import SyncClient, SyncResource", "from .sync import SyncClient"),
        ("    from .models.plans import Plan\n", ""),
        ("    from .models.plans import Plan\n", "    from .models.previews import Plan\n"),
        ("if TYPE_CHECKING:\n", "from .models.plans import Plan\n\nif TYPE_CHECKING:\n"),
    ],
)
def test_an_edited_output_is_found(old: str, new: str, copy: Path) -> None:
    edit(copy / "facade.py", old, new)
    assert problem(copy) == STALE


def test_an_import_for_type_checkers_that_was_made_a_real_one_is_found(copy: Path) -> None:
    line = "    from .models.plans import Plan\n"
    edit(copy / "facade.py", line, "")
    edit(copy / "facade.py", "if TYPE_CHECKING:\n", f"{line.strip()}\n\nif TYPE_CHECKING:\n")
    assert problem(copy) == STALE


def test_a_missing_output_is_found(copy: Path) -> None:
    (copy / "facade.py").unlink()
    assert problem(copy) == "facade.py is missing"


def test_an_output_without_its_mark_is_found(copy: Path) -> None:
    edit(copy / "facade.py", "# GENERATED", "# Generated")
    assert problem(copy) == "facade.py doesn't begin with the mark of generated code"


@pytest.mark.parametrize("place", ["old_facade.py", "resources/facade.py"])
def test_an_orphan_is_found(place: str, copy: Path) -> None:
    shutil.copy(copy / "facade.py", copy / place)
    name = Path(place).name
    assert problem(copy) == f"{name} says that it is generated, and nothing generates it"


@pytest.mark.parametrize(
    ("module", "old", "new", "rule"),
    [
        ("client.py", "def __repr__(", "def _repr(", "__repr__"),
        ("client.py", "async for ", "for ", None),
        (
            "client.py",
            "session: aiohttp.ClientSession | SessionFactory | None",
            "session: SessionFactory | None",
            "aiohttp.ClientSession | SessionFactory | None",
        ),
        ("client.py", "for asyncio programs", "for asyncio", "for asyncio programs"),
        ("codegen.py", "WORDS = (\n", 'WORDS = (\n    ("no such words", ""),\n', "no such words"),
        ("codegen.py", "BY_HAND = (", 'BY_HAND = ("no_such_member", ', "no_such_member"),
    ],
)
def test_a_rule_that_applies_to_nothing_is_an_error(
    module: str, old: str, new: str, rule: str | None, copy: Path
) -> None:
    if rule is None:
        for path in [copy / module, *(copy / "resources").glob("*.py")]:
            path.write_text(path.read_text("utf-8").replace(old, new), "utf-8")
        rule = old
    else:
        edit(copy / module, old, new)
    said = problem(copy)
    assert said is not None
    assert said.startswith("codegen: rules that no longer apply: [")
    assert repr(rule) in said


def reformatted(text: str) -> str:
    """The same code with other line breaks, quotes and spaces, and without comments."""
    return ast.unparse(ast.parse(text)) + "\n"


def with_turned_imports(text: str) -> str:
    """The same code with its imports in the opposite order, each on a line of its own."""
    lines = text.splitlines(keepends=True)
    indented = [line for line in lines if re.match(r"    from \.models.*[^(]\n", line)]
    turned = iter(reversed(indented))
    return "".join(next(turned) if line in indented else line for line in lines)


@pytest.mark.parametrize("change", [reformatted, with_turned_imports])
def test_formatting_of_the_output_does_not_matter(change: Callable[[str], str], copy: Path) -> None:
    path = copy / "facade.py"
    before = path.read_text("utf-8")
    after = change(before)
    path.write_text(f"{before.splitlines()[0]}\n{after}", "utf-8")
    assert after != before
    assert problem(copy) is None


def test_formatting_of_the_sources_does_not_matter(copy: Path) -> None:
    for path in [copy / "client.py", *(copy / "resources").glob("*.py")]:
        path.write_text(reformatted(path.read_text("utf-8")), "utf-8")
    assert problem(copy) is None


def test_generating_mends_an_edited_output(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    edit(copy / "facade.py", "self._bridge.private.check,", "self._bridge.twin.check,")
    module = generator(copy)
    monkeypatch.setattr(module, "_formatted", lambda text: text)
    monkeypatch.setattr(sys, "argv", ["codegen"])
    module.main()
    assert problem(copy) is None
