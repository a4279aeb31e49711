"""Search and filters: what is found, and what a day is."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import pytest
from flask import Flask

from tests.admin.samples import Colour, Part
from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from webapp.extensions import db
from webapp.users.models import User

PEOPLE = {
    "ann.lee": "Ann Lee",
    "bob": "Bob 100% Smith",
    "carol_x": "Carol _ Jones",
    "dave": "Dave \\ Lee",
    "straße": "José Águas",
    "zoë": "ÉLODIE o'Neill",
}


@pytest.fixture
def people(app: Flask, as_alice: Visitor) -> Visitor:
    with app.app_context():
        for username, full_name in PEOPLE.items():
            db.session.add(
                User(
                    username=username,
                    email=f"{username.replace('ß', 'ss').replace('ë', 'e')}@sample.test",
                    password="!",
                    full_name=full_name,
                )
            )
        db.session.commit()
    return as_alice


def found(visitor: Visitor, **parameters: str) -> list[str]:
    page = visitor.get("/users/", query_string=parameters)
    assert page.status == 200, page.soup.get_text(" ", strip=True)
    return page.column()


# Search


@pytest.mark.parametrize(
    ("q", "usernames"),
    [
        ("ann", ["ann.lee"]),
        ("lee ann", ["ann.lee"]),
        ("LEE", ["ann.lee", "dave"]),
        ("lee sample.test", ["ann.lee", "dave"]),
        ("ann bob", []),
        ('"ann lee"', ["ann.lee"]),
        ('"lee ann"', []),
        ('"b 1"', ["bob"]),
        ('"b  1"', []),
        ("%", ["bob"]),
        ("100%", ["bob"]),
        ("b%b", []),
        ("_", ["carol_x"]),
        ("carol_x", ["carol_x"]),
        ("c_r", []),
        ("\\", ["dave"]),
        ("/", []),
        ("o'neill", ["zoë"]),
        ("'", ["zoë"]),
        ("STRASSE", ["strasse"]),
        ("Straße", ["strasse"]),
        ("josé", ["strasse"]),
        ("JOSÉ", ["strasse"]),
        ("águas", ["strasse"]),
        ("élodie", ["zoë"]),
        ("ZOË", ["zoë"]),
        ("ZOE\u0308", ["zoë"]),
    ],
)
def test_all_words_must_be_found_each_in_any_field(people: Visitor, q: str, usernames: list[str]) -> None:
    assert found(people, q=q) == usernames


def test_search_and_filters_narrow_together(people: Visitor) -> None:
    assert found(people, q="lee", username__startswith="d") == ["dave"]
    assert found(people, q="lee", is_superuser="true") == []


# Filters on text and booleans


@pytest.mark.parametrize(
    ("parameters", "usernames"),
    [
        ({"username": "bob"}, ["bob"]),
        ({"username": " BOB "}, ["bob"]),
        ({"username": "bo"}, []),
        ({"username": "bo%"}, []),
        ({"username__contains": "_"}, ["carol_x"]),
        ({"username__contains": "%"}, []),
        ({"username__contains": "\\"}, []),
        ({"username__contains": "AN"}, ["ann.lee"]),
        ({"username__contains": "aße"}, ["strasse"]),
        ({"username__startswith": "B"}, ["bob"]),
        ({"username__startswith": "_"}, []),
        ({"username__in": "bob,DAVE,nobody"}, ["bob", "dave"]),
        ({"is_superuser": "true"}, ["alice"]),
        ({"is_superuser__ne": "false"}, ["alice"]),
        ({"is_staff": "true", "is_superuser": "false"}, []),
        ({"last_login_at__isnull": "false"}, ["alice"]),
        ({"username__isnull": "true"}, []),
    ],
)
def test_a_filter_narrows_to_what_it_says(
    people: Visitor, parameters: dict[str, str], usernames: list[str]
) -> None:
    assert found(people, **parameters) == usernames


def test_a_repeated_filter_means_or_and_repeated_is_not_means_neither(people: Visitor) -> None:
    assert people.get("/users/?username=bob&username=dave").column() == ["bob", "dave"]
    page = people.get("/users/?is_active=true&is_active=false")
    assert len(page.column()) == 7
    page = people.get("/users/?username__ne=bob&username__ne=dave")
    assert page.column() == ["alice", "ann.lee", "carol_x", "strasse", "zoë"]


# Days


def made(app: Flask, username: str, moment: datetime | None) -> None:
    add_user(app, username, created_at=moment or datetime(2000, 1, 1, tzinfo=UTC), last_login_at=moment)


def visitor_in(app: Flask, zone: str) -> Visitor:
    return signed_in(app, add_user(app, "viewer", is_superuser=True, timezone=zone))


def on(visitor: Visitor, **parameters: str) -> list[str]:
    return [name for name in found(visitor, **parameters) if name != "viewer"]


@pytest.mark.parametrize(
    ("zone", "day", "first", "last"),
    [
        ("UTC", "2026-06-01", "2026-06-01T00:00:00", "2026-06-01T23:59:59.999999"),
        ("Europe/Berlin", "2026-06-01", "2026-05-31T22:00:00", "2026-06-01T21:59:59.999999"),
        # Not 53 minutes off, as local mean time of 1890 would be.
        ("Europe/Berlin", "2026-01-15", "2026-01-14T23:00:00", "2026-01-15T22:59:59.999999"),
        # 23 hours and 25 hours.
        ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00", "2026-03-29T21:59:59.999999"),
        ("Europe/Berlin", "2026-10-25", "2026-10-24T22:00:00", "2026-10-25T22:59:59.999999"),
        # The clock went from 24:00 to 01:00 and from 24:00 to 23:00: no midnight, and one hour before it twice.
        ("America/Sao_Paulo", "2018-11-04", "2018-11-04T03:00:00", "2018-11-05T01:59:59.999999"),
        ("America/Sao_Paulo", "2018-02-17", "2018-02-17T02:00:00", "2018-02-18T02:59:59.999999"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00:00", "2026-11-02T04:59:59.999999"),
        ("Asia/Kathmandu", "2026-06-01", "2026-05-31T18:15:00", "2026-06-01T18:14:59.999999"),
    ],
)
def test_a_day_is_the_viewers_own_to_the_microsecond(
    app: Flask, zone: str, day: str, first: str, last: str
) -> None:
    begin, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (first, last))
    tick = timedelta(microseconds=1)
    for name, moment in {"before": begin - tick, "begin": begin, "end": end, "later": end + tick}.items():
        made(app, name, moment)
    viewer = visitor_in(app, zone)
    assert on(viewer, created_at=day) == ["begin", "end"]
    assert on(viewer, created_at__ne=day) == ["before", "later"]
    assert on(viewer, created_at__gt=day) == ["later"]
    assert on(viewer, created_at__gte=day) == ["begin", "end", "later"]
    assert on(viewer, created_at__lt=day) == ["before"]
    assert on(viewer, created_at__lte=day) == ["before", "begin", "end"]
    assert on(viewer, created_at__gte=day, created_at__lte=day) == ["begin", "end"]
    assert on(viewer, created_at=begin.isoformat()) == ["begin"]
    start = {"sort": "created_at", "from": day}
    assert on(viewer, **start) == ["begin", "end", "later"]
    assert on(viewer, **{**start, "sort": "-created_at"}) == ["end", "begin", "before"]


def test_a_day_that_a_zone_left_out_holds_nothing(app: Flask) -> None:
    made(app, "around", datetime(2011, 12, 30, 10, tzinfo=UTC))
    viewer = visitor_in(app, "Pacific/Apia")
    assert on(viewer, created_at="2011-12-30") == []
    assert on(viewer, created_at="2011-12-31") == ["around"]


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
@pytest.mark.parametrize("operator", ["", "__ne", "__gt", "__gte", "__lt", "__lte"])
@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01",
        "0001-01-02",
        "9999-12-30",
        "9999-12-31",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999-14:00",
    ],
)
def test_the_first_and_the_last_day_there_are_make_nothing_fail(
    app: Flask, zone: str, operator: str, text: str
) -> None:
    made(app, "now", datetime(2026, 1, 1, tzinfo=UTC))
    viewer = visitor_in(app, zone)
    is_there = {"": False, "__ne": True, "__gt": text < "1", "__gte": text < "1"}.get(operator, text > "1")
    assert on(viewer, **{f"created_at{operator}": text}) == (["now"] if is_there else [])
    assert viewer.get("/users/", query_string={"sort": "created_at", "from": text}).status == 200


@pytest.mark.parametrize("zone", ["UTC", "Pacific/Kiritimati", "Pacific/Niue"])
def test_extreme_moments_are_shown_and_paged(app: Flask, zone: str) -> None:
    made(app, "first", datetime(1, 1, 1, tzinfo=UTC))
    made(app, "final", datetime.max.replace(tzinfo=UTC))
    made(app, "never", None)
    viewer = visitor_in(app, zone)
    assert on(viewer, sort="last_login_at") == ["first", "final", "never"]
    assert on(viewer, sort="-last_login_at") == ["final", "first", "never"]
    assert on(viewer, last_login_at__ne="2026-01-01") == ["final", "first", "never"]
    assert on(viewer, last_login_at__isnull="true") == ["never"]


# Every other kind


@pytest.fixture
def parts(sample_app: Flask, alice: User) -> Visitor:
    with sample_app.app_context():
        db.session.add_all(
            [
                Part(
                    name="one",
                    size=1,
                    weight=Decimal("1.5"),
                    ratio=0.1,
                    colour=Colour.RED,
                    day=date(2026, 1, 1),
                    is_good=True,
                    reference=UUID(int=1),
                    stage=1,
                ),
                Part(
                    name="two",
                    size=2,
                    weight=Decimal("-2"),
                    ratio=1e10,
                    colour=Colour.BLUE,
                    day=date(9999, 12, 31),
                    is_good=False,
                ),
                Part(name="x"),
            ]
        )
        db.session.commit()
    return signed_in(sample_app, alice)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("size__eq=1", ["one"]),
        ("size__ne=1", ["two", "x"]),
        ("size__gte=2", ["two"]),
        ("size__in=1,2", ["one", "two"]),
        ("size__isnull=true", ["x"]),
        ("weight=1.50", ["one"]),
        ("weight__lt=0", ["two"]),
        ("ratio=0.1", ["one"]),
        ("ratio__gt=1", ["two"]),
        ("colour=RED", ["one"]),
        ("colour__in=RED,BLUE", ["one", "two"]),
        ("colour__ne=RED", ["two", "x"]),
        ("day=2026-01-01", ["one"]),
        ("day__gt=2026-01-01", ["two"]),
        ("day__lte=9999-12-31", ["one", "two"]),
        ("is_good=false", ["two"]),
        ("is_good__ne=true", ["two", "x"]),
        ("is_good__isnull=true", ["x"]),
        (f"reference={UUID(int=1)}", ["one"]),
        ("stage=1", ["one"]),
        ("code__isnull=true", ["one", "two", "x"]),
        ("name__contains=o", ["one", "two"]),
    ],
)
def test_each_kind_of_column_is_filtered_in_its_own_way(parts: Visitor, query: str, names: list[str]) -> None:
    page = parts.get(f"/parts/?{query}&sort=name&size=25")
    assert page.column() == names


@pytest.mark.parametrize(
    "query",
    [
        "size__eq=9223372036854775808",
        "size__eq=1.0",
        "size__in=1,,2",
        "weight=1.00001",
        "weight=NaN",
        "weight=1e400",
        "weight=99999999999",
        "ratio=nan",
        "ratio=1e400",
        "colour=r",
        "day=2026-W01",
        "day=2026-01-01T00:00",
        "reference=1",
        "stage=x",
        "note__contains=x",
        "kind=x",
        "token=x",
        "sort=note",
        "sort=token",
    ],
)
def test_a_value_that_its_column_cannot_hold_is_refused(parts: Visitor, query: str) -> None:
    assert parts.get(f"/parts/?{query}").status == 400


@pytest.mark.parametrize(
    "query", ["size__eq=9223372036854775807", "count__eq=-9223372036854775807", "ratio=1e308"]
)
def test_a_value_at_the_end_of_its_range_finds_nothing(parts: Visitor, query: str) -> None:
    assert parts.get(f"/parts/?{query}").status == 200
    assert parts.get(f"/parts/?{query}").rows() == []


def test_the_panel_asks_whether_there_is_a_value_where_there_may_be_none(
    as_alice: Visitor, bob: User
) -> None:
    """Without it nobody would find what is missing, such as the people who never signed in."""
    page = as_alice.get("/users/")
    offered = page.soup.select_one('.filters select[name="last_login_at__isnull"]')
    assert offered is not None
    assert [option["value"] for option in offered.select("option")] == ["", "true", "false"]
    assert page.soup.select_one('.filters [name="created_at__isnull"]') is None, "it is never empty"
    page = as_alice.get("/users/?last_login_at__isnull=true")
    assert page.column() == ["bob"]
    chosen = page.soup.select_one('.filters select[name="last_login_at__isnull"] option[selected]')
    assert chosen is not None
    assert chosen["value"] == "true"
