"""A form's record comes along with who asks for it, whatever its model loads with it."""

import sys
from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

import webapp.account
import webapp.users
from tests.conftest import add_user, counted, make_settings, signed_in
from webapp import create_app
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite
from webapp.extensions import db


class EagerBase(DeclarativeBase):
    """Apart from the application's tables."""


class Choir(EagerBase):
    __tablename__ = "eager_choirs"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    singers: Mapped[list["Singer"]] = relationship(back_populates="choir", lazy="joined")

    def __str__(self) -> str:
        return self.name


class Singer(EagerBase):
    __tablename__ = "eager_singers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    choir_id: Mapped[int] = mapped_column(ForeignKey(Choir.id))
    choir: Mapped[Choir] = relationship(back_populates="singers", lazy="joined")

    def __str__(self) -> str:
        return self.name


class ChoirAdmin(ModelAdmin):
    label, label_plural = "Choir", "Choirs"


class SingerAdmin(ModelAdmin):
    label, label_plural = "Singer", "Singers"


def register(site: AdminSite) -> None:
    site.register(Choir, ChoirAdmin)
    site.register(Singer, SingerAdmin)


@pytest.fixture
def choir_app(app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, sys.modules[__name__]))
    with made.app_context():
        EagerBase.metadata.create_all(db.engine)
        names = ("Alma", "Bea", "Cleo")
        db.session.add(Choir(id=1, name="Altos", singers=[Singer(name=name) for name in names]))
        db.session.commit()
    yield made
    with made.app_context():
        EagerBase.metadata.drop_all(db.engine)
        db.engine.dispose()


def test_rows_that_a_record_leads_to_keep_nobody_out(choir_app: Flask) -> None:
    alice = signed_in(choir_app, add_user(choir_app, "alice", is_superuser=True))
    with choir_app.app_context():
        first = db.session.query(Singer.id).order_by(Singer.id).first()
        assert first is not None
    for address, name in (
        ("/eager_choirs/1/change/", "Altos"),
        (f"/eager_singers/{first[0]}/change/", "Alma"),
    ):
        with counted(choir_app) as statements:
            page = alice.get(address)
        assert (page.status, page.form().fields["name"]) == (200, name)
        table = address.split("/")[1]
        assert not [sql for sql in statements if f"WHERE {table}.id =" in sql], statements


def test_what_is_not_there_is_404(choir_app: Flask) -> None:
    alice = signed_in(choir_app, add_user(choir_app, "alice", is_superuser=True))
    assert alice.get("/eager_singers/999/change/").status == 404
    assert alice.get("/eager_choirs/1/change/").status == 200
