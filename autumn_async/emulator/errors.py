"""What can go wrong with an emulator itself, apart from what it answers."""

from __future__ import annotations


class EmulatorError(RuntimeError):
    """The emulator cannot do that: it is running, has run, or can't have its port."""


class StateError(EmulatorError):
    """A state that can't be kept, or a file or dump that this emulator can't go on from."""


class CatalogError(ValueError):
    """A catalog that can't be read or that Autumn refuses; it says where."""
