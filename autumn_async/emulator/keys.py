"""What secret keys look like, and which environment each kind opens."""

from __future__ import annotations

from typing import Final

SANDBOX: Final = "sandbox"
PREFIXES: Final = {"am_sk_test_": SANDBOX, "am_sk_live_": "live"}
READY: Final = "am_sk_test_emulator"
"""The key an emulator offers when it wasn't given one."""
