"""Requests that were let in, and carrying out the operations that they ask for."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from .bodies import decoded
from .domain.failures import ApiError, not_emulated
from .domain.idempotency import BODY_KEYS, HEADER_KEYS
from .json_types import is_object
from .messages import Reply
from .operations.call import Call, Operation
from .operations.table import NOT_SERVED, SERVED
from .validation import parse
from .versions import Version, parse_version

if TYPE_CHECKING:
    from .domain.environment import Environment
    from .state.entries import Entry

PREFIX: Final = "/v1/"


class Task(NamedTuple):
    """A request that was let in, and what it asks for."""

    entry: Entry
    version: Version
    name: str
    operation: Operation
    body: object

    def run(self, env: Environment) -> Reply:
        """Carries it out; what is refused raises `ApiError`."""
        now = self.entry.now
        call = Call(env, self.version, now, {}, now, origin=self.entry.origin)
        if self.entry.idempotency_key:
            return _run_once(self, call, self.entry.idempotency_key)
        return _run(self, call)


def task_of(entry: Entry) -> Task:
    version = parse_version(entry.version)
    name = entry.path.removeprefix(PREFIX)
    known = entry.method == "POST" and name != entry.path
    operation = SERVED.get(name) if known else None
    if operation is None:
        if known and name in NOT_SERVED:
            raise not_emulated(f"the operation {name}")
        raise ApiError(401, "no_auth_header", "Unauthorized - no session found")
    return Task(entry, version, name, operation, decoded(entry.body, entry.query))


def _run(task: Task, call: Call) -> Reply:
    operation = task.operation
    check = operation.cursor_check if call.cursors else None
    call.params = parse(check or operation.check, task.body)
    call.now = call.moment_of(call.params)
    answer = operation.run(call)
    if task.entry.failed and is_object(call.params) and "idempotency_key" in call.params:
        call.env.claims.release(BODY_KEYS, call.params["idempotency_key"])
    return Reply(call.status, msgspec.json.encode(answer))


def _run_once(task: Task, call: Call, key: bytes) -> Reply:
    """Runs it unless its key is in use; the first answer is not repeated."""
    claims = call.env.claims
    claim = hashlib.sha256(key).hexdigest()
    if not claims.claim(HEADER_KEYS, claim, call.received_at):
        shown = key.decode(errors="surrogateescape")
        message = f"Another request with idempotency key {shown} has already been received"
        raise ApiError(409, "duplicate_idempotency_key", message)
    try:
        reply = _run(task, call)
    except Exception as error:
        if not isinstance(error, ApiError) or error.status != 409:
            claims.release(HEADER_KEYS, claim)
        raise
    if task.entry.failed:
        claims.release(HEADER_KEYS, claim)
    return reply
