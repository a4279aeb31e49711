"""What the rules for people and groups judge is read under a lock: somebody acts meanwhile, or at the same moment."""

from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from tests.conftest import add_user, reload, signed_in
from tests.pages import Visitor
from tests.threads import at_once
from tests.users.groups import (
    KEEPER,
    add_group,
    held,
    ids,
    members,
)
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users import rules
from webapp.users.models import GroupGrant, User, UserGrant


@pytest.fixture
def keeper(app: Flask) -> Visitor:
    """Bob, who looks after users and groups without being a superuser."""
    return signed_in(app, add_user(app, "bob", grants=KEEPER))


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
    """AZ-15."""
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
    """AZ-17."""
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


@pytest.mark.race
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


@pytest.mark.race
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


@pytest.mark.race
def test_of_two_who_choose_one_name_at_the_same_moment_one_is_refused(app: Flask, as_alice: Visitor) -> None:
    as_dora = signed_in(app, add_user(app, "dora", is_superuser=True))
    one = as_alice.get("/groups/add/").form().fill(name="Editors")
    other = as_dora.get("/groups/add/").form().fill(name="editors")
    assert sorted(page.status for page in at_once([one.submit, other.submit])) == [303, 422]
    assert len(as_alice.get("/groups/").rows()) == 1
