"""The differences that an entry of the history keeps: typed in the program, plain JSON in the database."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from webapp.admin.mapping import describe, text_of
from webapp.admin.values import MAX_UNSIGNED, format_value, json_text, parse_value

# Longer values are cut: an entry is there to tell what changed, and a megabyte of text would only hide it.
MAX_VALUE_LENGTH = 10_000
MAX_RELATED = 1_000


@dataclass(frozen=True)
class Change:
    """One field's difference, with values of the field's own type; a secret has neither.

    Of a ``relation`` the values are objects, of ``relations`` the objects that left and the ones that came; an entry
    keeps each as its key and its text, and gives these pairs back. Of an ``inline`` the new value is what happened to
    a child, which has an entry of its own as well.

    :ivar is_cut: of ``relations``: there were more than an entry keeps.
    """

    field: str
    kind: str
    old: Any = None
    new: Any = None
    is_cut: bool = False

    @property
    def is_secret(self) -> bool:
        return self.kind == "secret"


class Beginning(str):
    """What an entry keeps of a text that is longer. :ivar digest: of the whole text; empty in an entry that was written
    before entries kept it."""

    digest: str

    def __new__(cls, text: str, digest: str) -> "Beginning":
        made = super().__new__(cls, text)
        made.digest = digest
        return made

    def is_of(self, text: str) -> bool:
        """Whether *text* is known to be the whole one."""
        return digest_of(text) == self.digest

    def is_like(self, other: "Beginning") -> bool:
        """Whether both are known to be of one text."""
        return self.digest != "" and self.digest == other.digest


class JsonString(str):
    """A string that is all that a field of JSON held; a text of a document is none, though it may read the same."""


@dataclass(frozen=True)
class InlineChange:
    """What happened to a row that hangs on an object, in the object's own form.

    :ivar name: of the child's admin, :ivar key: and *label* the child's.
    """

    verb: str
    name: str
    key: str
    label: str
    changes: "tuple[Change, ...]"


def is_shortened(kind: str, value: Any) -> bool:
    """Whether of *value*, of a column of *kind*, an entry holds the beginning only."""
    return value is not None and len(_text(kind, value)) > MAX_VALUE_LENGTH


def _text(kind: str, value: Any) -> str:
    return json_text(value) if kind == "json" else format_value(value)


def _is_json(value: Any) -> bool:
    """Whether an entry can hold *value* as JSON: it is short enough, and JSON by the standard."""
    if is_shortened("json", value):
        return False
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True


def digest_of(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def pack(change: Change) -> dict[str, Any]:
    """*change* as JSON holds it."""
    sides = {"old": change.old, "new": change.new}
    packed = {
        "field": change.field,
        "kind": change.kind,
        **{side: _pack_value(change.kind, value) for side, value in sides.items()},
    }
    if change.kind == "json" and (cut := [side for side, value in sides.items() if not _is_json(value)]):
        # Beside the values: a document may look like anything that could stand in its place.
        packed["as_text"] = cut
    if change.kind == "relations" and _longest(change.old, change.new) >= MAX_RELATED:
        packed["is_cut"] = _longest(change.old, change.new) > MAX_RELATED
    return packed


def _longest(*values: Any) -> int:
    return max(len(value or ()) for value in values)


def _pack_value(kind: str, value: Any) -> Any:
    if kind == "relations":
        return [_reference(item) for item in value[:MAX_RELATED]]
    if value is None or kind == "boolean" or (kind == "json" and _is_json(value)):
        return value
    if kind == "relation":
        return _reference(value)
    if kind == "inline":
        return {**vars(value), "label": value.label[:255], "changes": [pack(one) for one in value.changes]}
    if kind == "binary":
        # Enough to tell which one it was; the bytes themselves would fill the history.
        return {"size": len(value), "sha256": sha256(value).hexdigest()}
    text = _text(kind, value)
    if len(text) < MAX_VALUE_LENGTH and kind != "json":
        return text
    # By its beginning alone nobody could tell whether the rest is still the same.
    return {"text": text[:MAX_VALUE_LENGTH], "sha256": digest_of(text)}


def _reference(obj: Any) -> list[str]:
    """An object as its key and its text, which outlive it."""
    if isinstance(obj, tuple):
        return list(obj)
    model: type = type(obj)
    return [describe(model).key_of(obj), text_of(obj)]


def unpack(item: Mapping[str, Any]) -> Change:
    """The change that :func:`pack` has made *item* of, with its values typed again."""
    kind = item["kind"]
    old, new = (
        _unpack_json(item[side], is_text=side in item.get("as_text", ()))
        if kind == "json"
        else _unpack_value(kind, item[side])
        for side in ("old", "new")
    )
    # An entry that was written before this was kept does not say it.
    is_full = kind == "relations" and _longest(old, new) >= MAX_RELATED
    return Change(item["field"], kind, old, new, item.get("is_cut", is_full))


def _unpack_json(value: Any, *, is_text: bool) -> Any:
    """:param is_text: it is kept as text, which may be the whole of what is no JSON by the standard."""
    if is_text:
        return Beginning(value["text"], value["sha256"])
    return JsonString(value) if isinstance(value, str) else value


def _unpack_value(kind: str, value: Any) -> Any:
    if kind == "inline" and value:
        return InlineChange(**{**value, "changes": tuple(unpack(one) for one in value["changes"])})
    if isinstance(value, dict) and kind != "binary":
        kept = Beginning(value["text"], value["sha256"])
        return value["text"] if kept.is_of(value["text"]) else kept
    if not isinstance(value, str):
        return value
    if len(value) == MAX_VALUE_LENGTH:
        return Beginning(value, "")
    try:
        return parse_value(kind, value, largest=MAX_UNSIGNED)
    except ValueError:
        return value
