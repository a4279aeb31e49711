"""What the mapper tells of a model, and keys and values as text: each one text, and back."""

import enum
import string
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import Index, String, Uuid, func
from sqlalchemy.dialects.mysql import SET
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from tests.admin.samples import Colour, Part, Shelf
from tests.conftest import signed_in
from tests.pages import Visitor
from webapp.admin.mapping import describe, text_of
from webapp.admin.values import encode_key, format_value, parse_value
from webapp.column_types import ExactDecimal
from webapp.extensions import db
from webapp.users.models import User


class OddBase(DeclarativeBase):
    pass


def test_columns_are_known_by_attribute_with_kind_and_label() -> None:
    columns = describe(Part).columns
    assert columns["kind"].column.name == "class"
    assert {name: column.kind for name, column in columns.items()} == {
        "id": "integer",
        "name": "text",
        "code": "text",
        "count": "integer",
        "index": "integer",
        "size": "integer",
        "kind": "text",
        "weight": "decimal",
        "ratio": "number",
        "colour": "enum",
        "made_at": "datetime",
        "day": "date",
        "is_good": "boolean",
        "reference": "uuid",
        "stage": "integer",
        "note": "longtext",
        "token": "text",
    }
    assert columns["made_at"].label == "Made at"
    assert columns["colour"].choices == (("RED", "Red"), ("BLUE", "Blue"), ("ANY", "Any"))


def test_secrets_are_known_by_name_or_when_told() -> None:
    """AZ-21."""

    class Safe(OddBase):
        __tablename__ = "safes"
        id: Mapped[int] = mapped_column(primary_key=True)
        key_hash: Mapped[str]
        api_token: Mapped[str]
        pin: Mapped[str] = mapped_column(info={"sensitive": True})
        secretary: Mapped[str] = mapped_column(info={"sensitive": False})
        public_key: Mapped[str]

    columns = describe(Safe).columns
    assert [name for name, column in columns.items() if column.secret] == ["key_hash", "api_token", "pin"]
    assert describe(User).columns["password"].secret


def test_only_indexes_that_serve_every_row_by_plain_columns_are_told() -> None:
    class Indexed(OddBase):
        __tablename__ = "indexed"
        id: Mapped[int] = mapped_column(primary_key=True)
        a: Mapped[str] = mapped_column(String(5))
        b: Mapped[str] = mapped_column(String(5))
        __table_args__ = (
            Index("ix_1", func.lower(a)),
            Index("ix_2", a, postgresql_where=a > "m"),
            Index("ix_3", a.desc(), b),
            Index("ix_4", b, a),
        )

    assert [[column.name for column in index] for index in describe(Indexed).indexes] == [["b", "a"]]


def test_what_is_not_mapped_cannot_be_described() -> None:
    with pytest.raises(Exception, match="No inspection system"):
        describe(int)


# Keys


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([7], "7"),
        ([-7], "-7"),
        (["a/b_c.d"], "a_2Fb_5Fc.d"),
        (["Käse & 'Brot'"], "K_C3_A4se_20_26_20_27Brot_27"),
        (["a,b", 1], "a_2Cb,1"),
        (["."], "_2E"),
        ([".."], "_2E_2E"),
        (["..", 1], "..,1"),
        ([Decimal("1.50")], "1.5"),
        ([Decimal("1E+2")], "100"),
        ([Decimal("-0.00")], "0"),
        ([-0.0], "0.0"),
        ([True], "true"),
        ([UUID(int=0)], "00000000-0000-0000-0000-000000000000"),
        ([Colour.RED], "RED"),
    ],
)
def test_a_key_is_written_for_an_address(values: list[Any], text: str) -> None:
    assert encode_key(values) == text


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(
    TEXTS | st.sampled_from(["add", "a/b", "_2F", "", " ", '"', "a,b", "%2F", "..", "<b>"]),
    st.integers(-9, 9),
)
def test_a_key_comes_back_from_its_address(room: str, number: int) -> None:
    text = encode_key([room, number])
    assert set(text) <= set(string.ascii_letters + string.digits + ".~-_,")
    assert describe(Shelf).parse_key(text) == (room, number)


@given(st.text(max_size=20) | st.text("0123456789-_+ .,%x", max_size=8), st.text(max_size=4))
@example("01", "")
@example("+1", "")
@example("_31", "")
@example("-0", "")
def test_no_two_texts_mean_one_key(first: str, second: str) -> None:
    for text in (first, f"{first},{second}"):
        for model in (User, Shelf):
            info = describe(model)
            values = info.parse_key(text)
            assert values is None or encode_key(values) == text


@pytest.mark.parametrize(
    ("column_type", "one", "others"),
    [
        (
            Uuid(),
            str(UUID(int=10)),
            ["0" * 31 + "A", "{" + str(UUID(int=10)) + "}", str(UUID(int=10)).upper()],
        ),
        (Uuid(as_uuid=False), str(UUID(int=10)), ["0" * 31 + "a", "x"]),
        (ExactDecimal(8, 3), "1.5", ["1.50", "01.5", "1.5e0", "_201.5", "1.5555", "NaN", "1e99"]),
    ],
)
def test_each_key_has_one_address(column_type: Any, one: str, others: list[str]) -> None:
    class Keyed(DeclarativeBase):
        pass

    class Thing(Keyed):
        __tablename__ = "things"
        id: Mapped[Any] = mapped_column(column_type, primary_key=True)

    info = describe(Thing)
    values = info.parse_key(one)
    assert values is not None
    assert encode_key(values) == one
    assert [text for text in others if info.parse_key(text) is not None] == []


HOSTILE_KEYS = [
    "0",
    "x",
    "1,1",
    "01",
    "+1",
    "1_30",
    "_00",
    "1%00",
    "%00",
    "_FF",
    "_ED_A0_80",
    "%ED%A0%80",
    "%FF",
    str(2**31),
    str(-(2**31) - 1),
    str(2**63 - 1),
    str(2**63),
    str(-(2**63)),
    "100000000000000000000",
    "9" * 500,
    "٣",
    "1 OR 1=1",
    "'",
    "null",
    "password",
]


@pytest.mark.parametrize("key", HOSTILE_KEYS)
def test_a_key_that_can_be_none_is_not_found(as_alice: Visitor, key: str) -> None:
    for verb in ("change/", "delete/", "history/"):
        assert as_alice.get(f"/users/{key}/{verb}").status == 404


def test_an_object_with_an_odd_key_opens_from_its_row(sample_app: Flask, alice: User) -> None:
    rooms = ["add", "a/b", "a_2Fb", ".", "..", 'quo"te', "with blank ", "é,ü", "<b>&amp;"]
    with sample_app.app_context():
        db.session.add_all(
            Shelf(room=room, number=number, label=f"shelf {number}") for number, room in enumerate(rooms)
        )
        db.session.commit()
    visitor = signed_in(sample_app, alice)
    page = visitor.get("/shelves/?size=25")
    links = {tag.get_text(): str(tag["href"]) for tag in page.soup.select("tbody th a")}
    assert len(links) == len(rooms)
    for number, room in enumerate(rooms):
        change = visitor.get(links[f"shelf {number}"])
        assert change.status == 200
        assert f"{room} {number}" in change.title


# Values


class Mood(enum.Enum):
    GOOD = 1


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", True),
        ("integer", -(2**63)),
        ("decimal", Decimal("-1.50")),
        ("number", 1e-300),
        ("datetime", datetime(1, 1, 1, tzinfo=UTC)),
        ("datetime", datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)),
        ("datetime", datetime(2026, 1, 1, 0, 0, 0, 1)),  # noqa: DTZ001 - a naive column's value
        ("date", date(1, 1, 1)),
        ("time", time(23, 59, 59, 999_999)),
        ("interval", timedelta(days=-3, microseconds=1)),
        ("uuid", UUID(int=5)),
        ("enum", Mood.GOOD),
        ("binary", b"\0\xff"),
        ("text", "any % text\n"),
    ],
)
def test_a_value_comes_back_from_its_text(kind: str, value: Any) -> None:
    assert parse_value(kind, format_value(value), type(value)) == value


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("boolean", "1"),
        ("boolean", "True"),
        ("integer", "1.0"),
        ("integer", " 1"),
        ("integer", "1_0"),
        ("integer", "٣"),
        ("integer", ""),
        ("integer", str(2**63)),
        ("decimal", "NaN"),
        ("decimal", "Infinity"),
        ("decimal", "1_0"),
        ("decimal", "1e9999"),
        ("decimal", "9" * 100),
        ("number", "nan"),
        ("number", "-inf"),
        ("number", "1e999"),
        ("date", "2026-02-30"),
        ("date", "0000-01-01"),
        ("datetime", "10000-01-01"),
        ("uuid", "x"),
        ("enum", "1"),
        ("enum", "__class__"),
        ("binary", "é"),
        ("text", "a\0"),
        ("text", "\udfff"),
    ],
)
def test_a_text_that_is_no_value_is_refused(kind: str, text: str) -> None:
    try:
        value = parse_value(kind, text, Mood)
    except ValueError:
        return
    raise AssertionError(f"{text!r} was taken for {value!r}")


def test_an_object_that_gives_itself_no_text_is_called_by_class_and_key() -> None:
    class Plain(OddBase):
        __tablename__ = "sample_plain"
        id: Mapped[int] = mapped_column(primary_key=True)

    assert text_of(Plain(id=7)) == "Plain 7"
    assert text_of(Part(id=3, name="Screw")) == "Screw"
    assert text_of(Part(id=3, name="  ")) == "Part 3"


def test_a_long_text_is_cut_so_that_a_message_with_it_fits_into_a_cookie() -> None:
    assert text_of(Part(id=3, name="x" * 5000)) == "x" * 200 + "…"
    assert text_of(Part(id=3, name="x" * 200)) == "x" * 200


def test_a_set_of_mariadbs_is_no_text_to_type() -> None:
    class Base(DeclarativeBase):
        pass

    class Shirt(Base):
        __tablename__ = "shirts"
        id: Mapped[int] = mapped_column(primary_key=True)
        sizes: Mapped[set[str]] = mapped_column(SET("s", "m"))

    assert describe(Shirt).columns["sizes"].kind == "unknown"
