"""Sandboxes: environments to try things out in."""

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from .base import Milliseconds, Model, SecretModel, to_datetime

SandboxColor: TypeAlias = Literal["gray", "blue", "green", "amber", "red", "pink"] | str
"""The colour in which the dashboard shows a sandbox."""


class Sandbox(Model, frozen=True, kw_only=True, gc=False):
    """An environment with features, plans and customers of its own."""

    id: str
    """The server's id of it."""
    name: str
    """The name people read."""
    slug: str
    """That name as part of URLs."""
    color: SandboxColor
    """The colour in which the dashboard shows it."""
    icon: str = ""
    """The icon with which the dashboard shows it."""
    created_at: Milliseconds
    """When it was made, milliseconds since the epoch (UTC)."""

    @property
    def created_at_datetime(self) -> datetime:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class CreatedSandbox(SecretModel, Sandbox, frozen=True, kw_only=True, gc=False):
    """A new sandbox, with its key: nobody will show it again."""

    secret_fields: ClassVar[frozenset[str]] = frozenset({"secret_key"})
    """The fields that are secret."""

    secret_key: str
    """The key of clients that work in the sandbox."""
