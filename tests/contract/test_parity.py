"""The sync client says and takes what the async one does: seen on the classes themselves."""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable
from typing import Any

import pytest

from autumn_async import AsyncAutumn, Autumn
from tests.contract.operations import BLOCKS, NOT_OPERATIONS, OPERATIONS, namespaces, public

SYNC = {"": Autumn, **namespaces(Autumn)}
ASYNC = {"": AsyncAutumn, **namespaces(AsyncAutumn)}

ONLY_ASYNC = {"over"}
"""Makes a client over somebody else's connections: for the sync client itself."""

ONLY_SYNC = {"close"}
"""Closing without awaiting."""

WITH_TWINS = {*OPERATIONS, *BLOCKS, "send_raw"}
"""The methods that make calls."""

METHODS = [
    *OPERATIONS,
    *sorted(BLOCKS),
    "__init__",
    "cached",
    "preload",
    "send_raw",
    "with_options",
]


def method(classes: dict[str, type], call: str, suffix: str = "") -> Callable[..., Any]:
    namespace, _, name = call.rpartition(".")
    found: Callable[..., Any] = getattr(classes[namespace], name + suffix)
    return found


def signature(function: Callable[..., Any]) -> list[tuple[Any, ...]]:
    return [
        (p.name, p.kind, p.default, p.annotation)
        for p in inspect.signature(function).parameters.values()
    ]


def test_both_clients_have_the_same_namespaces_with_the_same_docs() -> None:
    assert SYNC.keys() == ASYNC.keys()
    assert Autumn.edge.__doc__ == AsyncAutumn.edge.__doc__
    for name in ASYNC.keys() - {""}:
        assert SYNC[name].__doc__ == ASYNC[name].__doc__
        assert f"Async{SYNC[name].__name__}" == ASYNC[name].__name__
        assert public(Autumn)[name].func.__doc__ == public(AsyncAutumn)[name].func.__doc__


@pytest.mark.parametrize("namespace", ASYNC)
def test_the_sync_client_has_every_public_name_and_its_awaited_twin(namespace: str) -> None:
    names = public(ASYNC[namespace]).keys()
    prefix = f"{namespace}." if namespace else ""
    twins = {f"{name}_async" for name in names if prefix + name in WITH_TWINS}
    only_sync, only_async = (set(), set()) if namespace else (ONLY_SYNC, ONLY_ASYNC)
    assert public(SYNC[namespace]).keys() == (names - only_async) | twins | only_sync


@pytest.mark.parametrize("call", METHODS)
def test_parameters_are_the_same(call: str) -> None:
    ours = signature(method(ASYNC, call))
    if call == "__init__":
        ours = [_with_factories_only(*parameter) for parameter in ours]
    assert signature(method(SYNC, call)) == ours
    if call in WITH_TWINS:
        assert signature(method(SYNC, call, "_async")) == ours


def _with_factories_only(name: str, kind: Any, default: Any, annotation: Any) -> tuple[Any, ...]:
    if name == "session":
        assert annotation == "aiohttp.ClientSession | SessionFactory | None"
        annotation = "SessionFactory | None"
    return name, kind, default, annotation


@pytest.mark.parametrize("call", METHODS)
def test_answers_are_the_same(call: str) -> None:
    annotated = inspect.signature(method(ASYNC, call)).return_annotation
    sync = inspect.signature(method(SYNC, call)).return_annotation
    assert sync == annotated.replace("AsyncPager[", "SyncPage[").replace("Async", "")
    if call in WITH_TWINS:
        twin = inspect.signature(method(SYNC, call, "_async")).return_annotation
        assert twin == annotated


@pytest.mark.parametrize("call", OPERATIONS)
def test_what_is_awaited_is_awaited_in_both(call: str) -> None:
    awaited = inspect.iscoroutinefunction(method(ASYNC, call))
    returned = inspect.signature(method(ASYNC, call)).return_annotation
    assert awaited is not returned.startswith("AsyncPager[")
    assert inspect.iscoroutinefunction(method(SYNC, call, "_async")) is awaited
    assert not inspect.iscoroutinefunction(method(SYNC, call))


@pytest.mark.parametrize("call", METHODS)
def test_docs_are_the_same_but_for_awaiting(call: str) -> None:
    ours = method(ASYNC, call).__doc__
    assert (ours is None) is (call == "__init__")
    if ours is not None:
        blocking = re.sub(r"async (for|with) ", r"\1 ", ours).replace("await ", "")
        assert method(SYNC, call).__doc__ == blocking
    if ours is not None and call in WITH_TWINS:
        name = call.rpartition(".")[2]
        twin = method(SYNC, call, "_async").__doc__
        assert twin is not None
        assert twin.replace(f".{name}_async(", f".{name}(") == ours


@pytest.mark.parametrize("call", OPERATIONS)
def test_examples_call_what_they_document(call: str) -> None:
    path, name = f"autumn.{call}(", call.rpartition(".")[2]
    ours, sync, twin = (
        function.__doc__ or ""
        for function in (
            method(ASYNC, call),
            method(SYNC, call),
            method(SYNC, call, "_async"),
        )
    )
    assert ours.count(path) == sync.count(path) == twin.count(path.replace("(", "_async("))
    assert "await" not in sync.replace("awaits", "")
    assert f".{name}(" not in twin


def test_the_docs_of_the_clients_differ_only_where_the_clients_do() -> None:
    ours, sync = ((cls.__doc__ or "").splitlines() for cls in (AsyncAutumn, Autumn))
    changed = [line for line in difflib.ndiff(ours, sync) if line[:2] in ("- ", "+ ")]
    assert [line[2:].strip()[:40] for line in changed if line.startswith("- ")] == [
        "A client of the Autumn billing API for a",
        'async with AsyncAutumn("am_sk_test_...")',
        "answer = await autumn.check(customer_id=",
        "Make one, use it everywhere on one event",
        "at the first call.",
        "session: An `aiohttp.ClientSession`, whi",
        "function that makes one, which is closed",
    ]
    assert len([line for line in changed if line.startswith("+ ")]) == 7


def test_both_clients_are_context_managers_that_close_themselves() -> None:
    for name in ("__aenter__", "__aexit__", "aclose"):
        assert inspect.iscoroutinefunction(getattr(AsyncAutumn, name))
        assert inspect.iscoroutinefunction(getattr(Autumn, name))
    for name in ("__enter__", "__exit__", "close"):
        assert not inspect.iscoroutinefunction(getattr(Autumn, name))
        assert not hasattr(AsyncAutumn, name)


def test_everything_public_is_documented() -> None:
    for classes in (ASYNC, SYNC):
        for cls in classes.values():
            assert cls.__doc__
            for name, member in public(cls).items():
                assert inspect.getdoc(getattr(member, "func", member)), f"{cls.__name__}.{name}"


def test_what_is_no_operation_is_known() -> None:
    others = {"aclose", "cached", "preload", "send_raw", "tracker", "with_options"}
    assert ONLY_ASYNC | BLOCKS | others == NOT_OPERATIONS
