"""The application as servers and the `flask` command load it."""

import sys

from webapp import create_app
from webapp.admin.problems import DeclarationError
from webapp.settings import ConfigurationError

try:
    app = create_app()
except (ConfigurationError, DeclarationError) as error:
    # A traceback would bury the lines that say what to do.
    print(error, file=sys.stderr)
    sys.exit(1)
