"""``flask seed …``: made-up people, to try the system with many and to show it."""

import click
from sqlalchemy import select

from webapp.extensions import db
from webapp.users import crowd, demo
from webapp.users.cli import PlainGroup
from webapp.users.models import User

MOST = 1_000_000

seed_cli = PlainGroup("seed", help="Fill the database with made-up people.")


@seed_cli.command("users")
@click.option("--count", type=int, required=True, help=f"How many, 1 to {MOST:,}.")
def seed_users(count: int) -> None:
    """Add made-up people who cannot sign in: nobody knows their password.

    Run again, it adds others.
    """
    if not 1 <= count <= MOST:
        raise click.ClickException(f"--count is {count:,}. Give a number from 1 to {MOST:,}.")
    crowd.add_people(count, tell=lambda done: click.echo(f"{done:,} of {count:,}", err=True))
    click.echo(f"{count:,} people were added. None of them can sign in.")


@seed_cli.command("demo")
def seed_demo() -> None:
    """Fill an empty database with people, groups and history, and with alice, who may do everything.

    Where there are people already nothing is done, so that no real system ever gets an account whose password is
    printed. For another try: another DATABASE_URL, or delete the database first.
    """
    if demo.is_there():
        click.echo("The demo is here already.")
    elif db.session.scalar(select(User.id).limit(1)) is not None:
        raise click.ClickException(
            "There are people in this database, and the demo only goes into an empty one. "
            "Name another with DATABASE_URL, or use: make demo"
        )
    else:
        demo.fill()
        click.echo(f"{demo.PEOPLE} people, {len(demo.GROUPS)} groups and what they did were made up.")
    click.echo(f"Sign in as {demo.USERNAME} with the password {demo.password()}")
