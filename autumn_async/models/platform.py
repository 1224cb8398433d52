"""Payment accounts of organisations that you manage."""
# ruff: noqa: RUF012 - msgspec copies an empty list for each instance

from datetime import datetime
from typing import ClassVar, Literal, TypeAlias

from .base import Milliseconds, Model, SecretModel, to_datetime

SyncStatus: TypeAlias = Literal["synced", "skipped", "error"] | str
"""What a sync has done about a plan."""

StoreProductChange: TypeAlias = Literal["created", "updated", "exists"] | str
"""What a sync has done about a product at RevenueCat."""

StorePush: TypeAlias = Literal["pushed", "failed", "skipped"] | str
"""Whether a product was handed on to the app store."""

StorePrice: TypeAlias = Literal["set", "skipped", "failed"] | str
"""Whether the price of a product was set."""


class StripeConnection(Model, frozen=True, kw_only=True, gc=False):
    """An organisation's account at Stripe."""

    connected: bool
    """True if there is one."""
    account_id: str | None = None
    """Stripe's id of it; None without one."""
    connected_at: Milliseconds | None = None
    """When it was connected, milliseconds since the epoch (UTC); None without one."""

    @property
    def connected_at_datetime(self) -> datetime | None:
        """`connected_at` as an aware UTC datetime."""
        return to_datetime(self.connected_at)


class RevenueCatLink(Model, frozen=True, kw_only=True, gc=False):
    """The page on which an organisation links its RevenueCat project."""

    oauth_url: str
    """Page to send somebody of the organisation to."""


class RevenueCatSyncApp(Model, frozen=True, kw_only=True, gc=False):
    """What a sync has done about a plan in one app."""

    app_id: str
    """RevenueCat's id of the app."""
    app_type: str
    """Its app store, such as `app_store`."""
    product: StoreProductChange
    """What was done about the product."""
    store_push: StorePush | None = None
    """Whether it was handed on to the app store; None if that wasn't tried."""
    price: StorePrice | None = None
    """Whether its price was set; None if that wasn't tried."""
    message: str | None = None
    """What went wrong; None if nothing."""


class RevenueCatSyncResult(Model, frozen=True, kw_only=True, gc=False):
    """What a sync has done about a plan."""

    plan_id: str
    """The plan."""
    status: SyncStatus
    """How it went."""
    store_identifier: str | None = None
    """The product's id in the app stores; None if there is none."""
    apps: list[RevenueCatSyncApp] | None = None
    """The same, one app at a time; None if it was skipped."""
    message: str | None = None
    """Why it was skipped or failed; None if neither."""


class RevenueCatSyncResponse(Model, frozen=True, kw_only=True, gc=False):
    """What a sync with RevenueCat has done."""

    results: list[RevenueCatSyncResult] = []
    """One entry for each plan."""


class RevenueCatKey(SecretModel, frozen=True, kw_only=True, gc=False):
    """A key of an app."""

    secret_fields: ClassVar[frozenset[str]] = frozenset({"key"})
    """The fields that are secret."""

    id: str
    """RevenueCat's id of it."""
    key: str
    """The key."""
    environment: str | None = None
    """Where it holds; None if not known."""
    app_id: str | None = None
    """The app it is for; None if not known."""
    created_at: Milliseconds | None = None
    """When it was made, milliseconds since the epoch (UTC); None if not known."""

    @property
    def created_at_datetime(self) -> datetime | None:
        """`created_at` as an aware UTC datetime."""
        return to_datetime(self.created_at)


class RevenueCatApp(Model, frozen=True, kw_only=True, gc=False):
    """An app of a RevenueCat project."""

    app_id: str
    """RevenueCat's id of it."""
    app_type: str
    """Its app store, such as `app_store`."""
    name: str = ""
    """The name people read."""
    api_keys: list[RevenueCatKey] = []
    """Its keys."""


class RevenueCatKeys(SecretModel, frozen=True, kw_only=True, gc=False):
    """The keys of an organisation's RevenueCat project."""

    secret_fields: ClassVar[frozenset[str]] = frozenset({"oauth_access_token"})
    """The fields that are secret."""

    apps: list[RevenueCatApp] = []
    """Its apps, with a key or several each."""
    oauth_access_token: str | None = None
    """What RevenueCat's own API takes; None if the project isn't linked."""
