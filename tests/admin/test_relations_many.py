"""Relations to many, however much is chosen: a page of it is shown, and what is sent is a difference."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select

from tests.admin.test_relations import MAY_WRITE, last_entry, stored
from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.books import Book, Tag, book_tags
from tests.library.people import Author
from tests.pages import Page, Visitor
from webapp.admin.editing.chosen import PAGE_SIZE
from webapp.admin.loading import MAX_RELATED
from webapp.admin.site import current_site
from webapp.extensions import db

#: Two full pages of what is chosen, and a bit.
MANY = 2 * PAGE_SIZE + 4
LARGE = 10_000


def with_tags(app: Flask, book: Book, count: int, word: str = "tag") -> list[int]:
    """Give *book* so many tags, beside those that it has; their keys in the order of their names."""
    with app.app_context():
        names = [f"{word} {number:05}" for number in range(count)]
        db.session.execute(insert(Tag), [{"name": name} for name in names])
        made = select(Tag.id).where(Tag.name.like(f"{word} %")).order_by(Tag.name).limit(count)
        keys = list(db.session.scalars(made))
        db.session.execute(insert(book_tags), [{"book_id": book.id, "tag_id": key} for key in keys])
        db.session.commit()
    return keys


def keys_of(app: Flask, book: Book) -> set[int]:
    with app.app_context():
        return set(db.session.scalars(select(book_tags.c.tag_id).where(book_tags.c.book_id == book.id)))


def key_of(app: Flask, name: str) -> int:
    with app.app_context():
        return db.session.scalars(select(Tag.id).where(Tag.name == name)).one()


def said(page: Page) -> str:
    return page.soup.select_one("#tags-chosen").get_text()  # type: ignore[union-attr]


def boxes(page: Page) -> list[str]:
    return [label.get_text(strip=True) for label in page.soup.select(".lookup-chosen label")]


@pytest.fixture
def address(book: Book) -> str:
    return f"/books/{book.id}/change/"


def test_a_form_with_10000_chosen_costs_hardly_more_than_one_with_ten(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    with_tags(library_app, book, 8, "few")
    with_tags_elsewhere(library_app)
    as_library_alice.get(address)
    with counted(library_app) as few:
        small = as_library_alice.get(address)
    with_tags(library_app, book, LARGE, "large")
    with counted(library_app) as many:
        large = as_library_alice.get(address)
    assert len(few) == len(many) <= 6, many
    assert len(large.response.data) <= min(60_000, 1.5 * len(small.response.data))
    assert said(large) == "Chosen: 10,000+. Here are 1 to 50."
    form = large.form()
    # The last one is the box to type another key.
    assert len(form.fields["tags"]) == PAGE_SIZE + 1
    form.fields["tags"].pop(0)
    with counted(library_app) as saving:
        assert form.submit().status == 303
    assert len(saving) <= 14, saving
    assert len(keys_of(library_app, book)) == LARGE + 10 - 1


def with_tags_elsewhere(app: Flask) -> None:
    """More tags than a select offers, which no book has."""
    world.keep(app, *(Tag(name=f"other {number:02}") for number in range(60)))


def test_what_is_chosen_is_leafed_through_with_everything_typed_kept(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    keys = with_tags(library_app, book, MANY)
    old = {name: key_of(library_app, name) for name in ("old 001", "rare 001")}
    new = Tag(name="new")
    world.keep(library_app, new)
    form = as_library_alice.get(address).form().fill(title="Another", pages="many")
    # The order is the relation's: "old 001" and "rare 001" come first.
    assert form.fields["tags"][:3] == [*(str(key) for key in old.values()), str(keys[0])]
    form.fields["tags"] = [*form.fields["tags"][1:], str(new.id)]
    second = form.submit("tags.page", **{"tags.page": "2"})
    assert second.status == 200
    assert said(second) == "Chosen: 106. Here are 51 to 100."
    assert boxes(second)[0] == "tag 00048"
    # What was taken off and what came stand there too, to be thought over.
    assert boxes(second)[-2:] == ["old 001", "new"]
    fields = second.form().fields
    assert (fields["title"], fields["pages"]) == ("Another", "many")
    assert str(old["old 001"]) not in fields["tags"]
    third = second.form().submit("tags.page", **{"tags.page": "3"})
    assert boxes(third)[:2] == ["tag 00098", "tag 00099"]
    assert third.form().fill(pages="7").submit().status == 303
    assert stored(library_app, book)[0] == book.author_id
    assert keys_of(library_app, book) == {*keys, old["rare 001"], new.id}
    changes = {change["field"]: change for change in last_entry(library_app).changes}
    assert changes["tags"]["old"] == [[str(old["old 001"]), "old 001"]]
    assert changes["tags"]["new"] == [[str(new.id), "new"]]


def test_what_is_chosen_is_searched_without_saving(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    keys = with_tags(library_app, book, MANY)
    page = as_library_alice.get(address).form().submit("tags.page", **{"tags.page": "1", "tags.q": "00077"})
    assert boxes(page) == ["tag 00077"]
    assert page.form().fill(tags=[]).submit().status == 303
    assert keys[77] not in keys_of(library_app, book)
    assert len(keys_of(library_app, book)) == MANY + 1


def test_enter_in_the_box_that_searches_saves_nothing(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    with_tags(library_app, book, MANY)
    page = as_library_alice.get(address)
    # What Enter presses, wherever the focus is.
    first = page.soup.select("main form[method=post] [type=submit]")[0]
    pressed = {str(first["name"]): str(first["value"])}
    title = page.form().fields["title"]
    found = page.form().fill(title="Another").submit("x", **pressed, **{"tags.q": "00077"})
    assert (found.status, boxes(found), found.form().fields["title"]) == (200, ["tag 00077"], "Another")
    everything = found.form().submit("x", **pressed, **{"tags.q": ""})
    assert said(everything).endswith("1 to 50.")
    assert as_library_alice.get(address).form().fields["title"] == title
    # Elsewhere it saves, as the button does, whatever stands in the box.
    assert everything.form().submit("x", **pressed).status == 303
    assert found.form().submit("_save").status == 409
    assert as_library_alice.get(address).form().fields["title"] == "Another"


def test_a_page_beyond_the_end_is_the_first(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    with_tags(library_app, book, MANY)
    form = as_library_alice.get(address).form()
    for number in ("99", "0", "-1", "x", "9" * 30, "٣"):
        assert said(form.submit("tags.page", **{"tags.page": number})).endswith("1 to 50."), number


def test_a_search_that_is_none_is_an_error_and_no_end(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    with_tags(library_app, book, MANY)
    page = as_library_alice.get(address).form().submit("tags.page", **{"tags.q": "x" * 500})
    assert page.status == 200
    assert page.soup.select_one("#tags-error") is not None


def test_two_who_add_and_take_off_do_not_overwrite_each_other(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    keys = with_tags(library_app, book, MANY)
    ones, others = Tag(name="ones"), Tag(name="others")
    world.keep(library_app, ones, others)
    first, second = (as_library_alice.get(address).form() for _time in range(2))
    first.fields["tags"] = [*first.fields["tags"][3:], str(ones.id)]
    second.fields["tags"] = [*second.fields["tags"][2:], str(others.id), str(ones.id)]
    assert first.submit().status == 303
    # Two are off already and one is there already, which is what was wanted.
    assert second.submit().status == 303
    assert keys_of(library_app, book) == {*keys[1:], ones.id, others.id}
    with library_app.app_context():
        assert db.session.get_one(Book, book.id).version == book.version


def test_a_stale_form_comes_back_with_the_difference_upon_what_is_there_now(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    with_tags(library_app, book, MANY)
    first, second = (as_library_alice.get(address).form() for _time in range(2))
    off = second.fields["tags"].pop(5)
    assert first.fill(title="First").submit().status == 303
    page = second.fill(title="Second").submit()
    assert page.status == 409
    assert page.form().fields["tags"] == second.fields["tags"]
    assert page.form().submit().status == 303
    assert int(off) not in keys_of(library_app, book)
    assert len(keys_of(library_app, book)) == MANY + 1


def test_what_somebody_else_deleted_meanwhile_is_no_error_when_it_is_taken_off_and_one_when_it_comes(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    with_tags(library_app, book, MANY)
    new = Tag(name="new")
    world.keep(library_app, new)
    form = as_library_alice.get(address).form()
    with library_app.app_context():
        db.session.delete(db.session.get_one(Tag, int(form.fields["tags"][4])))
        db.session.delete(db.session.get_one(Tag, new.id))
        db.session.commit()
    refused = form.submit(tags=[*form.fields["tags"], str(new.id)])
    assert refused.errors == [
        f"Tags: “{new.id}” is not there, or it is not visible to you. Choose another one."
    ]
    form.fields["tags"].pop(4)
    assert form.submit().status == 303


def test_what_is_not_visible_can_be_taken_off_and_not_be_added_again(
    library_app: Flask, book: Book, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = with_tags(library_app, book, MANY)
    with library_app.app_context():
        admin = current_site().admin("tags")
    hidden: Any = lambda user: select(Tag).where(Tag.id != keys[0])  # noqa: E731
    monkeypatch.setattr(admin, "query", hidden)
    bob = signed_in(library_app, add_user(library_app, "bob", grants=(*MAY_WRITE, "tags.view")))
    page = bob.get(address)
    assert "tag 00000" in boxes(page)
    # A search would tell of it what the page does not show.
    searched = page.form().submit("tags.page", **{"tags.page": "1", "tags.q": "00000"})
    assert boxes(searched) == []
    form = page.form()
    form.fields["tags"].remove(str(keys[0]))
    assert form.submit().status == 303
    assert keys[0] not in keys_of(library_app, book)
    assert bob.get(address).form().submit(tags=[str(keys[0])], **{"tags.was": ""}).status == 422
    assert keys[0] not in keys_of(library_app, book)


def test_a_form_that_says_nothing_of_it_changes_nothing(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    before = keys_of(library_app, book)
    form = as_library_alice.get(address).form()
    del form.fields["tags"], form.fields["tags.was"]
    assert form.submit().status == 303
    assert keys_of(library_app, book) == before
    # What is sent alone is all there shall be.
    form = as_library_alice.get(address).form()
    del form.fields["tags.was"]
    assert form.submit(tags=form.fields["tags"][:1]).status == 303
    assert keys_of(library_app, book) == {int(form.fields["tags"][0])}


def test_there_is_an_end_to_what_can_be_touched_at_once(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    form = as_library_alice.get(address).form()
    before = keys_of(library_app, book)
    few, too_many = (range(1, MAX_RELATED + more) for more in (1, 2))
    for numbers, status in ((few, 303), (too_many, 422)):
        was = " ".join(str(5_000 + number) for number in numbers)
        page = form.submit(tags=form.fields["tags"], **{"tags.was": f"{form.fields['tags.was']} {was}"})
        assert page.status == status
    assert page.errors == ["Tags: At most 200 can be added or taken off at once."]
    assert keys_of(library_app, book) == before


def test_a_copy_takes_all_of_it_along(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str
) -> None:
    keys = with_tags(library_app, book, MANY)
    form = as_library_alice.get(address).form().fill(title="Copy", slug="copy", isbn="")
    form.fields["tags"] = form.fields["tags"][2:]
    assert form.submit("_saveasnew").status == 303
    with library_app.app_context():
        copy = db.session.scalars(select(Book).where(Book.slug == "copy")).one()
        assert {tag.id for tag in copy.tags} == set(keys)
    assert len(keys_of(library_app, book)) == MANY + 2


def test_it_is_changed_from_the_other_side_too(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    tag = Tag(name="everywhere")
    others = [
        Book(title=f"B{number:03}", slug=f"b{number}", author_id=book.author_id, tags=[tag])
        for number in range(MAX_RELATED + 1)
    ]
    world.keep(library_app, tag, *others)
    page = as_library_alice.get(f"/tags/{tag.id}/change/")
    form = page.form().fill(name="here")
    form.fields["books"].pop(0)
    assert form.submit().status == 303
    with library_app.app_context():
        assert len(db.session.get_one(Tag, tag.id).books) == MAX_RELATED


def test_who_may_not_see_the_others_is_shown_no_more_than_a_page_can_hold(
    library_app: Flask, book: Book, address: str
) -> None:
    with_tags(library_app, book, MAX_RELATED)
    bob = signed_in(library_app, add_user(library_app, "bob", grants=MAY_WRITE))
    page = bob.get(address)
    assert page.soup.select('[name^="tags"]') == []
    assert page.soup.select_one("#tags").get_text() == "more than 200"  # type: ignore[union-attr]
    assert page.form().submit(tags=[], **{"tags.was": "1"}).status == 303
    assert len(keys_of(library_app, book)) == MAX_RELATED + 2


def test_hooks_are_given_what_comes_what_goes_and_all_there_will_be(
    library_app: Flask, as_library_alice: Visitor, book: Book, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = with_tags(library_app, book, MANY)
    new = Tag(name="new")
    world.keep(library_app, new)
    seen: list[Any] = []

    def clean(form: Any, obj: Any, user: Any) -> None:
        seen.append(([tag.name for tag in form.tags.added], form.tags.removed, len(form.tags.data)))

    def before_save(obj: Book, form: Any, user: Any) -> None:
        seen.append((len(obj.tags), new.id in {tag.id for tag in obj.tags}))

    with library_app.app_context():
        admin = current_site().admin("books")
    monkeypatch.setattr(admin, "clean", clean)
    monkeypatch.setattr(admin, "before_save", before_save)
    form = as_library_alice.get(address).form()
    off = form.fields["tags"].pop(2)
    assert form.submit(tags=[*form.fields["tags"], str(new.id)]).status == 303
    assert seen == [(["new"], [off], MANY + 2), (MANY + 2, True)]
    assert keys_of(library_app, book) >= {*keys, new.id} - {int(off)}
    assert int(off) not in keys_of(library_app, book)


def test_a_prefilled_form_begins_with_what_the_address_says(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    with_tags_elsewhere(library_app)
    tag, author = Tag(name="asked"), Author(name="Ana")
    world.keep(library_app, tag, author)
    page = as_library_alice.get(f"/books/add/?tags={tag.id}&author={author.id}")
    assert boxes(page) == ["asked"]
    assert page.form().fill(title="New", slug="new").submit().status == 303
    with library_app.app_context():
        assert [one.name for one in db.session.scalars(select(Book)).one().tags] == ["asked"]
