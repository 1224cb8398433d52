"""`autumn outbox`: its commands and their options; what they do stands in modules of their own."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from ..errors import AutumnSDKError

_as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, one object a line.")


@click.group()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_context
def outbox(context: click.Context, folder: Path) -> None:
    """Looks at, and after, the usage that waits in the folder DIR of a tracker.

    DIR is what SQLiteStore was given. All commands may be used while trackers run: files of
    running processes are read, and never changed.
    """
    context.obj = folder


@outbox.command("ls")
@_as_json
@click.pass_obj
def list_files(folder: Path, as_json: bool) -> None:
    """Lists the files: whose they are, and how much waits in them.

    The owner is "running", or "orphan" if its process has ended: the next tracker that uses the
    folder takes it over, as drain does.
    """
    from .outbox_views import show_files

    with _errors():
        sys.exit(show_files(folder, as_json=as_json))


@outbox.command()
@_as_json
@click.pass_obj
def stats(folder: Path, as_json: bool) -> None:
    """Adds up what is there, by state and reason.

    "stored" waits to be sent; "possibly accepted" was sent, or is just now, with an unknown
    outcome, and is sent again under the same keys; "accepted" is only kept to be sent once more
    (assurance="resend"); "dead" can't be delivered; "damaged" counts records, not events.
    """
    from .outbox_views import show_sums

    with _errors():
        sys.exit(show_sums(folder, as_json=as_json))


@outbox.command()
@_as_json
@click.option("--reason", help="Only those that died of this.")
@click.pass_obj
def dead(folder: Path, as_json: bool, reason: str | None) -> None:
    """Shows the dead letters: events that can't be delivered, and why.

    Reasons: invalid, too_large, customer_not_found, ambiguous_expired. Those marked "in doubt" may
    have been counted all the same.
    """
    from .outbox_views import show_letters

    with _errors():
        sys.exit(show_letters(folder, reason, as_json=as_json))


@outbox.command()
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A new file to write to; standard output by default.",
)
@click.option("--only", type=click.Choice(["waiting", "dead"]), help="Leave out the others.")
@click.pass_obj
def export(folder: Path, output: Path | None, only: str | None) -> None:
    """Writes all events out, those that wait and those that are dead, one JSON object a line.

    Each line has the "state", for dead letters also "id", "reason", "detail", "died_at" and
    "in_doubt", and the "event" as it travels. Nothing is taken out of the outbox.
    """
    from .outbox_views import export_events

    with _errors():
        sys.exit(export_events(folder, output, only))


def _choosing(command: Callable[..., None]) -> Callable[..., None]:
    """Adds what picks dead letters."""
    for decorate in (
        click.argument("names", metavar="[KEY_OR_ID]...", nargs=-1),
        click.option("--all", "everything", is_flag=True, help="All dead letters."),
        click.option("--reason", help="All that died of this."),
        click.option("-y", "--yes", is_flag=True, help="Don't ask, with --all and --reason."),
    ):
        command = decorate(command)
    return click.pass_obj(command)


@outbox.command()
@click.option(
    "--set",
    "changes",
    metavar="FIELD=VALUE",
    multiple=True,
    help="Change a field of the event first; an empty value leaves it out. Can be repeated.",
)
@_choosing
def requeue(folder: Path, changes: tuple[str, ...], **choice: Any) -> None:
    """Puts dead letters back among the events that wait; a tracker, or drain, sends them.

    As it is, an event keeps its idempotency key. Changed with --set, it gets a new one: where it is
    "in doubt", it may then be counted twice.
    """
    from .outbox_letters import Choice, parsed, requeue_letters

    with _errors():
        sys.exit(requeue_letters(folder, Choice(**choice), parsed(changes)))


@outbox.command()
@_choosing
def discard(folder: Path, **choice: Any) -> None:
    """Forgets dead letters for good: their usage is never billed."""
    from .outbox_letters import Choice, discard_letters

    with _errors():
        sys.exit(discard_letters(folder, Choice(**choice)))


@outbox.command()
@click.option(
    "--secret-key",
    envvar="AUTUMN_SECRET_KEY",
    help="The key of the environment that the usage belongs to [env: AUTUMN_SECRET_KEY].",
)
@click.option("--server-url", help="Another server than Autumn's own [env: AUTUMN_BASE_URL].")
@click.option(
    "--patience",
    type=click.FloatRange(min=0),
    default=60.0,
    show_default=True,
    help="Seconds without any progress after which to give up.",
)
@click.pass_obj
def drain(folder: Path, secret_key: str | None, server_url: str | None, patience: float) -> None:
    """Sends everything that waits in files whose processes have ended.

    Files of running processes are left to them. Ctrl-C, or a crash, loses nothing: what was not
    sent stays stored. The exit code is 0 only if nothing waits in the folder any more, and
    everything that did was delivered.
    """
    from .outbox_drain import run_drain

    with _errors():
        sys.exit(run_drain(folder, secret_key, server_url, patience))


@contextmanager
def _errors() -> Generator[None, None, None]:
    """Says what went wrong, without a traceback."""
    try:
        yield
    except (ValueError, TypeError) as error:
        raise click.UsageError(str(error)) from error
    except (AutumnSDKError, OSError) as error:
        raise click.ClickException(str(error)) from error
