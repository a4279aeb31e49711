"""Which state of an object a form was made from: what its model counts, else a digest of its values."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from webapp.admin.editing.layout import Layout
from webapp.admin.info import ModelInfo
from webapp.admin.values import format_value
from webapp.web.keys import keyed_hash

#: The hidden field of a page from which something is done to objects: in which state it shows them.
SEEN_FIELD = "_seen"


class Conflict(Exception):
    """Somebody else changed or deleted the object since the form was made."""


def version_of(info: ModelInfo, obj: Any, layout: Layout | None = None) -> str:
    """*obj*'s version as a form carries it; empty where there is no object yet.

    :param layout: the form that is made from it; a model that counts no versions is compared by the values of its
        fields, without a form by all of them.

    The digest takes a key of the application's: it stands in a page, and of few possible values one could try all.
    """
    if obj is None:
        return ""
    if info.version is not None:
        return str(getattr(obj, info.version.name))
    values = [getattr(obj, name) for name in _compared(info, layout)]
    texts = [None if value is None else format_value(value) for value in values]
    return keyed_hash("version", repr(texts))[:16]


def check_version(info: ModelInfo, obj: Any, version: str | None, layout: Layout | None = None) -> None:
    """Compare the *version* that a form was made from with *obj*'s.

    :raises Conflict: when they differ.
    """
    if obj is not None and version is not None and version != version_of(info, obj, layout):
        raise Conflict


def seen_marks(info: ModelInfo, objs: Iterable[Any]) -> str:
    """What :data:`SEEN_FIELD` holds of a page that shows *objs*: each key with a mark of its version."""
    return " ".join(f"{info.key_of(obj)}:{_mark(info, obj)}" for obj in objs)


def read_seen(text: str) -> dict[str, str]:
    """The marks in *text*, by key."""
    return dict(part.split(":", 1) for part in text.split() if ":" in part)


def changed_since(info: ModelInfo, objs: Iterable[Any], seen: Mapping[str, str]) -> list[Any]:
    """Those of *objs* that are not as they were *seen*."""
    return [obj for obj in objs if seen.get(info.key_of(obj)) not in (None, _mark(info, obj))]


def _mark(info: ModelInfo, obj: Any) -> str:
    return hashlib.sha256(version_of(info, obj).encode("utf-8", "replace")).hexdigest()[:8]


def _compared(info: ModelInfo, layout: Layout | None) -> list[str]:
    if layout is None:
        return list(info.columns)
    held = {column.name for relation in layout.relations.values() for column in relation.columns}
    return [name for name in info.columns if name in layout.columns or name in held]
