"""Search everywhere: a few rows of each model that one may see, and the pages that are called so."""

from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.people import Author
from tests.pages import Page, Visitor
from webapp.admin.everywhere import MAX_MODELS, MAX_ROWS
from webapp.admin.site import current_site
from webapp.search_index import index_of
from webapp.users.models import User

JSON = {"Accept": "application/json"}


@pytest.fixture
def people(library_app: Flask) -> list[Author]:
    made = [Author(name=f"Person {number:03}") for number in range(MAX_ROWS + 3)]
    world.keep(library_app, *made)
    return made


def groups(page: Page) -> dict[str, list[str]]:
    """The headings of what was found, and the links under each."""
    assert page.status == 200, page.text
    return {
        section.h2.get_text(strip=True): [tag.get_text(" ", strip=True) for tag in section.select("a")]
        for section in page.soup.select("main section")
        if section.h2 is not None
    }


def results(visitor: Visitor, q: str) -> list[dict[str, str]]:
    answer = visitor.client.get(f"/search?q={quote(q)}", headers=JSON)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, str]] = answer.get_json()["results"]
    return found


def test_it_shows_the_first_rows_of_a_model_and_the_way_to_all(
    as_library_alice: Visitor, people: list[Author]
) -> None:
    page = as_library_alice.get("/search?q=person")
    found = groups(page)
    assert found["Authors"] == [
        *(f"Person {number:03}" for number in range(MAX_ROWS)),
        "All that match in Authors",
    ]
    assert page.link("Person 000") == f"/authors/{people[0].id}/change/"
    assert len(page.follow("All that match in Authors").rows()) == len(people)


def test_all_words_are_found_in_any_column_of_any_model(as_library_alice: Visitor, bob: User) -> None:
    found = groups(as_library_alice.get("/search?q=BOB+example.org"))
    assert found == {"Users": ["bob", "All that match in Users"]}
    assert groups(as_library_alice.get("/search?q=bob+nowhere")) == {}


def test_lists_and_forms_are_found_by_their_names(as_library_alice: Visitor) -> None:
    page = as_library_alice.get("/search?q=author")
    assert groups(page)["Go to"] == ["Authors", "Add author"]
    assert (page.link("Add author"), page.link("Authors")) == ("/authors/add/", "/authors/")


@pytest.mark.parametrize(("q", "found"), [("usuarios", True), ("USUÁRIOS", True), ("\u0301", False)])
def test_accents_make_no_difference_among_pages(library_app: Flask, q: str, found: bool) -> None:
    person = add_user(library_app, "bob", grants=("users.view",), locale="pt_BR")
    there = groups(signed_in(library_app, person).get(f"/search?q={quote(q)}"))
    assert ("Usuários" in there.get("Ir para", [])) is found


def test_a_form_is_found_by_those_who_may_add(library_app: Flask) -> None:
    reader = signed_in(library_app, add_user(library_app, "bob", grants=("authors.view",)))
    writer = signed_in(library_app, add_user(library_app, "eve", grants=("authors.view", "authors.add")))
    assert groups(reader.get("/search?q=author")) == {"Go to": ["Authors"]}
    assert groups(writer.get("/search?q=author")) == {"Go to": ["Authors", "Add author"]}


def test_before_anything_is_typed_and_where_nothing_is_found_it_says_so(as_alice: Visitor) -> None:
    assert "Find anything" in as_alice.get("/search").text
    for blank in ("", "++", "%22%22"):
        assert "Find anything" in as_alice.get(f"/search?q={blank}").text
    page = as_alice.get("/search?q=zzz")
    assert "Nothing matches" in page.text
    assert "0 results" in page.text
    assert page.title.startswith("Search: zzz")


def test_what_is_found_is_written_as_text(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "<b>bold</b>")
    page = as_alice.get("/search?q=%3Cb%3E")
    assert groups(page)["Users"][0] == "<b>bold</b>"
    assert page.soup.select("main b") == []


# Who sees what


def test_charlie_who_may_see_nothing_finds_nothing(as_charlie: Visitor, alice: User) -> None:
    assert results(as_charlie, "alice") == []
    assert groups(as_charlie.get("/search?q=user")) == {}


def test_bob_finds_what_he_may_read_and_nothing_else(
    library_app: Flask, people: list[Author], monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = signed_in(library_app, add_user(library_app, "bob", grants=("authors.view",)))
    assert {found["group"] for found in results(visitor, "o")} == {"Go to", "Authors"}
    assert results(visitor, "bob") == []
    with library_app.app_context():
        admin = current_site().admin("authors")
    monkeypatch.setattr(admin, "query", lambda user: select(Author).where(Author.name != "Person 000"))
    assert results(visitor, "000") == []
    monkeypatch.undo()
    assert [found["text"] for found in results(visitor, "000")] == ["Person 000", "All that match in Authors"]


def test_an_object_that_one_may_not_view_is_not_shown(
    library_app: Flask, as_library_alice: Visitor, people: list[Author], word: Any
) -> None:
    assert "Person 000" in groups(as_library_alice.get("/search?q=person"))["Authors"]
    word("authors", can=lambda user, verb, obj=None: obj is None or obj.name != "Person 000")
    assert "Person 000" not in groups(as_library_alice.get("/search?q=person"))["Authors"]


def test_a_model_without_search_fields_is_not_searched(
    as_library_alice: Visitor, people: list[Author], word: Any
) -> None:
    assert "Authors" in groups(as_library_alice.get("/search?q=person"))
    word("authors", search_fields=())
    assert "Authors" not in groups(as_library_alice.get("/search?q=person"))


# What scripts are told


def test_scripts_are_told_the_same(as_library_alice: Visitor, people: list[Author]) -> None:
    found = [one for one in results(as_library_alice, "person") if one["group"] == "Authors"]
    assert found[0] == {
        "group": "Authors",
        "text": "Person 000",
        "href": f"/authors/{people[0].id}/change/",
        "icon": "table",
    }
    assert found[-1]["href"] == "/authors/?q=person"
    assert results(as_library_alice, "") == []


def test_a_stranger_who_is_a_script_is_told_in_json_and_one_who_is_not_may_sign_in(stranger: Visitor) -> None:
    answer = stranger.client.get("/search?q=a", headers=JSON)
    assert (answer.status_code, answer.is_json) == (401, True)
    assert stranger.get("/search?q=a").status == 303


# What it costs


def test_it_costs_one_statement_a_model_and_one_more_for_its_index_however_much_there_is(
    library_app: Flask, as_library_alice: Visitor, people: list[Author]
) -> None:
    with library_app.app_context():
        searched = [one for one in current_site() if one.search_fields]
        has_index = [one for one in searched[:MAX_MODELS] if index_of(one.info.mapper.local_table)]
    assert len(searched) > MAX_MODELS
    # How long tables are is known for a minute.
    as_library_alice.get("/search?q=person")
    with counted(library_app) as statements:
        as_library_alice.get("/search?q=person")
    assert len(statements) <= 1 + MAX_MODELS + len(has_index), statements
    with counted(library_app) as statements:
        as_library_alice.get("/search")
    assert len(statements) == 1, statements


def test_it_says_which_models_it_left_out(library_app: Flask, as_library_alice: Visitor) -> None:
    page = as_library_alice.get("/search?q=person")
    assert "Not searched:" in page.text
    assert as_library_alice.client.get("/search?q=person", headers=JSON).get_json()["note"]
    eve = signed_in(library_app, add_user(library_app, "eve", grants=("authors.view",)))
    assert "Not searched:" not in eve.get("/search?q=person").text


def test_a_text_that_reads_what_is_not_loaded_is_told_to_the_developer(
    library_app: Flask, as_library_alice: Visitor, word: Any, caplog: pytest.LogCaptureFixture
) -> None:
    with library_app.app_context():
        for one in current_site():
            if one.name not in ("loans", "users"):
                word(one.name, search_fields=())
    loan = world.sample_row(world.Loan)
    loan.note = "findable"
    world.keep(library_app, loan)
    assert len(groups(as_library_alice.get("/search?q=findable"))["Loans"]) == 2
    word("loans", list_select_related=())
    assert as_library_alice.get("/search?q=findable").status == 500
    assert "Name it in LoanAdmin.list_select_related" in caplog.text


# What makes no sense


@pytest.mark.parametrize(
    "query",
    [
        "x=1",
        "q=a&x=1",
        "q=a&q=b",
        "q=" + "x" * 201,
        "q=a+b+c+d+e+f+g+h+i+j+k",
        "q=%00",
        "q=a%00",
        "q=a&%00=1",
    ],
)
def test_what_makes_no_sense_is_refused_in_words(as_alice: Visitor, query: str) -> None:
    page = as_alice.get(f"/search?{query}")
    assert page.status == 400
    assert page.link("Search") == "/search"
    answer = as_alice.client.get(f"/search?{query}", headers=JSON)
    assert answer.status_code == 400
    assert answer.get_json()["error"]


@pytest.mark.parametrize("text", ["%FF", "%ED%A0%80"])
def test_half_characters_are_refused(as_alice: Visitor, text: str) -> None:
    assert as_alice.get(f"/search?q={text}").status == 400


@pytest.mark.parametrize("q", ["x" * 200, "a b c d e f g h i j", "'\";--", "%", "\\", "‮"])
def test_whatever_can_be_typed_is_searched_for(as_alice: Visitor, q: str) -> None:
    assert as_alice.get(f"/search?q={quote(q)}").status == 200
