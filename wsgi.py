"""The application as servers and the `flask` command load it."""

import sys

from webapp import create_app
from webapp.settings import ConfigurationError

try:
    app = create_app()
except ConfigurationError as error:
    # A traceback would bury the one line that says what to do.
    print(error, file=sys.stderr)
    sys.exit(1)
