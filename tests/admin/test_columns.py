"""The columns of a list: what may be asked for, what is remembered of whom, and what it costs."""

from typing import Any

import pytest
from flask import Flask

from tests.admin.samples import Part
from tests.conftest import add_user, counted, signed_in
from tests.pages import Form, Page, Visitor
from webapp.admin.listing.remembered import ListSettings
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import User


def heads(page: Page) -> list[str]:
    return [tag.get_text(strip=True) for tag in page.soup.select("thead th")]


def links(page: Page) -> list[str]:
    """The columns of the first row that lead to the object."""
    cells = page.soup.select("tbody tr:first-child > :not(:has([name=selected]))")
    return [head for head, cell in zip(heads(page), cells, strict=True) if cell.select_one("a")]


def chooser(page: Page) -> Form:
    """The chooser of the list on *page*."""
    found = page.follow("Columns and rows")
    return Form(found, found.soup.select_one(".display-form form"))  # type: ignore[arg-type]


def choose(page: Page, button: str = "_apply", **values: Any) -> Page:
    """Send the chooser with *values*, and come back to the list."""
    form = chooser(page)
    form.fields |= values
    sent = form.submit(button)
    assert sent.status == 303, sent.text
    return page.visitor.get(sent.location)


def settings(app: Flask) -> list[tuple[str, str, str, int | None]]:
    with app.app_context():
        rows = db.session.query(ListSettings).order_by(ListSettings.person_key).all()
        return [(row.person_key, row.model, row.columns, row.size) for row in rows]


# The address


def test_the_address_says_which_columns_and_in_which_order(as_alice: Visitor) -> None:
    page = as_alice.get("/users/?columns=email,id,username")
    assert heads(page) == ["E-mail", "Number", "Username"]
    assert page.rows()[0][::2] == ["alice@example.org", "alice"]
    # The head that leads to the object by default is not among them in a list without it.
    assert links(page) == ["E-mail"]


def test_the_columns_that_are_declared_to_lead_to_the_object_do_so_wherever_they_stand(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        monkeypatch.setattr(current_site().admin("users"), "list_display_links", ("username", "id"))
    assert links(as_alice.get("/users/?columns=email,id,username")) == ["Number", "Username"]
    assert links(as_alice.get("/users/?columns=email,full_name")) == ["E-mail"]
    with app.app_context():
        monkeypatch.setattr(current_site().admin("users"), "list_display_links", None)
    assert links(as_alice.get("/users/?columns=email,id,username")) == []


def test_links_within_a_list_keep_its_columns(as_alice: Visitor) -> None:
    page = as_alice.get("/users/?columns=email,id&size=25")
    addresses = [str(tag["href"]) for tag in page.soup.select("thead a, .pager a")]
    assert addresses
    assert all("columns=email%2Cid" in address for address in addresses)


def test_a_list_sorts_by_a_column_that_is_not_shown(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "zoe", email="a@example.org")
    assert as_alice.get("/users/?columns=username&sort=email").column() == ["zoe", "alice"]


def test_only_the_columns_that_are_shown_are_read(app: Flask, as_alice: Visitor) -> None:
    with counted(app) as statements:
        as_alice.get("/users/?columns=email")
    rows = next(one for one in statements if "AS email" in one and "LIMIT" in one.upper())
    assert "full_name" not in rows.partition("ORDER BY")[0]
    with counted(app) as statements:
        as_alice.get("/users/?columns=email,full_name")
    assert any("AS full_name" in one for one in statements)


def test_objects_are_loaded_only_where_a_computed_column_is_shown(
    sample_app: Flask, as_sample_alice: Visitor
) -> None:
    with sample_app.app_context():
        db.session.add_all(Part(name=f"p{number}", kind="k") for number in range(3))
        db.session.commit()
    with counted(sample_app) as statements:
        page = as_sample_alice.get("/computed/?columns=kind,name")
    assert (heads(page), len(statements)) == (["Kind", "Name"], 2)
    assert not any("JOIN (SELECT" in one and "sample_parts" in one for one in statements)
    assert as_sample_alice.get("/computed/?columns=shout").column() == ["P2", "P1", "P0"]


# What is remembered


def test_what_the_chooser_was_sent_with_is_remembered_for_the_person_and_the_list(
    app: Flask, alice: User, as_alice: Visitor, as_bob: Visitor
) -> None:
    page = choose(as_alice.get("/users/?q=a&columns=id"), columns=["email", "username"], size="25")
    assert page.address == "/users/?q=a"
    assert heads(page) == heads(as_alice.get("/users/")) == ["E-mail", "Username"]
    assert [tag.get_text() for tag in page.soup.select(".pager-sizes [aria-current]")] == ["25"]
    assert settings(app) == [(str(alice.id), "users", "email,username", 25)]
    # Another list and another person are as before.
    assert heads(as_alice.get("/groups/?q=nothing")) == []
    assert heads(as_bob.get("/users/"))[:3] == ["Username", "E-mail", "Full name"]
    # The address wins.
    page = as_alice.get("/users/?columns=id&size=50")
    assert heads(page) == ["Number"]
    assert [tag.get_text() for tag in page.soup.select(".pager-sizes [aria-current]")] == ["50"]


def test_what_is_chosen_later_takes_the_place_of_what_was_before(app: Flask, as_alice: Visitor) -> None:
    choose(as_alice.get("/users/"), columns=["email"])
    page = choose(
        as_alice.get("/users/"), columns=["username", "id"], **{"place.id": "1", "place.username": "2"}
    )
    assert heads(page) == ["Number", "Username"]
    assert [row[2:] for row in settings(app)] == [("id,username", None)]


def test_as_at_first_forgets_what_was_chosen(app: Flask, as_alice: Visitor) -> None:
    first = heads(as_alice.get("/users/"))
    page = choose(as_alice.get("/users/"), columns=["email"], size="25")
    page = choose(page, "_reset")
    assert heads(page) == first
    assert [row[2:] for row in settings(app)] == [("", None)]


def test_what_is_as_declared_is_not_kept_so_that_a_later_declaration_shows(
    app: Flask, as_alice: Visitor
) -> None:
    page = as_alice.get("/users/?columns=email")
    names = ["username", "email", "full_name", "status", "groups", "last_login_at"]
    places = {f"place.{name}": str(place) for place, name in enumerate(names, 1)}
    choose(page, columns=names, **places)
    assert [row[2:] for row in settings(app)] == [("", None)]


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({"is_active": "1"}, ["is_active", "username", "email", "full_name"]),
        ({"username": "3"}, ["email", "full_name", "username", "is_active"]),
        ({"email": "4"}, ["username", "full_name", "is_active", "email"]),
        ({"email": ""}, ["username", "full_name", "is_active", "email"]),
        ({"email": " 0 "}, ["email", "username", "full_name", "is_active"]),
    ],
)
def test_a_number_moves_a_column_to_its_place(
    app: Flask, as_alice: Visitor, places: dict[str, str], expected: list[str]
) -> None:
    page = as_alice.get("/users/?columns=username,email,full_name,is_active")
    choose(page, **{f"place.{name}": place for name, place in places.items()})
    assert settings(app)[0][2].split(",") == expected


def test_a_column_that_is_new_comes_last_or_to_the_place_it_is_given(app: Flask, as_alice: Visitor) -> None:
    page = as_alice.get("/users/?columns=username,email")
    choose(page, columns=["id", "username", "email"])
    assert settings(app)[0][2] == "username,email,id"
    choose(page, columns=["id", "username", "email"], **{"place.id": "2"})
    assert settings(app)[0][2] == "username,id,email"


def test_a_list_without_a_column_is_not_chosen(app: Flask, as_alice: Visitor) -> None:
    form = chooser(as_alice.get("/users/?q=a"))
    del form.fields["columns"]
    page = form.submit("_apply", follow=True)
    assert page.address == "/users/?q=a"
    assert page.messages == "Choose at least one column."
    assert settings(app) == []


@pytest.mark.parametrize(
    ("sent", "part"),
    [
        ({"columns": ["password"]}, "columns"),
        ({"columns": ["email", "email"]}, "columns"),
        ({"columns": ["email,username,grants"]}, "columns"),
        ({"columns": ["email"], "size": "7"}, "size"),
        ({"columns": ["email"], "place.email": "-1"}, "place.email"),
        ({"columns": ["email"], "place.email": "1e9"}, "place.email"),
        ({"columns": ["email"], "place.email": "٣"}, "place.email"),
        ({"columns": ["email"], "place.email": "9" * 5000}, "place.email"),
    ],
)
def test_what_the_chooser_does_not_offer_is_refused_by_name(
    app: Flask, as_alice: Visitor, sent: dict[str, Any], part: str
) -> None:
    form = chooser(as_alice.get("/users/"))
    page = as_alice.post(form.action, {"csrf_token": form.fields["csrf_token"], **sent})
    assert page.status == 400
    assert f"“{part}”" in page.text
    assert settings(app) == []


def test_a_broken_address_is_refused_and_nothing_is_remembered(app: Flask, as_alice: Visitor) -> None:
    form = chooser(as_alice.get("/users/"))
    assert as_alice.post("/users/display/?sort=password", form.fields).status == 400
    assert settings(app) == []
    assert (
        as_alice.post("/users/display/?sort=email", form.fields).location == "/users/?sort=email#display-way"
    )


def test_a_remembered_column_that_is_not_declared_any_more_is_left_out(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    choose(as_alice.get("/users/"), columns=["id", "email"], size="25")
    with app.app_context():
        admin = current_site().admin("users")
    monkeypatch.setattr(admin, "list_columns", ())
    assert heads(as_alice.get("/users/")) == ["E-mail"]
    monkeypatch.setattr(admin, "list_display", ("username",))
    assert heads(as_alice.get("/users/")) == ["Username"]


def test_who_may_not_see_the_list_any_more_chooses_nothing(app: Flask, as_bob: Visitor, bob: User) -> None:
    form = chooser(as_bob.get("/users/"))
    assert form.submit("_apply").status == 303
    before = settings(app)
    with app.app_context():
        found = db.session.get(User, bob.id)
        assert found is not None
        found.grants = []
        db.session.commit()
    assert form.submit("_reset").status == 403
    assert settings(app) == before


def test_a_stranger_chooses_nothing(app: Flask, stranger: Visitor) -> None:
    page = stranger.post("/users/display/", {"_reset": "1"})
    assert page.status in (303, 400)
    assert settings(app) == []


def test_a_choice_costs_one_statement_and_none_where_there_is_none(app: Flask, as_alice: Visitor) -> None:
    def cost() -> int:
        with counted(app) as statements:
            as_alice.get("/users/?q=a")
        return len(statements)

    cost()  # The first search of a process looks whether there is an index.
    before = cost()
    choose(as_alice.get("/users/"), columns=["email", "groups", "username"], size="25")
    assert cost() == before + 1


def test_each_list_has_columns_of_its_own(sample_app: Flask, as_sample_alice: Visitor) -> None:
    with sample_app.app_context():
        db.session.add(Part(name="p", kind="k"))
        db.session.commit()
    choose(as_sample_alice.get("/parts/"), columns=["kind"])
    assert heads(as_sample_alice.get("/parts/")) == ["Kind"]
    assert heads(as_sample_alice.get("/computed/"))[0] == "Name"
    assert signed_in(sample_app, add_user(sample_app, "mia", is_superuser=True)).get("/parts/").column() == [
        "p"
    ]
