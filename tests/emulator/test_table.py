"""The table of operations, and the modules that have them."""

from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

from autumn_async.emulator import operations
from autumn_async.emulator.operations.call import Operation
from autumn_async.emulator.operations.table import SERVED, operation_named


def test_every_operation_is_in_the_module_that_the_table_names() -> None:
    found: dict[str, str] = {}
    for module in pkgutil.iter_modules(operations.__path__):
        loaded = import_module(f"{operations.__name__}.{module.name}")
        found.update(dict.fromkeys(getattr(loaded, "OPERATIONS", ()), module.name))
    assert found == SERVED
    assert all(isinstance(operation_named(name), Operation) for name in SERVED)


def test_starting_loads_no_operation_and_a_request_loads_its_own() -> None:
    program = """
import sys
from autumn_async.emulator.domain.clock import wall_clock
from autumn_async.emulator.gateway import Gateway
from autumn_async.emulator.messages import Request
from autumn_async.emulator.operations.table import SERVED
def loaded():
    return [home for home in dict.fromkeys(SERVED.values())
            if f"autumn_async.emulator.operations.{home}" in sys.modules]
gateway = Gateway(wall_clock)
print(loaded())
key = {"authorization": "Bearer am_sk_test_x"}
print(gateway.answer(Request("POST", "/v1/features.list", key, b"{}")).status, loaded())
"""
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert ran.stdout.split("\n")[:2] == ["[]", "200 ['features']"]
