"""What plain SQL has written has its place in lists, exports and filters, also where it is not what Python binds."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete
from werkzeug.datastructures import MultiDict

import webapp.account
import webapp.users
from tests.admin.meters import WRITTEN, Meter, MeterBase, MetersApp, empty, fill
from tests.admin.test_paging import joined, walk
from tests.conftest import add_user, make_settings, signed_in
from tests.pages import Visitor
from tests.shares import examples
from webapp import create_app
from webapp.admin import cursors
from webapp.admin.listing.query import Rows, read_rows
from webapp.admin.listing.state import ListSpec, list_spec, parse_state
from webapp.admin.site import current_site
from webapp.admin.transfer import reading
from webapp.extensions import db
from webapp.users.models import User

SORTS = [*WRITTEN, "total"]
ROWS = st.lists(
    st.fixed_dictionaries({name: st.sampled_from([None, 0, 1, 2, 3]) for name in WRITTEN}), max_size=14
)
#: Ties, each spelling more than once, and what is empty.
TWENTY = [{name: None if number % 7 == 6 else number % 5 for name in WRITTEN} for number in range(20)]
DIRECTIONS = pytest.mark.parametrize("sign", ["", "-"], ids=["up", "down"])


@pytest.fixture(scope="module")
def meter_engine_app(engine_app: Flask) -> Iterator[Flask]:
    url = engine_app.config["DATABASE_URL"]
    made = create_app(make_settings(DATABASE_URL=url), apps=(webapp.users, webapp.account, MetersApp))
    with made.app_context():
        MeterBase.metadata.create_all(db.engine)
    yield made
    with made.app_context():
        MeterBase.metadata.drop_all(db.engine)
        db.engine.dispose()


@pytest.fixture
def meters(app: Flask, meter_engine_app: Flask) -> Iterator[Flask]:
    with meter_engine_app.test_request_context():
        yield meter_engine_app
        db.session.rollback()
        with db.engine.begin() as connection:
            empty(connection)


def spec_of_meters() -> ListSpec:
    return list_spec(current_site().admin("meters"), User(is_superuser=True, is_active=True))


def rows_at(spec: ListSpec, **where: str) -> Rows:
    return read_rows(spec, parse_state(spec, MultiDict(where)), spec.person)


def columns_of(*names: str) -> str:
    return ",".join(dict.fromkeys(("id", *names)))


@settings(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=ROWS,
    sort=st.lists(st.sampled_from(SORTS), min_size=1, max_size=2, unique=True),
    sign=st.sampled_from(["", "-"]),
    shown=st.sampled_from(["day", "shout"]),
)
def test_every_row_is_on_one_page_whoever_wrote_it(
    meters: Flask, rows: list[dict[str, int | None]], sort: list[str], sign: str, shown: str
) -> None:
    fill(rows)
    spec = spec_of_meters()
    # With "shout" objects are read, and without it tuples, by a statement that is kept.
    arguments = {"sort": ",".join(sign + name for name in sort), "columns": columns_of(*sort, shown)}
    forward = joined(walk(spec, arguments))
    assert sorted(forward) == list(range(1, len(rows) + 1))
    assert joined(walk(spec, arguments, backward=True)) == forward
    assert forward == [key for (key,) in rows_at(spec, **arguments, size="250").keys]


@DIRECTIONS
@pytest.mark.parametrize("name", SORTS)
def test_an_export_holds_what_the_pages_hold_and_ends(
    meters: Flask, monkeypatch: pytest.MonkeyPatch, name: str, sign: str
) -> None:
    monkeypatch.setattr(reading, "BATCH", 3)
    fill(TWENTY)
    visitor = alice(meters)
    for columns in (("id", "shout"), ("id",)):
        address = f"/meters/export/?format=ndjson&sort={sign}{name}&columns={','.join(columns)}"
        exported = [json.loads(line)["id"] for line in visitor.get(address).text.splitlines()]
        assert exported == joined(walk(spec_of_meters(), {"sort": sign + name}))


@DIRECTIONS
@pytest.mark.parametrize("backward", [False, True], ids=["after", "before"])
@pytest.mark.parametrize("name", SORTS)
def test_a_page_begins_near_a_row_that_is_gone(meters: Flask, name: str, sign: str, backward: bool) -> None:
    fill(TWENTY)
    spec = spec_of_meters()
    arguments = {"sort": sign + name}
    order = joined(walk(spec, arguments))[:: -1 if backward else 1]
    for number in (3, 9):
        where = {"last": "1"} if backward else {}
        seen: list[int] = []
        while len(seen) < number:
            rows = rows_at(spec, **arguments, **where)
            seen += [key for (key,) in rows.keys][:: -1 if backward else 1]
            where = {"before": rows.before or ""} if backward else {"after": rows.after or ""}
        db.session.execute(delete(Meter).where(Meter.id == seen[-1]))
        db.session.flush()
        rest: list[int] = []
        while len(rest) < 60:
            rows = rows_at(spec, **arguments, **where)
            rest += [key for (key,) in rows.keys]
            cursor = rows.before if backward else rows.after
            if cursor is None:
                break
            where = {"before": cursor} if backward else {"after": cursor}
        if name not in ("slug", "span"):
            assert set(order[number:]) <= set(rest), (number, seen, order, rest)
        assert len(rest) == len(set(rest))
        db.session.rollback()


@pytest.mark.parametrize("name", ["made_at", "local_at", "single", "ratio", "price"])
def test_a_row_that_has_moved_takes_the_page_not_along(meters: Flask, name: str) -> None:
    fill([{**dict.fromkeys(WRITTEN), name: 0, "day": 0} for _number in range(8)])
    spec = spec_of_meters()
    first = rows_at(spec, sort=name)
    db.session.rollback()
    newest = {"made_at": "2027-01-01 00:00:00", "local_at": "2027-01-01 00:00:00"}
    with db.engine.begin() as connection:
        value = newest.get(name, "77")
        connection.exec_driver_sql(f"UPDATE meters SET {name} = '{value}' WHERE id = 3")  # noqa: S608 - our own words
    db.session.rollback()
    assert {4, 5, 6} & {key for (key,) in rows_at(spec, sort=name, after=first.after or "").keys}


def test_an_export_that_would_go_round_breaks_off(meters: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "BATCH", 3)
    monkeypatch.setattr(cursors, "_is_as_read", lambda _column: True)
    fill([{**dict.fromkeys(WRITTEN), "made_at": 0} for _number in range(8)])
    if db.engine.dialect.name != "sqlite":
        pytest.skip("servers compare moments as they are read")
    visitor = alice(meters)
    with pytest.raises(RuntimeError, match="go round"):
        visitor.get("/meters/export/?format=ndjson&sort=-made_at&columns=id,shout")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("hour=08:00", [0, 1]),
        ("hour__ne=08:00", [2]),
        ("hour__lte=08:00", [0, 1]),
        ("hour__gte=08:00", [0, 1, 2]),
        ("hour__lt=08:00", []),
        ("hour__gt=08:00", [2]),
        ("local_at=2026-11-29", [0, 1, 2, 3]),
        ("local_at__gte=2026-11-29", [0, 1, 2, 3]),
        ("local_at__lt=2026-11-29", []),
        ("made_at=2026-11-29", [0, 1, 2, 3]),
        ("made_at=2026-11-29T12:00:00", [0, 1]),
        ("made_at__ne=2026-11-29T12:00:00", [2, 3]),
        ("made_at__gt=2026-11-29T12:00:00", [2]),
        ("made_at__gte=2026-11-29T12:00:00", [0, 1, 2]),
        ("made_at__lt=2026-11-29T12:00:00", [3]),
        ("made_at__lte=2026-11-29T12:00:00", [0, 1, 3]),
        ("made_at__year=2026&made_at__month=11&made_at__day=29", [0, 1, 2, 3]),
        ("sort=made_at&from=2026-11-29T12:00:00", [0, 1, 2]),
        ("sort=-made_at&from=2026-11-29T12:00:00", [0, 1, 3]),
        ("single=0.1", [0]),
        ("single__ne=0.1", [1, 2, 3]),
        ("single__lte=0.1", [0, 3]),
        ("single__gt=0.1", [1, 2]),
        ("single__lt=1e300", [0, 1, 2, 3]),
        ("single__gt=1e-300", [0, 1, 2]),
    ],
)
def test_a_filter_finds_each_form_of_a_value(meters: Flask, query: str, found: list[int]) -> None:
    name = (
        query.removeprefix("sort=").removeprefix("-").partition("&")[0].partition("=")[0].partition("__")[0]
    )
    size = 3 if name == "hour" else 4
    fill([{**dict.fromkeys(WRITTEN), name: number, "day": 0} for number in range(size)])
    spec = spec_of_meters()
    arguments: Any = dict(part.split("=") for part in query.split("&"))
    rows = rows_at(spec, size="25", **arguments)
    assert sorted(key - 1 for (key,) in rows.keys) == found


def test_a_moment_that_plain_sql_wrote_is_exported_in_utc(meters: Flask) -> None:
    fill([{**dict.fromkeys(WRITTEN), "made_at": number, "day": 0} for number in range(4)])
    text = alice(meters).get("/meters/export/?format=ndjson&columns=made_at&sort=id").text
    assert [json.loads(line)["made_at"] for line in text.splitlines()] == [
        "2026-11-29T12:00:00+00:00",
        "2026-11-29T12:00:00+00:00",
        "2026-11-29T12:00:00.500000+00:00",
        "2026-11-29T00:00:00+00:00",
    ]


def alice(app: Flask) -> Visitor:
    return signed_in(app, add_user(app, "alice", is_superuser=True, timezone="UTC"))
