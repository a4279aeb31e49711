"""The words of a ModelAdmin, one by one: what a developer writes, and what a person then sees."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Book, Loan
from tests.library.people import Author, Member
from tests.library.places import Visit
from tests.pages import Visitor
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite, current_site
from webapp.extensions import db


def first_row(visitor: Visitor, address: str) -> Any:
    row = visitor.get(address).soup.select_one(".table tbody tr")
    assert row is not None
    return row


# Lists


def test_the_first_column_leads_to_the_object_unless_others_are_named(
    as_library_alice: Visitor, book: Book, word: Any
) -> None:
    linked = [tag.get_text() for tag in first_row(as_library_alice, "/books/").select("a")]
    assert linked == ["Book 001"]
    word("books", list_display_links=("author", "stage"))
    row = first_row(as_library_alice, "/books/")
    assert [tag["href"] for tag in row.select("a")] == [f"/books/{book.id}/change/"] * 2
    word("books", list_display_links=None)
    assert first_row(as_library_alice, "/books/").select("a") == []


def test_a_decision_for_one_person_wins_over_the_constant(
    library_app: Flask, as_library_alice: Visitor, book: Book, word: Any
) -> None:
    word(
        "books",
        get_list_display=lambda user: ("title",) if user.is_superuser else ("title", "author"),
        get_search_fields=lambda user: ("isbn",) if user.is_superuser else (),
        get_list_filter=lambda user: ("stage",) if user.is_superuser else (),
        get_ordering=lambda user: ("-title",),
    )
    bob = signed_in(library_app, add_user(library_app, "bob", grants=("books.view",)))
    assert (len(as_library_alice.get("/books/").column()), bob.get("/books/").column(1)) == (
        1,
        ["Author 001"],
    )
    assert (as_library_alice.get("/books/?q=978").status, bob.get("/books/?q=978").status) == (200, 400)
    assert (as_library_alice.get("/books/?stage=1").status, bob.get("/books/?stage=1").status) == (200, 400)
    assert as_library_alice.get("/books/").soup.select_one('th[aria-sort="descending"]') is not None


def test_a_text_that_reads_a_relation_which_no_list_loads_names_the_missing_word(
    library_app: Flask, as_library_alice: Visitor, word: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    world.keep(library_app, world.sample_row(Loan))
    assert as_library_alice.get("/loans/").status == 200
    word("loans", list_select_related=())
    assert as_library_alice.get("/loans/").status == 500
    assert "LoanAdmin.list_select_related" in capsys.readouterr().err


def test_buttons_above_the_list_lead_to_further_pages(
    as_library_alice: Visitor, book: Book, word: Any
) -> None:
    word("books", get_list_links=lambda user: (("Overview of authors", "authors.list"),))
    assert as_library_alice.get("/books/").link("Overview of authors") == "/authors/"


# Words for columns


def test_labels_help_and_choices_of_the_admin_replace_the_models() -> None:
    class Renamed(ModelAdmin):
        labels = {"title": "Name of the book", "author": "Written by"}
        help_texts = {"title": "As on the cover."}
        choices = {"stage": ((0, "Fresh"), (1, "Used"))}

    site = AdminSite()
    site.register(Book, Renamed)
    info = site.admin("books").info
    assert (info.columns["title"].label, info.relations["author"].label) == ("Name of the book", "Written by")
    assert info.columns["title"].help == "As on the cover."
    assert info.columns["stage"].choices == (("0", "Fresh"), ("1", "Used"))
    other = AdminSite()
    other.register(Book, ModelAdmin)
    assert other.admin("books").info.columns["title"].label == "Title"


def test_help_comes_from_the_documentation_of_a_column_a_relation_and_a_hybrid(
    as_library_alice: Visitor, book: Book
) -> None:
    assert "A few sentences for the catalogue." in as_library_alice.get("/authors/add/").text
    assert "Where it is kept." in as_library_alice.get("/books/add/").text


# Forms


def test_fields_says_which_and_in_which_order(as_library_alice: Visitor, word: Any) -> None:
    word("authors", fields=("website", "name"))
    page = as_library_alice.get("/authors/add/")
    names = [str(tag["name"]) for tag in page.soup.select(".field [name]")]
    assert names == ["website", "name"]


def test_what_is_excluded_is_not_written(
    library_app: Flask, as_library_alice: Visitor, book: Book, word: Any
) -> None:
    word("authors", exclude=("website",))
    page = as_library_alice.get(f"/authors/{book.author_id}/change/")
    assert page.soup.select_one('[name="website"]') is None
    assert page.form().fill(name="New").submit(website="https://evil.example").status == 303
    with library_app.app_context():
        assert db.session.get_one(Author, book.author_id).website == "https://example.org/1"


def test_what_is_read_only_for_a_person_ignores_what_is_posted(
    library_app: Flask, as_library_alice: Visitor, book: Book, word: Any
) -> None:
    word("authors", get_readonly_fields=lambda user, obj=None: ("website",) if obj is not None else ())
    assert as_library_alice.get("/authors/add/").soup.select_one('[name="website"]') is not None
    page = as_library_alice.get(f"/authors/{book.author_id}/change/")
    assert "https://example.org/1" in page.text
    assert page.form().submit(website="https://evil.example").status == 303
    with library_app.app_context():
        assert db.session.get_one(Author, book.author_id).website == "https://example.org/1"


def test_a_read_only_model_by_three_words(library_app: Flask, as_library_alice: Visitor) -> None:
    visit: Visit = world.sample_row(Visit)
    world.keep(library_app, visit)
    page = as_library_alice.get(f"/visits/{visit.id}/change/")
    assert page.status == 200
    assert page.soup.select("main form[method=post]") == []
    assert as_library_alice.get("/visits/add/").status == 403
    token = as_library_alice.get("/account/").form().fields["csrf_token"]
    assert as_library_alice.post(f"/visits/{visit.id}/delete/", {"csrf_token": token}).status == 403
    with library_app.app_context():
        words = current_site().permissions()
    assert [permission for permission in words if permission.startswith("visits.")] == [
        "visits.view",
        "visits.export",
    ]


def test_save_as_new_makes_a_copy_and_leaves_the_first(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    page = form.fill(title="Second edition", slug="second", isbn="").submit("_saveasnew")
    assert page.status == 303
    with library_app.app_context():
        found = {one.title: one for one in db.session.scalars(select(Book))}
        assert set(found) == {"Book 001", "Second edition"}
        assert {tag.name for tag in found["Second edition"].tags} == {"old 001", "rare 001"}


def test_save_as_new_with_errors_comes_back_as_a_new_row(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    page = form.fill(title="Second edition").submit("_saveasnew")
    assert page.status == 422
    assert page.form().action == f"/books/{book.id}/change/"
    assert [str(tag["name"]) for tag in page.form().tag.select(".savebar button[name]")] == ["_saveasnew"]
    assert page.form().fields["title"] == "Second edition"
    assert page.form().fill(slug="second", isbn="").submit("_saveasnew").status == 303
    with library_app.app_context():
        assert db.session.get_one(Book, book.id).title == "Book 001"


def test_save_as_new_takes_the_right_to_add(library_app: Flask, book: Book) -> None:
    """AZ-08: CVE-2016-2048."""
    seen = ("authors.view", "tags.view", "branches.view")
    bob = signed_in(library_app, add_user(library_app, "bob", grants=("books.change", *seen)))
    form = bob.get(f"/books/{book.id}/change/").form()
    assert form.tag.select_one('[name="_saveasnew"]') is None
    assert form.fill(slug="copy", isbn="").submit("_saveasnew").status == 403
    eve = signed_in(library_app, add_user(library_app, "eve", grants=("books.change", "books.add", *seen)))
    form = eve.get(f"/books/{book.id}/change/").form()
    assert form.fill(slug="copy", isbn="").submit("_saveasnew").status == 303


def test_an_empty_field_is_made_from_others(library_app: Flask, as_library_alice: Visitor) -> None:
    author: Author = world.sample_row(Author)
    world.keep(library_app, author)
    form = as_library_alice.get("/books/add/").form()
    assert form.tag.select_one('[name="slug"][data-prepopulate="title"]') is not None
    page = form.fill(title="São Bernardo, 2ª ed.", author=author.id).submit()
    assert page.status == 303, page.errors
    with library_app.app_context():
        assert db.session.scalars(select(Book.slug)).all() == ["sao-bernardo-2a-ed"]


def test_what_was_typed_is_not_made_anew(library_app: Flask, as_library_alice: Visitor, book: Book) -> None:
    form = as_library_alice.get("/books/add/").form()
    assert form.fill(title="Title", slug="mine", author=book.author_id).submit().status == 303
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    assert form.tag.select_one("[data-prepopulate]") is None
    assert form.fill(slug="").submit().status == 422


# Elsewhere


def test_an_object_with_a_page_of_its_own_has_a_link_to_it(
    library_app: Flask, as_library_alice: Visitor, word: Any
) -> None:
    member: Member = world.sample_row(Member)
    world.keep(library_app, member)
    address = f"/members/{member.id}/change/"
    assert as_library_alice.get(address).link("View on site") == f"/readers/{member.id}"
    word("members", view_on_site=False)
    assert as_library_alice.get(address).link("View on site") is None
    word("members", get_view_on_site_url=lambda user, obj: "https://example.org/")
    assert as_library_alice.get(address).link("View on site") == "https://example.org/"


@pytest.mark.parametrize(
    "address", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:text/html,x", " /x", "x"]
)
def test_an_address_that_is_no_page_is_no_link(
    library_app: Flask, as_library_alice: Visitor, word: Any, address: str
) -> None:
    member: Member = world.sample_row(Member)
    world.keep(library_app, member)
    word("members", get_view_on_site_url=lambda user, obj: address)
    assert as_library_alice.get(f"/members/{member.id}/change/").link("View on site") is None
