"""The Python SDK for the Autumn billing API: async first, with a generated sync client.

    from autumn_async import AsyncAutumn      # for asyncio
    from autumn_async import Autumn           # for everything else

Importing this package loads next to nothing; a name loads what it needs when it is first used.
"""

from __future__ import annotations

import gc
import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from msgspec import UNSET

    from . import errors, models
    from .caching.cache import AsyncBalanceCache
    from .caching.decisions import Decision
    from .caching.sync_cache import BalanceCache
    from .client import AsyncAutumn
    from .errors import (
        AuthenticationError,
        AutumnConnectionError,
        AutumnError,
        AutumnSDKError,
        AutumnTimeoutError,
        BadRequestError,
        ClientClosedError,
        ConflictError,
        CustomerNotFoundError,
        DuplicateRequestError,
        EntityNotFoundError,
        FeatureNotFoundError,
        InsufficientBalanceError,
        LockedError,
        NotFoundError,
        PaymentRequiredError,
        PermissionDeniedError,
        PlanNotFoundError,
        QueueFullError,
        RateLimitError,
        RedirectError,
        ReservationExpiredError,
        ResponseValidationError,
        ServerError,
        StorageError,
        StorageFullError,
        WebhookPayloadError,
        WebhookVerificationError,
    )
    from .exchange import Headers, Request, Response
    from .facade import Autumn
    from .inputs.options import CallOptions, FailOpenOptions, TransportOptions
    from .models.pages import Page
    from .reservations import AsyncReservation, Reservation
    from .settings import BackoffStrategy, RetryConfig
    from .tokens import TokenSource
    from .tracking.events import UsageEvent
    from .tracking.folder import SQLiteStore
    from .tracking.memory import MemoryStore
    from .tracking.options import TrackerOptions
    from .tracking.receipts import AsyncReceipt, Receipt
    from .tracking.reports import FlushResult, Report, Stats
    from .tracking.store import DeadLetter, Store
    from .tracking.sync_tracker import UsageTracker
    from .tracking.tracker import AsyncUsageTracker
    from .webhooks import WebhookReceiver
    from .wire.capture import capture
    from .wire.pages import AsyncPager, SyncPage

__all__ = [
    "AsyncAutumn",
    "AsyncBalanceCache",
    "AsyncPager",
    "AsyncReceipt",
    "AsyncReservation",
    "AsyncUsageTracker",
    "AuthenticationError",
    "Autumn",
    "AutumnConnectionError",
    "AutumnError",
    "AutumnSDKError",
    "AutumnTimeoutError",
    "BackoffStrategy",
    "BadRequestError",
    "BalanceCache",
    "CallOptions",
    "ClientClosedError",
    "ConflictError",
    "CustomerNotFoundError",
    "DeadLetter",
    "Decision",
    "DuplicateRequestError",
    "EntityNotFoundError",
    "FailOpenOptions",
    "FeatureNotFoundError",
    "FlushResult",
    "Headers",
    "InsufficientBalanceError",
    "LockedError",
    "MemoryStore",
    "NotFoundError",
    "Page",
    "PaymentRequiredError",
    "PermissionDeniedError",
    "PlanNotFoundError",
    "QueueFullError",
    "RateLimitError",
    "Receipt",
    "RedirectError",
    "Report",
    "Request",
    "Reservation",
    "ReservationExpiredError",
    "Response",
    "ResponseValidationError",
    "RetryConfig",
    "SQLiteStore",
    "ServerError",
    "Stats",
    "StorageError",
    "StorageFullError",
    "Store",
    "SyncPage",
    "TokenSource",
    "TrackerOptions",
    "TransportOptions",
    "UNSET",
    "UsageEvent",
    "UsageTracker",
    "WebhookPayloadError",
    "WebhookReceiver",
    "WebhookVerificationError",
    "__version__",
    "capture",
    "errors",
    "models",
]

_MODULES = {
    "caching.cache": ("AsyncBalanceCache",),
    "caching.decisions": ("Decision",),
    "caching.sync_cache": ("BalanceCache",),
    "client": ("AsyncAutumn",),
    "errors": (
        "AuthenticationError",
        "AutumnConnectionError",
        "AutumnError",
        "AutumnSDKError",
        "AutumnTimeoutError",
        "BadRequestError",
        "ClientClosedError",
        "ConflictError",
        "CustomerNotFoundError",
        "DuplicateRequestError",
        "EntityNotFoundError",
        "FeatureNotFoundError",
        "InsufficientBalanceError",
        "LockedError",
        "NotFoundError",
        "PaymentRequiredError",
        "PermissionDeniedError",
        "PlanNotFoundError",
        "QueueFullError",
        "RateLimitError",
        "RedirectError",
        "ReservationExpiredError",
        "ResponseValidationError",
        "ServerError",
        "StorageError",
        "StorageFullError",
        "WebhookPayloadError",
        "WebhookVerificationError",
    ),
    "exchange": (
        "Headers",
        "Request",
        "Response",
    ),
    "facade": ("Autumn",),
    "models.pages": ("Page",),
    "reservations": ("AsyncReservation", "Reservation"),
    "inputs.options": (
        "CallOptions",
        "FailOpenOptions",
        "TransportOptions",
    ),
    "settings": (
        "BackoffStrategy",
        "RetryConfig",
    ),
    "tracking.events": ("UsageEvent",),
    "tracking.folder": ("SQLiteStore",),
    "tracking.memory": ("MemoryStore",),
    "tracking.options": ("TrackerOptions",),
    "tracking.receipts": (
        "AsyncReceipt",
        "Receipt",
    ),
    "tracking.reports": (
        "FlushResult",
        "Report",
        "Stats",
    ),
    "tracking.store": (
        "DeadLetter",
        "Store",
    ),
    "tracking.sync_tracker": ("UsageTracker",),
    "tracking.tracker": ("AsyncUsageTracker",),
    "tokens": ("TokenSource",),
    "webhooks": ("WebhookReceiver",),
    "wire.capture": ("capture",),
    "wire.pages": (
        "AsyncPager",
        "SyncPage",
    ),
}
"""The module that each public name is loaded from."""

if not TYPE_CHECKING:
    _HOMES = {name: f".{module}" for module, names in _MODULES.items() for name in names}

    def _loaded(module: str) -> ModuleType:
        """The module, imported without looking for garbage: there is none, and much to look at.

        What it brings counts as old at once. Who runs without a garbage collector, or has frozen
        what there is, is left in peace.
        """
        if f"{__name__}{module}" in sys.modules or not gc.isenabled() or gc.get_freeze_count():
            return import_module(module, __name__)
        gc.disable()
        try:
            return import_module(module, __name__)
        finally:
            gc.freeze()
            gc.unfreeze()
            gc.enable()

    def __getattr__(name: str) -> object:
        if name in ("errors", "models"):
            return import_module(f".{name}", __name__)
        if name == "UNSET":
            value = import_module("msgspec").UNSET
        elif name in _HOMES:
            value = getattr(_loaded(_HOMES[name]), name)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
