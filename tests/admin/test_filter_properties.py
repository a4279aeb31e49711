"""What a filter finds in the database is what the same sentence finds in Python, whatever the rows, on every engine."""

import operator
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from werkzeug.datastructures import MultiDict

from tests.library.books import Author, Book, Tag, book_tags
from tests.library.kinds import Colour, Specimen
from tests.shares import examples
from webapp.admin.listing.counting import count_rows
from webapp.admin.listing.query import narrowed
from webapp.admin.listing.state import list_spec, parse_state
from webapp.admin.site import current_site
from webapp.admin.texts import duration_text
from webapp.extensions import db
from webapp.users.models import User
from webapp.web.viewer import remember

NOW = datetime(2026, 11, 28, 1, 30, tzinfo=UTC)
few = settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
ZONES = ("UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia", "Pacific/Kiritimati")
# Around the changes of the clock, the end of a year, the day that Apia left out, and now.
MOMENTS = [
    datetime(2026, 3, 29, 1, tzinfo=UTC),
    datetime(2018, 11, 4, 3, tzinfo=UTC),
    datetime(2025, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2011, 12, 30, 10, tzinfo=UTC),
    NOW,
]
DAYS = [date(2026, 3, 29), date(2025, 12, 31), date(2026, 1, 1), date(2026, 11, 27), date(2011, 12, 30)]
VALUES: dict[str, list[Any]] = {
    "number": [None, -1, 0, 1, 5],
    "exact": [None, Decimal("-1.5000"), Decimal("0.0001"), Decimal("7.0000")],
    "ratio": [None, -0.5, 0.25, 1e10],
    "is_good": [True, False],
    "is_known": [None, True, False],
    "day": [None, *DAYS],
    "hour": [None, time(0), time(8), time(18, 30)],
    "span": [None, timedelta(hours=-1), timedelta(minutes=90), timedelta(days=2)],
    "colour": [None, *Colour],
    "level": [None, "low", "high"],
    "reference": [None, UUID(int=1), UUID(int=2**127)],
    "name": ["a", "ab", "b", "%", "_"],
}
OFFSETS = st.sampled_from([timedelta(), timedelta(hours=1), timedelta(hours=-14), timedelta(microseconds=-1)])
SEEN = st.none() | st.builds(lambda moment, offset: moment + offset, st.sampled_from(MOMENTS), OFFSETS)
ROWS = st.lists(
    st.fixed_dictionaries(
        {**{name: st.sampled_from(values) for name, values in VALUES.items()}, "seen_at": SEEN}
    ),
    max_size=10,
)
ORDERED = ("number", "exact", "ratio", "day", "hour", "span")
EQUAL = ("eq", "ne")


def written(value: Any) -> str:
    """*value* as an address writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Colour):
        return value.name
    if isinstance(value, timedelta):
        return duration_text(value)
    return value.isoformat() if isinstance(value, date | time) else str(value)


def plain_filters() -> st.SearchStrategy[tuple[str, str, list[Any]]]:
    def of(name: str) -> st.SearchStrategy[tuple[str, str, list[Any]]]:
        operators = [*EQUAL, *(("gt", "gte", "lt", "lte") if name in ORDERED else ())]
        operators += ["contains", "startswith"] if name == "name" else []
        values = [value for value in VALUES[name] if value is not None]
        return st.tuples(
            st.just(name),
            st.sampled_from(operators),
            st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True),
        )

    return st.sampled_from(sorted(VALUES)).flatmap(of)


HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "eq": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "contains": operator.contains,
    "startswith": str.startswith,
}


def holds(value: Any, sign: str, wanted: list[Any]) -> bool:
    if sign == "ne":
        return all(value != one for one in wanted)
    return value is not None and any(HOLDS[sign](value, one) for one in wanted)


@pytest.fixture
def library(library_app: Flask) -> Iterator[Flask]:
    with time_machine.travel(NOW, tick=False):
        yield library_app


def found(name: str, pairs: list[tuple[str, str]], zone: str = "UTC") -> list[int]:
    person = User(is_superuser=True, is_active=True, timezone=zone)
    remember(person)
    spec = list_spec(current_site().admin(name), person)
    state = parse_state(spec, MultiDict(pairs))
    key = spec.info.key[0].attribute
    keys = list(db.session.scalars(narrowed(spec, state, person).with_only_columns(key)))
    assert count_rows(spec, state, person).number == len(keys)
    return sorted(keys)


def fill(rows: list[dict[str, Any]]) -> None:
    db.session.execute(delete(Specimen))
    for number, row in enumerate(rows, 1):
        db.session.execute(insert(Specimen).values(id=number, version=1, **row))


@few
@given(rows=ROWS, asked=st.lists(plain_filters(), min_size=1, max_size=3, unique_by=lambda one: one[:2]))
def test_columns_are_filtered_as_python_would(
    library: Flask, rows: list[dict[str, Any]], asked: list[tuple[str, str, list[Any]]]
) -> None:
    pairs = [(f"{name}__{sign}", written(value)) for name, sign, values in asked for value in values]
    with library.test_request_context():
        fill(rows)
        expected = [
            number
            for number, row in enumerate(rows, 1)
            if all(holds(row[name], sign, wanted) for name, sign, wanted in asked)
        ]
        assert found("specimens", pairs) == expected, pairs
        db.session.rollback()


@few
@given(
    rows=ROWS,
    zone=st.sampled_from(ZONES),
    asked=st.one_of(
        st.tuples(st.sampled_from(["eq", "ne", "gt", "gte", "lt", "lte"]), st.sampled_from(["today", *DAYS])),
        st.tuples(st.just("last"), st.sampled_from([1, 2, 30, 400, 20_000])),
        st.tuples(st.sampled_from(["year", "month", "day"]), st.sampled_from(DAYS)),
        st.tuples(st.just("between"), st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))),
    ),
    name=st.sampled_from(["seen_at", "day"]),
)
def test_days_are_those_of_the_viewers_calendar(
    library: Flask, rows: list[dict[str, Any]], zone: str, asked: tuple[str, Any], name: str
) -> None:
    here = ZoneInfo(zone)

    def day_of(row: dict[str, Any]) -> date | None:
        value = row[name]
        return value.astimezone(here).date() if isinstance(value, datetime) else value

    pairs, wanted = sentence(name, *asked, today=NOW.astimezone(here).date())
    with library.test_request_context():
        fill(rows)
        expected = [number for number, row in enumerate(rows, 1) if wanted(day_of(row))]
        assert found("specimens", pairs, zone) == expected, (pairs, zone)
        db.session.rollback()


def sentence(
    name: str, sign: str, value: Any, *, today: date
) -> tuple[list[tuple[str, str]], Callable[[date | None], bool]]:
    """What an address says, and which days it means."""
    if sign == "last":
        first = today - timedelta(days=value - 1)
        return [(f"{name}__last", str(value))], lambda day: day is not None and first <= day <= today
    if sign == "between":
        first, last = value
        pairs = [(f"{name}__gte", written(first)), (f"{name}__lte", written(last))]
        return pairs, lambda day: day is not None and first <= day <= last
    if sign in ("year", "month", "day"):
        parts = ("year", "month", "day")[: ("year", "month", "day").index(sign) + 1]
        pairs = [(f"{name}__{part}", str(getattr(value, part))) for part in parts]
        return (
            pairs,
            lambda day: day is not None and all(getattr(day, part) == getattr(value, part) for part in parts),
        )
    wanted = today if value == "today" else value
    return [(f"{name}__{sign}", written(value))], lambda day: holds(day, sign, [wanted])


# Relations

BOOKS = st.lists(
    st.tuples(
        st.sampled_from([1, 2]),
        st.sampled_from([None, 1, 2]),
        st.sets(st.sampled_from([1, 2, 3]), max_size=3),
    ),
    max_size=8,
)
RELATED = st.one_of(
    st.tuples(
        st.sampled_from(["author", "translator", "tags"]),
        st.sampled_from(["eq", "ne", "in"]),
        st.lists(st.sampled_from([1, 2, 3, 9]), min_size=1, max_size=3, unique=True),
    ),
    st.tuples(st.sampled_from(["author", "translator", "tags"]), st.just("isnull"), st.booleans()),
)


@few
@given(books=BOOKS, asked=st.lists(RELATED, min_size=1, max_size=2, unique_by=lambda one: one[:2]))
def test_relations_are_filtered_as_python_would(
    library: Flask, books: list[tuple[int, int | None, set[int]]], asked: list[tuple[str, str, Any]]
) -> None:
    with library.test_request_context():
        for model in (Book, Author, Tag):
            db.session.execute(delete(model))
        db.session.execute(insert(Author), [{"id": key, "name": str(key)} for key in (1, 2)])
        db.session.execute(insert(Tag), [{"id": key, "name": str(key)} for key in (1, 2, 3)])
        for number, (author, translator, tags) in enumerate(books, 1):
            row = {"title": "t", "slug": str(number), "author_id": author, "translator_id": translator}
            db.session.execute(insert(Book).values(id=number, version=1, **row))
            for tag in tags:
                db.session.execute(insert(book_tags).values(book_id=number, tag_id=tag))
        expected = [
            number
            for number, (author, translator, tags) in enumerate(books, 1)
            if all(
                leads({"author": {author}, "translator": {translator} - {None}, "tags": tags}[name], *rest)
                for name, *rest in asked
            )
        ]
        assert found("books", [pair for one in asked for pair in address(*one)]) == expected, asked
        db.session.rollback()


def address(name: str, sign: str, wanted: Any) -> list[tuple[str, str]]:
    values = [written(wanted)] if isinstance(wanted, bool) else [str(key) for key in wanted]
    return (
        [(f"{name}__{sign}", ",".join(values))]
        if sign == "in"
        else [(f"{name}__{sign}", one) for one in values]
    )


def leads(where: set[Any], sign: str, wanted: Any) -> bool:
    if sign == "isnull":
        return (not where) == wanted
    return where.isdisjoint(wanted) if sign == "ne" else not where.isdisjoint(wanted)
