"""The operators of columns: ranges, periods and "lately" in the viewer's zone, "me", times and lengths of time."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from werkzeug.datastructures import MultiDict

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Author, Book
from tests.library.kinds import Specimen
from tests.pages import Form, Page, Visitor
from webapp.admin.listing.query import narrowed
from webapp.admin.listing.state import list_spec, parse_state
from webapp.admin.site import current_site


def made(app: Flask, username: str, moment: datetime) -> None:
    add_user(app, username, created_at=moment)


def visitor_in(app: Flask, zone: str) -> Visitor:
    early = datetime(1990, 1, 1, tzinfo=UTC)
    return signed_in(app, add_user(app, "viewer", is_superuser=True, timezone=zone, created_at=early))


def on(visitor: Visitor, query: str) -> list[str]:
    page = visitor.get(f"/users/?{query}")
    assert page.status == 200, page.soup.get_text(" ", strip=True)
    return [name for name in page.column() if name != "viewer"]


def chips(page: Page) -> list[str]:
    return [
        re.sub(r"\s+", " ", tag.get_text(" ", strip=True)) for tag in page.soup.select(".chip-filter summary")
    ]


# Years, months and days


@pytest.mark.parametrize(
    ("zone", "query", "first", "last"),
    [
        ("UTC", "{}__year=2026", "2026-01-01T00:00:00", "2026-12-31T23:59:59.999999"),
        ("America/Sao_Paulo", "{}__year=2018", "2018-01-01T02:00:00", "2019-01-01T01:59:59.999999"),
        (
            "Europe/Berlin",
            "{}__year=2026&{}__month=3",
            "2026-02-28T23:00:00",
            "2026-03-31T21:59:59.999999",
        ),
        (
            "Europe/Berlin",
            "{}__year=2026&{}__month=10",
            "2026-09-30T22:00:00",
            "2026-10-31T22:59:59.999999",
        ),
        (
            "Europe/Berlin",
            "{}__year=2026&{}__month=3&{}__day=29",
            "2026-03-28T23:00:00",
            "2026-03-29T21:59:59.999999",
        ),
        ("Asia/Kathmandu", "{}__month=2&{}__year=2028", "2028-01-31T18:15:00", "2028-02-29T18:14:59.999999"),
    ],
)
def test_a_period_is_the_viewers_own_to_the_microsecond(
    app: Flask, zone: str, query: str, first: str, last: str
) -> None:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    tick = timedelta(microseconds=1)
    for name, moment in {"before": begin - tick, "begin": begin, "end": end, "later": end + tick}.items():
        made(app, name, moment)
    assert on(visitor_in(app, zone), query.replace("{}", "created_at")) == ["begin", "end"]


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("created_at__month=3", "created_at__month"),
        ("created_at__day=3", "created_at__day"),
        ("created_at__year=2026&created_at__day=3", "created_at__day"),
        ("created_at__year=2025&created_at__year=2026&created_at__month=3", "created_at__year"),
        ("created_at__year=2026&created_at__month=13", "created_at__month"),
        ("created_at__year=2026&created_at__month=0", "created_at__month"),
        ("created_at__year=2026&created_at__month=2&created_at__day=29", "created_at__day"),
        ("created_at__year=0", "created_at__year"),
        ("created_at__year=10000", "created_at__year"),
        ("created_at__year=-1", "created_at__year"),
        ("created_at__year=٣", "created_at__year"),
        ("created_at__year=2026-11", "created_at__year"),
        ("created_at__last=0", "created_at__last"),
        ("created_at__last=-7", "created_at__last"),
        ("created_at__last=36501", "created_at__last"),
        ("created_at__last=week", "created_at__last"),
        ("created_at=yesterday", "created_at"),
        ("created_at__between=2026-01-01", "created_at__between"),
        ("username=today&username__last=1", "username__last"),
        ("is_active__year=2026", "is_active__year"),
        ("facets=2", "facets"),
        ("facets=1&facets=1", "facets"),
    ],
)
def test_a_period_that_is_none_is_refused_by_name(as_alice: Visitor, query: str, part: str) -> None:
    page = as_alice.get(f"/users/?{query}")
    assert page.status == 400
    assert f"“{part}”" in page.text


def test_the_first_and_the_last_year_there_are_make_nothing_fail(app: Flask) -> None:
    viewer = visitor_in(app, "Pacific/Kiritimati")
    for query in ("year=1", "year=9999", "last=36500"):
        assert on(viewer, f"created_at__{query}") == []
    assert on(viewer, "created_at__year=9999&created_at__month=12&created_at__day=31") == []
    assert on(viewer, "created_at__year=1&created_at__month=1&created_at__day=1") == []


def test_several_years_are_or_and_a_period_has_one_chip(app: Flask) -> None:
    for year in (2024, 2025, 2026):
        made(app, f"of{year}", datetime(year, 11, 5, 12, tzinfo=UTC))
    viewer = visitor_in(app, "UTC")
    assert on(viewer, "created_at__year=2024&created_at__year=2026") == ["of2024", "of2026"]
    page = viewer.get("/users/?created_at__year=2026&created_at__month=11&size=25")
    assert chips(page) == ["Created November 2026"]
    assert [name for name in page.column() if name != "viewer"] == ["of2026"]
    form = page.soup.select_one(".chip-filter form")
    assert form is not None
    fields = Form(page, form).fill(created_at__year="2024").fields
    other = viewer.get("/users/", query_string=fields)
    assert chips(other) == ["Created November 2024"]
    assert "size=25" in other.address
    assert page.follow("Remove Created").address == "/users/?size=25"


def test_a_period_is_one_range_for_an_index(app: Flask) -> None:
    with app.test_request_context():
        alice = add_user(app, "alice", is_superuser=True)
        spec = list_spec(current_site().admin("users"), alice)
        query = {"created_at__year": "2026", "created_at__month": "11", "created_at__day": "5"}
        sql = str(narrowed(spec, parse_state(spec, MultiDict(query)), alice).whereclause)
    assert sql.count("created_at") == 2


# Lately


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("created_at=today", ["early", "late"]),
        ("created_at__last=1", ["early", "late"]),
        ("created_at__last=2", ["early", "eve", "late"]),
        ("created_at__last=8", ["early", "eve", "late", "week"]),
        ("created_at__ne=today", ["eve", "next", "week"]),
        ("created_at__gt=today", ["next"]),
        ("created_at__gte=today", ["early", "late", "next"]),
        ("created_at__lt=today", ["eve", "week"]),
        ("created_at__gte=2026-11-20&created_at__lte=today", ["early", "eve", "late"]),
    ],
)
def test_today_is_the_viewers_day_and_one_of_the_last(app: Flask, query: str, names: list[str]) -> None:
    """In São Paulo it is still the 27th when it is the 28th in Greenwich."""
    with time_machine.travel(datetime(2026, 11, 28, 1, 30, tzinfo=UTC), tick=False):
        for name, moment in {
            "week": datetime(2026, 11, 20, 3, tzinfo=UTC) - timedelta(microseconds=1) + timedelta(hours=1),
            "eve": datetime(2026, 11, 27, 3, tzinfo=UTC) - timedelta(microseconds=1),
            "early": datetime(2026, 11, 27, 3, tzinfo=UTC),
            "late": datetime(2026, 11, 28, 3, tzinfo=UTC) - timedelta(microseconds=1),
            "next": datetime(2026, 11, 28, 3, tzinfo=UTC),
        }.items():
            made(app, name, moment)
        viewer = visitor_in(app, "America/Sao_Paulo")
        found = on(viewer, query)
    expected = [*names, "week"] if query.startswith("created_at__gte=2026-11-20") else names
    assert found == sorted(expected)


def test_what_is_lately_says_so_and_can_be_changed(app: Flask, as_alice: Visitor) -> None:
    page = as_alice.get("/users/?created_at=today")
    assert chips(page) == ["Created today"]
    control = page.soup.select_one(".chip-filter input[name=created_at]")
    assert control is not None
    assert (control["type"], control["value"]) == ("text", "today"), "a field for days would drop it"
    page = as_alice.get("/users/?created_at__last=7")
    assert chips(page) == ["Created last 7 days"]
    chosen = page.soup.select_one(".filters select[name=created_at__last] option[selected]")
    assert chosen is not None
    assert chosen["value"] == "7"
    assert page.follow("Remove Created").address == "/users/"
    page = as_alice.get("/users/?created_at__last=3")
    chosen = page.soup.select_one(".filters select[name=created_at__last] option[selected]")
    assert chosen is not None
    assert chosen.get_text(strip=True) == "last 3 days"


# Both ends


def test_two_ends_are_one_chip_with_a_control_for_each(app: Flask) -> None:
    for day in (1, 5, 9):
        made(app, f"day{day}", datetime(2026, 11, day, 12, tzinfo=UTC))
    viewer = visitor_in(app, "UTC")
    page = viewer.get("/users/?created_at__gte=2026-11-02&created_at__lte=2026-11-09")
    assert [name for name in page.column() if name != "viewer"] == ["day5", "day9"]
    assert chips(page) == ["Created between Nov 2, 2026 and Nov 9, 2026"]
    form = page.soup.select_one(".chip-filter form")
    assert form is not None
    fields = Form(page, form).fill(created_at__lte="2026-11-05").fields
    assert on(viewer, "&".join(f"{name}={value}" for name, value in fields.items())) == ["day5"]
    fields = Form(page, form).fill(created_at__gte="").fields
    assert on(viewer, "&".join(f"{name}={value}" for name, value in fields.items())) == [
        "day1",
        "day5",
        "day9",
    ]
    assert page.follow("Remove Created").address == "/users/"
    page = viewer.get(
        "/users/?created_at__gte=2026-11-02&created_at__gte=2026-11-08&created_at__lte=2026-11-06"
    )
    assert len(chips(page)) == 2, "of two beginnings any counts"
    assert [name for name in page.column() if name != "viewer"] == ["day5"]


# Times and lengths of time


SPECIMENS: dict[str, dict[str, Any]] = {
    "one": {"hour": time(8), "span": timedelta(minutes=90), "day": date(2026, 2, 28), "number": 1},
    "two": {"hour": time(18, 30), "span": timedelta(days=2), "day": date(2026, 3, 1), "number": 2},
    "sub": {"span": -timedelta(hours=1), "exact": 5},
}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("hour=18:30", ["two"]),
        ("hour__gte=09:00", ["two"]),
        ("hour__lt=18:30", ["one"]),
        ("hour__gte=08:00&hour__lte=18:30", ["one", "two"]),
        ("hour__isnull=true", ["sub"]),
        ("hour__ne=08:00", ["sub", "two"]),
        ("span=90 minutes", ["one"]),
        ("span=1:30", ["one"]),
        ("span__gt=1 day", ["two"]),
        ("span__lt=0:00", ["sub"]),
        ("span__gte=-2:00&span__lte=2:00", ["one", "sub"]),
        ("day__year=2026&day__month=2", ["one"]),
        ("day__year=2026", ["one", "two"]),
        ("number__in=1,2", ["one", "two"]),
        ("exact__in=5,6", ["sub"]),
    ],
)
def test_times_and_lengths_of_time_have_an_order(
    library_app: Flask, as_library_alice: Visitor, query: str, names: list[str]
) -> None:
    world.keep(library_app, *(Specimen(name=name, **values) for name, values in SPECIMENS.items()))
    page = as_library_alice.get(f"/specimens/?{query}&sort=name")
    assert page.status == 200, page.text
    assert page.column() == names


@pytest.mark.parametrize(
    "query",
    [
        "hour=25:00",
        "hour=8+o'clock",
        "hour=08:00Z",
        "hour__last=3",
        "span=long",
        "span=",
        "span__in=1:00,2:00",
        f"span={'9' * 15} weeks",
        "span__gt=999999999 days",
        "facts=1",
        "facts__isnull=true",
        "photo__isnull=true",
        "words=a",
        "place=1",
        "note=x",
    ],
)
def test_what_is_no_time_no_length_or_no_kind_to_filter_by_is_refused(
    as_library_alice: Visitor, query: str
) -> None:
    page = as_library_alice.get(f"/specimens/?{query}")
    assert page.status == (200 if query.endswith("=") else 400)


# Me


def test_me_is_whoever_looks_where_a_column_holds_people(app: Flask, as_alice: Visitor) -> None:
    with app.app_context():
        admin = current_site().admin("users")
    bob = signed_in(app, add_user(app, "bob", grants=("users.view",)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(admin, "list_filter", ("id", "username"))
        assert as_alice.get("/users/?id=me").column() == ["alice"]
        assert bob.get("/users/?id=me").column() == ["bob"]
        assert bob.get("/users/?id__ne=me").column() == ["alice"]
        assert chips(bob.get("/users/?id=me")) == ["Number me"]
        assert bob.get("/users/?id__gt=me").status == 400
        assert bob.get("/users/?username=me").column() == [], "there it is a name"


def test_me_is_nobody_in_other_columns(
    library_app: Flask, as_library_alice: Visitor, word: Callable[..., None]
) -> None:
    world.keep(library_app, Book(title="a", slug="a", author=Author(name="Ann")))
    word("books", list_filter=("author_id", "author"))
    assert as_library_alice.get("/books/?author_id=me").status == 400
    assert as_library_alice.get("/books/?author=me").status == 400
