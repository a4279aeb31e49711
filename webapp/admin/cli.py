"""``flask check``: are the declarations right? ``flask backup`` and ``flask restore``: an SQLite database in use."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.exc import TimeoutError as WaitedTooLong

from webapp import backups, deployment, readiness, search_index
from webapp.admin.checks import check, missing_indexes
from webapp.admin.options import Rejected
from webapp.admin.problems import Problem, report
from webapp.admin.site import current_site
from webapp.database import MYSQL_NAMES, Base, has_no_room, is_passing, reason, sqlite_file
from webapp.extensions import db
from webapp.running import current_app


def init_app(app: Flask) -> None:
    app.cli.add_command(check_declarations)
    app.cli.add_command(backup)
    app.cli.add_command(restore)
    app.cli.add_command(rebuild_search)


@contextmanager
def told_in_a_sentence() -> Iterator[None]:
    """:raises click.ClickException: in place of what would end a command in a traceback when the database refuses."""
    try:
        yield
    except Rejected as rejected:
        raise click.ClickException(rejected.message) from None
    except SQLAlchemyError as error:
        raise click.ClickException(f"The database refused: {reason(error)}. {_way_out(error)}") from None


def _way_out(error: SQLAlchemyError) -> str:
    if has_no_room(error):
        return "Make room on its disk, then run this again."
    if is_passing(error) or isinstance(error, WaitedTooLong):
        return "Somebody else is at work there, or the line was cut: run this again in a moment."
    return "Is it there, and up to date? To bring it up to date: flask db upgrade"


class PlainCommand(click.Command):
    """A command that ends in a sentence and never in a traceback, whatever the database does."""

    def invoke(self, ctx: click.Context) -> Any:
        with told_in_a_sentence():
            return super().invoke(ctx)


@click.command("check")
@click.option("--deploy", is_flag=True, help="Tell whether this installation is fit for people, too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON list, for programs.")
@with_appcontext
def check_declarations(deploy: bool, as_json: bool) -> None:
    """Tell every wrong declaration of the admin, and whether the database is up to date.

    Exits with 1 when there is a wrong declaration; the application does not start with them. Warnings are told and do
    not count, nor does the database, which may be elsewhere: with --deploy it counts.
    """
    site = current_site()
    problems = check(site)
    if not any(problem.is_error for problem in problems):
        problems += missing_indexes(site)
    findings = deployment.findings(current_app) if deploy else []
    of_the_database: list[str] = []
    if as_json:
        click.echo(
            json.dumps([*map(_plain, problems), *(finding.as_dict() for finding in findings)], indent=2)
        )
    else:
        of_the_database = [] if deploy else readiness.at_start(current_app)
        for line in findings or of_the_database:
            click.echo(line)
        if problems:
            click.echo(report(problems))
    if any(problem.is_error for problem in problems) or any(finding.is_error for finding in findings):
        raise click.exceptions.Exit(1)
    if as_json:
        return
    models, warnings = len(list(site)), len(problems) + len(findings)
    found = f"{warnings} warning{'s' if warnings > 1 else ''}" if warnings else "no problems"
    if of_the_database:
        found += " in the declarations; for the database see above"
    click.echo(f"{models} model{'' if models == 1 else 's'} checked, {found}.")


def _plain(problem: Problem) -> dict[str, str]:
    return {
        "level": "error" if problem.is_error else "warning",
        "code": problem.id,
        "message": f"{problem.admin}.{problem.attribute}: {problem.message}",
        "way_out": problem.way_out,
    }


@click.command("backup")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--force", is_flag=True, help="Overwrite FILE.")
@with_appcontext
def backup(file: Path, force: bool) -> None:
    """Copy the SQLite database to FILE while it is in use, and check the copy.

    Only its owner may read FILE: it holds everything there is.
    """
    database = _database("pg_dump --format=custom --file={file}", "mariadb-dump --single-transaction", file)
    try:
        copy = backups.save(database, file, overwrite=force)
    except backups.BackupError as error:
        raise click.ClickException(f"No backup was made: {error}.") from None
    click.echo(f"Saved {copy.path}: {copy.size}, revision {copy.revision or 'none'}, checked.")


@click.command("restore")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--verify", is_flag=True, help="Only look whether FILE could be restored.")
@with_appcontext
def restore(file: Path, verify: bool) -> None:
    """Make the SQLite database what FILE holds; what it held before is kept beside it.

    It is one transaction: servers that run go on with what was restored.
    """
    database = _database("pg_restore --clean --if-exists {file}", "mariadb", file)
    is_known = readiness.knows(current_app)
    try:
        if verify:
            copy, kept = backups.Copy(file, backups.require_ours(file, is_known)), None
        else:
            copy, kept = backups.restore(file, database, is_known)
    except backups.BackupError as error:
        raise click.ClickException(f"Nothing was restored: {error}.") from None
    done = "can be restored" if verify else f"was restored to {database}"
    click.echo(f"{copy.path} {done}: {copy.size}, revision {copy.revision}, checked.")
    if kept:
        click.echo(f"What was there before is in {kept}.")
    for line in [] if verify else readiness.at_start(current_app):
        click.echo(line)


def _database(for_postgresql: str, for_mariadb: str, file: Path) -> Path:
    """The file of the database; on another engine, the command that its own tools have for this."""
    address = make_url(current_app.config["SQLALCHEMY_DATABASE_URI"])
    path = sqlite_file(address.render_as_string(hide_password=False))
    if path:
        return path
    if address.get_backend_name() == "sqlite":
        raise click.ClickException("The database is in memory only.")
    # Without the password, which a list of processes would show: the tools ask for it or read it from a file.
    command = for_mariadb if address.get_backend_name() in MYSQL_NAMES else for_postgresql
    raise click.ClickException(
        f"This is for SQLite. Here the tools of the database do it: {command.format(file=file)} … "
        "(docs/guide/deploy.md, “Backups”)"
    )


@click.command("rebuild-search", cls=PlainCommand)
@with_appcontext
def rebuild_search() -> None:
    """Make the search indexes anew: where one could not be made, or a table was changed behind its back."""
    if db.engine.dialect.name in MYSQL_NAMES:
        raise click.ClickException("MariaDB has no search index: there is none to make.")
    for table in Base.metadata.sorted_tables:
        index = search_index.index_of(table)
        if index is None:
            continue
        [key] = table.primary_key.columns
        try:
            with db.engine.begin() as connection:
                search_index.renew(connection, table.name, index.columns, key.name)
        except search_index.CannotSearchError as error:
            raise click.ClickException(f"No search index for {table.name}: {error}") from error
        click.echo(f"{table.name}: {', '.join(index.columns)}")
