"""The user form as the engine makes it: what a person sees, saves, and is refused."""

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.conftest import add_user, counted, reload, signed_in
from tests.pages import Visitor
from tests.threads import at_once
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import User


def entries(app: Flask) -> list[LogEntry]:
    with app.app_context():
        statement = select(LogEntry).where(LogEntry.verb != "sign-in").order_by(LogEntry.id)
        return list(db.session.scalars(statement))


def test_alice_changes_a_user_and_comes_back_to_the_list_as_it_was(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    page = as_alice.get("/users/?q=bob&sort=-email").follow("bob")
    page = page.form().fill(full_name="Robert").submit(follow=True)
    assert page.address == "/users/?q=bob&sort=-email"
    assert "bob was changed" in page.messages
    changed = reload(app, bob)
    assert changed is not None
    assert (changed.full_name, changed.version) == ("Robert", 2)


def test_the_list_is_not_forgotten_on_the_way_to_another(as_alice: Visitor, bob: User) -> None:
    form = as_alice.get("/users/?q=bob&sort=-email").follow("bob").form()
    page = form.fill(full_name="Robert").submit("_addanother", follow=True)
    assert page.link("Cancel") == "/users/?q=bob&sort=-email"


def test_the_list_is_not_forgotten_while_editing_goes_on(as_alice: Visitor, bob: User) -> None:
    page = as_alice.get("/users/?q=bob&sort=-email").follow("bob")
    for full_name in ("Robert", "Roberto"):
        page = page.form().fill(full_name=full_name).submit("_continue", follow=True)
        assert page.form().fields["full_name"] == full_name
    page = page.form().submit(follow=True)
    assert page.address == "/users/?q=bob&sort=-email"


def test_a_change_and_its_entry_are_one(app: Flask, as_alice: Visitor, bob: User) -> None:
    as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert", is_active=False).submit()
    [entry] = entries(app)
    assert (entry.verb, entry.name, entry.key, entry.label) == ("change", "users", str(bob.id), "bob")
    assert (entry.actor_label, entry.origin) == ("alice", "web")
    assert entry.request_id
    assert entry.changes == [
        {"field": "full_name", "kind": "text", "old": "", "new": "Robert"},
        {"field": "is_active", "kind": "boolean", "old": True, "new": False},
    ]


def test_neither_is_kept_when_the_transaction_fails(app: Flask, as_alice: Visitor, bob: User) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("lost between flush and commit")

    page = as_alice.get(f"/users/{bob.id}/change/")
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        patch.setattr(UserAdmin, "after_save", fail)
        assert page.form().fill(full_name="Robert").submit().status == 500
    kept = reload(app, bob)
    assert kept is not None
    assert kept.full_name == ""
    assert entries(app) == []


def test_saving_what_is_there_changes_nothing_and_tells_nothing(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    assert as_alice.get(f"/users/{bob.id}/change/").form().submit().status == 303
    same = reload(app, bob)
    assert same is not None
    assert (same.version, same.updated_at) == (bob.version, bob.updated_at)
    assert entries(app) == []


@pytest.mark.parametrize(
    ("button", "address"),
    [("_save", "/users/"), ("_continue", "/users/{}/change/"), ("_addanother", "/users/add/")],
)
def test_each_button_leads_where_it_says(as_alice: Visitor, bob: User, button: str, address: str) -> None:
    page = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit(button)
    assert (page.status, page.location) == (303, address.format(bob.id))


def test_a_wrong_value_comes_back_with_all_that_was_typed(app: Flask, as_alice: Visitor, bob: User) -> None:
    page = (
        as_alice.get(f"/users/{bob.id}/change/").form().fill(email="no address", full_name="Robert").submit()
    )
    assert page.status == 422
    assert page.title.startswith("Error:")
    assert page.errors == ["E-mail: Write an e-mail address such as name@example.org."]
    assert page.form().fields["full_name"] == "Robert"
    assert page.form().fields["email"] == "no address"
    kept = reload(app, bob)
    assert kept is not None
    assert kept.full_name == ""


@pytest.mark.parametrize("value", ["x" * 151, "with\0nul", "lost \ufffd", "line\nbreak"])
def test_what_no_column_keeps_is_an_error_of_its_field(as_alice: Visitor, bob: User, value: str) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    page = form.submit(full_name=value)
    assert page.status == 422
    assert page.errors[0].startswith("Full name:")


def test_a_name_that_is_taken_in_other_letters_is_an_error_of_its_field(as_alice: Visitor, bob: User) -> None:
    page = as_alice.get(f"/users/{bob.id}/change/").form().fill(username="\uff21LICE ").submit()
    assert page.status == 422
    assert page.errors == ["Username: This value is taken already, by another record."]


@pytest.mark.race
def test_of_many_who_add_the_same_name_at_once_one_does_and_the_others_are_told(
    app: Flask, alice: User
) -> None:
    number = 6
    forms = []
    for _ in range(number):
        form = signed_in(app, alice).get("/users/add/").form()
        password = "sete gatos na janela"
        forms.append(
            form.fill(username="dora", email="dora@example.org", password=password, password_confirm=password)
        )
    answers = at_once([form.submit for form in forms])
    assert sorted(page.status for page in answers) == [303] + [422] * (number - 1)
    refused = next(page for page in answers if page.status == 422)
    assert any("taken" in error for error in refused.errors)
    assert "INSERT" not in refused.text
    assert refused.form().fields["username"] == "dora"
    assert [entry.verb for entry in entries(app)] == ["add"]


# Two people at the same form


def test_who_saves_second_is_told_what_is_there_now_and_overwrites_nothing(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    other = signed_in(app, add_user(app, "dora", is_superuser=True))
    mine = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Bobby")
    assert other.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit().status == 303

    page = mine.submit()
    assert page.status == 409
    assert "dora" in page.messages
    assert page.form().fields["full_name"] == "Bobby"
    assert "Robert" in page.soup.select_one("fieldset.choice").get_text()  # type: ignore[union-attr]
    kept = reload(app, bob)
    assert kept is not None
    assert kept.full_name == "Robert"

    assert page.form().submit().status == 303
    written = reload(app, bob)
    assert written is not None
    assert written.full_name == "Bobby"


def test_a_form_that_came_back_with_errors_is_still_stale(app: Flask, as_alice: Visitor, bob: User) -> None:
    mine = as_alice.get(f"/users/{bob.id}/change/").form().fill(email="wrong")
    with app.app_context():
        db.session.get_one(User, bob.id).full_name = "Robert"
        db.session.commit()
    page = mine.submit()
    assert page.status == 422
    assert page.form().fill(email="bob@example.org").submit().status == 409


def test_a_form_without_its_version_is_stale(as_alice: Visitor, bob: User) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    del form.fields["_version"]
    assert form.submit().status == 409


def test_signing_in_makes_no_form_stale(app: Flask, as_alice: Visitor, bob: User) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert")
    signed_in(app, bob)
    assert form.submit().status == 303


def test_saving_what_is_deleted_meanwhile_says_that_it_is_gone(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    with app.app_context():
        db.session.delete(db.session.get_one(User, bob.id))
        db.session.commit()
    page = form.submit()
    assert page.status == 404
    assert "Perhaps it was deleted" in page.text


# Who may


def test_bob_sees_the_page_without_a_form_and_cannot_post(app: Flask, as_bob: Visitor, charlie: User) -> None:
    page = as_bob.get(f"/users/{charlie.id}/change/")
    assert page.status == 200
    assert "charlie@example.org" in page.text
    assert page.soup.select("main form") == []
    token = page.soup.select_one("input[name=csrf_token]")
    assert token is not None
    answer = as_bob.post(
        f"/users/{charlie.id}/change/", {"csrf_token": token["value"], "full_name": "x", "_version": "1"}
    )
    assert answer.status == 403
    kept = reload(app, charlie)
    assert kept is not None
    assert kept.full_name == ""


def test_somebody_with_the_grant_changes_the_same_user(app: Flask, charlie: User) -> None:
    dora = signed_in(app, add_user(app, "dora", grants=("users.change",)))
    page = dora.get(f"/users/{charlie.id}/change/").form().fill(full_name="Charles").submit()
    assert page.status == 303
    changed = reload(app, charlie)
    assert changed is not None
    assert changed.full_name == "Charles"


@pytest.mark.parametrize("button", ["_save", "_continue", "_addanother"])
def test_who_may_only_add_is_not_led_to_a_page_that_is_closed(app: Flask, button: str) -> None:
    dora = signed_in(app, add_user(app, "dora", grants=("users.add",)))
    words = {"password": "figueira torta do quintal", "password_confirm": "figueira torta do quintal"}
    form = dora.get("/users/add/").form().fill(username="emil", email="emil@example.org", **words)
    page = form.submit(button, follow=True)
    assert page.status == 200
    assert "emil was added" in page.messages


@pytest.mark.parametrize("key", ["999999", "x", "1,2", "01", "_", "9" * 40, "-1", "%00", "٣"])
def test_a_key_of_nothing_is_404_with_a_way_on(as_alice: Visitor, key: str) -> None:
    for page_name in ("change", "delete", "history", "password"):
        page = as_alice.get(f"/users/{key}/{page_name}/")
        assert page.status == 404
    assert page.link("Users") == "/users/"


def test_charlie_learns_nothing_about_which_keys_exist(as_charlie: Visitor, alice: User) -> None:
    assert as_charlie.get(f"/users/{alice.id}/change/").status == 403
    assert as_charlie.get("/users/999999/change/").status == 403


def test_the_form_takes_at_most_five_statements_and_one_for_groups_and_for_permissions(
    app: Flask, as_bob: Visitor, as_alice: Visitor, bob: User
) -> None:
    with counted(app) as statements:
        as_alice.get(f"/users/{bob.id}/change/")
    assert len(statements) <= 5 + 2, statements
    dora = signed_in(app, add_user(app, "dora", grants=("users.view", "users.change")))
    with counted(app) as statements:
        assert dora.get(f"/users/{bob.id}/change/").form()
    assert len(statements) <= 5 + 2, statements


def test_a_short_address_leads_to_the_form(as_alice: Visitor, bob: User) -> None:
    page = as_alice.get(f"/users/{bob.id}/")
    assert (page.status, page.location) == (303, f"/users/{bob.id}/change/")


def test_a_plain_row_has_a_form_like_any_other(app: Flask, as_alice: Visitor) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO users (username, email, password) VALUES ('eva', 'eva@example.org', 'x')"
        )
    with app.app_context():
        key = db.session.scalars(select(User.id).where(User.username == "eva")).one()
    page = as_alice.get(f"/users/{key}/change/").form().fill(full_name="Eva").submit()
    assert page.status == 303


def test_a_name_from_before_the_rules_keeps_nobody_from_closing_the_account(
    app: Flask, as_alice: Visitor
) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.exec_driver_sql(
            "INSERT INTO users (username, email, password) VALUES ('maria silva', 'root@localhost', 'x')"
        )
    with app.app_context():
        maria = db.session.scalars(select(User).where(User.username == "maria silva")).one()
    form = as_alice.get(f"/users/{maria.id}/change/").form()
    refused = form.fill(username="maria  silva", email="toor@localhost").submit()
    assert refused.status == 422
    assert [error.partition(":")[0] for error in refused.errors] == ["Username", "E-mail"]
    page = form.fill(username="maria silva", email="root@localhost", is_active=False).submit()
    assert page.status == 303, page.errors
    assert not reload(app, maria).is_active


def test_the_row_is_compared_inside_the_transaction(app: Flask, as_alice: Visitor, bob: User) -> None:
    """A change that arrives between the check and the write is found by the write."""
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Bobby")
    from webapp.admin.editing import saving

    original = saving.taken_fields

    def slip_in(*args: object) -> dict[str, str]:
        with db.engine.connect() as connection, connection.begin():
            connection.execute(
                update(User.__table__).where(User.id == bob.id).values(version=9, full_name="Robert")
            )  # type: ignore[arg-type]
        return original(*args)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(saving, "taken_fields", slip_in)
        page = form.submit()
    assert page.status == 409
    kept = reload(app, bob)
    assert kept is not None
    assert kept.full_name == "Robert"
