"""Lists and actions as Django's tests pin them, by the numbers of reference/django-admin.md §2.2, as it is here.

Only what no other test says already: pages, filters, search and actions have tests of their own.
"""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from markupsafe import Markup
from sqlalchemy import Select, select
from sqlalchemy.orm import defer, joinedload, load_only

from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.books import Binding, Book, Loan, Tag
from tests.library.kinds import Notice
from tests.library.people import Author, Member
from tests.library.places import Branch
from tests.pages import Page, Visitor
from webapp.admin.options import display
from webapp.extensions import db

Word = Callable[..., None]


@pytest.fixture
def books(library_app: Flask) -> list[Book]:
    """Three, each with two tags and an author."""
    made: list[Book] = [world.sample_row(Book, number) for number in (1, 2, 3)]
    world.keep(library_app, *made)
    return made


def cell(page: Page, column: int, row: int = 0) -> Any:
    return page.soup.select("tr[data-key]")[row].select("th, td:not(:has(> [name=selected]))")[column]


def heads(page: Page) -> dict[str, str | None]:
    """The direction of each head that says one."""
    return {
        tag.get_text(" ", strip=True).split(" ")[0]: str(tag["aria-sort"])
        for tag in page.soup.select("thead th[aria-sort]")
    }


# What an address may ask for


@pytest.mark.parametrize(
    "query",
    [
        "author.name=x",
        "author__name=x",
        "author__name__startswith=A",
        "author=1",
        "author_id=1",
        "tags__name=old",
        "loans__member__email__startswith=a",
        "branch__parent__name=x",
        "_to_field=isbn",
        "_popup=1",
        "e=1",
        "p=2",
        "o=1",
        "o=-99.x",
        "all=",
        "all=1",
        "page=2",
        "id=1",
        "version__gt=0",
    ],
)
def test_what_crosses_a_relation_or_is_not_declared_is_refused_and_named(
    as_library_alice: Visitor, books: list[Book], query: str
) -> None:
    """Django 1, 3, 4, 15, 17; CVE-2010-4534, CVE-2014-0483: no list is asked about what it does not declare."""
    page = as_library_alice.get(f"/books/?{query}")
    if query == "all=":
        assert page.status == 200, "what is empty is not given"
        return
    assert page.status == 400
    assert page.rows() == []
    assert page.link("without it") == "/books/"
    assert as_library_alice.get("/books/?stage=1").status == 200


def test_a_refused_address_is_no_redirect_that_could_go_round_in_circles(
    as_library_alice: Visitor, books: list[Book]
) -> None:
    """Django 3."""
    for query in ("stage=x", "stage=x&e=1", "size=9999", "published_on=2026-99-01"):
        page = as_library_alice.get(f"/books/?{query}")
        assert (page.status, page.location) == (400, "")


def test_a_query_that_fails_fails_loudly(
    as_library_alice: Visitor, books: list[Book], word: Word, capsys: pytest.CaptureFixture[str]
) -> None:
    """Django 5: a mistake of the developer's is no mistake of the address."""

    def query(user: Any) -> Select[Any]:
        raise ValueError("the developer's own mistake")

    assert as_library_alice.get("/books/").status == 200
    word("books", query=query)
    assert as_library_alice.get("/books/").status == 500
    assert "the developer's own mistake" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "found"),
    [("true", ["with"]), ("false", ["without"]), ("", ["with", "without"]), ("0", None), ("True", None)],
)
def test_is_empty_takes_true_and_false_and_guesses_nothing(
    library_app: Flask, as_library_alice: Visitor, value: str, found: list[str] | None
) -> None:
    """Django 6, where our rule is stricter: what is neither is named rather than taken for one of them."""
    world.keep(
        library_app,
        Author(name="with", born_on=None),
        Author(name="without", born_on=world.DAY),
    )
    page = as_library_alice.get(f"/authors/?born_on__isnull={value}")
    assert (page.status, page.column() or None) == (400 if found is None else 200, found)


# Each row once


def has_tag(name: str) -> Any:
    return lambda user: select(Book).join(Book.tags).where(Tag.name.startswith(name))


@pytest.mark.parametrize("is_distinct", [False, True])
def test_a_query_that_joins_to_many_shows_no_row_twice(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], word: Word, is_distinct: bool
) -> None:
    """Django 8."""
    # Each book has two tags.
    joined = select(Book).join(Book.tags)
    word("books", query=lambda user: joined.distinct() if is_distinct else joined)
    for address in ("/books/", "/books/?q=Book", "/books/?size=25&last=1", "/books/?stage=1&sort=-title"):
        page = as_library_alice.get(address)
        assert sorted(page.column()) == ["Book 001", "Book 002", "Book 003"], address
        assert page.soup.select_one(".page-title p").get_text(strip=True) == "3 books", address  # type: ignore[union-attr]


def test_pages_of_a_query_that_joins_are_full_and_counted(
    library_app: Flask, as_library_alice: Visitor, word: Word
) -> None:
    """Django 8, 19."""
    world.keep(library_app, *(world.sample_row(Book, number) for number in range(30)))
    word("books", query=lambda user: select(Book).join(Book.tags))
    page = as_library_alice.get("/books/?size=25")
    assert len(page.rows()) == 25
    assert "30 books" in page.text
    following = as_library_alice.get(str(next(tag["href"] for tag in page.soup.select(".pager a[rel=next]"))))
    assert page.column() + following.column() == [f"Book {number:03}" for number in range(30)]


def test_what_a_query_joins_is_counted_looked_up_and_acted_on_once(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 8, 56: the other pages that begin with the query."""
    joined = select(Book).join(Book.tags)
    for query in (joined, joined.distinct(), joined.group_by(Book.id)):
        word("books", query=lambda user, query=query: query)
        assert as_library_alice.get("/").status == 200
        assert as_library_alice.get(f"/books/{books[0].id}/change/").status == 200
        found = as_library_alice.get("/reservations/lookup/?field=book").response.get_json()
        assert [one["text"] for one in found["results"]] == ["Book 001", "Book 002", "Book 003"]
    word("books", query=lambda user: joined, list_per_page=2)
    page = as_library_alice.get("/books/?size=2")
    form = page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]
    asked = form.submit("x", action="withdraw", select_across="1")
    assert "3 books" in asked.text
    assert asked.form().submit("_confirm").status == 303
    with library_app.app_context():
        assert None not in db.session.scalars(select(Book.withdrawn_at)).all()


def test_a_list_without_a_join_says_no_distinct(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    """Django 8: it would make the engine sort all rows."""
    with counted(library_app) as statements:
        as_library_alice.get("/books/?q=book&stage=1&sort=-title")
    assert [text for text in statements if "DISTINCT" in text.upper()] == []


# Search


def test_a_search_joins_nothing_however_many_words(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 10: what would be eighty joins is refused before it is any."""
    word("books", list_display=("title",))
    with counted(library_app) as statements:
        assert as_library_alice.get("/books/?q=" + "+".join(["book"] * 30)).column() == [
            "Book 001",
            "Book 002",
            "Book 003",
        ]
    assert [text for text in statements if " books " in text and " JOIN " in text] == []
    assert as_library_alice.get("/books/?q=" + "+".join(f"w{number}" for number in range(80))).status == 400


def test_a_search_looks_at_text_only(library_app: Flask, as_library_alice: Visitor) -> None:
    """Django 12: "true" and "1" do not find every row with a flag or a number."""
    world.keep(library_app, world.sample_row(Member, 1), world.sample_row(Member, 2))
    assert as_library_alice.get("/members/?q=true").rows() == []
    assert as_library_alice.get("/members/?q=foo").rows() == []
    assert len(as_library_alice.get("/members/?q=ana").rows()) == 2


# Order


@pytest.mark.parametrize("ordering", [(), ("stage",), ("-stage",), ("title",)])
def test_rows_that_tie_have_one_order(
    library_app: Flask, as_library_alice: Visitor, word: Word, ordering: tuple[str, ...]
) -> None:
    """Django 13: the key ends every order that is not complete by itself."""
    world.keep(library_app, *(world.sample_row(Book, number) for number in range(7)))
    word("books", ordering=ordering, list_per_page=2)
    page = as_library_alice.get("/books/")
    seen = page.column()
    while link := page.soup.select_one(".pager a[rel=next]"):
        page = as_library_alice.get(str(link["href"]))
        seen += page.column()
    expected = [f"Book {number:03}" for number in range(7)]
    assert seen == (expected[::-1] if ordering == ("-stage",) else expected)


def test_the_order_is_ordering_s_and_not_the_querys(
    as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 13, otherwise here: pages begin at values of the order, so it is declared in one place."""
    word("books", query=lambda user: select(Book).order_by(Book.title.desc()), ordering=())
    assert as_library_alice.get("/books/").column() == ["Book 001", "Book 002", "Book 003"]
    word("books", ordering=("-title",))
    assert as_library_alice.get("/books/").column() == ["Book 003", "Book 002", "Book 001"]


def test_two_columns_may_sort_by_the_same_one(
    as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 14, 16: each head sorts and turns round by its own name."""
    word("books", list_display=("title", "pages", "is_thick"))
    for name in ("pages", "is_thick"):
        up = as_library_alice.get(f"/books/?sort={name}")
        down = as_library_alice.get(f"/books/?sort=-{name}")
        assert (up.column(), down.column()) == (
            ["Book 001", "Book 002", "Book 003"],
            ["Book 003", "Book 002", "Book 001"],
        )
        assert up.soup.select_one(f'thead a[href="/books/?sort=-{name}"]') is not None
        assert down.soup.select_one(f'thead a[href="/books/?sort={name}"]') is not None
    both = as_library_alice.get("/books/?sort=-is_thick,pages")
    assert both.column() == ["Book 003", "Book 002", "Book 001"]
    assert set(heads(both).values()) == {"descending"}


def test_what_the_database_computes_is_sorted_filtered_and_shown(
    library_app: Flask, as_library_alice: Visitor, word: Word
) -> None:
    """Django 14, 25: a hybrid and a column_property are columns like any other."""
    back = world.sample_row(Loan, 1)
    back.returned_on = world.DAY
    world.keep(library_app, back, world.sample_row(Loan, 2))
    word("loans", list_filter=("is_back",))
    assert as_library_alice.get("/loans/?is_back=true").column() == ["Book 001 to Ana 001 Silva 001"]
    assert as_library_alice.get("/loans/?is_back=false").column() == ["Book 002 to Ana 002 Silva 002"]
    page = as_library_alice.get("/loans/?sort=-is_back")
    assert [row[3] for row in page.rows()] == ["Yes", "No"]
    assert cell(page, 3).select_one(".badge-yes") is not None
    assert [row[3] for row in as_library_alice.get("/loans/?sort=is_back").rows()] == ["No", "Yes"]
    word("authors", list_filter=("book_count",))
    names = as_library_alice.get("/authors/?sort=-book_count,name").column()
    assert names == ["Author 001", "Author 002", "Translator 001", "Translator 002"]
    assert as_library_alice.get("/authors/?book_count__gte=1").column() == ["Author 001", "Author 002"]
    word("members", list_filter=("full_name",))
    assert as_library_alice.get("/members/?full_name__contains=001+silva").column() == ["Ana 001 Silva 001"]


# What the developer's query says stays


def test_a_query_that_loads_less_or_more_survives_the_list(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 20."""
    queries = (
        select(Book).options(load_only(Book.title)),
        select(Book).options(defer(Book.summary)),
        select(Book).options(joinedload(Book.author), joinedload(Book.branch).joinedload(Branch.parent)),
    )
    for query in queries:
        word("books", query=lambda user, query=query: query, list_display=("title", "author", "is_back_soon"))
        word("books", is_back_soon=lambda obj: obj.title.upper())
        page = as_library_alice.get("/books/?sort=-title")
        assert page.rows()[0] == ["Book 003", "Author 003", "BOOK 003"]


def test_the_column_of_a_relation_joins_nothing(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 21."""
    word("books", list_display=("title", "author_id"))
    with counted(library_app) as statements:
        page = as_library_alice.get("/books/")
    assert page.rows()[0] == ["Book 001", str(books[0].author_id)]
    assert [text for text in statements if " books" in text and " JOIN " in text] == []


# Cells


@pytest.mark.parametrize("blank", ["", " ", " \t\n ", "\u00a0\u2003"])
def test_nothing_and_blanks_show_the_empty_value(
    library_app: Flask, as_library_alice: Visitor, word: Word, blank: str
) -> None:
    """Django 23."""
    book: Book = world.sample_row(Book)
    book.title, book.translator, book.isbn, book.tags = blank, None, None, []
    world.keep(library_app, book)
    word("books", list_display=("title", "translator", "tags", "isbn", "nothing", "blank"))
    word("books", nothing=lambda obj: None, blank=display("Blank", empty="none")(lambda obj: blank))
    page = as_library_alice.get("/books/")
    assert page.rows() == [["–", "–", "–", "–", "–", "none"]]
    link = cell(page, 0).select_one("a")
    assert (link.get_text(), link["href"]) == ("–", f"/books/{book.id}/change/")


def test_blanks_within_a_name_leave_its_link_in_sight(library_app: Flask, as_library_alice: Visitor) -> None:
    """Django 23."""
    tag = Tag(name="a    b")
    world.keep(library_app, tag)
    link = cell(as_library_alice.get("/tags/"), 0).select_one("a")
    assert (link.get_text(), link["href"]) == ("a    b", f"/tags/{tag.id}/change/")


def test_what_a_method_gives_is_escaped_unless_it_is_markup(
    as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 24."""
    word("books", list_display=("plain", "marked"), list_display_links=None)
    word("books", plain=lambda obj: "<i>x</i>", marked=lambda obj: Markup("<i>y</i>"))
    page = as_library_alice.get("/books/")
    assert page.rows()[0] == ["<i>x</i>", "y"]
    assert cell(page, 0).select_one("i") is None
    assert cell(page, 1).select_one("i") is not None


def test_what_a_method_gives_is_shown_as_a_column_would_show_it(
    library_app: Flask, as_library_alice: Visitor, books: list[Book], word: Word
) -> None:
    """Django 24: numbers, dates, moments and choices in the language and the zone of who looks."""
    given = {
        "number": lambda obj: 12345,
        "exact": lambda obj: Decimal("1234.50"),
        "day": lambda obj: date(2020, 3, 4),
        "moment": lambda obj: world.MOMENT.replace(year=2020),
        "truth": lambda obj: True,
        "binding_again": lambda obj: Binding.HARD_COVER,
    }
    word("books", list_display=("title", *given), **given)
    row = as_library_alice.get("/books/").rows()[0]
    assert row[1:] == ["12,345", "1,234.5", "Mar 4, 2020", "Mar 4, 2020", "Yes", "HARD_COVER"]
    page = as_library_alice.get(f"/books/{books[0].id}/change/")
    word("books", fieldsets=((None, {"fields": tuple(given)}),), readonly_fields=tuple(given))
    page = as_library_alice.get(f"/books/{books[0].id}/change/")
    assert "12,345" in page.text
    assert "Mar 4, 2020" in page.text


def test_display_names_sorts_and_marks_methods_and_properties_of_the_model(
    library_app: Flask,
    as_library_alice: Visitor,
    books: list[Book],
    word: Word,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Django 14, 25: also on the model, and for a property."""

    @display("Long one", order_by="pages", boolean=True)
    def is_long(self: Book) -> bool:
        return (self.pages or 0) > 402

    @display("Shelf mark", order_by="isbn", empty="none yet")
    def mark(self: Book) -> str:
        return ""

    monkeypatch.setattr(Book, "is_long", property(is_long), raising=False)
    monkeypatch.setattr(Book, "mark", mark, raising=False)
    word("books", list_display=("title", "is_long", "mark"))
    page = as_library_alice.get("/books/?sort=-is_long")
    assert page.rows() == [
        ["Book 003", "Yes", "none yet"],
        ["Book 002", "No", "none yet"],
        ["Book 001", "No", "none yet"],
    ]
    assert cell(page, 1).select_one(".badge-yes") is not None
    assert [tag.get_text(" ", strip=True) for tag in page.soup.select("thead th a")][-2:] == [
        "Long one",
        "Shelf mark",
    ]
    assert as_library_alice.get("/books/?sort=mark").status == 200


# Actions


def test_what_was_asked_for_where_the_buttons_are_save_is_saved(
    library_app: Flask, as_library_alice: Visitor, books: list[Book]
) -> None:
    """Django 39, 40: the form of an object runs no action, whatever else is sent with it."""
    form = as_library_alice.get(f"/books/{books[0].id}/change/").form()
    others = [str(book.id) for book in books[1:]]
    page = form.fill(title="Saved").submit(action="delete", selected=others, select_across="1", _confirm="1")
    assert page.status == 303
    with library_app.app_context():
        titles = db.session.scalars(select(Book.title).order_by(Book.id)).all()
        assert (titles, db.session.scalars(select(Book.withdrawn_at)).all()) == (
            ["Saved", "Book 002", "Book 003"],
            [None, None, None],
        )


def test_an_action_leaves_rows_alone_that_only_another_person_sees(library_app: Flask) -> None:
    """Django 36, 38: what a person does not see is as if it were not there."""
    shown, hidden = (Notice(code=code, title=code, is_public=code == "shown") for code in ("shown", "hidden"))
    world.keep(library_app, shown, hidden)
    grants = ("notices.view", "notices.delete")
    bob = signed_in(library_app, add_user(library_app, "bob", grants=grants))
    page = bob.get("/notices/")
    assert page.column() == ["shown"]
    form = page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]
    asked = form.submit("x", action="delete", selected=["shown", "hidden"])
    asked.form("/notices/action/").submit("_confirm")
    with library_app.app_context():
        assert db.session.scalars(select(Notice.code)).all() == ["hidden"]


# Addresses that people stored


def test_a_stored_address_is_a_link_only_where_it_is_a_page(
    library_app: Flask, as_library_alice: Visitor, word: Word
) -> None:
    """CVE-2026-15920, CVE-2013-4249, CVE-2019-12308: in the list, the form, read-only and in the history."""
    bad, good = (
        Author(name="a bad", website="javascript:alert(1)"),
        Author(name="good", website="https://a.example/"),
    )
    world.keep(library_app, bad, good)
    bob = signed_in(library_app, add_user(library_app, "bob", grants=("authors.view",)))

    def leads(page: Page) -> list[str]:
        found = [str(tag["href"]) for tag in page.soup.select("main a[href]")]
        return [href for href in found if "javascript" in href or "a.example" in href]

    addresses = ("/authors/", f"/authors/{bad.id}/change/", f"/authors/{good.id}/change/")
    assert [leads(bob.get(address)) for address in addresses] == [
        ["https://a.example/"],
        [],
        ["https://a.example/"],
    ]
    form = as_library_alice.get(f"/authors/{bad.id}/change/").form()
    assert form.fill(website="javascript:alert(2)").submit().status == 422
    assert form.fill(website="https://b.example/").submit().status == 303
    history = as_library_alice.get(f"/authors/{bad.id}/history/")
    assert "javascript:alert(1)" in history.text
    assert leads(history) == []
    word("authors", readonly_fields=("website",))
    assert leads(as_library_alice.get(f"/authors/{good.id}/change/")) == ["https://a.example/"]
