"""How heavy a list is: the page of a hundred rows, with names as long as those of a million made-up people."""

from datetime import UTC, datetime
from itertools import islice

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from markupsafe import escape

from tests.pages import Visitor
from webapp.admin.listing.addresses import with_query
from webapp.database import now
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.plausible import people

pytestmark = pytest.mark.one_engine

MOST = 60_000


@pytest.fixture
def crowd(app: Flask) -> None:
    """Three hundred people with long names, who all joined in one month."""
    with app.app_context():
        for number, one in enumerate(islice(people(now()), 300), 800_001):
            # Of a million, most have some hundred namesakes.
            username = f"{one.username.rstrip('0123456789')}{number % 1000}"
            one = one._replace(username=username, email=f"{username}@{one.email.partition('@')[2]}")
            joined = datetime(2026, 10, 1 + number % 31, 12, tzinfo=UTC)
            db.session.add(User(id=number, password="!", **{**one._asdict(), "created_at": joined}))
        db.session.commit()


@pytest.mark.usefixtures("crowd")
@pytest.mark.parametrize(
    "asked",
    [
        "",
        "&last=1",
        "&sort=-email",
        "&is_staff=",
        "&is_active=true&sort=email,-full_name",
        "&sort=created_at&created_at__year=2026&created_at__month=10",
    ],
)
def test_a_page_of_a_hundred_of_a_million_people_is_at_most_60_kilobytes(
    as_alice: Visitor, asked: str
) -> None:
    page = as_alice.get(f"/users/?size=100{asked}")
    assert len(page.soup.select("tbody tr input[name=selected]")) == 100
    assert len(page.text.encode()) <= MOST


def test_an_address_stands_in_html_as_it_is_where_that_reads_it_the_same() -> None:
    for query in ("size=100&sort=-a%2Cb", "a__lt=1&q=%26lt%3B", "size=100&created_at__month=10"):
        found = with_query("/people/", query)
        assert BeautifulSoup(f'<a href="{escape(found)}">', "html.parser").a["href"] == f"/people/?{query}"
        assert "&amp;" not in escape(found)
    for query in ("a=1&not_before=2", "a=1&copy=2", "a=1&lt=2", "a=1&amp=2", 'a="&b=<', "a=1&#38"):
        found = with_query("/people/", query)
        assert BeautifulSoup(f'<a href="{escape(found)}">', "html.parser").a["href"] == f"/people/?{query}"
        assert "&amp;" in escape(found)


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
