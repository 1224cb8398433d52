"""`sandboxes.*`: environments to try things out in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..models.common import SuccessResponse
from ..models.pages import Page
from ..models.sandboxes import CreatedSandbox, Sandbox
from ..settings import READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import SandboxColor
    from ..inputs.options import CallOptions

CREATE = Operation("sandboxes.create", "/v1/sandboxes.create", CreatedSandbox, WRITE)
LIST = Operation("sandboxes.list", "/v1/sandboxes.list", Page[Sandbox], READ, reads=True)
DELETE = Operation("sandboxes.delete", "/v1/sandboxes.delete", SuccessResponse, WRITE)
RESET = Operation("sandboxes.reset", "/v1/sandboxes.reset", SuccessResponse, WRITE)


class AsyncSandboxes(AsyncResource):
    """Environments to try things out in."""

    @CREATE.declare
    async def create(
        self,
        *,
        name: str,
        color: SandboxColor | None = None,
        icon: str | None = None,
        **options: Unpack[CallOptions],
    ) -> CreatedSandbox:
        """Makes a sandbox. The answer has its secret key, which nobody will show again.

        Args:
            name: What people read; at most 100 characters.
            color: The colour in which the dashboard shows it.
            icon: The icon with which the dashboard shows it.

        Raises:
            PermissionDeniedError: The key belongs to no user of the dashboard.
        """
        return await self._call(CREATE, locals())

    @LIST.declare
    def list(
        self,
        *,
        request: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Sandbox]:
        """All sandboxes, without their keys.

        Args:
            request: An empty mapping, as programs for autumn-sdk pass it.
        """
        return self._pager(LIST, locals())

    @DELETE.declare
    async def delete(self, *, id: str, **options: Unpack[CallOptions]) -> SuccessResponse:
        """Deletes a sandbox with all that is in it.

        Args:
            id: The sandbox, by its `id`.

        Raises:
            NotFoundError: No such sandbox.
        """
        return await self._call(DELETE, locals())

    @RESET.declare
    async def reset(self, **options: Unpack[CallOptions]) -> SuccessResponse:
        """Empties the sandbox that the client's own key belongs to.

        Raises:
            PermissionDeniedError: It is the key of a live environment.
        """
        return await self._call(RESET, locals())
