"""The commands and their options; what they do stands in modules of their own."""

from __future__ import annotations

import sys

import click

from .._version import __version__
from .outbox import outbox


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="autumn")
def autumn() -> None:
    """Tools around the Autumn billing API."""


@autumn.command()
@click.option("--port", default=4010, show_default=True, help="0 picks a free one.")
@click.option("--secret-key", help="The only key to accept; by default any am_sk_test_... is.")
def emulator(port: int, secret_key: str | None) -> None:
    """Runs an Autumn on this machine until Ctrl-C, to develop and test against."""
    from .emulator import run_emulator

    sys.exit(run_emulator(port, secret_key))


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


autumn.add_command(outbox)
