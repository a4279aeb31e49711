"""What the database refuses although the form found it valid, told to a person: which fields, and no SQL."""

import re
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.exc import CircularDependencyError, DataError, IntegrityError

from webapp.admin.editing.unique import mapped_name, taken_text
from webapp.admin.info import ModelInfo
from webapp.admin.options import Rejected
from webapp.admin.texts import list_text
from webapp.texts import gettext as _

# PostgreSQL's SQLSTATE, MariaDB's and MySQL's numbers, SQLite's extended result codes.
_RULES: dict[Any, str] = {
    "23505": "unique",
    1062: "unique",
    1586: "unique",
    sqlite3.SQLITE_CONSTRAINT_UNIQUE: "unique",
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "unique",
    "23514": "check",
    4025: "check",
    3819: "check",
    sqlite3.SQLITE_CONSTRAINT_CHECK: "check",
    "23502": "null",
    1048: "null",
    1364: "null",
    sqlite3.SQLITE_CONSTRAINT_NOTNULL: "null",
}
# How MariaDB, MySQL and SQLite name a constraint, an index or columns.
_NAMED = re.compile(
    r"for key '(?:[^'.]+\.)?([^']+)'$"
    r"|^CONSTRAINT `([^`]+)`"
    r"|^Check constraint '([^']+)'"
    r"|^(?:Column|Field) '([^']+)'"
    r"|constraint failed: index '([^']+)'$"
    r"|constraint failed: (.+)$"
)


@dataclass(frozen=True)
class Violation:
    """:ivar rule: ``unique``, ``check`` or ``null``; empty where it is another one.
    :ivar names: what the driver names: a constraint, an index, or columns, perhaps with their table.
    """

    rule: str
    names: tuple[str, ...] = ()


def refusal(error: Exception, info: ModelInfo, fields: Collection[str] = ()) -> Rejected:
    """What is told of an *error* with which the database refused a row of *info*'s model.

    :param fields: those that can be mended; the refusal is of the first of them that has a part in it.
    """
    if isinstance(error, DataError):
        return Rejected(
            _("The database refused this: a value is too long or too large for it, or not of its kind.")
        )
    if isinstance(error, CircularDependencyError):
        return Rejected(_("This would tie records to each other in a circle. Change one of them first."))
    violation = violation_of(error)
    names = tuple(_columns_of(info, violation))
    held = {name: relation.name for name, relation in info.held.items() if relation.name in fields}
    place = next((one for name in names if (one := held.get(name, name)) in fields), None)
    return Rejected(_text(info, violation, names, fields, place), place)


def violation_of(error: Exception) -> Violation:
    """Which rule *error*, of whichever driver, says was broken."""
    original: Any = error.orig if isinstance(error, IntegrityError) else None
    state = getattr(original, "sqlstate", None) or getattr(original, "pgcode", None)
    diagnosis = getattr(original, "diag", None)
    if diagnosis is not None:
        column = f"{diagnosis.table_name}.{diagnosis.column_name}" if diagnosis.column_name else ""
        return Violation(_RULES.get(state, ""), tuple(filter(None, (diagnosis.constraint_name, column))))
    arguments = getattr(original, "args", ())
    code = getattr(original, "sqlite_errorcode", None) or next(iter(arguments), None)
    found = _NAMED.search(str(arguments[-1])) if arguments else None
    rule, named = _RULES.get(code, ""), next(filter(None, found.groups())) if found else ""
    # SQLite may call a CHECK by its text, which has commas of its own.
    names = [named] if rule == "check" else named.split(", ")
    return Violation(rule, tuple(filter(None, names)))


def _text(
    info: ModelInfo, violation: Violation, names: tuple[str, ...], fields: Collection[str], place: str | None
) -> str:
    named = violation.names[0] if violation.names else ""
    if violation.rule == "unique" and names:
        return taken_text(info, names, fields, place)
    if violation.rule == "null" and named:
        label = info.columns[names[0]].label if names else named.rpartition(".")[2]
        return str(_("“%(label)s” must have a value.", label=label))
    if violation.rule == "check" and names:
        labels = list_text(info.columns[name].label for name in names)
        return str(_("A rule of the table does not allow this value of “%(label)s”.", label=labels))
    if violation.rule == "check" and named.isidentifier():
        return str(_("The rule “%(name)s” of the table does not allow these values.", name=named))
    return str(
        _(
            "The database refused this: another record has the same values, one that it needs is gone, or a rule of "
            "the table forbids them."
        )
    )


def _columns_of(info: ModelInfo, violation: Violation) -> Iterator[str]:
    """The columns of the model that *violation* is about, by the names that the model has for them."""
    table: Any
    for table in info.mapper.tables:
        rules = [*table.constraints, *table.indexes]
        # A CHECK that is written into a column is the column's alone.
        rules += [rule for column in table.columns for rule in column.constraints]
        meant = [
            column
            for rule in rules
            if not _names_of(table, rule).isdisjoint(violation.names)
            for column in _looked_at(table, rule)
        ]
        named = {name.removeprefix(f"{table.name}.") for name in violation.names}
        meant += [column for column in table.columns if column.name in named]
        yield from filter(None, dict.fromkeys(mapped_name(info, column) for column in meant))


def _names_of(table: Any, rule: Any) -> set[str]:
    """What engines call a constraint or an index: by its name; one that was given none SQLite calls by its text, if it
    is a CHECK, and PostgreSQL after its table and columns."""
    if rule.name is not None:
        return {str(rule.name)}
    columns = [column.name for column in _looked_at(table, rule)]
    if isinstance(rule, UniqueConstraint):
        return {"_".join([table.name, *columns, "key"])}
    if isinstance(rule, CheckConstraint):
        return {str(rule.sqltext), "_".join([table.name, *(columns if len(columns) == 1 else ()), "check"])}
    return set()


def _looked_at(table: Any, rule: Any) -> list[Any]:
    """The columns that a constraint or an index looks at; a CHECK may be written as text only."""
    if not isinstance(rule, CheckConstraint):
        return list(rule.columns)
    words = set(re.findall(r"\w+", re.sub(r"'[^']*'", "", str(rule.sqltext))))
    return [column for column in table.columns if column.name in words]
