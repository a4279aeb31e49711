"""The first page: what there is for this person, and nothing of what is not."""

import pytest
from flask import Flask

from tests.admin.samples import Part
from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor
from webapp.admin.listing import counting
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import User


def cards(page: Page) -> dict[str, str]:
    """The label and the count of each model."""
    texts = [tag.select("a, span") for tag in page.soup.select("main .tile-text")]
    return {found[0].get_text(strip=True): found[1].get_text(strip=True) for found in texts}


def feeds(page: Page) -> dict[str, list[str]]:
    """What each list of changes tells, by its heading."""
    return {
        tag.select_one("h2").get_text(): [  # type: ignore[union-attr]
            " ".join(line.get_text(" ", strip=True).split()) for line in tag.select(".timeline-line")
        ]
        for tag in page.soup.select(".feeds section")
    }


def menu(page: Page) -> list[str]:
    return [tag.get_text(" ", strip=True) for tag in page.soup.select("nav#menu ul a")]


def test_alice_sees_users_and_how_many_and_may_add_one(as_alice: Visitor, bob: User) -> None:
    page = as_alice.get("/")
    assert cards(page) == {"Users": "2", "Groups": "0", "History entries": "0"}
    assert page.link("Add: Users") == "/users/add/"
    assert menu(page) == ["Users", "Groups", "History entries"]


def test_bob_who_may_read_sees_them_and_may_not_add(as_bob: Visitor) -> None:
    page = as_bob.get("/")
    assert cards(page) == {"Users": "1"}
    assert page.link("Add: Users") is None


def test_charlie_is_told_why_there_is_nothing(as_charlie: Visitor) -> None:
    page = as_charlie.get("/")
    assert page.status == 200
    assert cards(page) == {}
    assert menu(page) == []
    assert "You may not see anything here" in page.text


def test_what_a_query_hides_is_not_counted(
    as_alice: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = UserAdmin.query
    monkeypatch.setattr(UserAdmin, "query", lambda self, user: original(self, user).where(User.id == bob.id))
    assert cards(as_alice.get("/"))["Users"] == "1"


@pytest.mark.parametrize(("number", "shown"), [(3, "3"), (4, "3+")])
def test_a_count_is_exact_up_to_its_bound(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch, number: int, shown: str
) -> None:
    monkeypatch.setattr(counting, "MAX_COUNT", 3)
    for count in range(number - 1):
        add_user(app, f"person{count}")
    assert cards(as_alice.get("/"))["Users"] == shown


def test_a_superuser_sees_the_last_changes_of_everybody(app: Flask, as_alice: Visitor, bob: User) -> None:
    dora = signed_in(app, add_user(app, "dora", grants=("users.view", "users.change")))
    dora.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit()
    page = as_alice.get("/")
    assert "dora changed bob" in " ".join(page.soup.get_text(" ").split())


def test_what_one_did_stands_apart_from_what_happened(app: Flask, as_alice: Visitor, bob: User) -> None:
    dora = signed_in(app, add_user(app, "dora", grants=("users.view", "users.change")))
    dora.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit()
    assert feeds(as_alice.get("/")) == {"What you did last": [], "What happened last": ["dora changed bob"]}
    as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Bob").submit()
    assert feeds(as_alice.get("/")) == {
        "What you did last": ["alice changed bob"],
        "What happened last": ["alice changed bob", "dora changed bob"],
    }
    assert feeds(dora.get("/")) == {"What you did last": ["dora changed bob"]}


def test_whoever_has_done_nothing_is_told_where_to_begin(
    as_alice: Visitor, as_bob: Visitor, bob: User
) -> None:
    assert as_alice.get("/").link("Add group") == "/groups/add/"
    assert as_bob.get("/").link("Add group") is None
    as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Bob").submit()
    assert as_alice.get("/").link("Add group") is None


def test_others_see_their_own_changes_only(app: Flask, as_alice: Visitor, bob: User, charlie: User) -> None:
    as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="Charles").submit()
    dora = signed_in(app, add_user(app, "dora", grants=("users.view", "users.change")))
    dora.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit()
    text = " ".join(dora.get("/").soup.get_text(" ").split())
    assert "dora changed bob" in text
    assert "charlie" not in text


def test_the_page_takes_at_most_five_statements_however_many_models(
    app: Flask, sample_app: Flask, as_alice: Visitor, alice: User
) -> None:
    with counted(app) as statements:
        as_alice.get("/")
    assert len(statements) <= 5, statements
    visitor = signed_in(sample_app, alice)
    with sample_app.app_context():
        db.session.add_all(Part(name=f"part {number}") for number in range(3))
        db.session.commit()
    with counted(sample_app) as statements:
        page = visitor.get("/")
    assert len(statements) <= 5, statements
    assert cards(page)["Users"] == "1"
    assert cards(page)["Parts"] == "3"
    assert len(page.soup.select("main .tile")) == len(menu(page)) == 5


def test_the_menu_says_where_one_is(sample_app: Flask, alice: User) -> None:
    visitor = signed_in(sample_app, alice)
    current = [tag["href"] for tag in visitor.get("/shelves/").soup.select("nav#menu [aria-current]")]
    assert current == ["/shelves/"]
    assert visitor.get("/").soup.select("nav#menu [aria-current]") == []


def test_the_menu_of_somebody_with_one_right_has_one_entry(sample_app: Flask) -> None:
    visitor = signed_in(sample_app, add_user(sample_app, "dora", grants=("shelves.change",)))
    page = visitor.get("/")
    assert [tag["href"] for tag in page.soup.select("nav#menu ul a")] == ["/shelves/"]
    assert visitor.get("/parts/").status == 403
    assert visitor.get("/shelves/").status == 200
