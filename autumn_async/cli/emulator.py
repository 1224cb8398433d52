"""`autumn emulator`: an Autumn on this machine until somebody stops it."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from typing import Any

import click

from ..emulator import Emulator, EmulatorError, serve


def run_emulator(faults: Sequence[str], **settings: Any) -> int:
    """Serves until SIGINT or SIGTERM; returns the exit code. `settings` are those of `Emulator`."""
    try:
        emulator = Emulator(**settings)
        for fault in faults:
            emulator.faults.add_from_text(fault)
        asyncio.run(_serve_until_signal(emulator, settings))
    except KeyboardInterrupt:
        click.echo("stopped")  # Windows, where Ctrl-C can't be handled on the loop
    except (EmulatorError, ValueError) as error:
        click.echo(str(error), err=True)
        return 1
    return 0


async def _serve_until_signal(emulator: Emulator, settings: dict[str, Any]) -> None:
    def announce(emulator: Emulator) -> None:
        click.echo(f"Autumn emulator at {emulator.url}, secret key {emulator.secret_key}")
        click.echo(f"it keeps everything in {settings['state'] or 'memory'}; Ctrl-C stops it")

    serving = asyncio.ensure_future(serve(emulator, announce))
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
