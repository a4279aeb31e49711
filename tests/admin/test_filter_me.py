"""“Me” in an address is whoever opens it, in a relation to people and in a column that holds their keys."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import webapp.account
import webapp.users
from tests.conftest import add_user, close, make_settings, signed_in
from tests.pages import Form
from webapp import create_app
from webapp.admin.options import ModelAdmin
from webapp.extensions import db
from webapp.users.models import User


class TicketBase(DeclarativeBase):
    """Apart from the application's own tables, which the migrations must equal."""


class Ticket(TicketBase):
    __tablename__ = "sample_tickets"

    id: Mapped[int] = mapped_column(primary_key=True)
    owner_id: Mapped[int | None] = mapped_column(ForeignKey(User.id))
    owner: Mapped[User | None] = relationship(User)


class TicketAdmin(ModelAdmin):
    name = "tickets"
    list_display = ("id",)
    list_filter = ("owner", "owner_id", "id")


@pytest.fixture
def desk(app: Flask) -> Iterator[Flask]:
    """A ticket each of Alice and Bob, and one of nobody."""
    package: Any = SimpleNamespace(register=lambda site: site.register(Ticket, TicketAdmin))
    url = app.config["DATABASE_URL"]
    made = create_app(make_settings(DATABASE_URL=url), apps=(webapp.users, webapp.account, package))
    people = [
        add_user(made, "alice", is_superuser=True),
        add_user(made, "bob", grants=("tickets.view", "users.view")),
    ]
    with made.app_context():
        TicketBase.metadata.create_all(db.engine)
        owners = [*(person.id for person in people), None]
        db.session.add_all(Ticket(id=number, owner_id=owner) for number, owner in enumerate(owners, 1))
        db.session.commit()
    yield made
    with made.app_context():
        db.session.remove()
        TicketBase.metadata.drop_all(db.engine)
    close(made)


def test_me_is_whoever_looks(desk: Flask) -> None:
    for name, own, others in (("alice", "1", ["2", "3"]), ("bob", "2", ["1", "3"])):
        with desk.app_context():
            person = db.session.query(User).filter_by(username=name).one()
        visitor = signed_in(desk, person)
        for column in ("owner", "owner_id"):
            assert visitor.get(f"/tickets/?{column}=me").column() == [own]
            assert visitor.get(f"/tickets/?{column}__ne=me").column() == others
            assert visitor.get(f"/tickets/?{column}__in=me,{person.id}").column() == [own]
        page = visitor.get("/tickets/?owner=me")
        assert page.soup.select_one(".chip-filter summary").get_text(" ", strip=True) == "Owner me"  # type: ignore[union-attr]
        assert visitor.get("/tickets/?id=me").status == 400, "it is a ticket's own"


def test_me_is_ticked_in_the_panel(desk: Flask) -> None:
    with desk.app_context():
        bob = db.session.query(User).filter_by(username="bob").one()
    visitor = signed_in(desk, bob)
    page = visitor.get("/tickets/")
    box = page.soup.select_one('#filter-form [type=checkbox][name="owner"][value="me"]')
    assert box is not None
    assert not box.has_attr("checked")
    fields = Form(page, page.soup.select_one("#filter-form")).fill(owner=["me"]).fields  # type: ignore[arg-type]
    chosen = visitor.get("/tickets/", query_string=fields)
    assert chosen.column() == ["2"]
    box = chosen.soup.select_one('#filter-form [type=checkbox][name="owner"][value="me"]')
    assert box is not None
    assert box.has_attr("checked")


def test_who_may_not_see_people_has_no_relation_to_them_and_is_still_me_in_a_column(desk: Flask) -> None:
    visitor = signed_in(desk, add_user(desk, "charlie", grants=("tickets.view",)))
    assert visitor.get("/tickets/?owner=me").status == 400
    assert visitor.get("/tickets/?owner_id=me").column() == []
