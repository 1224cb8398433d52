"""`features.*`: what can be used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from msgspec import UNSET, UnsetType

from ..models.common import SuccessResponse
from ..models.features import Feature
from ..models.pages import Page
from ..settings import READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        CreditSchemaRowLike,
        FeatureCombine,
        FeatureDisplayLike,
        FeatureType,
        ModelMarkupLike,
        ProviderMarkupLike,
        Quantity,
    )
    from ..inputs.options import CallOptions

CREATE = Operation("features.create", "/v1/features.create", Feature, WRITE)
GET = Operation("features.get", "/v1/features.get", Feature, READ, reads=True)
UPDATE = Operation("features.update", "/v1/features.update", Feature, WRITE)
DELETE = Operation("features.delete", "/v1/features.delete", SuccessResponse, WRITE)
LIST = Operation("features.list", "/v1/features.list", Page[Feature], READ, reads=True)


class AsyncFeatures(AsyncResource):
    """What can be used: metered, boolean, credit systems."""

    @CREATE.declare
    async def create(
        self,
        *,
        feature_id: str,
        name: str,
        type_: FeatureType,
        consumable: bool | None = None,
        combine: FeatureCombine | None = None,
        display: FeatureDisplayLike | None = None,
        credit_schema: Sequence[CreditSchemaRowLike] | None = None,
        model_markups: Mapping[str, ModelMarkupLike] | UnsetType | None = UNSET,
        default_markup: Quantity | None = None,
        provider_markups: Mapping[str, ProviderMarkupLike] | UnsetType | None = UNSET,
        event_names: Sequence[str] | None = None,
        **options: Unpack[CallOptions],
    ) -> Feature:
        """Makes a feature.

            await autumn.features.create(
                feature_id="messages", name="Messages", type_="metered", consumable=True
            )

        Args:
            feature_id: Your id of it, unique in the environment.
            name: What people read.
            type_: "boolean" (on or off), "metered" (counted), "credit_system" (a pool that other
                features draw from), "ai_credit_system" (a pool that language models draw from).
            consumable: Of a metered feature: True if units are used up (messages), False if they
                are occupied (seats).
            combine: How the grants of several plans come together.
            display: The words for one unit and for several.
            credit_schema: Of a credit system: what a unit of each feature costs in credits.
            model_markups: Of an AI credit system: markups by model, in percent.
            default_markup: Of an AI credit system: the markup of all other models, in percent.
            provider_markups: Of an AI credit system: markups by provider, in percent.
            event_names: Names of events that count for this feature.

        Raises:
            ConflictError: The id is taken.
            BadRequestError: The type doesn't go with the other arguments.
        """
        return await self._call(CREATE, locals())

    @GET.declare
    async def get(self, *, feature_id: str, **options: Unpack[CallOptions]) -> Feature:
        """One feature.

        Raises:
            FeatureNotFoundError: No such feature.
        """
        return await self._call(GET, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        feature_id: str,
        name: str | None = None,
        type_: FeatureType | None = None,
        consumable: bool | None = None,
        combine: FeatureCombine | None = None,
        display: FeatureDisplayLike | None = None,
        credit_schema: Sequence[CreditSchemaRowLike] | None = None,
        model_markups: Mapping[str, ModelMarkupLike] | UnsetType | None = UNSET,
        default_markup: Quantity | None = None,
        provider_markups: Mapping[str, ProviderMarkupLike] | UnsetType | None = UNSET,
        event_names: Sequence[str] | None = None,
        archived: bool | None = None,
        new_feature_id: str | None = None,
        **options: Unpack[CallOptions],
    ) -> Feature:
        """Changes what is given of a feature, and returns it as it is then.

        Args:
            feature_id: The feature.
            name: Another name.
            type_: Another type, while no customer has the feature.
            consumable: Another kind of metered feature, while no customer has it.
            combine: How the grants of several plans come together.
            display: The words for one unit and for several.
            credit_schema: Another credit schema, in place of the whole one.
            model_markups: Markups by model, in percent; None removes them.
            default_markup: The markup of all other models, in percent.
            provider_markups: Markups by provider, in percent; None removes them.
            event_names: Names of events that count for it, in place of all before.
            archived: Put it away, or take it out again; customers keep what they have.
            new_feature_id: Another id, while no customer has used it.

        Raises:
            FeatureNotFoundError: No such feature.
            BadRequestError: Something is in use that stands against the change.
            ConflictError: The new id is taken.
        """
        return await self._call(UPDATE, locals())

    @DELETE.declare
    async def delete(self, *, feature_id: str, **options: Unpack[CallOptions]) -> SuccessResponse:
        """Deletes a feature that no plan and no credit system uses; else archive it.

        Raises:
            FeatureNotFoundError: No such feature.
            ConflictError: It is in use.
        """
        return await self._call(DELETE, locals())

    @LIST.declare
    def list(
        self,
        *,
        request: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Feature]:
        """All features, archived ones last.

            async for feature in autumn.features.list():
                ...

        Args:
            request: The same arguments in one mapping, as programs for autumn-sdk pass them.
        """
        return self._pager(LIST, locals())
