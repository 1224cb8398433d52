"""What can be said of a check beside what decides it."""

from collections.abc import Mapping
from typing import Any

from .balances import LockInput
from .options import FailOpenOptions


class CheckOptions(FailOpenOptions, total=False):
    """What a cached check takes as `check` of a client does, by keyword."""

    properties: Mapping[str, Any] | None
    """Recorded with the event of `send_event`; matched by usage limits."""
    send_event: bool | None
    """Also use the units up at once, if they are there."""
    lock: LockInput | None
    """Reserve the units under an id, to be settled by `balances.finalize`."""
    with_preview: bool | None
    """If the answer is no, add what the customer could buy."""
