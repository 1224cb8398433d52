"""What secret keys look like, and which organisation and environment each of them opens."""

from __future__ import annotations

from typing import Final, NamedTuple

from msgspec import Struct

SANDBOX: Final = "sandbox"
LIVE: Final = "live"
PREFIXES: Final = {"am_sk_test_": SANDBOX, "am_sk_live_": LIVE}
READY: Final = "am_sk_test_emulator"
"""The key an emulator offers when it wasn't given one."""
NAMED: Final = "org_"
"""What stands behind the prefix of a key that names its organisation."""
COMMON: Final = ""
"""The organisation that every key without a name opens."""


class Tenant(NamedTuple):
    """Whose data a request works on."""

    organisation: str
    environment: str


class Organisation(Struct, frozen=True):
    """An organisation of the emulator, apart from all others. Its keys are no secrets.

    `secret_key` opens its sandbox, `live_key` its live environment.
    """

    name: str

    @property
    def secret_key(self) -> str:
        return f"am_sk_test_{NAMED}{self.name}"

    @property
    def live_key(self) -> str:
        return f"am_sk_live_{NAMED}{self.name}"


def tenant_of(key: str) -> Tenant | None:
    """What a key opens; None for one that isn't a secret key."""
    for prefix, environment in PREFIXES.items():
        if key.startswith(prefix):
            rest = key[len(prefix) :]
            name = rest.removeprefix(NAMED) if rest.startswith(NAMED) else COMMON
            return Tenant(name.encode(errors="replace").decode(), environment)
    return None
