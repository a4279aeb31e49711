"""The history of children: each has its own entry, and the parent's tells what happened to them in its form."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.backwards import last_entry
from tests.admin.bands import BandAdmin, Contract, Gig, GigAdmin, Song, SongInline
from tests.admin.behaviours import somebody
from tests.admin.test_inlines import form_of, kept, more
from tests.conftest import add_user, signed_in
from tests.library.world import keep
from tests.pages import Visitor
from webapp.admin.history import LogEntry
from webapp.admin.options import ModelAdmin
from webapp.extensions import db


def entries(app: Flask) -> list[tuple[str, str, str]]:
    with app.app_context():
        found = db.session.scalars(select(LogEntry).where(LogEntry.verb != "sign-in").order_by(LogEntry.id))
        return [(entry.verb, entry.name, entry.label) for entry in found]


@pytest.fixture
def edited(band_app: Flask, as_band_alice: Visitor) -> None:
    """One gig changed, one deleted, one added, and a song."""
    keep(band_app, Gig(town="Acre", band_id=1), Gig(town="Bahia", band_id=1, fee=5))
    form = more(more(form_of(as_band_alice), "gigs"), "songs")
    form.fill(
        **{"gigs-0-fee": "250", "gigs-1-_delete": True, "gigs-2-town": "Ceará", "songs-0-title": "Hino"}
    )
    kept(form.submit())


def test_each_child_has_one_entry_under_its_own_model_and_the_parent_one(
    band_app: Flask, edited: None
) -> None:
    assert entries(band_app) == [
        ("delete", "gigs", "Bahia"),
        ("change", "gigs", "Acre"),
        ("add", "gigs", "Ceará"),
        ("add", "band_songs.row", "Hino"),
        ("change", "bands", "Mutants"),
    ]


def test_the_parents_history_tells_what_happened_to_its_children(
    edited: None, as_band_alice: Visitor
) -> None:
    text = as_band_alice.get("/bands/1/history/").soup.select_one("main").get_text(" ", strip=True)  # type: ignore[union-attr]
    for part in ("Gig “Acre”, Fee", "100", "250", "Bahia", "Ceará", "Hino"):
        assert part in text
    assert "Gig “Acre”, Fee" in as_band_alice.get("/bands/1/change/").soup.select_one("aside").get_text()  # type: ignore[union-attr]


def test_a_childs_own_history_tells_it_too(band_app: Flask, edited: None, as_band_alice: Visitor) -> None:
    with band_app.app_context():
        key = db.session.scalars(select(Gig.id).where(Gig.town == "Acre")).one()
    text = as_band_alice.get(f"/gigs/{key}/history/").text
    assert "250" in text


def test_who_may_not_see_the_children_is_not_told_of_them(band_app: Flask, edited: None) -> None:
    page = somebody(band_app, "bands.view", name="bob").get("/bands/1/history/")
    assert page.status == 200
    # Not in the whole page: the addresses of its files are made of digits too.
    text = page.soup.select_one("main").get_text(" ", strip=True)  # type: ignore[union-attr]
    for part in ("Acre", "Bahia", "Ceará", "250"):
        assert part not in text
    # Nobody looks after songs: who sees the band, sees them.
    assert "Hino" in text


def test_saving_what_nobody_touched_tells_nothing(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(
        band_app,
        Gig(town="Acre", band_id=1),
        Contract(label="Paper", scan=b"\0", band_id=1),
        Song(title="Hino", place=1, band_id=1),
    )
    kept(form_of(as_band_alice).submit())
    assert entries(band_app) == []


def test_what_was_refused_tells_nothing(band_app: Flask, as_band_alice: Visitor) -> None:
    form = more(form_of(as_band_alice), "gigs").fill(name="New", **{"gigs-0-town": "A", "gigs-0-fee": "13"})
    assert form.submit().status == 422
    assert entries(band_app) == []


def test_what_was_done_to_a_child_says_that_it_was_in_the_form_of_its_parent(
    band_app: Flask, edited: None
) -> None:
    with band_app.app_context():
        found = db.session.execute(select(LogEntry.name, LogEntry.through).where(LogEntry.verb != "sign-in"))
        assert {tuple(row) for row in found} == {
            ("gigs", "inline"),
            ("band_songs.row", "inline"),
            ("bands", "form"),
        }


def test_of_children_that_are_hidden_from_the_reader_the_parent_tells_nothing(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    """The admin's query hides secret gigs; an entry that was made before one became secret is hidden with it."""
    form = form_of(as_band_alice)
    kept(form.fill(**{name: "70" for name in form.fields if name.endswith("-fee")}).submit())
    with band_app.app_context():
        db.session.get_one(Gig, gigs[0].id).is_secret = True
        db.session.commit()
    reader = somebody(band_app, "bands.view", "gigs.view", name="bob")
    text = reader.get("/bands/1/history/").text
    assert "Bahia" in text
    assert "Acre" not in text
    assert "Acre" not in reader.get("/bands/1/change/").text
    assert "Acre" in as_band_alice.get("/bands/1/history/").text


def test_so_it_is_of_those_that_the_permission_hides_one_by_one(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def can(self: Any, user: Any, verb: str, obj: Any = None) -> bool:
        is_hidden = obj is not None and obj.town == "Acre" and not user.is_superuser
        return ModelAdmin.can(self, user, verb, obj) and not is_hidden

    monkeypatch.setattr(GigAdmin, "query", ModelAdmin.query)
    monkeypatch.setattr(GigAdmin, "can", can)
    form = form_of(as_band_alice)
    kept(form.fill(**{name: "70" for name in form.fields if name.endswith("-fee")}).submit())
    reader = somebody(band_app, "bands.view", "gigs.view", name="bob")
    text = reader.get("/bands/1/history/").text
    assert "Bahia" in text
    assert "Acre" not in text
    assert "Acre" in as_band_alice.get("/bands/1/history/").text


def test_the_parents_history_is_narrowed_to_its_children_by_who_may_see_them(
    band_app: Flask, edited: None, as_band_alice: Visitor
) -> None:
    page = as_band_alice.get("/bands/1/history/?field=gigs")
    labels = [tag.get_text() for tag in page.soup.select(".changes dt")]
    assert labels
    assert all(label.startswith("Gig") for label in labels)
    assert somebody(band_app, "bands.view", name="bob").get("/bands/1/history/?field=gigs").status == 400


HIDING: dict[str, tuple[type, dict[str, Any]]] = {
    "the inline refuses": (SongInline, {"can": lambda self, user, verb, obj=None: user.is_superuser}),
    "the form leaves it out": (
        BandAdmin,
        {"get_inlines": lambda self, user, obj=None: self.inlines if user.is_superuser else ()},
    ),
}


def song_of_three_acts(visitor: Visitor) -> None:
    """Rows for which nobody is registered: added, changed and taken off."""
    for sent in (
        {"songs-0-title": "Psst", "songs-0-place": "1"},
        {"songs-0-title": "Hush"},
        {"songs-0-_delete": "y"},
    ):
        form = form_of(visitor)
        form.fields |= sent
        kept(form.submit())


@pytest.mark.parametrize("how", ["", *HIDING])
def test_of_rows_that_nobody_is_registered_for_the_history_tells_what_the_form_shows(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    song_of_three_acts(as_band_alice)
    number = last_entry(band_app, "bands").request_id
    bob = signed_in(band_app, add_user(band_app, "bob", grants=("bands.view", "bands.change")))
    if how:
        admin, words = HIDING[how]
        for name, value in words.items():
            monkeypatch.setattr(admin, name, value)
    addresses = ("/bands/1/change/", "/bands/1/history/", f"/undo/{number}/")
    seen = [word in bob.get(address).text for address in addresses for word in ("Psst", "Hush")]
    assert seen == ([False, True, True, True, False, True] if not how else [False] * 6)
    assert all("Hush" in as_band_alice.get(address).text for address in addresses)


def test_of_such_rows_it_tells_of_the_fields_that_they_have_in_the_form(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    song_of_three_acts(as_band_alice)
    assert "Song “Hush”, Title" in as_band_alice.get("/bands/1/history/").soup.get_text()
    monkeypatch.setattr(SongInline, "fields", ("place",))
    assert "Title" not in as_band_alice.get("/bands/1/history/").soup.get_text()
    monkeypatch.setattr(SongInline, "history_fields", ("title",))
    assert "Song “Hush”, Title" in as_band_alice.get("/bands/1/history/").soup.get_text()
