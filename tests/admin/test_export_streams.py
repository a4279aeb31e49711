"""An export while it is sent: in constant memory, from one state of the database, told also where it breaks off."""

import gc
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import pytest
from flask import Flask
from sqlalchemy import Table, delete, insert, update
from werkzeug.test import TestResponse

from tests.admin.exports import as_rows, entries
from tests.admin.samples import Part, Shelf
from tests.pages import Visitor
from webapp.admin.transfer.formats import Csv
from webapp.extensions import db

PARTS = cast(Table, Part.__table__)
MANY = 3_000


def keep_many(app: Flask, number: int, **values: Any) -> None:
    with app.app_context(), db.engine.begin() as connection:
        for start in range(1, number + 1, 10_000):
            ids = range(start, min(start + 10_000, number + 1))
            connection.execute(
                insert(PARTS), [{"id": one, "name": f"Part {one:06}", **values} for one in ids]
            )


@pytest.fixture
def many(sample_app: Flask) -> Flask:
    keep_many(sample_app, MANY)
    return sample_app


def chunks(response: TestResponse) -> Iterator[bytes]:
    assert response.status_code == 200
    return iter(cast(Any, response.response))


def in_use(app: Flask) -> int:
    """How many connections are out of the pool."""
    with app.app_context():
        return cast(Any, db.engine.pool).checkedout()


@pytest.mark.parametrize("name", ["parts", "computed"])
def test_the_file_holds_the_rows_as_they_were_when_it_was_begun(
    many: Flask, as_sample_alice: Visitor, name: str
) -> None:
    response = as_sample_alice.client.get(f"/{name}/export/?sort=name")
    body = [next(parts := chunks(response)), next(parts)]
    assert len(entries(many)) == 1
    with many.app_context(), db.engine.begin() as connection:
        connection.execute(delete(PARTS).where(PARTS.c.id > MANY - 500))
        connection.execute(update(PARTS).values(name="changed"))
        connection.execute(insert(PARTS), [{"id": 10 * MANY + one, "name": "new"} for one in range(500)])
    text = b"".join([*body, *parts]).decode()
    response.close()
    assert [row[0] for row in as_rows(text)[1:]] == [f"Part {one:06}" for one in range(1, MANY + 1)]
    assert in_use(many) == 0


def test_a_column_with_empty_cells_is_sorted_by_and_each_row_comes_once(
    many: Flask, as_sample_alice: Visitor
) -> None:
    with many.app_context(), db.engine.begin() as connection:
        connection.execute(update(PARTS).where(PARTS.c.id % 2 == 0).values(size=PARTS.c.id % 7))
    for sort in ("size", "-size"):
        text = as_sample_alice.client.get(f"/parts/export/?sort={sort}", buffered=True).text
        rows = as_rows(text)[1:]
        sizes = [int(row[4]) for row in rows if row[4]]
        assert sizes == sorted(sizes, reverse=sort == "-size")
        assert [row[4] for row in rows[len(sizes) :]] == [""] * (MANY // 2)
        assert len({row[0] for row in rows}) == MANY


def test_what_is_longer_than_a_batch_is_told_when_it_begins_and_when_it_ends(
    many: Flask, as_sample_alice: Visitor
) -> None:
    response = as_sample_alice.client.get("/parts/export/?format=ndjson&sort=-name")
    told = {"format": "ndjson", "list": "sort=-name"}
    assert entries(many) == [("export-begun", "Parts", told)]
    for _part in chunks(response):
        assert len(entries(many)) == 1
    response.close()
    assert entries(many)[1:] == [("export", "3,000 parts", told | {"rows": MANY})]


@pytest.mark.parametrize("name", ["parts", "computed"])
@pytest.mark.parametrize("read", [0, 1, 2])
def test_who_goes_away_is_told_with_what_they_have_got(
    many: Flask, as_sample_alice: Visitor, name: str, read: int
) -> None:
    response = as_sample_alice.client.get(f"/{name}/export/")
    found = list(islice(chunks(response), read + 1))
    response.close()
    (begun, broken) = entries(many)
    assert (begun[0], broken[0]) == ("export-begun", "export-broken-off")
    assert broken[2].get("rows", 0) == len(as_rows(b"".join(found).decode())) - 1 < MANY
    assert in_use(many) == 0


def test_what_fails_on_the_way_is_told_and_not_sent_as_if_it_were_whole(
    many: Flask, as_sample_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[int] = []
    rows = Csv.rows

    def fail(self: Csv, batch: Any) -> str:
        written.append(len(batch[0]))
        return rows(self, batch) if len(written) < 5 else str(1 / 0)

    monkeypatch.setattr(Csv, "rows", fail)
    response = as_sample_alice.client.get("/parts/export/")
    with pytest.raises(ZeroDivisionError):
        b"".join(chunks(response))
    response.close()
    assert entries(many)[-1][0] == "export-broken-off"
    assert entries(many)[-1][2]["rows"] == sum(written)
    assert in_use(many) == 0


def test_what_fails_at_once_is_a_page_and_no_file(
    many: Flask, as_sample_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(many.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr("webapp.admin.transfer.sending.record", lambda *_args, **_words: 1 / 0)
    page = as_sample_alice.get("/parts/export/")
    assert page.status == 500
    assert "attachment" not in page.response.headers.get("Content-Disposition", "")
    assert in_use(many) == 0


def test_the_log_tells_the_end_with_rows_and_time(
    many: Flask, as_sample_alice: Visitor, capsys: pytest.CaptureFixture[str]
) -> None:
    as_sample_alice.client.get("/parts/export/?q=Part", buffered=True)
    (line,) = [line for line in capsys.readouterr().err.splitlines() if "webapp.export" in line]
    for part in ("export ", "rows=3000", "ms=", "format=csv", "name=parts", "person=", "request_id="):
        assert part in line


def test_a_hundred_thousand_rows_are_never_in_memory_at_once(
    sample_app: Flask, as_sample_alice: Visitor
) -> None:
    many, text = 100_000, "some fifty letters, so that there is a lot of text"
    with sample_app.app_context(), db.engine.begin() as connection:
        for start in range(0, many, 10_000):
            rows = [
                {"room": f"room {n:06}", "number": n, "label": text} for n in range(start, start + 10_000)
            ]
            connection.execute(insert(cast(Table, Shelf.__table__)), rows)
    as_sample_alice.client.get("/shelves/export/", buffered=True)
    gc.collect()
    size = 0
    tracemalloc.start()
    try:
        response = as_sample_alice.client.get("/shelves/export/?format=json")
        for part in chunks(response):
            size += len(part)
        most = tracemalloc.get_traced_memory()[1]
        response.close()
    finally:
        tracemalloc.stop()
    assert size > 10_000_000
    assert most < 4_000_000
    assert entries(sample_app)[-1][2]["rows"] == many
