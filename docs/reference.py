"""Writes the pages of the reference that follow the package's own modules.

Each namespace of operations, each module of answers and each module of inputs has a page: what is
added to the package appears in the site by itself. MkDocs calls the functions `on_...`.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

PACKAGE = Path(__file__).parents[1] / "autumn_async"

SECTIONS = {"Operations": "resources", "Answers": "models", "Inputs": "inputs"}

ELSEWHERE = {"resources/base", "resources/root", "inputs/options"}
"""Modules without a page of their own: what they define is shown with the client."""

OPERATIONS = """# {title}

::: autumn_async.resources.{module}.{name}
    options:
      show_bases: false
      show_root_heading: false

[`Autumn`][autumn_async.Autumn] has the same as blocking calls; the twin `..._async` of each is
awaited.
"""

TYPES = """# {title}

::: autumn_async.{folder}.{module}
    options:
      show_if_no_docstring: true
      show_root_heading: false
"""


def on_config(config: MkDocsConfig) -> None:
    """Puts the pages at the end of the reference."""
    nav: list[Any] = config.nav or []
    reference: list[Any] = next(part["Reference"] for part in nav if "Reference" in part)
    reference += [{section: list(texts)} for section, texts in pages().items()]


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Adds the pages to those that lie in a folder."""
    from mkdocs.structure.files import File

    for texts in pages().values():
        for path, text in texts.items():
            files.append(File.generated(config, path, content=text))


def pages() -> dict[str, dict[str, str]]:
    """The text of each page, by path, by section."""
    return {
        section: {f"reference/{folder}/{module}.md": _page(folder, module) for module in modules}
        for section, folder in SECTIONS.items()
        for modules in [_modules(folder)]
    }


def _modules(folder: str) -> list[str]:
    modules = sorted(path.stem for path in (PACKAGE / folder).glob("[!_]*.py"))
    return [module for module in modules if f"{folder}/{module}" not in ELSEWHERE]


def _page(folder: str, module: str) -> str:
    if folder == "resources":
        return OPERATIONS.format(title=module, module=module, name=_namespace(module))
    title = module.replace("_", " ").capitalize()
    return TYPES.format(title=title, folder=folder, module=module)


def _namespace(module: str) -> str:
    """The class that holds the operations of a module."""
    tree = ast.parse((PACKAGE / "resources" / f"{module}.py").read_text("utf-8"))
    classes = [node.name for node in tree.body if isinstance(node, ast.ClassDef)]
    return next(name for name in classes if name.startswith("Async"))
