"""Types, forms and rules as developers write them: what SQLAlchemy's own recipes make of a column, a form class with
fields of its own, and a table with a CHECK."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import webapp.account
import webapp.users
from tests.admin.own import Level, OwnApp, OwnBase, Owner, Stamped, Thing
from tests.admin.test_list_editable import send
from tests.conftest import add_user, make_settings, signed_in
from tests.pages import Visitor
from webapp import create_app
from webapp.admin.history import LogEntry
from webapp.extensions import db

MOMENT = datetime(2026, 3, 4, 5, 6, 7, 123456, UTC)


@pytest.fixture(scope="session")
def own_engine_app(engine_app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, OwnApp))  # type: ignore[arg-type]
    with made.app_context():
        OwnBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def own_app(app: Flask, own_engine_app: Flask) -> Iterator[Flask]:
    yield own_engine_app
    with own_engine_app.app_context(), db.engine.begin() as connection:
        for table in reversed(OwnBase.metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def visitor(own_app: Flask) -> Visitor:
    return signed_in(own_app, add_user(own_app, "alice", is_superuser=True))


def keep(app: Flask, **values: Any) -> int:
    with app.app_context():
        thing = Thing(**{"name": "spade", **values})
        db.session.add(thing)
        db.session.commit()
        return thing.id


def things(app: Flask) -> list[Thing]:
    with app.app_context():
        return list(db.session.scalars(select(Thing).order_by(Thing.id)))


def full(number: int = 1) -> dict[str, Any]:
    return {
        "level": Level.HIGH,
        "facts": {"a": number},
        "at": MOMENT.replace(microsecond=0),
        "price": Decimal("12.30"),
        "works": True,
    }


# Types


def test_what_a_type_makes_of_a_value_is_shown_and_stays_when_it_is_saved_untouched(
    own_app: Flask, visitor: Visitor
) -> None:
    key = keep(own_app, **full())
    [row] = visitor.get("/things/").rows()
    assert row[1:6] == ["HIGH", '{"a": 1}', row[3], "12.3", "true"]
    page = visitor.get(f"/things/{key}/change/")
    assert {"level", "facts", "price", "works"}.isdisjoint(page.form().fields), "shown only"
    assert page.form().submit().status == 303
    [thing] = things(own_app)
    assert {name: getattr(thing, name) for name in full()} == full()
    with own_app.app_context():
        assert db.session.scalars(select(LogEntry).where(LogEntry.name == "things")).all() == []


def test_a_moment_is_typed_where_the_model_says_that_it_is_one(own_app: Flask, visitor: Visitor) -> None:
    key = keep(own_app)
    assert visitor.get(f"/things/{key}/change/").form().fill(at="2026-03-04T05:06").submit().status == 303
    assert things(own_app)[0].at == MOMENT.replace(second=0, microsecond=0)


def test_pages_reach_every_row_whatever_the_types(own_app: Flask, visitor: Visitor) -> None:
    for number in range(30):
        keep(own_app, **full(number), name=f"spade {number:02}")
    for sort in ("name", "-at"):
        page, seen = visitor.get(f"/things/?sort={sort}&size=25"), []
        while True:
            seen += page.column()
            if page.soup.select_one('a[rel="next"]') is None:
                break
            page = visitor.get(str(page.soup.select_one('a[rel="next"]')["href"]))  # type: ignore[index]
        assert sorted(seen) == [f"spade {number:02}" for number in range(30)], sort
    for sort in ("level", "facts", "price", "works"):
        assert visitor.get(f"/things/?sort={sort}").status == 400, "nobody knows its order"


# Forms


def test_a_form_class_may_take_a_file_and_name_a_field_like_a_relation(
    own_app: Flask, visitor: Visitor
) -> None:
    page = visitor.get("/sheets/add/")
    assert page.form().tag["enctype"] == "multipart/form-data"
    token = page.form().fields["csrf_token"]
    sheet = (BytesIO(b"data"), "sheet.csv")
    sent = {"csrf_token": token, "name": "rake", "owner": "Ana", "sheet": sheet}
    response = visitor.client.post("/sheets/add/", data=sent, content_type="multipart/form-data")
    assert response.status_code == 303, response.text
    with own_app.app_context():
        thing = db.session.scalars(select(Thing)).one()
        assert (thing.photo, thing.owner.name if thing.owner else None) == (b"data", "Ana")


def test_a_key_that_is_named_instead_of_its_relation_is_shown_and_never_typed(own_app: Flask) -> None:
    """Typed, it would lead to rows that do not exist for this person."""
    with own_app.app_context():
        owner = Owner(name="hidden")
        db.session.add(owner)
        db.session.commit()
        number = owner.id
    bob = signed_in(own_app, add_user(own_app, "bob", grants=("keyed.add", "keyed.view")))
    form = bob.get("/keyed/add/").form()
    assert "owner_id" not in form.fields
    assert form.fill(name="rake").submit("_save", owner_id=str(number), owner=str(number)).status == 303
    assert things(own_app)[0].owner_id is None


def test_a_copy_holds_all_that_its_form_shows(own_app: Flask, visitor: Visitor) -> None:
    key = keep(own_app, **full(), photo=b"\x89PNG")
    form = visitor.get(f"/things/{key}/change/").form()
    assert form.fill(name="copy").submit("_saveasnew").status == 303
    original, copy = things(own_app)
    for name in (*full(), "photo"):
        assert getattr(copy, name) == getattr(original, name), name
    assert (original.name, copy.name) == ("spade", "copy")


def test_a_copy_that_was_refused_is_still_a_copy(own_app: Flask, visitor: Visitor) -> None:
    key = keep(own_app, **full(), photo=b"\x89PNG")
    page = visitor.get(f"/things/{key}/change/").form().fill(name="").submit("_saveasnew")
    assert page.status == 422
    assert [str(tag["name"]) for tag in page.form().tag.select(".savebar button[name]")] == ["_saveasnew"]
    assert page.form().fill(name="copy").submit("_saveasnew").status == 303
    original, copy = things(own_app)
    assert (original.name, copy.name, copy.photo, copy.facts) == ("spade", "copy", b"\x89PNG", {"a": 1})


# What the table refuses


def test_a_check_of_the_table_is_told_on_the_form(own_app: Flask, visitor: Visitor) -> None:
    page = visitor.get("/things/add/").form().fill(name="forbidden").submit()
    assert page.status == 422
    assert "A rule of the table does not allow this value of “Name”." in page.errors[0]
    assert things(own_app) == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("forbid", "A rule of the table does not allow this value of “Name”."),
        ("lengthen", "keeps at most 10 characters"),
    ],
)
def test_what_an_action_may_not_keep_is_told_and_the_row_stays(
    own_app: Flask, visitor: Visitor, name: str, said: str
) -> None:
    key = keep(own_app)
    token = visitor.get("/things/").form("/things/action/").fields["csrf_token"]
    page = visitor.post("/things/action/", {"csrf_token": token, "action": name, "selected": str(key)})
    assert page.status == 422
    assert said in page.soup.get_text()
    assert things(own_app)[0].name == "spade"


def test_a_version_that_is_a_moment_keeps_two_people_apart_in_the_list_too(
    own_app: Flask, visitor: Visitor
) -> None:
    with own_app.app_context():
        db.session.add(Stamped(name="desk", place=1))
        db.session.commit()
    page, late = visitor.get("/stamped/"), visitor.get("/stamped/")
    (key,) = [str(tag["name"]) for tag in page.soup.select("[name$=':place']")]
    assert send(page, **{key: "2"}).status == 303
    answer = send(late, **{key: "3"})
    assert (answer.status, "There now: 2" in " ".join(answer.soup.get_text().split())) == (409, True)
    assert send(answer).status == 303
    with own_app.app_context():
        assert db.session.scalars(select(Stamped.place)).one() == 3
