"""`autumn emulator`: an Autumn on this machine until somebody stops it."""

from __future__ import annotations

import asyncio
import signal

import click

from ..emulator import Emulator, EmulatorError, serve


def run_emulator(port: int, secret_key: str | None) -> int:
    """Serves until SIGINT or SIGTERM; returns the exit code."""
    try:
        asyncio.run(_serve_until_signal(port, secret_key))
    except KeyboardInterrupt:
        click.echo("stopped")  # Windows, where Ctrl-C can't be handled on the loop
    except (EmulatorError, ValueError) as error:
        click.echo(str(error), err=True)
        return 1
    return 0


async def _serve_until_signal(port: int, secret_key: str | None) -> None:
    serving = asyncio.ensure_future(serve(port=port, secret_key=secret_key, on_ready=_announce))
    loop = asyncio.get_running_loop()
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, serving.cancel)
    except NotImplementedError:
        pass
    try:
        await serving
    except asyncio.CancelledError:
        click.echo("stopped")


def _announce(emulator: Emulator) -> None:
    click.echo(f"Autumn emulator at {emulator.url}, secret key {emulator.secret_key}")
    click.echo("it keeps everything in memory; Ctrl-C stops it")
