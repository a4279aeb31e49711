"""What an entry keeps of a change, whatever its kind, and what it leaves out."""

import getpass
import os
from collections.abc import Iterator
from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.kinds import Kind
from tests.admin.samples import Colour, Part
from tests.admin.yard import Crate, Lid, Mark, Yard
from tests.conftest import add_user
from webapp.admin.changes import Beginning, unpack
from webapp.admin.history import (
    EVENTS,
    MAX_RELATED,
    MAX_VALUE_LENGTH,
    RECENT_ENTRIES,
    Change,
    LogEntry,
    changes_of,
    differences,
    entries_of,
    last_changes,
    record,
    relation_changes,
    snapshot,
)
from webapp.admin.mapping import describe
from webapp.extensions import db
from webapp.users.models import User

CRATES = describe(Crate)


@pytest.fixture
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def in_yard(yard: Flask) -> Iterator[None]:
    with yard.app_context():
        yield


def note(key: str = "1", verb: str = "change", name: str = "users", **values: Any) -> LogEntry:
    return record(db.session(), verb=verb, name=name, key=key, label="bob", **values)


def kept(*changes: Change) -> list[Change]:
    """The changes as they are read from the database again."""
    entry = note(changes=changes)
    db.session.commit()
    db.session.expire_all()
    return changes_of(entry)


# Who, and from where


@pytest.mark.usefixtures("inside")
def test_on_the_command_line_the_system_s_user_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(getpass, "getuser", lambda: "root" * 100)
    entry = note()
    assert (entry.actor_key, entry.origin, entry.ip, entry.request_id) == (None, "cli", None, None)
    assert entry.actor_label == ("cli:" + "root" * 100)[:255]


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("error", [OSError, KeyError, ImportError])
def test_a_system_s_user_without_a_name_is_a_number(
    monkeypatch: pytest.MonkeyPatch, error: type[Exception]
) -> None:
    def nameless() -> str:
        raise error

    monkeypatch.setattr(getpass, "getuser", nameless)
    monkeypatch.setattr(os, "getuid", lambda: 1234, raising=False)
    assert note().actor_label == "cli:1234"
    monkeypatch.delattr(os, "getuid")
    assert note().actor_label == "cli:"


def test_in_a_request_the_person_and_the_address_are_named_and_a_stranger_has_no_name(app: Flask) -> None:
    bob = add_user(app, "bob")
    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}):
        entry, strange = note(actor=bob), note()
    assert (entry.actor_key, entry.actor_label) == (str(bob.id), "bob")
    assert (strange.actor_key, strange.actor_label) == (None, "")
    assert (entry.origin, entry.ip) == ("web", "203.0.113.9")


@pytest.mark.usefixtures("inside")
def test_a_long_name_of_a_person_is_cut() -> None:
    class Long:
        id = 7

        def __str__(self) -> str:
            return "x" * 300

    entry = note(actor=Long())
    assert (entry.actor_key, entry.actor_label) == ("7", "x" * 255)


def test_a_request_that_has_no_address_has_none_in_its_entry(app: Flask) -> None:
    with app.test_request_context(environ_base={"REMOTE_ADDR": None}):
        assert note().ip is None


# Of which object


@pytest.mark.usefixtures("inside")
def test_the_entries_of_an_object_are_its_own_newest_first_also_where_its_key_was_cut() -> None:
    long = "k" * 300
    first, second = note(key=long), note(key=long)
    note(key="k" * 254)
    note(key=long, name="groups")
    db.session.commit()
    assert db.session.scalars(entries_of("users", long)).all() == [second, first]


@pytest.mark.usefixtures("inside")
def test_the_last_changes_are_no_sign_ins_and_not_older_than_the_recent_entries() -> None:
    old = note()
    for verb in EVENTS:
        note(verb=verb)
    changes = [note() for _ in range(RECENT_ENTRIES - len(EVENTS))]
    db.session.commit()
    entries = entries_of("users", "1")
    assert db.session.scalars(last_changes(entries, 3)).all() == changes[:-4:-1]
    assert set(db.session.scalars(last_changes(entries, 1_000))) == set(changes)
    assert old not in changes


# Differences


@pytest.mark.usefixtures("inside")
def test_version_and_time_of_the_last_change_tell_nothing_and_neither_does_what_stayed() -> None:
    info = describe(User)
    before = {name: None for name in info.columns}
    after = {**before, "version": 2, "updated_at": "later", "full_name": "Bob", "email": "b@example.org"}
    assert [change.field for change in differences(info, before, after)] == ["email", "full_name"]
    assert differences(info, after, after) == []


def test_a_model_without_a_version_tells_of_every_column() -> None:
    changes = differences(CRATES, {}, {"id": 1, "name": "c", "is_open": False, "note": "", "yard_id": 1})
    assert [change.field for change in changes] == ["id", "name", "is_open", "note", "yard_id"]
    assert all(change.old is None for change in changes)


def test_a_relation_stands_for_the_column_that_holds_its_key() -> None:
    related = [Change("yard", "relation", None, ("1", "north"))]
    assert differences(CRATES, {"yard_id": 1, "note": ""}, {"yard_id": 2, "note": "x"}, related) == [
        Change("note", "text", "", "x"),
        *related,
    ]
    marks = [Change("marks", "relations", [], [])]
    assert [one.field for one in differences(CRATES, {"yard_id": 1}, {"yard_id": 2}, marks)] == [
        "yard_id",
        "marks",
    ]


@pytest.mark.parametrize(
    ("old", "new", "differ"),
    [
        ({"a": 1}, {"a": True}, True),
        ([0], [False], True),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1}, False),
        (None, {}, True),
    ],
)
def test_json_is_compared_as_it_is_written(old: Any, new: Any, differ: bool) -> None:
    changes = differences(describe(Kind), {"document": old}, {"document": new})
    assert [change.field for change in changes] == ["document"] * differ


def test_other_values_are_compared_as_python_does() -> None:
    assert differences(CRATES, {"is_open": 1}, {"is_open": True}) == []


def test_of_a_secret_only_that_it_changed(app: Flask) -> None:
    (change,) = differences(describe(User), {"password": "old"}, {"password": "new"})
    assert (change.is_secret, change.old, change.new) == (True, None, None)
    assert not Change("x", "text").is_secret
    with app.app_context():
        assert kept(change) == [Change("password", "secret")]


def test_what_an_entry_cannot_type_is_told_as_text() -> None:
    changes = differences(describe(Part), {"colour": None, "note": "a"}, {"colour": Colour.BLUE, "note": "b"})
    assert changes == [Change("colour", "text", None, "BLUE"), Change("note", "text", "a", "b")]
    assert describe(Kind).columns["pickled"].kind == "unknown"
    assert differences(describe(Kind), {"pickled": "x"}, {"pickled": None}) == [
        Change("pickled", "text", "x", None)
    ]


# Relations


@pytest.mark.usefixtures("in_yard")
def test_of_a_list_the_objects_that_came_and_left() -> None:
    crate = db.session.get_one(Crate, 1)
    assert relation_changes(CRATES, crate) == []
    fragile = db.session.get_one(Mark, 1)
    crate.marks.append(fragile)
    assert relation_changes(CRATES, crate) == [Change("marks", "relations", [], [fragile])]
    db.session.commit()
    crate.marks.remove(fragile)
    changes = relation_changes(CRATES, crate)
    assert changes == [Change("marks", "relations", [fragile], [])]
    assert kept(*changes) == [Change("marks", "relations", [["1", "fragile"]], [])]


@pytest.mark.usefixtures("in_yard")
@pytest.mark.parametrize("is_loaded", [True, False])
def test_a_relation_to_one_tells_the_former_by_its_key_where_nobody_has_looked_at_it(is_loaded: bool) -> None:
    crate, south = db.session.get_one(Crate, 1), db.session.get_one(Yard, 2)
    former: Any = crate.yard if is_loaded else ("1", "1")
    crate.yard = south
    changes = relation_changes(CRATES, crate)
    assert changes == [Change("yard", "relation", former, south)]
    assert kept(*changes) == [
        Change("yard", "relation", ["1", "north" if is_loaded else "1"], ["2", "south"])
    ]


@pytest.mark.usefixtures("in_yard")
def test_a_relation_that_leads_nowhere_any_more_tells_where_it_led() -> None:
    lid = Lid(crate_id=1)
    db.session.add(lid)
    db.session.commit()
    former = lid.crate
    lid.crate = None  # type: ignore[assignment]
    with db.session.no_autoflush:
        assert relation_changes(describe(Lid), lid) == [Change("crate", "relation", former, None)]
    db.session.rollback()


@pytest.mark.usefixtures("in_yard")
def test_a_new_object_had_no_former_one() -> None:
    south = db.session.get_one(Yard, 2)
    with db.session.no_autoflush:
        crate = Crate(id=77, name="new", yard=south)
        assert relation_changes(CRATES, crate) == [Change("yard", "relation", None, south)]
        db.session.expunge_all()


@pytest.mark.usefixtures("inside")
def test_of_very_many_related_objects_the_first_thousand_are_kept() -> None:
    many = [(str(number), f"tag {number}") for number in range(MAX_RELATED + 1)]
    (change,) = kept(Change("tags", "relations", [], many))
    assert change.old == []
    assert change.new == [list(one) for one in many[:MAX_RELATED]]


# Values


@pytest.mark.usefixtures("inside")
def test_of_a_long_text_the_beginning_and_the_digest_of_all_are_kept() -> None:
    text = "x" * (MAX_VALUE_LENGTH + 1)
    (change,) = kept(Change("note", "text", text[:MAX_VALUE_LENGTH], text))
    assert not isinstance(change.old, Beginning)
    assert isinstance(change.new, Beginning)
    assert (change.old, change.new) == (text[:MAX_VALUE_LENGTH], text[:MAX_VALUE_LENGTH])
    assert change.new.is_of(text)
    assert not change.new.is_of(f"{text}y")


def test_of_a_text_that_was_cut_before_digests_were_kept_nothing_is_known() -> None:
    text = "x" * MAX_VALUE_LENGTH
    change = unpack({"field": "note", "kind": "text", "old": text[1:], "new": text})
    assert not isinstance(change.old, Beginning)
    assert isinstance(change.new, Beginning)
    assert not change.new.is_of(text)


@pytest.mark.usefixtures("inside")
def test_of_a_file_its_size_and_digest_are_kept() -> None:
    data = b"\0picture" * 3
    (change,) = kept(Change("picture", "binary", None, data))
    assert (change.old, change.new) == (None, {"size": 24, "sha256": sha256(data).hexdigest()})


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize("kind", ["boolean", "json", "text", "date", "integer", "relation"])
def test_no_value_stays_none(kind: str) -> None:
    assert kept(Change("x", kind)) == [Change("x", kind)]


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("json", {"a": [1]}),
        ("boolean", False),
        ("text", "2026-01-01"),
        ("integer", "no number"),
        ("date", "x"),
    ],
)
def test_what_cannot_be_read_as_its_kind_any_more_comes_back_as_it_is_written(
    kind: str, written: Any
) -> None:
    entry = note()
    entry.changes = [{"field": "x", "kind": kind, "old": written, "new": None}]
    db.session.commit()
    found = db.session.scalars(select(LogEntry)).one()
    assert changes_of(found) == [Change("x", kind, written, None)]


def test_a_snapshot_is_what_the_columns_hold_now() -> None:
    crate = SimpleNamespace(id=1, name="c", is_open=True, note="n", yard_id=3, yard="not a column")
    assert snapshot(CRATES, crate) == {"id": 1, "name": "c", "is_open": True, "note": "n", "yard_id": 3}
