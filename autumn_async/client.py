"""The async client: settings in, operations out, one session for each event loop."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any

from . import user_code
from .resources.root import AsyncRoot
from .settings import (
    FailOpen,
    RetryConfig,
    SecretKey,
    Settings,
    changed,
    client_options,
    settings_from,
)
from .wire.caller import Caller
from .wire.network import Network
from .wire.retrying import load_tenacity
from .wire.transport import Transport

if TYPE_CHECKING:
    from datetime import timedelta

    import aiohttp
    from typing_extensions import Self, Unpack

    from .caching.cache import AsyncBalanceCache
    from .inputs import Quantity, Timestamp
    from .inputs.options import TransportOptions
    from .reservations import AsyncReservation
    from .resources.balances import AsyncBalances
    from .resources.billing import AsyncBilling
    from .resources.customers import AsyncCustomers
    from .resources.entities import AsyncEntities
    from .resources.events import AsyncEvents
    from .resources.features import AsyncFeatures
    from .resources.invoices import AsyncInvoices
    from .resources.keys import AsyncKeys
    from .resources.licenses import AsyncLicenses
    from .resources.logs import AsyncLogs
    from .resources.plans import AsyncPlans
    from .resources.platform import AsyncPlatform
    from .resources.referrals import AsyncReferrals
    from .resources.rewards import AsyncRewards
    from .resources.sandboxes import AsyncSandboxes
    from .resources.webhooks import AsyncWebhooks
    from .tracking.options import TrackerOptions
    from .tracking.store import Store
    from .tracking.tracker import AsyncUsageTracker
    from .wire.transport import SessionFactory


class AsyncAutumn(AsyncRoot):
    """A client of the Autumn billing API for asyncio programs.

        async with AsyncAutumn("am_sk_test_...") as autumn:
            answer = await autumn.check(customer_id="cus_123", feature_id="messages")

    Make one, use it everywhere on one event loop, close it at the end. The connections are opened
    at the first call.

    Args:
        secret_key: The key, a function that returns it, or a coroutine function that does; asked
            once for each call. Without it, the environment variable `AUTUMN_SECRET_KEY`.
        x_api_version: The API version, "2.3.0" by default, or `AUTUMN_X_API_VERSION`. With
            "2.5.0", `track` is queued: balance None, and unknown customers go unnoticed.
        server_url: The server, or `AUTUMN_BASE_URL`; may have `{names}` for `url_params`.
        server_idx: The server, as an index into `settings.SERVERS`.
        url_params: What to put into the names of `server_url`.
        retry_config: How failed calls are repeated; by default with backoff, where it is safe.
        timeout_ms: The limit of one attempt: by default 5 s for check, track and reads, 60 s for
            `billing`, 30 s for other changes.
        deadline_ms: The limit of a whole call: by default 5 s for check and track, 30 s for other
            reads, and for changes one attempt plus 30 s for repeats.
        fail_open: Whether check and track pass while Autumn can't be reached: True (the default,
            or `AUTUMN_FAIL_OPEN`), False, or the names of the operations that do.
        debug_logger: Your logger instead of `logging.getLogger("autumn_async")`.
        session: An `aiohttp.ClientSession`, which stays yours to close, or a function or coroutine
            function that makes one, which is closed with the client.
        edge_url: A server near you that answers checks; asked first with `use_edge`.
        use_edge: Ask the edge first, and the API where the edge is down.

    Raises:
        ValueError: No secret key, or a setting that can't be right.
    """

    _edge: Self | None = None

    def __init__(
        self,
        secret_key: SecretKey | None = None,
        *,
        x_api_version: str | None = None,
        server_url: str | None = None,
        server_idx: int | None = None,
        url_params: Mapping[str, str] | None = None,
        retry_config: RetryConfig | None = None,
        timeout_ms: float | None = None,
        deadline_ms: float | None = None,
        fail_open: FailOpen | None = None,
        debug_logger: Any = None,
        session: aiohttp.ClientSession | SessionFactory | None = None,
        edge_url: str | None = None,
        use_edge: bool | None = None,
    ) -> None:
        settings = settings_from(
            secret_key=secret_key,
            x_api_version=x_api_version,
            server_url=server_url,
            server_idx=server_idx,
            url_params=url_params,
            retry_config=retry_config,
            timeout_ms=timeout_ms,
            deadline_ms=deadline_ms,
            fail_open=fail_open,
            debug_logger=debug_logger,
            edge_url=edge_url,
            use_edge=use_edge,
        )
        self._made_at: str | None = user_code.line()
        self._origin: object = None
        super().__init__(
            Caller(settings, Transport(session, Network(settings.server_url, settings.edge_url)))
        )

    @classmethod
    def over(cls, settings: Settings, transport: Transport, origin: object = None) -> Self:
        """A client over a transport that somebody else closes: `origin`, which it keeps alive."""
        client = cls.__new__(cls)
        client._made_at, client._origin = None, origin
        AsyncRoot.__init__(client, Caller(settings, transport))
        return client

    @cached_property
    def balances(self) -> AsyncBalances:
        """Grants that are managed by hand, and reserved units."""
        from .resources.balances import AsyncBalances

        return AsyncBalances(self._caller)

    @cached_property
    def billing(self) -> AsyncBilling:
        """Plans of a customer: attach, change, cancel, preview, pay."""
        from .resources.billing import AsyncBilling

        return AsyncBilling(self._caller)

    @cached_property
    def customers(self) -> AsyncCustomers:
        """Customers and what they have."""
        from .resources.customers import AsyncCustomers

        return AsyncCustomers(self._caller)

    @cached_property
    def entities(self) -> AsyncEntities:
        """Parts of a customer with balances of their own, such as seats or workspaces."""
        from .resources.entities import AsyncEntities

        return AsyncEntities(self._caller)

    @cached_property
    def events(self) -> AsyncEvents:
        """Recorded usage."""
        from .resources.events import AsyncEvents

        return AsyncEvents(self._caller)

    @cached_property
    def features(self) -> AsyncFeatures:
        """What can be used: metered, boolean, credit systems."""
        from .resources.features import AsyncFeatures

        return AsyncFeatures(self._caller)

    @cached_property
    def invoices(self) -> AsyncInvoices:
        """Invoices at Stripe: written, corrected and recorded."""
        from .resources.invoices import AsyncInvoices

        return AsyncInvoices(self._caller)

    @cached_property
    def keys(self) -> AsyncKeys:
        """Tokens with which a customer's own programs make calls."""
        from .resources.keys import AsyncKeys

        return AsyncKeys(self._caller)

    @cached_property
    def licenses(self) -> AsyncLicenses:
        """Plans that are sold by the seat, handed out to entities."""
        from .resources.licenses import AsyncLicenses

        return AsyncLicenses(self._caller)

    @cached_property
    def logs(self) -> AsyncLogs:
        """What reached Autumn, and what came of it."""
        from .resources.logs import AsyncLogs

        return AsyncLogs(self._caller)

    @cached_property
    def plans(self) -> AsyncPlans:
        """What can be bought: features with amounts and prices."""
        from .resources.plans import AsyncPlans

        return AsyncPlans(self._caller)

    @cached_property
    def platform(self) -> AsyncPlatform:
        """Payment accounts of organisations that you manage."""
        from .resources.platform import AsyncPlatform

        return AsyncPlatform(self._caller)

    @cached_property
    def referrals(self) -> AsyncReferrals:
        """Referral programs, their codes, and the redemption of these."""
        from .resources.referrals import AsyncReferrals

        return AsyncReferrals(self._caller)

    @cached_property
    def rewards(self) -> AsyncRewards:
        """Discounts and free units, given by code or by referral."""
        from .resources.rewards import AsyncRewards

        return AsyncRewards(self._caller)

    @cached_property
    def sandboxes(self) -> AsyncSandboxes:
        """Environments to try things out in."""
        from .resources.sandboxes import AsyncSandboxes

        return AsyncSandboxes(self._caller)

    @cached_property
    def webhooks(self) -> AsyncWebhooks:
        """Where Autumn sends events."""
        from .resources.webhooks import AsyncWebhooks

        return AsyncWebhooks(self._caller)

    @property
    def edge(self) -> Self:
        """This client with `use_edge`: checks go to `edge_url` first, where one is set."""
        if self._edge is None:  # a cached_property of Self would be Any to pyright
            self._edge = self.with_options(use_edge=True)
        return self._edge

    def reserve(
        self,
        customer_id: str,
        feature_id: str,
        amount: Quantity = 1,
        *,
        entity_id: str | None = None,
        properties: Mapping[str, Any] | None = None,
        expires_at: Timestamp | None = None,
        **options: Unpack[TransportOptions],
    ) -> AsyncReservation:
        """Holds units while the work goes on whose cost isn't known yet, and books them once.

            async with autumn.reserve("cus_123", "tokens", 4000) as hold:
                used = 1234                     # the work
                hold.settle(used)

        Nobody else can use the held units. Without `settle` all of them are booked at the end of
        the block; an exception gives them back, and so does the server at `expires_at`, should
        this process die. Never fails open.

        Args:
            customer_id: Whose units they are.
            feature_id: Of which feature, which must be consumable.
            amount: How many units to hold.
            entity_id: Off the balance of one entity.
            properties: Recorded with the event; matched by usage limits.
            expires_at: When the server gives the units back by itself, in milliseconds or as an
                aware datetime: at most a day from now, 15 minutes by default.

        Raises:
            InsufficientBalanceError: The balance doesn't allow the amount; nothing is held.
            ReservationExpiredError: At the end of the block: the units were given back before,
                and what was used is not booked.
        """
        from .reservations import AsyncReservation

        return AsyncReservation(
            self,
            self._caller.settings.logger,
            amount=amount,
            expires_at=expires_at,
            asked={
                "customer_id": customer_id,
                "feature_id": feature_id,
                "entity_id": entity_id,
                "properties": properties,
            },
            options=dict(options),
        )

    def with_options(
        self,
        *,
        secret_key: SecretKey | None = None,
        x_api_version: str | None = None,
        server_url: str | None = None,
        retry_config: RetryConfig | None = None,
        timeout_ms: float | None = None,
        deadline_ms: float | None = None,
        fail_open: FailOpen | None = None,
        debug_logger: Any = None,
        edge_url: str | None = None,
        use_edge: bool | None = None,
    ) -> Self:
        """A client with other settings over the same connections, which belong to this one.

            fast = autumn.with_options(timeout_ms=200)

        Closing it closes nothing; once this client is closed, neither makes calls.
        """
        options = client_options(locals())
        return self.over(changed(self._caller.settings, options), self._caller.transport, self)

    def tracker(self, store: Store, **options: Unpack[TrackerOptions]) -> AsyncUsageTracker:
        """A tracker of usage that loses none and bills none twice, through outages and crashes.

            async with autumn.tracker(SQLiteStore("usage-outbox")) as tracker:
                tracker.track(customer_id="cus_123", feature_id="messages")

        Make one, and use it everywhere; close it before this client.

        Args:
            store: Where events wait: a `SQLiteStore`, or a `MemoryStore`, which ends with the
                process.
            options: See `TrackerOptions`.

        Raises:
            TypeError, ValueError: An option that there isn't, or that can't be right.
        """
        from .tracking.clock import Clock
        from .tracking.options import options_from
        from .tracking.tracker import AsyncUsageTracker

        return AsyncUsageTracker(store, options_from({**options}), self._caller, Clock())

    def cached(
        self,
        *,
        max_age: float | timedelta,
        stale: float | timedelta = 0,
        max_entries: int = 10_000,
    ) -> AsyncBalanceCache:
        """A cache of balances that answers checks without the network, for as long as you allow.

            cached = autumn.cached(max_age=30, stale=300)
            decision = await cached.check(customer_id="cus_123", feature_id="messages")

        Make one, and use it everywhere in place of `check`. A yes is given only as far as the
        balances reach without what this client and its trackers have used since; other processes'
        usage shows when the balances are fetched again.

        Args:
            max_age: For how long balances are good, in seconds or as a timedelta.
            stale: For how much longer they are, while new ones are fetched in the background, and
                while Autumn can't be reached; not at all by default.
            max_entries: How many customers and entities are remembered, at 3 to 10 kB each.

        Raises:
            TypeError, ValueError: An argument that can't be right.
        """
        from .caching.cache import AsyncBalanceCache
        from .caching.deciding import Decider
        from .caching.options import options_from

        options = options_from(max_age, stale, max_entries)
        transports = [self._caller.transport]
        return AsyncBalanceCache(Decider(self, self._caller, options, transports=transports))

    def preload(self) -> None:
        """Loads now what else is loaded at its first use: for a start without lag.

        That is all namespaces, and what repeats a call that has failed. Nothing is sent. What is
        loaded is loaded for all clients of the process.
        """
        load_tenacity()
        for name, member in vars(AsyncAutumn).items():
            if isinstance(member, cached_property):
                getattr(self, name)

    async def aclose(self) -> None:
        """Closes the connections; a session that was passed in stays open. Can be repeated."""
        if self._made_at is not None:
            await self._caller.transport.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self.aclose()

    def __copy__(self) -> Self:
        """Another client over the connections, which still belong to this one."""
        return self.with_options()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._caller.settings!r})"

    def __del__(self) -> None:
        """Warns of connections left open, and leaves it to their loop to close them."""
        caller: Caller | None = self.__dict__.get("_caller")
        if caller is None or self._made_at is None or sys.is_finalizing():
            return
        if caller.transport.left_open:
            caller.transport.abandon()
            message = f"{type(self).__name__} made at {self._made_at} was not closed"
            warnings.warn(message, ResourceWarning, stacklevel=1, source=self)
