"""The main job in one go: set up, sign in, add a user, find, change, deactivate, delete, read what happened."""

from flask import Flask

from tests.pages import PASSWORD, Visitor
from webapp.account.setup import setup_token


def test_an_administrator_signs_in_and_looks_after_users(app: Flask, stranger: Visitor) -> None:
    with app.app_context():
        token = setup_token()
    page = stranger.get(f"/setup/{token}")
    assert page.status == 200
    fields = {
        "username": "Alice",
        "email": "Alice@Example.org",
        "password": PASSWORD,
        "password_confirm": PASSWORD,
    }
    index = page.form().fill(**fields).submit(follow=True)
    assert (index.status, index.address) == (200, "/")
    assert "first administrator" in index.messages

    page = index.follow("Users").follow("Add user")
    fields = {
        "username": "bob",
        "email": "bob@example.org",
        "password": PASSWORD + "2",
        "password_confirm": PASSWORD + "2",
    }
    page = page.form().fill(**fields, is_staff=True).submit(follow=True)
    assert "bob was added" in page.messages
    assert page.column() == ["alice", "bob"]

    page = stranger.get("/users/?q=bo")
    assert page.column() == ["bob"]
    page = page.follow("bob").form().fill(full_name="Robert").submit(follow=True)
    assert page.address == "/users/?q=bo"
    assert "bob was changed" in page.messages
    page = page.follow("bob").form().fill(is_active=False).submit("_continue", follow=True)
    assert page.address.endswith("/change/?_list=q%3Dbo")

    history = page.follow("History")
    assert "added" in history.text
    assert "Robert" in history.text
    assert PASSWORD not in history.text
    assert "argon2" not in history.text

    page = history.follow("Change").follow("Delete …").form().submit("_delete", follow=True)
    assert "bob was deleted" in page.messages
    assert page.column() == ["alice"]
    assert Visitor(app).sign_in("bob", PASSWORD + "2").status == 422
