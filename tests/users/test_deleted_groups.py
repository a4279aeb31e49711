"""Who was in a group that is deleted: the history says so under each of them, and undoing it puts them back."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.backwards import delete, last_entry, restore
from tests.conftest import add_user, counted, signed_in
from tests.pages import Visitor
from tests.users.groups import add_group, granted, held, members
from webapp.admin.editing import atsize, collecting
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db
from webapp.users.models import Group, User


def group_of(app: Flask, number: int, grants: tuple[str, ...] = ()) -> tuple[Group, list[str]]:
    """A group, and the names of so many who belong to it."""
    people = [add_user(app, f"member{place:02}") for place in range(number)]
    return add_group(app, "Keepers", grants, members=tuple(people)), [one.username for one in people]


def told(app: Flask) -> list[tuple[str, str, list[object]]]:
    """Of whom the history tells that he left what, by name."""
    with app.app_context():
        entries = db.session.scalars(
            select(LogEntry).where(LogEntry.name == "users", LogEntry.verb == "change")
        )
        found = [(entry.label, change) for entry in entries for change in changes_of(entry)]
        return sorted((label, change.field, change.old) for label, change in found)


def test_each_member_s_history_tells_of_it_and_undoing_puts_all_back(app: Flask, as_alice: Visitor) -> None:
    group, names = group_of(app, 3)
    page = as_alice.get(f"/groups/{group.id}/delete/").form().submit("_delete", follow=True)
    assert told(app) == [(name, "groups", [[str(group.id), "Keepers"]]) for name in names]
    undone = page.undo()
    assert (undone.status, undone.location) == (303, "/groups/")
    assert members(app, group) == names


def test_restored_alone_it_is_empty_and_the_page_leads_to_undoing_all(app: Flask, as_alice: Visitor) -> None:
    group, _names = group_of(app, 2)
    delete(as_alice, "groups", group.id)
    entry = last_entry(app, "groups")
    page = restore(as_alice, "groups", group.id, entry)
    assert "The delete took the links of 2 other records to this off." in page.text
    assert page.link("Undo all of it instead") == f"/undo/{entry.request_id}/"
    assert page.form().submit("_restore").status == 303
    assert members(app, group) == []


def test_a_member_who_is_deleted_at_once_is_told_of_by_his_own_end(app: Flask, as_alice: Visitor) -> None:
    group, names = group_of(app, 1)
    with app.app_context():
        key = db.session.scalar(select(User.id).where(User.username == names[0]))
    delete(as_alice, "users", key)
    assert told(app) == []
    assert "groups" in [change.field for change in changes_of(last_entry(app, "users"))]
    assert members(app, group) == []


@pytest.mark.parametrize("rights", [("groups.delete",), ()])
def test_nobody_gets_back_by_it_what_who_undoes_it_does_not_hold(
    app: Flask, as_alice: Visitor, rights: tuple[str, ...]
) -> None:
    person = add_user(app, "member")
    group = add_group(app, "Keepers", ("groups.delete",), members=(person,))
    delete(as_alice, "groups", group.id)
    request_id = last_entry(app, "groups").request_id
    grants = ("users.view", "users.change", "groups.view", "groups.add", "groups.change", *rights)
    page = signed_in(app, add_user(app, "hugo", grants=grants)).get(f"/undo/{request_id}/")
    page.form().submit("_undo")
    assert members(app, group) == ["member"]
    assert granted(app, group) == held(app, person) == set(rights)


@pytest.mark.parametrize("is_small", [True, False])
def test_of_very_many_each_is_told_of_batch_by_batch(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch, is_small: bool
) -> None:
    group, names = group_of(app, 10)
    if is_small:
        monkeypatch.setattr(collecting, "MAX_ROWS", 6)
        monkeypatch.setattr(atsize, "BATCH", 3)
    delete(as_alice, "groups", group.id)
    assert [name for name, _field, _old in told(app)] == names


def test_it_takes_no_more_statements_for_more_members(app: Flask, as_alice: Visitor) -> None:
    numbers = []
    for place in (2, 12):
        people = [add_user(app, f"of{place}-{number}") for number in range(place)]
        group = add_group(app, f"Group {place}", members=tuple(people))
        form = as_alice.get(f"/groups/{group.id}/delete/").form()
        with counted(app) as statements:
            assert form.submit("_delete").status == 303
        numbers.append(len(statements))
    assert numbers[0] == numbers[1]
