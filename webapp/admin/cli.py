"""``flask check``: are the declarations right?"""

import click
from flask import Flask, current_app
from flask.cli import with_appcontext

from webapp import readiness
from webapp.admin.checks import check
from webapp.admin.problems import report
from webapp.admin.site import current_site


def init_app(app: Flask) -> None:
    app.cli.add_command(check_declarations)


@click.command("check")
@with_appcontext
def check_declarations() -> None:
    """Tell every wrong declaration of the admin, and whether the database is up to date.

    Exits with 1 when there is a wrong declaration; the application does not start with them. Warnings are told and do
    not count, nor does the database, which may be elsewhere.
    """
    for line in readiness.at_start(current_app):
        click.echo(line)
    site = current_site()
    problems = check(site)
    if problems:
        click.echo(report(problems))
    if any(problem.is_error for problem in problems):
        raise click.exceptions.Exit(1)
    models, warnings = len(list(site)), len(problems)
    found = f"{warnings} warning{'s' if warnings > 1 else ''}" if warnings else "no problems"
    click.echo(f"{models} model{'' if models == 1 else 's'} checked, {found}.")
