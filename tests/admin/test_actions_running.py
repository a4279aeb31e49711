"""Doing something to many rows: each once, all in one transaction, what is refused told, the rest kept."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from tests.admin.yard import Crate, CrateAdmin, Peg, agree, do, entries, keep, names, opened
from tests.conftest import counted
from tests.pages import Visitor
from webapp.admin.actions import selection
from webapp.admin.history import Change, changes_of
from webapp.admin.options import Rejected
from webapp.extensions import db
from webapp.users.models import User

# Which rows


def test_keys_that_are_gone_or_no_keys_are_harmless(yard: Flask, as_yard_alice: Visitor) -> None:
    """Behaviour 38."""
    forged = ("4711", "x", "1,2", "%00", "_ZZ", "", "-1", "9" * 30, "1'--")
    page = do(as_yard_alice, "open_up", 1, *forged)
    assert page.status == 200
    assert "Open: done for c1." in page.messages
    assert "9 of them were not there any more." in page.messages
    page = do(as_yard_alice, "open_up", 4711)
    assert "1 of them was not there any more." in page.messages
    assert "done" not in page.messages
    assert "nothing left" in do(as_yard_alice, "seal", 4711).messages
    assert opened(yard) == ["c1"]


def test_a_row_that_is_ticked_twice_is_done_once(yard: Flask, as_yard_alice: Visitor) -> None:
    assert "Idle: done for c1." in do(as_yard_alice, "idle", 1, 1).messages
    assert len(entries(yard)) == 1


def test_a_key_of_two_columns_is_found(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, *(Peg(row="a, b", place=place) for place in (1, 2, 3)))
    form = as_yard_alice.get("/pegs/").form()
    keys = [str(tag["value"]) for tag in form.tag.select("[name=selected]")]
    page = as_yard_alice.post(
        form.action, {**form.fields, "action": "use", "selected": keys[:2]}, follow=True
    )
    assert "Use: done for 2 pegs." in page.messages
    with yard.app_context():
        assert list(db.session.scalars(select(Peg.place).where(Peg.is_used).order_by(Peg.place))) == [1, 2]
    assert [entry.key for entry in entries(yard, "pegs")] == sorted(keys[:2])


# The history


def test_each_row_gets_an_entry_with_what_changed(yard: Flask, as_yard_alice: Visitor, alice: User) -> None:
    do(as_yard_alice, "open_up", 1, 2)
    found = entries(yard)
    assert [(entry.verb, entry.key, entry.label) for entry in found] == [
        ("open_up", "1", "c1"),
        ("open_up", "2", "c2"),
    ]
    assert {entry.actor_label for entry in found} == {"alice"}
    assert changes_of(found[0]) == [Change("is_open", "boolean", False, True)]
    page = as_yard_alice.get("/crates/1/history/")
    assert "Open" in page.text
    assert "open_up" not in page.text


def test_what_changed_nothing_was_done_all_the_same(yard: Flask, as_yard_alice: Visitor) -> None:
    do(as_yard_alice, "idle", 1)
    assert [(entry.verb, changes_of(entry)) for entry in entries(yard)] == [("idle", [])]


def test_a_relation_that_changes_is_kept_also_when_a_query_wrote_it(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    do(as_yard_alice, "stamp", 1)
    assert changes_of(entries(yard)[0]) == [Change("marks", "relations", [], [["1", "fragile"]])]


def test_what_an_action_deletes_is_kept_in_its_entry(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def scrap(self: Any, obj: Crate, user: Any, form: Any) -> None:
        db.session.delete(obj)

    scrap.action = CrateAdmin.idle.action  # type: ignore[attr-defined]
    monkeypatch.setattr(CrateAdmin, "idle", scrap)
    assert "done for 2 crates" in do(as_yard_alice, "idle", 1, 2).messages
    assert names(yard) == ["c3", "c4", "c5", "s1"]
    told = [{change.field: change.old for change in changes_of(entry)} for entry in entries(yard)]
    assert [one["name"] for one in told] == ["c1", "c2"]


# What is refused


def test_what_could_be_done_to_none_is_no_success(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, Crate(id=7, name="nailed", yard_id=1))
    page = do(as_yard_alice, "open_up", 7)
    assert page.status == 422
    assert "Open: not done for 1 crate" in page.title
    assert "It is nailed shut." in page.text
    assert opened(yard) == []
    assert entries(yard) == []
    assert CrateAdmin.told == []


def test_one_that_is_refused_leaves_no_trace_and_the_others_go_on(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    keep(yard, Crate(id=0, name="nailed 1", yard_id=1), Crate(id=7, name="nailed 2", yard_id=1))
    page = do(as_yard_alice, "open_up", 0, 1, 7, 2, query="size=25")
    assert page.status == 200
    assert "done for 2 crates" in page.messages
    assert page.soup.get_text().count("It is nailed shut.") == 2
    assert opened(yard) == ["c1", "c2"]
    assert [entry.key for entry in entries(yard)] == ["1", "2"]


def test_what_the_database_refuses_is_told_and_the_others_go_on(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "rename", 1, 2, 3)
    assert page.status == 200
    assert page.soup.get_text().count("“Name” is taken already") == 2
    assert "UNIQUE" not in page.text
    assert names(yard) == ["c2", "c3", "c4", "c5", "s1", "same"]
    assert [entry.label for entry in entries(yard)] == ["same"]


def test_an_admin_may_refuse_the_whole(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def begin(self: Any, user: Any) -> None:
        raise Rejected("The yard is closed.")

    monkeypatch.setattr(CrateAdmin, "begin", begin)
    page = do(as_yard_alice, "open_up", 1)
    assert page.status == 422
    assert "The yard is closed." in page.text
    assert opened(yard) == []


# One transaction


def test_a_crash_in_the_middle_leaves_everything_as_it_was(yard: Flask, as_yard_alice: Visitor) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(yard.config, "PROPAGATE_EXCEPTIONS", False)
        assert do(as_yard_alice, "drop", 1, 2, 3).status == 500
    assert opened(yard) == []
    assert entries(yard) == []
    assert CrateAdmin.told == []
    assert "done for 2 crates" in do(as_yard_alice, "drop", 1, 3).messages


def test_the_entries_and_the_rows_are_one(yard: Flask, as_yard_alice: Visitor) -> None:
    def fail(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if "INTO log_entries" in statement:
            raise RuntimeError("lost between the rows and their entries")

    with yard.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", fail)
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setitem(yard.config, "PROPAGATE_EXCEPTIONS", False)
            assert do(as_yard_alice, "open_up", 1, 2, 3).status == 500
    finally:
        event.remove(engine, "before_cursor_execute", fail)
    assert (opened(yard), entries(yard)) == ([], [])


@pytest.mark.parametrize("end", ["commit", "rollback"])
def test_an_action_that_ends_the_transaction_itself_is_the_developers_mistake_and_does_nothing(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    def open_up(self: Any, obj: Crate, user: Any, form: Any) -> None:
        obj.is_open = True
        if obj.name == "c2":
            getattr(db.session, end)()

    open_up.action = CrateAdmin.open_up.action  # type: ignore[attr-defined]
    monkeypatch.setattr(CrateAdmin, "open_up", open_up)
    monkeypatch.setitem(yard.config, "PROPAGATE_EXCEPTIONS", False)
    assert do(as_yard_alice, "open_up", 1, 2, 3).status == 500
    assert (opened(yard), entries(yard)) == ([], [])
    assert "done for 2 crates" in do(as_yard_alice, "open_up", 1, 3).messages


def test_many_rows_cost_no_more_reads_than_few(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, *(Crate(id=number, name=f"n{number}", yard_id=1) for number in range(20, 60)))

    def reads(name: str, *keys: int) -> tuple[int, int]:
        form = as_yard_alice.get("/crates/").form()
        data = {**form.fields, "action": name, "selected": [str(key) for key in keys]}
        with counted(yard) as statements:
            assert as_yard_alice.post(form.action, data).status == 303
        selects = [statement for statement in statements if statement.startswith("SELECT")]
        return len(selects), len(statements) - len(selects)

    few, few_writes = reads("open_up", 1, 2)
    many, many_writes = reads("open_up", *range(20, 50))
    assert few == many
    assert few_writes >= 2
    # The row and its entry, and that the page was sent.
    assert many_writes <= 2 * 30 + 1


def test_more_than_one_batch_is_one_action(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "BATCH", 2)
    assert "done for 6 crates" in do(as_yard_alice, "open_up", select_across="1").messages
    assert len(entries(yard)) == 6
    assert "done for 3 crates" in do(as_yard_alice, "idle", 1, 2, 3).messages


def test_a_row_that_leaves_the_list_before_it_is_locked_is_not_meant_any_more(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    with yard.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer at a time")
    page = do(as_yard_alice, "annotate", query="is_open=false", select_across="1")
    read_keys = selection.Selection.read_keys

    def then_somebody_opens_one(self: Any, user: Any) -> Any:
        found = read_keys(self, user)
        monkeypatch.setattr(selection.Selection, "read_keys", read_keys)
        with db.engine.begin() as connection:
            connection.execute(update(Crate).where(Crate.id == 2).values(is_open=True))
        return found

    monkeypatch.setattr(selection.Selection, "read_keys", then_somebody_opens_one)
    again = agree(page, note="look here")
    assert (again.status, entries(yard)) == (409, [])
    assert "it is 5 crates now" in again.text
    assert agree(again, note="look here").status == 200
    assert [entry.key for entry in entries(yard)] == ["1", "3", "4", "5", "9"]
