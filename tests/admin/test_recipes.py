"""The recipes of CONTRIBUTING.md for new kinds of fields and filters, followed to the letter."""

from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator
from wtforms import ColorField

import webapp.account
import webapp.users
from tests.conftest import add_user, make_settings, signed_in
from webapp import create_app
from webapp.admin import mapping
from webapp.admin.editing import fields
from webapp.admin.listing import filters
from webapp.admin.options import ModelAdmin
from webapp.extensions import db


class Colour(TypeDecorator[str]):
    """Kept as ``#rrggbb``."""

    impl = String
    cache_ok = True


def test_a_new_kind_has_a_field_and_a_filter_by_a_line_here_and_a_line_there(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "_OWN_KINDS", ((Colour, "colour"),))
    added: Any = monkeypatch.setitem
    added(fields._FIELDS, "colour", lambda column: fields._make(ColorField, column))
    added(filters.OPERATORS, "colour", {"eq": "is", "darker": "is darker than"})
    added(filters._CONDITIONS, "darker", lambda column, value: column.attribute < column.bound(value))

    class PaintBase(DeclarativeBase):
        pass

    class Paint(PaintBase):
        __tablename__ = "paints"
        id: Mapped[int] = mapped_column(primary_key=True)
        shade: Mapped[str | None] = mapped_column(Colour(7))

    class PaintAdmin(ModelAdmin):
        list_display = ("shade",)
        list_filter = ("shade",)

    package: Any = SimpleNamespace(register=lambda site: site.register(Paint, PaintAdmin))
    url = app.config["DATABASE_URL"]
    painted = create_app(make_settings(DATABASE_URL=url), apps=(webapp.users, webapp.account, package))
    with painted.app_context():
        PaintBase.metadata.create_all(db.engine)
    try:
        alice = signed_in(painted, add_user(painted, "alice", is_superuser=True))
        form = alice.get("/paints/add/").form()
        assert form.tag.select_one('input[type="color"][name="shade"]') is not None
        assert form.fill(shade="#102030").submit().status == 303
        assert alice.get("/paints/?shade__darker=%23ffffff").column() == ["#102030"]
        assert alice.get("/paints/?shade__darker=%23000000").column() == []
        assert "is darker than" in alice.get("/paints/?shade__darker=%23000000").text
    finally:
        with painted.app_context():
            PaintBase.metadata.drop_all(db.engine)
            db.engine.dispose()
