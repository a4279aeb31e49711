"""What people choose for themselves, and that it works."""

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import delete, select, update

from tests.conftest import came_in, reload
from tests.pages import Visitor
from webapp.account.forms import ProfileForm
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db
from webapp.users.models import User


def test_the_time_zone_changes_how_dates_are_shown(app: Flask, alice: User, as_alice: Visitor) -> None:
    moment, dated = datetime(2026, 1, 31, 23, 30, tzinfo=UTC), "/users/?columns=created_at,username"
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(update(User.__table__).values(created_at=moment))
    shown = as_alice.get(dated).soup.find("span", string="Jan 31, 2026")
    assert "11:30" in shown["title"]
    page = as_alice.get("/account/").form().fill(timezone="Asia/Tokyo").submit(follow=True)
    assert "Your account was changed" in page.messages
    shown = as_alice.get(dated).soup.find("span", string=lambda text: "Feb" in str(text))
    assert shown is not None
    assert "Feb 1" in shown.get_text()
    assert "8:30" in shown["title"]


def test_the_language_is_that_of_the_very_next_page_and_stays(
    app: Flask, charlie: User, as_charlie: Visitor
) -> None:
    form = as_charlie.get("/account/").form()
    options = {one["value"]: one.get_text() for one in form.tag.select("[name=locale] option")}
    assert options == {"": "As the browser", "en": "English", "pt_BR": "Português"}
    assert form.tag.select_one("option[value=pt_BR]")["lang"] == "pt-BR"
    page = form.fill(locale="pt_BR").submit(follow=True)
    assert page.soup.html["lang"] == "pt-BR"
    assert "Sua conta foi alterada." in page.messages
    assert came_in(app, charlie).get("/account/").soup.html["lang"] == "pt-BR"
    assert "Your account was changed." in page.form().fill(locale="en").submit(follow=True).messages


def test_the_theme_is_on_the_next_page_and_stays(app: Flask, alice: User, as_alice: Visitor) -> None:
    assert as_alice.get("/").soup.html["data-theme"] == "auto"
    page = as_alice.get("/account/").form().fill(theme="dark").submit(follow=True)
    assert page.soup.html["data-theme"] == "dark"
    assert came_in(app, alice).get("/users/").soup.html["data-theme"] == "dark"


def test_the_name_is_shown_and_the_change_is_in_the_history(
    app: Flask, charlie: User, as_charlie: Visitor
) -> None:
    page = as_charlie.get("/account/").form().fill(full_name="  Charlie Câmara ").submit(follow=True)
    assert "Charlie Câmara" in page.text
    assert reload(app, charlie).full_name == "Charlie Câmara"
    with app.app_context():
        (entry,) = db.session.scalars(select(LogEntry).where(LogEntry.verb == "change"))
    assert (entry.actor_label, entry.key) == ("charlie", str(charlie.id))
    assert [(one.field, one.old, one.new) for one in changes_of(entry)] == [
        ("full_name", "", "Charlie Câmara")
    ]


def test_saving_nothing_new_writes_no_history(app: Flask, as_charlie: Visitor) -> None:
    assert as_charlie.get("/account/").form().submit().status == 303
    with app.app_context():
        assert db.session.scalars(select(LogEntry).where(LogEntry.verb == "change")).all() == []


@pytest.mark.parametrize(
    "values",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": "../../etc/passwd"},
        {"theme": "pink"},
        {"locale": "xx"},
        {"locale": "../../etc"},
        {"full_name": "x" * 151},
        {"full_name": "a\x00b"},
        {"full_name": "a\x1bb"},
    ],
)
def test_a_forged_choice_is_refused_and_nothing_changes(
    app: Flask, charlie: User, as_charlie: Visitor, values: dict[str, str]
) -> None:
    page = as_charlie.get("/account/").form().submit(**values)
    assert page.status in (400, 422)
    after = reload(app, charlie)
    assert (after.full_name, after.locale, after.timezone, after.theme) == ("", "", "", "auto")


@pytest.mark.parametrize(
    "name", ["is_superuser", "is_staff", "username", "email", "password", "id", "grants"]
)
def test_the_profile_writes_nothing_but_its_own_fields(
    app: Flask, charlie: User, as_charlie: Visitor, name: str
) -> None:
    assert as_charlie.get("/account/").form().submit(**{name: "1"}).status == 303
    after = reload(app, charlie)
    columns = [column.key for column in User.__table__.columns if column.key != "last_login_at"]
    assert [getattr(after, key) for key in columns] == [getattr(charlie, key) for key in columns]


def test_the_fields_tell_the_browser_what_they_are_for(as_charlie: Visitor) -> None:
    assert as_charlie.get("/account/").soup.select_one("[name=full_name]")["autocomplete"] == "name"


def test_a_stored_zone_that_does_not_exist_breaks_no_page(app: Flask, as_alice: Visitor) -> None:
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(update(User.__table__).values(timezone="Nowhere/Gone", theme="x", locale="zz"))
    for address in ("/", "/users/", "/account/"):
        assert as_alice.get(address).status == 200


def test_what_somebody_else_changed_meanwhile_is_not_overwritten_unseen(
    app: Flask, as_alice: Visitor, charlie: User, as_charlie: Visitor
) -> None:
    form = as_charlie.get("/account/").form().fill(theme="dark")
    as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="Charlie Costa").submit()
    page = form.submit()
    assert page.status == 409
    assert "Your account was changed meanwhile" in " ".join(page.errors)
    assert page.soup.select_one("#full_name-note").get_text() == "Now: Charlie Costa"
    kept = reload(app, charlie)
    assert (kept.full_name, kept.theme) == ("Charlie Costa", "auto")
    assert page.form().fill(full_name="Charlie Costa").submit().status == 303
    kept = reload(app, charlie)
    assert (kept.full_name, kept.theme) == ("Charlie Costa", "dark")


def test_what_changed_while_saving_is_not_overwritten_unseen(
    app: Flask, charlie: User, as_charlie: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = as_charlie.get("/account/").form().fill(theme="dark")

    def change_meanwhile(self: object, *_arguments: object) -> None:
        db.session.commit()
        with db.engine.begin() as connection:
            connection.execute(update(User.__table__).values(full_name="Charlie Costa", version=7))

    with monkeypatch.context() as patch:
        patch.setattr(ProfileForm, "validate_theme", change_meanwhile, raising=False)
        page = form.submit()
    assert page.status == 409
    assert page.soup.select_one("#full_name-note").get_text() == "Now: Charlie Costa"
    assert page.form().submit().status == 303


def test_who_is_deleted_while_saving_is_told(
    app: Flask, charlie: User, as_charlie: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = as_charlie.get("/account/").form().fill(theme="dark")

    def delete_meanwhile(self: object, *_arguments: object) -> None:
        db.session.commit()
        with db.engine.begin() as connection:
            connection.execute(delete(User.__table__).where(User.id == charlie.id))

    monkeypatch.setattr(ProfileForm, "validate_theme", delete_meanwhile, raising=False)
    assert form.submit().status == 409
