"""What is sent must be readable before anybody reads it: a form, and text in UTF-8.

Werkzeug puts percent escapes or U+FFFD in the place of bytes that are no text, and Flask-WTF also takes JSON and files
for fields. So a name could be stored that nobody typed, or a list stand where a text is expected. What no form of a
browser sends ends here.
"""

from collections.abc import Iterator, Sequence
from urllib.parse import unquote_to_bytes

from flask import Flask, abort, url_for
from werkzeug.sansio.multipart import Data, Epilogue, Field, File, MultipartDecoder, NeedData

from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.again import keep_body
from webapp.web.errors import Link, refuse
from webapp.web.gate import FORM, FORM_WITH_PARTS, READING_METHODS, takes_files


def init_app(app: Flask) -> None:
    app.before_request(_refuse_what_is_no_form)
    app.before_request(_refuse_damaged_text)


def _refuse_what_is_no_form() -> None:
    if request.method in READING_METHODS:
        return
    has_body = bool(request.content_length) or "Transfer-Encoding" in request.headers
    if has_body and request.mimetype not in {FORM, FORM_WITH_PARTS}:
        refuse(415, _("This page takes forms only."))
    # Kept before it is taken apart, because the form holds no damaged text any more, only U+FFFD.
    body = request.get_data()
    # Of a body that does not say how long it is, Werkzeug reads as much as is allowed and takes that for all of it.
    if request.content_length is None and len(body) >= (request.max_content_length or len(body) + 1):
        abort(413)
    keep_body(body)
    if request.files and not takes_files():
        refuse(400, _("This page takes no files."))


def _refuse_damaged_text() -> None:
    """The path, the query and the form as the client sent them (RFC 3986 §2.5, WHATWG URL: UTF-8 under the escapes)."""
    reason = _("It holds characters that are damaged. They are expected in UTF-8.")
    if _is_damaged(request.environ.get("PATH_INFO", "").encode("latin-1")):
        refuse(400, reason)
    parts = [(part, _is_damaged(unquote_to_bytes(part))) for part in request.query_string.split(b"&")]
    damaged = [part for part, is_damaged in parts if is_damaged]
    if damaged:
        name = unquote_to_bytes(damaged[0].partition(b"=")[0].replace(b"+", b" ")).decode("utf-8", "replace")
        shown = "".join(character for character in name[:60] if character.isprintable())
        refuse(
            400,
            _("The part “%(part)s” of this address cannot be used. %(reason)s", part=shown, reason=reason),
            _without_them([part for part, is_damaged in parts if not is_damaged]),
        )
    if any(map(_is_damaged, _sent())):
        refuse(400, reason)


def _is_damaged(raw: bytes) -> bool:
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _without_them(parts: Sequence[bytes]) -> Link | None:
    """The page that was asked for, its query being *parts* alone; none where a form was sent, or no page is."""
    if request.method not in READING_METHODS or request.endpoint is None:
        return None
    here = url_for(request.endpoint, **(request.view_args or {}))
    query = b"&".join(parts).decode("utf-8")
    return Link(_("Show the page without it"), f"{here}?{query}" if query else here)


def _sent() -> Iterator[bytes]:
    """What a form sends, as text."""
    if request.method not in READING_METHODS:
        body = request.get_data()
        if request.mimetype == FORM_WITH_PARTS and request.files:
            yield from _texts_in(body)
        else:
            yield body if request.mimetype == FORM_WITH_PARTS else unquote_to_bytes(body)


def _texts_in(body: bytes) -> Iterator[bytes]:
    """The text fields of a form in parts, without what is in its files; Werkzeug has read it once already."""
    decoder = MultipartDecoder(request.mimetype_params.get("boundary", "").encode())
    decoder.receive_data(body)
    decoder.receive_data(None)
    is_text, text = False, b""
    while not isinstance(event := decoder.next_event(), Epilogue | NeedData):
        if isinstance(event, Field | File):
            is_text, text = isinstance(event, Field), b""
        elif isinstance(event, Data) and is_text:
            text += event.data
            if not event.more_data:
                yield text
