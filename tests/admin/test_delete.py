"""Deleting: asked first, refused where it would hurt, and kept in the history."""

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import ForeignKey, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import webapp.account
import webapp.users
from tests.conftest import add_user, counted, make_settings, reload, signed_in
from tests.pages import Page, Visitor
from webapp import create_app
from webapp.account.models import UserSession
from webapp.admin.history import LogEntry
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import User, UserGrant


def ask(visitor: Visitor, user: User) -> Page:
    return visitor.get(f"/users/{user.id}/delete/")


def deletions(app: Flask) -> list[LogEntry]:
    with app.app_context():
        return list(db.session.scalars(select(LogEntry).where(LogEntry.verb == "delete")))


def test_alice_is_asked_and_then_the_user_is_gone(app: Flask, as_alice: Visitor, bob: User) -> None:
    page = ask(as_alice, bob)
    assert page.status == 200
    assert "Delete bob?" in page.text
    assert reload(app, bob) is not None
    after = page.form().submit("_delete", follow=True)
    assert after.address == "/users/"
    assert "bob was deleted" in after.messages
    assert reload(app, bob) is None


def test_asking_changes_nothing_and_no_leads_back(as_alice: Visitor, bob: User) -> None:
    page = ask(as_alice, bob)
    assert page.link("No, keep it") == f"/users/{bob.id}/change/"


def test_the_way_back_is_the_list_as_it_was_left(as_alice: Visitor, bob: User) -> None:
    form = as_alice.get("/users/?q=bob&sort=-email").follow("bob")
    assert form.form().fields["_list"] == "q=bob&sort=-email"
    asked = form.follow("Delete …")
    assert asked.form().submit("_delete").location == "/users/?q=bob&sort=-email"


def test_what_goes_with_it_is_counted_and_goes(app: Flask, as_alice: Visitor, bob: User) -> None:
    signed_in(app, bob)
    signed_in(app, bob)
    page = ask(as_alice, bob)
    counts = {
        name.get_text(strip=True): number.get_text(strip=True)
        for name, number in zip(page.soup.select("main dt"), page.soup.select("main dd"), strict=True)
    }
    assert [tag.get_text(strip=True) for tag in page.soup.select("main h2")] == ["Deleted with it"]
    assert counts == {"Permissions": "1", "Sessions": "2"}
    page.form().submit("_delete")
    with app.app_context():
        for model in (UserGrant, UserSession):
            left = select(func.count()).select_from(model).where(model.user_id == bob.id)
            assert db.session.scalar(left) == 0


def test_the_entry_keeps_what_was_there_and_no_secret(app: Flask, as_alice: Visitor, bob: User) -> None:
    ask(as_alice, bob).form().submit("_delete")
    [entry] = deletions(app)
    assert (entry.name, entry.key, entry.label, entry.actor_label) == ("users", str(bob.id), "bob", "alice")
    kept = {change["field"]: change for change in entry.changes}
    assert (kept["email"]["old"], kept["email"]["new"]) == ("bob@example.org", None)
    assert kept["password"] == {"field": "password", "kind": "secret", "old": None, "new": None}


def test_the_history_of_what_is_gone_stays_and_is_the_way_back(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    ask(as_alice, bob).form().submit("_delete")
    page = as_alice.get(f"/users/{bob.id}/history/")
    assert page.status == 200
    assert page.link("Restore this object")
    assert as_alice.get("/users/999999/history/").status == 404
    assert "deleted" in as_alice.get("/").text
    assert len(deletions(app)) == 1


def test_somebody_else_changed_it_meanwhile(app: Flask, as_alice: Visitor, bob: User) -> None:
    asked = ask(as_alice, bob).form()
    as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit()
    page = asked.submit("_delete")
    assert page.status == 409
    assert "Changed by alice" in page.messages
    assert "It was not deleted." in page.messages
    assert reload(app, bob) is not None
    assert deletions(app) == []
    assert page.form().submit("_delete").status == 303
    assert reload(app, bob) is None


def test_somebody_else_deleted_it_meanwhile(app: Flask, as_alice: Visitor, bob: User) -> None:
    as_dora = signed_in(app, add_user(app, "dora", is_superuser=True))
    first, second = ask(as_dora, bob).form(), ask(as_alice, bob).form()
    assert first.submit("_delete").status == 303
    assert second.submit("_delete").status == 404
    assert len(deletions(app)) == 1


def test_a_delete_that_is_sent_twice_ends_as_the_first_and_is_done_once(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    form = ask(as_alice, bob).form()
    first = form.submit("_delete")
    # A browser would not come to see what the first was answered with.
    assert as_alice.get(first.location).status == 200
    second = form.submit("_delete")
    assert (second.status, second.location) == (303, first.location)
    assert len(deletions(app)) == 1
    page = as_alice.get(second.location)
    assert "bob was deleted." in page.messages
    assert page.undo().location.startswith(f"/users/{bob.id}/restore/")


def test_the_last_superuser_deletes_nobody_like_himself_and_another_one_may(
    app: Flask, as_alice: Visitor, alice: User
) -> None:
    page = ask(as_alice, alice).form().submit("_delete")
    assert page.status == 422
    assert "This is the last active superuser." in page.text
    assert reload(app, alice) is not None
    other = signed_in(app, add_user(app, "dora", is_superuser=True))
    assert ask(other, alice).form().submit("_delete").status == 303
    assert reload(app, alice) is None


def test_a_helper_deletes_a_plain_user_and_no_superuser(
    app: Flask, alice: User, bob: User, charlie: User
) -> None:
    helper = signed_in(app, add_user(app, "helper", grants=("users.view", "users.delete")))
    assert ask(helper, alice).status == 403
    assert "Delete" not in helper.get(f"/users/{alice.id}/change/").text
    assert helper.get(f"/users/{charlie.id}/change/").link("Delete") == f"/users/{charlie.id}/delete/"
    assert ask(helper, charlie).form().submit("_delete").status == 303
    assert reload(app, charlie) is None


def test_a_delete_and_its_entry_are_one(app: Flask, as_alice: Visitor, bob: User) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("lost between the delete and the commit")

    form = ask(as_alice, bob).form()
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        with app.app_context():
            event.listen(db.session, "after_flush_postexec", fail)
        try:
            assert form.submit("_delete").status == 500
        finally:
            with app.app_context():
                event.remove(db.session, "after_flush_postexec", fail)
    assert reload(app, bob) is not None
    assert deletions(app) == []


def test_asking_takes_three_statements_and_one_for_each_table(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    with counted(app) as statements:
        assert ask(as_alice, bob).status == 200
    pointing = [
        key
        for table in User.metadata.tables.values()
        for key in table.foreign_keys
        if key.references(User.__table__)
    ]
    assert len(statements) <= 3 + len(pointing), statements


def test_a_model_that_cannot_be_deleted_has_no_such_page(
    as_alice: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserAdmin, "can_delete", False)
    assert ask(as_alice, bob).status == 403
    assert as_alice.get(f"/users/{bob.id}/change/").link("Delete") is None


# Rows that other rows need


class NeedBase(DeclarativeBase):
    """Apart from the application's tables."""


class House(NeedBase):
    __tablename__ = "need_houses"

    id: Mapped[int] = mapped_column(primary_key=True)
    rooms: Mapped[list["Room"]] = relationship(passive_deletes="all")

    def __str__(self) -> str:
        return f"House {self.id}"


class Room(NeedBase):
    __tablename__ = "need_rooms"

    id: Mapped[int] = mapped_column(primary_key=True)
    house_id: Mapped[int] = mapped_column(ForeignKey("need_houses.id", ondelete="RESTRICT"))


class Houses:
    """An app of its own, as a developer adds one."""

    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(House, type("HouseAdmin", (ModelAdmin,), {"name": "houses"}))


@pytest.fixture
def house_app(app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, Houses))  # type: ignore[arg-type]
    with made.app_context():
        NeedBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        NeedBase.metadata.drop_all(db.engine)
        db.engine.dispose()


def test_what_other_rows_need_stays_and_the_page_says_so(house_app: Flask, alice: User) -> None:
    with house_app.app_context():
        db.session.add_all([House(id=1, rooms=[Room()]), House(id=2)])
        db.session.commit()
    visitor = signed_in(house_app, alice)
    page = visitor.get("/houses/1/delete/")
    assert page.status == 200
    assert page.soup.select("main form") == []
    assert page.link("Back") == "/houses/1/change/"
    form = visitor.get("/houses/2/delete/").form()
    refused = visitor.post("/houses/1/delete/", {**form.fields, "_delete": "1"})
    assert refused.status == 409
    assert "Other records need it" in refused.text
    assert refused.soup.select("main form") == []
    assert visitor.get("/houses/1/change/").status == 200
    assert visitor.get("/houses/2/delete/").form().submit("_delete").status == 303
    assert visitor.get("/houses/2/change/").status == 404
    assert [entry.key for entry in deletions(house_app)] == ["2"]
