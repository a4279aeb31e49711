"""Where to go after signing in or choosing how pages look: only to a page of this site."""

from urllib.parse import quote

from flask import url_for

from webapp.running import request
from webapp.web.gate import NEXT_LENGTH, way_back


def safe_next(target: str | None) -> str:
    """*target* when it is a path on this site, else the first page.

    A path begins with one slash. Two of them, or a backslash that browsers read as one, would begin a host's name,
    and a control character is dropped by browsers before they look (CVE-2021-32618, CVE-2023-49438).
    """
    if (
        target
        and len(target) <= NEXT_LENGTH
        and target.startswith("/")
        and not target.startswith("//")
        and "\\" not in target
        and target.isascii()
        and target.isprintable()
    ):
        return target
    return url_for("admin.index")


def here() -> str:
    """The address of this page for who leaves it for a moment; empty where it cannot be asked for again."""
    if request.method == "GET":
        return way_back() or ""
    # A form with errors stands at the address of the form; what an action asks has no address of its own.
    methods = (request.url_rule.methods if request.url_rule else None) or ()
    return quote(request.script_root + request.path) if "GET" in methods else ""
