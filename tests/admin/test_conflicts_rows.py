"""Two people at the rows in one form: both versions of each field, by whom, and a choice of which stays."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.admin.bands import Band, Contract, Gig, GigAdmin, GigInline, Song
from tests.admin.behaviours import count, somebody, stored
from tests.admin.choosing import choices, now_in, said, taken, told
from tests.admin.test_inlines import form_of, kept, more, towns
from tests.conftest import counted
from tests.library.world import keep
from tests.pages import Form, Page, Visitor
from webapp.admin.editing.inlines.bound import bind
from webapp.admin.history import LogEntry
from webapp.admin.site import current_site
from webapp.extensions import db


@pytest.fixture
def refused(band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor) -> Page:
    """Alice has changed town and day of a gig and the other gig, Dora the first one's town and fee, and was first."""
    typed = {"gigs-0-town": "Mine", "gigs-0-day": "2026-05-06", "gigs-1-town": "Belém", "name": "New"}
    mine = form_of(as_band_alice).fill(**typed)
    change(band_dora, gig, town="Theirs", fee="5")
    page = mine.submit()
    assert page.status == 409
    return page


def change(visitor: Visitor, gig: Gig, **typed: str) -> None:
    """Somebody else changes the gig on its own page."""
    assert visitor.get(f"/gigs/{gig.id}/change/").form().fill(**typed).submit().status == 303


def choose(page: Page, *names: str) -> Form:
    return page.form().fill(**now_in(page, *names))


def held(app: Flask, gig: Gig) -> tuple[str, str, int]:
    now = stored(app, Gig, gig.id)
    return now.town, str(now.day), now.fee


def entries(app: Flask, name: str) -> list[tuple[str, str, list[str]]]:
    with app.app_context():
        found = db.session.scalars(select(LogEntry).where(LogEntry.name == name).order_by(LogEntry.id))
        return [(one.verb, one.actor_label, [part["field"] for part in one.changes]) for one in found]


def test_each_field_of_a_row_that_differs_shows_both_versions_and_by_whom(
    band_app: Flask, gig: Gig, refused: Page
) -> None:
    assert list(choices(refused)) == ["gigs-1-town", "gigs-1-day", "gigs-1-fee"] or list(
        choices(refused)
    ) == [
        "gigs-0-town",
        "gigs-0-day",
        "gigs-0-fee",
    ]
    assert refused.form().fields["gigs-0-town"] == "Mine"
    assert "There now: Theirs Changed by dora" in said(refused, "gigs-0-town")
    assert choices(refused)["gigs-0-town"].select_one("time") is not None
    assert "There now: empty Nobody else has changed it." in said(refused, "gigs-0-day")
    assert "There now: 5 Changed by dora" in said(refused, "gigs-0-fee")
    [line] = told(refused)
    assert line.startswith("Gigs, Theirs: Changed by dora")
    assert refused.soup.select_one("main [role=alert] a[href='#gigs-0']") is not None
    # Nothing that was typed elsewhere is lost, and nothing was saved.
    assert (refused.form().fields["name"], refused.form().fields["gigs-1-town"]) == ("New", "Belém")
    assert held(band_app, gig) == ("Theirs", "None", 5)
    assert towns(band_app) == ["Bahia", "Theirs"]


def test_what_one_of_them_alone_has_changed_in_a_row_is_chosen_already(
    band_app: Flask, gig: Gig, refused: Page
) -> None:
    assert taken(refused) == {"gigs-0-town": "mine", "gigs-0-day": "mine", "gigs-0-fee": "now"}
    kept(refused.form().submit())
    assert held(band_app, gig) == ("Mine", "2026-05-06", 5)
    assert towns(band_app) == ["Belém", "Mine"]
    assert stored(band_app, Band, 1).name == "New"


def test_what_is_there_now_can_be_chosen_field_by_field_in_a_row(
    band_app: Flask, gig: Gig, refused: Page
) -> None:
    kept(choose(refused, "gigs-0-town").submit())
    assert held(band_app, gig) == ("Theirs", "2026-05-06", 5)
    # The history tells what was written and no more.
    assert entries(band_app, "gigs")[-2:] == [("change", "alice", ["day"]), ("change", "alice", ["town"])]


def test_a_row_of_which_all_is_left_as_it_is_now_is_not_written(
    band_app: Flask, gig: Gig, refused: Page
) -> None:
    GigAdmin.told = []
    kept(choose(refused, "gigs-0-town", "gigs-0-day", "gigs-0-fee").submit())
    assert held(band_app, gig) == ("Theirs", "None", 5)
    assert GigAdmin.told == ["Belém"]


def test_all_of_mine_can_be_kept_in_every_row(band_app: Flask, gig: Gig, refused: Page) -> None:
    kept(choose(refused, "gigs-0-town").submit("_keepmine"))
    assert held(band_app, gig) == ("Mine", "2026-05-06", 100)
    assert towns(band_app) == ["Belém", "Mine"]


def test_all_of_mine_can_be_discarded_and_the_rows_are_fresh(
    band_app: Flask, gig: Gig, refused: Page
) -> None:
    page = refused.follow("Discard mine")
    assert choices(page) == {}
    kept(page.form().fill(**{"gigs-1-fee": "8"}).submit())
    assert held(band_app, gig) == ("Theirs", "None", 8)
    assert towns(band_app) == ["Bahia", "Theirs"]


def test_what_is_typed_into_a_row_after_the_choice_counts(band_app: Flask, gig: Gig, refused: Page) -> None:
    kept(refused.form().fill(**{"gigs-0-fee": "6"}).submit())
    assert held(band_app, gig) == ("Mine", "2026-05-06", 6)


def test_who_types_again_what_the_row_held_before_both_of_them_gets_that(
    band_app: Flask, gig: Gig, refused: Page
) -> None:
    form = refused.form().fill(**{"gigs-0-town": "Acre", "gigs-0-day": "", "_take-gigs-0-fee": "mine"})
    kept(form.submit())
    assert held(band_app, gig) == ("Acre", "None", 100)


def test_a_third_change_in_between_is_a_conflict_again_and_nothing_is_lost(
    band_app: Flask, gig: Gig, band_dora: Visitor, refused: Page
) -> None:
    form = choose(refused, "gigs-0-day")
    change(band_dora, gig, town="Zulu", code="z")
    page = form.submit()
    assert page.status == 409
    assert taken(page) == {
        "gigs-0-town": "mine",
        "gigs-0-day": "now",
        "gigs-0-fee": "now",
        "gigs-0-code": "now",
    }
    assert page.form().fields["gigs-0-town"] == "Mine"
    assert "There now: Zulu Changed by dora" in said(page, "gigs-0-town")
    assert page.form().fields["gigs-1-town"] == "Belém"
    kept(page.form().submit())
    assert held(band_app, gig) == ("Mine", "None", 5)
    assert stored(band_app, Gig, gig.id).code == "z"


def test_a_choice_made_of_a_version_that_is_gone_by_now_writes_nothing(
    band_app: Flask, gig: Gig, band_dora: Visitor, refused: Page
) -> None:
    form = refused.form()
    change(band_dora, gig, town="Zulu")
    before = entries(band_app, "gigs")
    assert form.submit("_keepmine").status == 409
    assert held(band_app, gig) == ("Zulu", "None", 5)
    assert entries(band_app, "gigs") == before
    # Seen again, it is kept.
    kept(form.submit("_keepmine").form().submit("_keepmine"))
    assert held(band_app, gig) == ("Mine", "2026-05-06", 100)


def test_what_is_wrong_elsewhere_keeps_the_choices_of_the_rows(
    band_app: Flask, gig: Gig, refused: Page
) -> None:
    page = choose(refused, "gigs-0-town").fill(name="").submit()
    assert page.status == 422
    assert taken(page) == {"gigs-0-town": "now", "gigs-0-day": "mine", "gigs-0-fee": "now"}
    assert page.form().fields["gigs-0-town"] == "Mine"
    kept(page.form().fill(name="New").submit())
    assert held(band_app, gig) == ("Theirs", "2026-05-06", 5)


def test_one_more_row_can_be_added_while_somebody_chooses(band_app: Flask, gig: Gig, refused: Page) -> None:
    form = more(choose(refused, "gigs-0-town"), "gigs")
    assert taken(form.page) == {"gigs-0-town": "now", "gigs-0-day": "mine", "gigs-0-fee": "now"}
    kept(form.fill(**{"gigs-2-town": "Third"}).submit())
    assert towns(band_app) == ["Belém", "Theirs", "Third"]


def test_a_row_and_the_record_itself_are_chosen_for_at_once(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor
) -> None:
    mine = form_of(as_band_alice).fill(**{"name": "Mine", "gigs-0-town": "My town"})
    kept(form_of(band_dora).fill(**{"name": "Theirs", "gigs-0-town": "Their town"}).submit())
    page = mine.submit()
    assert page.status == 409
    assert taken(page) == {"name": "mine", "gigs-0-town": "mine"}
    kept(choose(page, "name").submit())
    assert (stored(band_app, Band, 1).name, held(band_app, gig)[0]) == ("Theirs", "My town")


def test_the_row_of_a_small_form_shows_both_versions_too(
    band_app: Flask, as_band_alice: Visitor, band_dora: Visitor
) -> None:
    keep(band_app, Contract(id=4, label="One", band_id=1))
    mine = form_of(as_band_alice).fill(**{"contract-0-label": "Mine"})
    theirs = band_dora.get("/contracts/4/change/").form().fill(label="Theirs")
    assert theirs.submit().status == 303
    page = mine.submit()
    assert page.status == 409
    assert "There now: Theirs Changed by dora" in said(page, "contract-0-label")
    kept(choose(page, "contract-0-label").submit())
    assert stored(band_app, Contract, 4).label == "Theirs"
    kept(page.form().submit())
    assert stored(band_app, Contract, 4).label == "Mine"


def test_one_of_no_version_in_between_is_a_conflict_again(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, Song(id=7, title="Hino", place=1, band_id=1))

    def meanwhile(**values: Any) -> None:
        with band_app.app_context():
            db.session.execute(update(Song).values(**values))
            db.session.commit()

    form = form_of(as_band_alice).fill(**{"songs-0-title": "Mine"})
    meanwhile(title="Theirs", place=4)
    page = form.submit()
    assert taken(page) == {"songs-0-title": "mine", "songs-0-place": "now"}
    meanwhile(title="Third")
    page = choose(page, "songs-0-title").fill(**{"_take-songs-0-place": "mine"}).submit()
    assert page.status == 409
    assert taken(page) == {"songs-0-title": "now", "songs-0-place": "mine"}
    assert "There now: Third Changed by somebody else." in said(page, "songs-0-title")
    kept(page.form().submit())
    assert (stored(band_app, Song, 7).title, stored(band_app, Song, 7).place) == ("Third", 1)


def test_a_relation_in_a_row_is_told_by_its_text(
    band_app: Flask, as_band_alice: Visitor, band_dora: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    gig = Gig(town="Acre", band_id=1)
    keep(band_app, gig)
    with band_app.app_context():
        inline = bind(current_site().admin("bands"), GigInline, current_site())
    monkeypatch.setattr(inline, "fields", ("town", "support"))
    mine = form_of(as_band_alice).fill(**{"gigs-0-support": "1"})
    change(band_dora, gig, support="2")
    page = mine.submit()
    assert page.status == 409
    assert "There now: Others Changed by dora" in said(page, "gigs-0-support")
    kept(choose(page, "gigs-0-support").submit())
    assert stored(band_app, Gig, gig.id).support_id == 2
    kept(page.form().submit())
    assert stored(band_app, Gig, gig.id).support_id == 1


def test_a_row_that_was_to_be_deleted_shows_what_it_holds_now(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-_delete": True})
    change(band_dora, gig, fee="5")
    page = form.submit()
    assert page.status == 409
    assert "There now: 5 Changed by dora" in said(page, "gigs-0-fee")
    assert "Save again to delete it" in told(page)[0]
    kept(page.form().fill(**{"gigs-0-_delete": False}).submit())
    assert held(band_app, gig) == ("Acre", "None", 5)
    kept(page.form().submit())
    assert towns(band_app) == ["Bahia"]


# Choices that no page of ours sends


def test_a_forged_choice_neither_writes_nor_shows_a_field_that_the_form_does_not_have(
    band_app: Flask, gig: Gig, band_dora: Visitor, refused: Page
) -> None:
    """AZ-04."""
    forged = {"_take-gigs-0-is_secret": "mine", "gigs-0-is_secret": "y", "_take-gigs-0-band_id": "mine"}
    page = choose(refused, "gigs-0-town").submit(name="", **forged, **{"gigs-0-band_id": "2"})
    assert page.status == 422
    assert "gigs-0-is_secret" not in taken(page)
    kept(page.form().fill(name="New").submit(**forged, **{"gigs-0-band_id": "2"}))
    now = stored(band_app, Gig, gig.id)
    assert (now.is_secret, now.band_id, now.town, str(now.day)) == (False, 1, "Theirs", "2026-05-06")


def test_a_forged_choice_opens_no_row_that_the_person_may_not_change(band_app: Flask) -> None:
    """AZ-07: a gig for 7 is closed to all but superusers, and a choice for the other one is taken."""
    closed, open_ = Gig(town="Closed", fee=7, band_id=1), Gig(town="Open", fee=8, band_id=1)
    keep(band_app, closed, open_)
    bob = somebody(band_app, "bands.view", "bands.change", "gigs.view", "gigs.change")
    forged = {}
    for number, one in enumerate((closed, open_)):
        forged[number] = {
            f"gigs-{number}-_row": f"{one.id}:1:x",
            f"gigs-{number}-town": f"Forged {number}",
            f"gigs-{number}-fee": "9",
            f"_take-gigs-{number}-town": "mine",
            f"_take-gigs-{number}-fee": "now:x",
        }
    assert form_of(bob).submit(**forged[0], **forged[1]).status == 422
    assert towns(band_app) == ["Closed", "Open"]
    assert form_of(bob).submit(**forged[1]).status == 303
    assert towns(band_app) == ["Closed", "Forged 1"]


@pytest.mark.parametrize("value", ["", "now", "now:x", "theirs", "\0", "é" * 300])
def test_a_choice_that_says_nothing_known_keeps_what_was_typed(
    band_app: Flask, gig: Gig, refused: Page, value: str
) -> None:
    kept(refused.form().submit(**{"_take-gigs-0-town": value}))
    assert held(band_app, gig)[0] == "Mine"


def test_what_both_versions_cost_does_not_grow_with_the_rows(band_app: Flask, as_band_alice: Visitor) -> None:
    gigs = [Gig(town=f"Town {number}", band_id=1) for number in range(9)]
    keep(band_app, *gigs)

    def cost(number: int) -> int:
        form = form_of(as_band_alice).fill(
            **{f"gigs-{place}-code": f"{number}{place}" for place in range(number)}
        )
        with band_app.app_context():
            db.session.execute(update(Gig).values(fee=Gig.fee + 1, version=Gig.version + 1))
            db.session.commit()
        with counted(band_app) as statements:
            page = form.submit()
        assert (page.status, len(told(page))) == (409, number)
        return len(statements)

    assert cost(8) == cost(2)
    assert count(band_app, Gig) == 9
