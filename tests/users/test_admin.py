"""The users' pages: what can be typed, what is said about it, and that nothing secret shows."""

import logging
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, reload
from tests.pages import PASSWORD, Page, Visitor
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.passwords import verify_password

CANARY = "figueira torta do quintal 73"
EMIL = {"username": "Emil", "email": "Emil@Example.org", "full_name": "Emil E."}


def add(visitor: Visitor, *, password: str = CANARY, again: str | None = None, **fields: Any) -> Page:
    form = visitor.get("/users/add/").form()
    words = {"password": password, "password_confirm": password if again is None else again}
    return form.fill(**{**EMIL, **fields}, **words).submit()


def find(app: Flask, username: str) -> User | None:
    with app.app_context():
        return db.session.scalars(select(User).where(User.username == username)).one_or_none()


def test_a_user_is_added_folded_with_a_hashed_password(app: Flask, as_alice: Visitor) -> None:
    assert add(as_alice, is_staff=True).status == 303
    emil = find(app, "emil")
    assert emil is not None
    assert (emil.email, emil.full_name, emil.is_active, emil.is_superuser) == (
        "emil@example.org",
        "Emil E.",
        True,
        False,
    )
    assert verify_password(emil.password, CANARY)
    assert Visitor(app).sign_in("EMIL", CANARY).status == 303


@pytest.mark.parametrize(
    "email", ["nobody", "a@", "@b.org", "a b@c.org", "a@b..org", "a@b@c.org", "x" * 255 + "@example.org", " "]
)
def test_a_wrong_email_is_told_at_its_field_and_nothing_typed_is_lost_but_the_passwords(
    app: Flask, as_alice: Visitor, email: str
) -> None:
    page = add(as_alice, email=email, is_staff=True)
    assert page.status == 422
    assert [error for error in page.errors if error.startswith("E-mail: ")]
    assert page.soup.select_one("#email[aria-invalid=true]")
    kept = page.form().fields
    assert (kept["username"], kept["full_name"], kept["email"]) == ("emil", "Emil E.", email)
    assert {"is_staff", "is_active"} <= kept.keys()
    assert (kept["password"], kept["password_confirm"]) == ("", "")
    assert CANARY not in page.text
    assert find(app, "emil") is None


@pytest.mark.parametrize(
    "email", ["emil@example.org", "e+x@sub.example.org", "teste@test", "josé@exemplo.com.br"]
)
def test_an_email_address_is_accepted(as_alice: Visitor, email: str) -> None:
    assert add(as_alice, email=email).status == 303


@pytest.mark.parametrize(
    ("password", "again", "why"),
    [
        ("curta demais", None, "Password: Use at least 15 characters; this has 12."),
        ("passwordpassword1", None, "Password: This is a common password"),
        ("emil 84739 2019 44", None, "Password: Do not use the username"),
        (CANARY, CANARY + " ", "Password again: The two passwords are not the same."),
        ("x" * 1025, None, "Password: Use at most 1,024 characters."),
        ("", None, "Password: Fill in this field."),
    ],
)
def test_a_refused_password_is_told_with_the_reason(
    app: Flask, as_alice: Visitor, password: str, again: str | None, why: str
) -> None:
    """PW-05."""
    page = add(as_alice, password=password, again=again)
    assert page.status == 422
    assert any(error.startswith(why) for error in page.errors), page.errors
    assert find(app, "emil") is None


def test_a_password_that_names_the_new_user_is_refused_though_typed_in_capitals(as_alice: Visitor) -> None:
    page = add(as_alice, username="Magdalena", password="MAGDALENA 7391 !!!")
    assert any("Do not use the username" in error for error in page.errors)


def test_a_password_of_1024_characters_is_accepted(app: Flask, as_alice: Visitor) -> None:
    password = (CANARY * 40)[:1000] + "fim da linha para todos!"
    assert len(password) == 1024
    assert add(as_alice, password=password, is_staff=True).status == 303
    assert Visitor(app).sign_in("emil", password).status == 303


def test_a_million_characters_are_refused_without_hashing(app: Flask, as_alice: Visitor) -> None:
    """PW-03."""
    page = add(as_alice, password="x" * 10**6)
    assert page.status in (413, 422)
    assert find(app, "emil") is None


def test_a_name_taken_meanwhile_is_a_form_error(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webapp.users.admin import UserAdmin

    prepare = UserAdmin.prepare

    def and_somebody_is_quicker(self: UserAdmin, form: Any, obj: Any, user: Any) -> None:
        prepare(self, form, obj, user)
        db.session.commit()
        add_user(app, "emil")

    monkeypatch.setattr(UserAdmin, "prepare", and_somebody_is_quicker)
    page = add(as_alice, email="other@example.org")
    assert page.status == 422
    assert any("Username" in error and "taken already" in error for error in page.errors)


def test_changing_a_user_leaves_the_password_alone(app: Flask, as_alice: Visitor, charlie: User) -> None:
    page = as_alice.get(f"/users/{charlie.id}/change/")
    assert page.soup.select_one("[name=password]") is None
    assert page.form().fill(full_name="Charlie C.").submit(password="forged password here").status == 303
    assert reload(app, charlie).password == charlie.password


def test_setting_a_password_asks_the_policy_and_ends_the_sessions(
    app: Flask, as_alice: Visitor, as_charlie: Visitor, charlie: User
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").follow("Set password").form()
    refused = form.fill(password="charlie 2024 !!!!", password_confirm="charlie 2024 !!!!").submit()
    assert refused.status == 422
    assert as_charlie.get("/").status == 200
    done = refused.form().fill(password=CANARY, password_confirm=CANARY).submit()
    assert (done.status, done.location) == (303, f"/users/{charlie.id}/change/")
    assert as_charlie.get("/").location == "/login"
    assert Visitor(app).sign_in("charlie", PASSWORD).status == 422
    assert Visitor(app).sign_in("charlie", CANARY).status == 303
    assert as_alice.get("/").status == 200


def test_for_oneself_the_page_leads_to_where_the_current_password_is_asked(
    as_alice: Visitor, alice: User
) -> None:
    assert as_alice.get(f"/users/{alice.id}/password/").location == "/account/password/"


@pytest.mark.parametrize("address", ["/users/999/password/", "/users/x/password/", "/users/%00/password/"])
def test_the_password_of_nobody_is_not_there(as_alice: Visitor, address: str) -> None:
    assert as_alice.get(address).status == 404


def test_no_page_log_or_history_ever_shows_a_password_or_a_hash(
    app: Flask,
    as_alice: Visitor,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """PW-08."""
    caplog.set_level(logging.DEBUG)
    texts = [add(as_alice, is_staff=True).text, add(as_alice, again="another " + CANARY).text]
    emil = find(app, "emil")
    assert emil is not None
    for words in (CANARY + "2", CANARY + "3"):
        form = as_alice.get(f"/users/{emil.id}/password/").form()
        texts.append(form.fill(password=words, password_confirm=words).submit(follow=True).text)
    texts.append(Visitor(app).sign_in("emil", CANARY).text)
    texts.append(Visitor(app).sign_in("emil", CANARY + "3").text)
    texts += [as_alice.get(f"/log_entries/{path}").text for path in ("", "export/?format=json")]
    assert "set the password" in texts[-1]
    pages = walk(as_alice)
    assert {"/", "/users/", f"/users/{emil.id}/history/", "/account/"} <= pages.keys()
    with app.app_context():
        entries = [
            f"{entry.label} {entry.actor_label} {entry.changes}"
            for entry in db.session.scalars(select(LogEntry))
        ]
    assert len(entries) >= 5
    out, err = capfd.readouterr()
    assert "/users/add/" in err + caplog.text
    for text in (*texts, *pages.values(), *entries, out, err, caplog.text):
        assert CANARY not in text
        assert "argon2" not in text
        assert str(emil.password) not in text


def walk(visitor: Visitor) -> dict[str, str]:
    """Every page that links lead to from the first one, by its path and query."""
    seen: dict[str, str] = {}
    waiting = ["/"]
    while waiting and len(seen) < 200:
        address = waiting.pop()
        if address in seen:
            continue
        page = visitor.get(address)
        assert page.status in (200, 303), address
        seen[address] = page.text
        for address in page.tree.xpath(".//a/@href"):
            target = urlsplit(address)
            is_other = target.path.startswith(("/static", "/log_entries/"))
            if not target.netloc and target.path.startswith("/") and not is_other:
                waiting.append(target.path + (f"?{target.query}" if target.query else ""))
    return seen


def test_who_is_about_to_delete_is_shown_the_way_that_can_be_taken_back(
    app: Flask, as_alice: Visitor
) -> None:
    person = add_user(app, "dora")
    page = as_alice.get(f"/users/{person.id}/delete/")
    assert page.link("Rather switch “Active” off") == f"/users/{person.id}/change/"
    closed = add_user(app, "eva", is_active=False)
    assert as_alice.get(f"/users/{closed.id}/delete/").link("Rather switch") is None
