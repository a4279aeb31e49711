"""Whether anything was typed into a row of fields: what came back is compared with what the page showed."""

from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from flask import request
from wtforms import BooleanField, Field, FileField, PasswordField, SelectField

from webapp.admin.editing.related import RelatedField


def mark_of(texts: Iterable[Sequence[str]]) -> str:
    """A short text that stands for what some fields hold."""
    return sha256(repr(list(texts)).encode("utf-8", "replace")).hexdigest()[:12]


def shown(field: Any) -> list[str]:
    """What a browser sends of *field*, as the page has it, when nobody touches it."""
    if hasattr(field, "shown_values"):
        return list(field.shown_values())
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    if isinstance(field, RelatedField):
        return sorted(field.keys)
    if isinstance(field, FileField):
        return []
    if isinstance(field, PasswordField):
        return [""]
    if isinstance(field, SelectField):
        options = list(field.iter_choices())
        chosen = [str(option[0]) for option in options if option[2]]
        return chosen or [str(option[0]) for option in options[:1]]
    return [_plain(str(field._value()))] if hasattr(field, "_value") else [str(field.data)]


def sent(name: str) -> list[str]:
    """What came for the field *name*."""
    return [_plain(text) for text in request.form.getlist(name)]


def sent_for(field: Field) -> list[str]:
    """What came for *field*, to be compared with what was :func:`shown`."""
    if isinstance(field, RelatedField):
        return sorted(key.strip() for key in request.form.getlist(field.name) if key.strip())
    if isinstance(field, FileField):
        files = [one.filename or "" for one in request.files.getlist(field.name)]
        return [*filter(None, files), *sent(f"{field.name}-clear")]
    return sent(field.name)


def _plain(text: str) -> str:
    # A browser sends CRLF for each line break.
    return text.replace("\r\n", "\n").replace("\r", "\n")
