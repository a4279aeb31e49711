"""The pager: from page to page, and straight to where the first sort column has reached a value."""

from datetime import UTC, datetime

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import insert

from tests.admin.samples import Part
from tests.pages import Page, Visitor
from webapp.extensions import db


@pytest.fixture
def alphabet(sample_app: Flask, as_sample_alice: Visitor) -> Visitor:
    """Alice before nine parts, of a page of three each."""
    with sample_app.app_context():
        rows = [
            {
                "name": letter,
                "size": place * 10,
                "is_good": True,
                "made_at": datetime(2026, 3, place, 12, tzinfo=UTC),
            }
            for place, letter in enumerate("abcdefghi", 1)
        ]
        db.session.execute(insert(Part), rows)
        db.session.commit()
    return as_sample_alice


def start(page: Page) -> Tag | None:
    return page.soup.select_one(".pager-start")


def go(page: Page, value: str) -> Page:
    """Fill in the form and send it, as a browser without scripts does."""
    form = start(page)
    assert form is not None
    pairs = [(str(field["name"]), str(field.get("value", ""))) for field in form.select("input")]
    sent = {name: value if name == "from" else text for name, text in pairs}
    return page.visitor.get("/parts/", query_string=sent)


@pytest.mark.parametrize(
    ("sort", "kind", "label"),
    [
        ("name", "text", "Go to name"),
        ("-code", "text", "Go to code"),
        ("size", "number", "Go to size"),
        ("weight", "number", "Go to weight"),
        ("-made_at", "date", "Go to made at"),
        ("day,name", "date", "Go to day"),
    ],
)
def test_the_input_is_of_the_kind_of_the_first_sort_column(
    alphabet: Visitor, sort: str, kind: str, label: str
) -> None:
    form = start(alphabet.get(f"/parts/?sort={sort}"))
    assert form is not None
    field, words = form.select_one("[name=from]"), form.select_one("label")
    assert field is not None
    assert words is not None
    assert (field["type"], words.get_text(), words["for"]) == (kind, label, field["id"])


@pytest.mark.parametrize("sort", ["is_good", "colour", "stage", "reference"])
def test_what_nobody_would_type_has_no_input(alphabet: Visitor, sort: str) -> None:
    assert start(alphabet.get(f"/parts/?sort={sort}")) is None


def test_a_list_on_one_page_has_nowhere_to_go_to(alphabet: Visitor) -> None:
    page = alphabet.get("/parts/?size=25&sort=name")
    assert page.soup.select_one(".pager") is not None
    assert start(page) is None


@pytest.mark.parametrize(
    ("query", "value", "seen"),
    [
        ("sort=name", "d", ["d", "e", "f"]),
        ("sort=-name", "d", ["d", "c", "b"]),
        ("sort=size&is_good=true", "45", ["e", "f", "g"]),
        ("sort=-made_at&size__gte=30", "2026-03-04", ["d", "c"]),
        ("sort=name&last=1", "b", ["b", "c", "d"]),
        ("sort=name", "", ["a", "b", "c"]),
    ],
)
def test_a_value_leads_there_with_everything_else_as_it_was(
    alphabet: Visitor, query: str, value: str, seen: list[str]
) -> None:
    page = go(alphabet.get(f"/parts/?{query}"), value)
    assert page.status == 200
    assert page.column() == seen


def test_one_leafs_on_from_there_in_both_directions_and_the_value_stays_in_the_input(
    alphabet: Visitor,
) -> None:
    page = go(alphabet.get("/parts/?sort=name"), "d")
    assert start(page).select_one("[name=from]")["value"] == "d"  # type: ignore[union-attr, index]
    later = page.visitor.get(str(page.soup.select_one("[rel=next]")["href"]))  # type: ignore[index]
    earlier = page.visitor.get(str(page.soup.select_one("[rel=prev]")["href"]))  # type: ignore[index]
    assert (later.column(), earlier.column()) == (["g", "h", "i"], ["a", "b", "c"])


def test_a_moment_in_the_address_stays_what_it_is(alphabet: Visitor) -> None:
    page = alphabet.get("/parts/?sort=made_at&from=2026-03-04T06:00")
    field = start(page).select_one("[name=from]")  # type: ignore[union-attr]
    assert field is not None
    assert (field["type"], field["value"]) == ("text", "2026-03-04T06:00")


def test_a_value_that_is_none_is_refused_by_name(alphabet: Visitor) -> None:
    page = go(alphabet.get("/parts/?sort=size"), "large")
    assert page.status == 400
    assert "“from”" in page.text
