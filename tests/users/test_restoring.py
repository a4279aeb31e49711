"""People and groups come back by the rules that hold for looking after them: undoing is no way up."""

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.admin.backwards import change, delete, found, last_entry, losses, restore
from tests.conftest import add_user, signed_in
from tests.pages import PASSWORD, Page, Visitor
from webapp.account.models import UserSession
from webapp.extensions import db
from webapp.users.models import Group, GroupGrant, User

RIGHTS = ("users.add", "users.change", "users.delete", "users.view", "groups.view")


@pytest.fixture
def group(app: Flask) -> Group:
    """A group that holds what a helper does not."""
    with app.app_context():
        made = Group(name="Keepers", grants=[GroupGrant(permission="groups.delete")])
        db.session.add(made)
        db.session.commit()
        db.session.refresh(made)
        return made


@pytest.fixture
def helper(app: Flask) -> Visitor:
    """Somebody who looks after people and is no superuser."""
    return signed_in(app, add_user(app, "hugo", grants=RIGHTS))


def join(app: Flask, user: User, group: Group) -> None:
    with app.app_context():
        target = db.session.get(User, user.id)
        assert target is not None
        target.groups.append(db.session.get(Group, group.id))  # type: ignore[arg-type]
        db.session.commit()


def bring_back(visitor: Visitor, app: Flask, user: User) -> Page:
    return restore(visitor, "users", user.id, last_entry(app, "users", "delete"))


def held(app: Flask, user: User) -> tuple[bool, bool, set[str], set[str]]:
    with app.app_context():
        target = db.session.get(User, user.id)
        assert target is not None
        own = {grant.permission for grant in target.grants}
        return target.is_staff, target.is_superuser, own, {group.name for group in target.groups}


def test_a_superuser_brings_all_back_but_password_and_sessions(
    app: Flask, as_alice: Visitor, group: Group
) -> None:
    dora = add_user(app, "dora", is_superuser=True, grants=("groups.delete",), full_name="Dora")
    join(app, dora, group)
    signed_in(app, dora)
    delete(as_alice, "users", dora.id)
    page = bring_back(as_alice, app, dora)
    assert losses(page)["Password"] == "A secret is not kept in the history."
    assert "password" not in page.form().fields
    assert page.form().submit("_restore").status == 303, page.text
    assert held(app, dora) == (True, True, {"groups.delete"}, {"Keepers"})
    person = found(app, User, dora.id)
    assert (person.full_name, person.created_at) == ("Dora", dora.created_at)
    assert not person.password.is_usable
    assert Visitor(app).sign_in("dora", PASSWORD).status == 422
    with app.app_context():
        sessions = select(func.count()).select_from(UserSession).where(UserSession.user_id == dora.id)
        assert db.session.scalar(sessions) == 0


def test_a_password_forged_into_the_form_is_not_taken(app: Flask, as_alice: Visitor, bob: User) -> None:
    delete(as_alice, "users", bob.id)
    form = bring_back(as_alice, app, bob).form()
    assert form.submit("_restore", password=PASSWORD, password_confirm=PASSWORD).status == 303
    assert not found(app, User, bob.id).password.is_usable


def test_a_helper_brings_nobody_back_to_more_than_he_may_give(
    app: Flask, as_alice: Visitor, helper: Visitor, group: Group
) -> None:
    """AZ-15, AZ-17."""
    dora = add_user(app, "dora", is_superuser=True, grants=("groups.delete", "users.view"))
    join(app, dora, group)
    delete(as_alice, "users", dora.id)
    page = bring_back(helper, app, dora)
    lost = losses(page)
    assert {"Superuser", "Staff", "Permissions", "Password"} <= lost.keys()
    assert "groups.delete" in lost["Permissions"]
    refused = page.form().submit("_restore")
    assert refused.status == 422
    assert "holds more than you do" in refused.errors[0]
    assert found(app, User, dora.id) is None
    forged = refused.form().fill(groups=[])
    forged.fields["permissions"] = ["users.view", "groups.delete"]
    assert forged.submit("_restore", is_superuser="y").status == 422
    form = refused.form().fill(groups=[])
    assert form.submit("_restore", is_superuser="y", is_staff="y").status == 303
    assert held(app, dora) == (False, False, {"users.view"}, set())


def test_a_helper_brings_back_who_held_no_more_than_he(app: Flask, helper: Visitor, bob: User) -> None:
    delete(helper, "users", bob.id)
    assert bring_back(helper, app, bob).form().submit("_restore").status == 303
    assert held(app, bob) == (False, False, {"users.view"}, set())


def test_a_taken_name_is_told(app: Flask, as_alice: Visitor, bob: User) -> None:
    delete(as_alice, "users", bob.id)
    add_user(app, "bob", email="other@example.org")
    refused = bring_back(as_alice, app, bob).form().submit("_restore")
    assert refused.status == 422
    assert "Username" in refused.errors[0]
    assert refused.form().fill(username="bob2").submit("_restore").status == 303


def test_what_was_granted_is_taken_back_by_who_holds_it(
    app: Flask, as_alice: Visitor, helper: Visitor, bob: User
) -> None:
    change(as_alice, "users", bob.id, permissions=["", "users.view", "users.change", "groups.delete"])
    entry = last_entry(app, "users")
    page = restore(helper, "users", bob.id, entry)
    # He holds more than the helper now.
    assert page.status == 403
    assert restore(as_alice, "users", bob.id, entry).form().submit("_restore").status == 303
    assert held(app, bob)[2] == {"users.view"}


def test_nobody_takes_back_what_was_taken_from_himself(
    app: Flask, as_alice: Visitor, helper: Visitor
) -> None:
    """AZ-15."""
    with app.app_context():
        hugo = db.session.scalars(select(User).where(User.username == "hugo")).one()
    left = [word for word in RIGHTS if word != "users.delete"]
    change(as_alice, "users", hugo.id, permissions=["", *left])
    entry = last_entry(app, "users")
    page = restore(helper, "users", hugo.id, entry)
    assert "Nothing to restore" in page.text
    assert "your own permissions" in losses(page)["Permissions"]
    forged = helper.post(
        f"/users/{hugo.id}/restore/?_entry={entry.id}", {**page.form().fields, "field": "permissions"}
    )
    assert forged.status == 422
    assert helper.get(f"/undo/{entry.request_id}/").form().submit("_undo").status == 409
    assert held(app, hugo)[2] == set(left)
    assert as_alice.get(f"/undo/{entry.request_id}/").form().submit("_undo").status == 303
    assert held(app, hugo)[2] == set(RIGHTS)


def test_a_group_comes_back_with_what_it_granted_and_no_member(
    app: Flask, as_alice: Visitor, bob: User, group: Group
) -> None:
    join(app, bob, group)
    delete(as_alice, "groups", group.id)
    page = restore(as_alice, "groups", group.id, last_entry(app, "groups"))
    assert page.form().submit("_restore").status == 303
    with app.app_context():
        target = db.session.get(Group, group.id)
        assert target is not None
        assert (target.name, target.permissions) == ("Keepers", {"groups.delete"})


def test_a_helper_brings_no_group_back_that_grants_more(app: Flask, as_alice: Visitor, group: Group) -> None:
    delete(as_alice, "groups", group.id)
    entry = last_entry(app, "groups")
    helper = signed_in(app, add_user(app, "gil", grants=("groups.add", "groups.view")))
    page = restore(helper, "groups", group.id, entry)
    assert "groups.delete" in losses(page)["Permissions"]
    assert page.form().submit("_restore").status == 303
    with app.app_context():
        assert db.session.get(Group, group.id).permissions == set()  # type: ignore[union-attr]


def test_the_last_superuser_stays_whatever_is_undone(app: Flask, as_alice: Visitor, alice: User) -> None:
    """AZ-18."""
    dora = add_user(app, "dora")
    change(as_alice, "users", dora.id, is_superuser=True)
    number = last_entry(app, "users").request_id
    as_dora = signed_in(app, dora)
    change(as_dora, "users", alice.id, is_superuser=False)
    page = as_dora.get(f"/undo/{number}/").form().submit("_undo", follow=True)
    assert "stays as it is" in page.messages
    assert held(app, dora)[1]
