"""Lists as Django's tests pin them, by the numbers of reference/django-admin.md §2.2, as it is here.

Only what no other test says already: pages, filters and search have tests of their own.
"""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Select, select
from sqlalchemy.orm import defer, joinedload, load_only

from tests.admin.behaviours import Word, cell
from tests.admin.samples import PartAdmin
from tests.conftest import counted
from tests.library import world
from tests.library.books import Book, Loan, Tag
from tests.library.people import Author, Member
from tests.library.places import Branch
from tests.pages import Page, Visitor
from webapp.extensions import db


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
        "branch=1",
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
    # The second would have no effect, and its head could not say so.
    both = as_library_alice.get("/books/?sort=-is_thick,pages")
    assert both.status == 400
    assert "sort by the same column" in both.text


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
    assert cell(page, 3).select_one(".yes") is not None
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
    assert page.rows()[0] == ["Book 001", f"{books[0].author_id:,}"]
    assert [text for text in statements if " books" in text and " JOIN " in text] == []


@pytest.mark.parametrize(
    ("hook", "query", "names"),
    [
        ("get_list_display", "", ("name", "token")),
        ("get_list_columns", "?columns=name,token", ("token",)),
        ("get_list_filter", "?token=canary", ("token",)),
        ("get_list_filter", "?token__contains=can", ("token",)),
        ("get_search_fields", "?q=canary", ("name", "token")),
        ("get_list_display", "?sort=token", ("name", "token")),
    ],
)
def test_a_hook_gives_no_secret_away(
    parts: Flask,
    keeper: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    hook: str,
    query: str,
    names: tuple[str, ...],
) -> None:
    """Neither in a cell nor as an oracle; the start refuses the same of a declaration."""
    monkeypatch.setattr(PartAdmin, hook, lambda self, user: names)
    page = keeper.get(f"/parts/{query}")
    assert page.status == (400 if "token" in query else 200)
    assert all("canary" not in cell for row in page.rows() for cell in row)
    assert hook != "get_search_fields" or page.rows() == []


def test_a_hook_orders_by_no_secret(parts: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cursor would hold its values."""
    monkeypatch.setattr(PartAdmin, "get_ordering", lambda self, user: ("-token", "-name"))
    assert keeper.get("/parts/").column() == ["Nut", "Bolt", "Açaí"]
