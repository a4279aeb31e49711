"""What a search means, wherever one is typed: every word must be found, each in any of the declared columns."""

import re
from collections.abc import Sequence

from flask_babel import format_decimal
from sqlalchemy import ColumnElement, Enum, String, cast, or_, type_coerce

from webapp.admin.info import ColumnInfo
from webapp.admin.values import parse_value
from webapp.column_types import FoldedString, fold
from webapp.texts import gettext as _

MAX_SEARCH = 200
MAX_TERMS = 10


def parse_terms(q: str) -> tuple[str, ...]:
    """The words of a search, each of which must be found; what stands in quotation marks is one word.

    :raises ValueError: with a sentence for the person, when there is more than a search can take.
    """
    try:
        parse_value("text", q)
    except ValueError as error:
        raise ValueError(_("It holds characters that no text here can hold.")) from error
    if len(q) > MAX_SEARCH:
        raise ValueError(_("Search for at most %(count)s characters.", count=format_decimal(MAX_SEARCH)))
    terms: list[str] = []
    # Telephones make typographic marks of the ones typed.
    for number, part in enumerate(re.split('["“”„]', q)):
        # Every second part stands between two quotation marks; a last one that is never closed counts as closed.
        terms.extend([part] if number % 2 and part.strip() else part.split() if number % 2 == 0 else [])
    found = tuple(dict.fromkeys(terms))
    if len(found) > MAX_TERMS:
        raise ValueError(_("Search for at most %(count)d words.", count=MAX_TERMS))
    return found


def matches(columns: Sequence[ColumnInfo], terms: Sequence[str]) -> list[ColumnElement[bool]]:
    """The conditions of a row in which all *terms* are found."""
    return [or_(*(contains(column, term) for column in columns)) for term in terms]


def contains(column: ColumnInfo, text: str) -> ColumnElement[bool]:
    """*text*, taken literally, stands somewhere in the column, whatever its capitals."""
    return stored_text(column).icontains(as_stored(column, text), autoescape=True)


def starts_with(column: ColumnInfo, text: str) -> ColumnElement[bool]:
    """The same for the beginning of the column."""
    return stored_text(column).istartswith(as_stored(column, text), autoescape=True)


def stored_text(column: ColumnInfo) -> ColumnElement[str]:
    """The column without what its type does to values: a part of a value is none."""
    if column.kind in ("text", "longtext") and not isinstance(column.column.type, Enum):
        return type_coerce(column.attribute.expression, String())
    return cast(column.attribute.expression, String())


def as_stored(column: ColumnInfo, text: str) -> str:
    """*text* folded where the column's values are, but for the blanks that hold its words together."""
    if isinstance(column.column.type, FoldedString):
        return " ".join(fold(word) for word in text.split(" "))
    return text
