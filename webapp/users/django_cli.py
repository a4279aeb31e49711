"""``flask users import-django FILE``: people, groups and passwords out of a Django project."""

import json
from pathlib import Path
from typing import Any

import click

from webapp.users import django
from webapp.users.cli import users_cli


@users_cli.command("import-django")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--user-model", default="auth.user", show_default=True, help="As Django's AUTH_USER_MODEL.")
@click.option("--dry-run", is_flag=True, help="Say what would be done, and do nothing.")
def import_django(file: Path, user_model: str, dry_run: bool) -> None:
    """Add the people and groups of a Django project, with their passwords: all of them, or nobody.

    FILE is what this writes: manage.py dumpdata auth.user auth.group auth.permission contenttypes
    """
    try:
        plan = django.read(_load(file), user_model)
    except django.NoDump as error:
        raise click.ClickException(f"{file.name}: {error}") from None
    for line in plan.notes:
        click.echo(f"Note: {line}", err=True)
    if plan.problems:
        lines = "\n".join(f"  {line}" for line in plan.problems)
        raise click.ClickException(f"Nothing was imported. Mend this in Django, and dump again:\n{lines}")
    what = f"{len(plan.people)} people and {len(plan.groups)} groups"
    if dry_run:
        click.echo(f"{what} would be imported.")
        return
    django.write(plan)
    click.echo(
        f"{what} were imported. Their passwords stay as they are, and are hashed anew at the first sign-in."
    )


def _load(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, ValueError, RecursionError) as error:
        raise django.NoDump(f"It cannot be read as JSON ({type(error).__name__}).") from None
