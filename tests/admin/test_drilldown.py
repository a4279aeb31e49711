"""From years to months to days: only those with rows, in the viewer's zone, from index lookups, in one statement."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
import time_machine
from bs4 import Tag
from flask import Flask
from sqlalchemy import event, select, text

from tests.conftest import add_user, counted, signed_in
from tests.library import world
from tests.library.books import Author, Book
from tests.library.places import Branch, Visit
from tests.pages import Page, Visitor
from webapp.extensions import db

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def late_in_november() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def visits(app: Flask, *moments: str) -> None:
    branch = Branch(name="Centre")
    seen = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in moments]
    world.keep(app, branch, *(Visit(at=at, branch=branch) for at in seen))


def visitor_in(app: Flask, zone: str) -> Visitor:
    return signed_in(app, add_user(app, "viewer", is_superuser=True, timezone=zone))


def nav(page: Page) -> Tag:
    [found] = page.soup.select("#facets nav.facet")
    return found


def periods(page: Page) -> list[str]:
    return [link.get_text(" ", strip=True) for link in nav(page).select("a:not(.facet-back)")]


def test_it_leads_from_years_to_months_to_days_and_back(library_app: Flask) -> None:
    visits(
        library_app,
        "2024-02-29T12:00:00",
        "2026-03-01T12:00:00",
        "2026-03-31T12:00:00",
        "2026-11-02T12:00:00",
    )
    viewer = visitor_in(library_app, "UTC")
    page = viewer.get("/visits/")
    assert periods(page) == ["2024", "2026"]
    year = page.follow("2026")
    assert year.address == "/visits/?at__year=2026"
    assert len(year.rows()) == 3
    assert periods(year) == ["March", "November"]
    month = year.follow("March")
    assert month.address == "/visits/?at__year=2026&at__month=3"
    assert len(month.rows()) == 2
    assert periods(month) == ["1", "31"]
    day = month.follow("31")
    assert day.address == "/visits/?at__year=2026&at__month=3&at__day=31"
    assert len(day.rows()) == 1
    assert periods(day) == ["1", "31"]
    assert [tag.get_text(strip=True) for tag in nav(day).select("[aria-current]")] == ["31"]
    assert day.follow("2026").address == "/visits/?at__year=2026"
    assert year.follow("All dates").address == "/visits/"


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("UTC", (["2026"], ["March", "October"], ["29"])),
        ("America/Sao_Paulo", (["2025", "2026"], ["March", "October"], ["28", "29"])),
        ("Pacific/Kiritimati", (["2026"], ["January", "March", "November"], ["29", "30"])),
    ],
)
def test_periods_are_the_viewers_own_also_where_the_clock_changes(
    library_app: Flask, zone: str, expected: tuple[list[str], ...]
) -> None:
    moments = ["2026-01-01T00:30:00", "2026-03-29T00:30:00", "2026-03-29T23:30:00", "2026-10-31T23:59:59"]
    if zone == "UTC":
        moments = moments[1:]
    visits(library_app, *moments)
    viewer = visitor_in(library_app, zone)
    assert periods(viewer.get("/visits/")) == expected[0]
    assert periods(viewer.get("/visits/?at__year=2026")) == expected[1]
    assert periods(viewer.get("/visits/?at__year=2026&at__month=3")) == expected[2]


def test_each_link_leads_to_rows_and_together_they_lead_to_all(library_app: Flask) -> None:
    """Also on the days of 23 and 25 hours, and where a zone left a whole day out."""
    moments = [
        f"2026-{month:02}-{day:02}T{hour:02}:30:00"
        for month, day in ((3, 28), (3, 29), (10, 24), (10, 25))
        for hour in range(24)
    ]
    visits(library_app, *moments, "2011-12-30T09:59:00", "2011-12-30T10:01:00")
    for zone in ("Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"):
        viewer = visitor_in(library_app, zone)
        total = 0
        for year in nav(viewer.get("/visits/?size=250")).select("a"):
            for month in nav(viewer.get(str(year["href"]))).select("a:not(.facet-back)"):
                for day in nav(viewer.get(str(month["href"]))).select("a:not(.facet-back)"):
                    rows = len(viewer.get(str(day["href"])).rows())
                    assert rows > 0, day["href"]
                    total += rows
        assert total == len(moments) + 2, zone
        with library_app.app_context():
            db.session.execute(text("delete from users"))
            db.session.commit()


def test_years_far_away_are_one_link_which_leads_on(library_app: Flask) -> None:
    visits(
        library_app,
        "1900-05-05T12:00:00",
        "1975-05-05T12:00:00",
        "2026-05-05T12:00:00",
        "2200-05-05T12:00:00",
    )
    viewer = visitor_in(library_app, "UTC")
    page = viewer.get("/visits/")
    assert periods(page) == ["2026", "before 2001", "from 2031"]
    earlier = page.follow("before 2001")
    assert earlier.address == "/visits/?at__lt=2001-01-01"
    assert len(earlier.rows()) == 2
    assert periods(earlier) == ["1975", "before 1971", "from 2001"]
    far = earlier.follow("before 1971").follow("before 1941").follow("before 1911")
    assert nav(far).select("a")[0]["href"] == "/visits/?at__year=1900"
    later = page.follow("from 2031")
    assert len(later.rows()) == 1
    assert periods(later) == ["before 2031", "from 2061"]
    assert earlier.follow("1975").address == "/visits/?at__year=1975"


def test_the_way_back_from_the_years_to_come_shows_what_is_there(library_app: Flask) -> None:
    visits(library_app, "1975-06-01T12:00:00", "2026-06-01T12:00:00", "2100-06-01T12:00:00")
    later = visitor_in(library_app, "UTC").get("/visits/").follow("from 2031")
    assert len(later.rows()) == 1
    back = later.follow("before 2031")
    assert back.address == "/visits/?at__lt=2031-01-01"
    assert len(back.rows()) == 2
    earlier = back.follow("before 2001")
    assert len(earlier.rows()) == 1
    assert len(earlier.follow("from 2001").rows()) == 2


@pytest.mark.parametrize(
    "query", ["at__lt=0001-01-01", "at__gte=9999-12-31", "at__year=1", "at__year=9999&at__month=12"]
)
def test_the_ends_of_the_calendar_make_nothing_fail(library_app: Flask, query: str) -> None:
    visits(library_app, "2026-05-05T12:00:00")
    assert visitor_in(library_app, "Pacific/Kiritimati").get(f"/visits/?{query}").status == 200


def test_dates_have_no_zone(library_app: Flask) -> None:
    author = Author(name="Ann")
    days = (date(2025, 12, 31), date(2026, 1, 1), None)
    world.keep(
        library_app,
        author,
        *(Book(title=str(day), slug=str(day), author=author, published_on=day) for day in days),
    )
    viewer = visitor_in(library_app, "Pacific/Kiritimati")
    page = viewer.get("/books/")
    assert periods(page) == ["2025", "2026"]
    assert page.follow("2025").follow("December").follow("31").column() == ["2025-12-31"]


def test_it_keeps_search_and_filters_and_replaces_its_own(library_app: Flask) -> None:
    visits(library_app, "2025-05-05T12:00:00", "2026-05-05T12:00:00")
    viewer = visitor_in(library_app, "UTC")
    page = viewer.get("/visits/?at__year=2026&branch=1&size=25")
    back = page.follow("All dates")
    assert back.address == "/visits/?size=25&branch=1"
    assert back.follow("2025").address == "/visits/?size=25&branch=1&at__year=2025"


@pytest.mark.parametrize(
    ("query", "years"),
    [
        ("gte=2020-01-01&published_on__lte=2020-12-31", ["2020", "2023", "before 2020"]),
        ("lte=2020-12-31", ["1995", "2018", "2020", "from 2021"]),
        ("gt=2020-12-31", ["2020", "2023", "before 2020"]),
        ("last=30", ["2018", "2020", "2023", "before 2001"]),
        ("isnull=true", ["2018", "2020", "2023", "before 2001"]),
    ],
)
def test_it_replaces_ones_own_range_and_leads_to_no_empty_list(
    library_app: Flask, query: str, years: list[str]
) -> None:
    author = Author(name="Ann")
    days = [date(year, 5, 1) for year in (1995, 2018, 2020, 2023)]
    world.keep(
        library_app,
        author,
        *(Book(title=str(day), slug=str(day), author=author, published_on=day) for day in days),
    )
    viewer = visitor_in(library_app, "UTC")
    page = viewer.get(f"/books/?published_on__ne=2020-06-01&published_on__{query}")
    assert periods(page) == years
    for link in years:
        reached = page.follow(link)
        assert reached.address.count("published_on") == 2, "the excluded day and the period"
        assert reached.rows(), link
    assert page.follow("2020").column() == ["2020-05-01"]


def test_an_empty_table_has_none(library_app: Flask) -> None:
    assert visitor_in(library_app, "UTC").get("/visits/").soup.select("nav.facet") == []


def test_only_what_exists_for_the_person_is_told(library_app: Flask, word: Callable[..., None]) -> None:
    visits(library_app, "2025-05-05T12:00:00", "2026-05-05T12:00:00")
    word("visits", query=lambda user: select(Visit).where(Visit.at >= datetime(2026, 1, 1, tzinfo=UTC)))
    assert periods(visitor_in(library_app, "UTC").get("/visits/")) == ["2026"]


def test_what_only_the_drill_down_declares_is_filtered_by_nothing_else(library_app: Flask) -> None:
    viewer = visitor_in(library_app, "UTC")
    for query in ("at=2026-01-01", "at__last=7", "at__ne=2026-01-01", "at__isnull=true", "at__gt=2026-01-01"):
        assert viewer.get(f"/visits/?{query}").status == 400, query
    assert viewer.get("/visits/").soup.select('.filters [name^="at"]') == []


def test_it_costs_one_statement_at_every_level(library_app: Flask, word: Callable[..., None]) -> None:
    visits(library_app, *(f"2026-{month:02}-05T12:00:00" for month in range(1, 13)))
    viewer = visitor_in(library_app, "UTC")
    viewer.get("/visits/")
    costs = []
    for query in ("", "?at__year=2026", "?at__year=2026&at__month=5", "?at__year=2026&at__month=5&at__day=5"):
        with counted(library_app) as statements:
            viewer.get(f"/visits/{query}")
        costs.append(len(statements))
    word("visits", date_hierarchy="")
    with counted(library_app) as statements:
        viewer.get("/visits/")
    assert costs == [len(statements) + 1] * 4


def test_it_reads_the_index_and_never_the_table(library_app: Flask) -> None:
    branch = Branch(name="Centre")
    world.keep(library_app, branch)
    with library_app.app_context():
        moments = (datetime(2026, 1 + number % 12, 1 + number % 28, tzinfo=UTC) for number in range(5000))
        db.session.execute(Visit.__table__.insert(), [{"at": at, "branch_id": branch.id} for at in moments])
        db.session.commit()
        name = db.engine.dialect.name
        with db.engine.begin() as connection:
            connection.execute(text("ANALYZE TABLE visits" if name in ("mysql", "mariadb") else "ANALYZE"))
    viewer = visitor_in(library_app, "UTC")
    sent: list[tuple[str, Any]] = []
    with library_app.app_context():
        engine = db.engine

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if "min(visits" in statement:
            sent.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        for query in ("", "?at__year=2026", "?at__year=2026&at__month=5"):
            viewer.get(f"/visits/{query}")
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len(sent) == 3
    with engine.connect() as connection:
        for statement, parameters in sent:
            assert _wrong(connection, name, statement, parameters) == []


def _wrong(connection: Any, name: str, statement: str, parameters: Any) -> list[str]:
    if name == "sqlite":
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
        return [line.detail for line in plan if "visits" in line.detail and "SEARCH" not in line.detail]
    if name == "postgresql":
        answer = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
        return ["Seq Scan"] if "Seq Scan" in json.dumps(answer) else []
    plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).mappings().all()
    # What the optimizer has looked up already has no table left.
    return [str(dict(line)) for line in plan if line["table"] == "visits"]
