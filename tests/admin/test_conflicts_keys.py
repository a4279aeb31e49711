"""A form is of one record, and not of the next one that has its key."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.backwards import change, delete, found
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Book
from tests.library.people import Member
from tests.pages import Form, Visitor
from webapp import database
from webapp.extensions import db


@pytest.fixture(autouse=True)
def _versions_as_outside_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "FIRST_VERSIONS", 10**6)


def member(number: int, name: str) -> Member:
    return Member(id=number, first_name=name, last_name="Silva", email=f"{number}@example.org")


@pytest.fixture
def dora(library_app: Flask) -> Visitor:
    return signed_in(library_app, add_user(library_app, "dora", is_superuser=True))


@pytest.fixture
def replaced(library_app: Flask, as_library_alice: Visitor, dora: Visitor) -> tuple[Form, Form]:
    """What Alice has open of a member, to change and to delete it, when Dora puts another in its place."""
    world.keep(library_app, member(7, "Ana"))
    pages = [as_library_alice.get(f"/members/7/{what}/").form() for what in ("change", "delete")]
    delete(dora, "members", 7)
    world.keep(library_app, member(7, "Ben"))
    return pages[0], pages[1]


def test_a_form_of_a_record_that_is_gone_changes_none_that_got_its_key(
    library_app: Flask, replaced: tuple[Form, Form]
) -> None:
    form, deletion = replaced
    assert form.fill(first_name="Ana Maria").submit().status == 409
    assert deletion.submit("_delete").status == 409
    assert found(library_app, Member, 7).first_name == "Ben"


def test_a_form_of_before_it_was_deleted_and_restored_overwrites_nothing(
    library_app: Flask, as_library_alice: Visitor, dora: Visitor, book: Book
) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    change(dora, "books", book.id, title="By Dora")
    undo = delete(dora, "books", book.id)
    page = dora.get(dora.get(undo.location).undo().location)
    assert page.form().submit("_restore").status == 303
    assert form.fill(pages="77").submit().status == 409
    assert found(library_app, Book, book.id).title == "By Dora"


def test_records_count_their_changes_from_somewhere(library_app: Flask) -> None:
    world.keep(library_app, *(member(number, f"Ana {number}") for number in range(1, 21)))
    with library_app.app_context():
        versions = set(db.session.scalars(select(Member.version)))
        assert len(versions) > 10
        assert all(1 <= version <= 10**6 for version in versions)
        ana = db.session.get_one(Member, 1)
        before = ana.version
        ana.first_name = "Ben"
        db.session.commit()
        assert ana.version == before + 1
