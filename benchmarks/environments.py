"""Where the variants run: which interpreter each needs, and what its environment holds."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

OFFICIAL_VERSIONS = ("1.0.0", "1.2.0")
"""The versions of autumn-sdk to compare with; the last is the peer of the targets."""
LATEST = OFFICIAL_VERSIONS[-1]


def official_python(version: str) -> Path:
    """The interpreter of the environment that holds a version of the official client."""
    return HERE / f".venv-{version}" / "bin" / "python"


def install_official_clients() -> None:
    """Makes the environments that aren't there yet: the dependencies of both can't share one."""
    for version in OFFICIAL_VERSIONS:
        python = official_python(version)
        if not python.exists():
            subprocess.check_call([sys.executable, "-m", "venv", str(python.parents[1])])
            install = [str(python), "-m", "pip", "install", "--quiet", f"autumn-sdk=={version}"]
            subprocess.check_call(install)


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without what would favour or burden one of the variants.

    Bytecode has to be kept, as it is where packages are installed; proxies and certificates of
    this machine's own would add work that most machines don't have.
    """
    return {
        **{name: value for name, value in os.environ.items() if not _matters(name)},
        "PYTHONPATH": os.pathsep.join((str(HERE), str(HERE.parent))),
        "PYTHONHASHSEED": "0",
        **more,
    }


def _matters(name: str) -> bool:
    return name.startswith(("PYTHON", "SSL_CERT", "AUTUMN_")) or name.lower().endswith("_proxy")
