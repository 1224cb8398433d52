"""Conversations recorded from a real Autumn server, played against the emulator."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from autumn_async.emulator import Emulator

from ..shared_material import shared

JOBS = 32


def play(scenarios: set[str], tmp_path: Path) -> dict[str, list[str]]:
    """Plays scenarios; answers what went wrong in each of them."""
    script = shared("conformance", "conform.py")
    chosen, result = tmp_path / "scenarios", tmp_path / "result.json"
    chosen.write_text("\n".join(sorted(scenarios)))
    with Emulator() as emulator:
        target = ["--base-url", emulator.url, "--key", emulator.secret_key]
        choice = ["--scenario", f"@{chosen}", "--json", str(result), "--jobs", str(JOBS)]
        command = [sys.executable, str(script), *target, *choice]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=300)
    wrong: dict[str, list[str]] = {}
    for step in json.loads(result.read_text())["steps"]:
        found = [f"step {step['step']} {text}" for text in step["hard"] + step["extra"]]
        wrong.setdefault(step["scenario"], []).extend(found)
    return wrong


def recorded() -> set[str]:
    folder = shared("conformance", "scenarios")
    return {file.relative_to(folder).with_suffix("").as_posix() for file in folder.rglob("*.yaml")}


@pytest.mark.once
def test_every_recorded_scenario_passes(tmp_path: Path) -> None:
    chosen = recorded()
    wrong = play(chosen, tmp_path)
    assert {name: texts for name, texts in wrong.items() if texts} == {}
    assert set(wrong) == chosen
