"""What people typed comes out of a list as text, and what they chose stays chosen."""

from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup

from tests.admin.samples import Part
from tests.conftest import signed_in
from tests.pages import Visitor
from webapp.admin.display import formatter, shown_column
from webapp.admin.listing.drawing import cells_of
from webapp.admin.site import current_site
from webapp.admin.values import TURNING
from webapp.extensions import db
from webapp.users.models import User

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "&lt;b&gt;",
    "{{ 7*7 }} {% x %}",
    "\u202eeman desrever\u202c",
    "\u2066open isolate",
    "ω" * 150,
    "wordwithoutblanks" * 8,
    "a\u0300\u0301" * 40,
    "javascript:alert(1)",
    "</title></main>",
]


def test_whatever_a_name_holds_it_comes_out_as_text(app: Flask, as_alice: Visitor) -> None:
    with app.app_context():
        db.session.add_all(
            User(username=f"user{number:02}", email=f"{number}@x", password="!", full_name=text[:150])
            for number, text in enumerate(HOSTILE)
        )
        db.session.commit()
    page = as_alice.get("/users/?q=user&sort=username")
    assert page.soup.select("main script, main img, main b") == []
    assert "49" not in page.soup.select("table")[0].get_text()
    for row, text in zip(page.soup.select(".table tbody tr"), HOSTILE, strict=True):
        cell = row.select("td")[2]
        kept = text[:150]
        shown = cell.get_text()
        assert shown == kept or (len(kept) > 120 and shown == f"{kept[:120]}…")
        # What may be written from right to left stays inside its cell.
        assert not TURNING.search(kept) or cell.select_one("bdi") is not None


@pytest.mark.parametrize("text", HOSTILE)
def test_whatever_is_searched_for_comes_out_as_text(as_alice: Visitor, text: str) -> None:
    page = as_alice.get("/users/", query_string={"q": text, "username__contains": text})
    assert page.status == 200
    box = page.soup.select_one("input[name=q]")
    assert box is not None
    assert box["value"] == text
    assert page.soup.select("main script, main img, main b") == []
    assert page.soup.select_one(".chip bdi").get_text() == text  # type: ignore[union-attr]
    page = as_alice.get("/users/", query_string={text: "1", "sort": text})
    assert page.status == 400
    assert page.soup.select("main script, main img, main b") == []


def test_a_name_of_blanks_is_shown_as_empty_and_still_a_link(sample_app: Flask, alice: User) -> None:
    with sample_app.app_context():
        db.session.add_all([Part(name="  "), Part(name="")])
        db.session.commit()
    page = signed_in(sample_app, alice).get("/parts/")
    assert [tag.get_text() for tag in page.soup.select("tbody th a")] == ["–", "–"]


# The filter panel


def test_the_panel_and_the_box_keep_what_the_other_says(app: Flask, as_alice: Visitor) -> None:
    page = as_alice.get("/users/?q=ali&sort=-email&is_active=true&size=25&created_at__gte=2020-01-01")
    search, panel = page.soup.select("form.search, .filters form")

    def sent(form: Any) -> dict[str, str]:
        fields = {str(tag["name"]): str(tag.get("value", "")) for tag in form.select("input[name]")}
        for select in form.select("select"):
            chosen = select.select_one("option[selected]")
            fields[str(select["name"])] = str(chosen["value"]) if chosen else ""
        return {name: value for name, value in fields.items() if value}

    everything = {
        "q": "ali",
        "sort": "-email",
        "is_active": "true",
        "size": "25",
        "created_at__gte": "2020-01-01",
    }
    assert sent(search) == everything
    assert sent(panel) == everything
    assert page.link("Clear all") == "/users/?q=ali&sort=-email&size=25"


def test_what_a_control_cannot_show_is_kept_as_it_is(as_alice: Visitor) -> None:
    page = as_alice.get("/users/?is_active=true&is_active=false&created_at__gte=2020-01-01T10:00")
    panel = page.soup.select_one(".filters form")
    assert panel is not None
    assert [tag["value"] for tag in panel.select("input[type=hidden][name=is_active]")] == ["true", "false"]
    assert panel.select("select[name=is_active]") == []
    moment = panel.select_one("input[name=created_at__gte]")
    assert moment is not None
    assert (moment["type"], moment["value"]) == ("text", "2020-01-01T10:00")


@pytest.mark.parametrize(
    "odd", ["", " \t", "two\nlines", "ü" * 200, "half \ud83d", Markup("<b>ours</b>"), None, 7]
)
def test_cells_that_are_made_at_once_are_those_that_are_made_one_by_one(app: Flask, odd: Any) -> None:
    texts = [*HOSTILE[:6], "Élodie", "Bob & Charlie", odd]
    with app.test_request_context():
        users = current_site().admin("users")
        column = shown_column(users, users.info, "full_name")
        one_by_one = formatter(column)
        assert cells_of([column], [texts], [], ()) == [list(map(one_by_one, texts))]


class Name(str):
    """A text of the developer's own type."""

    __slots__ = ()


def test_whatever_is_a_text_has_initials_and_nothing_has_none(app: Flask) -> None:
    with app.test_request_context():
        users = current_site().admin("users")
        column = shown_column(users, users.info, "full_name")
        names = ["Ana Lopes", Name("Ana Lopes"), " ", None]
        [(plain, own, blank, nothing)] = cells_of([column], [names], [], (), {"full_name"})
    assert plain == own
    assert "data-initials=AL>" in own
    assert blank == nothing
    assert "data-initials" not in nothing
