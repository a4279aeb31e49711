"""The application as servers and the `flask` command load it."""

import os
import sys

import click
import structlog

from webapp import create_app, readiness
from webapp.admin.problems import DeclarationError
from webapp.settings import ConfigurationError, in_vain


def serves() -> bool:
    """Whether this process answers requests; other commands do not, and one of them is the upgrade."""
    command = click.get_current_context(silent=True)
    reloaded = os.environ.get("WERKZEUG_RUN_MAIN") == "true"
    return not reloaded and (command is None or command.info_name == "run")


try:
    app = create_app()
except (ConfigurationError, DeclarationError) as error:
    # A traceback would bury the lines that say what to do.
    print(error, file=sys.stderr)
    sys.exit(1)

if serves():
    # It starts all the same, and upgrades nothing: several start at once, and the database may be a moment late.
    for line in (*in_vain(os.environ), *readiness.at_start(app)):
        structlog.stdlib.get_logger("webapp.start").warning(line)
