"""JSON in the history: each of its two values is kept by itself, whole where it is short enough, and comes back."""

import json
from typing import Any

import pytest
from flask import Flask

from tests.admin.backwards import delete, found, last_entry, losses, restore
from tests.library import world
from tests.library.kinds import Specimen
from tests.pages import Page, Visitor
from webapp.admin.changes import MAX_VALUE_LENGTH, Beginning, Change, pack, unpack
from webapp.admin.editing.kept import Unkept, column_value, is_as_left
from webapp.admin.editing.takingback import joined
from webapp.admin.history import LogEntry, differences
from webapp.admin.mapping import describe

FACTS = describe(Specimen).columns["facts"]
LONG = {"t": "x" * (MAX_VALUE_LENGTH + 1)}
# As JSON with escapes it would be longer than an entry takes; it is counted in characters, as texts are.
ACCENTS = {"t": "é" * 9_000}


def packed(old: Any, new: Any) -> dict[str, Any]:
    (change,) = differences(describe(Specimen), {"facts": old}, {"facts": new})
    read: dict[str, Any] = json.loads(json.dumps(pack(change)))
    return read


def specimen(app: Flask, facts: Any) -> Specimen:
    made = Specimen(name="kept", facts=facts)
    world.keep(app, made)
    return made


def rewrite(visitor: Visitor, one: Specimen, facts: Any) -> Page:
    """The page after *one* got other facts."""
    form = visitor.get(f"/specimens/{one.id}/change/").form()
    return form.fill(facts=json.dumps(facts, ensure_ascii=False)).submit(follow=True)


@pytest.mark.parametrize(
    ("former", "now"),
    [
        ("hello", "bye"),
        ("10", 10),
        (10, "10"),
        ('{"a": 1}', {"a": 1}),
        ({"a": 1}, LONG),
        ({"text": "a", "sha256": "b"}, "c"),
        (ACCENTS, {"a": 1}),
    ],
)
def test_what_is_kept_whole_comes_back(
    library_app: Flask, as_library_alice: Visitor, former: Any, now: Any
) -> None:
    one = specimen(library_app, former)
    assert rewrite(as_library_alice, one, now).undo().location == "/specimens/"
    back = found(library_app, Specimen, one.id).facts
    assert (type(back), back) == (type(former), former)
    delete(as_library_alice, "specimens", one.id)
    page = restore(as_library_alice, "specimens", one.id, last_entry(library_app, "specimens"))
    assert "Facts" not in losses(page)
    assert page.form().submit("_restore").status == 303
    back = found(library_app, Specimen, one.id).facts
    assert (type(back), back) == (type(former), former)


@pytest.mark.parametrize(("facts", "is_told"), [(ACCENTS, False), ({"t": "é" * 10_000}, True), (LONG, True)])
def test_what_is_not_kept_whole_is_told_of_before_and_afterwards(
    library_app: Flask, as_library_alice: Visitor, facts: Any, is_told: bool
) -> None:
    one = specimen(library_app, facts)
    page = as_library_alice.get(f"/specimens/{one.id}/change/")
    assert (page.soup.select_one("#facts-note") is not None) is is_told
    assert ("Specimens: Facts" in as_library_alice.get(f"/specimens/{one.id}/delete/").text) is is_told
    rewrite(as_library_alice, one, "short")
    asked = restore(as_library_alice, "specimens", one.id, last_entry(library_app, "specimens"))
    assert (losses(asked).get("Facts") == "Only its beginning was kept.") is is_told


def test_a_longer_one_that_nobody_has_changed_since_is_as_it_was_left(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    one = specimen(library_app, {"a": 1})
    rewrite(as_library_alice, one, LONG)
    change = unpack(packed({"a": 1}, LONG))
    admin: Any = type("Admin", (), {"info": describe(Specimen)})
    assert is_as_left(admin, found(library_app, Specimen, one.id), change)
    rewrite(as_library_alice, one, {"t": f"{LONG['t']}y"})
    assert not is_as_left(admin, found(library_app, Specimen, one.id), change)


@pytest.mark.parametrize("value", ["x" * (MAX_VALUE_LENGTH - 1), [float("nan")]])
def test_each_side_is_kept_by_itself(value: Any) -> None:
    for sides in (({"a": 1}, value), (value, {"a": 1})):
        change = unpack(packed(*sides))
        assert [isinstance(side, Beginning) for side in (change.old, change.new)] == [
            side is value for side in sides
        ]


def test_what_is_no_json_by_the_standard_cannot_be_read_any_more() -> None:
    change = unpack(packed([float("nan")], {"a": 1}))
    with pytest.raises(Unkept, match="cannot be read"):
        column_value(FACTS, change.old)


@pytest.mark.parametrize("text", ['{"a": 1}', "hello", "10", "x" * MAX_VALUE_LENGTH])
def test_an_entry_from_before_tells_a_string_from_the_text_of_a_document(text: str) -> None:
    as_text, as_json = (
        unpack({"field": "facts", "kind": kind, "old": text, "new": None}) for kind in ("text", "json")
    )
    with pytest.raises(Unkept):
        column_value(FACTS, as_text.old)
    value = column_value(FACTS, as_json.old)
    assert (type(value), value) == (str, text)


def test_a_text_and_a_string_that_read_the_same_are_two(app: Flask) -> None:
    with app.app_context():
        before = {"field": "facts", "kind": "text", "old": "10", "new": "11"}
        entries = [
            LogEntry(verb="change", changes=[one])
            for one in (before, pack(Change("facts", "json", 11, "10")))
        ]
        (change,) = joined(entries)
        with pytest.raises(Unkept):
            column_value(FACTS, change.old)


def test_long_ones_are_compared_word_by_word(library_app: Flask, as_library_alice: Visitor) -> None:
    one = specimen(library_app, {"t": "word " * 3_000, "u": "old"})
    rewrite(as_library_alice, one, {"t": "word " * 3_000, "u": "new"})
    page = as_library_alice.get(f"/specimens/{one.id}/history/")
    assert len(page.soup.get_text()) < MAX_VALUE_LENGTH
    assert "Facts" in page.soup.get_text()
