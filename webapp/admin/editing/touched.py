"""Whether anything was typed into a row of fields: what came back is compared with what the page showed."""

from base64 import urlsafe_b64encode
from collections.abc import Iterable, Sequence
from hashlib import sha256
from typing import Any

from werkzeug.datastructures import MultiDict
from wtforms import BooleanField, Field, FileField, PasswordField, SelectField

from webapp.admin.editing.related import RelatedField
from webapp.admin.editing.relatedlist import RelatedListField
from webapp.running import request


def mark_of(texts: Iterable[Any]) -> str:
    """A short text that stands for what a field holds; there is neither a colon nor a full stop in it."""
    digest = sha256(repr(list(texts)).encode("utf-8", "replace")).digest()
    return urlsafe_b64encode(digest).decode()[:6]


def marks_of(fields: Iterable[Sequence[str]]) -> str:
    """A mark for each of some fields, in their order."""
    return ".".join(map(mark_of, fields))


def shown(field: Any) -> list[str]:
    """What *field* holds, as the page has it, to be compared with what is :func:`sent_for` it."""
    if hasattr(field, "shown_values"):
        return list(field.shown_values())
    if isinstance(field, BooleanField):
        return ["y"] if field.data else []
    if isinstance(field, RelatedField):
        return [] if isinstance(field, RelatedListField) else sorted(field.keys)
    if isinstance(field, FileField):
        return []
    if isinstance(field.data, set | frozenset):
        return sorted(map(str, field.data))
    if isinstance(field, PasswordField):
        return [""]
    if isinstance(field, SelectField):
        options = list(field.iter_choices())
        chosen = [str(option[0]) for option in options if option[2]]
        return chosen or [str(option[0]) for option in options[:1]]
    return [_plain(str(field._value()))] if hasattr(field, "_value") else [str(field.data)]


def untouched(field: Any) -> list[str]:
    """What a browser sends of *field*, as the page has it, when nobody touches it."""
    texts = shown(field)
    is_one = isinstance(field, RelatedField) and not isinstance(field, RelatedListField)
    # Where nothing is chosen it says so: without a word it would stay as it is.
    return [""] if is_one and not texts else texts


def sent(name: str) -> list[str]:
    """What came for the field *name*."""
    return [_plain(text) for text in request.form.getlist(name)]


def sent_for(field: Field) -> list[str]:
    """What came for *field*, to be compared with what was :func:`shown`."""
    if isinstance(field, RelatedField):
        return sorted(field.touched)
    if isinstance(field, FileField):
        files = [one.filename or "" for one in request.files.getlist(field.name)]
        return [*filter(None, files), *sent(f"{field.name}-clear")]
    if isinstance(field.data, set | frozenset):
        # Of what the person may not touch a browser sends nothing.
        return shown(field)
    return sent(field.name)


def typed_in(form: Any, names: Sequence[str], was: str) -> list[str]:
    """Those of *names*, fields of *form*, for which something else came than the page showed that made the marks *was*.

    That page may have had fewer fields; of which nothing can be told, what came counts as typed.
    """
    came = {name: sent_for(form[name]) for name in names}
    marks = was.split(".")
    if len(marks) != len(came):
        came = {name: texts for name, texts in came.items() if texts or isinstance(form[name], BooleanField)}
    if len(marks) != len(came):
        return [name for name, texts in came.items() if texts]
    return [name for (name, texts), mark in zip(came.items(), marks, strict=True) if mark_of(texts) != mark]


def leave(field: Field, formdata: MultiDict[str, Any]) -> None:
    """Have *formdata* say of *field*, which shows what is there, what a browser sends when nobody touches it."""
    if isinstance(field, RelatedListField):
        field.leave(formdata)
    else:
        formdata.setlist(field.name, untouched(field))


def _plain(text: str) -> str:
    # A browser sends CRLF for each line break.
    return text.replace("\r\n", "\n").replace("\r", "\n")
