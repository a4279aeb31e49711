"""What stands around a form: the order of its errors, the facts beside it, the last changes, the ways out."""

import pytest
from flask import Flask
from markupsafe import Markup

from tests.conftest import add_user, came_in, signed_in
from tests.library import world
from tests.library.books import Tag
from tests.library.people import Author, Member
from tests.pages import Visitor
from webapp.admin.timeline import ChangeLine, HistoryLine
from webapp.extensions import db, writing
from webapp.users.models import User


def test_errors_are_told_in_the_order_of_the_page(as_alice: Visitor) -> None:
    page = as_alice.get("/users/add/").form().submit()
    assert [error.partition(":")[0] for error in page.errors] == [
        "Username",
        "E-mail",
        "Password",
        "Password again",
    ]


def test_the_last_changes_are_not_buried_under_sign_ins(app: Flask, as_alice: Visitor, bob: User) -> None:
    as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit()
    for _ in range(6):
        came_in(app, bob)
    recent = as_alice.get(f"/users/{bob.id}/change/").soup.select_one("aside .timeline")
    assert recent is not None
    assert "changed" in recent.get_text()
    assert "signed in" not in recent.get_text()
    assert "signed in" in as_alice.get(f"/users/{bob.id}/history/").text


def test_what_changed_is_told_in_short_with_each_name_once() -> None:
    def short(*labels: str) -> str:
        changes = [ChangeLine(label) for label in labels]
        return HistoryLine(Markup(""), "alice", "changed", "7", "", changes, "pencil").changed

    assert short("Total", "Lines", "Lines") == "Total, Lines"
    assert short("Total", *["Lines"] * 50) == "Total, Lines"
    assert short(*"abcde") == "5 values"


def test_read_only_dates_stand_beside_the_form(as_alice: Visitor, bob: User) -> None:
    page = as_alice.get(f"/users/{bob.id}/change/")
    labels = [tag.get_text(strip=True) for tag in page.soup.select("aside dt")]
    assert labels[:4] == ["Permissions", "Last sign-in", "Created", "Changed"]


def test_the_page_says_what_a_person_may(as_alice: Visitor, alice: User, bob: User, charlie: User) -> None:
    said = {
        user: as_alice.get(f"/users/{user.id}/change/").soup.select_one("aside dd").get_text(strip=True)  # type: ignore[union-attr]
        for user in (alice, bob, charlie)
    }
    assert said == {alice: "everything", bob: "Users: See", charlie: "none"}


def test_cancel_leads_who_may_only_add_to_a_page_that_is_open(app: Flask) -> None:
    page = signed_in(app, add_user(app, "dora", grants=("users.add",))).get("/users/add/")
    assert page.link("Cancel") == "/"
    assert page.soup.select_one("#is_superuser") is None


def test_a_change_outside_a_writing_block_is_refused(app: Flask, bob: User) -> None:
    with app.app_context():
        db.session.get_one(User, bob.id).full_name = "Robert"
        with pytest.raises(RuntimeError, match="without its history"), writing():
            pass


# An address can say what a new row begins with


def test_the_address_of_an_empty_form_can_fill_it(library_app: Flask, as_library_alice: Visitor) -> None:
    author, *tags = made = [Author(name="Person"), Tag(name="a"), Tag(name="b")]
    world.keep(library_app, *made)
    address = f"/books/add/?title=Given&author={author.id}&tags={tags[0].id}&tags={tags[1].id}&pages=x&id=7"
    fields = as_library_alice.get(address).form().fields
    assert (fields["title"], fields["author"], fields["pages"]) == ("Given", str(author.id), "")
    assert fields["tags"] == [str(tag.id) for tag in tags]


def test_a_member_is_looked_up_by_what_it_is_called(library_app: Flask, as_library_alice: Visitor) -> None:
    member: Member = world.sample_row(Member)
    world.keep(library_app, member)
    page = as_library_alice.get(f"/cards/add/?member={member.id}")
    assert "Ana 001 Silva 001" in page.text
