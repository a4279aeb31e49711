"""While one leafs through a list others add and delete: each row that stays is seen once, whichever way one goes."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, insert
from werkzeug.datastructures import MultiDict

from tests.admin.conftest import empty_samples
from tests.admin.samples import Part, PartAdmin, Shelf, ShelfAdmin, registered
from tests.admin.test_paging import ROWS, SORTS
from tests.shares import examples
from webapp.admin.listing.query import read_rows
from webapp.admin.listing.state import ListSpec, list_spec, parse_state
from webapp.extensions import db
from webapp.users.models import User

Key = tuple[Any, ...]
Row = dict[str, Any]

SHELVES = st.fixed_dictionaries(
    {
        "room": st.sampled_from(["", "a", "A", "a b", "ab", "é", "_", "a,b"]),
        "number": st.integers(-1, 2),
        "label": st.sampled_from(["", "x", "y", "%"]),
    }
)
SHELF_SORTS = st.permutations(["label", "room", "number"]).flatmap(
    lambda names: st.integers(0, 3).flatmap(
        lambda number: st.tuples(*(st.sampled_from([name, f"-{name}"]) for name in names[:number]))
    )
)


def changes(rows: st.SearchStrategy[Row]) -> st.SearchStrategy[list[tuple[list[int], list[Row]]]]:
    """What happens after each page: which rows of those at the beginning go, and which others come."""
    return st.lists(
        st.tuples(st.lists(st.integers(0, 19), max_size=3), st.lists(rows, max_size=2)), max_size=6
    )


@pytest.fixture
def tables(sample_app: Flask) -> Iterator[Flask]:
    with sample_app.test_request_context():
        yield sample_app
        db.session.rollback()


def spec_of(model: type, admin_class: type) -> ListSpec:
    return list_spec(registered(model, admin_class), User(is_superuser=True, is_active=True))


def leaf_through(
    spec: ListSpec, sort: tuple[str, ...], moments: list[tuple[list[Key], list[Row]]], *, backward: bool
) -> tuple[list[Key], set[Key]]:
    """The keys that one sees, page after page, in the order of the list; and those that went meanwhile."""
    model: Any = spec.info.model
    pages: list[list[Key]] = []
    gone: set[Key] = set()
    waiting = list(moments)
    where = {"last": "1"} if backward else {}
    while True:
        state = parse_state(spec, MultiDict({"sort": ",".join(sort), **where}))
        rows = read_rows(spec, state, spec.person)
        pages.append(rows.keys)
        cursor = rows.before if backward else rows.after
        if cursor is None:
            break
        where = {"before": cursor} if backward else {"after": cursor}
        if waiting:
            leaving, coming = waiting.pop(0)
            gone.update(leaving)
            if leaving:
                db.session.execute(delete(model).where(spec.info.is_one_of(leaving)))
            if coming:
                db.session.execute(insert(model), coming)
            db.session.commit()
        assert len(pages) < 50, "the pages go round in a circle"
    ordered = pages[::-1] if backward else pages
    return [key for page in ordered for key in page], gone


def check(spec: ListSpec, sort: tuple[str, ...], first: list[Key], seen: list[Key], gone: set[Key]) -> None:
    stayed = set(first) - gone
    assert len(seen) == len(set(seen)), "a row was seen twice"
    assert stayed <= set(seen), "a row that stayed was not seen"
    whole = read_rows(
        spec, parse_state(spec, MultiDict({"sort": ",".join(sort), "size": "250"})), spec.person
    )
    assert [key for key in seen if key in stayed] == [key for key in whole.keys if key in stayed]


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, min_size=4, max_size=20), sort=SORTS, later=changes(ROWS), backward=st.booleans())
def test_rows_that_stay_are_seen_once_while_others_come_and_go(
    tables: Flask,
    rows: list[Row],
    sort: tuple[str, ...],
    later: list[tuple[list[int], list[Row]]],
    backward: bool,
) -> None:
    db.session.rollback()
    empty_samples()
    # Gaps between the keys, for the rows that come.
    db.session.execute(insert(Part), [{"id": 10 * number, **row} for number, row in enumerate(rows, 1)])
    db.session.commit()
    first = [(10 * number,) for number in range(1, len(rows) + 1)]
    free = iter(number for number in range(3, 1000, 7) if number % 10)
    moments = [
        (
            [first[place] for place in set(leaving) if place < len(first)],
            [{"id": next(free), **row} for row in coming],
        )
        for leaving, coming in later
    ]
    spec = spec_of(Part, PartAdmin)
    seen, gone = leaf_through(spec, sort, moments, backward=backward)
    check(spec, sort, first, seen, gone)


def still_free(rows: list[Row], taken: set[Key]) -> Iterator[Row]:
    """Those of *rows* with a key of their own, which is *taken* then."""
    for row in rows:
        key = (row["room"], row["number"])
        if key not in taken:
            taken.add(key)
            yield row


@settings(max_examples=examples(25), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(SHELVES, min_size=4, max_size=20, unique_by=lambda row: (row["room"], row["number"])),
    sort=SHELF_SORTS,
    later=changes(SHELVES),
    backward=st.booleans(),
)
def test_keys_of_several_columns_page_the_same_way(
    tables: Flask,
    rows: list[Row],
    sort: tuple[str, ...],
    later: list[tuple[list[int], list[Row]]],
    backward: bool,
) -> None:
    db.session.rollback()
    empty_samples()
    db.session.execute(insert(Shelf), rows)
    db.session.commit()
    first = [(row["room"], row["number"]) for row in rows]
    taken = set(first)
    moments = [
        ([first[place] for place in set(leaving) if place < len(first)], list(still_free(coming, taken)))
        for leaving, coming in later
    ]
    spec = spec_of(Shelf, ShelfAdmin)
    seen, gone = leaf_through(spec, sort, moments, backward=backward)
    check(spec, sort, first, seen, gone)
