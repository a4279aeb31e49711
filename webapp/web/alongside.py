"""What a page asks the database along with who makes the request, in the one statement that every page begins with.

A way to a server and back takes as long as drawing a tenth of a list. What is mostly empty, such as what is remembered
of somebody for a list, is asked for beside the person, as yes or no; only where there is something does a statement
follow. And the one record that a page is about comes along; who may see it is asked afterwards, as ever.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import ColumnElement, Select

from webapp.running import current_app, g

_KEY, _READER, _TOLD = "alongside", "reader_alongside", "told_of_record"
Condition = Callable[[Any], ColumnElement[bool]]


class Question(NamedTuple):
    """A question that is answered by yes or no.

    :ivar condition: makes it of the column of the person's key, once for all requests.
    :ivar values: what it is asked with in this request; ``None`` where it is not asked.
    """

    condition: Condition
    values: Callable[[], Mapping[str, Any] | None]


class Record(NamedTuple):
    """A record that comes along.

    :ivar kind: says which statement it is read by; the same for all that are read alike.
    :ivar key: says which record it is. :ivar values: what it is asked with.
    :ivar beside: says which rows come along behind it; ``None`` where none do.
    """

    kind: Hashable
    key: Hashable
    values: Mapping[str, Any]
    beside: Hashable = None


class Reader(NamedTuple):
    """Reads a record.

    :ivar record: the one of this request, or ``None``. :ivar extend: adds it, or nothing where it is not there, to the
        rows of a statement that meet a condition, by the kind of the record; once for all requests.
    """

    record: Callable[[], Record | None]
    extend: Callable[[Select[Any], Any, ColumnElement[bool]], Select[Any]]


def read_alongside(app: Flask, reader: Reader) -> None:
    """Have *reader*'s record come along with the person."""
    app.extensions[_READER] = reader


def with_record(statement: Select[Any], kind: Hashable, may_all: ColumnElement[bool]) -> Select[Any]:
    """*statement* with a record of that *kind* as its next column, and behind it what comes beside that; by itself
    where there is none.

    :param may_all: who may do everything: of others it is not known yet whether they may see it, and how long the
        answer takes would tell them whether it is there.
    """
    reader: Reader = current_app.extensions[_READER]
    return statement if kind is None else reader.extend(statement, kind, may_all)


def asked_record() -> Record | None:
    """The record that comes along in this request."""
    reader: Reader | None = current_app.extensions.get(_READER)
    return reader and reader.record()


def note_record(record: Record, found: Sequence[Any]) -> None:
    """Keep what was *found* of *record* for this request: rows, at least one, of it and of what comes beside it."""
    g.record_alongside = record, found[0][0]
    g.beside_alongside = record, [row[1:] for row in found]
    for told in current_app.extensions.get(_TOLD, ()):
        told(found[0][0])


def tell_of_record(app: Flask, told: Callable[[Any], None]) -> None:
    """Have *told* called with the record that has come along, or with ``None``, when the questions are answered."""
    app.extensions.setdefault(_TOLD, []).append(told)


def take_record(key: Hashable) -> tuple[Any] | None:
    """The record of that *key*, which may be ``None``, if it came along; it is given once, because whoever asks again
    wants to know what is there by then."""
    record, found = g.pop("record_alongside", (None, None))
    return (found,) if record is not None and record.key == key else None


def take_beside(beside: Hashable, values: Mapping[str, Any]) -> Sequence[Any] | None:
    """The rows *beside* a record, if they came along and were asked for with these *values*; given once, too."""
    record, found = g.get("beside_alongside", (None, None))
    if record is None or record.beside != beside or not values.items() <= record.values.items():
        return None
    g.beside_alongside = record, None
    return found  # type: ignore[no-any-return]


def came_along() -> Record | None:
    """The record that has come along in this request, taken or not."""
    record: Record | None = g.get("beside_alongside", (None,))[0]
    return record


def ask_alongside(app: Flask, name: str, question: Question) -> None:
    """Have *question* asked along with the person, in the requests that it is meant for."""
    app.extensions.setdefault(_KEY, {})[name] = question


def asked_alongside() -> tuple[dict[str, Condition], dict[str, Any]]:
    """What this request asks: the conditions by their names, and the values for all of them."""
    questions: dict[str, Question] = current_app.extensions.get(_KEY, {})
    conditions: dict[str, Condition] = {}
    values: dict[str, Any] = {}
    for name, question in questions.items():
        given = question.values()
        if given is not None:
            conditions[name] = question.condition
            values.update(given)
    return conditions, values


def note_answers(names: Any, answers: Any, values: Mapping[str, Any]) -> None:
    """Keep the *answers* for this request, in the order of *names*, with the *values* that were asked about."""
    g.alongside = dict(zip(names, answers, strict=True)), values


def said_no(name: str, about: Mapping[str, Any]) -> bool:
    """Whether the question was asked in this request with the values *about*, and answered by no: another request may
    be answered inside of it (:mod:`webapp.web.replay`)."""
    kept: tuple[Mapping[str, Any], Mapping[str, Any]] = g.get("alongside", ({}, {}))
    answers, values = kept
    return answers.get(name) is False and about.items() <= values.items()
