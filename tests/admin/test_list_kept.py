"""The statement of a list's page is kept, and is asked each time for the rows of this person and this place."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import Select

from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from webapp.admin.listing import query
from webapp.admin.site import current_site
from webapp.users.admin import UserAdmin
from webapp.users.models import User


def names(visitor: Visitor, address: str) -> list[str]:
    page = visitor.get(address)
    assert page.status == 200
    return [cell.get_text(strip=True) for cell in page.soup.select("tbody th")]


@pytest.fixture
def people(app: Flask) -> list[str]:
    for name in ("bea", "ben", "cai", "dot", "eve"):
        add_user(app, name)
    return ["alice", "bea", "ben", "cai", "dot", "eve"]


def test_a_kept_statement_is_asked_for_each_place(as_alice: Visitor, people: list[str]) -> None:
    for _again in range(2):
        assert names(as_alice, "/users/?size=25") == people
        assert names(as_alice, "/users/?size=25&from=c") == people[3:]
        assert names(as_alice, "/users/?size=25&from=e") == people[5:]
        assert names(as_alice, "/users/?size=25&sort=-username") == people[::-1]
        assert names(as_alice, "/users/?size=25&last=1") == people


def test_leafing_through_a_column_that_is_empty_for_some_shows_everybody_once(
    app: Flask, as_alice: Visitor, people: list[str]
) -> None:
    for name in range(40):
        add_user(app, f"z{name:02}")
    for sort in ("last_login_at", "-last_login_at"):
        found: list[str] = []
        address: str | None = f"/users/?size=25&sort={sort}"
        while address:
            page = as_alice.get(address)
            found += [cell.get_text(strip=True) for cell in page.soup.select("tbody th")]
            link = page.soup.select_one("a[rel=next]")
            address = str(link["href"]) if link else None
        assert sorted(found) == sorted([*people, *(f"z{name:02}" for name in range(40))])


def test_it_is_made_once_for_each_list_and_not_for_each_place(
    app: Flask, as_alice: Visitor, people: list[str]
) -> None:
    as_alice.get("/users/?size=25&from=b")
    before = query._page_of_all.cache_info().misses
    for letter in "abcd":
        as_alice.get(f"/users/?size=25&from={letter}")
    assert query._page_of_all.cache_info().misses == before
    as_alice.get("/users/?size=50&from=b")
    assert query._page_of_all.cache_info().misses == before + 1


class Own(UserAdmin):
    def query(self, user: User) -> Select[User]:
        return super().query(user).where(User.username.startswith(user.username[:1]))


@pytest.fixture
def only_like_oneself(app: Flask) -> Iterator[None]:
    """An admin whose rows depend on who looks."""
    with app.app_context():
        users = current_site().admin("users")
    users.__class__ = Own
    yield
    users.__class__ = UserAdmin


@pytest.mark.usefixtures("only_like_oneself")
def test_where_rows_depend_on_who_looks_nothing_is_kept(
    app: Flask, as_alice: Visitor, people: list[str]
) -> None:
    as_bob = signed_in(app, add_user(app, "bob", grants=("users.view",)))
    for _again in range(2):
        for place in ("", "&from=a"):
            assert names(as_alice, f"/users/?size=25{place}") == ["alice"]
            assert names(as_bob, f"/users/?size=25{place}") == ["bea", "ben", "bob"]
