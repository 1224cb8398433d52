"""The examples on the page of autumn-sdk 1.0.0 run after the edits in `EDITS`, and no others.

The page lies beside the repository, as plain text without indentation. Its examples are taken from
it, indented again, edited, and run against the emulator: as they are, and turned into async code.
"""

from __future__ import annotations

import ast
import asyncio
import io
import logging
import re
import textwrap
from collections.abc import Iterator
from contextlib import redirect_stdout
from dataclasses import dataclass

import pytest

from autumn_async import Autumn
from autumn_async.emulator import Emulator
from tests.scripted_server import Reply, ScriptedServer
from tests.shared_material import shared

CUSTOMER, FEATURE = "cus_123", "messages"


@dataclass(frozen=True)
class Edit:
    """One allowed change: what on the page, into what."""

    reason: str
    pattern: str
    replacement: str


EDITS = [
    Edit("imports", r"^from autumn_sdk(\.utils)? import", "from autumn_async import"),
    Edit("imports", r"^from autumn_sdk\.httpclient import .*$", ""),
    Edit("imports", r"^import httpx$", "import aiohttp"),
    Edit(
        "`retries=` before a positional RetryConfig",
        r'^(\s*)RetryConfig\("backoff", BackoffStrategy\(1, 50, 1\.1, 100\), False\)\)$',
        r'\1retries=RetryConfig("backoff", BackoffStrategy(1, 50, 1.1, 100), False))',
    ),
    Edit("the placeholder token", r'"<YOUR_BEARER_TOKEN_HERE>"', "KEY"),
    Edit("the server's address", r'"https://api\.useautumn\.com"', "URL"),
    Edit(
        "httpx clients by aiohttp session factories",
        r"^http_client = httpx\.Client\((.*)\)$",
        r"http_client = lambda: aiohttp.ClientSession(\1)",
    ),
    Edit("httpx clients by aiohttp session factories", r"Autumn\(client=", "Autumn(session="),
    Edit(
        "httpx clients by aiohttp session factories",
        r"(?s)^class CustomClient\(AsyncHttpClient\):\n.*(?=^s = )",
        textwrap.dedent(
            """
            async def add_header(request, handler):
                request.headers["Client-Level-Header"] = "added by client"
                return await handler(request)
            """
        ),
    ),
    Edit(
        "httpx clients by aiohttp session factories",
        r"^s = Autumn\(async_client=CustomClient\(httpx\.AsyncClient\(\)\)\)$",
        "s = Autumn(session=lambda: aiohttp.ClientSession(middlewares=[add_header]))",
    ),
]
"""The server's address and the key also reach the examples through AUTUMN_BASE_URL and
AUTUMN_SECRET_KEY, for those that pass neither."""


def examples() -> list[str]:
    """The page's Python programs, in order, indented again."""
    lines = shared("seed", "autumn-sdk-1.0.0.md").read_text().splitlines()
    found: list[str] = []
    number = 0
    while number < len(lines):
        end = number
        if re.match(r"(from|import) \w", lines[number]):
            end = _end_of_program(lines, number)
        if end > number:
            found.append(indented(lines[number:end]))
        number = max(end, number + 1)
    return found


def _end_of_program(lines: list[str], start: int) -> int:
    """The longest run of lines from here that is Python."""
    best = start
    for end in range(start + 1, min(start + 80, len(lines)) + 1):
        if re.fullmatch(r"\w+", lines[end - 1]):
            break  # a headline of one word would pass for an expression
        try:
            ast.parse(edited(indented(lines[start:end])))
        except SyntaxError:
            continue
        best = end
    return best


def indented(lines: list[str]) -> str:
    """Gives lines that have lost their indentation the one that Python needs."""
    out: list[str] = []
    depth, brackets, inside_class = 0, 0, False
    for line in lines:
        if brackets == 0:
            depth, inside_class = _depth_before(line, depth, inside_class)
        out.append("    " * (depth + (1 if brackets else 0)) + line)
        code = line.split("#")[0].rstrip()
        brackets += sum(map(code.count, "([{")) - sum(map(code.count, ")]}"))
        if brackets == 0 and code.endswith(":"):
            depth += 1
            inside_class = inside_class or line.startswith("class ")
    return _with_bodies(out)


def _depth_before(line: str, depth: int, inside_class: bool) -> tuple[int, bool]:
    if re.match(r"(asyncio\.run|s = |from |import |# Or when|class )", line):
        return 0, False
    if re.match(r"(async )?def ", line):
        return (1, True) if inside_class else (0, False)
    if line.startswith("except "):
        return depth - 1, inside_class
    return depth, inside_class


def _with_bodies(lines: list[str]) -> str:
    """Blocks that hold nothing but a comment get a `pass`."""
    text = "\n".join(lines)
    return re.sub(r"(?m)^( *)(# Rest of application here\.\.\.)$", r"\1\2\n\1pass", text)


def edited(program: str) -> str:
    for edit in EDITS:
        program = re.sub(edit.pattern, edit.replacement, program, flags=re.MULTILINE)
    return program


class _ToAsync(ast.NodeTransformer):
    """`with` and calls become `async with` and awaited twins."""

    def visit_With(self, node: ast.With) -> ast.AST:
        self.generic_visit(node)
        return ast.AsyncWith(items=node.items, body=node.body)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if isinstance(node.func, ast.Attribute) and node.func.attr == "check":
            node.func.attr = "check_async"
            return ast.Await(node)
        return node


def as_async(program: str) -> str:
    """The same program as a coroutine that is run."""
    tree = ast.fix_missing_locations(_ToAsync().visit(ast.parse(program)))
    body = textwrap.indent(ast.unparse(tree), "    ")
    return f"import asyncio\nasync def example():\n{body}\n    return locals()\n" + (
        "result = asyncio.run(example())\nglobals().update(result)\n"
    )


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    with Emulator() as emulator:
        monkeypatch.setenv("AUTUMN_BASE_URL", emulator.url)
        monkeypatch.setenv("AUTUMN_SECRET_KEY", emulator.secret_key)
        with Autumn() as autumn:
            autumn.features.create(feature_id=FEATURE, name="M", type_="metered", consumable=True)
            autumn.customers.get_or_create(customer_id=CUSTOMER)
            autumn.balances.create(customer_id=CUSTOMER, feature_id=FEATURE, included_grant=10)
        yield emulator


def run(program: str, emulator: Emulator) -> tuple[dict[str, object], str]:
    """Runs a program; returns its names and what it printed."""
    names: dict[str, object] = {"KEY": emulator.secret_key, "URL": emulator.url}
    with redirect_stdout(io.StringIO()) as printed:
        exec(compile(program, "<example>", "exec"), names)
    return names, printed.getvalue()


def is_async(program: str) -> bool:
    return "async def" in program


def calls_check(program: str) -> bool:
    return ".check(" in program or ".check_async(" in program


def test_the_page_has_the_examples_that_we_know_of() -> None:
    programs = examples()
    assert len(programs) == 12
    assert sum(map(calls_check, programs)) == 7
    assert sum("retry_config=" in program for program in programs) == 1
    assert sum("except errors.AutumnError" in program for program in programs) == 1
    assert sum("class CustomClient" in program for program in programs) == 1


def test_every_edit_is_needed() -> None:
    unused = set(EDITS)
    for program in examples():
        for edit in EDITS:
            changed = re.sub(edit.pattern, edit.replacement, program, flags=re.MULTILINE)
            if changed != program:
                unused.discard(edit)
            program = changed
        assert "httpx" not in program
        assert "autumn_sdk import" not in program
    assert unused == set()


@pytest.mark.parametrize("number", range(12))
def test_example_runs_after_the_edits(number: int, emulator: Emulator) -> None:
    program = edited(examples()[number])
    names, printed = run(program, emulator)
    assert ("CheckResponse(allowed=True" in printed) == calls_check(program)
    _close(names)


@pytest.mark.parametrize("number", range(12))
def test_example_runs_as_async_code(number: int, emulator: Emulator) -> None:
    program = edited(examples()[number])
    names, printed = run(program if is_async(program) else as_async(program), emulator)
    assert ("CheckResponse(allowed=True" in printed) == calls_check(program)
    _close(names)


def _close(names: dict[str, object]) -> None:
    for client in names.values():
        if isinstance(client, Autumn):
            client.close()


def test_the_async_functions_of_the_page_run(emulator: Emulator) -> None:
    (program,) = [text for text in examples() if "amain" in text]
    names, _ = run(edited(program), emulator)
    names["main"]()  # type: ignore[operator]
    asyncio.run(names["amain"]())  # type: ignore[operator]


def test_the_error_example_prints_what_the_page_names(emulator: Emulator) -> None:
    (program,) = [text for text in examples() if "except errors.AutumnError" in text]
    _, printed = run(edited(program).replace(CUSTOMER, "nobody"), emulator)
    lines = printed.splitlines()
    assert "Customer nobody not found" in lines[0]
    assert lines[1] == "404"
    assert '"code":"customer_not_found"' in lines[2].replace(" ", "")
    assert "content-type" in lines[3]
    assert "404" in lines[4]


@pytest.mark.parametrize(
    ("marker", "header", "value"),
    [
        ("x-custom-header", "x-custom-header", "someValue"),
        ("class CustomClient", "client-level-header", "added by client"),
    ],
)
def test_custom_clients_send_their_headers(
    marker: str, header: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (program,) = [text for text in examples() if marker in text]
    with ScriptedServer([Reply(body={"allowed": True, "customer_id": CUSTOMER})]) as server:
        monkeypatch.setenv("AUTUMN_BASE_URL", server.url)
        monkeypatch.setenv("AUTUMN_SECRET_KEY", "am_sk_test_x")
        names: dict[str, object] = {}
        exec(compile(edited(program), "<example>", "exec"), names)
        client = names["s"]
        assert isinstance(client, Autumn)
        with client:
            client.check(customer_id=CUSTOMER, feature_id=FEATURE)
        assert server.requests[0].headers[header] == value


def test_the_debug_logger_gets_requests_and_answers(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    (program,) = [text for text in examples() if "debug_logger" in text]
    names, _ = run(edited(program), emulator)
    client = names["s"]
    assert isinstance(client, Autumn)
    with caplog.at_level(logging.DEBUG, logger="autumn_sdk"), client:
        client.check(customer_id=CUSTOMER, feature_id=FEATURE)
    messages = [record.getMessage() for record in caplog.records if record.name == "autumn_sdk"]
    assert any("POST" in message and "balances.check" in message for message in messages)
    assert any("200" in message and "allowed" in message for message in messages)
    assert not any(emulator.secret_key in message for message in messages)
