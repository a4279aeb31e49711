"""Pages follow rows and not numbers: whatever the order, each row is on one page, forwards and backwards."""

import base64
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from sqlalchemy import column, insert, table
from werkzeug.datastructures import MultiDict

from tests.admin.conftest import empty_samples
from tests.admin.samples import Colour, Part, PartAdmin, registered
from tests.shares import examples
from webapp.admin.listing.counting import count_rows
from webapp.admin.listing.query import read_rows
from webapp.admin.listing.state import ListSpec, list_spec, parse_state
from webapp.admin.mapping import describe
from webapp.admin.paging import SortKey, total_order
from webapp.extensions import db
from webapp.users.models import User

MOMENT = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)

# Few values of each kind, so that rows tie; and empty ones.
ROWS = st.fixed_dictionaries(
    {
        "name": st.sampled_from(["", "a", "b", "ab", "a b", "%", "A", "é"]),
        "code": st.sampled_from([None, "a", "b", "_", "ab"]),
        "count": st.integers(-1, 1),
        "index": st.integers(0, 1),
        "size": st.sampled_from([None, 0, 5]),
        "weight": st.sampled_from([None, Decimal("-1.500"), Decimal("0.001"), Decimal("10.000")]),
        "ratio": st.sampled_from([None, -0.5, 0.1, 1e20]),
        "colour": st.sampled_from([None, *Colour]),
        "made_at": st.sampled_from(
            [None, MOMENT, MOMENT + timedelta(microseconds=1), MOMENT.replace(year=1)]
        ),
        "day": st.sampled_from([None, date(2026, 1, 1), date(9999, 12, 31)]),
        "is_good": st.sampled_from([None, True, False]),
        "reference": st.sampled_from([None, UUID(int=1), UUID(int=2**127)]),
    }
)
SORTABLE = [name for name in PartAdmin.list_display if name not in ("note", "kind", "stage")]
SORTS = st.lists(st.sampled_from(SORTABLE), min_size=1, max_size=3, unique=True).flatmap(
    lambda names: st.tuples(*(st.sampled_from([name, f"-{name}"]) for name in names))
)
NARROWED = st.sampled_from([{}, {"q": "a"}, {"is_good": "true"}, {"q": "b", "size__isnull": "true"}])


@pytest.fixture
def parts(sample_app: Flask) -> Iterator[Flask]:
    with sample_app.test_request_context():
        yield sample_app
        db.session.rollback()


def spec_of_parts() -> ListSpec:
    admin = registered(Part, PartAdmin)
    return list_spec(admin, None)


def fill(rows: list[dict[str, Any]]) -> None:
    db.session.rollback()
    empty_samples()
    if rows:
        db.session.execute(insert(Part), [{"id": number, **row} for number, row in enumerate(rows, 1)])
    db.session.commit()


def walk(spec: ListSpec, arguments: dict[str, str], *, backward: bool = False) -> list[list[int]]:
    """The keys of each page, following the cursors from one end to the other, in the order of the list."""
    pages: list[list[int]] = []
    where = {"last": "1"} if backward else {}
    while True:
        state = parse_state(spec, MultiDict({**arguments, **where}))
        rows = read_rows(spec, state, None)
        pages.append([key[0] for key in rows.keys])
        cursor = rows.before if backward else rows.after
        if cursor is None:
            return pages[::-1] if backward else pages
        where = {"before": cursor} if backward else {"after": cursor}
        assert len(pages) < 50, "the pages go round in a circle"


def joined(pages: list[list[int]]) -> list[int]:
    return [key for page in pages for key in page]


def matches(row: dict[str, Any], narrowed: dict[str, str]) -> bool:
    term = narrowed.get("q", "")
    found = term in row["name"].lower() or term in (row["code"] or "")
    good = "is_good" not in narrowed or row["is_good"] is True
    return found and good and ("size__isnull" not in narrowed or row["size"] is None)


@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(ROWS, max_size=14), sort=SORTS, narrowed=NARROWED)
def test_every_row_is_on_one_page_forwards_and_backwards_in_any_order(
    parts: Flask, rows: list[dict[str, Any]], sort: tuple[str, ...], narrowed: dict[str, str]
) -> None:
    fill(rows)
    spec = spec_of_parts()
    arguments = {"sort": ",".join(sort), **narrowed}
    forward = walk(spec, arguments)
    seen = joined(forward)
    assert sorted(seen) == [number for number, row in enumerate(rows, 1) if matches(row, narrowed)]
    assert all(len(page) == 3 for page in forward[:-1])
    assert joined(walk(spec, arguments, backward=True)) == seen
    state = parse_state(spec, MultiDict({**arguments, "size": "250"}))
    assert [key[0] for key in read_rows(spec, state, None).keys] == seen
    assert count_rows(spec, state, None).number == len(seen)


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(ROWS, min_size=1, max_size=14),
    name=st.sampled_from(["count", "size", "weight", "ratio", "made_at", "day", "is_good", "code"]),
    descending=st.booleans(),
)
@example(rows=[{"size": None}, {"size": 0}, {"size": 5}, {"size": None}], name="size", descending=True)
def test_rows_come_in_order_and_empty_values_last_in_both_directions(
    parts: Flask, rows: list[dict[str, Any]], name: str, descending: bool
) -> None:
    fill(rows)
    seen = joined(walk(spec_of_parts(), {"sort": f"-{name}" if descending else name}))
    values = [rows[number - 1].get(name) for number in seen]
    filled = [value for value in values if value is not None]
    assert values == sorted(filled, reverse=descending) + [None] * (len(values) - len(filled))


def test_a_page_can_be_left_and_entered_again_at_the_same_place(parts: Flask) -> None:
    fill([{"name": "same"} for _number in range(7)])
    spec = spec_of_parts()

    def rows_at(**where: str) -> Any:
        return read_rows(spec, parse_state(spec, MultiDict({"sort": "name", **where})), None)

    first = rows_at()
    second = rows_at(after=first.after)
    assert [key[0] for key in second.keys] == [4, 5, 6]
    assert rows_at(before=second.before).keys == first.keys
    assert rows_at(before=second.before).before is None
    third = rows_at(after=second.after)
    assert [key[0] for key in third.keys] == [7]
    assert third.after is None
    assert rows_at(before=third.before).keys == second.keys


def test_a_row_that_goes_or_comes_does_not_shift_the_pages(parts: Flask) -> None:
    fill([{"count": number} for number in range(9)])
    spec = spec_of_parts()
    first = read_rows(spec, parse_state(spec, MultiDict({"sort": "count"})), None)
    db.session.delete(db.session.get(Part, 3))
    db.session.add(Part(id=10, count=-5))
    db.session.commit()
    second = parse_state(spec, MultiDict({"sort": "count", "after": first.after or ""}))
    assert [key[0] for key in read_rows(spec, second, None).keys] == [4, 5, 6]


@pytest.mark.parametrize(
    ("sort", "start", "seen"),
    [
        ("size", "5", [1, 2, 4, 3]),
        ("-size", "5", [2, 1, 3]),
        ("size", "6", [4, 3]),
        ("-size", "6", [2, 1, 3]),
        ("size", "99", [3]),
        ("made_at", "2026-03-02", [2, 3, 4]),
        ("-made_at", "2026-03-01", [1, 4]),
        ("-made_at", "2026-03-02", [2, 1, 4]),
        ("code", "BAR", [1, 2, 3, 4]),
        ("code", "BB", [2, 3, 4]),
        ("is_good", "true", [2, 3, 4]),
        ("-day", "2026-01-01", [4, 3, 2, 1]),
    ],
)
def test_a_list_can_start_where_its_first_sort_column_has_reached_a_value(
    parts: Flask, sort: str, start: str, seen: list[int]
) -> None:
    midnight = datetime(2026, 3, 3, tzinfo=UTC)
    fill(
        [
            {
                "size": 5,
                "made_at": midnight - timedelta(days=1, microseconds=1),
                "code": "bar",
                "is_good": False,
            },
            {"size": 5, "made_at": midnight - timedelta(microseconds=1), "code": "bcd", "is_good": True},
            {"size": None, "made_at": midnight, "code": "bcd", "is_good": True},
            {"size": 7, "made_at": None, "code": "c", "is_good": True},
        ]
    )
    spec = spec_of_parts()
    state = parse_state(spec, MultiDict({"sort": sort, "from": start, "size": "25"}))
    assert [key[0] for key in read_rows(spec, state, None).keys] == seen


@pytest.mark.parametrize("sort", ["colour", "-colour", "is_good,-colour"])
def test_an_enumeration_pages_in_whatever_order_its_engine_gives_it(parts: Flask, sort: str) -> None:
    fill([{"colour": colour} for colour in (*Colour, None) for _number in range(4)])
    spec = spec_of_parts()
    forward = joined(walk(spec, {"sort": sort}))
    assert sorted(forward) == list(range(1, 17))
    assert joined(walk(spec, {"sort": sort}, backward=True)) == forward


def test_names_that_plain_sql_wrote_unfolded_have_their_place_too(parts: Flask) -> None:
    fill([{"code": code} for code in ("alice", "carol", "dave", "erin", "zoe")])
    unknown = {"name": "", "count": 0, "index": 0, "class": "", "stage": 0, "note": "", "token": ""}
    # A table without types sends what it is given, as plain SQL does.
    plain = table("sample_parts", *(column(name) for name in ("id", "code", *unknown)))
    with db.engine.begin() as connection:
        for number, code in enumerate(("Zoe", "BOB", "ﬁ"), 6):
            connection.execute(insert(plain).values(id=number, code=code, **unknown))
    spec = spec_of_parts()
    for sort in ("code", "-code"):
        forward = joined(walk(spec, {"sort": sort}))
        assert sorted(forward) == [1, 2, 3, 4, 5, 6, 7, 8]
        assert joined(walk(spec, {"sort": sort}, backward=True)) == forward


# Orders


def names(order: tuple[SortKey, ...]) -> list[str]:
    return [key.name for key in order]


def test_an_order_ends_in_the_primary_key_or_at_the_first_unique_column() -> None:
    users = describe(User)
    full_name, email = users.columns["full_name"], users.columns["email"]
    assert names(total_order([], users)) == ["id"]
    assert names(total_order([SortKey(full_name)], users)) == ["full_name", "id"]
    assert names(total_order([SortKey(full_name, True)], users)) == ["-full_name", "-id"]
    assert names(total_order([SortKey(email), SortKey(full_name)], users)) == ["email"]
    assert names(total_order([SortKey(full_name), SortKey(full_name, True)], users)) == ["full_name", "id"]


def test_rows_that_tie_follow_the_index_that_serves_the_order() -> None:
    users, parts = describe(User), describe(Part)
    staff = SortKey(users.columns["is_staff"], True)
    assert names(total_order([staff], users, {"username"})) == ["-is_staff", "-username"]
    good = SortKey(parts.columns["is_good"])
    assert names(total_order([good], parts, {"code"})) == ["is_good", "code", "id"]
    assert names(total_order([SortKey(parts.columns["code"])], parts)) == ["code", "id"]


class PartAdminWithoutCodes(PartAdmin):
    list_display = ("name", "is_good")


def test_a_column_that_the_list_does_not_show_is_in_no_order_and_in_no_cursor(parts: Flask) -> None:
    fill([{"name": "part", "code": f"hidden {number}", "is_good": True} for number in range(30)])
    spec = list_spec(registered(Part, PartAdminWithoutCodes), None)
    state = parse_state(spec, MultiDict({"sort": "is_good", "size": "25"}))
    assert names(state.order) == ["is_good", "id"]
    cursor = read_rows(spec, state, spec.person).after
    assert cursor is not None
    assert b"hidden" not in base64.urlsafe_b64decode(cursor + "==")
