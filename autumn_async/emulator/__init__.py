"""An emulator of the Autumn API that runs inside your process, without account or network."""

from .lifecycle import Emulator, EmulatorError, serve

__all__ = ["Emulator", "EmulatorError", "serve"]
