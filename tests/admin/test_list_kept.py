"""The statement of a list's page is kept, and is asked each time for the rows of this person and this place."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from flask import Flask
from sqlalchemy import Select
from werkzeug.datastructures import MultiDict

from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from webapp.admin.listing import kept
from webapp.admin.listing.state import list_spec, parse_state
from webapp.admin.site import current_site
from webapp.extensions import db
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
    before = kept._page_of_shape.cache_info().misses
    for letter in "abcd":
        as_alice.get(f"/users/?size=25&from={letter}")
    assert kept._page_of_shape.cache_info().misses == before
    as_alice.get("/users/?size=50&from=b")
    assert kept._page_of_shape.cache_info().misses == before + 1


def test_a_filter_makes_it_once_for_all_values(app: Flask, as_alice: Visitor, people: list[str]) -> None:
    add_user(app, "yan", is_active=False)
    as_alice.get("/users/?size=25&is_active=true&username__ne=bea")
    before = kept._page_of_shape.cache_info().misses
    for _again in range(2):
        assert names(as_alice, "/users/?size=25&is_active=true&username__ne=eve") == people[:-1]
        assert names(as_alice, "/users/?size=25&is_active=false&username__ne=eve") == ["yan"]
        assert names(as_alice, "/users/?size=25&is_active=false&username__ne=yan") == []
    assert kept._page_of_shape.cache_info().misses == before
    # More values, and an emptiness that is none, are other conditions.
    assert names(as_alice, "/users/?size=25&username=eve&username=bea") == ["bea", "eve"]
    assert names(as_alice, "/users/?size=25&username=dot") == ["dot"]
    assert names(as_alice, "/users/?size=25&username__ne=eve&username__ne=bea&username__ne=yan") == [
        "alice",
        "ben",
        "cai",
        "dot",
    ]
    assert names(as_alice, "/users/?size=25&last_login_at__isnull=false") == ["alice"]
    assert names(as_alice, "/users/?size=25&last_login_at__isnull=true") == [*people[1:], "yan"]


def test_a_filter_is_on_every_page_of_what_it_leaves(app: Flask, as_alice: Visitor) -> None:
    for number in range(60):
        add_user(app, f"u{number:02}", is_active=number % 2 == 0)
    page = as_alice.get("/users/?size=25&is_active=true")
    found = [cell.get_text(strip=True) for cell in page.soup.select("tbody th")]
    link = page.soup.select_one("a[rel=next]")
    assert link is not None
    found += names(as_alice, str(link["href"]))
    assert found == ["alice", *(f"u{number:02}" for number in range(0, 60, 2))]


def test_a_search_that_finds_few_makes_it_once_for_all_words(
    app: Flask, as_alice: Visitor, people: list[str]
) -> None:
    for name in ("beatrice", "evelyn"):
        add_user(app, name, is_active=False)
    assert names(as_alice, "/users/?size=25&q=bea&is_active=true") == ["bea"]
    before = kept._page_of_shape.cache_info().misses
    for _again in range(2):
        assert names(as_alice, "/users/?size=25&q=eve&is_active=true") == ["eve"]
        assert names(as_alice, "/users/?size=25&q=eve&is_active=false") == ["evelyn"]
        assert names(as_alice, "/users/?size=25&q=nobodyatall&is_active=true") == []
    with app.app_context():
        is_told = db.engine.dialect.name == "postgresql"
    # What the others have found they look at once more, so words are in the statement.
    assert (kept._page_of_shape.cache_info().misses == before) or not is_told
    assert names(as_alice, "/users/?size=25&q=eve") == ["eve", "evelyn"]
    assert names(as_alice, "/users/?size=25&q=eve&sort=-username") == ["evelyn", "eve"]


def test_today_is_another_day_tomorrow_and_elsewhere(app: Flask) -> None:
    night = datetime(2026, 11, 28, 1, 30, tzinfo=UTC)
    early = datetime(1990, 1, 1, tzinfo=UTC)
    for name, hour in (("late", 1), ("noon", 12)):
        add_user(app, name, created_at=night.replace(hour=hour))
    people = [
        add_user(app, zone[:4].lower(), is_superuser=True, timezone=zone, created_at=early)
        for zone in ("UTC", "America/Sao_Paulo")
    ]
    day = "created_at__year=2026&created_at__month=11&created_at__day=28"
    for _again in range(2):
        with time_machine.travel(night, tick=False):
            here, there = (signed_in(app, person) for person in people)
            assert names(here, "/users/?created_at=today") == ["late", "noon"]
            assert names(there, "/users/?created_at=today") == ["late"]
            assert names(here, f"/users/?{day}") == ["late", "noon"]
            assert names(there, f"/users/?{day}") == ["noon"]
        with time_machine.travel(night.replace(day=29), tick=False):
            assert names(signed_in(app, people[0]), "/users/?created_at=today") == []


@pytest.mark.parametrize(
    ("query", "is_kept"),
    [
        ("", True),
        ("is_active=true&created_at__last=7&last_login_at__gte=today&last_login_at__lte=today", True),
        ("username=" + "&username=".join("abcdefgh"), True),
        ("username=" + "&username=".join("abcdefghi"), False),
        ("q=bea", False),
        ("username__contains=e", False),
        ("state=active", False),
        ("groups=1", False),
    ],
)
def test_what_says_more_than_how_columns_compare_is_made_anew(app: Flask, query: str, is_kept: bool) -> None:
    with app.test_request_context():
        person = add_user(app, "alice", is_superuser=True)
        spec = list_spec(current_site().admin("users"), person)
        arguments = MultiDict(pair.split("=") for pair in query.split("&") if pair)
        assert (kept.narrowed_by_values(spec, parse_state(spec, arguments)) is not None) == is_kept


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
        for place in ("", "&from=a", "&is_active=true"):
            assert names(as_alice, f"/users/?size=25{place}") == ["alice"]
            assert names(as_bob, f"/users/?size=25{place}") == ["bea", "ben", "bob"]
