"""Forms, deleting and history as Django's tests pin them, by the numbers of reference/django-admin.md §2.2.

Only what no other test says already.
"""

import pytest
from flask import Flask
from sqlalchemy import select

import webapp.account
import webapp.users
from tests.admin.behaviours import Word, count, somebody, stored
from tests.conftest import add_user, make_settings, signed_in
from tests.library import admin as library_admin
from tests.library import world
from tests.library.books import Atlas, Book, Tag
from tests.library.kinds import Notice, Specimen
from tests.library.people import Author
from tests.pages import Visitor
from webapp import create_app
from webapp.admin.history import LogEntry, changes_of, record
from webapp.admin.site import AdminSite
from webapp.extensions import db, writing

SEEN = ("authors.view", "tags.view", "branches.view")


# Who may write what


def test_who_may_change_others_but_not_this_one_reads_it(library_app: Flask, book: Book, word: Word) -> None:
    """Django 46: the form of one object asks for that object."""
    other: Book = world.sample_row(Book, 2)
    world.keep(library_app, other)
    word(
        "books",
        can=lambda user, verb, obj=None: (
            user.can(f"books.{verb}", obj) and (verb == "view" or obj is None or obj.title != "Book 001")
        ),
    )
    bob = somebody(library_app, "books.view", "books.change", *SEEN)
    page = bob.get(f"/books/{book.id}/change/")
    assert (page.status, page.soup.select("main form[method=post] [name=title]")) == (200, [])
    assert "Book 001" in page.text
    form = bob.get(f"/books/{other.id}/change/").form()
    refused = bob.post(f"/books/{book.id}/change/", {**form.fields, "title": "Forged", "_version": "1"})
    assert (refused.status, stored(library_app, Book, book.id).title) == (403, "Book 001")
    assert form.fill(title="Allowed").submit().status == 303


@pytest.mark.parametrize(
    ("verb", "address"), [("change", "change"), ("delete", "delete"), ("view", "history"), ("add", "add")]
)
def test_each_page_takes_its_own_right(library_app: Flask, book: Book, verb: str, address: str) -> None:
    """Django 46, 64; CVE-2013-0305, CVE-2016-2048: one right is not another."""
    path = f"/books/{address}/" if verb == "add" else f"/books/{book.id}/{address}/"
    others = {"view", "add", "change", "delete"} - {verb}
    # Who may change may also see; the page of a change is shown to who may see, without a form.
    others -= {"change"} if verb == "view" else {"view"} if verb == "change" else set()
    without = somebody(library_app, *(f"books.{other}" for other in others), name="without")
    if verb == "change":
        assert without.get(path).status == 403
    token = without.get("/account/").form().fields["csrf_token"]
    assert without.post(path, {"csrf_token": token}).status == (405 if verb == "view" else 403)
    if verb != "change":
        assert without.get(path).status == 403
    needed = {"books.view", f"books.{verb}", *SEEN}
    assert somebody(library_app, *needed, name="with").get(path).status == 200


def test_a_field_that_was_hidden_or_read_only_is_not_written_by_posting_it(
    library_app: Flask, book: Book, word: Word
) -> None:
    """Django 43: neither columns, nor relations, nor what the database and the program keep."""
    word("books", get_readonly_fields=lambda user, obj=None: ("author", "tags", "stage", "withdrawn_at"))
    alice = signed_in(library_app, add_user(library_app, "alice", is_superuser=True))
    other = world.sample_row(Author, 9)
    world.keep(library_app, other)
    forged = {
        "author": str(other.id),
        "author_id": str(other.id),
        "tags": [],
        "stage": "2",
        "withdrawn_at": "2020-01-01T00:00",
        "created_at": "2020-01-01T00:00",
        "version": "77",
        "id": "999",
    }
    page = alice.get(f"/books/{book.id}/change/").form().fill(title="New").submit(**forged)
    assert page.status == 303
    with library_app.app_context():
        kept = db.session.get_one(Book, book.id)
        assert (kept.title, kept.author_id, kept.stage, kept.withdrawn_at) == ("New", book.author_id, 1, None)
        assert (len(kept.tags), kept.created_at, kept.version) == (2, book.created_at, 2)


# After saving


def test_a_message_leads_to_the_object_only_where_the_person_still_sees_it(library_app: Flask) -> None:
    """Django 60: what a save takes out of one's sight has no link and no form that goes on."""
    world.keep(
        library_app, Notice(code="a", title="A", is_public=True), Notice(code="b", title="B", is_public=True)
    )
    bob = somebody(library_app, "notices.view", "notices.change")
    seen = bob.get("/notices/a/change/").form().fill(title="AA").submit(follow=True)
    assert "AA was changed" in seen.messages
    assert seen.soup.select_one('.message a[href="/notices/a/change/"]') is not None
    for key, button in (("a", "_save"), ("b", "_continue")):
        hidden = bob.get(f"/notices/{key}/change/").form().fill(is_public=False).submit(button, follow=True)
        assert hidden.status == 200
        assert "was changed" in hidden.messages
        assert hidden.soup.select(".message a") == []
        assert bob.get(f"/notices/{key}/change/").status == 404


def test_who_may_add_and_not_see_gets_no_link(library_app: Flask) -> None:
    """Django 60."""
    bob, eve = somebody(library_app, "tags.add"), somebody(library_app, "tags.add", "tags.view", name="eve")
    page = bob.get("/tags/add/").form().fill(name="quiet").submit(follow=True)
    assert (page.address, page.soup.select(".message a")) == ("/", [])
    assert "quiet was added" in page.messages
    page = eve.get("/tags/add/").form().fill(name="loud").submit(follow=True)
    assert page.address == "/tags/"
    assert page.soup.select_one(".message a") is not None


def test_saving_leads_back_to_the_list_as_it_was(as_library_alice: Visitor, book: Book) -> None:
    """Django 59: search, filters, order and size come back, whatever the button."""
    where = "/books/?q=Book&stage=1&sort=-title&size=25"
    listed = as_library_alice.get(where)
    form = listed.follow("Book 001").form()
    again = form.fill(pages="10").submit("_continue", follow=True)
    assert again.form().fill(pages="11").submit().location == where
    refused = listed.follow("Book 001").form().fill(title="").submit()
    assert refused.status == 422
    assert refused.form().fill(title="Book 001").submit().location == where


@pytest.mark.parametrize(
    "key", ["999999", "x", "<script>", "'\"", "1,2", "\u0663", "-1", "9" * 40, "_2F", "../1"]
)
def test_what_an_address_or_a_form_says_of_a_relation_is_a_key_or_nothing(
    as_library_alice: Visitor, book: Book, word: Word, key: str
) -> None:
    """Django 57; CVE-2020-13596: no key is too strange, and what comes back is text."""
    word("books", autocomplete_fields=("author", "tags"))
    page = as_library_alice.get("/books/add/", query_string={"author": key, "tags": key})
    assert (page.status, page.form().fields["author"]) == (200, "")
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    for field in ("author", "tags"):
        refused = form.submit(**{field: key})
        assert refused.status == 422
        assert refused.soup.select("main script") == []
        control = refused.soup.select_one(f'input[name="{field}"]:is([checked], [value]:not([type]))')
        assert control is not None
        assert control["value"] == key


def test_a_file_makes_the_form_one_of_several_parts(as_library_alice: Visitor, word: Word) -> None:
    """Django 61."""
    assert as_library_alice.get("/specimens/add/").form().tag.get("enctype") == "multipart/form-data"
    assert as_library_alice.get("/tags/add/").form().tag.get("enctype") != "multipart/form-data"
    word("specimens", fieldsets=(), fields=("name",))
    assert as_library_alice.get("/specimens/add/").form().tag.get("enctype") != "multipart/form-data"


def test_a_form_of_nothing_but_a_token_is_told_what_is_missing(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    """Django 48: all errors at once, at their fields and counted above them."""
    form = as_library_alice.get("/books/add/").form()
    page = form.submit(author="x", pages="many", price="", tags="none")
    assert page.status == 422
    named = [error.partition(":")[0] for error in page.errors]
    assert set(named) >= {"Title", "Author", "Pages", "Tags"}
    assert len(named) == len(set(named))
    assert count(library_app, Book) == 0


def test_a_row_is_deleted_by_the_rules_of_its_own_class_from_wherever_it_is_found(
    library_app: Flask, word: Word
) -> None:
    """Django 37: a list of a base class holds rows of others, whose admins have a say."""
    atlas = Atlas(title="World", scale=50_000)
    world.keep(library_app, atlas)
    bob = somebody(library_app, "items.view", "items.delete")
    page = bob.get(f"/items/{atlas.id}/delete/")
    assert "you may not delete" in page.soup.get_text()
    dora = somebody(library_app, "items.view", "items.delete", "atlases.view", "atlases.delete", name="dora")
    form = dora.get(f"/items/{atlas.id}/delete/").form()
    token = bob.get("/account/").form().fields["csrf_token"]
    forged = {**form.fields, "csrf_token": token, "_delete": "1"}
    assert bob.post(f"/items/{atlas.id}/delete/", forged).status == 403
    assert count(library_app, Atlas) == 1
    asked: list[str] = []
    word("atlases", before_delete=lambda obj, user: asked.append(obj.title))
    assert form.submit("_delete").status == 303
    assert (count(library_app, Atlas), asked) == (0, ["World"])
    with library_app.app_context():
        [entry] = db.session.scalars(select(LogEntry).where(LogEntry.verb == "delete"))
        assert (entry.name, entry.key) == ("atlases", str(atlas.id))
        assert {"title", "scale"} <= {change.field for change in changes_of(entry)}


class BooksAlone:
    """An application that looks after books and after nothing that they lead to."""

    @staticmethod
    def register(site: AdminSite) -> None:
        class AloneAdmin(library_admin.BookAdmin):
            autocomplete_fields = list_filter = ()
            readonly_fields = ("author",)

        site.register(Book, AloneAdmin)


def test_what_nobody_looks_after_is_text_and_stays(library_app: Flask, book: Book) -> None:
    """Django 26, 53, 55: no link, no lookup and no field leads to a model that is not registered."""
    settings = make_settings(DATABASE_URL=library_app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, BooksAlone))  # type: ignore[arg-type]
    alice = signed_in(made, add_user(made, "alice", is_superuser=True))
    assert alice.get("/books/").rows()[0][:2] == ["Book 001", "Author 001"]
    page = alice.get(f"/books/{book.id}/change/")
    assert "Author 001" in page.text
    assert page.soup.select('[name="author"], [name="author_id"], [name="tags"], a[href*="/authors/"]') == []
    assert page.form().fill(title="New").submit(author="1", tags="").status == 303
    assert alice.get("/books/lookup/?field=author").status == 400
    assert "other records" not in alice.get(f"/books/{book.id}/delete/").text
    with library_app.app_context():
        kept = db.session.get_one(Book, book.id)
        assert (kept.title, kept.author_id, len(kept.tags)) == ("New", book.author_id, 2)
    with made.app_context():
        db.engine.dispose()


def test_who_may_only_look_at_people_never_sees_a_hash(library_app: Flask) -> None:
    """Django 76; CVE-2018-16984, CVE-2026-113733."""
    person = add_user(library_app, "carol")
    page = somebody(library_app, "users.view").get(f"/users/{person.id}/change/")
    assert page.status == 200
    assert "carol@example.org" in page.text
    assert "argon2" not in page.text
    assert page.soup.select('[name*="password"], a[href$="/password/"]') == []


# Deleting and history


def test_a_forged_yes_deletes_nothing_that_is_needed(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    """Django 63: its author is needed by the book."""
    address = f"/authors/{book.author_id}/delete/"
    token = as_library_alice.get("/tags/add/").form().fields["csrf_token"]
    page = as_library_alice.post(address, {"csrf_token": token, "_delete": "1"})
    assert page.status == 409
    assert "Book 001" in page.text
    assert stored(library_app, Author, book.author_id) is not None
    free: Author = world.sample_row(Author, 5)
    world.keep(library_app, free)
    assert as_library_alice.get(f"/authors/{free.id}/delete/").form().submit("_delete").status == 303


def test_history_tells_a_choice_by_its_text(
    library_app: Flask, as_library_alice: Visitor, book: Book
) -> None:
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    assert form.fill(binding="HARD_COVER").submit().status == 303
    said = as_library_alice.get(f"/books/{book.id}/history/").soup.select_one(".timeline")
    assert said is not None
    assert "was Paperback is now Hard cover" in said.get_text(" ", strip=True)


def test_history_is_told_with_the_forms_labels_and_what_relations_gained_and_lost(
    library_app: Flask, as_library_alice: Visitor, book: Book, word: Word
) -> None:
    """Django 65."""
    tag: Tag = world.sample_row(Tag, 7)
    world.keep(library_app, tag)
    form = as_library_alice.get(f"/books/{book.id}/change/").form()
    assert form.fill(isbn="9790000000000", translator="", tags=[str(tag.id)]).submit().status == 303
    history = as_library_alice.get(f"/books/{book.id}/history/")
    said = history.soup.select_one(".timeline").get_text(" ", strip=True)  # type: ignore[union-attr]
    for words in ("ISBN", "Translated by", "Translator 001", "Tags", "tag 007", "rare 001"):
        assert words in said
    assert "translator_id" not in said


@pytest.mark.parametrize("locale", ["en", "pt_BR", "de"])
def test_a_form_in_any_language_that_is_saved_untouched_is_no_change(
    library_app: Flask, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """Django 65: no notation of a date or a number makes it another one."""
    monkeypatch.setitem(library_app.config, "LOCALES", ("en", "pt_BR", "de"))
    specimen: Specimen = world.sample_row(Specimen)
    world.keep(library_app, specimen)
    zone = {"en": "UTC", "pt_BR": "America/Sao_Paulo", "de": "Asia/Kathmandu"}[locale]
    person = add_user(library_app, "alice", is_superuser=True, locale=locale, timezone=zone)
    page = signed_in(library_app, person).get(f"/specimens/{specimen.id}/change/")
    assert page.soup.html is not None
    assert page.soup.html["lang"] == locale.replace("_", "-")
    page = page.form().submit()
    assert page.status == 303, page.errors
    with library_app.app_context():
        entries = db.session.scalars(select(LogEntry).where(LogEntry.name == "specimens")).all()
        assert (entries, db.session.get_one(Specimen, specimen.id).version) == ([], 1)


def test_an_entry_of_a_model_that_is_gone_breaks_no_page(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    """Django 66."""
    tag: Tag = world.sample_row(Tag)
    world.keep(library_app, tag)
    with library_app.app_context(), writing():
        for name, verb in (("scrolls", "unrolled"), ("tags", "unrolled")):
            record(db.session(), verb=verb, name=name, key=str(tag.id), label="L", actor=None, changes=[])
    assert "unrolled" in as_library_alice.get(f"/tags/{tag.id}/history/").text
    assert as_library_alice.get("/").status == 200


def test_the_history_of_a_class_of_several_tables_is_its_own(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    """Django 66: one row has one history for each admin that shows it."""
    atlas = world.sample_row(world.Atlas)
    world.keep(library_app, atlas)
    assert as_library_alice.get(f"/atlases/{atlas.id}/change/").form().fill(scale="10").submit().status == 303
    assert "Scale" in as_library_alice.get(f"/atlases/{atlas.id}/history/").text
    assert as_library_alice.get(f"/items/{atlas.id}/history/").status == 200
