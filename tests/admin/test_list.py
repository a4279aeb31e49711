"""The list page: what it shows, what it costs, and what it says when there is nothing."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import column, insert, table

from tests.admin.samples import Part, Shelf
from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor, text_of
from webapp.admin.listing import counting
from webapp.extensions import db
from webapp.users.models import User


def crowd(app: Flask, count: int, **values: Any) -> None:
    """Many users, none of whom can sign in."""
    with app.app_context():
        db.session.execute(
            insert(User),
            [
                {
                    "username": f"user{number:04}",
                    "email": f"{number:04}@sample.test",
                    "password": "!",
                    "full_name": f"Name {number % 7}",
                    "is_staff": number % 3 == 0,
                    **values,
                }
                for number in range(count)
            ],
        )
        db.session.commit()


def pager_link(page: Page, label: str) -> str | None:
    links = [link for pager in page.tree.find_class("pager") for link in pager.iter("a")]
    return next((str(link.attrib["href"]) for link in links if label in text_of(link)), None)


def go(page: Page, label: str) -> Page:
    address = pager_link(page, label)
    assert address is not None, f"no {label} on {page.address}"
    return page.visitor.get(address)


def count_of(page: Page) -> str:
    tag = page.soup.select_one(".page-title p bdi")
    return tag.get_text(strip=True) if tag else ""


def empty_of(page: Page) -> tuple[str, str]:
    title, link = page.soup.select_one(".empty h2"), page.soup.select_one(".empty a")
    return title.get_text() if title else "", str(link["href"]) if link else ""


# From page to page


def test_a_person_leafs_from_the_first_page_to_the_last_and_back(app: Flask, as_alice: Visitor) -> None:
    crowd(app, 60)
    first = as_alice.get("/users/?size=25&sort=-email&q=sample")
    assert count_of(first) == "60 users"
    assert (pager_link(first, "First page"), pager_link(first, "Previous page")) == (None, None)
    second = go(first, "Next page")
    third = go(second, "Next page")
    names = first.column() + second.column() + third.column()
    assert names == [f"user{number:04}" for number in range(59, -1, -1)]
    assert (pager_link(third, "Next page"), pager_link(third, "Last page")) == (None, None)
    assert go(third, "Previous page").column() == second.column()
    assert go(third, "First page").column() == first.column()
    last = go(first, "Last page")
    assert last.column() == names[-25:]
    assert pager_link(last, "Next page") is None
    assert go(go(last, "Previous page"), "Previous page").column() == names[:10]
    assert [count_of(page) for page in (second, third, last)] == ["60 users"] * 3
    assert {str(tag["rel"][0]) for tag in second.soup.select(".pager a[rel]")} == {"next", "prev"}


def test_rows_that_plain_sql_inserted_page_among_the_others(app: Flask, as_alice: Visitor) -> None:
    crowd(app, 30)
    plain = table("users", *(column(name) for name in ("username", "email", "password")))
    rows = [
        {"username": f"user{number:04}-sql", "email": f"SQL{number}@x", "password": "?"}
        for number in range(30)
    ]
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(insert(plain), rows)
    for sort in ("username", "-email", "last_login_at", "-created_at", "full_name", "is_active,-is_staff"):
        page = as_alice.get(f"/users/?size=25&sort={sort}")
        seen = page.column()
        while pager_link(page, "Next page"):
            page = go(page, "Next page")
            seen += page.column()
        assert len(seen) == len(set(seen)) == 61, sort
        page = as_alice.get(f"/users/?size=25&sort={sort}&last=1")
        back = page.column()
        while pager_link(page, "Previous page"):
            page = go(page, "Previous page")
            back = page.column() + back
        assert back == seen, sort


def test_a_page_has_as_many_rows_as_are_asked_for(app: Flask, as_alice: Visitor) -> None:
    crowd(app, 120)
    page = as_alice.get("/users/?q=user")
    assert len(page.rows()) == 100
    assert [tag.get_text() for tag in page.soup.select(".pager-sizes a")] == ["25", "50", "100", "250"]
    assert [tag.get_text() for tag in page.soup.select(".pager-sizes a[aria-current]")] == ["100"]
    assert len(go(page, "25").rows()) == 25
    assert len(as_alice.get("/users/?size=250&q=user").rows()) == 120


def test_counting_stops_at_its_bound_and_says_so(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(app, 30)
    assert counting.MAX_COUNT == 10_000
    monkeypatch.setattr(counting, "MAX_COUNT", 29)
    assert count_of(as_alice.get("/users/?size=25&is_superuser=false")) == "29+ users"
    monkeypatch.setattr(counting, "MAX_COUNT", 30)
    assert count_of(as_alice.get("/users/?size=25&is_superuser=false")) == "30 users"
    assert count_of(as_alice.get("/users/?size=25&q=user0001")) == "1 user"


# Heads


def test_a_head_sorts_and_turns_the_order_round(app: Flask, as_alice: Visitor) -> None:
    crowd(app, 5)
    page = as_alice.get("/users/?q=user")

    def head(page: Page, label: str) -> tuple[str | None, str]:
        tag = next(tag for tag in page.soup.select("thead th") if label in tag.get_text())
        link = tag.select_one("a")
        return str(tag.get("aria-sort", "")) or None, str(link["href"]) if link else ""

    assert head(page, "Username") == ("ascending", "/users/?q=user&sort=-username")
    assert head(page, "E-mail") == (None, "/users/?q=user&sort=email")
    page = as_alice.get(head(page, "Username")[1])
    assert head(page, "Username") == ("descending", "/users/?q=user&sort=username")
    assert page.column()[0] == "user0004"
    page = as_alice.get("/users/?sort=full_name,-email")
    assert (head(page, "Full name")[0], head(page, "E-mail")[0]) == ("ascending", "descending")
    assert head(page, "Username")[0] is None


# Columns that are computed


def test_a_list_with_a_computed_column_shows_objects_in_order(sample_app: Flask, alice: User) -> None:
    with sample_app.app_context():
        db.session.add_all(
            Part(name="x" * number, kind=f"k{number}", size=number % 4 or None) for number in range(1, 11)
        )
        db.session.commit()
    visitor = signed_in(sample_app, alice)
    with counted(sample_app) as statements:
        page = visitor.get("/computed/?sort=-length")
    assert len(statements) <= 4
    assert page.rows()[0][:4] == ["x" * 10, "X" * 10, "10", "k10"]
    assert [row[2] for row in go(page, "Next page").rows()] == ["7", "6", "5"]
    assert [row[2] for row in go(page, "Last page").rows()] == ["3", "2", "1"]
    assert [row[2] for row in go(go(page, "Last page"), "Previous page").rows()] == ["6", "5", "4"]
    page = visitor.get("/computed/?size=25&q=x")
    assert [row[5] for row in page.rows()] == ["3", "3", "2", "2", "2", "1", "1", "1", "–", "–"]
    assert [row[2] for row in page.rows()][:2] == ["7", "3"]
    assert visitor.get("/computed/?sort=shout").status == 400


def test_columns_with_the_names_of_methods_show_their_values(sample_app: Flask, alice: User) -> None:
    with sample_app.app_context():
        db.session.add(Part(name="n", count=41, index=42, size=43, kind="c", stage=1, is_good=None))
        db.session.commit()
    (row,) = signed_in(sample_app, alice).get("/parts/").rows()
    assert row[2:6] == ["41", "42", "43", "c"]
    assert row[11] == "–"
    assert row[13] == "Worn"


# Who may


def test_who_may_not_see_users_gets_403_and_no_menu_entry(as_charlie: Visitor) -> None:
    page = as_charlie.get("/users/")
    assert page.status == 403
    assert "users.view" in page.text
    assert as_charlie.get("/users/?q=x&sort=password").status == 403
    assert as_charlie.get("/").link("Users") is None


def test_who_may_see_users_gets_the_list_and_its_menu_entry_but_no_way_to_add(as_bob: Visitor) -> None:
    page = as_bob.get("/users/")
    assert page.status == 200
    assert page.column() == ["bob"]
    assert page.link("Add user") is None
    assert as_bob.get("/").link("Users") == "/users/"


def test_who_may_add_users_is_shown_the_way(as_alice: Visitor) -> None:
    assert as_alice.get("/users/").link("Add user") == "/users/add/"


def test_a_stranger_is_sent_to_sign_in_and_comes_back_to_the_list_as_asked(
    stranger: Visitor, app: Flask
) -> None:
    page = stranger.get("/users/?q=a&sort=-email")
    assert (page.status, page.location) == (303, "/login?next=/users/?q%3Da%26sort%3D-email")


# Nothing to show


def test_an_empty_list_says_which_kind_of_nothing_it_is(sample_app: Flask, alice: User) -> None:
    visitor = signed_in(sample_app, alice)
    assert empty_of(visitor.get("/shelves/")) == ("Nothing here yet", "/shelves/add/")
    assert empty_of(visitor.get("/shelves/?last=1")) == ("Nothing here yet", "/shelves/add/")
    with sample_app.app_context():
        db.session.add_all(Shelf(room="r", number=number) for number in range(4))
        db.session.add_all(Part(name="p", size=number) for number in range(4))
        db.session.commit()
    page = visitor.get("/parts/?q=none&sort=size")
    assert empty_of(page) == ("Nothing matches", "/parts/")
    assert count_of(page) == "0 parts"
    page = visitor.get("/parts/?sort=size")
    with sample_app.app_context():
        db.session.query(Part).filter(Part.size == 3).delete()
        db.session.commit()
    beyond = go(page, "Next page")
    assert empty_of(beyond) == ("Nothing on this page", "/parts/?sort=size")
    assert len(visitor.get(empty_of(beyond)[1]).rows()) == 3
    beyond = visitor.get("/parts/?q=p&sort=size&from=99")
    assert empty_of(beyond) == ("Nothing on this page", "/parts/?q=p&sort=size")


# What it costs


def addresses(first: Page) -> dict[str, str]:
    return {
        "first": "/users/",
        "next": pager_link(first, "Next page") or "",
        "last": pager_link(first, "Last page") or "",
        "previous": pager_link(go(first, "Next page"), "Previous page") or "",
        "search": "/users/?q=user+sample",
        "filters": "/users/?is_staff=true&created_at__gte=2020-01-01&username__contains=user",
        "sort": "/users/?sort=-last_login_at,full_name",
        "nothing": "/users/?q=nobody",
    }


@pytest.mark.parametrize(("grants", "budget"), [(("users.view",), 6), ((), 5)], ids=["bob", "alice"])
def test_a_list_takes_few_statements_whatever_the_number_of_rows(
    app: Flask, grants: tuple[str, ...], budget: int
) -> None:
    crowd(app, 260)
    person = add_user(app, "person", grants=grants, is_superuser=not grants)
    visitor = signed_in(app, person)
    # The first search of a process looks whether there is an index.
    costs, page = {}, visitor.get("/users/?q=user+sample")
    for name, address in addresses(page).items():
        for size in ("", "25"):
            joined = f"{address}{'&' if '?' in address else '?'}size={size}"
            with counted(app) as statements:
                assert visitor.get(joined).status == 200
            costs[f"{name} {size}"] = len(statements)
    # The groups are one statement more, and a search asks its index first.
    assert {name: cost for name, cost in costs.items() if cost > budget + name.startswith("search")} == {}


def test_addresses_are_made_once_a_page_and_not_once_a_row(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd(app, 200)
    calls: list[str] = []
    original: Callable[..., str] = Flask.url_for

    def counting(self: Flask, endpoint: str, **values: Any) -> str:
        calls.append(endpoint)
        return original(self, endpoint, **values)

    monkeypatch.setattr(Flask, "url_for", counting)
    made: list[int] = []
    # What is kept from page to page is made with the first.
    as_alice.get("/users/")
    for size in ("25", "100"):
        calls.clear()
        assert len(as_alice.get(f"/users/?size={size}").rows()) == int(size)
        made.append(len(calls))
    assert made[0] == made[1] <= 15


def test_a_list_under_a_path_of_its_own_links_to_its_rows(app: Flask, as_alice: Visitor) -> None:
    page = as_alice.get("/users/", environ_overrides={"SCRIPT_NAME": "/~bob&co/~x"})
    link = page.soup.select_one("tbody th a")
    assert link is not None
    assert str(link["href"]).startswith("/~bob&co/~x/users/")
