"""`events.*`: recorded usage."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ..models.events import Event, EventAggregation
from ..models.pages import Page
from ..settings import READ
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        AggregateOn,
        BinSize,
        CustomRangeInput,
        EventMeasure,
        EventRange,
        TimeRangeInput,
    )
    from ..inputs.options import CallOptions

AGGREGATE = Operation(
    "events.aggregate", "/v1/events.aggregate", EventAggregation, READ, reads=True
)
LIST = Operation("events.list", "/v1/events.list", Page[Event], READ, reads=True)


class AsyncEvents(AsyncResource):
    """Recorded usage."""

    @AGGREGATE.declare
    async def aggregate(
        self,
        *,
        feature_id: str | Sequence[str],
        customer_id: str | None = None,
        entity_id: str | None = None,
        group_by: str | None = None,
        range: EventRange | None = None,
        bin_size: BinSize | None = None,
        custom_range: CustomRangeInput | None = None,
        timezone: str | None = None,
        filter_by: Mapping[str, str] | None = None,
        max_groups: int | None = None,
        measure: EventMeasure | None = None,
        aggregate_on: AggregateOn | None = None,
        **options: Unpack[CallOptions],
    ) -> EventAggregation:
        """Usage added up by time and, if asked for, by a property.

            usage = await autumn.events.aggregate(
                feature_id="messages", customer_id="cus_123", range="7d"
            )
            print(usage.total["messages"].sum)

        Args:
            feature_id: The feature, or several. An event tracked by name is found by that name.
            customer_id: Only events of this customer.
            entity_id: Only events of this entity.
            group_by: `properties.` and a key, or `$customer_id`, `$entity_id`, `$plan_id`,
                `$feature_id`.
            range: The last hours or days, or billing cycles; the current cycle by default.
            bin_size: How long each period is; a day by default.
            custom_range: A span of time instead of `range`.
            timezone: The time zone in which days begin.
            filter_by: Only events with these properties.
            max_groups: How many groups, at most 250; the others come together as one.
            measure: Add up the values, or count the events.
            aggregate_on: Also what was taken from the balances.

        Raises:
            CustomerNotFoundError: No such customer.
        """
        return await self._call(AGGREGATE, locals())

    @LIST.declare
    def list(
        self,
        *,
        start_cursor: str | None = None,
        offset: int | None = None,
        limit: int | None = None,
        customer_id: str | None = None,
        entity_id: str | None = None,
        feature_id: str | Sequence[str] | None = None,
        custom_range: TimeRangeInput | None = None,
        range: EventRange | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Event]:
        """Events, newest first.

            async for event in autumn.events.list(customer_id="cus_123"):
                ...

        Args:
            start_cursor: The `next_cursor` of the page before (API 2.3.0 and later).
            offset: How many to skip (API up to 2.2.0).
            limit: How many a page holds at most.
            customer_id: Only events of this customer; an unknown one has none.
            entity_id: Only events of this entity.
            feature_id: Only events of this feature, or of several; by name where they were
                tracked by name.
            custom_range: Only events in this span of time.
            range: Only events of the last hours or days, or of billing cycles.
        """
        return self._pager(LIST, locals())
