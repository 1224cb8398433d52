"""Where the user's program called us: for warnings that name a line of theirs."""

from __future__ import annotations

import inspect
import os

_PACKAGE = os.path.dirname(__file__) + os.sep


def stack_level() -> int:
    """The `stacklevel` with which `warnings.warn` names a line outside this package."""
    level, frame = 0, inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        level, frame = level + 1, frame.f_back
    return level


def line() -> str:
    """File and line of the call that led into this package."""
    frame = inspect.currentframe()
    while frame is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        frame = frame.f_back
    return "an unknown place" if frame is None else f"{frame.f_code.co_filename}:{frame.f_lineno}"
