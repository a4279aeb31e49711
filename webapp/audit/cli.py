"""``flask history …``: how long the history goes back, and that the database protects it."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

import click

from webapp import append_only
from webapp.admin.history import LogEntry
from webapp.admin.values import parse_value
from webapp.audit.pruning import Checkpoint, OtherRunError, number_before, prune
from webapp.database import now
from webapp.extensions import db
from webapp.running import current_app
from webapp.users.cli import PlainGroup

history_cli = PlainGroup("history", help="Look after the history: prune what is old, protect the rest.")


@history_cli.command("prune")
@click.option("--before", required=True, metavar="DATE", help="Such as 2025-01-31: that day itself is kept.")
@click.option("--yes", is_flag=True, help="Do it; without this it is only told how much it would be.")
def prune_history(before: str, yes: bool) -> None:
    """Delete the entries of the history from before DATE, for good.

    A checkpoint stays: how many there were, up to when, and a digest of them. Interrupted, it can be run again.

    Example: flask history prune --before 2025-01-31 --yes
    """
    moment = _beginning_of(before)
    if not yes:
        raise click.ClickException(
            f"{_entries(number_before(moment))} from before {before} would be deleted for good. Nothing was "
            "done: make a backup, then add --yes."
        )
    done = Checkpoint(moment)
    try:
        for done in prune(moment):
            click.echo(f"{_entries(done.number)} deleted …", err=True)
    except OtherRunError:
        raise click.ClickException(
            f"Another run prunes the history and goes on. This one has deleted {_entries(done.number)}, of which its "
            "checkpoint tells, and stopped."
        ) from None
    if not done.number:
        click.echo(f"There is nothing from before {before}.")
        return
    click.echo(f"Deleted {_entries(done.number)} from before {before}, numbers {done.first} to {done.last}.")
    click.echo(f"SHA-256 of what was deleted: {done.digest}")


@history_cli.command("protect")
def protect_history() -> None:
    """Let the database refuse to change or delete entries, where the migration could not do it."""
    try:
        with db.engine.begin() as connection:
            append_only.create(connection, LogEntry.__tablename__)
    except append_only.CannotProtectError as error:
        raise click.ClickException(f"The history is not protected. {error}") from None
    click.echo("The database refuses to change and to delete entries of the history.")


def _beginning_of(day: str) -> datetime:
    """The beginning of that day where the system is at home."""
    try:
        parsed = parse_value("date", day)
    except ValueError:
        raise click.ClickException(f"“{day}” is no date. Write year, month and day: 2025-01-31.") from None
    zone = ZoneInfo(current_app.config["BABEL_DEFAULT_TIMEZONE"])
    moment = datetime.combine(parsed, time(), zone)
    if moment > now():
        raise click.ClickException(f"{day} is in the future: the whole history would go.")
    return moment


def _entries(number: int) -> str:
    return f"{number:,} {'entry' if number == 1 else 'entries'}"
