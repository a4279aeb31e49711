"""What the address of an export asks for: a format, and a list as its page shows it, all of its pages."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Boolean
from werkzeug.datastructures import MultiDict

from webapp.admin.display import ShownColumn
from webapp.admin.info import RelationInfo
from webapp.admin.listing.asked import AskedList, asked_list, refuse_parameter
from webapp.admin.listing.filters.parameters import EXPORT_FORMATS, FORMAT, BadParameter
from webapp.admin.listing.state import ListSpec, ListState
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.texts import list_text
from webapp.column_types import UtcDateTime
from webapp.texts import gettext as _

#: Kinds of which the driver's own value is written.
PLAIN_KINDS = frozenset({"truth", "moment"})


@dataclass(frozen=True)
class Export:
    """:ivar state: the list's, with its columns as they are written and not as they are shown.
    :ivar told: what was asked for of the list, also by a view or by what is remembered, as a query string.
    """

    format: str
    spec: ListSpec
    state: ListState
    told: str

    @property
    def model_admin(self) -> ModelAdmin:
        return self.spec.model_admin

    @property
    def columns(self) -> tuple[ShownColumn, ...]:
        return self.state.columns


def read_export(model_admin: ModelAdmin, user: Any, arguments: "MultiDict[str, str]") -> Export:
    """Read what *arguments* ask for; the size of a page and where it begins say nothing here.

    Answers as :func:`.asked_list` does for a part that cannot be used.
    """
    try:
        format_ = _read_format(arguments)
    except BadParameter as bad:
        refuse_parameter(model_admin, bad)
    rest = MultiDict((name, text) for name, text in arguments.items(multi=True) if name != FORMAT)
    asked = asked_list(model_admin, user, rest)
    columns = tuple(_written(asked.spec, asked.state))
    state = replace(asked.state, columns=columns, position=None, last=False)
    return Export(format_, asked.spec, state, _told(asked))


def _read_format(arguments: "MultiDict[str, str]") -> str:
    formats = [text for text in arguments.getlist(FORMAT) if text] or [next(iter(EXPORT_FORMATS))]
    if len(formats) > 1:
        raise BadParameter(FORMAT, _("It can be given only once."))
    if formats[0] not in EXPORT_FORMATS:
        raise BadParameter(FORMAT, _("It is one of %(formats)s.", formats=list_text(EXPORT_FORMATS, "or")))
    return formats[0]


def _written(spec: ListSpec, state: ListState) -> list[ShownColumn]:
    """The columns of the list that may be taken away, relations to many with all that they lead to."""
    relations = spec.info.relations
    return [
        column._replace(compute=_texts(relations[column.name]))
        if column.name in relations
        else column._replace(kind=_kind(column))
        for column in state.columns
    ]


def _told(asked: AskedList) -> str:
    unsaid = {"size", "facets", "view", "columns"}
    pairs = [(name, value) for name, value in asked.state.parameters if name not in unsaid]
    names = tuple(column.name for column in asked.state.columns)
    if names != asked.spec.columns.declared:
        pairs.append(("columns", ",".join(names)))
    return urlencode(pairs)


def _kind(column: ShownColumn) -> str:
    """How *column* is written: ``truth`` and ``moment`` are of types whose values each driver gives in its own form."""
    stored = type(column.column.column.type) if column.column is not None else None
    return "truth" if stored is Boolean else "moment" if stored is UtcDateTime else column.kind


def _texts(relation: RelationInfo) -> Callable[[Any], Any]:
    def texts(obj: Any) -> tuple[str, ...] | str | None:
        found = tuple(text_of(other) for other in relation.related(obj))
        return found if relation.is_list else next(iter(found), None)

    return texts
