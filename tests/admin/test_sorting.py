"""Sorting by several keys: each is told, turned round and removed by a link, and another one is added by one."""

from collections.abc import Callable
from urllib.parse import unquote

import pytest
from bs4 import Tag
from flask import Flask

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Author, Book
from tests.pages import Page, Visitor


@pytest.fixture
def people(app: Flask, as_alice: Visitor) -> Visitor:
    for name, full_name, is_staff in (("dora", "B", True), ("emil", "A", True), ("fritz", "B", False)):
        add_user(app, name, full_name=full_name, is_staff=is_staff)
    return as_alice


def chips(page: Page) -> list[str]:
    return [" ".join(tag.a.get_text(" ").split()) for tag in page.soup.select(".chip-sort") if tag.a]


def address_of(page: Page) -> str:
    return unquote(page.address)


def links(page: Page, selector: str) -> dict[str, str]:
    return {tag.get_text(" ", strip=True): str(tag["href"]) for tag in page.soup.select(selector)}


def test_each_key_is_told_in_its_place(people: Visitor) -> None:
    page = people.get("/users/?sort=-is_staff,full_name,username&columns=username,full_name,is_staff")
    assert chips(page) == [
        "Sorted by Staff ↓ descending, turn round",
        "then by Full name ↑ ascending, turn round",
        "then by Username ↑ ascending, turn round",
    ]
    assert page.column()[-1] == "fritz"
    heads = {tag.get_text(strip=True): tag.get("aria-sort") for tag in page.soup.select("thead th")}
    assert {words: sort for words, sort in heads.items() if sort} == {
        "Staff1": "descending",
        "Full name2": "ascending",
        "Username3": "ascending",
    }


def test_the_order_that_the_model_declares_has_no_chips(people: Visitor) -> None:
    assert chips(people.get("/users/")) == []


def test_a_key_is_turned_round_and_removed_where_it_stands(people: Visitor) -> None:
    page = people.get("/users/?q=r&sort=-is_staff,full_name,username&size=25")
    turned = [str(tag.a["href"]) for tag in page.soup.select(".chip-sort") if tag.a]
    assert [address_of(people.get(address)) for address in turned] == [
        "/users/?q=r&size=25&sort=is_staff,full_name,username",
        "/users/?q=r&size=25&sort=-is_staff,-full_name,username",
        "/users/?q=r&size=25&sort=-is_staff,full_name,-username",
    ]
    page = page.follow("Do not sort by Full name")
    assert address_of(page) == "/users/?q=r&size=25&sort=-is_staff,username"
    page = page.follow("Do not sort by Staff").follow("Do not sort by Username")
    assert address_of(page) == "/users/?q=r&size=25"


def test_another_key_is_added_from_a_menu_of_those_that_are_left(people: Visitor) -> None:
    page = people.get("/users/?sort=-is_staff")
    further = links(page, ".dropdown-panel .menu-item[href*='sort=-is_staff%2C']")
    assert {"Username", "Full name", "Last sign-in", "Number"} <= set(further)
    assert "Staff" not in further
    page = people.get(further["Full name"])
    assert address_of(page) == "/users/?sort=-is_staff,full_name"
    assert page.column()[:2] in (["alice", "emil"], ["emil", "dora"])


def test_a_head_knows_the_list_with_itself_as_one_more_key(people: Visitor) -> None:
    def further(page: Page, label: str) -> str | None:
        head = next(tag for tag in page.soup.select("thead th a") if label in tag.get_text())
        found = head.get("data-further")
        # As the script puts it into the address.
        return (
            None
            if found is None
            else address_of(people.get(f"{str(head['href']).rpartition('=')[0]}={found}"))
        )

    columns = "columns=username,email,is_staff"
    page = people.get(f"/users/?{columns}&sort=-is_staff,username")
    assert further(page, "E-mail") == f"/users/?{columns}&sort=-is_staff,username,email"
    assert further(page, "Staff") == f"/users/?{columns}&sort=is_staff,username"
    assert further(page, "Username") == f"/users/?{columns}&sort=-is_staff,-username"
    # With nothing chosen the first key is added by a plain click.
    assert further(people.get("/users/"), "E-mail") is None


def test_two_columns_that_sort_by_the_same_one_are_one_key(
    library_app: Flask, word: Callable[..., None]
) -> None:
    word("books", list_display=("title", "pages", "is_thick"))
    world.keep(library_app, Book(title="Emma", slug="emma", author=Author(name="Ann")))
    visitor = signed_in(library_app, add_user(library_app, "alice", is_superuser=True))
    refused = visitor.get("/books/?q=a&sort=is_thick,-pages")
    assert refused.status == 400
    assert "“is_thick” and “pages” sort by the same column." in refused.text
    assert refused.link("without it") == "/books/?q=a"
    page = visitor.get("/books/?sort=title,is_thick")
    heads = {tag.get_text(strip=True): tag for tag in page.soup.select("thead th")}
    assert [heads[name]["aria-sort"] for name in ("Pages2", "Thick2")] == ["ascending", "ascending"]
    for name in ("Pages2", "Thick2"):
        [link] = heads[name].select("a")
        assert unquote(str(link["data-further"])) == "title,-is_thick"
    further = links(page, ".dropdown-panel .menu-item[href*='sort=title%2C']")
    assert not {"Pages", "Thick"} & set(further)


def test_a_computed_column_is_called_as_it_is_shown(sample_app: Flask, as_sample_alice: Visitor) -> None:
    page = as_sample_alice.get("/computed/?sort=-length,size")
    assert chips(page)[0].startswith("Sorted by Length ↓")
    assert address_of(page.follow("Do not sort by Size")) == "/computed/?sort=-length"
    assert isinstance(page.soup.select_one(".chip-sort"), Tag)
