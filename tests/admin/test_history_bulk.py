"""What is done to many at once has an entry for each, written together; and the history says all that there is."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.test_inlines import form_of, kept
from tests.admin.test_list_editable import type_in
from tests.admin.yard import Crate, CrateAdmin, agree, do, entries, forge, keep
from tests.conftest import counted
from tests.library.books import Book
from tests.pages import Page, Visitor
from tests.shares import examples
from webapp.admin.history import changes_of
from webapp.extensions import db


def entering(statements: list[str]) -> int:
    return len([one for one in statements if one.startswith("INSERT INTO log_entries")])


# Set-wise


def test_an_action_writes_its_entries_together(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, *(Crate(id=number, name=f"more {number}", yard_id=1) for number in range(20, 60)))
    with counted(yard) as statements:
        do(as_yard_alice, "open_up", select_across="1")
    assert len(entries(yard)) == 46
    assert entering(statements) == 1
    assert {entry.through for entry in entries(yard)} == {"action"}


def test_deleting_many_writes_their_entries_together(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, *(Crate(id=number, name=f"more {number}", yard_id=1) for number in range(20, 60)))
    asked = do(as_yard_alice, "delete", select_across="1")
    with counted(yard) as statements:
        agree(asked)
    assert [entry.verb for entry in entries(yard)] == ["delete"] * 46
    assert entering(statements) == 1


def test_edits_in_a_list_write_their_entries_together(
    library_app: Flask, edited_books: None, books: list[Book], as_library_alice: Visitor
) -> None:
    page = as_library_alice.get("/books/")
    with counted(library_app) as statements:
        answer = type_in(page, {f"{book.id}:pages": "7" for book in books})
    assert answer.status == 303
    assert entering(statements) == 1
    assert [entry.through for entry in entries(library_app, "books")] == ["list"] * 3


def test_the_rows_of_a_form_write_their_entries_together(
    band_app: Flask, gigs: list[Any], as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice)
    fees = {name: "70" for name in form.fields if name.endswith("-fee")}
    assert len(fees) > 1
    with counted(band_app) as statements:
        kept(form.fill(**fees).submit())
    # The parent's, which tells of its children, comes after them.
    assert entering(statements) <= 2


# The history of a random run gives the rows of the table


def test_the_history_of_a_random_run_arrives_at_the_rows(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    # From nothing: what the fixture has put there, nobody has told the history.
    agree(do(as_yard_alice, "delete", 1, 2, 3, 4, 5, 9))
    for word, value in (
        ("list_display", ("name", "note")),
        ("list_editable", ("note",)),
        ("list_per_page", 100),
    ):
        monkeypatch.setattr(CrateAdmin, word, value)
    run = _Run(yard, as_yard_alice)
    for step in (run.add, run.add, run.add, run.change, run.edit, run.act, run.delete):
        step()
    for _step in range(examples(24)):
        run.step()
    assert replayed(yard) == rows_of(yard)
    assert {"add", "delete"} <= {entry.verb for entry in entries(yard)}


class _Run:
    """Somebody who adds, changes, does and deletes at random, also what is refused."""

    def __init__(self, app: Flask, visitor: Visitor) -> None:
        self.app = app
        self.visitor = visitor
        self.random = random.Random(random.random())  # noqa: S311 - no secret
        self.number = 100

    def step(self) -> None:
        steps: list[Callable[[], object]] = [self.add, self.change, self.edit, self.act, self.delete]
        self.random.choices(steps, weights=(6, 4, 3, 4, 1))[0]()

    def add(self) -> Page:
        self.number += 1
        name = self.random.choice((f"crate {self.number}", f"nailed {self.number}", "same", "ünï 🙂 & <b>"))
        form = self.visitor.get("/crates/add/").form()
        return form.fill(
            id=str(self.number), name=name, yard=self.random.choice("12"), marks=self._marks()
        ).submit()

    def change(self) -> None:
        if key := self._key():
            form = self.visitor.get(f"/crates/{key}/change/").form()
            note = self.random.choice(("", "heavy", "poison", "two\r\nwords"))
            form.fill(note=note, yard=self.random.choice("12"), marks=self._marks()).submit()

    def edit(self) -> None:
        page = self.visitor.get("/crates/")
        keys = self._keys()
        if keys:
            typed = {f"{key}:note": self.random.choice(("", "light", "wet")) for key in keys}
            type_in(page, typed)

    def act(self) -> None:
        if keys := self._keys():
            chosen = self.random.sample(keys, self.random.randint(1, len(keys)))
            name = self.random.choice(("open_up", "seal", "annotate", "stamp", "rename", "idle"))
            page = forge(self.visitor, name, *chosen)
            if name == "seal":
                agree(page)
            if name == "annotate":
                agree(page, note=self.random.choice(("new", "poison")))

    def delete(self) -> None:
        if self.random.random() < 0.5 and (key := self._key()):
            self.visitor.get(f"/crates/{key}/delete/").form().submit("_delete")
        elif keys := self._keys():
            agree(forge(self.visitor, "delete", *self.random.sample(keys, min(2, len(keys)))))

    def _keys(self) -> list[int]:
        with self.app.app_context():
            return list(db.session.scalars(select(Crate.id).order_by(Crate.id)))

    def _key(self) -> int | None:
        keys = self._keys()
        return self.random.choice(keys) if keys else None

    def _marks(self) -> list[str]:
        return self.random.choice(([], ["1"]))


def replayed(app: Flask) -> dict[str, dict[str, Any]]:
    """The crates, by key, as the entries from the first to the last tell of them."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries(app):
        crate = found.setdefault(entry.key, {"marks": set()})
        for change in changes_of(entry):
            if change.kind == "relations":
                crate[change.field] -= {key for key, _text in change.old}
                crate[change.field] |= {key for key, _text in change.new}
            else:
                crate[change.field] = (
                    change.new[0] if change.kind == "relation" and change.new else change.new
                )
        if entry.verb == "delete":
            del found[entry.key]
    return found


def rows_of(app: Flask) -> dict[str, dict[str, Any]]:
    with app.app_context():
        return {
            str(crate.id): {
                "id": crate.id,
                "name": crate.name,
                "is_open": crate.is_open,
                "note": crate.note,
                "yard": str(crate.yard_id),
                "marks": {str(mark.id) for mark in crate.marks},
            }
            for crate in db.session.scalars(select(Crate))
        }
