"""Every kind of column through the real page to the row and back: one answer on three engines."""

import math
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, text

import webapp.account
import webapp.users
from tests.admin.kinds import Kind, KindBase, KindsApp, Mood
from tests.conftest import add_user, make_settings, signed_in
from tests.pages import Page, Visitor
from webapp import create_app
from webapp.admin.history import LogEntry, changes_of
from webapp.admin.mapping import describe
from webapp.extensions import db


@pytest.fixture(scope="session")
def kind_engine_app(engine_app: Flask) -> Iterator[Flask]:
    given_settings = make_settings(DATABASE_URL=engine_app.config["DATABASE_URL"])
    made = create_app(given_settings, apps=(webapp.users, webapp.account, KindsApp))  # type: ignore[arg-type]
    made.config["LOCALES"] = ("en", "pt_BR")
    with made.app_context():
        KindBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def kind_app(app: Flask, kind_engine_app: Flask) -> Iterator[Flask]:
    yield kind_engine_app
    with kind_engine_app.app_context(), db.engine.begin() as connection:
        connection.execute(Kind.__table__.delete())


@pytest.fixture
def visitor(kind_app: Flask) -> Visitor:
    return signed_in(kind_app, add_user(kind_app, "alice", is_superuser=True, timezone="Europe/Berlin"))


@pytest.fixture
def brazilian(kind_app: Flask) -> Visitor:
    person = add_user(kind_app, "joana", is_superuser=True, timezone="America/Sao_Paulo", locale="pt_BR")
    return signed_in(kind_app, person)


def keep(app: Flask, **values: Any) -> None:
    """One row, the first, with *values*."""
    with app.app_context():
        db.session.execute(Kind.__table__.delete())
        db.session.add(Kind(id=1, **values))
        db.session.commit()


def stored(app: Flask, name: str) -> Any:
    with app.app_context():
        return getattr(db.session.get_one(Kind, 1), name)


def save(visitor: Visitor, **values: Any) -> Page:
    return visitor.get("/kinds/1/change/").form().fill(**values).submit()


def control(page: Page, name: str) -> str:
    found = page.soup.select_one(f"[name={name}]")
    assert found is not None
    return found.get_text().strip() if found.name == "textarea" else str(found.get("value", ""))


ID = uuid.UUID("123e4567-e89b-12d3-a456-426614174000")

VALID = [
    ("fixed", "ab", "ab"),
    ("url", " https://example.org/a?b=c#d ", "https://example.org/a?b=c#d"),
    ("url", "HTTP://[::1]:8000/", "HTTP://[::1]:8000/"),
    ("even", "4", 4),
    ("exact", "-99999999999999.9999", Decimal("-99999999999999.9999")),
    ("exact", "1,234.5", Decimal("1234.5")),
    ("price", "12345678.90", Decimal("12345678.9")),
    ("price", "\N{MINUS SIGN}0.01", Decimal("-0.01")),
    ("price", "+.5", Decimal("0.5")),
    ("long", "12345678901.2345", Decimal("12345678901.2345")),
    ("plain", "0.0000000001", Decimal("1E-10")),
    ("plain", "123456789012345", Decimal(123456789012345)),
    ("floats", "1.25", 1.25),
    ("ratio", "0.1", 0.1),
    ("ratio", "1e22", 1e22),
    ("ratio", "-1.7976931348623157E308", -1.7976931348623157e308),
    ("ratio", "2.2250738585072014e-308", 2.2250738585072014e-308),
    ("single", "3.14159", 3.14159),
    ("clock", "23:59:59.999999", time(23, 59, 59, 999999)),
    ("clock", "7:00".rjust(5, "0"), time(7)),
    ("length", "3 days 04:05:06.5", timedelta(days=3, hours=4, minutes=5, seconds=6, milliseconds=500)),
    ("length", "90 minutes", timedelta(minutes=90)),
    ("length", "-1 day, 23:00:00", timedelta(hours=-1)),
    ("length", "1w2d 1.000001s".replace("w2", "w 2"), timedelta(days=9, seconds=1, microseconds=1)),
    ("length", "100:00", timedelta(hours=100)),
    ("length", "2932896 days 23:59:59.999999", timedelta(2932896, 86399, 999999)),
    ("length", "-719162 days", timedelta(-719162)),
    ("naive_at", "2026-01-01 12:00:01.000001", datetime(2026, 1, 1, 11, 0, 1, 1)),  # noqa: DTZ001
    ("ident", "{123E4567-E89B-12D3-A456-426614174000}", ID),
    ("ident", "urn:uuid:123e4567e89b12d3a456426614174000".replace("urn:uuid:", ""), ID),
    ("ident_text", "123E4567-E89B-12D3-A456-426614174000", str(ID)),
    (
        "document",
        ' {"b": [1, 2.5, true, null],\r\n"a": "é\\n🙂"} ',
        {"b": [1, 2.5, True, None], "a": "é\n🙂"},
    ),
    ("document", "0", 0),
    ("document", '""', ""),
    ("document", "false", False),
    ("document", "-9223372036854775807", 1 - 2**63),
    ("document", "[" * 20 + "]" * 20, None),
    ("needed", "[]", []),
    ("needed", "null", None),
    ("step", "0.5", Decimal("0.5")),
    ("holiday", "2026-12-25", date(2026, 12, 25)),
]


@pytest.mark.parametrize(("name", "typed", "value"), VALID)
def test_what_fits_is_kept_as_it_was_typed(
    kind_app: Flask, visitor: Visitor, name: str, typed: str, value: Any
) -> None:
    keep(kind_app)
    page = save(visitor, **{name: typed})
    assert page.status == 303, page.errors
    found = stored(kind_app, name)
    if name == "fixed":
        found = found.rstrip()  # PostgreSQL fills it up
    if value is not None or typed == "null":
        assert found == value
        assert type(found) is type(value)
    # And once more, untouched.
    assert visitor.get("/kinds/1/change/").form().submit().status == 303
    assert visitor.get("/kinds/1/history/").soup.select(".timeline-line")[1:] == []


INVALID = [
    ("fixed", "abcdef"),
    ("url", "javascript:alert(1)"),
    ("url", "java\tscript:alert(1)"),
    ("url", "ftp://example.org/"),
    ("url", "//example.org/"),
    ("url", "https://"),
    ("url", "https://a b"),
    ("url", 'https://a/"onmouseover="'),
    ("even", "3"),
    ("even", "40000"),
    ("exact", "100000000000000"),
    ("exact", "0.00001"),
    ("exact", "1" + "0" * 40 + "." + "0" * 40 + "1"),
    ("exact", "NaN"),
    ("exact", "Infinity"),
    ("exact", "1e3"),
    ("exact", "1_000"),
    ("exact", "\u0661\u0662"),
    ("exact", "1,23"),
    ("exact", "1,234,5"),
    ("exact", "1 000"),
    ("exact", "--1"),
    ("exact", "."),
    ("exact", "-"),
    ("exact", "9" * 101),
    ("price", "123456789"),
    ("price", "1.001"),
    ("long", "123456789012.3456"),
    ("plain", "1234567890123456"),
    ("plain", "0.00000000001"),
    ("ratio", "nan"),
    ("ratio", "inf"),
    ("ratio", "1e309"),
    ("ratio", "1e9999"),
    ("ratio", "e5"),
    ("ratio", "0x10"),
    ("single", "3.1415926"),
    ("single", "1e39"),
    ("clock", "24:00"),
    ("clock", "12:00:00.1234567"),
    ("clock", "12:00+02:00"),
    ("clock", "T12:00"),
    ("clock", "12"),
    ("length", "5"),
    ("length", "3 dayss"),
    ("length", "1.5 days"),
    ("length", "00:00:00.1234567"),
    ("length", "1:00 1:00"),
    ("length", "2932897 days"),
    ("length", "-719163 days"),
    ("length", "999999999999999 weeks"),
    ("length", "9" * 50 + " days"),
    ("length", "\u0663 days"),
    ("day", "2026-W47-7"),
    ("day", "20261122"),
    ("at", "2026-01-01T12:00:00.1234567"),
    ("at", "2026-01-01"),
    ("ident", "123e4567-e89b-12d3-a456-42661417400"),
    ("ident", "1-2-3-e4567e89b12d3a45642661417400000"),
    ("ident", "g" * 32),
    ("ident", "aea9b0a7-01ae-9267-47dc-7f11b0230750"),  # MariaDB takes none of this variant
    ("document", "{"),
    ("document", "{'a': 1}"),
    ("document", "NaN"),
    ("document", "[Infinity]"),
    ("document", "1e400"),
    ("document", "0.12345678901234567890"),
    ("document", "9" * 5000),
    ("document", "9223372036854775808"),
    ("document", '"\\u0000"'),
    ("document", '{"\\ud800": 1}'),
    ("document", '{"a": 1, "a": 2}'),
    ("document", "[" * 22 + "]" * 22),
    ("document", "[" * 50_000),
    ("document", "[" * 50_000 + "]" * 50_000),
    ("document", '"a\nb"'),
    ("needed", ""),
    ("step", "2"),
    ("step", "x"),
    ("holiday", "2026-12-26"),
]


@pytest.mark.parametrize(("name", "typed"), INVALID)
def test_what_does_not_fit_is_told_at_its_field_and_nothing_is_written(
    kind_app: Flask, visitor: Visitor, name: str, typed: str
) -> None:
    keep(kind_app, number=5)
    page = save(visitor, **{name: typed, "number": "6"})
    assert page.status == 422
    assert page.soup.select_one(f"#{name}-error")
    assert len(page.errors) == 1
    assert stored(kind_app, "number") == 5


def test_what_is_wrong_with_json_is_told_with_its_place(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app)
    assert save(visitor, document='{\r\n  "a": x}').errors == [
        "Document: This is no JSON: look at line 2, column 8."
    ]


def test_what_a_type_says_no_to_is_told_in_its_words(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app)
    assert save(visitor, even="3").errors == ["Even: This value cannot be kept here: odd numbers are unlucky"]


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("1234,5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1.234.567", "1234567"),
        ("1234.5", "1234.5"),
        ("0.125", "0.125"),
        ("1.5", "1.5"),
        ("-1.234,5", "-1234.5"),
    ],
)
def test_a_number_is_taken_and_shown_as_the_person_writes_it(
    kind_app: Flask, brazilian: Visitor, typed: str, value: str
) -> None:
    keep(kind_app)
    page = save(brazilian, exact=typed)
    assert page.status == 303, page.errors
    assert stored(kind_app, "exact") == Decimal(value)
    shown = control(brazilian.get("/kinds/1/change/"), "exact")
    assert shown.rstrip("0") == value.replace(".", ",").rstrip("0") or shown.startswith(value)


def test_a_number_with_two_meanings_is_asked_about(kind_app: Flask, brazilian: Visitor) -> None:
    keep(kind_app)
    assert save(brazilian, exact="1.234").errors == [
        "Exact: This can be read as 1,234 or as 1234: write it so."
    ]


def test_only_an_address_of_a_page_is_a_link(kind_app: Flask, visitor: Visitor) -> None:
    """A row from elsewhere may hold a script for an address (CVE-2026-15920)."""
    keep(kind_app, url="https://example.org/?a=1&b=2")
    link = visitor.get("/kinds/").soup.select_one("tr[data-key] a[rel]")
    assert link is not None
    assert (link["href"], link["rel"]) == ("https://example.org/?a=1&b=2", ["noopener", "noreferrer"])
    keep(kind_app, url="JavaScript://%0aalert(1)")
    page = visitor.get("/kinds/")
    assert "JavaScript://" in page.text
    assert not [tag for tag in page.soup.select("a[href]") if "script:" in str(tag["href"]).lower()]


def test_a_file_is_kept_until_another_is_chosen_or_it_is_removed(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app, content=b"\xff\x00old")
    form = visitor.get("/kinds/1/change/")
    assert form.soup.select_one("form[enctype='multipart/form-data']")
    assert "5 bytes" in form.text
    assert save(visitor, text="x").status == 303
    assert stored(kind_app, "content") == b"\xff\x00old"
    # As a browser sends a file field in which nothing was chosen.
    page = form.form().submit(content=(BytesIO(b""), ""), **{"text": "y"})
    assert page.status == 303
    assert stored(kind_app, "content") == b"\xff\x00old"
    raw = bytes(range(256))
    assert form.form().submit(content=(BytesIO(raw), "a.bin")).status == 303
    assert stored(kind_app, "content") == raw
    history = visitor.get("/kinds/1/history/")
    assert "256 bytes" in history.text
    assert "256 bytes" in visitor.get("/kinds/").text
    assert visitor.get("/kinds/1/change/").form().fill(**{"content-clear": True}).submit().status == 303
    assert stored(kind_app, "content") is None


@pytest.mark.parametrize(
    ("name", "size", "status"),
    [("content", 65_535, 303), ("content", 65_536, 422), ("short", 4, 303), ("short", 5, 422)],
)
def test_a_file_has_the_room_of_its_column(
    kind_app: Flask, visitor: Visitor, name: str, size: int, status: int
) -> None:
    keep(kind_app, short=b"old")
    page = visitor.get("/kinds/1/change/").form().submit(**{name: (BytesIO(b"\xfe" * size), "a.bin")})
    assert page.status == status, page.errors
    assert (stored(kind_app, name) == b"\xfe" * size) is (status == 303)


def test_no_box_removes_a_file_that_must_be_there(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app, short=b"old")
    form = visitor.get("/kinds/1/change/")
    assert form.soup.select_one("[name=short-clear]") is None
    assert form.form().submit(**{"short-clear": "y"}).status == 303
    assert stored(kind_app, "short") == b"old"


def test_a_file_in_the_place_of_text_is_refused(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app, text="old")
    form = visitor.get("/kinds/1/change/").form()
    del form.fields["text"]
    assert form.submit(text=(BytesIO(b"new"), "a.txt")).status == 400
    # And text in the place of a file is none.
    assert visitor.get("/kinds/1/change/").form().submit(content="new").status == 303
    assert stored(kind_app, "content") is None
    # A page without a file field takes none at all.
    user = visitor.get("/users/add/").form()
    assert user.submit(email=(BytesIO(b"x"), "a.txt")).status == 400


@pytest.mark.parametrize(("value", "status"), [(b"\xff", 400), ("é".encode(), 303)])
def test_a_file_lets_no_damaged_text_pass(
    kind_app: Flask, visitor: Visitor, value: bytes, status: int
) -> None:
    keep(kind_app)
    fields = visitor.get("/kinds/1/change/").form().fields | {"text": ""}
    parts = [
        b'--x\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        % (name.encode(), str(text).encode())
        for name, text in fields.items()
        if name != "text"
    ]
    parts.append(b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n%b\r\n' % value)
    head = b'--x\r\nContent-Disposition: form-data; name="content"; filename="a"\r\n\r\n'
    parts.append(head + b"\xff\xfe\r\n--x--\r\n")
    response = visitor.client.post(
        "/kinds/1/change/",
        data=b"".join(parts),
        content_type="multipart/form-data; boundary=x",
        headers={"Referer": "http://localhost/kinds/1/change/"},
    )
    assert response.status_code == status
    assert stored(kind_app, "content") == (b"\xff\xfe" if status == 303 else None)


def test_json_that_python_takes_for_equal_is_a_change(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app, document={"a": 1, "b": 2})
    for typed in ('{"a": true, "b": 2}', '{"b": 2, "a": true}', '{"b": 2.0, "a": true}'):
        assert save(visitor, document=typed).status == 303
        with kind_app.app_context():
            raw = db.session.execute(text("SELECT document FROM kinds")).scalar()
        assert str(raw).replace("'", '"').replace("True", "true") == typed
    assert len(visitor.get("/kinds/1/history/").soup.select(".timeline-line")) == 3


NULLS = text("SELECT count(*) FROM kinds WHERE document IS NULL")


@pytest.mark.parametrize("typed", ["", "null"])
def test_an_emptied_document_is_null_in_the_database(kind_app: Flask, visitor: Visitor, typed: str) -> None:
    keep(kind_app, document=[1])
    assert save(visitor, document=typed).status == 303
    with kind_app.app_context():
        assert db.session.scalar(NULLS) == 1


def test_a_document_that_was_never_written_is_too(kind_app: Flask, visitor: Visitor) -> None:
    page = visitor.get("/kinds/add/").form().submit("_continue")
    assert page.status == 303, page.errors
    with kind_app.app_context():
        assert db.session.scalar(NULLS) == 1
        assert db.session.scalar(select(Kind.needed)) == {}


def test_json_is_shown_with_its_keys_in_their_order(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app, document={"z": "é", "a": [1]})
    shown = control(visitor.get("/kinds/1/change/"), "document").replace("\r\n", "\n")
    assert shown == '{\n  "z": "é",\n  "a": [\n    1\n  ]\n}'
    assert '{"z": "é", "a": [1]}' in visitor.get("/kinds/").soup.get_text()


def test_what_cannot_be_typed_is_shown_only(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app, pickled={"a": {1}}, point=1 + 2j, array=["a", "b"])
    page = visitor.get("/kinds/1/change/")
    fields = page.form().fields
    assert not {"pickled", "point"} & set(fields)
    assert "(1+2j)" in page.text
    assert save(visitor, text="x").status == 303
    assert stored(kind_app, "point") == 1 + 2j
    assert visitor.get("/kinds/").status == 200


def test_an_old_value_that_no_form_would_take_stays(kind_app: Flask, visitor: Visitor) -> None:
    old = {"mail": "nobody", "url": "javascript:x", "text": " a\x07 ", "needed": {"deep": [[[]]]}}
    keep(kind_app, **old)
    assert save(visitor, number="1").status == 303
    assert {name: stored(kind_app, name) for name in old} == old


def test_a_time_with_a_zone_is_asked_for_in_utc(kind_app: Flask, visitor: Visitor) -> None:
    keep(kind_app)
    assert save(visitor, zoned_clock="10:00+02:00").status == 303
    assert stored(kind_app, "zoned_clock").replace(tzinfo=None) == time(8)
    assert control(visitor.get("/kinds/1/change/"), "zoned_clock") == "08:00:00"


# Whatever there is and whatever is typed

FINITE = st.floats(allow_nan=False, allow_infinity=False, allow_subnormal=False)
WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=5)
DOCUMENTS = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | FINITE | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)
LATER = datetime(1000, 1, 2)  # noqa: DTZ001 - MariaDB speaks of the years from 1000 on
MOMENTS = st.datetimes(min_value=LATER)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "text": WORDS,
    "lines": WORDS,
    "small": st.integers(-(2**15), 2**15 - 1),
    "big": st.integers(-(2**63), 2**63 - 1),
    "exact": st.decimals(-(10**13), 10**13, places=4),
    "price": st.decimals(-(10**7), 10**7, places=2),
    "long": st.decimals(-(10**10), 10**10, places=4),
    "plain": st.decimals(-(10**5), 10**5, places=9),
    "floats": st.integers(-(10**8), 10**8).map(lambda cents: cents / 100),
    "ratio": FINITE,
    "known": st.booleans(),
    "day": st.dates(min_value=LATER.date()),
    "clock": st.times(),
    "length": st.timedeltas(timedelta(-350_000), timedelta(2_932_896)),
    "at": MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC)),
    "naive_at": MOMENTS,
    "zoned_at": MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC)),
    "mood": st.sampled_from(Mood),
    "ident": st.uuids(version=4),
    "ident_text": st.uuids(version=1).map(str),
    "document": DOCUMENTS,
    "needed": DOCUMENTS,
    "content": st.binary(max_size=20),
    "step": st.decimals(0, 90, places=2),
}
# The hour that comes twice in Berlin, and in the year's other half the one in São Paulo that came twice until 2019.
FOLDS = st.datetimes(
    datetime(2018, 2, 17, 22),  # noqa: DTZ001
    datetime(2018, 2, 18, 6),  # noqa: DTZ001
) | st.datetimes(datetime(2026, 10, 24, 23), datetime(2026, 10, 25, 3))  # noqa: DTZ001

ROWS = st.fixed_dictionaries({}, optional=VALUES) | st.fixed_dictionaries(
    {"at": FOLDS.map(lambda moment: moment.replace(tzinfo=UTC)), "naive_at": FOLDS}
)

OFTEN = settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


def row(app: Flask) -> dict[str, Any]:
    with app.app_context():
        found = db.session.get_one(Kind, 1)
        return {name: repr(getattr(found, name)) for name in describe(Kind).columns}


@pytest.mark.parametrize("who", ["visitor", "brazilian"])
@OFTEN
@given(values=ROWS)
def test_form_and_save_and_form_again_change_nothing(
    request: pytest.FixtureRequest, kind_app: Flask, who: str, values: dict[str, Any]
) -> None:
    person: Visitor = request.getfixturevalue(who)
    keep(kind_app, **values)
    before = row(kind_app)
    for _once_more in range(2):
        page = person.get("/kinds/1/change/").form().submit()
        assert page.status == 303, page.errors
        assert row(kind_app) == before
    with kind_app.app_context():
        assert db.session.scalar(select(LogEntry.id).where(LogEntry.name == "kinds")) is None


PIECES = st.sampled_from(
    "0 1 2 9 12 60 999 1234 00 . , - + : / e E T Z _ \\ \" ' [ ] { } null true NaN inf days day h m s week "
    "2026-11-22 23:59:59 02:30 1.5 1,5 1.234 \u00a0 \u0663 \ufeff \ud83d \0 \x1f \r\n é 🙂 https:// javascript: "
    "a@b.org urn:uuid: 123e4567-e89b-12d3-a456-426614174000 \\u0000 \\ud800".split(" ")
)
TYPED = (
    st.lists(PIECES, max_size=6).map(" ".join)
    | st.lists(PIECES, max_size=6).map("".join)
    | st.text(max_size=12)
)
TYPABLE = [
    name
    for name, column in describe(Kind).columns.items()
    if column.kind not in ("unknown", "boolean", "binary") and name not in ("id", "array")
]


@pytest.mark.parametrize("who", ["visitor", "brazilian"])
@settings(OFTEN, max_examples=50)
@given(name=st.sampled_from(TYPABLE), typed=TYPED)
def test_whatever_is_typed_is_kept_or_refused_and_never_something_else(
    request: pytest.FixtureRequest, kind_app: Flask, who: str, name: str, typed: str
) -> None:
    """What the history says was meant is what the database gives back."""
    person: Visitor = request.getfixturevalue(who)
    keep(kind_app)
    sent = typed.encode("utf-8", "replace").decode()
    page = person.get("/kinds/1/change/").form().submit(**{name: sent})
    assert page.status in (303, 422)
    if page.status == 422:
        assert page.soup.select_one(f"#{name}-error"), page.errors
        return
    with kind_app.app_context():
        entry = db.session.scalars(select(LogEntry).order_by(LogEntry.id.desc())).first()
        changes = changes_of(entry) if entry is not None and entry.name == "kinds" else []
        meant = next((change.new for change in changes if change.field == name), None)
        if entry is not None and entry.name == "kinds":
            db.session.delete(entry)
            db.session.commit()
    found = stored(kind_app, name)
    if isinstance(found, str):
        found = found.rstrip(" ")
    assert comparable(found) == comparable(meant)


def comparable(value: Any) -> Any:
    if isinstance(value, Mood):
        return value.name
    if isinstance(value, datetime | time):
        return value.replace(tzinfo=None)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    return str(value) if isinstance(value, uuid.UUID) else value
