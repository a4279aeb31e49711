"""Every kind of column as a form field: what it takes, what it refuses, and that nothing changes by itself."""

import enum
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask_babel import refresh
from flask_wtf import FlaskForm
from sqlalchemy import BigInteger, DateTime, Enum, SmallInteger, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from werkzeug.datastructures import MultiDict

from tests.pages import Visitor
from webapp.admin.editing.fields import field_for
from webapp.admin.editing.page import field_view
from webapp.admin.mapping import describe
from webapp.column_types import FoldedString, UtcDateTime
from webapp.texts import forget_language


class Size(enum.Enum):
    SMALL = 1
    VERY_LARGE = 2


class OwnBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests; never created."""


class Thing(OwnBase):
    __tablename__ = "things"

    id: Mapped[int] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(String(5))
    maybe: Mapped[str | None] = mapped_column(String(5))
    blank: Mapped[str] = mapped_column(String(5), default="")
    name: Mapped[str] = mapped_column(FoldedString(8))
    mail: Mapped[str] = mapped_column(String(50), info={"format": "email"})
    lines: Mapped[str | None] = mapped_column(Text)
    small: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int | None]
    big: Mapped[int] = mapped_column(BigInteger)
    flag: Mapped[bool] = mapped_column(default=True)
    known: Mapped[bool | None]
    day: Mapped[date | None]
    moment: Mapped[datetime | None] = mapped_column(UtcDateTime())
    plain: Mapped[datetime | None] = mapped_column(DateTime)
    enumerated: Mapped[Size]
    perhaps: Mapped[Size | None]
    level: Mapped[str] = mapped_column(Enum("low", "high"))
    word: Mapped[str] = mapped_column(String(5), info={"choices": (("a", "Ape"), ("b", "Bee"))})
    stage: Mapped[int | None] = mapped_column(info={"choices": ((0, "New"), (1, "Old"))})


@pytest.fixture
def zone(app: Flask) -> Iterator[str]:
    """A zone with a summer time, as the person's choice would be."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "DEFAULT_TIMEZONE", "Europe/Berlin")
        yield "Europe/Berlin"


def form_of(app: Flask, name: str, text: str | None, stored: Any = None) -> Any:
    """The form of one column with *text* sent, or not sent, for an object that has *stored*."""
    field = field_for(describe(Thing).columns[name])
    form_class = type("ThingForm", (FlaskForm,), {name: field})
    with app.test_request_context(method="POST"):
        refresh()
        forget_language()
        sent = MultiDict({} if text is None else {name: text})
        form = form_class(formdata=sent, obj=Thing(**{name: stored}), meta={"csrf": False})
        form.validate()
        form.shown = str(field_view(form[name]).control)
    return form


def taken(app: Flask, name: str, text: str | None, stored: Any = None) -> Any:
    form = form_of(app, name, text, stored)
    assert form.errors == {}
    return form[name].data


def shown(app: Flask, name: str, stored: Any) -> str:
    """What a browser sends when the form of *stored* is saved untouched."""
    field = field_for(describe(Thing).columns[name])
    with app.test_request_context():
        form = type("ThingForm", (FlaskForm,), {name: field})(
            obj=Thing(**{name: stored}), meta={"csrf": False}
        )
        soup = BeautifulSoup(str(form[name]()), "html.parser")
    control = soup.find(["input", "textarea", "select"])
    assert control is not None
    if control.name == "textarea":
        return control.get_text().removeprefix("\r\n").replace("\r\n", "\n").replace("\n", "\r\n")
    if control.name == "select":
        chosen = control.select_one("option[selected]") or control.select_one("option")
        return str(chosen["value"]) if chosen else ""
    text = str(control.get("value", "")).replace("\n", "").replace("\r", "")
    return _normalized(text) if control.get("type") == "datetime-local" else text


def _normalized(text: str) -> str:
    """A moment in as few characters as it takes (HTML, value sanitization of a date-time field)."""
    clock, _point, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return f"{clock}.{fraction}" if fraction else re.sub(r"(:\d\d):00$", r"\1", clock)


M = datetime(2026, 3, 4, 5, 6, 7, 123456, UTC)


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("text", "abcde", "abcde"),
        ("text", " é ", "é"),
        ("text", "🙂🙂🙂🙂🙂", "🙂🙂🙂🙂🙂"),
        ("maybe", "", None),
        ("maybe", "  ", None),
        ("name", " \uff21LICE ", "alice"),
        ("mail", "a@example.org", "a@example.org"),
        ("lines", "a\r\n\tb\rc", "a\n\tb\nc"),
        ("lines", "", None),
        ("small", "-32768", -32768),
        ("small", " +7 ", 7),
        ("number", "", None),
        ("number", "2147483647", 2147483647),
        ("big", "9223372036854775807", 2**63 - 1),
        ("flag", "y", True),
        ("flag", None, False),
        ("known", "", None),
        ("known", "true", True),
        ("known", "false", False),
        ("day", "2024-02-29", date(2024, 2, 29)),
        ("day", "0001-01-01", date(1, 1, 1)),
        ("day", "", None),
        ("moment", "2026-07-01T12:00", datetime(2026, 7, 1, 10, 0, tzinfo=UTC)),
        ("moment", "2026-01-01 12:00:01.5", datetime(2026, 1, 1, 11, 0, 1, 500000, tzinfo=UTC)),
        ("moment", "2026-01-01T12:00Z", datetime(2026, 1, 1, 12, 0, tzinfo=UTC)),
        ("moment", "", None),
        ("plain", "2026-07-01T12:00", datetime(2026, 7, 1, 10, 0)),  # noqa: DTZ001 - the column's own kind
        ("enumerated", "VERY_LARGE", Size.VERY_LARGE),
        ("perhaps", "", None),
        ("level", "low", "low"),
        ("word", "b", "b"),
        ("stage", "0", 0),
        ("stage", "", None),
    ],
)
@pytest.mark.usefixtures("zone")
def test_a_value_that_fits_is_taken(app: Flask, name: str, text: str | None, value: Any) -> None:
    assert taken(app, name, text) == value


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("text", "abcdef"),
        ("text", ""),
        ("text", "   "),
        ("text", None),
        ("text", "a\0b"),
        ("text", "a\nb"),
        ("text", "\x1b[0m"),
        ("text", "\ufffd"),
        ("name", "\ufb03\ufb03\ufb03"),  # three signs that fold to nine
        ("mail", "nobody"),
        ("mail", "a@b\r\nBcc: c@d"),
        ("lines", "a\0"),
        ("lines", "x" * 100_001),
        ("small", "32768"),
        ("small", "-32769"),
        ("small", ""),
        ("number", "2147483648"),
        ("number", "1e3"),
        ("number", "1_000"),
        ("number", "\u0663"),
        ("number", "1.0"),
        ("number", "9" * 5000),
        ("number", "NaN"),
        ("big", "9223372036854775808"),
        ("big", "1" + "0" * 20),
        ("known", "maybe"),
        ("day", "2023-02-29"),
        ("day", "10000-01-01"),
        ("day", "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661"),
        ("moment", "2026-02-30T10:00"),
        ("moment", "2026-01-01T24:00"),
        ("moment", "2026-01-01T23:59:60"),
        ("moment", "2026-03-29T02:30"),  # the hour that Berlin leaves out
        ("moment", "0001-01-01T00:00"),  # before the first moment in UTC
        ("moment", "9999-12-31T23:59-12:00"),
        ("moment", "now"),
        ("enumerated", "2"),
        ("enumerated", ""),
        ("enumerated", "HUGE"),
        ("level", "middle"),
        ("word", "c"),
        ("word", ""),
        ("stage", "2"),
        ("stage", "x"),
    ],
)
@pytest.mark.usefixtures("zone")
def test_a_value_that_does_not_fit_is_an_error_of_its_field(app: Flask, name: str, text: str | None) -> None:
    form = form_of(app, name, text)
    assert list(form.errors) == [name]
    assert all(form.errors[name])
    assert 'aria-invalid="true"' in form.shown or "aria-invalid=true" in form.shown


@pytest.mark.parametrize(
    ("name", "stored"),
    [
        ("text", " a "),
        ("text", "a\nb"),
        ("text", "\x07"),
        ("maybe", ""),
        ("maybe", None),
        ("blank", ""),
        ("lines", "a\nb\n"),
        ("lines", "a\r\nb\r"),
        ("lines", "\n\na"),
        ("lines", ""),
        ("lines", None),
        ("small", -5),
        ("number", None),
        ("known", None),
        ("known", False),
        ("known", True),
        ("day", date(1, 2, 3)),
        ("moment", M),
        ("moment", M.replace(microsecond=1)),
        ("moment", M.replace(second=0, microsecond=0)),
        ("moment", M.replace(microsecond=500_123)),
        ("moment", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        ("moment", datetime.min.replace(tzinfo=UTC)),
        ("moment", datetime.max.replace(tzinfo=UTC)),
        ("moment", datetime(2026, 10, 25, 0, 30, 0, 7, UTC)),  # 02:30 in Berlin, in summer time
        ("moment", datetime(2026, 10, 25, 1, 30, 0, 7, UTC)),  # 02:30 once more, in winter time
        ("moment", None),
        ("plain", M.replace(tzinfo=None)),
        ("word", "gone"),
        ("stage", 9),
        ("stage", 0),
        ("stage", None),
    ],
)
@pytest.mark.usefixtures("zone")
def test_a_form_that_is_saved_as_it_was_opened_changes_nothing(app: Flask, name: str, stored: Any) -> None:
    assert taken(app, name, shown(app, name, stored), stored) == stored


@pytest.mark.usefixtures("zone")
def test_a_browser_can_show_the_moment(app: Flask) -> None:
    """A date-time field takes three digits of a second at most, and would be empty with more (HTML, valid time)."""
    assert shown(app, "moment", M) == "2026-03-04T06:06:07.123"
    assert shown(app, "moment", M.replace(second=0, microsecond=0)) == "2026-03-04T06:06"
    assert shown(app, "moment", M.replace(minute=0, second=0, microsecond=0)) == "2026-03-04T06:00"
    assert shown(app, "moment", M.replace(second=20, microsecond=0)) == "2026-03-04T06:06:20"
    with app.test_request_context():
        control = form_of(app, "moment", "", M).shown
    assert "type=datetime-local" in control
    assert "step=any" in control


def test_nobody_is_given_the_first_choice_unasked(app: Flask) -> None:
    assert shown(app, "enumerated", None) == ""
    assert shown(app, "word", None) == ""
    assert shown(app, "enumerated", Size.VERY_LARGE) == "VERY_LARGE"


@pytest.mark.parametrize(("name", "length"), [("text", "5"), ("name", "8"), ("mail", "50")])
def test_the_browser_knows_the_length(app: Flask, name: str, length: str) -> None:
    control = BeautifulSoup(form_of(app, name, "").shown, "html.parser").input
    assert control is not None
    assert control["maxlength"] == length


def test_a_key_that_the_database_makes_and_a_secret_are_no_fields(
    sample_app: Flask, as_sample_alice: Visitor
) -> None:
    fields = as_sample_alice.get("/parts/add/").form().fields
    assert "name" in fields
    assert not {"id", "token"} & set(fields)
