"""What is done to several people at once: activate, deactivate, into a group and out of one."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, counted, reload, signed_in
from tests.pages import Page, Visitor
from tests.users.groups import KEEPER, add_group, ids, members
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db
from webapp.users.models import Group, User


@pytest.fixture
def keeper(app: Flask) -> Visitor:
    return signed_in(app, add_user(app, "bob", grants=KEEPER))


def choose(visitor: Visitor, action: str, *people: User) -> Page:
    """Choose *action* for *people* in the list."""
    token = visitor.get("/account/password/").form().fields["csrf_token"]
    data = {"csrf_token": token, "action": action, "selected": [str(person.id) for person in people]}
    return visitor.post("/users/action/", data)


def confirmed(page: Page, **fields: str) -> Page:
    assert page.status == 200, page.text
    return page.form().fill(**fields).submit("_confirm")


def noted(app: Flask, verb: str) -> list[str]:
    with app.app_context():
        entries = select(LogEntry.label).where(LogEntry.verb == verb).order_by(LogEntry.label)
        return [*db.session.scalars(entries)]


def test_people_are_deactivated_after_a_question_and_signed_out(
    app: Flask, as_alice: Visitor, as_charlie: Visitor, charlie: User
) -> None:
    dora = add_user(app, "dora")
    question = choose(as_alice, "deactivate", charlie, dora)
    assert reload(app, charlie).is_active
    assert "signed out at once" in question.text
    assert confirmed(question).status == 303
    assert (reload(app, charlie).is_active, reload(app, dora).is_active) == (False, False)
    assert as_charlie.get("/").location.startswith("/login")
    assert noted(app, "deactivate") == ["charlie", "dora"]


def test_people_are_activated_at_once(app: Flask, as_alice: Visitor) -> None:
    closed, there = add_user(app, "dora", is_active=False), add_user(app, "emil")
    assert choose(as_alice, "activate", closed, there).status == 303
    assert reload(app, closed).is_active


def test_who_holds_more_the_last_superuser_and_oneself_are_left_as_they_are(
    app: Flask, keeper: Visitor, alice: User
) -> None:
    """AZ-16, AZ-18."""
    richer, poorer = add_user(app, "zoe", grants=("words.fly",)), add_user(app, "emil")
    with app.app_context():
        bob = db.session.scalars(select(User).where(User.username == "bob")).one()
    asked = confirmed(choose(keeper, "deactivate", alice, richer, poorer, bob))
    assert asked.status == 401
    assert "the account that you are using" in asked.text
    result = confirmed(choose(keeper, "deactivate", alice, richer, poorer))
    assert [reload(app, person).is_active for person in (alice, richer, poorer, bob)] == [
        True,
        True,
        False,
        True,
    ]
    assert "alice" in result.text
    assert noted(app, "deactivate") == ["emil"]
    as_alice = signed_in(app, alice)
    confirmed(choose(as_alice, "deactivate", alice))
    assert reload(app, alice).is_active


def test_who_holds_more_is_not_deleted_alone_or_among_others(
    app: Flask, keeper: Visitor, alice: User
) -> None:
    """AZ-16."""
    richer, poorer = add_user(app, "zoe", grants=("words.fly",)), add_user(app, "emil")
    result = confirmed(choose(keeper, "delete", alice, richer))
    assert "You may not do this to it." in result.text
    confirmed(choose(keeper, "delete", alice, richer, poorer))
    assert [reload(app, person) is None for person in (alice, richer, poorer)] == [False, False, True]


def test_people_are_put_into_a_group_and_taken_out_of_it(
    app: Flask, as_alice: Visitor, charlie: User
) -> None:
    dora = add_user(app, "dora")
    group = add_group(app, "Readers", ("users.view",), (dora,))
    assert confirmed(choose(as_alice, "add_to_group", charlie, dora), group=ids(group)[0]).status == 303
    assert members(app, group) == ["charlie", "dora"]
    with app.app_context():
        entry = db.session.scalars(select(LogEntry).where(LogEntry.label == "charlie")).all()[-1]
    (change,) = changes_of(entry)
    assert (change.field, change.old, change.new) == ("groups", [], [[str(group.id), "Readers"]])
    assert confirmed(choose(as_alice, "remove_from_group", charlie, dora), group=ids(group)[0]).status == 303
    assert members(app, group) == []


def test_only_groups_that_hold_no_more_are_offered(app: Flask, keeper: Visitor) -> None:
    """AZ-15."""
    zoe = add_user(app, "zoe")
    richer, poorer = add_group(app, "Richer", ("words.fly",)), add_group(app, "Poorer", ("users.view",))
    page = choose(keeper, "add_to_group", zoe)
    offered = [str(option["value"]) for option in page.soup.select("select[name=group] option")]
    assert offered == ["", *ids(poorer)]
    forged = page.form().submit("_confirm", group=ids(richer)[0])
    assert forged.status == 422
    assert members(app, richer) == []
    assert confirmed(page, group=ids(poorer)[0]).status == 303
    assert members(app, poorer) == ["zoe"]


def test_who_holds_more_is_put_into_no_group(app: Flask, keeper: Visitor, alice: User) -> None:
    zoe, emil = add_user(app, "zoe", grants=("words.fly",)), add_user(app, "emil")
    group = add_group(app, "Readers", ("users.view",))
    confirmed(choose(keeper, "add_to_group", zoe, alice, emil), group=ids(group)[0])
    assert members(app, group) == ["emil"]


def test_nobody_puts_himself_into_a_group_but_a_superuser(
    app: Flask, keeper: Visitor, as_alice: Visitor, alice: User
) -> None:
    group = add_group(app, "Readers", ("users.view",))
    with app.app_context():
        bob = db.session.scalars(select(User).where(User.username == "bob")).one()
    confirmed(choose(keeper, "add_to_group", bob), group=ids(group)[0])
    assert members(app, group) == []
    confirmed(choose(as_alice, "add_to_group", alice), group=ids(group)[0])
    assert members(app, group) == ["alice"]


def test_a_group_that_rises_while_the_question_is_open_is_handed_to_nobody(
    app: Flask, as_alice: Visitor
) -> None:
    bob = add_user(app, "bob", grants=("users.view", "users.change", "groups.view"))
    zoe, group = add_user(app, "zoe"), add_group(app, "Readers", ("users.view",))
    page = choose(signed_in(app, bob), "add_to_group", zoe)
    form = as_alice.get(f"/groups/{group.id}/change/").form()
    assert form.fill(permissions=["", "users.view", "users.delete"]).submit().status == 303
    assert page.form().fill(group=ids(group)[0]).submit("_confirm").status == 422
    assert members(app, group) == []


def test_who_may_not_see_groups_is_offered_none(app: Flask) -> None:
    visitor = signed_in(app, add_user(app, "bob", grants=("users.view", "users.change")))
    zoe = add_user(app, "zoe")
    add_group(app, "Secret readers", ("users.view",))
    page = choose(visitor, "add_to_group", zoe)
    assert page.status in (400, 403)
    assert "Secret readers" not in page.text
    assert confirmed(choose(visitor, "deactivate", zoe)).status == 303


@pytest.mark.parametrize("action", ["activate", "deactivate", "add_to_group", "remove_from_group"])
def test_who_may_only_view_is_offered_nothing(
    app: Flask, as_bob: Visitor, charlie: User, action: str
) -> None:
    assert choose(as_bob, action, charlie).status == 403
    assert reload(app, charlie).version == charlie.version


@pytest.mark.parametrize("who", ["alice", "keeper"])
@pytest.mark.parametrize("name", ["activate", "deactivate", "add_to_group", "remove_from_group", "delete"])
def test_many_people_cost_no_more_reads_than_few(app: Flask, who: str, name: str) -> None:
    grants = {} if who == "alice" else {"grants": KEEPER}
    visitor = signed_in(app, add_user(app, who, is_superuser=who == "alice", **grants))
    group, other = add_group(app, "Readers", ("users.view",)), add_group(app, "Friends")
    people = [add_user(app, f"person{number:02}", is_active=name != "activate") for number in range(24)]
    with app.app_context():
        inside = db.session.get_one(Group, (other if name == "add_to_group" else group).id)
        inside_of = db.session.scalars(select(User).where(User.username.startswith("person")))
        for person in inside_of:
            person.groups.append(inside)
        db.session.commit()

    def reads(*chosen: User) -> int:
        with counted(app) as statements:
            page = choose(visitor, name, *chosen)
            if page.status == 200:
                fields = {"group": str(group.id)} if name.endswith("group") else {}
                page = confirmed(page, **fields)
        assert page.status == 303, page.soup.get_text(" ", strip=True)
        return len([statement for statement in statements if statement.startswith("SELECT")])

    few, many = reads(*people[:10]), reads(*people[10:])
    assert many == few
