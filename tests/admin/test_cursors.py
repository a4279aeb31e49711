"""A cursor says where a page of rows begins: it is read in its own order only, and tells nothing that is hidden."""

import base64
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from tests.admin.samples import Colour, Part
from tests.admin.yard import Crate, helper
from tests.pages import Visitor
from webapp.admin.cursors import BadCursor, OfRow, make_cursor, read_cursor
from webapp.admin.mapping import describe
from webapp.admin.paging import SortKey, total_order

MOMENT = datetime(2026, 3, 1, 12, 0, 0, 999_999, tzinfo=UTC)


def order_of(*wanted: str) -> tuple[SortKey, ...]:
    info = describe(Part)
    keys = [SortKey(info.columns[name.removeprefix("-")], name.startswith("-")) for name in wanted]
    return total_order(keys, info)


def forged(order: tuple[SortKey, ...], *texts: object) -> str:
    """A cursor of the right order with other values, as anybody can make one."""
    body = json.loads(base64.urlsafe_b64decode(make_cursor(order, [None] * len(order)) + "=="))
    return base64.urlsafe_b64encode(json.dumps([body[0], *texts]).encode()).decode().rstrip("=")


def test_a_cursor_gives_the_values_back() -> None:
    order = order_of("-made_at", "weight", "colour", "reference", "ratio", "name")
    values = (MOMENT, Decimal("1.500"), Colour.ANY, UUID(int=7), 0.1, "é\n\"'%_\\", 2**63 - 1)
    assert read_cursor(order, make_cursor(order, values)) == values
    nothing = (*[None] * 5, "", 1)
    assert read_cursor(order, make_cursor(order, nothing)) == nothing


def test_a_cursor_of_another_order_is_refused() -> None:
    cursor = make_cursor(order_of("size"), (1, 1))
    for other in (("-size",), ("count",), ("size", "count")):
        with pytest.raises(BadCursor):
            read_cursor(order_of(*other), cursor)


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("size", "x"),
        ("size", 5),
        ("size", True),
        ("size", ["1"]),
        ("size", str(2**63)),
        ("size", "1_0"),
        ("size", "٣"),
        ("weight", "NaN"),
        ("weight", "1.00001"),
        ("weight", "1e999999999"),
        ("ratio", "inf"),
        ("ratio", "nan"),
        ("made_at", "2026-01-01T00:00:00"),
        ("made_at", "yesterday"),
        ("colour", "GREEN"),
        ("reference", "7"),
        ("is_good", "True"),
        ("name", None),
        ("name", "a\0b"),
        ("name", "\ud800"),
    ],
)
def test_a_cursor_with_values_of_another_type_is_refused(column: str, text: object) -> None:
    order = order_of(column)
    with pytest.raises(BadCursor):
        read_cursor(order, forged(order, text, "1"))


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
@example("W10")
@example("W1tbW1tb" * 30)
@example("bnVsbA")
def test_no_text_but_a_cursor_is_one(text: str) -> None:
    with pytest.raises(BadCursor):
        read_cursor(order_of("size"), text)


# A row's value that stands in no address


def as_row(order: Any, key: str) -> str:
    signature, *_texts = json.loads(base64.urlsafe_b64decode(make_cursor(order, [None] * len(order)) + "=="))
    return base64.urlsafe_b64encode(json.dumps([signature, [key]]).encode()).decode().rstrip("=")


def test_a_cursor_that_names_a_row_tells_nothing_of_one_that_is_hidden(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    """Otherwise one could learn between which names a hidden one stands."""
    order = [SortKey(describe(Crate).columns["name"])]
    person = helper(yard)
    seen = [person.get(f"/crates/?after={as_row(order, key)}").column() for key in ("3", "9", "4711")]
    assert seen == [["c4", "c5"], [], []]
    assert as_yard_alice.get(f"/crates/?before={as_row(order, '9')}").column() == ["c3", "c4", "c5"]


@pytest.mark.parametrize("near", [[5], ["a", 1], ["a", "b"], ["a", True, True], ["a\0"]])
def test_what_stands_beside_the_key_of_a_row_is_checked(near: list[Any]) -> None:
    info = describe(Part)
    order = total_order([SortKey(info.columns["name"])], info)
    assert read_cursor(order, forged(order, ["7", "a", True], "7"), info) == (OfRow((7,), "a", True), 7)
    with pytest.raises(BadCursor):
        read_cursor(order, forged(order, ["7", *near], "7"), info)


@pytest.mark.parametrize("key", ["x", "", "1,2", "01", "9" * 30, "_00"])
def test_a_cursor_that_names_no_row_is_refused(as_yard_alice: Visitor, key: str) -> None:
    order = [SortKey(describe(Crate).columns["name"])]
    assert as_yard_alice.get(f"/crates/?after={as_row(order, key)}").status == 400
    assert as_yard_alice.get(f"/crates/?after={as_row(order, '1')}").status == 200


def test_a_text_that_is_too_long_for_an_address_is_paged_by_its_row() -> None:
    info = describe(Part)
    order = total_order([SortKey(info.columns["name"])], info)
    long, short = ["é" * 5000, 7], ["é" * 10, 7]
    cursor = make_cursor(order, long, [7])
    assert len(cursor) < 1_200
    assert read_cursor(order, cursor, info) == (OfRow((7,), "é" * 400, is_cut=True), 7)
    assert read_cursor(order, make_cursor(order, short, [7]), info) == tuple(short)
    with pytest.raises(BadCursor):
        read_cursor(order, cursor)
