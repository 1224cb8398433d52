"""The operations of the client, found by looking at its classes, and ways to call them."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cached_property
from operator import attrgetter
from typing import Any

import anyio.to_thread

from autumn_async import AsyncAutumn, Autumn

BLOCKS = {"reserve"}
"""Public methods of the client that make an object for a `with` block."""

NOT_OPERATIONS = {
    "aclose",
    "cached",
    "over",
    "preload",
    "send_raw",
    "tracker",
    "with_options",
    *BLOCKS,
}
"""Public methods of the client that ask nothing of the API by themselves."""

NOT_NAMESPACES = {"edge"}
"""Properties of the client that lead to another client."""

SECRET_KEY = "am_sk_test_contract"


def public(cls: type) -> dict[str, Any]:
    """The members of a class whose names don't begin with an underscore, inherited ones too."""
    return {
        name: member
        for base in reversed(cls.__mro__[:-1])
        for name, member in vars(base).items()
        if not name.startswith("_")
    }


def namespaces(client: type) -> dict[str, type]:
    """The namespaces of a client by name: the classes that its cached properties make."""
    found: dict[str, type] = {}
    instance = client(SECRET_KEY)
    for name, member in public(client).items():
        if isinstance(member, cached_property) and name not in NOT_NAMESPACES:
            found[name] = type(getattr(instance, name))
    return found


def _operations() -> Iterator[tuple[str, Callable[..., Any]]]:
    for name, member in public(AsyncAutumn).items():
        if inspect.isfunction(member) and name not in NOT_OPERATIONS:
            yield name, member
    for namespace, cls in namespaces(AsyncAutumn).items():
        for name, member in public(cls).items():
            yield f"{namespace}.{name}", member


OPERATIONS: dict[str, Callable[..., Any]] = dict(_operations())
"""Every operation by its call, such as `customers.list`, with the async method."""


def parameters(call: str) -> dict[str, inspect.Parameter]:
    """What the API takes in an operation: no `self`, no options of the client's own."""
    found = dict(inspect.signature(OPERATIONS[call]).parameters)
    del found["self"], found["options"]
    return found


def required(call: str) -> set[str]:
    """The parameters that can't be left out."""
    return {name for name, p in parameters(call).items() if p.default is inspect.Parameter.empty}


ONE_OF = {
    "rewards.create": {"coupon"},
    "rewards.update": {"coupon"},
    "track": {"feature_id"},
}
"""What else is needed, where one of two parameters is."""


def needed(call: str) -> set[str]:
    """The parameters of the least call that can be made."""
    return required(call) | ONE_OF.get(call, set())


async def call_async(url: str, call: str, arguments: Mapping[str, Any], **settings: Any) -> Any:
    """Makes one call with the async client."""
    async with AsyncAutumn(SECRET_KEY, server_url=url, **settings) as autumn:
        return await attrgetter(call)(autumn)(**arguments)


async def call_sync(url: str, call: str, arguments: Mapping[str, Any], **settings: Any) -> Any:
    """Makes one call with the sync client, away from the running loop."""

    def on_a_thread() -> Any:
        with Autumn(SECRET_KEY, server_url=url, **settings) as autumn:
            return attrgetter(call)(autumn)(**arguments)

    return await anyio.to_thread.run_sync(on_a_thread)


async def call_twin(url: str, call: str, arguments: Mapping[str, Any], **settings: Any) -> Any:
    """Makes one call with the awaited twin of the sync client."""
    async with Autumn(SECRET_KEY, server_url=url, **settings) as autumn:
        return await attrgetter(f"{call}_async")(autumn)(**arguments)


Caller = Callable[..., Awaitable[Any]]

CALLERS: dict[str, Caller] = {"async": call_async, "sync": call_sync, "twin": call_twin}
