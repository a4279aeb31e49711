"""Rows that hang on an object, in its form: shown, changed, added and deleted with it, all of it or nothing."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.admin.bands import Band, BandAdmin, Gig, GigAdmin, GigInline, Hall, Membership, Player, Ticket
from tests.library.world import keep
from tests.pages import Form, Page, Visitor
from webapp.admin.editing.inlines.bound import bind
from webapp.admin.site import current_site
from webapp.extensions import db


def towns(app: Flask, band: int = 1) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Gig.town).where(Gig.band_id == band).order_by(Gig.town)))


def number_of(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def form_of(visitor: Visitor, address: str = "/bands/1/change/") -> Form:
    return visitor.get(address).form()


def shown(form: Form, field: str) -> list[str]:
    names = [name for name in form.fields if name.endswith(f"-{field}") and not name.startswith("_")]
    return [str(form.fields[name]) for name in names]


def more(form: Form, prefix: str) -> Form:
    page = form.submit(f"_add_{prefix}")
    assert page.status == 200, page.errors
    return page.form()


def with_new_door(app: Flask, visitor: Visitor) -> Form:
    """The form of a hall, which counts no versions, with a door typed into it."""
    keep(app, Hall(town="Acre", number=1))
    form = more(form_of(visitor, "/halls/Acre,1/change/"), "band_doors_town")
    letter = next(name for name in form.fields if name.endswith("-letter"))
    return form.fill(**{letter: "a"})


def kept(page: Page) -> Page:
    assert page.status == 303, (page.status, page.errors)
    return page


def limit(app: Flask, monkeypatch: pytest.MonkeyPatch, **words: Any) -> None:
    """Have the inline of gigs declared with other *words*."""
    with app.app_context():
        inline = bind(current_site().admin("bands"), GigInline, current_site())
    for word, value in words.items():
        monkeypatch.setattr(inline, word, value)
    assert GigInline in BandAdmin.inlines


# Showing


def test_children_stand_in_the_form_of_their_parent_and_no_others(
    gigs: list[Gig], as_band_alice: Visitor
) -> None:
    assert shown(form_of(as_band_alice), "town") == ["Acre", "Bahia"]
    assert shown(form_of(as_band_alice, "/bands/2/change/"), "town") == ["Else"]


def test_the_fields_of_a_child_are_those_that_are_declared(gigs: list[Gig], as_band_alice: Visitor) -> None:
    names = {name.rpartition("-")[2] for name in form_of(as_band_alice).fields if name.startswith("gigs-0-")}
    assert names == {"_row", "town", "code", "day", "fee"}


def test_a_child_leads_to_its_own_page_where_it_is_declared(gigs: list[Gig], as_band_alice: Visitor) -> None:
    assert as_band_alice.get("/bands/1/change/").link("Acre") == f"/gigs/{gigs[0].id}/change/"


def test_what_is_not_there_yet_has_empty_rows_to_begin_with(band_app: Flask, as_band_alice: Visitor) -> None:
    form = form_of(as_band_alice, "/bands/add/")
    assert shown(form, "role") == [""]
    assert shown(form, "town") == []


# Saving


def test_parent_and_children_are_saved_together(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = more(form_of(as_band_alice), "gigs")
    form.fill(name="The Mutants", **{"gigs-0-town": "Amapá", "gigs-1-_delete": True, "gigs-2-town": "Ceará"})
    kept(form.submit())
    assert towns(band_app) == ["Amapá", "Ceará"]
    with band_app.app_context():
        assert db.session.get_one(Band, 1).name == "The Mutants"


def test_a_parent_is_added_with_its_children_of_every_kind(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, Player(id=5, name="Rita"))
    form = form_of(as_band_alice, "/bands/add/")
    for prefix in ("gigs", "contract", "songs"):
        form = more(form, prefix)
    form.fill(
        name="Novos",
        **{
            "gigs-0-town": "Olinda",
            "contract-0-label": "Paper",
            "songs-0-title": "Hino",
            "members-0-player": "5",
            "members-0-role": "voice",
        },
    )
    kept(form.submit())
    with band_app.app_context():
        band = db.session.scalars(select(Band).where(Band.name == "Novos")).one()
        assert [gig.town for gig in band.gigs] == ["Olinda"]
        assert [(song.title, song.place) for song in band.songs] == [("Hino", 1)]
        assert band.contract is not None
        assert band.contract.label == "Paper"
        assert [(one.player_id, one.role) for one in band.members] == [(5, "voice")]


def test_an_empty_row_is_no_child(band_app: Flask, as_band_alice: Visitor) -> None:
    form = more(more(form_of(as_band_alice), "gigs"), "gigs")
    kept(form.fill(name="Same", **{"gigs-1-town": "Natal"}).submit())
    assert towns(band_app) == ["Natal"]
    assert number_of(band_app, Membership) == 0


def test_a_new_row_that_is_left_out_is_not_judged(band_app: Flask, as_band_alice: Visitor) -> None:
    form = more(form_of(as_band_alice), "gigs")
    form.fill(**{"gigs-0-town": "", "gigs-0-fee": "no number"})
    assert form.submit().status == 422
    kept(form.fill(**{"gigs-0-_delete": True}).submit())
    assert towns(band_app) == []


def test_one_more_row_keeps_all_that_was_typed_and_saves_nothing(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(name="", **{"gigs-0-town": "Typed", "gigs-1-_delete": True})
    page = form.submit("_add_gigs")
    assert (page.status, page.errors) == (200, [])
    again = page.form()
    assert again.fields["name"] == ""
    assert shown(again, "town") == ["Typed", "Bahia", ""]
    assert again.fields["gigs-1-_delete"] == "on"
    assert towns(band_app) == ["Acre", "Bahia"]


def test_what_is_wrong_in_parent_and_children_is_told_at_once(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(name="", **{"gigs-0-town": "", "gigs-1-fee": "x"})
    page = form.submit()
    assert page.status == 422
    assert [line.rpartition(":")[0] for line in page.errors] == [
        "Name",
        "Gigs, Acre, Town",
        "Gigs, Bahia, Fee",
    ]
    assert shown(page.form(), "fee") == ["100", "x"]
    for link in page.soup.select("#errors a"):
        assert page.soup.select_one(f"[id='{str(link['href'])[1:]}']") is not None
    assert towns(band_app) == ["Acre", "Bahia"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("town", "Nowhere", "There is no such town."),
        ("fee", "13", "No band plays for 13."),
        ("code", "b", "taken already"),
    ],
)
def test_one_child_that_is_refused_keeps_everything_from_being_saved(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor, field: str, value: str, said: str
) -> None:
    form = more(form_of(as_band_alice), "gigs").fill(name="New", **{"gigs-2-town": "Third"})
    page = form.fill(**{f"gigs-0-{field}": value}).submit()
    assert page.status == 422
    assert said in page.errors[0]
    assert page.errors[0].startswith(f"Gigs, Acre, {field.capitalize()}:")
    assert page.form().fields["name"] == "New"
    assert towns(band_app) == ["Acre", "Bahia"]
    with band_app.app_context():
        assert db.session.get_one(Band, 1).name == "Mutants"
    assert GigAdmin.told == []


def test_what_leaves_makes_room_for_what_comes(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = more(form_of(as_band_alice), "gigs")
    form.fill(**{"gigs-1-_delete": True, "gigs-2-town": "Ceará", "gigs-2-code": "b"})
    kept(form.submit())
    assert towns(band_app) == ["Acre", "Ceará"]


def test_two_new_children_that_exclude_each_other_are_refused(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    form = more(more(form_of(as_band_alice), "gigs"), "gigs")
    for number in (0, 1):
        form.fill(**{f"gigs-{number}-town": f"T{number}", f"gigs-{number}-code": "same"})
    page = form.submit()
    assert page.status == 422
    assert page.errors == ["Gigs, 2, Code: This value is taken already, by another record."]
    assert towns(band_app) == []


def test_the_hooks_of_the_childs_own_admin_are_called(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = more(form_of(as_band_alice), "gigs")
    form.fill(**{"gigs-0-town": "Amapá", "gigs-1-_delete": True, "gigs-2-town": "Ceará"})
    kept(form.submit())
    assert GigAdmin.told == ["Bahia", "Amapá", "Ceará"]


# Deleting


def test_a_child_that_others_need_says_why_and_nothing_is_lost(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    keep(band_app, Ticket(seat="12A", gig_id=gigs[0].id))
    form = form_of(as_band_alice).fill(name="New", **{"gigs-0-_delete": True, "gigs-1-town": "Belém"})
    page = form.submit()
    assert page.status == 409
    assert "Other records need it" in page.errors[0]
    assert "12A" in page.errors[0]
    assert page.form().fields["name"] == "New"
    assert shown(page.form(), "town") == ["Acre", "Belém"]
    assert towns(band_app) == ["Acre", "Bahia"]
    kept(page.form().fill(**{"gigs-0-_delete": False}).submit())
    assert towns(band_app) == ["Acre", "Belém"]


def test_a_hook_may_refuse_that_a_child_is_deleted(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    keep(band_app, Gig(town="Paid", fee=99, band_id=1))
    page = form_of(as_band_alice).fill(**{"gigs-2-_delete": True}).submit()
    assert page.status == 422
    assert "This one was paid for." in page.errors[0]
    assert towns(band_app) == ["Acre", "Bahia", "Paid"]
