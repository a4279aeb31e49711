"""Nobody overwrites anybody: a child that somebody else changed, moved or deleted is told, and nothing is lost."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete, update

from tests.admin.bands import Band, Gig, Membership, Player, Song
from tests.admin.behaviours import count, stored
from tests.admin.choosing import said, taken, told
from tests.admin.test_inlines import form_of, kept, more, shown, towns
from tests.library.world import keep
from tests.pages import Form, Page, Visitor
from webapp.extensions import db


@pytest.fixture
def gig(band_app: Flask) -> Gig:
    made = Gig(town="Acre", band_id=1)
    keep(band_app, made, Gig(town="Bahia", band_id=1))
    return made


def meanwhile(app: Flask, statement: Any) -> None:
    """Somebody else does this while the form is open."""
    with app.app_context():
        db.session.execute(statement)
        db.session.commit()


def changed(gig: Gig) -> Any:
    return update(Gig).where(Gig.id == gig.id).values(town="Theirs", version=Gig.version + 1)


def test_a_child_that_was_changed_meanwhile_is_told_and_can_be_saved_over(
    band_app: Flask, gig: Gig, as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(name="New", **{"gigs-0-town": "Mine", "gigs-1-town": "Belém"})
    meanwhile(band_app, changed(gig))
    page = form.submit()
    assert page.status == 409
    assert "There now: Theirs Changed by somebody else." in said(page, "gigs-0-town")
    assert told(page) == ["Gigs, Theirs: Changed by somebody else."]
    assert page.form().fields["name"] == "New"
    assert sorted(shown(page.form(), "town")) == ["Belém", "Mine"]
    assert towns(band_app) == ["Bahia", "Theirs"]
    kept(page.form().submit())
    assert towns(band_app) == ["Belém", "Mine"]
    assert stored(band_app, Band, 1).name == "New"


def test_a_child_that_was_not_touched_may_be_changed_meanwhile(
    band_app: Flask, gig: Gig, as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-1-town": "Belém"})
    meanwhile(band_app, changed(gig))
    kept(form.submit())
    assert towns(band_app) == ["Belém", "Theirs"]


def test_a_child_that_was_changed_meanwhile_is_not_deleted(
    band_app: Flask, gig: Gig, as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-_delete": True})
    meanwhile(band_app, changed(gig))
    page = form.submit()
    assert page.status == 409
    assert towns(band_app) == ["Bahia", "Theirs"]
    kept(page.form().submit())
    assert towns(band_app) == ["Bahia"]


def test_a_child_without_a_version_is_compared_by_its_values(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, Song(id=7, title="Hino", place=1, band_id=1))
    form = form_of(as_band_alice).fill(**{"songs-0-title": "Mine"})
    meanwhile(band_app, update(Song).values(place=4))
    page = form.submit()
    assert page.status == 409
    assert taken(page) == {"songs-0-title": "mine", "songs-0-place": "now"}
    assert page.form().fields["songs-0-title"] == "Mine"
    kept(page.form().submit())
    assert (stored(band_app, Song, 7).title, stored(band_app, Song, 7).place) == ("Mine", 4)


def test_one_without_a_version_that_nobody_else_changed_is_saved(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    keep(band_app, Player(id=5, name="Rita"), Song(id=7, title="Hino", place=1, band_id=1))
    keep(band_app, Membership(band_id=1, player_id=5, role="voice"))
    form = form_of(as_band_alice).fill(**{"songs-0-title": "Mine", "members-0-role": "bass"})
    kept(form.submit())
    assert stored(band_app, Membership, (1, 5)).role == "bass"


@pytest.mark.parametrize(
    "theirs",
    [
        lambda gig: delete(Gig).where(Gig.id == gig.id),
        lambda gig: update(Gig).where(Gig.id == gig.id).values(band_id=2),
    ],
    ids=["deleted", "moved"],
)
def test_what_was_typed_for_a_child_that_is_gone_is_kept_and_can_be_added_anew(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, theirs: Callable[[Gig], Any]
) -> None:
    form = form_of(as_band_alice).fill(name="New", **{"gigs-0-town": "Mine"})
    meanwhile(band_app, theirs(gig))
    page = form.submit()
    assert page.status == 409
    assert stored(band_app, Band, 1).name == "Mutants"
    assert shown(page.form(), "town") == ["Bahia", "Mine"]
    again = kept(page.form().submit())
    assert again.status == 303
    assert towns(band_app) == ["Bahia"]
    anew = more(form_of(as_band_alice), "gigs")
    assert shown(anew, "town") == ["Bahia", ""]


def test_a_child_that_is_gone_is_added_anew_when_that_is_wanted(
    band_app: Flask, gig: Gig, as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-town": "Mine"})
    meanwhile(band_app, delete(Gig).where(Gig.id == gig.id))
    again = form.submit().form()
    off = next(name for name in again.fields if name.startswith("gigs-") and name.endswith("_delete"))
    kept(again.fill(**{off: False}).submit())
    assert towns(band_app) == ["Bahia", "Mine"]


def test_the_version_is_asked_again_when_it_is_written(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the check and the write somebody is quicker."""
    from tests.admin.bands import GigAdmin

    form = form_of(as_band_alice).fill(name="New", **{"gigs-0-town": "Mine"})
    is_done: list[bool] = []

    def quicker(self: Any, form: Any, obj: Any, user: Any) -> None:
        if not is_done:
            is_done.append(True)
            with db.engine.begin() as connection:
                connection.execute(changed(gig))

    db_is_sqlite = band_app.config["DATABASE_URL"].startswith("sqlite")
    with band_app.app_context():
        db.session.remove()
    monkeypatch.setattr(GigAdmin, "prepare", quicker)
    page = form.submit()
    assert page.status == 409, (page.status, db_is_sqlite)
    assert "There now: Theirs" in said(page, "gigs-1-town" if "gigs-1-town" in taken(page) else "gigs-0-town")
    assert sorted(towns(band_app)) == ["Bahia", "Theirs"]
    assert stored(band_app, Band, 1).name == "Mutants"
    kept(page.form().submit())
    assert sorted(towns(band_app)) == ["Bahia", "Mine"]


def test_rows_that_were_added_are_not_added_again_by_the_same_form_with_others(
    band_app: Flask, gig: Gig, as_band_alice: Visitor
) -> None:
    """Sent again, the parent has another version by now."""
    form: Form = more(form_of(as_band_alice), "gigs").fill(**{"gigs-2-town": "Third"})
    kept(form.submit())
    page: Page = form.fill(**{"gigs-2-town": "Fourth"}).submit()
    assert page.status == 409
    assert count(band_app, Gig) == 3
