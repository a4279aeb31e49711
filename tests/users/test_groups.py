"""Groups: what they give to whom, and that nobody climbs by one, on any path."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, reload, signed_in
from tests.pages import Page, Visitor
from tests.users.groups import (
    KEEPER,
    add_group,
    change_group,
    change_user,
    granted,
    held,
    ids,
    members,
)
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db
from webapp.users.models import Group, GroupGrant, User, user_groups
from webapp.users.rules import may_touch


@pytest.fixture
def keeper(app: Flask) -> Visitor:
    """Bob, who looks after users and groups without being a superuser."""
    return signed_in(app, add_user(app, "bob", grants=KEEPER))


def delete_page(visitor: Visitor, group: Group) -> Page:
    return visitor.get(f"/groups/{group.id}/delete/")


# What a group gives


def test_who_is_in_a_group_may_do_what_it_may_on_the_next_request(
    app: Flask, as_alice: Visitor, as_charlie: Visitor, charlie: User
) -> None:
    group = add_group(app, "Readers", ("users.view",))
    assert as_charlie.get("/users/").status == 403
    assert change_user(as_alice, charlie, groups=ids(group)).status == 303
    assert as_charlie.get("/users/").status == 200
    assert change_group(as_alice, group, permissions=["", "groups.view"]).status == 303
    assert as_charlie.get("/users/").status == 403
    assert as_charlie.get("/groups/").status == 200
    assert change_user(as_alice, charlie, groups=[]).status == 303
    assert as_charlie.get("/groups/").status == 403


def test_who_is_in_more_groups_than_a_page_shows_is_guarded_all_the_same(
    app: Flask, keeper: Visitor, charlie: User
) -> None:
    """AZ-01: of a relation that nobody has read, SQLAlchemy does not say by itself what comes and goes."""
    plain = [add_group(app, f"Group {number:02}", (), (charlie,)) for number in range(60)]
    beyond = add_group(app, "All", ("users.export",))
    refused = change_user(keeper, charlie, **{"groups.was": "", "groups": ids(beyond)})
    assert refused.status == 422
    assert "holds more than you do" in refused.errors[0]
    assert members(app, beyond) == []
    shown = keeper.get(f"/users/{charlie.id}/change/").form()
    assert len(shown.fields["groups"]) == 51
    shown.fields["groups"].remove(ids(plain[0])[0])
    assert shown.submit().status == 303
    assert members(app, plain[0]) == []
    assert members(app, plain[59]) == ["charlie"]


def test_what_comes_from_several_sides_counts_once(app: Flask) -> None:
    bob = add_user(app, "bob", grants=("users.view", "users.add"))
    add_group(app, "One", ("users.view", "users.change"), (bob,))
    add_group(app, "Two", ("users.change", "groups.view"), (bob,))
    add_group(app, "Three", ("groups.delete",))
    assert held(app, bob) == {"users.view", "users.add", "users.change", "groups.view"}


def test_a_group_is_added_listed_searched_changed_and_deleted(app: Flask, as_alice: Visitor) -> None:
    page = as_alice.get("/groups/add/").form().fill(name="Redação", permissions=["", "users.view"]).submit()
    assert page.status == 303
    add_group(app, "Others")
    found = as_alice.get("/groups/?q=REDA")
    assert [row[:3] for row in found.rows()] == [["Redação", "0", "1"]]
    with app.app_context():
        group = db.session.scalars(select(Group).where(Group.name == "Redação")).one()
    assert granted(app, group) == {"users.view"}
    assert change_group(as_alice, group, name="Redactores").status == 303
    assert delete_page(as_alice, group).form().submit("_delete").status == 303
    assert as_alice.get("/groups/").column() == ["Others"]


def test_groups_stand_in_the_menu_for_those_who_may_see_them(app: Flask, as_charlie: Visitor) -> None:
    assert as_charlie.get("/").link("Groups") is None
    assert as_charlie.get("/groups/").status == 403
    assert (
        signed_in(app, add_user(app, "dora", grants=("groups.view",))).get("/").link("Groups") == "/groups/"
    )


def test_the_members_of_a_deleted_group_lose_what_it_gave_and_stay(
    app: Flask, as_alice: Visitor, bob: User, charlie: User
) -> None:
    group = add_group(app, "Writers", ("users.add",), (bob, charlie))
    assert delete_page(as_alice, group).form().submit("_delete").status == 303
    assert (held(app, bob), held(app, charlie)) == ({"users.view"}, frozenset())
    with app.app_context():
        assert db.session.execute(select(user_groups)).all() == []
        assert db.session.scalars(select(GroupGrant)).all() == []


def test_a_deleted_person_leaves_the_groups(app: Flask, as_alice: Visitor, charlie: User) -> None:
    group = add_group(app, "Readers", ("users.view",), (charlie,))
    assert as_alice.get(f"/users/{charlie.id}/delete/").form().submit("_delete").status == 303
    assert reload(app, charlie) is None
    assert members(app, group) == []


def test_joining_and_leaving_is_one_entry_that_names_the_groups(
    app: Flask, as_alice: Visitor, charlie: User
) -> None:
    one, two = add_group(app, "One", (), (charlie,)), add_group(app, "Two")
    assert change_user(as_alice, charlie, groups=ids(two)).status == 303
    with app.app_context():
        statement = select(LogEntry).where(LogEntry.name == "users", LogEntry.verb == "change")
        entry = db.session.scalars(statement).one()
    (change,) = changes_of(entry)
    assert (change.field, change.old, change.new) == (
        "groups",
        [[str(one.id), "One"]],
        [[str(two.id), "Two"]],
    )


# Names


@pytest.mark.parametrize(
    "name", ["EDITORS", " editors ", "\N{FULLWIDTH LATIN SMALL LETTER E}ditors", "Editors"]
)
def test_a_name_that_differs_by_capitals_alone_is_taken(app: Flask, as_alice: Visitor, name: str) -> None:
    add_group(app, "Editors")
    page = as_alice.get("/groups/add/").form().fill(name=name).submit()
    assert page.status == 422
    assert any(error.startswith("Name: ") for error in page.errors)
    assert as_alice.get("/groups/").column() == ["Editors"]


def test_a_name_is_shown_as_it_was_typed_and_may_change_its_capitals(app: Flask, as_alice: Visitor) -> None:
    group = add_group(app, "Editors")
    assert change_group(as_alice, group, name="EDITORS").status == 303
    assert as_alice.get("/groups/").column() == ["EDITORS"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 151, "a\0b"])
def test_what_is_no_name_is_told(app: Flask, as_alice: Visitor, name: str) -> None:
    page = as_alice.get("/groups/add/").form().fill(name=name).submit()
    assert page.status == 422
    assert any(error.startswith("Name: ") for error in page.errors)


# Nobody climbs by a group


def test_nobody_puts_a_person_into_a_group_that_holds_more_than_he_does(app: Flask, keeper: Visitor) -> None:
    """AZ-15."""
    zoe = add_user(app, "zoe")
    richer, poorer = add_group(app, "Richer", ("words.fly",)), add_group(app, "Poorer", ("users.view",))
    page = change_user(keeper, zoe, groups=ids(richer, poorer))
    assert page.status == 422
    assert "The group “Richer” holds more than you do" in " ".join(page.errors)
    assert held(app, zoe) == frozenset()
    assert change_user(keeper, zoe, groups=ids(poorer)).status == 303
    assert held(app, zoe) == {"users.view"}
    assert change_user(keeper, zoe, groups=[]).status == 303
    assert held(app, zoe) == frozenset()


def test_a_new_person_is_put_into_no_group_that_holds_more(app: Flask, keeper: Visitor) -> None:
    richer = add_group(app, "Richer", ("words.fly",))
    words = {"password": "pomar de figos maduros", "password_confirm": "pomar de figos maduros"}
    form = keeper.get("/users/add/").form().fill(username="dora", email="dora@example.org", **words)
    page = form.submit(groups=ids(richer))
    assert page.status == 422
    assert "The group “Richer”" in " ".join(page.errors)
    assert page.form().fill(groups=[], **words).submit().status == 303


def test_nobody_puts_himself_into_a_group(app: Flask, keeper: Visitor) -> None:
    with app.app_context():
        bob = db.session.scalars(select(User).where(User.username == "bob")).one()
    group = add_group(app, "Keepers", ("users.view",))
    page = change_user(keeper, bob, groups=ids(group))
    assert page.status == 422
    assert "your own groups" in " ".join(page.errors)
    assert members(app, group) == []


def test_a_superuser_puts_himself_into_any_group(app: Flask, as_alice: Visitor, alice: User) -> None:
    group = add_group(app, "Richer", ("words.fly",))
    assert change_user(as_alice, alice, groups=ids(group)).status == 303
    assert members(app, group) == ["alice"]


def test_who_holds_more_through_a_group_is_not_touched(app: Flask, keeper: Visitor) -> None:
    """AZ-16."""
    zoe, emil = add_user(app, "zoe"), add_user(app, "emil")
    add_group(app, "Richer", ("words.fly",), (zoe,))
    add_group(app, "Poorer", ("users.view",), (emil,))
    with app.app_context():
        bob = db.session.scalars(select(User).where(User.username == "bob")).one()
        assert not may_touch(bob, db.session.get_one(User, zoe.id))
        assert may_touch(bob, db.session.get_one(User, emil.id))
    token = keeper.get("/account/password/").form().fields["csrf_token"]
    for verb in ("change", "delete", "password"):
        assert keeper.post(f"/users/{zoe.id}/{verb}/", {"csrf_token": token}).status == 403, verb
        assert keeper.get(f"/users/{emil.id}/{verb}/").status == 200, verb


def test_a_group_that_holds_more_is_neither_changed_nor_deleted(app: Flask, keeper: Visitor) -> None:
    """AZ-15."""
    richer, poorer = add_group(app, "Richer", ("words.fly",)), add_group(app, "Poorer", ("users.view",))
    token = keeper.get("/account/password/").form().fields["csrf_token"]
    data = {"csrf_token": token, "name": "Mine", "permissions": "", "_version": "1"}
    assert keeper.get(f"/groups/{richer.id}/change/").soup.select("main form [name=name]") == []
    assert keeper.post(f"/groups/{richer.id}/change/", data).status == 403
    assert keeper.post(f"/groups/{richer.id}/delete/", data).status == 403
    assert granted(app, richer) == {"words.fly"}
    assert change_group(keeper, poorer, name="Mine", permissions=["", "users.add"]).status == 303
    assert delete_page(keeper, poorer).form().submit("_delete").status == 303


def test_what_a_group_gives_to_somebody_who_holds_more_stays(app: Flask, keeper: Visitor) -> None:
    """Taking it would touch a person whom the keeper may not touch."""
    zoe = add_user(app, "zoe", grants=("words.fly",))
    group = add_group(app, "Mixed", ("users.view",), (zoe,))
    page = change_group(keeper, group, permissions=[""])
    assert page.status == 422
    assert "zoe belongs to this group and holds more than you do" in " ".join(page.errors)
    page = delete_page(keeper, group).form().submit("_delete")
    assert page.status == 422
    assert "zoe belongs to this group" in page.text
    assert granted(app, group) == {"users.view"}
    assert change_group(keeper, group, name="Still mixed").status == 303


def test_a_superuser_in_a_group_does_not_close_it_to_others(app: Flask, keeper: Visitor, alice: User) -> None:
    group = add_group(app, "Mixed", ("users.view",), (alice,))
    assert change_group(keeper, group, permissions=[""]).status == 303
    assert delete_page(keeper, group).form().submit("_delete").status == 303
