"""The rules for people and groups, asked one by one: whom each refuses, in which words, at which field."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from tests.users.asking import group, person, refusal
from webapp.extensions import db
from webapp.users import rules
from webapp.users.models import Group, User


@pytest.fixture(autouse=True)
def _inside(app: Flask) -> Iterator[None]:
    with app.test_request_context():
        yield
        db.session.rollback()


# One at a time


def test_the_command_line_goes_on_and_so_does_who_may_still_sign_in() -> None:
    bob = person("bob")
    assert refusal(rules.one_at_a_time, db.session(), None) is None
    assert refusal(rules.one_at_a_time, db.session(), bob) is None


@pytest.mark.parametrize("values", [{"is_active": False}, {"is_staff": False}, None])
def test_who_was_shut_out_or_deleted_meanwhile_is_told_so(values: dict[str, bool] | None) -> None:
    person("alice")
    bob = person("bob")
    row = User.__table__.c.id == bob.id
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(
            User.__table__.delete().where(row)
            if values is None
            else User.__table__.update().where(row).values(values)
        )
    assert refusal(rules.one_at_a_time, db.session(), bob) == ("Your account was closed meanwhile.", None)


def test_the_actor_is_read_again_as_he_is_now() -> None:
    alice = person("alice", is_superuser=True)
    assert alice.is_superuser
    db.session.commit()
    with db.engine.begin() as connection:
        connection.execute(User.__table__.update().values(is_superuser=False))
    rules.one_at_a_time(db.session(), alice)
    assert not alice.is_superuser


# Who holds more


def test_nobody_touches_who_holds_more_and_everybody_who_holds_as_much() -> None:
    keeper = person("bob", "users.change", "users.delete")
    alice = person("alice", is_superuser=True)
    touchable = [
        person("zoe"),
        # Seeing comes with changing.
        person("carl", "users.change", "users.view"),
        group("Same", "users.delete"),
        group("Empty"),
    ]
    untouchable = [
        alice,
        person("dora", "users.change", "users.add"),
        group("More", "users.delete", "groups.add"),
    ]
    for target in touchable:
        assert rules.may_touch(keeper, target)
        assert refusal(rules.require_touch, keeper, target) is None
    for target in untouchable:
        assert not rules.may_touch(keeper, target)
        message = f"{target} holds more than you do, so you may not do this."
        assert refusal(rules.require_touch, keeper, target) == (message, None)
        assert rules.may_touch(alice, target)
        assert refusal(rules.require_touch, None, target) is None


def test_a_group_holds_more_by_each_permission_that_is_beyond_reach() -> None:
    keeper = person("bob", "users.change")
    for name, grants in {
        "Seen": ["users.view"],
        "More": ["users.view", "users.add"],
        "None": [],
    }.items():
        group(name, *grants)

    def beyond(actor: User) -> list[str]:
        return list(db.session.scalars(select(Group.name).where(rules.holds_more(actor))))

    assert beyond(keeper) == ["More"]
    assert beyond(person("alice", is_superuser=True)) == []


# Staff and superusers


@pytest.mark.parametrize("name", ["is_staff", "is_superuser"])
@pytest.mark.parametrize("before", [True, False])
def test_only_a_superuser_makes_and_unmakes_staff_and_superusers(name: str, before: bool) -> None:
    keeper, alice = person("bob", "users.change"), person("alice", is_superuser=True)
    target = person("zoe", **{name: before})
    assert refusal(rules.require_superuser, keeper, target) is None
    setattr(target, name, not before)
    assert refusal(rules.require_superuser, keeper, target) == (
        "Only a superuser may change this.",
        name,
    )
    assert refusal(rules.require_superuser, alice, target) is None
    assert refusal(rules.require_superuser, None, target) is None


def test_a_keeper_may_deactivate_and_a_new_person_is_nothing_yet() -> None:
    keeper, target = person("bob", "users.change"), person("zoe")
    target.is_active = False
    assert refusal(rules.require_superuser, keeper, target) is None
    assert refusal(rules.require_superuser, keeper, User(username="new")) is None
    made = User(username="new", is_superuser=True, is_staff=True)
    assert refusal(rules.require_superuser, keeper, made) == (
        "Only a superuser may change this.",
        "is_staff",
    )


# What is granted


def test_nobody_grants_or_takes_what_he_does_not_hold() -> None:
    keeper, target = person("bob", "users.change"), person("zoe")
    assert refusal(rules.require_grants, keeper, target, ["users.change", "users.view"]) is None
    assert refusal(rules.require_grants, keeper, target, ["users.delete", "users.view", "users.add"]) == (
        "You do not hold users.add and users.delete yourself, so you can neither grant nor take it.",
        "permissions",
    )
    assert refusal(rules.require_grants, None, target, ["users.delete"]) is None
    alice = person("alice", is_superuser=True)
    assert refusal(rules.require_grants, alice, target, ["users.delete"]) is None
    assert refusal(rules.require_grants, alice, alice, ["users.delete"]) is None


def test_nobody_changes_his_own_permissions() -> None:
    keeper = person("bob", "users.change")
    assert refusal(rules.require_grants, keeper, keeper, []) is None
    assert refusal(rules.require_grants, keeper, keeper, ["users.change"]) == (
        "You cannot change your own permissions. Ask another administrator.",
        "permissions",
    )


def test_a_group_and_a_new_person_are_not_oneself_whatever_their_number() -> None:
    keeper = person("bob", "users.change")
    same_number = Group(id=keeper.id, name="Editors")
    assert refusal(rules.require_grants, keeper, same_number, ["users.change"]) is None
    assert refusal(rules.require_grants, keeper, User(username="new"), ["users.change"]) is None


# Groups


def test_nobody_is_put_into_or_out_of_a_group_that_holds_more() -> None:
    keeper, target = person("bob", "users.change"), person("zoe")
    same, more, most = (
        group("Same", "users.view"),
        group("More", "users.add"),
        group("Most", "users.add", "users.delete"),
    )

    def put_into(*groups: Group) -> tuple[str, str | None] | None:
        with db.session.no_autoflush:
            target.groups = [*groups]
            return refusal(rules.require_groups, db.session(), keeper, target)

    told = "The group “{}” holds more than you do, so you can put nobody into it or out of it."
    assert put_into() is None
    assert put_into(same) is None
    assert put_into(same, most, more) == (told.format("More"), "groups")
    for actor in (None, person("alice", is_superuser=True)):
        with db.session.no_autoflush:
            target.groups = [most]
            assert refusal(rules.require_groups, db.session(), actor, target) is None
    db.session.flush()
    assert put_into(most) is None
    assert put_into() == (told.format("Most"), "groups")


def test_nobody_changes_his_own_groups(app: Flask) -> None:
    keeper, empty = person("bob", "users.change"), group("Empty")
    with db.session.no_autoflush:
        assert refusal(rules.require_groups, db.session(), keeper, keeper) is None
        keeper.groups.append(empty)
        assert refusal(rules.require_groups, db.session(), keeper, keeper) == (
            "You cannot change your own groups. Ask another administrator.",
            "groups",
        )


def test_a_group_is_not_changed_above_the_heads_of_members_who_hold_more() -> None:
    keeper = person("bob", "users.change", "groups.change")
    zoe, adam, carl = (
        person("zoe", "users.delete"),
        person("adam"),
        person("carl", "users.view"),
    )
    alice = person("alice", "users.delete", is_superuser=True)
    group("More", "users.add", members=(adam,))
    group("Elsewhere", "users.add")
    group("Within", "users.view", members=(carl,))
    changed, quiet = (
        group("Editors", members=(zoe, adam, carl)),
        group("Quiet", members=(carl, alice)),
    )

    def told() -> tuple[str, str | None] | None:
        return refusal(rules.require_members, db.session(), keeper, changed)

    why = "{} belongs to this group and holds more than you do, so you may not change what it grants."
    assert told() == (why.format("adam"), None)
    changed.grants = []
    db.session.get_one(User, adam.id).groups = []
    db.session.flush()
    assert told() == (why.format("zoe"), None)
    assert refusal(rules.require_members, db.session(), keeper, quiet) is None
    assert refusal(rules.require_members, db.session(), None, changed) is None
    assert refusal(rules.require_members, db.session(), alice, changed) is None


def test_names_of_groups_differ_by_more_than_capitals() -> None:
    editors = group("Editors")
    assert refusal(rules.keep_names_apart, db.session(), editors) is None
    assert refusal(rules.keep_names_apart, db.session(), Group(name="Editor")) is None
    assert refusal(rules.keep_names_apart, db.session(), Group(name=" EDITORS")) == (
        "There is a group “Editors” already.",
        "name",
    )
