"""``flask users setup-link``: the way in while there is no administrator."""

import click

from webapp.account.setup import setup_link
from webapp.extensions import db
from webapp.users.cli import users_cli
from webapp.users.rules import superuser_exists


@users_cli.command("setup-link")
def print_setup_link() -> None:
    """Print the one-time link that makes the first administrator.

    Exits with 1 when there is an active superuser already.
    """
    if superuser_exists(db.session()):
        raise click.ClickException(
            "There is an administrator already. For a new password: flask users set-password NAME"
        )
    click.echo(setup_link())
