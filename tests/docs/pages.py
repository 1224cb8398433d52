"""The pages of the documentation as the tests read them."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

DOCS = Path(__file__).parents[2] / "docs"
PAGES = DOCS / "pages"

_FENCE = re.compile(r'^```(python|sh)(?: title="([^"]+)")?\n(.*?)^```$', re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A block of code. One with a title is a file, which the blocks after it on its page find."""

    page: str
    number: int
    language: str
    title: str | None
    code: str

    def __str__(self) -> str:
        return f"{self.page}-{self.number}"

    @property
    def file(self) -> str:
        """The name of the file that it is run as."""
        return self.title or "block.py"


def blocks(language: str) -> list[Block]:
    """All blocks of a language, on all pages."""
    return [block for page in guide() for block in blocks_of(page) if block.language == language]


def blocks_of(page: str) -> list[Block]:
    """The blocks of one page."""
    found = _FENCE.findall((PAGES / f"{page}.md").read_text("utf-8"))
    return [
        Block(page, number, language, title or None, code)
        for number, (language, title, code) in enumerate(found)
    ]


def guide() -> list[str]:
    """The pages that somebody has written, by name."""
    paths = sorted(PAGES.rglob("*.md"))
    return [path.relative_to(PAGES).with_suffix("").as_posix() for path in paths]


def reference() -> dict[str, str]:
    """The text of every page that the navigation lists under "Reference", by path."""
    nav: list[dict[str, Any]] = yaml.safe_load((DOCS / "mkdocs.yml").read_text("utf-8"))["nav"]
    files = _paths(next(part["Reference"] for part in nav if "Reference" in part))
    texts = {path: (PAGES / path).read_text("utf-8") for path in files}
    for section in runpy.run_path(str(DOCS / "reference.py"))["pages"]().values():
        texts.update(section)
    return texts


def _paths(nav: Any) -> Iterator[str]:
    if isinstance(nav, str):
        yield nav
    else:
        for part in nav.values() if isinstance(nav, dict) else nav:
            yield from _paths(part)
