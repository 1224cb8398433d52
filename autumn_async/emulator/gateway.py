"""From a request to an answer, without HTTP: key, limits, state file, operation or page."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import msgspec

from .catalog import Catalog
from .clocks import MovableClock
from .domain.clock import Clock
from .domain.environment import Environment
from .domain.failures import ApiError
from .errors import CatalogError, StateError
from .json_types import is_object
from .keys import COMMON, READY, SANDBOX, Tenant, tenant_of
from .limits import RateLimits, Standing
from .messages import NO_HEADERS, Reply, Request
from .operations.usage import apply_pending
from .payment_pages import Visit, failed, is_page, knows, missing
from .state.entries import Entry
from .state.graph import decode, encode
from .tasks import PREFIX, Task, task_of
from .validation import parse

if TYPE_CHECKING:
    from .state.journal import StateFile

SHOWN_OF_A_KEY: Final = 15
ALREADY_THERE: Final = ("duplicate_feature_id", "product_already_exists")
TOO_MANY: Final = b"Too many requests, please try again later."

_log = logging.getLogger(__name__)


class Gateway:
    """All organisations, each with its two environments. Any thread may call it."""

    def __init__(
        self,
        clock: Clock,
        secret_key: str | None = None,
        *,
        catalog: Catalog | None = None,
        state: StateFile | None = None,
        rate_limits: bool = False,
    ) -> None:
        self.clock: MovableClock = MovableClock(clock)
        self._secret_key = secret_key
        self._catalog = catalog
        self._state: StateFile | None = None
        self._limits = RateLimits() if rate_limits else None
        self._organisations: dict[str, dict[str, Environment]] = {}
        self._queued: list[Environment] = []
        self._lock = RLock()
        if state:
            self._resume(state)
            self._state = state
        self._furnish_all()

    def answer(self, request: Request) -> Reply:
        """Answers any request; nothing that comes in makes it fail."""
        with self._lock:
            self.apply_queued()
            return self._show(request) if is_page(request.path) else self._serve(request)

    def _serve(self, request: Request) -> Reply:
        env_name = SANDBOX
        headers = NO_HEADERS
        try:
            tenant = self._authenticate(request)
            env_name = tenant.environment
            task = task_of(self._entry(tenant, request))
            if self._limits and (standing := self._counted(task)):
                headers = standing.headers()
                if standing.exceeded:
                    return _too_many(standing, task)
            return self._carry_out(task)._replace(headers=headers)
        except ApiError as error:
            return _error(error, env_name, headers)
        except Exception:
            return _error(_defect(request), env_name, headers)

    def _show(self, request: Request) -> Reply:
        """Pages belong to customers, who have no keys: the id of a page is enough."""
        try:
            for tenant, env in self._places():
                if knows(env, request.path):
                    visit = Visit(self._entry(tenant, request), request.of_browser)
                    return self._carry_out(visit)
            return missing()
        except Exception:
            return failed(_defect(request))

    def _places(self) -> Iterator[tuple[Tenant, Environment]]:
        for organisation, environments in self._organisations.items():
            for name, env in environments.items():
                yield Tenant(organisation, name), env

    @property
    def queued(self) -> bool:
        """Has usage been accepted that is not applied yet?"""
        return bool(self._queued)

    def apply_queued(self) -> None:
        """Applies the usage that has been accepted so far; every request begins with it."""
        with self._lock:
            while self._queued:
                _apply(self._queued.pop())

    def move_clock(self, moment: int) -> None:
        """Moves the time of the emulator forward."""
        with self._lock:
            self.apply_queued()
            self.clock.move_to(moment)
            if self._state:
                self._state.move_clock(self.clock.ahead_ms)

    def dump(self) -> bytes:
        """Everything it remembers."""
        with self._lock:
            self.apply_queued()
            return encode((self.clock.ahead_ms, self._organisations))

    def load(self, data: bytes) -> None:
        """Forgets everything for what was dumped."""
        with self._lock:
            ahead_ms, organisations = _parts(decode(data))
            self._queued.clear()
            self.clock.ahead_ms, self._organisations = ahead_ms, organisations
            self._save_all()

    def forget(self, organisation: str) -> None:
        """Removes an organisation with all that it has."""
        with self._lock:
            if self._organisations.pop(organisation, None) is not None:
                self._save_all()

    def close(self) -> None:
        """Lets go of the state file."""
        with self._lock:
            state, self._state = self._state, None
            if state:
                state.close()

    def _authenticate(self, request: Request) -> Tenant:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or not key:
            message = "Secret key not found in Authorization header"
            raise ApiError(401, "no_secret_key", message)
        if key.startswith("am_pk_"):
            message = (
                f"Endpoint {request.path} not accessible via publishable key."
                " Please try with a secret key instead."
            )
            raise ApiError(401, "endpoint_not_public", message)
        tenant = tenant_of(key)
        if tenant is None:
            raise ApiError(401, "invalid_request", "Invalid authorization token prefix")
        self._require_known(key)
        return tenant

    def _require_known(self, key: str) -> None:
        known = "doesnotexist" not in key if self._secret_key is None else key == self._secret_key
        if not known:
            hidden = "*" * (len(key) - SHOWN_OF_A_KEY)
            message = f"Invalid secret key: {key[:SHOWN_OF_A_KEY]}{hidden}"
            raise ApiError(401, "invalid_secret_key", message)

    def _entry(self, tenant: Tenant, request: Request) -> Entry:
        header = request.headers.get
        key = header("idempotency-key")
        return Entry(
            now=self.clock(),
            organisation=tenant.organisation,
            environment=tenant.environment,
            path=request.path,
            version=header("x-api-version"),
            idempotency_key=key.encode(errors="surrogateescape") if key else None,
            query=request.query and request.query.encode(errors="replace").decode(),
            body=request.body,
            method=request.method,
            failed=request.fails,
            origin=request.origin,
        )

    def _counted(self, task: Task) -> Standing | None:
        assert self._limits
        tenant = _tenant(task.entry)
        return self._limits.count(tenant, task.name, task.body, task.version, task.entry.now)

    def _carry_out(self, task: Task | Visit) -> Reply:
        """Runs an operation, or a visit to a page, after it is on file."""
        entry = task.entry
        env = self.environment(_tenant(entry))
        if self._state:
            if self._state.full:
                self._save_all()
            self._state.append(entry)
        try:
            return task.run(env)
        finally:
            if env.queue:
                self._queued.append(env)

    def environment(self, tenant: Tenant) -> Environment:
        """Where a key leads; a new organisation begins with what the catalog has."""
        environments = self._organisations.setdefault(tenant.organisation, {})
        env = environments.get(tenant.environment)
        if env is None:
            env = environments[tenant.environment] = Environment(tenant.environment)
            self._furnish(tenant)
            # A new environment draws the random part of its ids: no request says which it was.
            self._save_all()
        return env

    def _furnish(self, tenant: Tenant) -> None:
        """Creates what the catalog has and the environment doesn't."""
        for place, operation, body in self._catalog.creations() if self._catalog else ():
            path, content = f"{PREFIX}{operation}", msgspec.json.encode(body)
            try:
                self._carry_out(task_of(Entry(self.clock(), *tenant, path, body=content)))
            except ApiError as error:
                if error.code not in ALREADY_THERE:
                    raise CatalogError(f"{place}: {error.message}") from error

    def _furnish_all(self) -> None:
        """Shows at once whether the catalog is good."""
        self.environment(tenant_of(self._secret_key or READY) or Tenant(COMMON, SANDBOX))
        for organisation, environments in self._organisations.items():
            for environment in environments:
                self._furnish(Tenant(organisation, environment))

    def _resume(self, state: StateFile) -> None:
        """Comes back to where the state file ends."""
        snapshot = state.snapshot
        if snapshot is not None:
            _, self._organisations = _parts(decode(snapshot))
        for entry in state.entries():
            self.apply_queued()
            with suppress(Exception):  # answered and logged when it happened
                self._carry_out(Visit(entry) if is_page(entry.path) else task_of(entry))
        self.clock.ahead_ms = state.ahead_ms

    def _save_all(self) -> None:
        if self._state:
            self.apply_queued()
            ahead_ms = self.clock.ahead_ms
            self._state.replace(encode((ahead_ms, self._organisations)), ahead_ms)


def _parts(state: Any) -> tuple[int, dict[str, dict[str, Environment]]]:
    """How far time was ahead, and all organisations."""
    try:
        ahead_ms, organisations = state
    except (TypeError, ValueError):
        ahead_ms, organisations = None, None
    if isinstance(ahead_ms, int) and is_object(organisations):
        return ahead_ms, organisations
    raise StateError("this is no state of an Autumn emulator")


def _tenant(entry: Entry) -> Tenant:
    return Tenant(entry.organisation, entry.environment)


def _apply(env: Environment) -> None:
    while env.queue:
        try:
            apply_pending(env, env.queue.popleft())
        except Exception:
            _log.exception("The emulator failed to apply queued usage")


def _too_many(standing: Standing, task: Task) -> Reply:
    """As the server says it: text, JSON for totals, and checks are let through by then."""
    if not standing.of_total:
        return Reply(429, TOO_MANY, {**standing.headers(), "Content-Type": "text/plain"})
    if task.name == "balances.check":
        params = parse(task.operation.check, task.body)
        answer = {"allowed": True, "customer_id": params["customer_id"], "balance": None}
        answer |= {"flag": None, "required_balance": params["required_balance"]}
        return Reply(202, msgspec.json.encode(answer))
    error = ApiError(429, "rate_limit_exceeded", "Rate limit exceeded.")
    return _error(error, task.entry.environment)


def _defect(request: Request) -> ApiError:
    _log.exception("The emulator failed at %s %s", request.method, request.path)
    return ApiError(500, "internal_error", "Internal error")


def _error(error: ApiError, env_name: str, headers: Mapping[str, str] = NO_HEADERS) -> Reply:
    # Messages repeat what was in headers, and those need not be text at all.
    message = error.message.encode(errors="replace").decode()
    body = {"message": message, "code": error.code, "env": env_name}
    return Reply(error.status, msgspec.json.encode(body), headers)
