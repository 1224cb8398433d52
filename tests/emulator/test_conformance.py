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

PASSING = {
    "attach_free": """
        add_on_alone again attach carry_over_usages errors subscription_id two_groups version
    """,
    "balances": """
        create_errors create_kinds create_lifetime create_rollover delete delete_recalculate
        update_add update_expires update_included_grant update_many_rows update_next_reset
        update_no_event update_unknown update_usage
    """,
    "batch": """
        errors unknown_customer
    """,
    "billing_update": """
        cancel_free errors
    """,
    "check": """
        archived_feature boolean metered_partly_used not_owned send_event unknown_ids unlimited
        usage_limit versions_2_3
    """,
    "credits": """
        fractional_cost selection_quirk send_event track two_systems
    """,
    "customers": """
        auto_enable_plan_id billing_controls_errors create_full default_plan default_trial
        delete get_unknown idempotent_merge null_id_claim update_fields
    """,
    "events": """
        list_filters
    """,
    "features": """
        ai_credit_system create_boolean create_credit_system create_errors create_odd_ids
        credit_schema_rules delete_rules rename_propagates update_credit_schema update_fields
    """,
    "idempotency": """
        check_send_event other_operations released_on_error
    """,
    "pagination": """
        cursor_errors customers_cursor customers_filters events_cursor events_offset
    """,
    "plans": """
        auto_enable_rules base_price create_errors delete free_trial item_errors_price
        reset_intervals rollover_items update_details update_items_unused update_version_flags
        update_with_customers usage_based_items
    """,
    "rollover_reset": """
        day_interval multiple_rows reset_on_check reset_on_get rollover_forever rollover_max
        rollover_percentage standalone_reset
    """,
    "track": """
        async cap_default concurrent_exact concurrent_reject input_errors negative
        negative_multi order_expiry order_intervals order_main_before_addon
        order_plan_addon_standalone timestamp unlimited_absorbs
    """,
    "transport": """
        auth_invalid_key auth_missing malformed_body unknown_fields validation_many_issues
        version_missing version_rejected
    """,
}
EXPECTED = {f"{group}/{name}" for group, names in PASSING.items() for name in names.split()}


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


def test_every_listed_scenario_passes(tmp_path: Path) -> None:
    assert recorded() >= EXPECTED
    wrong = play(EXPECTED, tmp_path)
    assert {name: texts for name, texts in wrong.items() if texts} == {}
    assert set(wrong) == EXPECTED


@pytest.mark.slow
def test_no_other_scenario_passes(tmp_path: Path) -> None:
    """One that does belongs into the list above."""
    wrong = play(recorded() - EXPECTED, tmp_path)
    assert [name for name, texts in wrong.items() if not texts] == []
