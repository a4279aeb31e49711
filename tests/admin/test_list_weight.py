"""How heavy a list is: the page of a hundred rows, with names as long as those of a million made-up people."""

from dataclasses import replace
from itertools import islice

import pytest
from flask import Flask

from tests.pages import Visitor
from webapp.database import now
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.plausible import people

pytestmark = pytest.mark.one_engine

MOST = 60_000


def test_a_page_of_a_hundred_of_a_million_people_is_at_most_60_kilobytes(
    app: Flask, as_alice: Visitor
) -> None:
    with app.app_context():
        for number, one in enumerate(islice(people(now()), 300), 800_001):
            # Of a million, most have some hundred namesakes.
            username = f"{one.username.rstrip('0123456789')}{number % 1000}"
            one = replace(one, username=username, email=f"{username}@{one.email.partition('@')[2]}")
            db.session.add(User(id=number, password="!", **vars(one)))
        db.session.commit()
    page = as_alice.get("/users/?size=100")
    assert len(page.soup.select("tbody tr input[name=selected]")) == 100
    assert len(page.text.encode()) <= MOST
    for asked in ("last=1", "sort=-email", "is_staff=", "is_active=true&sort=email,-full_name"):
        page = as_alice.get(f"/users/?size=100&{asked}")
        assert len(page.soup.select("tbody tr input[name=selected]")) == 100
        assert len(page.text.encode()) <= MOST, asked


def test_rows_without_end_tags_are_read_as_rows_and_cells(as_alice: Visitor, as_bob: Visitor) -> None:
    page = as_alice.get("/users/")
    assert "</td>" not in page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    heads = page.tree.xpath(".//thead//tr/*")
    for row in page.tree.xpath(".//tbody/tr"):
        assert [cell.tag for cell in row] == ["td", "th", *["td"] * (len(heads) - 2)]


def test_a_cell_without_quotation_marks_in_its_tags_is_read_as_the_same(as_alice: Visitor) -> None:
    [row] = [row for row in as_alice.get("/users/").soup.select("tbody tr") if "alice" in row.get_text()]
    box = row.select_one("input")
    assert box is not None
    assert (box["type"], box["name"]) == ("checkbox", "selected")
    assert str(box["value"]).isdigit()
    head = row.select_one("th")
    assert head is not None
    assert head["scope"] == "row"
    assert box["aria-labelledby"] == f"s {head['id']}"
    assert len(row.select("td[title]")) >= 1
