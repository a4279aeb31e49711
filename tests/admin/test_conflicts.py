"""Two people at one form: field by field what was typed and what is there now, by whom, and a choice of which stays."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.admin.bands import Contract, Player
from tests.admin.behaviours import stored
from tests.admin.choosing import choices, now_in, said, taken
from tests.admin.samples import Part
from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.books import Book
from tests.library.books import Tag as BookTag
from tests.pages import Form, Page, Visitor
from tests.users.groups import add_group, held
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import User


def form_of(visitor: Visitor, book: Book) -> Form:
    return visitor.get(f"/books/{book.id}/change/").form()


def take_now(page: Page, *names: str) -> Form:
    """Choose what is there now in the fields *names*."""
    return page.form().fill(**now_in(page, *names))


@pytest.fixture
def dora(library_app: Flask) -> Visitor:
    return signed_in(library_app, add_user(library_app, "dora", is_superuser=True))


@pytest.fixture
def refused(as_library_alice: Visitor, dora: Visitor, book: Book) -> Page:
    """Alice has changed the title and the pages, Dora the title and the summary, and was first."""
    mine = form_of(as_library_alice, book).fill(title="Mine", pages="7")
    assert form_of(dora, book).fill(title="Theirs", summary="Their words").submit().status == 303
    page = mine.submit()
    assert page.status == 409
    return page


def values(app: Flask, book: Book) -> tuple[str, int, str]:
    now = stored(app, Book, book.id)
    return now.title, now.pages, now.summary


def test_each_field_that_differs_shows_both_versions_and_by_whom(
    library_app: Flask, book: Book, refused: Page
) -> None:
    assert list(choices(refused)) == ["title", "pages", "summary"]
    assert refused.form().fields["title"] == "Mine"
    assert "There now: Theirs Changed by dora" in said(refused, "title")
    assert choices(refused)["title"].select_one("time") is not None
    assert "There now: 401 Nobody else has changed it." in said(refused, "pages")
    assert "There now: Their words Changed by dora" in said(refused, "summary")
    assert values(library_app, book) == ("Theirs", 401, "Their words")


def test_what_one_of_them_alone_has_changed_is_chosen_already(
    library_app: Flask, book: Book, refused: Page
) -> None:
    assert taken(refused) == {"title": "mine", "pages": "mine", "summary": "now"}
    assert refused.form().submit().status == 303
    assert values(library_app, book) == ("Mine", 7, "Their words")


def test_what_is_there_now_can_be_chosen_field_by_field(
    library_app: Flask, book: Book, refused: Page
) -> None:
    assert take_now(refused, "title").submit().status == 303
    assert values(library_app, book) == ("Theirs", 7, "Their words")


def test_all_of_mine_can_be_kept(library_app: Flask, book: Book, refused: Page) -> None:
    assert take_now(refused, "title").submit("_keepmine").status == 303
    assert values(library_app, book) == ("Mine", 7, "First line\nSecond line")


def test_all_of_mine_can_be_discarded_and_the_form_is_fresh(
    library_app: Flask, book: Book, refused: Page
) -> None:
    page = refused.follow("Discard mine")
    assert page.form().fields["title"] == "Theirs"
    assert page.form().fill(pages="8").submit().status == 303
    assert values(library_app, book) == ("Theirs", 8, "Their words")


def test_what_is_typed_after_the_choice_counts(library_app: Flask, book: Book, refused: Page) -> None:
    """Without a script nothing moves the choice to where somebody types."""
    assert refused.form().fill(summary="Both words").submit().status == 303
    assert values(library_app, book)[2] == "Both words"


def test_a_third_edit_in_between_gives_the_page_again_and_loses_nothing(
    library_app: Flask, book: Book, dora: Visitor, refused: Page
) -> None:
    form = take_now(refused, "pages")
    assert form_of(dora, book).fill(title="Third", language="de").submit().status == 303
    page = form.submit()
    assert page.status == 409
    assert page.form().fields["title"] == "Mine"
    assert "There now: Third" in said(page, "title")
    assert taken(page) == {"title": "mine", "pages": "now", "language": "now", "summary": "now"}
    assert page.form().submit().status == 303
    assert values(library_app, book) == ("Mine", 401, "Their words")
    assert stored(library_app, Book, book.id).language == "de"


def test_what_is_wrong_with_a_field_keeps_the_choice(library_app: Flask, book: Book, refused: Page) -> None:
    page = take_now(refused, "title").fill(isbn="x" * 14).submit()
    assert page.status == 422
    assert page.errors[0].startswith("ISBN:")
    assert taken(page) == {"title": "now", "isbn": "mine", "pages": "mine", "summary": "now"}
    assert page.form().fields["title"] == "Mine"
    assert page.form().fill(isbn="978").submit().status == 303
    assert values(library_app, book) == ("Theirs", 7, "Their words")


def test_relations_and_choices_are_told_by_their_texts(
    library_app: Flask, book: Book, as_library_alice: Visitor, dora: Visitor
) -> None:
    rare = world.sample_row(BookTag, 9)
    world.keep(library_app, rare)
    mine = form_of(as_library_alice, book).fill(title="Mine")
    assert form_of(dora, book).fill(stage="2", branch="", tags=[str(rare.id)]).submit().status == 303
    page = mine.submit()
    assert "There now: Lost Changed by dora" in said(page, "stage")
    assert "There now: empty Changed by dora" in said(page, "branch")
    # Of a relation to many a form says what comes and what goes: there is nothing to choose.
    assert "tags" not in taken(page)
    assert page.form().submit().status == 303
    now = stored(library_app, Book, book.id)
    assert (now.title, now.stage, now.branch_id) == ("Mine", 2, None)
    with library_app.app_context():
        assert [tag.id for tag in db.session.get_one(Book, book.id).tags] == [rare.id]


def test_permissions_that_were_given_meanwhile_are_not_taken_back(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    dora = signed_in(app, add_user(app, "dora", is_superuser=True))
    group = add_group(app, "Readers")
    mine = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert")
    theirs = dora.get(f"/users/{bob.id}/change/").form()
    assert (
        theirs.fill(permissions=["", "users.view", "groups.view"], groups=[str(group.id)]).submit().status
        == 303
    )
    page = mine.submit()
    assert page.status == 409
    assert taken(page) == {"full_name": "mine", "permissions": "now"}
    assert "There now: groups.view, users.view" in said(page, "permissions")
    assert page.form().submit().status == 303
    assert held(app, bob) == {"users.view", "groups.view"}
    with app.app_context():
        now = db.session.get_one(User, bob.id)
        assert (now.full_name, [one.id for one in now.groups]) == ("Robert", [group.id])


def test_a_secret_is_told_only_to_have_changed(
    parts: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with parts.app_context():
        monkeypatch.setattr(current_site().admin("parts"), "fields", ("name", "token"))
    form = keeper.get("/parts/3/change/").form().fill(name="Mine", token="mine")
    with parts.app_context():
        db.session.execute(update(Part).where(Part.id == 3).values(name="Theirs", token="theirs"))
        db.session.commit()
    page = form.submit()
    assert page.status == 409
    assert "Theirs" in said(page, "name")
    assert "Foi alterado." in said(page, "token")
    assert "theirs" not in page.text


def test_a_model_without_a_version_is_compared_by_the_values_of_its_form(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    world.keep(band_app, Player(id=5, name="Rita"))
    form = as_band_alice.get("/players/5/change/").form().fill(name="Mine")
    with band_app.app_context():
        db.session.execute(update(Player).values(name="Theirs"))
        db.session.commit()
    page = form.submit()
    assert page.status == 409
    assert "There now: Theirs Changed by somebody else." in said(page, "name")
    assert stored(band_app, Player, 5).name == "Theirs"
    assert page.form().submit().status == 303
    assert stored(band_app, Player, 5).name == "Mine"


def test_one_that_nobody_else_has_changed_is_saved_also_twice(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    world.keep(band_app, Player(id=5, name="Rita"))
    page = as_band_alice.get("/players/5/change/")
    for name in ("Lee", "Rita"):
        page = page.form().fill(name=name).submit("_continue", follow=True)
    assert stored(band_app, Player, 5).name == "Rita"


def test_one_that_was_changed_meanwhile_is_not_deleted(band_app: Flask, as_band_alice: Visitor) -> None:
    world.keep(band_app, Player(id=5, name="Rita"))
    page = as_band_alice.get("/players/5/delete/")
    with band_app.app_context():
        db.session.execute(update(Player).values(name="Theirs"))
        db.session.commit()
    refused = page.form().submit("_delete")
    assert refused.status == 409
    assert stored(band_app, Player, 5).name == "Theirs"
    assert refused.form().submit("_delete").status == 303


def test_both_versions_take_one_statement_more_than_the_form(
    library_app: Flask, book: Book, as_library_alice: Visitor, dora: Visitor
) -> None:
    form = form_of(as_library_alice, book).fill(title="Mine")
    assert form_of(dora, book).fill(title="Theirs").submit().status == 303
    with counted(library_app) as fresh:
        form_of(as_library_alice, book)
    with counted(library_app) as statements:
        assert form.submit().status == 409
    assert len(statements) <= len(fresh) + 6, statements


def without_marks(form: Form) -> Form:
    del form.fields["_was"]
    return form


@pytest.mark.parametrize("marks", [None, "", "title", "title:", ": :", "x:y title:zz\0", "é" * 300])
def test_without_its_marks_a_form_keeps_what_was_typed(
    library_app: Flask, book: Book, as_library_alice: Visitor, dora: Visitor, marks: Any
) -> None:
    form = without_marks(form_of(as_library_alice, book).fill(title="Mine"))
    assert form_of(dora, book).fill(summary="Their words").submit().status == 303
    page = form.submit(**({} if marks is None else {"_was": marks}))
    assert page.status == 409
    assert taken(page)["title"] == "mine"
    assert "There now: Their words" in said(page, "summary")


def test_of_a_file_that_another_has_replaced_it_is_said_that_it_may_be_another_one(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    world.keep(band_app, Contract(id=1, label="c", band_id=1, scan=b"old"))
    bob = signed_in(band_app, add_user(band_app, "bob", is_superuser=True))
    theirs, mine = (one.get("/contracts/1/change/").form() for one in (bob, as_band_alice))
    assert theirs.submit(scan=(BytesIO(b"Bob's"), "b.bin")).status == 303
    page = mine.submit(scan=(BytesIO(b"Alice's"), "a.bin"))
    assert page.status == 409
    assert "there may be another one by now" in page.messages
    assert "No field that you see differs" not in page.messages
    assert page.form().submit().status == 303
    assert stored(band_app, Contract, 1).scan == b"Bob's"
