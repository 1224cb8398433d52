"""The `autumn` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Runs the command; says what to install where its libraries are missing."""
    try:
        from .app import autumn
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        sys.exit("the autumn command needs more packages: pip install 'autumn-async[cli]'")
    autumn()
