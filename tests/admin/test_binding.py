"""A field that is made once for all forms of a class is another one in each of them."""

from typing import Any

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.datastructures import MultiDict

from webapp.admin.editing.binding import Alike, Meta
from webapp.admin.editing.fields import field_for
from webapp.admin.editing.tags import written
from webapp.admin.mapping import describe


class OwnBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests; never created."""


class Plate(OwnBase):
    __tablename__ = "plates"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(5))
    clean: Mapped[bool] = mapped_column()


@pytest.fixture
def kind() -> Any:
    """The class of a form."""
    columns = describe(Plate).columns
    fields = {name: field_for(columns[name]) for name in ("text", "clean")}
    assert all(isinstance(field, Alike) for field in fields.values())
    return type("PlateForm", (FlaskForm,), {**fields, "Meta": Meta})


def test_what_is_changed_in_one_form_is_as_before_in_the_next(app: Flask, kind: Any) -> None:
    with app.test_request_context():
        first = kind(data={"text": "a"}, meta={"csrf": False})
        first.text.label.text = "Other"
        first.text.render_kw["maxlength"] = 1
        first.text.flags.required = False
        first.text.errors = ["wrong"]
        first.text.description = "Other"
        second = kind(meta={"csrf": False})
    assert (second.text.label.text, second.text.render_kw, second.text.flags.required) == (
        "Text",
        {"maxlength": 5},
        True,
    )
    assert (second.text.errors, second.text.description, second.text.data) == ((), "", None)


def test_a_field_belongs_to_its_form_and_nothing_is_kept_of_the_first_one(app: Flask, kind: Any) -> None:
    with app.test_request_context():
        forms = [kind(prefix=prefix, meta={"csrf": False, "user": prefix}) for prefix in ("", "a-", "b-")]
    assert [one.text.name for one in forms] == ["text", "a-text", "b-text"]
    assert [one.text.id for one in forms] == ["text", "a-text", "b-text"]
    assert [one.text.label.field_id for one in forms] == ["text", "a-text", "b-text"]
    assert [one.text.short_name for one in forms] == ["text"] * 3
    assert [one.text.meta.user for one in forms] == ["", "a-", "b-"]
    assert all(one.text._form is one for one in forms)
    sample: Any = kind.text._sample
    assert (sample.meta, sample._form, sample.data if hasattr(sample, "data") else None) == (None, None, None)


def test_what_is_sent_to_one_form_is_not_in_the_next(app: Flask, kind: Any) -> None:
    with app.test_request_context():
        first = kind(MultiDict({"text": "much too long", "clean": "y"}), meta={"csrf": False})
        assert not first.validate()
        second = kind(meta={"csrf": False}, formdata=None)
    assert (first.text.data, first.clean.data) == ("much too long", True)
    assert (second.text.data, second.clean.data, second.text.raw_data) == (None, False, None)
    assert list(second.text.errors) == []


def test_values_that_are_equal_are_not_written_alike() -> None:
    assert written(data_a=1) == "data-a=1"
    assert written(data_a=True) == "data-a"
    assert written(data_a="1") == "data-a=1"
    assert written(data_a="<b>") == 'data-a="&lt;b&gt;"'
    assert written(data_a=Markup("<b>")) == 'data-a="<b>"'
    assert written(data_a="<b>") == 'data-a="&lt;b&gt;"'
    assert written(data_a=False) == ""
