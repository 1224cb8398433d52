"""An emulator of the Autumn API that runs inside your process, without account or network."""

from __future__ import annotations

from .errors import CatalogError, EmulatorError, StateError
from .keys import Organisation
from .lifecycle import Emulator, serve

__all__ = ["CatalogError", "Emulator", "EmulatorError", "Organisation", "StateError", "serve"]
