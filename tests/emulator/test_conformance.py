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

NOT_YET = {
    "attach_free/multi_attach": "billing.multi_attach is not served",
    "previews/expand": "billing.preview_attach is not served",
}
"""Exact scenarios that are known to fail, each with its reason."""
PAID_AND_PASSING = {
    "check/with_preview",
    "customers/default_trial",
    "referrals/rewards_coupon",
}
"""Scenarios recorded with a stand-in for payments that pass none the less."""


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


def exact() -> set[str]:
    """The scenarios in which no stand-in for payments took part."""
    folder = shared("conformance", "scenarios")
    return {name for name in recorded() if _is_exact(folder / f"{name}.yaml")}


def _is_exact(file: Path) -> bool:
    return "fidelity: exact" in file.read_text().splitlines()


def test_every_exact_scenario_passes(tmp_path: Path) -> None:
    chosen = (exact() - NOT_YET.keys()) | PAID_AND_PASSING
    wrong = play(chosen, tmp_path)
    assert {name: texts for name, texts in wrong.items() if texts} == {}
    assert set(wrong) == chosen


@pytest.mark.slow
def test_no_other_scenario_passes(tmp_path: Path) -> None:
    """One that does belongs into the lists above."""
    wrong = play((recorded() - exact() - PAID_AND_PASSING) | NOT_YET.keys(), tmp_path)
    assert [name for name, texts in wrong.items() if not texts] == []
