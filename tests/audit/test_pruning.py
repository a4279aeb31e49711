"""Pruning the history: what is old goes in whole batches, and a checkpoint tells of it."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, counted, signed_in
from tests.pages import Visitor
from tests.threads import at_once
from webapp import append_only
from webapp.admin.history import Change, LogEntry, changes_of, record
from webapp.audit import pruning
from webapp.audit.pruning import OtherRunError, line_of, prune
from webapp.deployment import findings
from webapp.extensions import db

OLD = datetime(2025, 1, 30, 23, 59, 59, 999_999, UTC)
CUTOFF = datetime(2025, 1, 31, tzinfo=UTC)


@pytest.fixture
def entries(app: Flask) -> list[int]:
    """Seven old entries, then one of the very moment and two of now."""
    with app.app_context():
        made = []
        for number in range(10):
            changes = [Change("full_name", "text", "é", f"🙂 {number}")]
            entry = record(
                db.session(), verb="change", name="users", key="1", label=f"{number}", changes=changes
            )
            entry.at = OLD + timedelta(microseconds=number - 6) if number < 8 else entry.at
            db.session.flush()
            made.append(entry.id)
        db.session.commit()
        return made


def kept(app: Flask, verb: str = "change") -> list[LogEntry]:
    with app.app_context():
        return list(db.session.scalars(select(LogEntry).where(LogEntry.verb == verb).order_by(LogEntry.id)))


def told(entry: LogEntry) -> dict[str, object]:
    return {change.field: change.new for change in changes_of(entry)}


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["history", "prune", *words])


def test_what_is_from_before_the_day_goes_and_a_checkpoint_stays(app: Flask, entries: list[int]) -> None:
    with app.app_context():
        rows = db.session.execute(select(*LogEntry.__table__.columns).order_by(LogEntry.id).limit(7)).all()
        digest = sha256("".join(map(line_of, rows)).encode()).hexdigest()
    result = run(app, "--before", "2025-01-31", "--yes")
    assert result.exit_code == 0, result.output
    assert f"Deleted 7 entries from before 2025-01-31, numbers {entries[0]} to {entries[6]}." in result.output
    assert digest in result.output
    assert [entry.id for entry in kept(app)] == entries[7:]
    [checkpoint] = kept(app, "prune")
    assert (checkpoint.name, checkpoint.origin, checkpoint.label) == ("log_entries", "cli", "7 entries")
    assert told(checkpoint) == {
        "entries": 7,
        "before": CUTOFF,
        "first": entries[0],
        "last": entries[6],
        "sha256": digest,
    }


@pytest.mark.parametrize(
    ("zone", "day"), [("UTC", "January 31, 2025"), ("America/Sao_Paulo", "January 31, 2025")]
)
def test_a_record_of_which_all_is_pruned_says_how_far_its_history_goes_back(
    app: Flask, zone: str, day: str
) -> None:
    visitor = signed_in(app, alice := add_user(app, "alice", is_superuser=True, timezone=zone))
    address = f"/users/{alice.id}/history/"
    with app.app_context():
        entry = record(db.session(), verb="add", name="users", key=str(alice.id), label="alice")
        entry.at = OLD
        db.session.commit()
    assert len(visitor.get(address).soup.select(".timeline > li")) == 1
    assert run(app, "--before", "2025-01-31", "--yes").exit_code == 0
    page = visitor.get(address)
    assert f"No changes since {day}" in page.text
    assert "No changes yet" not in page.text


def test_a_line_of_the_digest_is_the_same_on_every_engine(app: Flask, entries: list[int]) -> None:
    with app.app_context():
        line = line_of(db.session.execute(select(*LogEntry.__table__.columns).order_by(LogEntry.id)).first())  # type: ignore[arg-type]
    found = json.loads(line)
    assert found["at"] == "2025-01-30T23:59:59.999993+00:00"
    assert found["changes"] == [{"field": "full_name", "kind": "text", "old": "é", "new": "🙂 0"}]
    assert (found["ip"], found["id"]) == (None, entries[0])


def test_broken_off_it_leaves_whole_batches_and_a_true_checkpoint(app: Flask, entries: list[int]) -> None:
    with app.app_context():
        batches = prune(CUTOFF, batch=3)
        assert [next(batches).number, next(batches).number] == [3, 6]
        batches.close()
    assert [entry.id for entry in kept(app)] == entries[6:]
    [checkpoint] = kept(app, "prune")
    assert told(checkpoint)["entries"] == 6
    assert run(app, "--before", "2025-01-31", "--yes").exit_code == 0
    assert [told(entry)["entries"] for entry in kept(app, "prune")] == [6, 1]


def test_a_batch_that_fails_is_not_done_by_half(
    app: Flask, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        batches = prune(CUTOFF, batch=3)
        next(batches)
        monkeypatch.setattr(pruning, "_note", lambda *arguments: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            next(batches)
        with db.engine.connect() as connection:
            assert append_only.existing(connection) == {"log_entries"}
    assert [entry.id for entry in kept(app)] == entries[3:]
    assert [told(entry)["entries"] for entry in kept(app, "prune")] == [3]


def test_a_checkpoint_outlives_the_next_pruning(app: Flask, entries: list[int]) -> None:
    with app.app_context():
        assert [done.number for done in prune(CUTOFF)] == [7]
        far = datetime(9000, 1, 1, tzinfo=UTC)
        assert [done.number for done in prune(far)] == [3]
    assert kept(app) == []
    assert [told(entry)["entries"] for entry in kept(app, "prune")] == [7, 3]


def rows_of(app: Flask) -> dict[int, str]:
    """The lines of which digests are made, by the numbers of their entries."""
    with app.app_context():
        rows = db.session.execute(select(*LogEntry.__table__.columns).order_by(LogEntry.at, LogEntry.id))
        return {row.id: line_of(row) for row in rows}


@pytest.mark.race
def test_of_two_who_prune_at_once_one_goes_on_and_every_checkpoint_is_true(
    app: Flask, entries: list[int]
) -> None:
    before = rows_of(app)

    def prune_all() -> bool:
        with app.app_context():
            try:
                list(prune(CUTOFF, batch=1))
            except OtherRunError:
                return False
            return True

    assert sorted(at_once([prune_all] * 2)) in ([False, True], [True, True])
    assert [entry.id for entry in kept(app)] == entries[7:]
    checkpoints = [told(entry) for entry in kept(app, "prune")]
    # Each tells of a stretch of its own, so that whoever has a backup can compare it.
    assert sum(one["entries"] for one in checkpoints) == 7  # type: ignore[misc]
    for one in checkpoints:
        stretch = [line for number, line in before.items() if one["first"] <= number <= one["last"]]  # type: ignore[operator]
        assert sha256("".join(stretch).encode()).hexdigest() == one["sha256"]


def test_who_finds_another_run_at_work_says_so_and_stops(
    app: Flask, entries: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    oldest = pruning._oldest

    def slow(*arguments: Any) -> Any:
        """Between two batches of this run another one does one of its own."""
        found = oldest(*arguments)
        monkeypatch.setattr(pruning, "_newest", lambda session: -1)
        return found

    monkeypatch.setattr(pruning, "_oldest", slow)
    result = run(app, "--before", "2025-01-31", "--yes")
    assert result.exit_code == 1
    assert "Another run prunes the history and goes on. This one has deleted 7 entries" in result.output
    assert [told(entry)["entries"] for entry in kept(app, "prune")] == [7]


def test_the_statements_are_counted_by_the_batch(app: Flask, entries: list[int]) -> None:
    with app.app_context(), counted(app) as statements:
        list(prune(CUTOFF, batch=100))
    assert len(statements) <= 14, statements


def test_without_a_yes_it_is_only_told(app: Flask, entries: list[int]) -> None:
    result = run(app, "--before", "2025-01-31")
    assert result.exit_code == 1
    assert "7 entries from before 2025-01-31 would be deleted for good." in result.output
    assert len(kept(app)) == 10


@pytest.mark.parametrize(
    ("day", "said"), [("2999-01-01", "in the future"), ("yesterday", "no date"), ("20250131", "no date")]
)
def test_a_day_that_has_not_come_or_is_none_is_refused(
    app: Flask, entries: list[int], day: str, said: str
) -> None:
    result = run(app, "--before", day, "--yes")
    assert result.exit_code == 1
    assert said in result.output
    assert len(kept(app)) == 10


def test_nothing_to_prune_says_so_and_leaves_no_checkpoint(app: Flask, entries: list[int]) -> None:
    result = run(app, "--before", "2001-01-01", "--yes")
    assert (result.exit_code, result.output) == (0, "There is nothing from before 2001-01-01.\n")
    assert kept(app, "prune") == []


def test_a_checkpoint_is_read_in_the_history_of_the_site(
    app: Flask, as_alice: Visitor, entries: list[int]
) -> None:
    assert run(app, "--before", "2025-01-31", "--yes").exit_code == 0
    page = as_alice.get("/log_entries/?verb_is=prune")
    assert "pruned from the history" in page.text
    assert "Entries: 7" in page.text


def test_a_history_that_is_not_protected_is_told_and_can_be(app: Flask) -> None:
    def codes() -> set[str]:
        return {finding.code for finding in findings(app)}

    assert "D029" not in codes()
    with app.app_context(), db.engine.begin() as connection:
        for statement in append_only.removal(connection.dialect, "log_entries"):
            connection.exec_driver_sql(statement)
    assert "D029" in codes()
    result = app.test_cli_runner().invoke(args=["history", "protect"])
    assert result.exit_code == 0, result.output
    assert "D029" not in codes()
