"""Catalogs: features and plans in a file, as the bodies that create them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

from .errors import CatalogError
from .json_types import is_array, is_object

SECTIONS: Final = {"features": "features.create", "plans": "plans.create"}
"""What a catalog consists of, and the operation whose bodies each section lists."""


class Catalog(Struct, frozen=True):
    """What each new environment of the emulator begins with. `name` is how errors call it."""

    name: str
    sections: Mapping[str, list[Any]]

    def creations(self) -> Iterator[tuple[str, str, Any]]:
        """The place of each entry, the operation that creates it, and its body."""
        for section, operation in SECTIONS.items():
            for index, body in enumerate(self.sections.get(section, ())):
                yield f"{self.name}: {section}[{index}]", operation, body


def read_catalog(source: str | Path | Mapping[str, Any]) -> Catalog:
    """A catalog from a `.json` or `.toml` file, or from such an object.

    Raises `CatalogError` for a file that can't be read and for what isn't a catalog.
    """
    if isinstance(source, Mapping):
        return _checked("catalog", dict(source))
    path = Path(source)
    try:
        content = path.read_bytes()
        read = msgspec.toml.decode if path.suffix == ".toml" else msgspec.json.decode
        return _checked(str(path), read(content))
    except ImportError as error:
        raise CatalogError(f"{path}: Python before 3.11 reads TOML with tomli: {error}") from error
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path}: {error}") from error


def _checked(name: str, content: object) -> Catalog:
    if not is_object(content):
        raise CatalogError(f"{name}: a catalog is an object with {' and '.join(SECTIONS)}")
    for section, entries in content.items():
        if section not in SECTIONS:
            raise CatalogError(f"{name}: {section}: a catalog has {' and '.join(SECTIONS)} only")
        if not is_array(entries):
            raise CatalogError(f"{name}: {section}: must be an array")
    return Catalog(name, content)
