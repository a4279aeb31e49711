"""The history of an object, narrowed to one field or one person."""

import pytest
from flask import Flask

from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor
from webapp.admin.history import Change, InlineChange, record
from webapp.extensions import db
from webapp.users.models import User


@pytest.fixture
def entries(app: Flask, alice: User, bob: User) -> list[str]:
    """What alice, bob and the command line did to bob, the last one first."""
    name = [Change("full_name", "text", "a", "b"), Change("is_active", "boolean", True, False)]
    document = [Change("email", "json", None, {"field": "full_name", "kind": "text"})]
    child = [Change("gigs", "inline", None, InlineChange("change", "gigs", "1", "x", tuple(name)))]
    done = [("one", alice, name), ("two", bob, name[1:]), ("three", None, document), ("four", alice, child)]
    with app.app_context():
        for label, actor, changes in done:
            record(
                db.session(),
                verb="change",
                name="users",
                key=str(bob.id),
                label=label,
                actor=actor,
                changes=changes,
            )
            db.session.flush()
        db.session.commit()
    return [label for label, _actor, _changes in reversed(done)]


def told(page: Page) -> list[str]:
    assert page.status == 200, page.text
    return [tag.get_text(" ", strip=True).split()[-1] for tag in page.soup.select(".timeline-line")]


def test_it_is_narrowed_by_field_and_by_person(
    as_alice: Visitor, alice: User, bob: User, entries: list[str]
) -> None:
    address = f"/users/{bob.id}/history/"
    assert told(as_alice.get(address)) == entries
    assert told(as_alice.get(f"{address}?field=full_name")) == ["one"]
    assert told(as_alice.get(f"{address}?field=is_active")) == ["two", "one"]
    assert told(as_alice.get(f"{address}?person={bob.id}")) == ["two"]
    assert told(as_alice.get(f"{address}?person=none")) == ["three"]
    assert told(as_alice.get(f"{address}?person={alice.id}&field=is_active")) == ["one"]


def test_only_the_field_is_told_that_was_asked_for(as_alice: Visitor, bob: User, entries: list[str]) -> None:
    page = as_alice.get(f"/users/{bob.id}/history/?field=full_name")
    assert [tag.get_text() for tag in page.soup.select(".changes dt")] == ["Full name"]


def test_the_filter_is_a_form_that_needs_no_script(as_alice: Visitor, bob: User, entries: list[str]) -> None:
    page = as_alice.get(f"/users/{bob.id}/history/")
    choices = {
        tag["name"]: [o.get_text() for o in tag.select("option")] for tag in page.soup.select("main select")
    }
    assert choices["person"] == ["Everybody", "alice", "bob", "nobody who had signed in"]
    assert {"All fields", "Full name", "Groups"} <= set(choices["field"])
    assert not {"Password", "Version"} & set(choices["field"])


def test_nothing_found_has_a_way_out(as_alice: Visitor, bob: User, entries: list[str]) -> None:
    page = as_alice.get(f"/users/{bob.id}/history/?field=locale")
    assert "No such changes here" in page.text
    assert page.link("Show all changes") == f"/users/{bob.id}/history/"


@pytest.mark.parametrize(
    "query",
    ["field=x", "field=password", "field=version", "field=%00", "person=x", "person=99999", "person=%00"],
)
def test_what_is_not_there_to_choose_is_400_with_a_way_on(
    as_alice: Visitor, bob: User, entries: list[str], query: str
) -> None:
    page = as_alice.get(f"/users/{bob.id}/history/?{query}")
    assert page.status == 400
    assert page.link("Newest changes") == f"/users/{bob.id}/history/"


def test_a_filtered_history_has_pages(app: Flask, as_alice: Visitor, bob: User) -> None:
    with app.app_context():
        for number in range(120):
            field = "full_name" if number % 2 else "email"
            changes = [Change(field, "text", None, str(number))]
            record(
                db.session(), verb="change", name="users", key=str(bob.id), label=str(number), changes=changes
            )
            db.session.flush()
        db.session.commit()
    with counted(app) as statements:
        page = as_alice.get(f"/users/{bob.id}/history/?field=full_name&person=none")
    assert len(statements) <= 4, statements
    assert told(page)[0] == "119"
    page = page.follow("Next page")
    assert told(page) == [str(number) for number in range(19, 0, -2)]
    assert page.follow("First page").address == f"/users/{bob.id}/history/?field=full_name&person=none"


def test_who_may_not_see_the_object_may_not_narrow_its_history(
    app: Flask, bob: User, entries: list[str]
) -> None:
    dora = add_user(app, "dora")
    assert signed_in(app, dora).get(f"/users/{bob.id}/history/?field=full_name").status == 403
