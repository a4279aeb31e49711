"""What is done to people outside the user form, and what the history says of it."""

import pytest
from flask import Flask
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from tests.conftest import add_user, reload, signed_in
from tests.pages import Visitor
from webapp.admin.history import Change, LogEntry, changes_of
from webapp.admin.options import Rejected
from webapp.extensions import db
from webapp.users import service
from webapp.users.models import User, UserGrant
from webapp.users.passwords import hash_password, verify_password
from webapp.users.rules import may_touch

NEW = "pomar de figos maduros"


def entries(app: Flask, user: User) -> list[LogEntry]:
    with app.app_context():
        statement = select(LogEntry).where(LogEntry.key == str(user.id)).order_by(LogEntry.id)
        return [*db.session.scalars(statement)]


def test_setting_a_password_is_one_entry_that_says_changed_and_no_value(app: Flask, charlie: User) -> None:
    with app.app_context():
        service.set_password(charlie, hash_password(NEW))
    (entry,) = entries(app, charlie)
    assert (entry.verb, entry.origin, entry.actor_key) == ("password", "cli", None)
    assert entry.changes == [{"field": "password", "kind": "secret", "old": None, "new": None}]
    assert verify_password(reload(app, charlie).password, NEW)


def test_the_history_page_shows_that_the_password_changed_and_nothing_of_it(
    app: Flask, as_alice: Visitor, charlie: User
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/password/").form()
    page = form.fill(password=NEW, password_confirm=NEW).submit(follow=True)
    assert "The password of charlie was changed" in page.messages
    history = as_alice.get(f"/users/{charlie.id}/history/")
    assert "alice" in history.text
    assert "set the password" in history.text
    assert NEW not in history.text
    assert "argon2" not in history.text
    assert [entry.verb for entry in entries(app, charlie)] == ["password"]


def test_nobody_sets_the_password_of_who_was_deleted_meanwhile(app: Flask, charlie: User) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(User, charlie.id))
        db.session.commit()
        with pytest.raises(Rejected, match="deleted meanwhile"):
            service.set_password(charlie, hash_password(NEW))
    assert entries(app, charlie) == []


def test_the_password_of_who_changed_otherwise_meanwhile_is_set(app: Flask, charlie: User) -> None:
    with app.app_context():
        target = db.session.get_one(User, charlie.id)
        db.session.commit()
        with db.engine.begin() as connection:
            connection.execute(update(User.__table__).values(full_name="Charlie Costa", version=7))
        service.set_password(target, hash_password(NEW))
    found = reload(app, charlie)
    assert (found.full_name, found.version) == ("Charlie Costa", 8)
    assert verify_password(found.password, NEW)


def test_nobody_sets_the_password_of_who_holds_more(app: Flask, alice: User, bob: User) -> None:
    """AZ-16."""
    with app.app_context():
        with pytest.raises(Rejected, match="holds more"):
            service.set_password(alice, hash_password(NEW), db.session.get_one(User, bob.id))
        service.set_password(bob, hash_password(NEW), db.session.get_one(User, alice.id))
    assert not verify_password(reload(app, alice).password, NEW)
    assert verify_password(reload(app, bob).password, NEW)


def test_nobody_sets_the_password_of_who_was_granted_more_since_the_page(
    app: Flask, bob: User, charlie: User
) -> None:
    with app.app_context():
        actor, target = db.session.get_one(User, bob.id), db.session.get_one(User, charlie.id)
        assert may_touch(actor, target)
        db.session.commit()
        with db.engine.begin() as connection:
            connection.execute(insert(UserGrant).values(user_id=target.id, permission="users.delete"))
        with pytest.raises(Rejected, match="holds more"):
            service.set_password(target, hash_password(NEW), actor)
    assert not verify_password(reload(app, charlie).password, NEW)


def test_a_grant_and_its_end_work_on_the_next_request_and_are_noted(app: Flask, charlie: User) -> None:
    visitor = signed_in(app, charlie)
    assert visitor.get("/users/").status == 403
    with app.app_context():
        assert service.grant(charlie, "users.view")
        assert not service.grant(charlie, "users.view")
    assert visitor.get("/users/").status == 200
    with app.app_context():
        assert service.revoke(charlie, "users.view")
        assert not service.revoke(charlie, "users.view")
    assert visitor.get("/users/").status == 403
    noted = [entry for entry in entries(app, charlie) if entry.verb != "sign-in"]
    told = [(entry.verb, *changes_of(entry)) for entry in noted]
    word = [f"{charlie.id},users.view", "users.view"]
    assert told == [
        ("grant", Change("grants", "relations", [], [word])),
        ("revoke", Change("grants", "relations", [word], [])),
    ]


def test_grants_go_with_their_user(app: Flask, bob: User) -> None:
    with app.app_context():
        db.session.delete(db.session.get_one(User, bob.id))
        db.session.commit()
        assert db.session.scalars(select(UserGrant)).all() == []


def test_a_superuser_made_from_outside_is_noted_without_the_password(app: Flask) -> None:
    with app.app_context():
        user = service.create_superuser("Dora", "Dora@Example.org", hash_password(NEW))
    (entry,) = entries(app, user)
    assert (entry.verb, entry.label) == ("add", "Dora")
    assert "argon2" not in str(entry.changes)
    found = reload(app, user)
    assert (found.username, found.email, found.is_staff, found.is_superuser) == (
        "dora",
        "dora@example.org",
        True,
        True,
    )


def test_only_the_first_superuser_is_made_by_who_asks_for_the_first(app: Flask) -> None:
    add_user(app, "zoe", is_superuser=True, is_active=False)
    with app.app_context():
        service.create_superuser("dora", "dora@example.org", hash_password(NEW), only_the_first=True)
        with pytest.raises(service.AlreadySetUp):
            service.create_superuser("emil", "emil@example.org", hash_password(NEW), only_the_first=True)
        service.create_superuser("emil", "emil@example.org", hash_password(NEW))
        with pytest.raises(IntegrityError):
            service.create_superuser("EMIL", "other@example.org", hash_password(NEW))
