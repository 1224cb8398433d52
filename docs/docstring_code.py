"""Shows the indented blocks of docstrings as what they are: Python where they are, else as text."""

from __future__ import annotations

import ast
import re
from textwrap import dedent, indent
from typing import Any

import griffe

_BLOCK = re.compile(r"(?<=\n\n)(?: {4}.*(?:\n+|\Z))+")
"""Indented lines after an empty one; the items of a section such as `Args` follow its name."""


class DocstringCode(griffe.Extension):
    """Puts fences around the indented blocks of every docstring."""

    def on_object(self, *, obj: griffe.Object, **_: Any) -> None:
        """Called with every module, class, function and attribute that was read."""
        if obj.docstring:
            obj.docstring.value = fenced(obj.docstring.value)


def fenced(text: str) -> str:
    """The docstring with its indented blocks in fences, which name their language."""
    return _BLOCK.sub(_fenced_block, text)


def _fenced_block(match: re.Match[str]) -> str:
    block = dedent(match.group()).strip("\n")
    return f"```{_language(block)}\n{block}\n```\n\n"


def _language(block: str) -> str:
    """Examples await and yield outside of any function."""
    try:
        ast.parse("async def example():\n" + indent(block, "    "))
    except SyntaxError:
        return "text"
    return "python"
