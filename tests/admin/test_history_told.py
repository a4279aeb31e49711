"""How an entry is told: through what and from where, what differs, and only what the reader may see."""

from typing import Any

import pytest
from bs4 import Tag
from flask import Flask

from tests.admin.samples import Part
from tests.admin.yard import Crate, Peg, do
from tests.conftest import add_user, signed_in
from tests.pages import Page, Visitor
from webapp.admin.history import Change, record, through
from webapp.admin.mapping import describe
from webapp.admin.wordwise import MAX_RUN, compared
from webapp.extensions import db
from webapp.users.models import User


def note(app: Flask, *changes: Change, key: Any = 1, name: str = "users", **values: Any) -> None:
    with app.app_context():
        record(db.session(), verb="change", name=name, key=str(key), label="it", changes=changes, **values)
        db.session.commit()


def told(page: Page) -> dict[str, str]:
    """What changed, by label, as a screen reader says it."""
    found = {}
    for part in page.soup.select("dl.changes > div"):
        label, value = part.select_one("dt"), part.select_one("dd")
        assert label is not None
        assert value is not None
        found[label.get_text()] = " ".join(value.get_text().split())
    return found


def around(page: Page) -> list[str]:
    """What stands below each line, after when it was."""
    return [
        " · ".join(part.strip() for part in tag.get_text().split("·")[1:])
        for tag in page.soup.select(".timeline-meta")
    ]


# Through what, and from where


def test_it_is_told_through_what_something_was_done(yard: Flask, as_yard_alice: Visitor) -> None:
    as_yard_alice.get("/crates/1/change/").form().fill(name="first").submit()
    do(as_yard_alice, "open_up", 1)
    with yard.app_context(), through("undo"):
        record(db.session(), verb="change", name="crates", key="1", label="c1")
        db.session.commit()
    assert around(as_yard_alice.get("/crates/1/history/")) == [
        "on the command line",
        "by an action · 127.0.0.1",
        "in the form · 127.0.0.1",
    ]


def test_the_moment_is_told_exactly_in_the_reader_s_zone(app: Flask, bob: User) -> None:
    note(app, key=bob.id)
    zoned = add_user(app, "zoe", is_superuser=True, timezone="Asia/Kathmandu")
    moment = signed_in(app, zoned).get(f"/users/{bob.id}/history/").soup.select_one("time[datetime][title]")
    assert isinstance(moment, Tag)
    assert str(moment["datetime"]).endswith("+05:45")
    assert "+0545" in str(moment["title"])


def test_an_address_is_told_to_oneself_and_to_who_may_read_the_whole_history(
    app: Flask, as_alice: Visitor, bob: User, as_bob: Visitor
) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}):
        record(db.session(), verb="change", name="users", key=str(bob.id), label="bob", actor=bob)
        record(db.session(), verb="change", name="users", key=str(bob.id), label="bob")
        db.session.commit()
    address = f"/users/{bob.id}/history/"
    assert around(as_alice.get(address)) == ["203.0.113.9", "203.0.113.9"]
    assert around(as_bob.get(address)) == ["", "203.0.113.9"]


# What differs


def test_what_is_gone_and_what_came_are_told_by_words_too(app: Flask, as_alice: Visitor, bob: User) -> None:
    note(app, Change("full_name", "text", "Bob", "Robert"), Change("email", "text", None, "b@x"), key=bob.id)
    page = as_alice.get(f"/users/{bob.id}/history/")
    assert told(page) == {"Full name": "was Bob is now Robert", "E-mail": "is now b@x"}
    assert [tag.name for tag in page.soup.select(".changes del, .changes ins")] == ["del", "ins", "ins"]


def test_a_long_text_is_compared_word_by_word(app: Flask, as_alice: Visitor, bob: User) -> None:
    old = "Call before ten, and never on a Monday or on a Tuesday: <b>he</b> does not hear it."
    note(app, Change("full_name", "text", old, old.replace("Monday", "Friday")), key=bob.id)
    page = as_alice.get(f"/users/{bob.id}/history/")
    assert "never on a taken out: Mondayput in: Friday or on" in told(page)["Full name"]
    assert "<b>he</b>" in told(page)["Full name"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("a b c", "a x c", [("same", "a "), ("was", "b"), ("now", "x"), ("same", " c")]),
        ("a b", "a b", [("same", "a b")]),
        ("a b c", "x y z", [("was", "a b c"), ("now", "x y z")]),
        ("one\ntwo", "one\n\ntwo", [("same", "one"), ("was", "\n"), ("now", "\n\n"), ("same", "two")]),
        ("é 🙂", "é 🙁", [("same", "é "), ("was", "🙂"), ("now", "🙁")]),
    ],
)
def test_words_are_compared(old: str, new: str, expected: list[tuple[str, str]]) -> None:
    assert compared(old, new) == expected


def test_comparing_has_an_end_whatever_the_texts_are() -> None:
    same = "word " * 2_000
    assert [run.kind for run in compared(f"{same}a{same}", f"{same}b{same}")] == [
        "same",
        "was",
        "now",
        "same",
    ]
    for old, new in ((f"{same}a", f"b{same}"), ("a" * 9_999, "b" * 9_999), ("-a" * 99, "a-" * 99)):
        assert sum(len(run.text) for run in compared(old, new)) < 4 * MAX_RUN


def test_choices_are_told_by_their_labels(sample_app: Flask) -> None:
    alice = add_user(sample_app, "alice", is_superuser=True)
    with sample_app.app_context():
        part = Part(name="x", count=1)
        db.session.add(part)
        db.session.commit()
        key = part.id
    note(sample_app, Change("colour", "text", "RED", "BLUE"), key=key, name="parts")
    page = signed_in(sample_app, alice).get(f"/parts/{key}/history/")
    assert told(page)["Colour"] == "was Red is now Blue"


def test_a_relation_is_a_link_where_the_reader_may_see_what_it_leads_to(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    moved = Change("yard", "relation", ("1", "north"), ("99", "gone"))
    note(yard, moved, Change("marks", "relations", [], [("1", "fragile")]), key=1, name="crates")
    page = as_yard_alice.get("/crates/1/history/")
    assert told(page)["Yard"] == "was north is now gone"
    assert told(page)["Marks"] == "added: fragile"
    assert [tag["href"] for tag in page.soup.select(".changes a")] == ["/yards/1/change/", "/marks/1/change/"]
    dora = add_user(yard, "dora", grants=("crates.view",))
    page = signed_in(yard, dora).get("/crates/1/history/")
    assert told(page)["Yard"] == "was north is now gone"
    assert not page.soup.select(".changes a")


# Only what the reader may see


def test_a_field_that_the_admin_shows_nowhere_is_not_told(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    note(
        yard,
        Change("name", "text", "a", "b"),
        Change("is_open", "boolean", True, False),
        key=1,
        name="crates",
    )
    assert set(told(as_yard_alice.get("/crates/1/history/"))) == {"Name", "Is open"}
    with yard.app_context():
        admin = yard.extensions["admin"].admin_of(Crate)
    for word, value in (("fields", ("name",)), ("list_display", ("name",)), ("list_columns", ())):
        monkeypatch.setattr(admin, word, value)
    page = as_yard_alice.get("/crates/1/history/")
    assert set(told(page)) == {"Name"}
    assert as_yard_alice.get("/crates/1/history/?field=is_open").status == 400
    monkeypatch.setattr(admin, "history_fields", ("is_open",))
    assert set(told(as_yard_alice.get("/crates/1/history/"))) == {"Name", "Is open"}


# As Django's tests pin it (reference: behaviours 58, 64 and 65)


def test_history_asks_the_admins_own_query_and_permission(yard: Flask) -> None:
    """Django 64."""
    note(yard, Change("note", "text", "", "in the north"), key=1, name="crates")
    note(yard, Change("note", "text", "", "in the south"), key=9, name="crates")
    helper = signed_in(yard, add_user(yard, "helper", grants=("crates.view",)))
    assert "in the north" in helper.get("/crates/1/history/").text
    assert helper.get("/crates/9/history/").status == 404
    assert helper.get("/yards/1/history/").status == 403


def test_the_history_of_what_is_gone_is_the_way_back_and_of_nothing_leads_to_the_list(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    """Django 64: of an object that is gone the entries stay; of one that never was the page says so and leads on."""
    assert as_yard_alice.get("/crates/5/delete/").form().submit("_delete").status == 303
    page = as_yard_alice.get("/crates/5/history/")
    assert page.status == 200
    assert page.link("Restore this object") is not None
    nothing = as_yard_alice.get("/crates/555/history/")
    assert nothing.status == 404
    assert nothing.soup.select_one("a[href='/crates/']") is not None


@pytest.mark.parametrize("row", ["a/b", "add", "history", "_2F", "x,y", "é 🙂", '"', "."])
def test_a_key_of_any_characters_has_its_history(yard: Flask, as_yard_alice: Visitor, row: str) -> None:
    """Django 58."""
    with yard.app_context():
        peg = Peg(row=row, place=1)
        db.session.add(peg)
        db.session.commit()
        key = describe(Peg).key_of(peg)
    assert as_yard_alice.get(f"/pegs/{key}/change/").form().fill(is_used=True).submit().status == 303
    assert told(as_yard_alice.get(f"/pegs/{key}/history/")) == {"Is used": "was No is now Yes"}


def test_what_was_done_is_told_in_the_readers_language(app: Flask, as_alice: Visitor, bob: User) -> None:
    """Django 65: kept as words and typed values, told in each reader's own."""
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    assert form.fill(is_active=False).submit().status == 303
    joana = add_user(app, "joana", is_superuser=True, locale="pt_BR")
    page = signed_in(app, joana).get(f"/users/{bob.id}/history/")
    assert told(page) == {"Ativo": "era Sim agora é Não"}
    assert around(page) == ["no formulário · 127.0.0.1"]
