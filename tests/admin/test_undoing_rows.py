"""Rows of a form whose model nobody is registered for: taken back, restored and told of like others."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.backwards import delete, found, last_entry, restore
from tests.admin.bands import Band, Song, SongInline
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.pages import Page, Visitor
from webapp.admin import undo
from webapp.admin.editing.inlines.apart import all_rows
from webapp.admin.editing.kinship import MAX_SHOWN, REST
from webapp.admin.history import LogEntry, changes_of
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.extensions import db


@pytest.fixture
def songs(band_app: Flask) -> list[Song]:
    made = [Song(id=1, title="One", place=1, band_id=1), Song(id=2, title="Two", place=2, band_id=1)]
    world.keep(band_app, *made)
    return made


def titles(app: Flask, band_id: int = 1) -> dict[int, tuple[str, int]]:
    """By key the title and the place of each song of a band."""
    with app.app_context():
        rows = db.session.scalars(select(Song).where(Song.band_id == band_id).order_by(Song.id))
        return {song.id: (song.title, song.place) for song in rows}


BOTH = {1: ("One", 1), 2: ("Two", 2)}


def save(visitor: Visitor, **values: Any) -> Page:
    """The page after a change in the form of the first band."""
    return visitor.get("/bands/1/change/").form().fill(**values).submit(follow=True)


def told(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        entries = db.session.scalars(select(LogEntry).order_by(LogEntry.id))
        return [(entry.verb, entry.name, entry.key) for entry in entries]


def editor(app: Flask, *grants: str) -> Visitor:
    return signed_in(app, add_user(app, "eva", grants=grants))


def test_a_row_is_undone_at_once_and_its_parent_tells_of_it(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor
) -> None:
    undone = save(as_band_alice, **{"songs-0-title": "Wrong"}).undo()
    assert (undone.status, undone.location) == (303, "/bands/")
    page = as_band_alice.get(undone.location)
    assert page.messages == "Undone: One."
    assert titles(band_app) == BOTH
    entry = last_entry(band_app, "bands")
    [change] = changes_of(entry)
    assert (change.kind, change.new.verb, change.new.key) == ("inline", "change", "1")
    assert page.undo().status == 303
    assert titles(band_app)[1] == ("Wrong", 1)


def test_a_row_and_its_parent_are_undone_together(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor
) -> None:
    page = save(as_band_alice, name="Renamed", **{"songs-0-title": "Wrong", "songs-1-title": "Wrong too"})
    undone = as_band_alice.get(page.undo().location)
    assert all(told in undone.messages for told in ("2 songs", "1 band"))
    assert found(band_app, Band, 1).name == "Mutants"
    assert titles(band_app) == BOTH


def test_a_row_that_somebody_has_changed_since_stays(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor, band_dora: Visitor
) -> None:
    page = save(as_band_alice, **{"songs-0-title": "Wrong"})
    save(band_dora, **{"songs-0-title": "Hers"})
    asked = as_band_alice.get(page.undo().location)
    assert "Somebody has changed it since." in asked.text
    assert titles(band_app)[1] == ("Hers", 1)


def test_a_row_that_was_taken_off_comes_back_at_once(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor
) -> None:
    page = save(as_band_alice, **{"songs-0-_delete": True})
    assert titles(band_app) == {2: ("Two", 2)}
    version = found(band_app, Band, 1).version
    undone = page.undo()
    assert (undone.status, undone.location) == (303, "/bands/")
    assert titles(band_app) == BOTH
    # Rows that come count as a change of what they hang on.
    assert found(band_app, Band, 1).version == version + 1
    [change] = changes_of(last_entry(band_app, "bands"))
    assert (change.kind, change.new.verb, change.new.key) == ("inline", "add", "1")


def test_a_row_that_was_added_is_deleted_where_it_stands(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor
) -> None:
    page = as_band_alice.get("/bands/1/change/").form().submit("_add_songs")
    page = page.form().fill(**{"songs-2-title": "Three"}).submit(follow=True)
    asked = as_band_alice.get(page.undo().location)
    assert "delete it in the form that it stands in" in asked.text
    assert asked.link("Three") == "/bands/1/change/"
    assert len(titles(band_app)) == 3


def test_a_parent_is_deleted_and_comes_back_with_its_rows(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor
) -> None:
    page = as_band_alice.get("/bands/1/delete/").form().submit("_delete", follow=True)
    assert titles(band_app) == {}
    assert ("delete", "band_songs.row", "1") in told(band_app)
    assert ("delete", "band_songs.row", "2") in told(band_app)
    asked = as_band_alice.get(page.undo().location)
    boxes = [tag.get_text(" ", strip=True) for tag in asked.soup.select("main li label")]
    assert [box.split()[-1] for box in boxes] == ["One", "Two"]
    assert asked.form().submit("_restore").status == 303
    assert titles(band_app) == BOTH
    assert ("add", "band_songs.row", "2") in told(band_app)


def test_of_its_rows_only_those_come_back_that_are_ticked(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor
) -> None:
    delete(as_band_alice, "bands", 1)
    form = restore(as_band_alice, "bands", 1, last_entry(band_app, "bands")).form()
    form.fields["kin"] = form.fields["kin"][1:]
    assert form.submit("_restore").status == 303
    assert titles(band_app) == {2: ("Two", 2)}


@pytest.mark.parametrize("is_rest_ticked", [True, False])
def test_of_many_rows_the_first_have_a_box_each_and_the_others_one_together(
    band_app: Flask, as_band_alice: Visitor, is_rest_ticked: bool
) -> None:
    number = MAX_SHOWN + 20
    songs = [Song(id=key, band_id=1, title=f"Song {key}", place=key) for key in range(1, number + 1)]
    # However they lie in the table, they come in the order of their keys.
    for song in reversed(songs):
        world.keep(band_app, song)
    before = titles(band_app)
    page = as_band_alice.get("/bands/1/delete/").form().submit("_delete", follow=True)
    asked = as_band_alice.get(page.undo().location)
    boxes = [tag.get_text(" ", strip=True) for tag in asked.soup.select("main li label")]
    assert len(boxes) == MAX_SHOWN + 1
    assert boxes[-1] == "20 more records"
    form = asked.form()
    # One of those that have a box stays away.
    form.fields["kin"] = [*form.fields["kin"][1:-1], *([REST] if is_rest_ticked else [])]
    assert form.submit("_restore").status == 303
    back = {key for key in before if 1 < key <= (number if is_rest_ticked else MAX_SHOWN)}
    assert titles(band_app) == {key: before[key] for key in back}


def test_rows_for_which_there_is_no_room_are_told_to_stay_away(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    delete(as_band_alice, "bands", 1)
    monkeypatch.setattr(undo, "MAX_DELETED", 1)
    page = restore(as_band_alice, "bands", 1, last_entry(band_app, "bands"))
    assert "More than 1 went with it; of the others those without a page stay away." in page.text


# Who may


def test_a_row_takes_the_right_to_change_its_parent(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor
) -> None:
    save(as_band_alice, **{"songs-0-title": "Wrong", "songs-1-_delete": True})
    address = f"/undo/{last_entry(band_app, 'bands').request_id}/"
    assert signed_in(band_app, add_user(band_app, "rui")).get(address).status == 404
    reader = signed_in(band_app, add_user(band_app, "lia", grants=("bands.view", "bands.delete")))
    page = reader.get(address)
    assert page.text.count("You may not do this to it.") == 2
    # Who may add bands may not add to one that is there.
    adder = signed_in(band_app, add_user(band_app, "ana", grants=("bands.view", "bands.add")))
    assert adder.get(address).text.count("You may not do this to it.") == 2
    page = editor(band_app, "bands.change").get(address)
    assert page.form().submit("_undo").status == 303
    assert titles(band_app) == BOTH


@pytest.mark.parametrize(("word", "undone"), [("can_change", {2}), ("can_add", {1}), ("max_num", {1})])
def test_what_the_inline_does_not_offer_is_not_undone(
    band_app: Flask,
    songs: list[Song],
    as_band_alice: Visitor,
    monkeypatch: pytest.MonkeyPatch,
    word: str,
    undone: set[int],
) -> None:
    save(as_band_alice, **{"songs-0-title": "Wrong", "songs-1-_delete": True})
    address = f"/undo/{last_entry(band_app, 'bands').request_id}/"
    with band_app.app_context():
        [rows] = [rows for rows in all_rows() if isinstance(rows.keeper, SongInline)]
    value = 1 if word == "max_num" else False
    monkeypatch.setattr(rows.keeper, word, value)
    monkeypatch.setattr(rows, word, value)
    page = as_band_alice.get(address)
    assert page.form().submit("_undo").status == 303
    there = titles(band_app)
    assert {key for key in BOTH if there.get(key) == BOTH[key]} == undone


def changed_and_taken_off(app: Flask, visitor: Visitor) -> tuple[str, type[ModelAdmin]]:
    """The page that undoes what *visitor* did to both songs, and the class of the admin of bands."""
    save(visitor, **{"songs-0-title": "Wrong", "songs-1-_delete": True})
    with app.app_context():
        kind = type(current_site().admin("bands"))
    return f"/undo/{last_entry(app, 'bands').request_id}/", kind


def test_a_row_of_a_parent_that_a_person_does_not_see_is_not_there(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, kind = changed_and_taken_off(band_app, as_band_alice)
    others = select(Band).where(Band.id != 1)
    monkeypatch.setattr(kind, "query", lambda self, user: others if not user.is_superuser else select(Band))
    assert editor(band_app, "bands.change").get(address).status == 404
    assert as_band_alice.get(address).form().submit("_undo").status == 303


def test_a_parent_that_may_not_be_changed_keeps_its_rows(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, kind = changed_and_taken_off(band_app, as_band_alice)

    def can(self: Any, user: Any, verb: str, obj: Any = None) -> bool:
        is_closed = obj is not None and verb != "view"
        return bool(user.can(f"bands.{verb}", obj)) and not is_closed

    monkeypatch.setattr(kind, "can", can)
    page = editor(band_app, "bands.change", "bands.view").get(address)
    assert page.soup.select("input[name=object]") == []


def test_rows_come_back_with_their_parent_for_who_may_add_it_and_not_change_it(
    band_app: Flask, songs: list[Song], as_band_alice: Visitor
) -> None:
    delete(as_band_alice, "bands", 1)
    adder = editor(band_app, "bands.add", "bands.view")
    form = restore(adder, "bands", 1, last_entry(band_app, "bands")).form()
    assert form.submit("_restore").status == 303
    assert titles(band_app) == BOTH
