"""Whatever there is, saving it untouched changes nothing; whatever is typed, it is kept or refused."""

import math
import uuid
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.admin.kinds import Kind, Mood, keep, stored
from tests.pages import Visitor
from tests.shares import examples
from webapp.admin.history import LogEntry, changes_of
from webapp.admin.mapping import describe
from webapp.extensions import db

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
    max_examples=examples(15),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def row(app: Flask) -> dict[str, Any]:
    with app.app_context():
        found = db.session.get_one(Kind, 1)
        return {name: repr(getattr(found, name)) for name in describe(Kind).columns}


@pytest.mark.parametrize("who", ["kind_visitor", "brazilian"])
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


@pytest.mark.parametrize("who", ["kind_visitor", "brazilian"])
@settings(OFTEN, max_examples=examples(50))
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
        request_id = page.response.headers["X-Request-ID"]
        entry = db.session.scalars(select(LogEntry).where(LogEntry.request_id == request_id)).one_or_none()
        changes = changes_of(entry) if entry is not None else []
        meant = next((change.new for change in changes if change.field == name), None)
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
