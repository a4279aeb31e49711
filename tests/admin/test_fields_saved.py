"""Every kind of column from the form to the row and back, on each engine."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask

from tests.admin.samples import Colour, Part
from tests.pages import Visitor
from webapp.admin.mapping import describe
from webapp.extensions import db

M = datetime(2026, 3, 4, 5, 6, 7, 123456, UTC)


def part(app: Flask, **values: Any) -> Part:
    with app.app_context():
        made = Part(**values)
        db.session.add(made)
        db.session.commit()
        db.session.refresh(made)
        return made


def part_again(app: Flask, key: int) -> Part:
    with app.app_context():
        return db.session.get_one(Part, key)


FULL = {
    "name": " two  blanks ",
    "code": "x",
    "count": 2**31 - 1,
    "size": -1,
    "colour": Colour.BLUE,
    "made_at": M,
    "day": date(1999, 12, 31),
    "is_good": False,
    "note": "a\nb\r\nc",
}


@pytest.mark.parametrize("values", [{}, FULL], ids=["empty", "full"])
def test_a_row_that_is_saved_untouched_stays_equal_to_the_microsecond(
    sample_app: Flask, as_sample_alice: Visitor, values: dict[str, Any]
) -> None:
    before = part(sample_app, **values)
    page = as_sample_alice.get(f"/parts/{before.id}/change/").form().submit()
    assert page.status == 303, page.errors
    after = part_again(sample_app, before.id)
    columns = describe(Part).columns
    assert {name: getattr(after, name) for name in columns} == {
        name: getattr(before, name) for name in columns
    }
    history = as_sample_alice.get(f"/parts/{before.id}/history/")
    assert "No changes yet" in history.text


def test_a_row_is_added_with_a_value_of_each_kind(sample_app: Flask, as_sample_alice: Visitor) -> None:
    form = as_sample_alice.get("/parts/add/").form()
    form.fill(
        name="Ünit 🙂", code=" \uff21B ", count="7", size="", colour="RED", made_at="2026-01-01T00:00:01.250"
    )
    page = form.fill(day="2026-01-02", is_good="true", note="x\r\ny").submit("_continue")
    assert page.status == 303, page.errors
    made = part_again(sample_app, int(page.location.split("/")[2]))
    assert (made.name, made.code, made.count, made.size) == ("Ünit 🙂", "ab", 7, None)
    assert (made.colour, made.day, made.is_good, made.note) == (Colour.RED, date(2026, 1, 2), True, "x\ny")
    assert made.made_at == datetime(2026, 1, 1, 3, 0, 1, 250000, UTC)


@pytest.mark.parametrize(
    ("name", "value"),
    [("name", "x" * 201), ("count", "2147483648"), ("colour", "r"), ("is_good", "2"), ("made_at", "soon")],
)
def test_what_no_column_takes_is_told_at_its_field_and_nothing_is_written(
    sample_app: Flask, as_sample_alice: Visitor, name: str, value: str
) -> None:
    before = part(sample_app, **FULL)
    page = as_sample_alice.get(f"/parts/{before.id}/change/").form().submit(**{name: value, "note": "new"})
    assert page.status == 422
    assert page.soup.select_one(f"#{name}-error")
    assert part_again(sample_app, before.id).note == FULL["note"]


def test_a_long_text_is_taken_as_far_as_every_engine_keeps_it(
    sample_app: Flask, as_sample_alice: Visitor
) -> None:
    """MariaDB's TEXT holds 65,535 bytes; of a text with accents that is fewer characters."""
    before = part(sample_app, name="n")
    form = as_sample_alice.get(f"/parts/{before.id}/change/").form()
    page = form.fill(note="é" * 32_768).submit()
    assert page.status == 422
    assert page.errors == ["Note: This is too long: there is room for its first 32,767 characters."]
    assert form.fill(note="é" * 32_767).submit().status == 303
    assert part_again(sample_app, before.id).note == "é" * 32_767
