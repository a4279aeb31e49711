"""What plain SQL or another program has written and the model cannot read: each page shows it as its text."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, select, text

from tests.library import world
from tests.library.admin import SpecimenAdmin
from tests.library.kinds import Specimen
from tests.pages import Visitor
from webapp.admin.site import current_site
from webapp.admin.unreadable import Unreadable
from webapp.extensions import db

# Column, value as SQL, text in the list.
STORED = {
    "sqlite": [
        ("colour", "'MAUVE'", "MAUVE"),
        ("level", "'middle'", "middle"),
        ("ratio", "9e999", "inf"),
        ("ratio", "-9e999", "-inf"),
        ("plain", "9e999", "Infinity"),
        ("plain", "'abc'", "abc"),
        ("exact", "'abc'", "abc"),
        ("number", "'abc'", "abc"),
        ("number", "1.5", "1.5"),
        ("big", "9e999", "inf"),
        ("day", "'hello'", "hello"),
        ("day", "'0000-00-00'", "0000-00-00"),
        ("hour", "'24:00:00'", "24:00:00"),
        ("span", "'hello'", "hello"),
        ("seen_at", "'hello'", "hello"),
        ("local_at", "'20000-01-01 00:00:00'", "20000-01-01 00:00:00"),
        ("reference", "'hello'", "hello"),
        ("page", "'a' || char(0) || 'b'", "a\0b"),
        ("note", "x'ff'", "_w=="),
        ("facts", "'{'", "{"),
        ("place", "'x'", "x"),
    ],
    "postgresql": [
        ("colour", "'MAUVE'", "MAUVE"),
        ("ratio", "'infinity'", "inf"),
        ("ratio", "'NaN'", "nan"),
        ("plain", "'NaN'", "NaN"),
        ("day", "'infinity'", "infinity"),
        ("day", "'0044-03-15 BC'", "0044-03-15 BC"),
        ("hour", "'24:00'", "24:00:00"),
        ("span", "'100000000 years'", "100000000 years"),
        ("seen_at", "'infinity'", "infinity"),
        ("local_at", "'-infinity'", "-infinity"),
    ],
    "mariadb": [
        ("colour", "''", ""),
        ("level", "'middle'", ""),
        ("day", "'0000-00-00'", "0000-00-00"),
        ("seen_at", "'0000-00-00 00:00:00'", "0000-00-00 00:00:00"),
    ],
}
SORTED = {"colour", "level", "ratio", "plain", "day", "hour", "seen_at", "page"}
LISTED = list(SpecimenAdmin.list_display)
RAW = {
    "sqlite": "typeof({0}) || quote({0})",
    "postgresql": "cast({0} AS text)",
    "mariadb": "hex(cast({0} AS char))",
}


@pytest.fixture(autouse=True)
def _as_in_production(library_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(library_app.config, "PROPAGATE_EXCEPTIONS", False)
    with library_app.app_context():
        monkeypatch.setattr(current_site().admin("specimens"), "list_per_page", 1)


@contextmanager
def plain_sql(app: Flask) -> Iterator[tuple[str, Connection]]:
    """A connection that takes everything, as an older program's did."""
    with app.app_context(), db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        engine = "mariadb" if connection.dialect.name == "mysql" else connection.dialect.name
        if engine == "postgresql":
            connection.execute(text("ALTER TYPE specimen_colour ADD VALUE IF NOT EXISTS 'MAUVE'"))
        if engine == "mariadb":
            connection.execute(text("SET SESSION sql_mode = ''"))
        try:
            yield engine, connection
        finally:
            # What this connection was told must not reach the pages.
            connection.invalidate()


def engine_of(app: Flask) -> str:
    with app.app_context():
        return "mariadb" if db.engine.dialect.name == "mysql" else db.engine.dialect.name


def names_on_all_pages(visitor: Visitor, address: str) -> list[str]:
    """The rows of a list whose pages have one each, from the first page to the last and back again."""
    found = []
    page = visitor.get(address)
    for label in ("Next", "Previous"):
        found += page.column()
        while page.link(label) is not None:
            page = page.follow(label)
            assert page.status == 200, page.address
            found += page.column()
    return found


def batches(engine: str) -> list[dict[str, tuple[str, str]]]:
    """By column a value as SQL and its text: as many at once as one row holds."""
    rest, found = STORED[engine], []
    while rest:
        batch = {column: (value, shown) for column, value, shown in reversed(rest)}
        rest = [one for one in rest if one[1:] != batch[one[0]]]
        found.append(batch)
    return found


def test_what_cannot_be_read_is_shown_sorted_and_kept(library_app: Flask, as_library_alice: Visitor) -> None:
    """IN-13: on each page of the record, on all pages of its list, and untouched by saving something else."""
    rows = [world.sample_row(Specimen, number) for number in (1, 2, 3)]
    world.keep(library_app, *rows)
    key, name = rows[1].id, rows[1].name
    for batch in batches(engine_of(library_app)):
        with plain_sql(library_app) as (engine, connection):
            # MariaDB's '' in place of a word that it did not know is nothing, and may become NULL.
            raw = ", ".join(f"coalesce({RAW[engine].format(column)}, '')" for column in batch)
            ask = text(f"SELECT {raw} FROM specimens WHERE id = {key}")  # noqa: S608
            written = ", ".join(f"{column} = {value}" for column, (value, _shown) in batch.items())
            connection.execute(text(f"UPDATE specimens SET {written} WHERE id = {key}"))  # noqa: S608
            before = tuple(connection.execute(ask).one())
        (cells,) = as_library_alice.get(f"/specimens/?name={name}").rows()
        # A browser shows a NUL as what cannot be shown.
        shown = {one: words.replace("\0", "\ufffd") for one, (_value, words) in batch.items()}
        wrong = [one for one in batch if shown[one] not in cells[LISTED.index(one)]]
        assert wrong == []
        for path in (f"/specimens/{key}/history/", f"/specimens/{key}/delete/", f"/search?q={name}"):
            assert name in as_library_alice.get(path).text, path
        for number, column in enumerate(batch):
            if column in SORTED:
                sort = f"-{column}" if number % 2 else column
                found = names_on_all_pages(as_library_alice, f"/specimens/?sort={sort}")
                # There and back again, the last page once.
                assert sorted(found[:3]) == [row.name for row in rows], (sort, found)
                assert found[3:] == found[2::-1], (sort, found)
        for mail in ("other@example.org", ""):
            form = as_library_alice.get(f"/specimens/{key}/change/").form().fill(mail=mail)
            # As it stands on the page; a browser would send what cannot be shown, and be told so.
            form.fields["page"] = form.fields["page"].replace("\ufffd", "\0")
            page = form.submit()
            assert page.status == 303, page.errors
        with plain_sql(library_app) as (_engine, connection):
            assert tuple(connection.execute(ask).one()) == before


@pytest.mark.one_engine
def test_outside_the_engines_pages_the_type_still_raises(library_app: Flask) -> None:
    row = world.sample_row(Specimen)
    world.keep(library_app, row)
    with plain_sql(library_app) as (_engine, connection):
        connection.execute(text("UPDATE specimens SET colour = 'MAUVE'"))
    statement = select(Specimen.colour).where(Specimen.id == row.id)
    with library_app.test_request_context("/specimens/"):
        value: Any = db.session.scalar(statement)
        assert isinstance(value, Unreadable)
    with library_app.app_context(), pytest.raises(LookupError):
        db.session.scalar(statement)
    with library_app.test_request_context("/login"), pytest.raises(LookupError):
        db.session.scalar(statement)
