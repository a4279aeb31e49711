"""What was asked and could not be answered, to be asked once more: by a link, or a form that holds what was typed; and
what of that may stand in a page."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from flask_wtf.csrf import same_origin

from webapp.running import current_app, request

# As the gate, which may not have let anybody through yet: no more is read of what is sent.
MOST = 64 * 1024
_SECRET_NAME = re.compile(r"password|_hash$|token|secret", re.IGNORECASE)


@dataclass(frozen=True)
class Resending:
    """:ivar fields: of the form that is sent again; ``None`` where a link does."""

    address: str
    fields: list[tuple[str, str]] | None = None


def resending() -> Resending | None:
    """How the request is sent once more, where no more is done by that than a person asked for here."""
    if request.endpoint is None:
        # What is no page of ours may be an address elsewhere.
        return None
    address = quote(request.script_root + request.path)
    if request.query_string:
        address += f"?{request.query_string.decode('latin-1')}"
    if request.method in {"GET", "HEAD"}:
        return Resending(address)
    # Somebody else's page could have filled it in.
    if request.method != "POST" or not came_from_here() or not 0 < (request.content_length or 0) <= MOST:
        return None
    _kept, has_more = without_secrets()
    return None if has_more else Resending(address, list(request.form.items(multi=True)))


def without_secrets() -> tuple[list[tuple[str, str]], bool]:
    """What this request's form may be kept of, and whether there is more: no page holds passwords, secrets or files."""
    fields = list(request.form.items(multi=True))
    token = current_app.config["WTF_CSRF_FIELD_NAME"]
    lost = any(value and name != token for name, value in fields if _SECRET_NAME.search(name))
    lost = lost or any(upload.filename for upload in request.files.values())
    return [field for field in fields if not _SECRET_NAME.search(field[0])], lost


def came_from_here() -> bool:
    """Whether a browser says that a page of ours sent this; without a word it is taken for no."""
    if site := request.headers.get("Sec-Fetch-Site"):
        return site == "same-origin"
    try:
        return bool(same_origin(request.headers.get("Origin") or request.referrer or "", request.host_url))
    except ValueError:
        return False
