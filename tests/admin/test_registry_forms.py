"""The walk through the registry: whatever can be added, changed and deleted is, and the history tells of it."""

from flask import Flask

from tests.library import world
from tests.library.filling import fill_in
from tests.library.walking import Walk
from tests.pages import Visitor
from webapp.admin.history import differences


def test_an_object_is_added(editable: Walk) -> None:
    editable.targets(90)
    before = editable.count()
    form = editable.get("add/").form()
    assert fill_in(form, editable.info, 91)
    page = form.submit("_continue")
    assert page.status == 303, page.errors
    assert editable.count() == before + 1
    assert [(entry.verb, entry.key) for entry in editable.entries()] == [("add", page.location.split("/")[2])]
    assert editable.visitor.get(page.location).status == 200


def test_an_untouched_save_writes_nothing(editable: Walk) -> None:
    (key,) = editable.rows(1)
    before = editable.stored(key)
    page = editable.get(f"{key}/change/").form().submit()
    assert page.status == 303, page.errors
    assert editable.stored(key) == before
    assert editable.entries() == []


def test_an_empty_object_is_saved_untouched_too(library_app: Flask, as_library_alice: Visitor) -> None:
    """Nothing given, nothing made of it: no null becomes an empty text, no empty list a null."""
    for name, values in (("specimens", {"name": "n"}), ("oddities", {"q": "q"})):
        walk = Walk(library_app, as_library_alice, name)
        obj = walk.admin.model(**values)
        world.keep(library_app, obj)
        key = walk.info.key_of(obj)
        before = walk.stored(key)
        page = walk.get(f"{key}/change/").form().submit()
        assert page.status == 303, page.errors
        assert walk.stored(key) == before
        assert walk.entries() == []


def test_a_changed_save_is_in_the_history_field_by_field(editable: Walk) -> None:
    (key,) = editable.rows(1)
    editable.targets(90)
    before = editable.stored(key) or {}
    form = editable.get(f"{key}/change/").form()
    filled = fill_in(form, editable.info, 92)
    page = form.submit("_continue")
    assert page.status == 303, page.errors
    after = editable.stored(key) or {}
    entries = editable.entries()
    if not filled:
        assert entries == []
        return
    held = editable.info.held
    expected = {
        held[change.field].name if change.field in held else change.field
        for change in differences(editable.info, before, after)
    }
    (entry,) = entries
    assert entry.verb == "change"
    told = {change["field"] for change in entry.changes}
    lists = {name for name in filled if editable.is_list(name)}
    assert told - lists == expected
    assert lists <= told
    timeline = editable.get(f"{key}/history/").soup.select(".timeline-line")
    assert [line.get_text(" ", strip=True).split(" ")[:2] for line in timeline] == [["alice", "changed"]]


def test_what_was_changed_stands_in_the_form_that_follows(editable: Walk) -> None:
    """Form, save, form again: no difference."""
    (key,) = editable.rows(1)
    editable.targets(90)
    form = editable.get(f"{key}/change/").form()
    fill_in(form, editable.info, 92)
    assert form.submit("_continue").status == 303
    before = editable.stored(key)
    count = len(editable.entries())
    page = editable.get(f"{key}/change/").form().submit("_continue")
    assert page.status == 303, page.errors
    assert editable.stored(key) == before
    assert len(editable.entries()) == count


def test_an_object_is_deleted(editable: Walk) -> None:
    (key, other) = editable.rows(1, 2)
    page = editable.get(f"{key}/delete/").form().submit()
    assert page.status == 303, page.text
    assert editable.stored(key) is None
    assert editable.stored(other) is not None
    assert [(entry.verb, entry.key) for entry in editable.entries() if entry.key == key] == [("delete", key)]
    assert editable.visitor.get(f"/{editable.name}/{key}/change/").status == 404
