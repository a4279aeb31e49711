"""The history of the whole site: a list that is only read, by those who may, of what they may see."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from tests.admin.backwards import delete, last_entry
from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor
from webapp.admin.history import Change, LogEntry, record, through
from webapp.admin.options import ModelAdmin
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import Group, User


@pytest.fixture
def entries(app: Flask, alice: User, bob: User) -> dict[str, int]:
    """What happened, by the label of its object."""
    done: list[tuple[str, dict[str, Any]]] = [
        ("bob", {"name": "users", "key": str(bob.id), "verb": "change", "actor": alice, "changes": CHANGES}),
        ("gone", {"name": "users", "key": "999", "verb": "delete", "actor": bob}),
        ("readers", {"name": "groups", "key": "1", "verb": "add", "actor": alice}),
        ("lost", {"name": "no_such_model", "key": "1", "verb": "change"}),
    ]
    with app.test_request_context(environ_base={"REMOTE_ADDR": "203.0.113.9"}), through("form"):
        made = {label: record(db.session(), label=label, **values) for label, values in done}
        db.session.commit()
        return {label: entry.id for label, entry in made.items()}


CHANGES = [
    Change("full_name", "text", "Bob", "Robert"),
    Change("is_active", "boolean", True, False),
    Change("password", "secret"),
]


@pytest.fixture
def as_reader(app: Flask) -> Visitor:
    """Somebody who may read the history, and see users."""
    grants = ("log_entries.view", "log_entries.export", "users.view")
    return signed_in(app, add_user(app, "dora", grants=grants))


def records(page: Page) -> list[str]:
    assert page.status == 200, page.text
    return [row[-3] for row in rows(page)]


def rows(page: Page) -> list[list[str]]:
    return [
        [cell.get_text(" ", strip=True) for cell in row.select("td, th")]
        for row in page.soup.select("tbody tr")
    ]


def unspaced(text: str) -> str:
    """With plain spaces in place of the narrow ones of a clock."""
    return text.replace("\u202f", " ")


def test_where_it_is_searched_is_said_in_words_that_one_understands(as_alice: Visitor) -> None:
    told = as_alice.get("/log_entries/").soup.select_one("#q-help")
    assert told is not None
    assert told.text.startswith("Looks in record and person.")


def test_it_lists_everything_newest_first_to_a_superuser(as_alice: Visitor, entries: dict[str, int]) -> None:
    page = as_alice.get("/log_entries/")
    assert records(page) == ["lost", "readers", "gone", "bob"]
    [_when, who, what, model, record_, changes, how] = rows(page)[-1][-7:]
    assert [who, what, model, record_, how] == ["alice", "changed", "User", "bob", "in the form"]
    assert changes == "Full name: Bob → Robert; Active: Yes → No; Password: changed"
    assert "History entries" in [tag.get_text(strip=True) for tag in as_alice.get("/").soup.select("#menu a")]


def test_a_reader_sees_entries_of_models_that_he_may_view(
    as_reader: Visitor, as_bob: Visitor, entries: dict[str, int]
) -> None:
    assert records(as_reader.get("/log_entries/")) == ["gone", "bob"]
    assert as_reader.get(f"/log_entries/{entries['bob']}/change/").status == 200
    assert as_reader.get(f"/log_entries/{entries['readers']}/change/").status == 404
    for path in ("", f"{entries['bob']}/change/", "export/"):
        assert as_bob.get(f"/log_entries/{path}").status == 403


def test_of_a_model_of_which_some_rows_are_hidden_only_superusers_read(
    app: Flask,
    as_reader: Visitor,
    as_alice: Visitor,
    entries: dict[str, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """AZ-13."""
    admin = type(app.extensions["admin"].admin("users"))
    monkeypatch.setattr(admin, "query", lambda self, user: db.select(User).where(User.id < 0))
    assert rows(as_reader.get("/log_entries/")) == []
    assert "bob" in records(as_alice.get("/log_entries/"))


def test_so_it_is_of_a_model_whose_admin_may_hide_an_object(
    app: Flask,
    as_reader: Visitor,
    as_alice: Visitor,
    entries: dict[str, int],
    bob: User,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def can(self: Any, user: Any, verb: str, obj: Any = None) -> bool:
        is_hidden = obj is not None and obj.username == "bob" and not user.is_superuser
        return ModelAdmin.can(self, user, verb, obj) and not is_hidden

    monkeypatch.setattr(UserAdmin, "can", can)
    # It says that it hides none, and has to be believed.
    assert records(as_reader.get("/log_entries/")) == ["gone", "bob"]
    monkeypatch.setattr(UserAdmin, "may_see_all", lambda self, user: None)
    for address in (f"/users/{bob.id}/change/", f"/users/{bob.id}/history/"):
        assert as_reader.get(address).status == 403
    assert rows(as_reader.get("/log_entries/")) == []
    assert as_reader.get(f"/log_entries/{entries['bob']}/change/").status == 404
    assert "Robert" not in as_reader.get("/log_entries/export/?format=csv").text
    assert as_reader.get("/users/").link("Deleted") is None
    assert "bob" in records(as_alice.get("/log_entries/"))


def test_nobody_writes_it_not_even_a_superuser(as_alice: Visitor, entries: dict[str, int]) -> None:
    key = entries["bob"]
    page = as_alice.get(f"/log_entries/{key}/change/")
    assert not page.soup.select("main form[method=post]")
    for path in ("add/", f"{key}/delete/"):
        assert as_alice.get(f"/log_entries/{path}").status == 403
    token = as_alice.get("/").soup.select_one("input[name=csrf_token]")
    assert token is not None
    sent = {"csrf_token": token["value"], "label": "forged", "action": "delete", "selected": [str(key)]}
    for path in ("add/", f"{key}/change/", f"{key}/delete/", "action/"):
        assert as_alice.post(f"/log_entries/{path}", sent).status in (400, 403)


def test_its_page_tells_an_entry_as_the_timeline_does(as_alice: Visitor, entries: dict[str, int]) -> None:
    page = as_alice.get(f"/log_entries/{entries['bob']}/change/")
    line = page.soup.select_one(".timeline-line")
    assert line is not None
    assert " ".join(line.get_text().split()) == "alice changed bob"
    assert [tag.get_text() for tag in page.soup.select(".changes del")] == ["was Bob", "was Yes"]
    assert "203.0.113.9" in page.text
    assert page.soup.select_one(".timeline-line a[href^='/users/']")
    assert [tag.get_text() for tag in page.soup.select(".tabs a")] == ["View"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("model_is=groups", ["readers"]),
        ("verb_is=delete", ["gone"]),
        ("actor_label=alice", ["readers", "bob"]),
        ("through_is=cli", []),
        ("through_is=form&verb_is=add", ["readers"]),
        ("q=rea", ["readers"]),
        ("at=today", ["lost", "readers", "gone", "bob"]),
        ("sort=at", ["bob", "gone", "readers", "lost"]),
    ],
)
def test_it_is_searched_filtered_and_sorted(
    as_alice: Visitor, entries: dict[str, int], query: str, expected: list[str]
) -> None:
    assert records(as_alice.get(f"/log_entries/?{query}")) == expected


@pytest.mark.parametrize("query", ["sort=label", "model_is=x", "changes__contains=x", "columns=changes"])
def test_what_has_no_index_or_is_kept_back_is_not_asked_for(as_alice: Visitor, query: str) -> None:
    assert as_alice.get(f"/log_entries/?{query}").status == 400


def test_a_reader_is_offered_the_models_that_he_may_view(as_reader: Visitor, entries: dict[str, int]) -> None:
    assert as_reader.get("/log_entries/?model_is=users").status == 200
    assert as_reader.get("/log_entries/?model_is=groups").status == 400


def test_an_export_has_the_changes_as_text_and_no_secret(
    app: Flask, as_reader: Visitor, bob: User, entries: dict[str, int]
) -> None:
    with app.app_context():
        hash_of = db.session.get(User, bob.id).password  # type: ignore[union-attr]
    for form in ("csv", "json"):
        answer = as_reader.get(
            f"/log_entries/export/?format={form}&columns=at,record,differences,address,request"
        )
        assert answer.status == 200
        assert "Full name: Bob → Robert; Active: Yes → No; Password: changed" in answer.text
        assert str(hash_of) not in answer.text
        assert "readers" not in answer.text
    lines = list(csv.reader(io.StringIO(as_reader.get("/log_entries/export/?format=csv").text)))
    assert [line[4] for line in lines[1:]][-2:] == ["gone", "bob"]


def test_an_export_tells_moments_as_they_are_whenever_it_is_read(app: Flask, as_alice: Visitor) -> None:
    was, now_ = (datetime(2026, 3, 4, hour, 6, 7, tzinfo=UTC) for hour in (5, 6))
    with app.app_context():
        changes = [Change("last_login_at", "datetime", was, now_)]
        record(db.session(), verb="change", name="users", key="1", label="x", changes=changes)
        db.session.commit()
    with time_machine.travel(now_ + timedelta(minutes=1)):
        as_alice.sign_in("alice")
        for address in ("/log_entries/", "/log_entries/export/?format=csv"):
            page = as_alice.get(address)
            assert "Mar 4, 2026 5:06:07 AM UTC → Mar 4, 2026 6:06:07 AM UTC" in unspaced(page.text), page.text


def test_a_name_that_begins_like_a_formula_is_text_in_an_export(app: Flask, as_alice: Visitor) -> None:
    with app.app_context():
        record(db.session(), verb="change", name="users", key="1", label="=1+1")
        db.session.commit()
    assert "'=1+1" in as_alice.get("/log_entries/export/?format=csv").text


def test_the_cost_does_not_grow(app: Flask, as_reader: Visitor, entries: dict[str, int]) -> None:
    with app.app_context():
        for number in range(150):
            record(db.session(), verb="change", name="users", key=str(number), label="x", changes=CHANGES)
        db.session.commit()
    with counted(app) as statements:
        assert as_reader.get("/log_entries/").status == 200
    # Person, grants, what is remembered of the list, rows, count, years.
    assert len(statements) <= 6, statements


def test_entries_outlive_the_model_the_person_and_the_object(
    app: Flask, as_alice: Visitor, entries: dict[str, int]
) -> None:
    with app.app_context():
        assert db.session.get(Group, 1) is None
        assert db.session.get(LogEntry, entries["lost"]) is not None
    assert rows(as_alice.get("/log_entries/?q=lost"))[0][-4:-2] == ["no_such_model", "lost"]


# What was deleted


def test_what_was_deleted_is_found_and_restored_in_two_clicks_from_the_list(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    delete(as_alice, "users", bob.id)
    deleted = as_alice.get("/users/").follow("Deleted")
    assert records(deleted) == ["bob"]
    back = deleted.follow("bob").follow("Restore this object")
    assert back.form().submit("_restore").status == 303
    with app.app_context():
        assert db.session.get(User, bob.id) is not None


def test_the_page_of_a_delete_leads_back_as_long_as_it_is_gone(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    delete(as_alice, "users", bob.id)
    address = f"/log_entries/{last_entry(app, 'users').id}/change/"
    page = as_alice.get(address).follow("Restore …")
    assert page.form().submit("_restore").status == 303
    assert as_alice.get(address).link("Restore …") is None


def test_who_reads_no_history_of_the_site_or_only_some_rows_is_not_led_there(
    app: Flask, as_bob: Visitor, as_reader: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert as_bob.get("/users/").link("Deleted") is None
    assert as_reader.get("/users/").link("Deleted") is not None
    assert as_reader.get("/log_entries/").link("Deleted") is None
    monkeypatch.setattr(UserAdmin, "query", lambda self, user: select(User).where(User.id > 0))
    assert as_reader.get("/users/").link("Deleted") is None


def test_who_may_not_know_of_what_is_gone_is_told_its_name_without_a_way(
    app: Flask, as_alice: Visitor, as_reader: Visitor, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(as_alice, "users", bob.id)
    assert as_reader.get("/log_entries/?verb_is=delete").link("bob") is not None
    monkeypatch.setattr(UserAdmin, "may_see_deleted", lambda self, user: False)
    page = as_reader.get("/log_entries/?verb_is=delete")
    assert (records(page), page.link("bob")) == (["bob"], None)
