"""Saved views: what a view keeps, what its address means, and who may do what with it."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.test_columns import choose, chooser, heads
from tests.conftest import add_user, counted, signed_in
from tests.pages import Form, Page, Visitor
from webapp.admin.listing import views
from webapp.admin.listing.remembered import ListSettings, SavedView
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import Group, User

STAFF = "/users/?is_staff=true&sort=-email"


def save(visitor: Visitor, address: str, name: str, **values: Any) -> Page:
    """Save the list at *address* through its pages; gives the list that opens."""
    page = visitor.get(address).follow("Save as a view")
    form = page.form().fill(name=name, **values)
    sent = form.submit()
    assert sent.status == 303, sent.errors
    return visitor.get(sent.location)


def add_group(app: Flask, name: str, *members: User) -> str:
    with app.app_context():
        group = Group(name=name)
        db.session.add(group)
        for member in members:
            found = db.session.get(User, member.id)
            assert found is not None
            found.groups.append(group)
        db.session.commit()
        return str(group.id)


def stored(app: Flask) -> list[SavedView]:
    with app.app_context():
        return list(db.session.scalars(select(SavedView).order_by(SavedView.id)))


def query_of(address: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def menu(page: Page) -> list[str]:
    return [tag.get_text(" ", strip=True) for tag in page.soup.select(".views li > a:first-child")]


def is_changed(page: Page) -> bool:
    return bool(page.soup.select("#view-state a"))


def names(page: Page) -> list[str]:
    return page.column()


@pytest.fixture
def carol(app: Flask) -> User:
    return add_user(app, "carol", grants=("users.view",))


@pytest.fixture
def as_carol(app: Flask, carol: User) -> Visitor:
    return signed_in(app, carol)


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
    form = page.form("/users/action/" + page.address.removeprefix("/users/"))
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


# Save, save as, reset


def test_a_changed_view_is_saved_as_it_is_shown_now(app: Flask, as_alice: Visitor) -> None:
    page = save(as_alice, STAFF, "Staff")
    (view,) = stored(app)
    changed = as_alice.get(f"/users/?q=a&sort=username&view={view.id}&is_staff=")
    form = Form(changed, changed.soup.select_one("#view-state form"))  # type: ignore[arg-type]
    kept = form.submit("_keep")
    assert (kept.status, kept.location) == (303, page.address)
    assert sorted(parse_qsl(stored(app)[0].query)) == [("q", "a"), ("sort", "username")]
    assert not is_changed(as_alice.get(page.address))


def test_a_changed_view_is_not_saved_by_a_token_of_another_sign_in(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff")
    (view,) = stored(app)
    changed = as_alice.get(f"/users/?q=a&view={view.id}")
    form = Form(changed, changed.soup.select_one("#view-state form"))  # type: ignore[arg-type]
    form.fields["csrf_token"] = "of another sign-in"
    page = form.submit("_keep")
    assert (page.status, "q=a" in str(page.location)) == (303, True)
    assert "q=a" not in stored(app)[0].query


def test_a_changed_view_can_become_another(app: Flask, as_alice: Visitor) -> None:
    page = save(as_alice, STAFF, "Staff")
    save(as_alice, f"{page.address}&q=a", "Staff with a")
    assert [view.name for view in stored(app)] == ["Staff", "Staff with a"]
    assert "q=a" not in stored(app)[0].query


def test_columns_chosen_in_a_view_change_the_view_and_not_the_list(app: Flask, as_alice: Visitor) -> None:
    page = save(as_alice, STAFF, "Staff")
    before = heads(as_alice.get("/users/"))
    changed = choose(page, columns=["email", "id"], size="25")
    assert heads(changed) == ["E-mail", "Number"]
    assert is_changed(changed)
    assert heads(as_alice.get("/users/")) == before
    # What is chosen as it is shown changes nothing.
    assert not is_changed(choose(as_alice.get(page.address)))
    reset = choose(changed, "_reset")
    assert heads(reset) == before


def test_a_view_that_somebody_has_changed_meanwhile_is_not_overwritten(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff")
    (view,) = stored(app)
    changed = as_alice.get(f"/users/?q=a&view={view.id}")
    edit = as_alice.get(f"/users/views/{view.id}/").form()
    delete = as_alice.get(f"/users/views/{view.id}/delete/").form()
    as_alice.get(f"/users/views/{view.id}/").form().fill(name="Other").submit()
    form = Form(changed, changed.soup.select_one("#view-state form"))  # type: ignore[arg-type]
    assert form.submit("_keep").status == 409
    page = edit.fill(name="Mine").submit()
    assert (page.status, page.form().fields["name"]) == (409, "Mine")
    assert delete.submit("_delete").status == 409
    (view,) = stored(app)
    assert (view.name, "q=a" in view.query) == ("Other", False)
    # Looked at again, it can be.
    assert page.form().submit().status == 303
    assert stored(app)[0].name == "Mine"


def test_without_its_version_nothing_of_a_view_is_changed(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff")
    (view,) = stored(app)
    form = as_alice.get(f"/users/views/{view.id}/").form()
    del form.fields["_version"]
    assert form.fill(name="Other").submit().status == 409
    token = {"csrf_token": form.fields["csrf_token"]}
    assert as_alice.post(f"/users/views/{view.id}/keep/?q=a", token).status == 409
    assert as_alice.post(f"/users/views/{view.id}/delete/", token).status == 409
    assert [(one.name, one.version) for one in stored(app)] == [("Staff", 1)]


# Names


@pytest.mark.parametrize("name", ["", "   ", "x" * 81, "a\0b", "a\nb"])
def test_a_name_that_is_none_comes_back_as_it_was_typed(app: Flask, as_alice: Visitor, name: str) -> None:
    page = as_alice.get(STAFF).follow("Save as a view")
    page = page.form().fill(name=name, is_default=True).submit()
    assert page.status == 422
    assert page.errors
    assert page.form().fields["is_default"] == "y"
    if "\0" not in name and "\n" not in name:
        assert page.form().fields["name"] == name
    assert stored(app) == []
    assert page.form().fill(name="x" * 80).submit().status == 303


def test_a_name_is_given_once_by_each_person_and_list(app: Flask, as_alice: Visitor, as_bob: Visitor) -> None:
    save(as_alice, STAFF, "Staff")
    save(as_alice, "/users/?q=a", "Other")
    page = as_alice.get("/users/?q=b").follow("Save as a view").form().fill(name=" Staff ").submit()
    assert (page.status, page.form().fields["name"]) == (422, " Staff ")
    assert any("of this name" in error for error in page.errors)
    other = stored(app)[1]
    page = as_alice.get(f"/users/views/{other.id}/").form().fill(name="Staff").submit()
    assert (page.status, len(page.errors)) == (422, 1)
    assert [view.name for view in stored(app)] == ["Staff", "Other"]
    # Its own name is not taken, and others may have the same.
    assert as_alice.get(f"/users/views/{other.id}/").form().submit().status == 303
    save(as_bob, STAFF, "Staff")
    save(as_alice, "/groups/?q=a", "Staff")


def test_a_view_that_two_requests_save_at_once_is_kept_once(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(as_alice, STAFF, "Staff")
    real, calls = views._check_name, []

    def late(view: SavedView, name: str) -> None:
        calls.append(name)
        if len(calls) > 1:
            real(view, name)

    monkeypatch.setattr(views, "_check_name", late)
    page = as_alice.get("/users/?q=b").follow("Save as a view").form().fill(name="Staff").submit()
    assert (page.status, len(calls)) == (422, 2)
    assert len(stored(app)) == 1


def test_there_is_an_end_to_the_number_of_views_and_to_their_length(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MAX_OWN", 1)
    save(as_alice, STAFF, "Staff")
    page = as_alice.get("/users/?q=b").follow("Save as a view").form().fill(name="Second").submit()
    assert (page.status, len(stored(app))) == (422, 1)
    monkeypatch.setattr(views, "MAX_QUERY", 5)
    page = as_alice.get("/users/?q=bcdef").follow("Save as a view").form().fill(name="Third").submit()
    assert (page.status, len(page.errors)) == (422, 1)


# Who may


def test_nobody_else_sees_a_personal_view(app: Flask, as_alice: Visitor, as_bob: Visitor) -> None:
    save(as_bob, STAFF, "Mine")
    (view,) = stored(app)
    for address in (
        f"/users/?view={view.id}",
        f"/users/views/{view.id}/",
        f"/users/views/{view.id}/delete/",
    ):
        assert as_alice.get(address).status == 404, address
        assert as_bob.get(address).status == 200, address
    assert menu(as_alice.get("/users/")) == ["All users"]
    token = {"csrf_token": chooser(as_alice.get("/users/")).fields["csrf_token"], "_version": "1"}
    for path in ("", "keep/", "delete/"):
        assert as_alice.post(f"/users/views/{view.id}/{path}", {**token, "name": "Taken"}).status == 404
    assert [(one.name, one.version) for one in stored(app)] == [("Mine", 1)]


def test_a_view_is_shared_with_the_members_of_a_group(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    page = save(as_bob, STAFF, "Ours", group_key=group)
    assert menu(page) == ["All users", "Ours shared"]
    assert menu(as_carol.get("/users/")) == ["All users", "Ours by bob"]
    assert as_carol.get(page.address).status == 200
    # Somebody in no group, and somebody in another.
    dora = add_user(app, "dora", grants=("users.view",))
    add_group(app, "Sales", dora)
    as_dora = signed_in(app, dora)
    assert as_dora.get(page.address).status == 404
    assert menu(as_dora.get("/users/")) == ["All users"]
    assert menu(as_alice.get("/users/")) == ["All users", "Ours by bob"]


def test_a_shared_view_is_for_others_to_open_and_not_to_change(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    page = save(as_bob, STAFF, "Ours", group_key=group)
    (view,) = stored(app)
    changed = as_carol.get(f"{page.address}&q=a")
    assert is_changed(changed)
    assert changed.soup.select("#view-state form") == []
    form = as_carol.get(f"/users/views/{view.id}/").form()
    assert set(form.fields) == {"csrf_token"}
    token = {"csrf_token": form.fields["csrf_token"], "_version": "1"}
    assert as_carol.get(f"/users/views/{view.id}/delete/").status == 403
    assert as_carol.post(f"/users/views/{view.id}/delete/", token).status == 403
    assert as_carol.post(f"/users/views/{view.id}/keep/?q=a", token).status == 403
    assert form.submit(name="Taken", group_key="").status == 303
    assert [(one.name, one.group_key) for one in stored(app)] == [("Ours", group)]
    # It may be the first that she sees all the same.
    form.fill(is_default=True).submit()
    assert f"view={view.id}" in as_carol.get("/users/").location
    assert as_bob.get("/users/").status == 200


def test_the_owner_and_a_superuser_change_and_delete_a_shared_view(
    app: Flask, bob: User, as_bob: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob)
    save(as_bob, STAFF, "Ours", group_key=group)
    (view,) = stored(app)
    assert as_alice.get(f"/users/views/{view.id}/").form().fill(name="Theirs").submit().status == 303
    (view,) = stored(app)
    assert (view.name, view.owner_label, view.group_key) == ("Theirs", "bob", group)
    page = as_alice.get(f"/users/views/{view.id}/").follow("Delete this view")
    assert page.form().submit("_delete").status == 303
    assert stored(app) == []


def test_nobody_shares_with_a_group_that_one_is_not_in(
    app: Flask, bob: User, as_bob: Visitor, as_alice: Visitor
) -> None:
    own, other = add_group(app, "Support", bob), add_group(app, "Sales")
    page = as_bob.get(STAFF).follow("Save as a view")
    texts = [tag.get_text() for tag in page.soup.select("[name=group_key] option")]
    assert texts == ["Nobody", "Support"]
    sent = page.form().fill(name="Ours", group_key=other).submit()
    assert (sent.status, len(sent.errors), stored(app)) == (422, 1, [])
    assert page.form().fill(name="Ours", group_key=own).submit().status == 303
    # Who looks after everything shares with any of them.
    save(as_alice, STAFF, "All", group_key=other)


def test_who_has_left_a_group_keeps_what_is_shared_with_it_and_shares_no_more(
    app: Flask, bob: User, as_bob: Visitor
) -> None:
    group = add_group(app, "Support", bob)
    save(as_bob, STAFF, "Ours", group_key=group)
    (view,) = stored(app)
    leave(app, bob)
    form = as_bob.get(f"/users/views/{view.id}/").form()
    assert form.fields["group_key"] == group
    assert form.fill(name="Still").submit().status == 303
    assert stored(app)[0].group_key == group
    as_bob.get(f"/users/views/{view.id}/").form().fill(group_key="").submit()
    form = as_bob.get(f"/users/views/{view.id}/").form()
    assert form.submit(group_key=group).status == 422
    assert stored(app)[0].group_key is None


def leave(app: Flask, user: User) -> None:
    with app.app_context():
        found = db.session.get(User, user.id)
        assert found is not None
        found.groups = []
        db.session.commit()


def test_a_shared_view_shows_only_what_the_person_may_see(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = add_group(app, "Support", bob, carol)
    page = save(as_bob, "/users/?sort=email&columns=id,email", "Ours", group_key=group)
    with app.app_context():
        admin = current_site().admin("users")
    monkeypatch.setattr(
        admin, "query", lambda user: select(User).where(User.username == user.username), raising=False
    )
    assert names(as_carol.get(page.address)) == [str(carol.id)]
    monkeypatch.setattr(
        admin, "get_list_columns", lambda user: ("id",) if user.username == "bob" else (), raising=False
    )
    assert as_carol.get(page.address).status == 400
    assert as_bob.get(page.address).status == 200


@pytest.mark.parametrize("path", ["?view={}", "views/", "views/{}/", "views/{}/delete/"])
def test_who_may_not_see_the_list_any_more_sees_no_view_of_it(
    app: Flask, bob: User, as_bob: Visitor, stranger: Visitor, path: str
) -> None:
    save(as_bob, STAFF, "Mine")
    address = "/users/" + path.format(stored(app)[0].id)
    assert as_bob.get(address).status == 200
    assert stranger.get(address).status == 303
    with app.app_context():
        found = db.session.get(User, bob.id)
        assert found is not None
        found.grants = []
        db.session.commit()
    assert as_bob.get(address).status == 403


# Those who go


def test_views_of_a_group_that_is_deleted_are_their_owners_alone(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    page = save(as_bob, STAFF, "Ours", group_key=group, is_default=True)
    form = as_carol.get(f"/users/views/{stored(app)[0].id}/").form().fill(is_default=True)
    form.submit()
    assert as_alice.get(f"/groups/{group}/delete/").form().submit("_delete").status == 303
    assert stored(app)[0].group_key is None
    assert as_bob.get(page.address).status == 200
    assert as_carol.get(page.address).status == 404
    # What she chose to see first is not hers to see: the list opens as if nothing had been chosen.
    assert as_carol.get("/users/").status == 200


def test_a_group_that_goes_by_other_means_leaves_a_view_that_harms_nobody(
    app: Flask, bob: User, as_bob: Visitor
) -> None:
    page = save(as_bob, STAFF, "Ours", group_key=add_group(app, "Support", bob))
    with app.app_context():
        db.session.execute(Group.__table__.delete())
        db.session.commit()
    assert as_bob.get(page.address).status == 200
    assert as_bob.get(f"/users/views/{stored(app)[0].id}/").form().submit().status == 303


def test_the_personal_views_of_somebody_who_is_deleted_go_and_shared_ones_stay(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    save(as_bob, STAFF, "Mine", is_default=True)
    page = save(as_bob, STAFF, "Ours", group_key=group)
    save(as_carol, STAFF, "Hers")
    assert as_alice.get(f"/users/{bob.id}/delete/").form().submit("_delete").status == 303
    assert [view.name for view in stored(app)] == ["Ours", "Hers"]
    with app.app_context():
        assert (
            db.session.scalars(select(ListSettings).where(ListSettings.person_key == str(bob.id))).all() == []
        )
    assert as_carol.get(page.address).status == 200


def test_a_default_view_that_is_deleted_is_nobodys_default(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff", is_default=True)
    (view,) = stored(app)
    as_alice.get(f"/users/views/{view.id}/delete/").form().submit("_delete")
    page = as_alice.get("/users/")
    assert (page.status, menu(page)) == (200, ["All users"])
    # Its number is given to no other.
    save(as_alice, STAFF, "Another")
    assert stored(app)[0].id > view.id


# What it costs


def test_views_and_settings_cost_one_statement_however_many_there_are(
    app: Flask, bob: User, as_bob: Visitor
) -> None:
    def cost(address: str) -> tuple[int, int]:
        # A search asks how long the table is once a minute.
        as_bob.get(address)
        with counted(app) as statements:
            assert as_bob.get(address).status == 200
        return len(statements), len([one for one in statements if "saved_views" in one])

    assert cost("/users/?q=a") == (4, 1)
    group = add_group(app, "Support", bob)
    for number in range(5):
        page = save(as_bob, STAFF, f"View {number}", group_key=group if number % 2 else "")
    choose(as_bob.get("/users/?q=a"), size="50")
    assert cost("/users/?q=a") == (4, 1)
    assert cost(page.address) == (4, 1)
    assert cost(f"{page.address}&is_staff=&q=a") == (4, 1)
    with counted(app) as statements:
        as_bob.get("/users/lookup/?field=groups")
        as_bob.get(f"/users/{bob.id}/change/")
    assert not any("saved_views" in one or "list_settings" in one for one in statements)


def test_the_view_that_is_open_is_found_among_however_many(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A", "B", "C"):
        page = save(as_alice, STAFF, name)
    monkeypatch.setattr("webapp.admin.listing.remembered.MAX_VIEWS", 2)
    assert menu(as_alice.get(page.address)) == ["All users", "A", "C"]
    as_alice.get(f"/users/views/{stored(app)[2].id}/").form().fill(is_default=True).submit()
    assert f"view={stored(app)[2].id}" in as_alice.get("/users/").location
