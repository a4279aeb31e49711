"""Where to go after signing in: only to a page of this site."""

from flask import url_for

from webapp.web.gate import NEXT_LENGTH


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
