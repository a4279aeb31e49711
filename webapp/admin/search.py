"""What a search means, wherever one is typed: every word must be found, each in any of the declared columns.

A word stands anywhere in a text, ``^word`` at its beginning, ``=word`` alone; capitals make no difference.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlalchemy import ColumnElement, Enum, String, cast, or_, type_coerce
from sqlalchemy.orm import aliased

from webapp.accents import unaccented
from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo
from webapp.admin.likeness import Kind, like
from webapp.admin.mapping import describe
from webapp.admin.values import parse_value
from webapp.column_types import FoldedString, fold
from webapp.texts import format_decimal
from webapp.texts import gettext as _

MAX_SEARCH = 200
MAX_TERMS = 10
# Shorter than the three characters that an index knows.
SHORT = 3

_SIGNS: dict[str, Kind] = {"": "contains", "^": "starts", "=": "is"}
# Telephones make typographic marks of the ones typed; a phrase that is never closed counts as closed.
_TERM = re.compile(r'([\^=]?)(?:["“”„]([^"“”„]*)(?:["“”„]|$)|([^\s"“”„]+))')


@dataclass(frozen=True)
class Term:
    """One word or phrase of a search, and how it is to be found."""

    text: str
    kind: Kind = "contains"

    def is_in(self, text: str) -> bool:
        """Whether *text*, a text of a page and not of a row, has it."""
        # Of marks alone nothing would be left, which is in every text.
        word = (unaccented(self.text) or self.text).casefold()
        text = unaccented(text).casefold()
        return {"contains": word in text, "starts": text.startswith(word), "is": text == word}[self.kind]

    @property
    def at_beginning(self) -> "Term":
        """The same for those who cannot look inside a text."""
        return replace(self, kind="starts") if self.kind == "contains" else self


def parse_terms(q: str) -> tuple[Term, ...]:
    """The terms of a search, each of which must be found; what stands in quotation marks is one.

    :raises ValueError: with a sentence for the person, when there is more than a search can take.
    """
    try:
        parse_value("text", q)
    except ValueError as error:
        raise ValueError(_("It holds characters that no text here can hold.")) from error
    if len(q) > MAX_SEARCH:
        raise ValueError(_("Search for at most %(count)s characters.", count=format_decimal(MAX_SEARCH)))
    typed = ((sign, phrase or word) for sign, phrase, word in _TERM.findall(q))
    found = tuple(dict.fromkeys(Term(text, _SIGNS[sign]) for sign, text in typed if text.strip()))
    if len(found) > MAX_TERMS:
        raise ValueError(_("Search for at most %(count)d words.", count=MAX_TERMS))
    return found


# Where it looks


@dataclass(frozen=True)
class SearchField:
    """What a search looks in: a column, of the model itself or at the end of *path*, the relations that lead to it."""

    column: ColumnInfo
    path: tuple[RelationInfo, ...] = ()

    def where(self, test: Callable[[ColumnInfo, Any], ColumnElement[bool]]) -> ColumnElement[bool]:
        """The condition that *test* makes of the column; through relations, that some row there meets it."""
        return _through(self.path, None, lambda at: test(self.column, at))


def _through(
    path: tuple[RelationInfo, ...], at: Any, test: Callable[[Any], ColumnElement[bool]]
) -> ColumnElement[bool]:
    if not path:
        return test(at)
    first, rest = path[0], path[1:]
    # An alias: the path may come back to a table that it began at.
    target: Any = aliased(first.target)
    attribute = (first.attribute if at is None else getattr(at, first.name)).of_type(target)
    there = _through(rest, target, test)
    found: ColumnElement[bool] = attribute.any(there) if first.is_list else attribute.has(there)
    return found


def search_field(info: ModelInfo, name: str) -> SearchField:
    """What *name* of ``search_fields``, a column or a path to one as in ``author.name``, leads to.

    :raises LookupError: with the part of it that is not there.
    """
    *relations, last = name.split(".")
    path: list[RelationInfo] = []
    for relation in relations:
        path.append(info.relations[relation])
        info = describe(path[-1].target)
    return SearchField(info.selectable[last], tuple(path))


def search_fields(info: ModelInfo, names: Sequence[str]) -> tuple[SearchField, ...]:
    fields = [search_field(info, name) for name in names]
    return tuple(field for field in fields if not field.column.secret)


# What it compares


def matches(fields: Sequence[SearchField], terms: Sequence[Term]) -> list[ColumnElement[bool]]:
    """The conditions of a row in which all *terms* are found, each row being looked at."""
    return [or_(*(field.where(partial(has, term)) for field in fields)) for term in terms]


def has(term: Term, column: ColumnInfo, at: Any = None) -> ColumnElement[bool]:
    """*term*, taken literally, is found in the column, of the alias *at* where there is one."""
    sought, kind = as_stored(column, term.text), column.column.type
    return like(stored_text(column, at), sought, term.kind, kind, is_stored=column.is_stored)


def contains(column: ColumnInfo, text: str) -> ColumnElement[bool]:
    """*text*, taken literally, stands somewhere in the column, whatever its capitals."""
    return has(Term(text), column)


def starts_with(column: ColumnInfo, text: str) -> ColumnElement[bool]:
    """The same for the beginning of the column."""
    return has(Term(text, "starts"), column)


def stored_text(column: ColumnInfo, at: Any = None) -> ColumnElement[str]:
    """The column without what its type does to values: a part of a value is none."""
    attribute = column.attribute if at is None else getattr(at, column.name)
    expression = attribute.expression
    if column.kind in ("text", "longtext") and not isinstance(column.column.type, Enum):
        return type_coerce(expression, String())
    return cast(expression, String())


def as_stored(column: ColumnInfo, text: str) -> str:
    """*text* folded where the column's values are, but for the blanks that hold its words together."""
    if isinstance(column.column.type, FoldedString):
        return " ".join(fold(word) for word in text.split(" "))
    return text
