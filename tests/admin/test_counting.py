"""How many rows a list has: bounded by itself, about how many where the engine knows, exactly on demand."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import insert, text
from sqlalchemy.orm import with_loader_criteria
from werkzeug.datastructures import MultiDict

from tests.admin.samples import Part, PartAdmin, registered
from tests.conftest import counted, signed_in
from tests.library import world
from tests.library.people import Employee, Librarian, Volunteer
from tests.pages import Page, Visitor
from webapp.admin.listing import counting
from webapp.admin.listing.counting import Count, count_rows
from webapp.admin.listing.state import list_spec, parse_state
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.column_types import MYSQL_NAMES
from webapp.extensions import db
from webapp.time_limit import TookTooLong
from webapp.users.models import User

BOUND = 20


@pytest.fixture
def parts(sample_app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """More parts than are counted, 30."""
    monkeypatch.setattr(counting, "MAX_COUNT", BOUND)
    sample_app.extensions.pop("counts", None)
    with sample_app.app_context():
        db.session.execute(insert(Part), [{"name": f"part {number}", "size": number} for number in range(30)])
        db.session.commit()
    yield sample_app
    sample_app.extensions.pop("counts", None)


def count(app: Flask, query: str = "", admin_class: type[ModelAdmin] = PartAdmin) -> Count:
    person = User(is_superuser=True, is_active=True)
    with app.test_request_context():
        spec = list_spec(registered(Part, admin_class), person)
        return count_rows(spec, parse_state(spec, MultiDict(parse_qsl(query))), person)


def line(page: Page) -> tuple[str, str | None]:
    """What stands beside the title, and the address that counts exactly."""
    tag = page.soup.select_one("#count")
    assert isinstance(tag, Tag)
    link = tag.select_one("a")
    return tag.get_text(" ", strip=True), str(link["href"]) if link else None


# Exactly


def test_a_link_counts_all_rows_on_the_same_page(parts: Flask, as_sample_alice: Visitor) -> None:
    first = as_sample_alice.get("/parts/?sort=-size")
    second = as_sample_alice.get(str(first.soup.select_one("[rel=next]")["href"]))  # type: ignore[index]
    words, address = line(second)
    assert words.endswith("Count exactly")
    assert words.startswith("20+ parts")
    assert address is not None
    page = as_sample_alice.get(address)
    assert line(page) == ("30 parts", None)
    assert page.column() == second.column()
    # The next page does not count again.
    assert all("count=" not in str(link["href"]) for link in page.soup.select(".pager a, thead a"))
    assert "All 30 that match" not in page.text


@pytest.mark.parametrize(
    ("query", "number"),
    [("count=exact", 30), ("q=part+2&count=exact", 12), ("size__gte=5&count=exact", 25)],
)
def test_what_is_counted_exactly_is_what_the_list_matches(parts: Flask, query: str, number: int) -> None:
    assert count(parts, query) == Count(number, True)


@pytest.mark.parametrize("query", ["count=about", "count=1", "count=exact&count=exact", "count=EXACT"])
def test_a_list_counts_exactly_or_as_ever(parts: Flask, as_sample_alice: Visitor, query: str) -> None:
    page = as_sample_alice.get(f"/parts/?q=part&{query}")
    assert page.status == 400
    assert "“count”" in page.text
    assert page.link("without it") == "/parts/?q=part"


def test_a_count_that_takes_too_long_is_told_beside_the_list(
    parts: Flask, as_sample_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_given: Any) -> int:
        raise TookTooLong

    monkeypatch.setattr(counting, "scalar_within", never)
    page = as_sample_alice.get("/parts/?count=exact")
    assert page.status == 200
    assert len(page.rows()) == 3
    assert line(page)[0].startswith("20+ parts")
    assert "took too long" in line(page)[0]


# About


def analyze(app: Flask, table: str = "sample_parts") -> str:
    """Have the engine look at *table*; which kind of engine it is."""
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        name = connection.dialect.name
        is_mysql = name in MYSQL_NAMES
        connection.execute(text(f"ANALYZE {'TABLE ' if is_mysql else ''}{table}"))
    return name


class SmallPartAdmin(PartAdmin):
    def query(self, user: Any) -> Any:
        return super().query(user).where(Part.size < 25)


def test_beyond_the_bound_the_engine_says_about_how_many(parts: Flask, as_sample_alice: Visitor) -> None:
    name = analyze(parts)
    with counted(parts) as statements:
        found = count(parts)
    assert len(statements) == 1
    assert found == Count(BOUND, False, None if name == "sqlite" else 30)
    words, _link = line(as_sample_alice.get("/parts/"))
    assert words.startswith("20+ parts Count" if name == "sqlite" else "20+ parts (about 30) Count")


def test_only_a_whole_table_is_estimated(parts: Flask) -> None:
    analyze(parts)
    assert count(parts, "q=part") == Count(BOUND, False)
    assert count(parts, "size__gte=1") == Count(BOUND, False)
    assert count(parts, admin_class=SmallPartAdmin) == Count(BOUND, False)


class HidingPartAdmin(PartAdmin):
    def query(self, user: Any) -> Any:
        return super().query(user).options(with_loader_criteria(Part, Part.size < 25))


def test_a_condition_that_would_be_lost_in_a_count_or_a_page_is_refused(parts: Flask) -> None:
    assert count(parts, "size__gte=20", SmallPartAdmin) == Count(5, True)
    with pytest.raises(TypeError, match=r"HidingPartAdmin.query: .* Write the condition with where"):
        count(parts, "size__gte=20", HidingPartAdmin)


def test_one_of_several_classes_in_a_table_is_not_estimated_by_all(
    library_app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MAX_COUNT", 1)
    people = [world.sample_row(Volunteer, number) for number in range(1, 6)]
    world.keep(library_app, *people, *(world.sample_row(Librarian, number) for number in range(6, 9)))
    name = analyze(library_app, Employee.__table__.name)
    person = User(is_superuser=True, is_active=True)
    found = {}
    with library_app.test_request_context():
        for model_admin in current_site():
            if model_admin.model in (Employee, Librarian):
                spec = list_spec(model_admin, person)
                found[model_admin.model] = count_rows(spec, parse_state(spec, MultiDict()), person)
    library_app.extensions.pop("counts", None)
    assert found[Librarian] == Count(1, False)
    assert found[Employee] == Count(1, False, None if name == "sqlite" else 8)


@pytest.mark.parametrize(
    ("estimate", "about"),
    [
        (None, None),
        (-1.0, None),
        (0.0, None),
        (20.0, None),
        (21.0, 21),
        (1_003_482.0, 1_000_000),
        (96_400.0, 96_000),
    ],
)
def test_an_estimate_has_two_digits_and_never_contradicts_what_was_counted(
    monkeypatch: pytest.MonkeyPatch, estimate: float | None, about: int | None
) -> None:
    monkeypatch.setattr(counting, "MAX_COUNT", BOUND)
    assert Count.of(BOUND + 1, estimate) == Count(BOUND, False, about)
    assert Count.of(BOUND, estimate) == Count(BOUND, True)


# Remembered


def test_that_there_are_more_is_remembered_for_some_seconds(
    parts: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(counting, "monotonic", lambda: clock[0])
    with counted(parts) as statements:
        first = count(parts, "size__gte=0")
        assert count(parts, "size__gte=0") == first == Count(BOUND, False)
        assert len(statements) == 1
        # Another value, another shape, and everything anew after a while.
        count(parts, "size__gte=1")
        assert len(statements) == 2
        count(parts, "size__gte=0&size__lte=99")
        assert len(statements) == 3
        clock[0] += counting.HOLDS
        count(parts, "size__gte=0")
        assert len(statements) == 4


def test_smaller_numbers_are_counted_each_time(parts: Flask) -> None:
    assert count(parts, "size__gte=15") == Count(15, True)
    with parts.app_context():
        db.session.add(Part(name="new", size=99))
        db.session.commit()
    assert count(parts, "size__gte=15") == Count(16, True)


def test_a_default_page_of_a_large_table_costs_one_statement_less(parts: Flask, alice: User) -> None:
    visitor = signed_in(parts, alice)
    costs = []
    for _time in range(3):
        with counted(parts) as statements:
            visitor.get("/parts/")
        costs.append(len(statements))
    assert costs[1] == costs[2] == costs[0] - 1


def test_what_is_remembered_is_bounded_and_each_applications_own(
    parts: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "MAX_REMEMBERED", 2)
    for number in (0, 1, 2):
        count(parts, f"size__gte={number}")
    with counted(parts) as statements:
        count(parts, "size__gte=1")
        count(parts, "size__gte=2")
        assert statements == []
        count(parts, "size__gte=0")
        assert len(statements) == 1
        # Another application begins with an empty memory.
        del parts.extensions["counts"]
        count(parts, "size__gte=0")
        assert len(statements) == 2
