"""What most people have nothing of is asked for only where there is something: of a form it is statements less."""

import pytest
from flask import Flask
from sqlalchemy import event

from tests.conftest import add_user, counted, signed_in
from tests.pages import Visitor
from tests.users.groups import add_group
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import User


def ticked(visitor: Visitor, user: User) -> set[str]:
    page = visitor.get(f"/users/{user.id}/change/").soup
    return {str(box["value"]) for box in page.select("input[name=permissions][checked]")}


def test_what_somebody_holds_is_not_read_where_it_is_nothing(app: Flask, as_alice: Visitor) -> None:
    one, other = add_user(app, "one"), add_user(app, "other", grants=("users.view",))
    third = add_user(app, "third")
    add_group(app, "Members", ("groups.view",), (third,))
    with counted(app) as statements:
        as_alice.get(f"/users/{one.id}/change/")
    assert not [sql for sql in statements if sql.startswith("SELECT user_grants")], statements
    assert ticked(as_alice, one) == set()
    assert ticked(as_alice, other) == {"users.view"}
    assert "by group: Members" in as_alice.get(f"/users/{third.id}/change/").text


def test_what_somebody_has_just_been_granted_is_there(app: Flask, as_alice: Visitor, bob: User) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    form.fields["permissions"] = ["", "users.view"]
    assert form.submit().status == 303
    assert ticked(as_alice, bob) == {"users.view"}


def test_who_looks_at_the_own_form_holds_what_he_holds(app: Flask) -> None:
    bob = add_user(app, "bob", grants=("users.view", "users.change"))
    assert ticked(signed_in(app, bob), bob) == {"users.view", "users.change"}


def test_the_last_changes_are_not_looked_for_where_nothing_has_happened(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    address = f"/users/{bob.id}/change/"
    with counted(app) as statements:
        page = as_alice.get(address)
    assert not [sql for sql in statements if "FROM (SELECT log_entries" in sql], statements
    assert "Last changes" not in page.text
    page.form().fill(full_name="Robert").submit()
    with counted(app) as statements:
        page = as_alice.get(address)
    assert [sql for sql in statements if "log_entries.changes" in sql]
    assert "Last changes" in page.text


def test_keys_of_nothing_are_asked_for_too(as_alice: Visitor) -> None:
    for key in ("x", "9" * 40, "1,2", "%00", "a" * 300):
        assert as_alice.get(f"/users/{key}/change/").status == 404


def test_a_superuser_has_the_record_of_a_form_with_the_session(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    with counted(app) as statements:
        page = as_alice.get(f"/users/{bob.id}/change/")
    assert page.form().fields["username"] == "bob"
    assert not [sql for sql in statements if "WHERE users.id =" in sql], statements


def test_of_others_no_record_is_read_before_it_is_known_what_they_may_see(app: Flask, bob: User) -> None:
    charlie = signed_in(app, add_user(app, "charlie", grants=("groups.view",)))
    dora = signed_in(app, add_user(app, "dora", grants=("users.view",)))
    loaded: list[str] = []

    def note(user: User, _context: object) -> None:
        loaded.append(user.username)

    event.listen(User, "load", note)
    try:
        assert charlie.get(f"/users/{bob.id}/change/").status == 403
        assert loaded == ["charlie"]
        loaded.clear()
        assert dora.get(f"/users/{bob.id}/change/").status == 200
        assert loaded == ["dora", "bob"]
    finally:
        event.remove(User, "load", note)


def test_a_record_that_is_gone_is_404_for_everybody(app: Flask, as_alice: Visitor) -> None:
    dora = signed_in(app, add_user(app, "dora", grants=("users.view",)))
    assert [visitor.get("/users/999999/change/").status for visitor in (as_alice, dora)] == [404, 404]


def test_the_own_form_of_a_superuser_is_the_own(as_alice: Visitor, alice: User) -> None:
    page = as_alice.get(f"/users/{alice.id}/change/")
    assert page.form().fields["username"] == "alice"


def test_what_an_admin_leaves_out_does_not_come_along(
    app: Flask, as_alice: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = f"/users/{bob.id}/change/"
    assert as_alice.get(address).status == 200

    def query(self: UserAdmin, user: object) -> object:
        return super(UserAdmin, self).query(user).where(User.username != "bob")

    monkeypatch.setattr(UserAdmin, "query", query)
    assert as_alice.get(address).status == 404


def test_the_form_that_comes_back_with_errors_shows_what_is_there_by_then(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    with app.app_context():
        db.session.get_one(User, bob.id).full_name = "Roberto"
        db.session.commit()
    page = form.fill(username="").submit()
    assert page.status == 422
    assert as_alice.get(f"/users/{bob.id}/change/").form().fields["full_name"] == "Roberto"
