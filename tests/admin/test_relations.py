"""Relations in forms: what can be chosen, by whom, and what stays as it is."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, select

from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.books import Book, Loan, Tag
from tests.library.people import Author, Card
from tests.library.places import Branch
from tests.pages import Page, Visitor
from webapp.admin.history import LogEntry
from webapp.admin.loading import MAX_RELATED
from webapp.admin.site import current_site
from webapp.extensions import db

MAY_WRITE = ("books.view", "books.add", "books.change")
MAY_CHOOSE = ("authors.view", "tags.view", "branches.view")


@pytest.fixture
def writer(library_app: Flask) -> Callable[..., Visitor]:
    """Somebody who writes books, with further grants."""

    def make(*grants: str) -> Visitor:
        return signed_in(library_app, add_user(library_app, "bob", grants=(*MAY_WRITE, *grants)))

    return make


def authors(app: Flask, count: int) -> list[Author]:
    made = [Author(name=f"Person {number:03}") for number in range(count)]
    world.keep(app, *made)
    return made


@pytest.mark.parametrize("count", [0, 1, 60])
def test_who_may_not_see_what_must_be_chosen_is_told_the_permission_and_nothing_else(
    library_app: Flask, writer: Callable[..., Visitor], count: int
) -> None:
    made = authors(library_app, count)
    bob = writer("tags.view", "branches.view")
    page = bob.get("/books/add/")
    needed = "To choose here takes the permission “authors.view”."
    assert needed in page.soup.get_text()
    assert "nothing to choose" not in page.soup.select_one("#author-help").get_text()  # type: ignore[union-attr]
    for key in ["", *(str(author.id) for author in made[:1])]:
        refused = page.form().fill(title="Mine", slug="mine").submit("_save", author=key)
        assert refused.status == 422
        assert [error for error in refused.errors if "Author" in error] == [f"Author: {needed}"], key


def options(page: Page, name: str) -> list[str]:
    return [tag.get_text() for tag in page.soup.select(f'select[name="{name}"] option')]


def stored(app: Flask, book: Book) -> tuple[int, int | None, list[str]]:
    with app.app_context():
        found = db.session.get_one(Book, book.id)
        return found.author_id, found.translator_id, [tag.name for tag in found.tags]


def last_entry(app: Flask) -> LogEntry:
    with app.app_context():
        entry = db.session.scalars(select(LogEntry).order_by(LogEntry.id.desc())).first()
        assert entry is not None
        return entry


def hide(app: Flask, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let nobody see the author of this name."""
    with app.app_context():
        admin = current_site().admin("authors")
    visible: Callable[[Any], Select[Any]] = lambda user: select(Author).where(Author.name != name)  # noqa: E731
    monkeypatch.setattr(admin, "query", visible)


# To one


def test_few_choices_stand_in_a_select(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    page = as_library_alice.get(f"/books/{book.id}/change/")
    assert options(page, "translator") == ["", "Author 001", "Translator 001"]
    chosen = page.soup.select_one('select[name="translator"] option[selected]')
    assert chosen is not None
    assert chosen.get_text() == "Translator 001"
    form = page.form()
    assert form.fill(translator="").submit().status == 303
    assert stored(library_app, book)[1] is None


def test_many_choices_are_a_key_and_a_page_to_choose_from(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    authors(library_app, 49)
    page = as_library_alice.get(f"/books/{book.id}/change/")
    control = page.soup.select_one('input[name="translator"]')
    assert control is not None
    assert control["value"] == str(book.translator_id)
    assert "Translator 001" in page.text
    assert as_library_alice.get(str(page.link("Look up"))).status == 200


def test_a_field_that_is_declared_for_autocompletion_is_never_a_select(
    as_library_alice: Visitor, book: Book
) -> None:
    page = as_library_alice.get(f"/books/{book.id}/change/")
    assert options(page, "author") == []
    assert page.soup.select_one('.lookup:has(a[href*="field=author"]) input[name="author"]') is not None


def test_a_chosen_row_is_saved_with_its_name_in_the_history(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    other = authors(library_app, 1)[0]
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    assert form.fill(author=other.id).submit().status == 303
    assert stored(library_app, book)[0] == other.id
    assert last_entry(library_app).changes == [
        {
            "field": "author",
            "kind": "relation",
            "old": [str(book.author_id), "Author 001"],
            "new": [str(other.id), "Person 000"],
        }
    ]
    page = as_library_alice.get(f"/books/{book.id}/history/")
    assert "Author 001" in page.text
    assert "Person 000" in page.text


@pytest.mark.parametrize("key", ["999999", "x", "1,2", "_00", "٣", "-1", "9" * 40, "1 OR 1=1"])
def test_a_key_of_nothing_is_refused_with_what_was_typed_kept(
    library_app: Flask, as_library_alice: Visitor, book: Book, key: str
) -> None:
    before = stored(library_app, book)
    page = as_library_alice.get(f"/books/{book.id}/change/").form().fill(author=key, title="New").submit()
    assert page.status == 422
    assert "is not there, or it is not visible to you" in page.errors[0]
    assert page.form().fields["author"] == key
    assert page.form().fields["title"] == "New"
    assert stored(library_app, book) == before


def test_a_required_relation_must_be_given(as_library_alice: Visitor, book: Book) -> None:
    page = as_library_alice.get(f"/books/{book.id}/change/").form().fill(author="").submit()
    assert (page.status, page.errors) == (422, ["Author: Fill in this field."])


def test_a_row_that_is_hidden_cannot_be_chosen(
    library_app: Flask, writer: Any, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = writer(*MAY_CHOOSE)
    hidden, shown = authors(library_app, 2)
    hide(library_app, monkeypatch, hidden.name)
    form = visitor.get(f"/books/{book.id}/change/").form()
    assert hidden.name not in options(form.page, "translator")
    assert form.fill(translator=hidden.id).submit().status == 422
    assert stored(library_app, book)[1] == book.translator_id
    assert form.fill(translator=shown.id).submit().status == 303
    assert stored(library_app, book)[1] == shown.id


def test_a_hidden_row_that_is_there_already_stays(
    library_app: Flask, writer: Any, book: Book, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = writer(*MAY_CHOOSE)
    hide(library_app, monkeypatch, "Translator 001")
    form = visitor.get(f"/books/{book.id}/change/").form()
    assert form.fields["translator"] == str(book.translator_id)
    assert form.fill(title="Another title").submit().status == 303
    assert stored(library_app, book)[1] == book.translator_id


def test_who_may_not_see_the_others_reads_the_relation_only(
    library_app: Flask, writer: Any, book: Book
) -> None:
    visitor = writer("tags.view", "branches.view")
    other = authors(library_app, 1)[0]
    page = visitor.get(f"/books/{book.id}/change/")
    assert page.soup.select_one('[name="author"]') is None
    assert "Author 001" in page.text
    assert page.form().submit(author=str(other.id), translator=str(other.id)).status == 303
    assert stored(library_app, book)[:2] == (book.author_id, book.translator_id)


def test_who_may_not_see_the_others_is_told_so_where_a_new_row_needs_one(
    library_app: Flask, writer: Any
) -> None:
    visitor = writer()
    other = authors(library_app, 1)[0]
    page = visitor.get("/books/add/").form().fill(title="T", slug="t", author=str(other.id)).submit()
    assert page.status == 422
    assert "Author" in page.errors[0]
    with library_app.app_context():
        assert db.session.scalars(select(Book)).all() == []


def test_a_one_to_one_that_is_taken_is_an_error_of_its_field(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    card: Card = world.sample_row(Card)
    world.keep(library_app, card)
    form = as_library_alice.get("/cards/add/").form()
    page = form.fill(number="X9", member=card.member_id).submit()
    assert (page.status, len(page.errors)) == (422, 1)
    assert page.errors[0].startswith("Holder: This value is taken already")


def test_a_key_made_of_relations_is_chosen_once(library_app: Flask, as_library_alice: Visitor) -> None:
    loan: Loan = world.sample_row(Loan)
    world.keep(library_app, loan)
    add = as_library_alice.get("/loans/add/").form()
    taken = add.fill(member=loan.member_id, book=loan.book_id).submit()
    assert taken.status == 422
    assert "is taken already" in taken.errors[0]
    page = as_library_alice.get(f"/loans/{loan.member_id},{loan.book_id}/change/")
    assert page.soup.select_one('[name="member"], [name="book"]') is None
    assert page.form().fill(note="later").submit().status == 303


def test_a_row_can_lead_to_one_of_its_own_kind(library_app: Flask, as_library_alice: Visitor) -> None:
    above, below = Branch(name="Above"), Branch(name="Below")
    world.keep(library_app, above, below)
    form = as_library_alice.get(f"/branches/{below.id}/change/").form()
    assert form.fill(parent=above.id).submit().status == 303
    with library_app.app_context():
        assert db.session.get_one(Branch, below.id).parent_id == above.id


# To many


def test_rows_are_added_and_taken_off_and_the_history_says_which(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    new = Tag(name="new")
    world.keep(library_app, new)
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    old, rare = form.fields["tags"]
    assert form.fill(tags=[old, str(new.id)]).submit().status == 303
    assert stored(library_app, book)[2] == ["new", "old 001"]
    [change] = last_entry(library_app).changes
    assert (change["field"], change["kind"]) == ("tags", "relations")
    assert (change["old"], change["new"]) == ([[rare, "rare 001"]], [[str(new.id), "new"]])
    assert "rare 001" in as_library_alice.get(f"/books/{book.id}/history/").text


def test_all_can_be_taken_off(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    assert form.fill(tags=[]).submit().status == 303
    assert stored(library_app, book)[2] == []


def test_two_who_change_only_what_a_row_leads_to_do_not_overwrite_each_other(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    new = Tag(name="new")
    world.keep(library_app, new)
    first = as_library_alice.get(f"/books/{book.id}/change/").form()
    second = as_library_alice.get(f"/books/{book.id}/change/").form()
    old, rare = first.fields["tags"]
    assert first.fill(tags=[old]).submit().status == 303
    assert second.fill(tags=[old, rare, new.id]).submit().status == 303
    assert stored(library_app, book)[2] == ["new", "old 001"]


def test_a_row_that_is_among_the_choices_still_reads_what_it_leads_to(
    library_app: Flask, as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Choices are read with nothing beside them; the row whose form it is may be one of them."""
    north = Branch(name="North")
    north.children = [Branch(name="Below")]
    world.keep(library_app, north)
    admin = library_app.extensions["admin"].admin("branches")
    monkeypatch.setattr(Branch, "shelf_count", lambda branch: len(branch.shelves), raising=False)
    monkeypatch.setattr(admin, "readonly_fields", ("children", "shelf_count"))
    page = as_library_alice.get(f"/branches/{north.id}/change/")
    assert page.status == 200
    assert [fact.get_text() for fact in page.soup.select(".facts dd")][:2] == ["Below", "0"]


def test_facts_beside_a_form_are_not_read_without_end(
    library_app: Flask, as_library_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = library_app.extensions["admin"].admin("branches")
    monkeypatch.setattr(admin, "readonly_fields", ("children",))
    north = Branch(name="North")
    north.children = [Branch(name=f"{number}") for number in range(MAX_RELATED + 1)]
    world.keep(library_app, north)
    page = as_library_alice.get(f"/branches/{north.id}/change/")
    assert page.soup.select_one(".facts dd").get_text() == "more than 200"


def test_a_select_of_several_says_how_to_choose_several(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    world.keep(library_app, Tag(name="novel"), Author(name="Ana"))
    page = as_library_alice.get("/books/add/")
    assert "nothing to choose from yet" in page.soup.select_one("#branch-help").get_text()
    assert page.soup.select_one("#tags")["aria-describedby"] == "tags-help"
    assert "Hold Ctrl" in page.soup.select_one("#tags-help").get_text()
    assert "Hold Ctrl" not in page.soup.select_one("#translator-help").get_text()


def test_a_form_costs_the_same_however_large_the_other_tables_are(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    address = f"/books/{book.id}/change/"
    as_library_alice.get(address)
    with counted(library_app) as few:
        as_library_alice.get(address)
    authors(library_app, 120)
    world.keep(library_app, *(Tag(name=f"T{number}") for number in range(120)))
    with counted(library_app) as many:
        as_library_alice.get(address)
    assert len(few) == len(many) <= 6, few


def test_a_new_record_takes_nothing_off(library_app: Flask, as_library_alice: Visitor) -> None:
    form = as_library_alice.get("/books/add/").form()
    page = form.submit("_save", **{"tags.was": "-1 7", "title": ""})
    assert page.status == 422
    assert page.form().fields["tags.was"] == ""
