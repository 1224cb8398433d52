"""`logs.*`: what reached Autumn, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..models.logs import LogEntry
from ..models.pages import Page
from ..settings import READ
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import LogRangeInput
    from ..inputs.options import CallOptions

SEARCH = Operation("logs.search", "/v1/logs.search", Page[LogEntry], READ, reads=True)


class AsyncLogs(AsyncResource):
    """What reached Autumn, and what came of it."""

    @SEARCH.declare
    def search(
        self,
        *,
        query: str | None = None,
        range: LogRangeInput | None = None,
        limit: int | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[LogEntry]:
        """Requests and webhooks of the last days; all that is found comes in one answer.

            async for entry in autumn.logs.search(limit=20):
                print(entry.timestamp, entry.request.path)

        Args:
            query: In Autumn's filter language, with the stages where, orderBy and limit; at most
                4000 characters.
            range: The span to search, within the last seven days; half an hour by default.
            limit: How many at most, up to 200; 100 by default.

        Raises:
            BadRequestError: A query that the server doesn't understand.
        """
        return self._pager(SEARCH, locals())
