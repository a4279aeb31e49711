"""Groups: what they give to whom, and that nobody climbs by one, on any path, also when two act at the same moment."""

from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from tests.conftest import add_user, reload, signed_in
from tests.pages import Page, Visitor
from tests.threads import at_once
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
from webapp.users import rules
from webapp.users.models import Group, GroupGrant, User, UserGrant, user_groups
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


def test_of_two_who_choose_one_name_at_the_same_moment_one_is_refused(app: Flask, as_alice: Visitor) -> None:
    as_dora = signed_in(app, add_user(app, "dora", is_superuser=True))
    one = as_alice.get("/groups/add/").form().fill(name="Editors")
    other = as_dora.get("/groups/add/").form().fill(name="editors")
    assert sorted(page.status for page in at_once([one.submit, other.submit])) == [303, 422]
    assert len(as_alice.get("/groups/").rows()) == 1


# Nobody climbs by a group


def test_nobody_puts_a_person_into_a_group_that_holds_more_than_he_does(app: Flask, keeper: Visitor) -> None:
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


# Somebody acts between the page and the save, or at the same moment


def meanwhile(monkeypatch: pytest.MonkeyPatch, *statements: Any) -> None:
    """Between the validation of a form and its transaction, somebody else does this."""
    begin = rules.one_at_a_time
    waiting = [*statements]

    def and_then(session: Any, actor: Any) -> None:
        session.rollback()
        with db.engine.begin() as connection:
            while waiting:
                connection.execute(waiting.pop())
        begin(session, actor)

    monkeypatch.setattr(rules, "one_at_a_time", and_then)


def test_a_group_that_has_risen_since_the_page_is_handed_to_nobody(
    app: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoe, group = add_user(app, "zoe"), add_group(app, "Editors", ("users.view",))
    form = keeper.get(f"/users/{zoe.id}/change/").form().fill(groups=ids(group))
    meanwhile(monkeypatch, insert(GroupGrant).values(group_id=group.id, permission="words.fly"))
    page = form.submit()
    assert page.status == 422
    assert "The group “Editors” holds more" in " ".join(page.errors)
    assert members(app, group) == []


def test_who_has_lost_a_permission_since_the_page_grants_it_to_nobody(
    app: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoe = add_user(app, "zoe")
    form = keeper.get(f"/users/{zoe.id}/change/").form().fill(permissions=["", "users.delete"])
    meanwhile(monkeypatch, delete(UserGrant).where(UserGrant.permission == "users.delete"))
    page = form.submit()
    assert page.status == 422
    assert "You do not hold users.delete yourself" in " ".join(page.errors)
    assert held(app, zoe) == frozenset()


def test_who_is_shut_out_meanwhile_changes_nothing(
    app: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoe = add_user(app, "zoe")
    form = keeper.get(f"/users/{zoe.id}/change/").form().fill(full_name="Zoe Z.")
    meanwhile(monkeypatch, update(User).where(User.username == "bob").values(is_active=False))
    page = form.submit()
    assert page.status == 422
    assert "Your account was closed meanwhile" in " ".join(page.errors)
    assert reload(app, zoe).full_name == ""


def test_who_is_no_superuser_any_more_makes_none(
    app: Flask, as_alice: Visitor, charlie: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form().fill(is_superuser=True)
    meanwhile(monkeypatch, update(User).where(User.username == "alice").values(is_superuser=False))
    page = form.submit()
    assert page.status == 422
    assert "Only a superuser may change this" in " ".join(page.errors)
    assert not reload(app, charlie).is_superuser


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who save are held until both are about to begin, so that their checks have been made before either."""
    both = Barrier(2)
    begin = rules.one_at_a_time

    def wait_then(session: Any, actor: Any) -> None:
        try:
            both.wait(timeout=0.5)
        except BrokenBarrierError:
            both.reset()
        begin(session, actor)

    monkeypatch.setattr(rules, "one_at_a_time", wait_then)


@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("attempt", range(3))
def test_one_raises_a_group_while_another_adds_somebody_to_it(
    app: Flask, as_alice: Visitor, keeper: Visitor, attempt: int
) -> None:
    """Whoever is first: nobody is in a group that held more than the keeper when he put somebody into it."""
    zoe, group = add_user(app, "zoe"), add_group(app, "Editors", ("users.view",))
    raising = as_alice.get(f"/groups/{group.id}/change/").form()
    adding = keeper.get(f"/users/{zoe.id}/change/").form().fill(groups=ids(group))
    with app.app_context(), db.engine.begin() as connection:
        # The keeper holds everything that is known; what he lacks is taken from him here.
        connection.execute(delete(UserGrant).where(UserGrant.permission == "users.delete"))
    raising.fill(permissions=["", "users.view", "users.delete"])
    raised, added = at_once([raising.submit, adding.submit])
    assert raised.status == 303
    with app.app_context():
        verbs = db.session.scalars(
            select(LogEntry.name).where(LogEntry.verb == "change").order_by(LogEntry.id)
        ).all()
    if added.status == 303:
        # He was first, and the superuser raised the group knowing who is in it.
        assert verbs == ["users", "groups"]
    else:
        assert (added.status, verbs) == (422, ["groups"])
        assert members(app, group) == []


@pytest.mark.usefixtures("meeting")
def test_many_who_change_groups_and_people_at_once_wait_for_each_other(app: Flask, as_alice: Visitor) -> None:
    """Each locks rows that the other's rows refer to: without one lock before all rows they would be a deadlock."""
    as_dora = signed_in(app, add_user(app, "dora", is_superuser=True))
    for number in range(3):
        person, group = add_user(app, f"person{number}"), add_group(app, f"Group {number}")
        one = as_alice.get(f"/users/{person.id}/change/").form().fill(groups=ids(group))
        other = as_dora.get(f"/groups/{group.id}/change/").form().fill(permissions=["", "users.view"])
        assert [page.status for page in at_once([one.submit, other.submit])] == [303, 303]
        assert held(app, person) == {"users.view"}
