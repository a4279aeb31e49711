"""Relations as filters: whatever a row leads to, each row once, and nothing that the person may not see."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.datastructures import MultiDict

from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.books import Book, Loan, Tag, book_tags
from tests.library.people import Author, Card, Member
from tests.library.places import Branch
from tests.pages import Form, Page, Visitor
from webapp.admin.listing.counting import count_rows
from webapp.admin.listing.filters import relations
from webapp.admin.listing.query import narrowed
from webapp.admin.listing.state import list_spec, parse_state
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import Group, User


@pytest.fixture
def shelf(library_app: Flask) -> dict[str, Any]:
    """Books by two authors, with none to three tags, one of them translated and lent."""
    ann, ben = Author(name="Ann"), Author(name="Ben")
    red, blue = Tag(name="red"), Tag(name="blue")
    books = [
        Book(title="a", slug="a", author=ann, translator=ben, tags=[red, blue]),
        Book(title="b", slug="b", author=ben, tags=[red]),
        Book(title="c", slug="c", author=ann),
    ]
    member = Member(first_name="Mia", last_name="Lee", email="mia@sample.test", card=Card(number="7"))
    loan = Loan(member=member, book=books[0])
    world.keep(library_app, ann, ben, red, blue, *books, member, loan)
    return {
        "ann": ann.id,
        "ben": ben.id,
        "red": red.id,
        "blue": blue.id,
        "loan": f"{member.id},{books[0].id}",
    }


def found(visitor: Visitor, query: str, keys: dict[str, Any]) -> list[str]:
    page = visitor.get(f"/books/?{query.format(**keys)}")
    assert page.status == 200, page.soup.get_text(" ", strip=True)
    return page.column()


def chip(page: Page) -> str:
    [tag] = page.soup.select(".chip-filter summary")
    return re.sub(r"\s+", " ", tag.get_text(" ", strip=True))


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("author={ann}", ["a", "c"]),
        ("author__eq={ben}", ["b"]),
        ("author={ann}&author={ben}", ["a", "b", "c"]),
        ("author__in={ann},{ben}", ["a", "b", "c"]),
        ("author__ne={ann}", ["b"]),
        ("author__ne={ann}&author__ne={ben}", []),
        ("author=424242", []),
        ("author__ne=424242", ["a", "b", "c"]),
        ("author__isnull=true", []),
        ("translator={ben}", ["a"]),
        ("translator__ne={ben}", ["b", "c"]),
        ("translator__isnull=true", ["b", "c"]),
        ("translator__isnull=false", ["a"]),
        ("tags={red}", ["a", "b"]),
        ("tags={blue}", ["a"]),
        ("tags={red}&tags={blue}", ["a", "b"]),
        ("tags__in={red},{blue}", ["a", "b"]),
        ("tags__ne={blue}", ["b", "c"]),
        ("tags__isnull=true", ["c"]),
        ("tags__isnull=false", ["a", "b"]),
        ("tags=424242", []),
        ("loans={loan}", ["a"]),
        ("loans__in={loan}", ["a"]),
        ("loans__ne={loan}", ["b", "c"]),
        ("loans__isnull=false", ["a"]),
        ("author={ann}&tags={red}&q=a", ["a"]),
    ],
)
def test_a_relation_narrows_to_the_rows_that_lead_there_each_of_them_once(
    as_library_alice: Visitor, shelf: dict[str, Any], query: str, titles: list[str]
) -> None:
    assert found(as_library_alice, query, shelf) == titles


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("author=ann", "author"),
        ("author=-", "author"),
        ("author=99999999999999999999", "author"),
        ("author=1,2", "author"),
        ("author__in=1,,2", "author__in"),
        ("author__gt=1", "author__gt"),
        ("author__name=Ann", "author__name"),
        ("author__name__contains=A", "author__name__contains"),
        ("author.name=Ann", "author.name"),
        ("author__isnull=1", "author__isnull"),
        ("author=me", "author"),
        ("author_id=1", "author_id"),
        ("loans=1", "loans"),
        ("loans__in=1,2,3", "loans__in"),
        ("branch=1", "branch"),
        ("author__in=" + ",".join("1" * 101), "author__in"),
    ],
)
def test_what_is_no_key_of_a_declared_relation_is_refused_by_name(
    as_library_alice: Visitor, query: str, part: str
) -> None:
    page = as_library_alice.get(f"/books/?{query}")
    assert page.status == 400
    assert f"“{part}”" in page.text


def test_a_tree_leads_to_itself(library_app: Flask, as_library_alice: Visitor) -> None:
    root, leaf = Branch(name="root"), Branch(name="leaf")
    leaf.parent = root
    world.keep(library_app, root, leaf)
    for query, names in (
        (f"parent={root.id}", ["leaf"]),
        (f"children={leaf.id}", ["root"]),
        ("parent__isnull=true", ["root"]),
        ("children__isnull=true", ["leaf"]),
        (f"children__ne={leaf.id}", ["leaf"]),
    ):
        assert as_library_alice.get(f"/branches/?{query}").column() == names, query


def test_the_other_side_of_a_one_to_one_is_found_too(
    library_app: Flask, as_library_alice: Visitor, shelf: dict[str, Any]
) -> None:
    other = Member(first_name="Noa", last_name="Ray", email="noa@sample.test")
    world.keep(library_app, other)
    with library_app.app_context():
        card = db.session.scalars(select(Card)).one().id
    assert as_library_alice.get(f"/members/?card={card}").column() == ["Mia Lee"]
    assert as_library_alice.get("/members/?card__isnull=true").column() == ["Noa Ray"]


def test_a_relation_makes_no_distinct_and_no_join(library_app: Flask, shelf: dict[str, Any]) -> None:
    with library_app.test_request_context():
        alice = add_user(library_app, "alice", is_superuser=True)
        spec = list_spec(current_site().admin("books"), alice)
        for query in ({"tags": str(shelf["red"])}, {"author": str(shelf["ann"])}, {"loans": shelf["loan"]}):
            state = parse_state(spec, MultiDict(query))
            sql = str(narrowed(spec, state, alice))
            assert "DISTINCT" not in sql
            assert "JOIN" not in sql.partition("WHERE")[0]
        assert count_rows(spec, parse_state(spec, MultiDict({"tags": str(shelf["red"])})), alice).number == 2


@pytest.mark.parametrize("few", [0, 1, 100])
def test_a_common_object_is_asked_for_row_by_row_and_a_rare_one_looked_up(
    library_app: Flask,
    as_library_alice: Visitor,
    shelf: dict[str, Any],
    monkeypatch: pytest.MonkeyPatch,
    few: int,
) -> None:
    """On SQLite the wrong way reads a table of a million rows, or half of it."""
    monkeypatch.setattr(relations, "FEW", few)
    for query, titles in (
        ("tags={red}", ["a", "b"]),
        ("tags={blue}", ["a"]),
        ("tags__ne={red}", ["c"]),
        ("tags__in={red},{blue}", ["a", "b"]),
    ):
        assert found(as_library_alice, query, shelf) == titles
    with counted(library_app) as statements:
        found(as_library_alice, "tags={red}", shelf)
    rows = [one for one in statements if "FROM books" in one]
    assert rows
    assert any("EXISTS" in one for one in rows) == (few < 2), "two books are red"


# What the chip says, and who may know


def test_a_chip_tells_what_the_key_stands_for_in_one_statement(
    library_app: Flask, as_library_alice: Visitor, shelf: dict[str, Any]
) -> None:
    assert chip(as_library_alice.get(f"/books/?author={shelf['ann']}")) == "Author Ann"
    assert chip(as_library_alice.get(f"/books/?tags__ne={shelf['red']}")) == "Tags is not red"
    page = as_library_alice.get(f"/books/?author={shelf['ann']}&author={shelf['ben']}")
    assert chip(page) == "Author Ann or Ben"
    assert chip(as_library_alice.get(f"/books/?loans={shelf['loan']}")) == "Loans a to Mia Lee"
    with counted(library_app) as plain:
        as_library_alice.get("/books/?stage=0")
    with counted(library_app) as statements:
        as_library_alice.get(
            "/books/?author={ann}&translator={ben}&tags={red}&tags={blue}&loans={loan}".format(**shelf)
        )
    assert len(statements) == len(plain) + 2, "the texts of all, and how common the tags are"
    with counted(library_app) as statements:
        as_library_alice.get("/books/?author={ann}&translator={ben}&loans={loan}".format(**shelf))
    assert len(statements) == len(plain) + 1, statements


def test_an_object_that_is_not_visible_is_as_one_that_is_not_there(
    library_app: Flask,
    as_library_alice: Visitor,
    shelf: dict[str, Any],
    word: Callable[..., None],
) -> None:
    """Else who may see a book and not its author would learn which books are his."""

    def without_ann(user: Any) -> Any:
        return select(Author).where(Author.name != "Ann")

    word("authors", query=without_ann)
    for query, titles in (
        ("author={ann}", []),
        ("author__ne={ann}", ["a", "b", "c"]),
        ("author={ben}", ["b"]),
    ):
        assert found(as_library_alice, query, shelf) == titles
    page = as_library_alice.get(f"/books/?author={shelf['ann']}")
    assert chip(page) == f"Author {shelf['ann']}"
    assert chip(as_library_alice.get("/books/?author=424242")) == "Author 424242"


def test_who_may_not_see_the_other_model_has_no_such_filter(
    library_app: Flask, shelf: dict[str, Any]
) -> None:
    bob = signed_in(library_app, add_user(library_app, "bob", grants=("books.view", "tags.view")))
    page = bob.get("/books/")
    assert page.soup.select_one('.filters [name="tags"]') is not None
    assert page.soup.select_one('.filters [name="author"]') is None
    assert bob.get(f"/books/?author={shelf['ann']}").status == 400
    assert bob.get("/books/?author=x").text.count("does not know it") == 1
    assert found(bob, "tags={blue}", shelf) == ["a"]


def test_the_row_rule_of_the_other_admin_counts_too(
    library_app: Flask, as_library_alice: Visitor, shelf: dict[str, Any], word: Callable[..., None]
) -> None:
    def can(user: Any, verb: str, obj: Any = None) -> bool:
        return obj is None or obj.name != "Ann"

    word("authors", can=can)
    assert found(as_library_alice, "author={ann}", shelf) == []
    assert found(as_library_alice, "author={ben}", shelf) == ["b"]


# Choosing


def test_the_panel_chooses_by_the_lookup_and_never_lists_the_others(
    library_app: Flask, as_library_alice: Visitor, shelf: dict[str, Any]
) -> None:
    page = as_library_alice.get(f"/books/?author={shelf['ann']}")
    box = page.soup.select_one("#filter-form [data-lookup]:has([name=author])")
    assert box is not None
    assert box.a is not None
    assert box.a["href"] == "/books/lookup/?field=author"
    assert "Ben" not in box.get_text(" ")
    assert [tag["value"] for tag in box.select("[type=checkbox][checked]")] == [str(shelf["ann"])]
    fields = Form(page, page.soup.select_one("#filter-form")).fill(author=str(shelf["ben"])).fields
    other = as_library_alice.get(
        "/books/", query_string={name: value for name, value in fields.items() if value}
    )
    assert other.column() == ["b"]


def test_a_chip_of_a_relation_is_changed_and_removed(
    as_library_alice: Visitor, shelf: dict[str, Any]
) -> None:
    page = as_library_alice.get("/books/?author={ann}&tags={red}&size=25".format(**shelf))
    assert page.column() == ["a"]
    assert page.follow("Remove Tags").column() == ["a", "c"]
    form = page.soup.select_one('.chip-filter:has(a[href*="field=author"]) form')
    fields = Form(page, form).fill(author=[str(shelf["ben"])]).fields
    other = as_library_alice.get("/books/", query_string=fields)
    assert other.column() == ["b"]
    assert "size=25" in other.address


def test_who_may_view_the_list_may_look_up_what_it_is_narrowed_by(
    library_app: Flask, shelf: dict[str, Any]
) -> None:
    bob = signed_in(library_app, add_user(library_app, "bob", grants=("books.view", "tags.view")))
    answer = bob.get("/books/lookup/?field=tags")
    assert [one["text"] for one in answer.response.get_json()["results"]] == ["red", "blue"]
    html = Page(bob, bob.client.get("/books/lookup/?field=tags", headers={"Accept": "text/html"}))
    assert [tag.get_text(strip=True) for tag in html.soup.select(".choices a")] == ["red", "blue"]
    assert bob.get("/books/lookup/?field=author").status == 403, "not who may not see them"
    assert bob.get("/books/lookup/?field=branch").status == 403, (
        "the form is not his, the filter is not there"
    )
    assert bob.get("/books/lookup/?field=title").status == 403
    charlie = signed_in(library_app, add_user(library_app, "charlie", grants=("tags.view",)))
    assert charlie.get("/books/lookup/?field=tags").status == 403


# People


def test_people_are_found_by_their_groups(app: Flask, as_alice: Visitor) -> None:
    readers, writers = Group(name="Readers"), Group(name="Writers")
    dora, emil = add_user(app, "dora"), add_user(app, "emil")
    with app.app_context():
        db.session.add_all([readers, writers])
        db.session.get_one(User, dora.id).groups = [readers, writers]
        db.session.get_one(User, emil.id).groups = [readers]
        db.session.commit()
        keys = readers.id, writers.id
    assert as_alice.get(f"/users/?groups={keys[0]}").column() == ["dora", "emil"]
    assert as_alice.get(f"/users/?groups={keys[1]}").column() == ["dora"]
    page = as_alice.get(f"/users/?groups={keys[0]}&groups={keys[1]}")
    assert page.column() == ["dora", "emil"]
    assert chip(page) == "Groups Readers or Writers"
    assert as_alice.get("/users/?groups__isnull=true").column() == ["alice"]


def test_to_many_rows_are_counted_once(library_app: Flask, as_library_alice: Visitor) -> None:
    author, tags = Author(name="Ann"), [Tag(name=f"tag {number}") for number in range(5)]
    books = [Book(title=f"{number:03}", slug=f"{number}", author=author, tags=tags) for number in range(60)]
    world.keep(library_app, author, *tags, *books)
    keys = "&".join(f"tags={tag.id}" for tag in tags)
    first = as_library_alice.get(f"/books/?{keys}&size=25")
    second = first.follow("Next page")
    third = second.follow("Next page")
    seen = [*first.column(), *second.column(), *third.column()]
    assert seen == [f"{number:03}" for number in range(60)]
    assert "60 books" in first.text
    with library_app.app_context():
        assert db.session.execute(select(book_tags)).all()
