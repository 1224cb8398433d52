"""`plans.*`: what can be bought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import UNSET, UnsetType

from ..models.common import SuccessResponse
from ..models.pages import Page
from ..models.plans import Plan
from ..settings import READ, WRITE
from ..wire.operation import Operation
from ..wire.pages import AsyncPager
from .base import AsyncResource

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from ..inputs import (
        BasePriceLike,
        BillingControlsLike,
        FreeTrialLike,
        LicenseParentInput,
        MigrationInput,
        PlanConfigLike,
        PlanItemLike,
        PlanLicenseLike,
        PlanVariantInput,
    )
    from ..inputs.options import CallOptions

CREATE = Operation("plans.create", "/v1/plans.create", Plan, WRITE)
GET = Operation("plans.get", "/v1/plans.get", Plan, READ, reads=True)
UPDATE = Operation("plans.update", "/v1/plans.update", Plan, WRITE)
DELETE = Operation("plans.delete", "/v1/plans.delete", SuccessResponse, WRITE)
LIST = Operation("plans.list", "/v1/plans.list", Page[Plan], READ, reads=True)


class AsyncPlans(AsyncResource):
    """What can be bought: features with amounts and prices."""

    @CREATE.declare
    async def create(
        self,
        *,
        plan_id: str,
        name: str,
        group: str | None = None,
        description: str | UnsetType | None = UNSET,
        add_on: bool | None = None,
        auto_enable: bool | None = None,
        price: BasePriceLike | None = None,
        items: Sequence[PlanItemLike] | None = None,
        licenses: Sequence[PlanLicenseLike] | None = None,
        free_trial: FreeTrialLike | None = None,
        config: PlanConfigLike | None = None,
        billing_controls: BillingControlsLike | None = None,
        metadata: Mapping[str, Any] | None = None,
        create_in_stripe: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Plan:
        """Makes a plan.

            await autumn.plans.create(
                plan_id="pro",
                name="Pro",
                price={"amount": 20, "interval": "month"},
                items=[
                    {"feature_id": "messages", "included": 1000, "reset": {"interval": "month"}}
                ],
            )

        Args:
            plan_id: Your id of it: letters, digits, `_` and `-`.
            name: What people read.
            group: A customer has one main plan of each group.
            description: What people read about it.
            add_on: It comes on top of a main plan and replaces none.
            auto_enable: New customers get it by themselves; for free plans.
            price: The base price, in major currency units.
            items: The features in it: how many units, how often reset, at what price.
            licenses: Plans sold as licenses along with it.
            free_trial: A trial before the first payment.
            config: Switches.
            billing_controls: Caps and alerts for those who have it.
            metadata: Your own data.
            create_in_stripe: Also make it at Stripe now.

        Raises:
            BadRequestError: The id is taken, or the items or prices don't go together.
            FeatureNotFoundError: An item names an unknown feature.
        """
        return await self._call(CREATE, locals())

    @GET.declare
    async def get(
        self, *, plan_id: str, version: int | None = None, **options: Unpack[CallOptions]
    ) -> Plan:
        """One plan.

        Args:
            plan_id: Your id of it.
            version: A certain version; the latest by default.

        Raises:
            PlanNotFoundError: No such plan, or no such version of it.
        """
        return await self._call(GET, locals())

    @UPDATE.declare
    async def update(
        self,
        *,
        plan_id: str,
        group: str | None = None,
        name: str | None = None,
        description: str | None = None,
        add_on: bool | None = None,
        auto_enable: bool | None = None,
        price: BasePriceLike | UnsetType | None = UNSET,
        items: Sequence[PlanItemLike] | None = None,
        licenses: Sequence[PlanLicenseLike] | None = None,
        free_trial: FreeTrialLike | UnsetType | None = UNSET,
        config: PlanConfigLike | None = None,
        billing_controls: BillingControlsLike | None = None,
        metadata: Mapping[str, Any] | None = None,
        create_in_stripe: bool | None = None,
        version: int | None = None,
        archived: bool | None = None,
        base_plan_id: str | UnsetType | None = UNSET,
        new_plan_id: str | None = None,
        disable_version: bool | None = None,
        all_versions: bool | None = None,
        migration: MigrationInput | None = None,
        force_version: bool | None = None,
        update_variant_ids: Sequence[str] | None = None,
        update_license_parents: Sequence[LicenseParentInput] | None = None,
        variants: Sequence[PlanVariantInput] | None = None,
        is_default: bool | None = None,
        **options: Unpack[CallOptions],
    ) -> Plan:
        """Changes what is given of a plan, and returns its latest version.

        If customers have the plan and its contents change, this makes a new version: they keep
        theirs.

        Args:
            plan_id: Your id of it.
            group: Another group.
            name: Another name.
            description: Another description.
            add_on: Whether it comes on top of a main plan.
            auto_enable: Whether new customers get it by themselves.
            price: Another base price; None removes it.
            items: All items, in place of those before.
            licenses: All licenses, in place of those before.
            free_trial: Another trial; None removes it.
            config: Switches, merged.
            billing_controls: Caps and alerts: each list given replaces the one before.
            metadata: Your own data, in place of what was there, for all versions.
            create_in_stripe: Also make it at Stripe now.
            version: The version to change; the latest by default.
            archived: Put it away, or take it out again.
            base_plan_id: Make it a variant of that plan; None makes it a plan of its own.
            new_plan_id: Another id, while no customer has any version.
            disable_version: Change it in place, though customers have it.
            all_versions: Change all versions in place.
            migration: How customers of earlier versions come to the new one.
            force_version: Make a new version in any case.
            update_variant_ids: Variants to which the change is carried over.
            update_license_parents: Plans whose licenses the change is carried over to.
            variants: Changes of its variants.
            is_default: Make this version the one that is attached by default.

        Raises:
            PlanNotFoundError: No such plan, or no such version of it.
            BadRequestError: The items or prices don't go together.
            ConflictError: The plan can't have another id.
        """
        return await self._call(UPDATE, locals())

    @DELETE.declare
    async def delete(
        self, *, plan_id: str, all_versions: bool | None = None, **options: Unpack[CallOptions]
    ) -> SuccessResponse:
        """Deletes a plan that nobody has or had; else archive it.

        Args:
            plan_id: Your id of it.
            all_versions: All versions, not only the latest.

        Raises:
            PlanNotFoundError: No such plan.
            BadRequestError: Customers have it or had it.
        """
        return await self._call(DELETE, locals())

    @LIST.declare
    def list(
        self,
        *,
        customer_id: str | None = None,
        entity_id: str | None = None,
        include_archived: bool | None = None,
        all_versions: bool | None = None,
        request: Mapping[str, object] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncPager[Plan]:
        """All plans, the latest version of each.

            async for plan in autumn.plans.list(customer_id="cus_123"):
                print(plan.name, plan.customer_eligibility)

        Args:
            customer_id: Add what each plan would be for this customer.
            entity_id: The same for one entity of the customer.
            include_archived: Those that were put away, too.
            all_versions: All versions of each.
            request: The same arguments in one mapping, as programs for autumn-sdk pass them.
        """
        return self._pager(LIST, locals())
