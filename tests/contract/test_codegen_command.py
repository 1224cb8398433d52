"""The committed sync client is what the generator writes, on every version of Python."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import autumn_async

PACKAGE = Path(autumn_async.__file__).parent


def run(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # Without site-packages: what the generator needs must not be installed.
    command = [sys.executable, "-S", "-m", "autumn_async.codegen", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_the_committed_sync_client_is_up_to_date() -> None:
    done = run("--check", folder=PACKAGE.parent)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_command_fails_with_the_reason(tmp_path: Path) -> None:
    copy = shutil.copytree(PACKAGE, tmp_path / "autumn_async")
    (copy / "facade.py").unlink()
    done = run("--check", folder=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "facade.py is missing\n")
