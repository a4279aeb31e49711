"""Where the settings come from: the file that holds them, and names that nobody reads."""

import os
import stat
from collections.abc import Iterator

from flask import Flask

from webapp import settings
from webapp.deployment.finding import Finding


def settings_file(_app: Flask) -> Iterator[Finding]:
    try:
        mode = stat.S_IMODE(settings.ENV_FILE.stat().st_mode)
    except OSError:
        return
    if mode & 0o077:
        yield Finding(
            "D016",
            f".env, which holds SECRET_KEY, is open to others (mode {mode:04o}).",
            "Run: chmod 600 .env",
        )


def environment(_app: Flask) -> Iterator[Finding]:
    for line in settings.in_vain(os.environ):
        yield Finding("D017", line, "Give it its right name, or take it out.", is_error=False)
