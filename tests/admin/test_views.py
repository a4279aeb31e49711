"""Saved views: what a view keeps, what its address means, and which opens first."""

from urllib.parse import parse_qsl

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.saved import STAFF, is_changed, menu, names, query_of, save, stored
from tests.admin.test_columns import choose, heads
from tests.conftest import add_user
from tests.pages import Form, Visitor
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import User

# What a view keeps


def test_a_view_keeps_what_the_list_shows_and_opens_by_its_number(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "dora", is_staff=False)
    add_user(app, "zoe")
    page = save(as_alice, f"{STAFF}&q=example&columns=email,username&size=25", "Staff by e-mail")
    (view,) = stored(app)
    assert page.address == f"/users/?view={view.id}"
    assert names(page) == ["zoe@example.org", "alice@example.org"]
    assert heads(page) == ["E-mail", "Username"]
    assert sorted(parse_qsl(view.query)) == [
        ("columns", "email,username"),
        ("is_staff", "true"),
        ("q", "example"),
        ("size", "25"),
        ("sort", "-email"),
    ]
    assert menu(page) == ["All users", "Staff by e-mail"]
    assert not is_changed(page)


def test_a_view_keeps_no_place_in_the_list_and_no_other_view(app: Flask, as_alice: Visitor) -> None:
    first = save(as_alice, STAFF, "First")
    save(as_alice, f"{first.address}&q=a&last=1", "Second")
    assert sorted(parse_qsl(stored(app)[1].query)) == [("is_staff", "true"), ("q", "a"), ("sort", "-email")]


def test_a_view_keeps_columns_and_size_that_are_only_remembered(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, "/users/?sort=email", "Plain")
    choose(as_alice.get("/users/"), columns=["email"], size="25")
    save(as_alice, "/users/?sort=email", "Chosen")
    assert [view.query for view in stored(app)] == ["sort=email", "sort=email&columns=email&size=25"]


def test_a_view_that_says_nothing_of_columns_shows_ones_own(as_alice: Visitor) -> None:
    page = save(as_alice, "/users/?sort=email", "Plain")
    choose(as_alice.get("/users/"), columns=["email"])
    again = as_alice.get(page.address)
    assert heads(again) == ["E-mail"]
    assert not is_changed(again)


# What the address means


def test_links_of_an_open_view_carry_all_that_it_says(as_alice: Visitor) -> None:
    page = save(as_alice, f"{STAFF}&size=25", "Staff")
    number = page.address.partition("=")[2]
    sort = next(str(tag["href"]) for tag in page.soup.select("thead a") if "Username" in tag.get_text())
    expected = [("is_staff", "true"), ("size", "25"), ("sort", "username"), ("view", number)]
    assert query_of(sort) == expected
    changed = as_alice.get(sort)
    assert is_changed(changed)
    assert names(changed) == ["alice"]


def test_what_is_taken_off_a_view_stays_off(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "dora", is_staff=False)
    page = save(as_alice, STAFF, "Staff")
    off = str(page.soup.select_one(".chip-remove")["href"])  # type: ignore[index]
    assert ("is_staff", "") in query_of(off)
    page = as_alice.get(off)
    assert names(page) == ["dora", "alice"]
    assert is_changed(page)
    # Further links and the forms keep it off.
    link = next(str(tag["href"]) for tag in page.soup.select("thead a") if "Username" in tag.get_text())
    assert len(as_alice.get(link).rows()) == 2
    search = Form(page, page.soup.select_one("form.search"))  # type: ignore[arg-type]
    assert search.fields["is_staff"] == ""
    reset = page.link("Reset")
    assert reset is not None
    assert (len(as_alice.get(reset).rows()), is_changed(as_alice.get(reset))) == (1, False)


def test_the_same_filter_under_its_longer_name_takes_the_place_of_the_views(
    app: Flask, as_alice: Visitor
) -> None:
    add_user(app, "dora", is_staff=False)
    page = save(as_alice, STAFF, "Staff")
    assert names(as_alice.get(f"{page.address}&is_staff__eq=false")) == ["dora"]
    assert names(as_alice.get(f"{page.address}&is_staff__eq=")) == ["dora", "alice"]


def test_the_same_in_another_order_is_no_change(as_alice: Visitor) -> None:
    page = save(as_alice, "/users/?is_staff=true&is_staff=false&sort=-email", "Both")
    address = f"{page.address}&sort=-email&is_staff=false&is_staff=true"
    assert not is_changed(as_alice.get(address))
    assert is_changed(as_alice.get(address.replace("-email", "email")))


@pytest.mark.parametrize("number", ["x", "-1", "1.5", "٣", "1e3", "9" * 40, "1&view=2", "%00", "0x1"])
def test_a_view_that_has_no_such_number_is_refused(as_alice: Visitor, number: str) -> None:
    page = as_alice.get(f"/users/?q=a&view={number}")
    assert page.status == 400
    assert page.link("without it") == "/users/?q=a"


def test_a_view_that_is_not_there_is_not_found_and_the_rest_of_the_address_stays(as_alice: Visitor) -> None:
    page = as_alice.get(f"/users/?q=a&view={10**17}&after=x")
    assert (page.status, page.link("without it")) == (404, "/users/?q=a")


def test_a_view_of_another_list_is_not_found(as_alice: Visitor) -> None:
    page = save(as_alice, STAFF, "Staff")
    number = page.address.partition("=")[2]
    assert as_alice.get(f"/groups/?view={number}").status == 404
    assert as_alice.get(f"/groups/views/{number}/").status == 404
    assert as_alice.get(f"/users/views/{number}/").status == 200


def test_an_action_is_done_to_what_the_view_shows(app: Flask, as_alice: Visitor) -> None:
    dora = add_user(app, "dora", is_staff=False)
    page = save(as_alice, "/users/?is_staff=false", "Outside")
    [action] = [form.get("action") for form in page.forms if "/action/" in form.get("action", "")]
    assert action == f"/users/action/{page.address.removeprefix('/users/')}&is_staff=false"
    form = page.form(action)
    form.fields["select_across"] = "1"
    form.fields["action"] = "deactivate"
    confirm = form.submit("_go")
    assert "1 user" in confirm.text
    confirm.form().submit("_confirm")
    with app.app_context():
        active = dict(db.session.execute(select(User.username, User.is_active)).all())  # type: ignore[arg-type]
    assert active == {"alice": True, dora.username: False}


# A part that cannot be used any more


def broken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        monkeypatch.setattr(current_site().admin("users"), "list_columns", ())


def test_a_part_of_a_view_that_is_gone_is_named_and_the_rest_can_be_shown(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = save(as_alice, "/users/?columns=id,email&is_staff=true", "Numbers")
    broken(app, monkeypatch)
    page = as_alice.get(page.address)
    assert page.status == 400
    assert "“columns”" in page.text
    rest = as_alice.get(page.link("without it") or "")
    assert (rest.status, heads(rest)[0]) == (200, "Username")
    assert rest.soup.select(".chip-filter")


def test_a_default_view_that_is_broken_leaves_the_list_open(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(as_alice, "/users/?columns=id,email", "Numbers", is_default=True)
    broken(app, monkeypatch)
    page = as_alice.get("/users/")
    assert page.status == 200
    assert "“Numbers”" in page.messages
    assert "“columns”" in page.messages
    assert names(page) == ["alice"]


# The default


def test_the_bare_address_opens_the_default_view(app: Flask, as_alice: Visitor, as_bob: Visitor) -> None:
    save(as_alice, STAFF, "Staff", is_default=True)
    (view,) = stored(app)
    page = as_alice.get("/users/")
    assert page.status == 303
    expected = [("is_staff", "true"), ("sort", "-email"), ("view", str(view.id))]
    assert query_of(page.location) == expected
    page = as_alice.get(page.location)
    assert not is_changed(page)
    assert menu(page) == ["All users", "Staff opens first"]
    # For nobody else, and for no other address.
    assert as_bob.get("/users/").status == 200
    assert as_alice.get("/users/?q=a").status == 200
    assert as_alice.get("/groups/").status == 200


def test_the_whole_list_is_one_link_away_and_its_links_stay_in_it(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "dora", is_staff=False)
    save(as_alice, STAFF, "Staff", is_default=True)
    page = as_alice.get("/users/", follow=True).follow("All users")
    assert (page.address, page.status, len(page.rows())) == ("/users/?view=", 200, 2)
    for tag in page.soup.select("thead a, .pager a"):
        assert "view=" in str(tag["href"])
    search = Form(page, page.soup.select_one("form.search"))  # type: ignore[arg-type]
    assert search.fields["view"] == ""
    found = as_alice.get("/users/?q=dora&view=")
    assert as_alice.get(found.soup.select_one(".chip-clear, .search a, .pager a")["href"]).status == 200  # type: ignore[index,arg-type]
    nothing = as_alice.get("/users/?q=nobody&view=")
    assert nothing.link("Show all") == "/users/?view="


def test_there_is_one_default_and_it_can_be_another_or_none(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff", is_default=True)
    save(as_alice, "/users/?q=a", "Second", is_default=True)
    first, second = stored(app)
    assert f"view={second.id}" in as_alice.get("/users/").location
    # What is not the default takes nothing away from the one that is.
    as_alice.get(f"/users/views/{first.id}/").form().submit()
    assert f"view={second.id}" in as_alice.get("/users/").location
    form = as_alice.get(f"/users/views/{second.id}/").form()
    assert form.fields["is_default"] == "y"
    form.fill(is_default=False).submit()
    assert as_alice.get("/users/").status == 200
