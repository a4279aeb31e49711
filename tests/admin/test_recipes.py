"""The recipes of CONTRIBUTING.md for new kinds of fields and filters, followed to the letter."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator
from wtforms import TelField

import webapp.account
import webapp.users
from tests.conftest import add_user, make_settings, signed_in
from webapp import create_app
from webapp.admin import mapping
from webapp.admin.editing import fields
from webapp.admin.listing.filters import comparisons, operators
from webapp.admin.options import ModelAdmin
from webapp.extensions import db


class Phone(TypeDecorator[str]):
    """Kept as ``+`` and digits, and nothing else."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        if value is not None and not re.fullmatch(r"\+[0-9]+", value):
            raise ValueError("a number begins with +")
        return value


def test_a_new_kind_has_a_field_and_a_filter_by_a_line_here_and_a_line_there(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mapping, "_OWN_KINDS", ((Phone, "phone"),))
    added: Any = monkeypatch.setitem
    added(fields._FIELDS, "phone", lambda column: fields._make(TelField, column))
    added(operators.OPERATORS, "phone", {"eq": "is", "below": "is below"})
    added(comparisons._CONDITIONS, "below", lambda column, value: column.attribute < value)

    class ContactBase(DeclarativeBase):
        pass

    class Contact(ContactBase):
        __tablename__ = "contacts"
        id: Mapped[int] = mapped_column(primary_key=True)
        number: Mapped[str | None] = mapped_column(Phone(20))

    class ContactAdmin(ModelAdmin):
        list_display = ("number",)
        list_filter = ("number",)

    package: Any = SimpleNamespace(register=lambda site: site.register(Contact, ContactAdmin))
    url = app.config["DATABASE_URL"]
    made = create_app(make_settings(DATABASE_URL=url), apps=(webapp.users, webapp.account, package))
    with made.app_context():
        ContactBase.metadata.create_all(db.engine)
    try:
        alice = signed_in(made, add_user(made, "alice", is_superuser=True))
        form = alice.get("/contacts/add/").form()
        assert form.tag.select_one('input[type="tel"][name="number"]') is not None
        page = form.fill(number="five").submit()
        assert page.errors == ["Number: This value cannot be kept here: a number begins with +"]
        for written in ("+5511", ""):
            assert alice.get("/contacts/add/").form().fill(number=written).submit().status == 303
        assert sorted(alice.get("/contacts/").column()) == ["+5511", "–"]
        assert alice.get("/contacts/?number__below=%2B6").column() == ["+5511"]
        assert alice.get("/contacts/?number__below=%2B1").column() == []
        assert "is below" in alice.get("/contacts/?number__below=%2B1").text
    finally:
        with made.app_context():
            ContactBase.metadata.drop_all(db.engine)
            db.engine.dispose()
