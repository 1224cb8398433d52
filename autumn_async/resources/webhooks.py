"""`webhooks.*`: where Autumn sends events. `autumn_async.webhooks` reads what it sends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..models.common import SuccessResponse
from ..models.pages import Page
from ..models.webhook_endpoints import (
    CreatedWebhook,
    Webhook,
    WebhookSync,
    WebhookSyncPreview,
)
from ..settings import READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import WebhookEventType, WebhookInput
    from ..inputs.options import CallOptions

CREATE = Operation("webhooks.create", "/v1/webhooks.create", CreatedWebhook, WRITE)
GET = Operation("webhooks.get", "/v1/webhooks.get", Webhook, READ, reads=True)
LIST = Operation("webhooks.list", "/v1/webhooks.list", Page[Webhook], READ, reads=True)
UPDATE = Operation("webhooks.update", "/v1/webhooks.update", Webhook, WRITE)
DELETE = Operation("webhooks.delete", "/v1/webhooks.delete", SuccessResponse, WRITE)
PREVIEW_SYNC = Operation(
    "webhooks.preview_sync", "/v1/webhooks.preview_sync", WebhookSyncPreview, READ, reads=True
)
SYNC = Operation("webhooks.sync", "/v1/webhooks.sync", WebhookSync, WRITE)


class AsyncWebhooks(AsyncResource):
    """Where Autumn sends events."""

    @CREATE.declare
    async def create(
        self,
        *,
        id: str,
        url: str,
        events: Sequence[WebhookEventType] | None = None,
        description: str | None = None,
        disabled: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> CreatedWebhook:
        """Adds an endpoint. The answer has its secret, which nobody will tell again.

            created = await autumn.webhooks.create(
                id="billing", url="https://example.com/autumn", events=["billing.updated"]
            )
            created.secret  # what `autumn_async.webhooks` verifies signatures with

        Args:
            id: Your id of it.
            url: Where events are sent.
            events: The types of events to send; all by default.
            description: A text about it.
            disabled: Send nothing for now.

        Raises:
            BadRequestError: The id is taken, or the URL can't be.
        """
        return await self._call(CREATE, locals())

    @GET.declare
    async def get(self, *, id: str, **options: Unpack[CallOptions]) -> Webhook:
        """One endpoint.

        Args:
            id: Your id of it.

        Raises:
            NotFoundError: No such endpoint.
        """
        return await self._call(GET, locals())

    @LIST.declare
    def list(
        self,
        *,
        request: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Webhook]:
        """All endpoints, without their secrets.

        Args:
            request: An empty mapping, as programs for autumn-sdk pass it.
        """
        return self._pager(LIST, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        id: str,
        url: str | None = None,
        events: Sequence[WebhookEventType] | None = None,
        description: str | None = None,
        disabled: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Webhook:
        """Changes what is given of an endpoint; its secret stays.

        Args:
            id: Your id of it.
            url: Where events are sent.
            events: The types of events to send, in place of those before.
            description: A text about it.
            disabled: Send nothing for now, or send again.

        Raises:
            NotFoundError: No such endpoint.
        """
        return await self._call(UPDATE, locals())

    @DELETE.declare
    async def delete(self, *, id: str, **options: Unpack[CallOptions]) -> SuccessResponse:
        """Removes an endpoint.

        Args:
            id: Your id of it.

        Raises:
            NotFoundError: No such endpoint.
        """
        return await self._call(DELETE, locals())

    @PREVIEW_SYNC.declare
    async def preview_sync(
        self,
        *,
        webhooks: Sequence[WebhookInput],
        skip_deletions: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> WebhookSyncPreview:
        """What `sync` with the same arguments would do. Nothing changes.

        Args:
            webhooks: The endpoints that there should be.
            skip_deletions: Keep those that aren't among them; True by default.
        """
        return await self._call(PREVIEW_SYNC, locals())

    @SYNC.declare
    async def sync(
        self,
        *,
        webhooks: Sequence[WebhookInput],
        skip_deletions: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> WebhookSync:
        """Makes the endpoints what they should be; the answer has the secrets of new ones.

        What can't be done about one endpoint stands in `errors`; the others are done all the same.

        Args:
            webhooks: The endpoints that there should be.
            skip_deletions: Keep those that aren't among them; True by default.
        """
        return await self._call(SYNC, locals())
