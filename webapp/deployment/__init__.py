"""``flask check --deploy``: is this installation fit for people? It looks and changes nothing.

Each finding has a code, and `docs/guide/deploy.md` lists all of them.
"""

from collections.abc import Callable, Iterable

from flask import Flask

from webapp.deployment import files, serving, storage
from webapp.deployment.finding import Finding

__all__ = ["Finding", "also", "findings"]

Check = Callable[[Flask], Iterable[Finding]]

CHECKS: tuple[Check, ...] = (
    serving.debugging,
    serving.keys,
    serving.addresses,
    serving.cookies,
    serving.answers,
    serving.proxies,
    serving.limits,
    serving.guessing,
    files.settings_file,
    files.environment,
    storage.sqlite_files,
    storage.encryption,
    storage.condition,
)


def also(app: Flask, check: Check) -> None:
    """Have *check* asked too, of a database that answers and is up to date: what an app needs to be fit for people."""
    app.extensions.setdefault("deployment", []).append(check)


def findings(app: Flask) -> list[Finding]:
    """Everything that is wrong with *app* as it stands here, in the order of the codes."""
    found = [finding for check in CHECKS for finding in check(app)]
    if not any(finding.code in storage.UNUSABLE for finding in found):
        found += [finding for check in app.extensions.get("deployment", []) for finding in check(app)]
    return sorted(found, key=lambda finding: finding.code)
