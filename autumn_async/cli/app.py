"""The commands and their options; what they do stands in modules of their own."""

from __future__ import annotations

import sys
from typing import Any

import click

from .._version import __version__
from .outbox import outbox


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="autumn")
def autumn() -> None:
    """Tools around the Autumn billing API."""


@autumn.command()
@click.option("--port", default=4010, show_default=True, help="0 picks a free one.")
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--expose",
    "allow_remote",
    is_flag=True,
    help="Lets --host be an address that others can reach. Whoever can reach it can read and"
    " change everything in the emulator: any key is good, unless --secret-key names one.",
)
@click.option("--secret-key", help="The only key to accept; by default any am_sk_test_... is.")
@click.option("--state", metavar="FILE", help="Keeps everything in this file across restarts.")
@click.option(
    "--catalog",
    metavar="FILE",
    help="Features and plans to begin with, as JSON or TOML: the bodies that create them,"
    ' {"features": [...], "plans": [...]}. What exists already stays as it is.',
)
@click.option("--rate-limits", is_flag=True, help="Counts calls and answers 429 as Autumn does.")
@click.option(
    "--fault",
    "faults",
    metavar="OPERATION:WHAT[:SHARE]",
    multiple=True,
    help="Makes that share of the calls of an operation (track, customers.get, or * for all) go"
    " wrong. WHAT is a status (503), a latency (200ms), drop or drop-applied (the connection,"
    " before or after the call takes effect), or lose-items (of batch_track, in silence). Can be"
    ' repeated: --fault "track:503:0.1" --fault "*:50ms"',
)
def emulator(faults: tuple[str, ...], **settings: Any) -> None:
    """Runs an Autumn on this machine until Ctrl-C, to develop and test against."""
    from .emulator import run_emulator

    sys.exit(run_emulator(faults, **settings))


@autumn.command()
@click.option("--server-url", help="Use this Autumn instead of one inside the process.")
@click.option(
    "--secret-key",
    envvar="AUTUMN_SECRET_KEY",
    help="With --server-url: a key of a test environment [env: AUTUMN_SECRET_KEY].",
)
@click.option(
    "--events",
    type=click.IntRange(min=1),
    help="How many events to track: 10000 by default, 200 with --server-url.",
)
def demo(server_url: str | None, secret_key: str | None, events: int | None) -> None:
    """Checks and tracks usage as an application would, then compares with the balances.

    Needs no account and no network, unless --server-url names a real test environment; there,
    what it creates has ids of its own and is removed at the end, also after Ctrl-C.
    """
    from ..errors import AutumnSDKError
    from .demo import run_demo

    try:
        sys.exit(run_demo(server_url, secret_key, events))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except AutumnSDKError as error:
        raise click.ClickException(str(error)) from error


@autumn.command()
@click.option("--server-url", help="The server, by default Autumn's own.")
@click.option(
    "--secret-key",
    envvar="AUTUMN_SECRET_KEY",
    help="A key of a test environment [env: AUTUMN_SECRET_KEY].",
)
@click.option("--live", is_flag=True, help="Take any key, also one of a live environment.")
@click.option("--customer", required=True, help="A customer who exists.")
@click.option("--feature", required=True, help="A feature to check.")
@click.option("--edge-url", help="An edge to measure beside the server.")
@click.option("--track", is_flag=True, help="Also track a unit with each check: it is used up.")
@click.option("--calls", type=click.IntRange(min=1), default=200, show_default=True)
@click.option("--in-flight", type=click.IntRange(min=1), default=1, show_default=True)
@click.option(
    "--warm-up",
    type=click.IntRange(min=1),
    default=10,
    show_default=True,
    help="Calls before those that count, so that connections are open.",
)
@click.option("--plot", type=click.Path(dir_okay=False, writable=True), help="Draw to this file.")
def bench(**options: Any) -> None:
    """Measures how long checks take from here, and with --track how long tracking takes.

    A call is one attempt: nothing is repeated, and nothing fails open.
    """
    from ..errors import AutumnSDKError
    from .bench import Plan, run_bench

    try:
        sys.exit(run_bench(Plan(**options)))
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except AutumnSDKError as error:
        raise click.ClickException(str(error)) from error


autumn.add_command(outbox)
