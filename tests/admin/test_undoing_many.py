"""Taking back what was done to very many at once: the same for each of them, in as few statements as for a few."""

import gc
from collections import Counter
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, insert, select, update

from tests.admin.yard import Crate, CrateAdmin, do, entries, helper, names, opened
from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor
from webapp.admin.editing import steps, undoing
from webapp.admin.editing.kinship import MAX_SHOWN
from webapp.admin.editing.steps import BATCH
from webapp.admin.editing.takingback import TakingBack
from webapp.admin.options import Rejected, action
from webapp.extensions import db

#: What a batch takes: its rows are read twice, locked, what they lead to is read, then rows and entries are written.
OF_A_BATCH = 8
FIRST = 1_000


def fill(app: Flask, number: int, **values: Any) -> list[int]:
    """So many crates in the north, and nothing else there."""
    rows = [
        {"id": FIRST + place, "name": f"m{place:05}", "yard_id": 1, "note": "", **values}
        for place in range(number)
    ]
    with app.app_context():
        db.session.execute(update(Crate).where(Crate.id < FIRST).values(yard_id=2))
        db.session.execute(insert(Crate), rows)
        db.session.commit()
    return [row["id"] for row in rows]


def refilled(app: Flask, number: int) -> list[int]:
    """So many crates, and no others anywhere."""
    with app.app_context():
        db.session.execute(delete(Crate))
        db.session.commit()
    return fill(app, number)


def done_to_all(visitor: Visitor, name: str = "open_up", **more: Any) -> Page:
    page = do(visitor, name, select_across="1", **more)
    return page if page.soup.select("form[data-undo]") else page.form().submit("_confirm", follow=True)


def statements(app: Flask, page: Page) -> list[str]:
    """What it takes to undo what the message of *page* tells."""
    with counted(app) as found:
        assert page.undo().location == "/crates/"
    return list(found)


def notes(app: Flask) -> Counter[str]:
    with app.app_context():
        return Counter(db.session.scalars(select(Crate.note)))


def asked_about(visitor: Visitor, page: Page) -> Page:
    """The page that asks before what the message of *page* tells is undone."""
    undone = page.undo()
    assert undone.location.startswith("/undo/"), undone.location
    return visitor.get(undone.location)


def in_yards(app: Flask) -> Counter[int]:
    with app.app_context():
        return Counter(db.session.scalars(select(Crate.yard_id).where(Crate.id >= FIRST)))


def marked(app: Flask) -> int:
    with app.app_context():
        return len(db.session.scalars(select(Crate.id).where(Crate.marks.any())).all())


def idle(self: Any, obj: Crate, user: Any, form: Any) -> None:
    obj.yard_id = 2


# What it costs


@pytest.mark.parametrize("kind", ["value", "relation", "relation to many"])
def test_two_hundred_take_no_more_statements_than_twenty(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    name = {"value": "open_up", "relation": "idle", "relation to many": "stamp"}[kind]
    monkeypatch.setattr(CrateAdmin, "idle", action("Idle")(idle))
    few, many, more = (
        statements(yard, done_to_all(as_yard_alice, name))
        for number in (20, BATCH, 2 * BATCH)
        if refilled(yard, number)
    )
    assert len(many) <= len(few), "\n".join(many)
    assert len(more) <= len(many) + OF_A_BATCH, "\n".join(more)
    assert (opened(yard), marked(yard), in_yards(yard)) == ([], 0, {1: 2 * BATCH})


def test_where_each_is_asked_about_by_itself_they_are_read_together_all_the_same(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(CrateAdmin, "before_save", lambda self, obj, form, user: asked.append(obj.name))
    refilled(yard, 20)
    few = statements(yard, done_to_all(as_yard_alice))
    assert len(asked) == 20
    refilled(yard, BATCH)
    many = statements(yard, done_to_all(as_yard_alice))
    assert len(asked) == 20 + BATCH
    assert reading(many) <= reading(few), "\n".join(many)
    assert opened(yard) == []


def reading(found: list[str]) -> int:
    return len([statement for statement in found if statement.startswith("SELECT")])


def test_each_has_an_entry_and_is_told_after_the_commit(yard: Flask, as_yard_alice: Visitor) -> None:
    number = len(fill(yard, BATCH + 5)) + 6
    page = done_to_all(as_yard_alice)
    CrateAdmin.told.clear()
    assert f"Undone: {number} crates." in as_yard_alice.get(page.undo().location).messages
    told = entries(yard)[number:]
    assert len({entry.key for entry in told}) == len(told) == number
    assert {(entry.verb, entry.through, len(entry.changes)) for entry in told} == {("change", "undo", 1)}
    assert sorted(CrateAdmin.told) == names(yard)


# What stays as it is


def test_one_that_its_model_refuses_stays_and_all_others_come_back(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    keys = fill(yard, 30, note="old")
    with yard.app_context():
        db.session.execute(update(Crate).where(Crate.id == keys[7]).values(note="poison"))
        db.session.commit()
    page = do(as_yard_alice, "annotate", *keys)
    done = page.form().fill(note="new").submit("_confirm", follow=True, selected=[str(key) for key in keys])
    asked = asked_about(as_yard_alice, done)
    left = asked.form().submit("_undo", follow=True)
    assert "m00007 stays as it is: " in left.messages
    assert "Poison stays outside." in left.messages
    assert "Undone: 29 crates." in left.messages
    assert notes(yard) == {"": 6, "old": 29, "new": 1}


def test_the_page_names_what_cannot_come_back_and_why_and_counts_the_rest(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    number = len(fill(yard, MAX_SHOWN + 50)) + 6
    done = done_to_all(as_yard_alice)
    with yard.app_context():
        db.session.execute(update(Crate).where(Crate.id == FIRST + 140).values(is_open=False))
        db.session.commit()
    page = asked_about(as_yard_alice, done)
    assert page.text.count("Somebody has changed it since.") == 1
    assert "m00140" in page.text
    form = page.form()
    shown = form.fields["object"]
    assert (len(shown), shown[-1]) == (MAX_SHOWN + 1, "rest")
    assert f"{number - 1 - MAX_SHOWN} more records become what they were before" in page.text
    form.fields["object"] = ["rest"]
    assert f"Undone: {number - 1 - MAX_SHOWN} crates." in form.submit("_undo", follow=True).messages
    assert len(opened(yard)) == MAX_SHOWN
    again = as_yard_alice.get(page.address).form()
    assert "rest" not in again.fields["object"]
    assert f"Undone: {MAX_SHOWN} crates." in again.submit("_undo", follow=True).messages
    assert opened(yard) == []


def test_of_very_many_that_stay_the_page_counts_how_many_for_each_reason(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    fill(yard, MAX_SHOWN + 50)
    done = done_to_all(as_yard_alice)
    with yard.app_context():
        db.session.execute(update(Crate).where(Crate.id >= FIRST + 10).values(is_open=False))
        db.session.commit()
    page = asked_about(as_yard_alice, done)
    assert page.text.count('name="object"') + page.text.count("name=object") == 10 + 6
    assert "40 more records stay as they are: Somebody has changed it since." in page.text


def test_what_the_person_may_not_change_stays_and_what_he_may_comes_back(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    keys = fill(yard, 10)
    done_to_all(as_yard_alice)
    with yard.app_context():
        db.session.execute(update(Crate).where(Crate.id == keys[3]).values(name="locked"))
        db.session.commit()
    address = f"/undo/{entries(yard)[-1].request_id}/"
    reader = helper(yard)
    assert "You may not do this to it." in reader.get(address).text
    assert reader.get(address).soup.select("[name=_undo]") == []
    changer = helper_named(yard, "changer", "crates.change")
    page = changer.get(address)
    assert page.text.count("You may not do this to it.") == 1
    assert "c1" not in " ".join(page.tree.xpath(".//main//text()")).split()
    assert "Undone: 9 crates." in page.form().submit("_undo", follow=True).messages
    assert opened(yard) == sorted(["c1", "c2", "c3", "c4", "c5", "locked", "s1"])


def helper_named(app: Flask, name: str, *grants: str) -> Visitor:
    return signed_in(app, add_user(app, name, grants=("crates.view", *grants)))


def test_a_hook_that_changes_another_one_keeps_that_one_from_being_written_over(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = fill(yard, 3)
    done = do(as_yard_alice, "open_up", *keys)

    def before_save(self: Any, obj: Crate, form: Any, user: Any) -> None:
        if obj.id == keys[0]:
            db.session.get_one(Crate, keys[2]).is_open = False

    monkeypatch.setattr(CrateAdmin, "before_save", before_save)
    page = asked_about(as_yard_alice, done).form().submit("_undo", follow=True)
    assert "Undone: 2 crates." in page.messages
    assert "m00002 stays as it is: Somebody has changed it since." in page.messages


def test_many_messages_of_what_stays_are_counted(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(yard, 20)
    done_to_all(as_yard_alice)

    def clean(self: Any, form: Any, obj: Crate, user: Any) -> None:
        if obj.id >= FIRST:
            raise Rejected("Not these.")

    monkeypatch.setattr(CrateAdmin, "clean", clean)
    page = as_yard_alice.get(f"/undo/{entries(yard)[-1].request_id}/").form().submit("_undo", follow=True)
    assert page.messages.count("Not these.") == 5
    assert "15 more records stay as they are." in page.messages
    assert len(opened(yard)) == 20


def test_more_deleted_ones_than_come_back_at_once_have_no_button_and_as_many_as_do_have(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(steps, "MAX_DELETED", 3)
    keys = fill(yard, 7)
    four = do(as_yard_alice, "delete", *keys[:4]).form().submit("_confirm", follow=True)
    assert "from its own history only" in four.messages
    assert four.soup.select("form[data-undo]") == []
    three = do(as_yard_alice, "delete", *keys[4:]).form().submit("_confirm", follow=True)
    assert three.soup.select("form[data-undo]") != []
    assert "Undone: 3 crates." in as_yard_alice.get(three.undo().location).messages
    assert names(yard)[-4:-1] == ["m00004", "m00005", "m00006"]


# What is held meanwhile


def test_no_more_objects_are_held_of_many_than_of_a_few(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(CrateAdmin, "after_commit")
    few, many = held(yard, as_yard_alice, monkeypatch, 400), held(yard, as_yard_alice, monkeypatch, 2_000)
    assert many[Crate] <= few[Crate] <= BATCH + MAX_SHOWN
    assert many[TakingBack] <= few[TakingBack] <= MAX_SHOWN


def test_who_is_told_after_the_commit_sees_every_object_itself(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[str] = []
    monkeypatch.setattr(CrateAdmin, "after_commit", lambda self, obj, user: found.append(obj.note))
    keys = refilled(yard, 2 * BATCH)
    page = done_to_all(as_yard_alice)
    found.clear()
    page.undo()
    assert found == [""] * len(keys)


def held(app: Flask, visitor: Visitor, monkeypatch: pytest.MonkeyPatch, number: int) -> Counter[type]:
    """The most objects of each class that there are after a batch, while so many are taken back."""
    most: Counter[type] = Counter()

    def counting(*args: Any, take_back: Any = undoing._take_back, **options: Any) -> None:
        take_back(*args, **options)
        nonlocal most
        gc.collect()
        most |= Counter(type(one) for one in gc.get_objects() if type(one) in (Crate, TakingBack))

    refilled(app, number)
    page = done_to_all(visitor)
    with monkeypatch.context() as patched:
        patched.setattr(undoing, "_take_back", counting)
        assert page.undo().location == "/crates/"
    return most
