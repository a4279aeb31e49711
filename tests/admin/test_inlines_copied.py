"""What a form with inlines can do besides: save as new, take files, make what was left empty, look things up."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.bands import Band, Contract, Gig, Membership, Player, Song
from tests.admin.behaviours import count, somebody, stored
from tests.admin.test_inlines import form_of, kept, more
from tests.library.world import keep
from tests.pages import Visitor
from webapp.admin.editing.inlines import family
from webapp.extensions import db


@pytest.fixture
def whole(band_app: Flask) -> None:
    """A band with children of every kind."""
    keep(band_app, Player(id=5, name="Rita"))
    keep(
        band_app,
        Gig(town="Acre", band_id=1, is_secret=True, fee=40),
        Gig(town="Bahia", band_id=1),
        Song(title="Hino", place=3, band_id=1),
        Contract(label="Paper", scan=b"\0scan", band_id=1),
        Membership(band_id=1, player_id=5, role="voice"),
    )


def copy_of(app: Flask, name: str) -> Band:
    with app.app_context():
        band = db.session.scalars(select(Band).where(Band.name == name)).one()
        for relation in ("gigs", "songs", "contract", "members"):
            getattr(band, relation)
        return band


def test_save_as_new_copies_the_children_and_leaves_out_what_is_ticked(
    band_app: Flask, whole: None, as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(name="Copy", **{"gigs-1-_delete": True, "gigs-0-fee": "41"})
    kept(form.submit("_saveasnew"))
    copy = copy_of(band_app, "Copy")
    assert [(gig.town, gig.fee) for gig in copy.gigs] == [("Acre", 41)]
    assert [(song.title, song.place) for song in copy.songs] == [("Hino", 3)]
    assert copy.contract is not None
    assert (copy.contract.label, copy.contract.scan) == ("Paper", b"\0scan")
    assert [(one.player_id, one.role) for one in copy.members] == [(5, "voice")]
    former = copy_of(band_app, "Mutants")
    assert [(gig.town, gig.fee) for gig in former.gigs] == [("Acre", 40), ("Bahia", 100)]
    assert (len(former.songs), len(former.members)) == (1, 1)


def test_a_copy_that_is_refused_stays_one(band_app: Flask, whole: None, as_band_alice: Visitor) -> None:
    page = form_of(as_band_alice).fill(name="", **{"gigs-0-fee": "x"}).submit("_saveasnew")
    assert page.status == 422
    assert [button["name"] for button in page.soup.select(".savebar button")] == ["_saveasnew"]
    assert count(band_app, Gig) == 2
    kept(page.form().fill(name="Copy", **{"gigs-0-fee": "42"}).submit("_saveasnew"))
    assert sorted(gig.fee for gig in copy_of(band_app, "Copy").gigs) == [42, 100]


def test_copying_children_takes_the_right_to_add_them(band_app: Flask, whole: None) -> None:
    bob = somebody(band_app, "bands.view", "bands.change", "bands.add", "gigs.view", "gigs.change")
    form = form_of(bob)
    assert form.fill(name="Copy", **{"gigs-0-town": "Stolen"}).submit("_saveasnew").status == 303
    copy = copy_of(band_app, "Copy")
    assert (copy.gigs, copy.contract) == ([], None)
    assert [song.title for song in copy.songs] == ["Hino"]


def test_children_that_are_not_on_the_page_are_copied_too(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, *(Gig(town=f"Town {number:02}", fee=200 + number, band_id=1) for number in range(60)))
    form = form_of(as_band_alice).fill(name="Copy", **{"gigs-0-_delete": True, "gigs-1-fee": "500"})
    assert "gigs-30-town" not in form.fields
    kept(form.submit("_saveasnew"))
    copied = {gig.town: gig.fee for gig in copy_of(band_app, "Copy").gigs}
    assert copied == {f"Town {number:02}": 500 if number == 1 else 200 + number for number in range(1, 60)}
    assert count(band_app, Gig) == 60 + 59


def test_what_keeps_one_of_them_from_being_copied_is_told(band_app: Flask, as_band_alice: Visitor) -> None:
    gigs = [Gig(town=f"Town {number:02}", band_id=1) for number in range(60)]
    gigs[59].code = "only"
    keep(band_app, *gigs)
    page = form_of(as_band_alice).fill(name="Copy").submit("_saveasnew")
    assert page.status == 422
    assert any("Town 59: This value is taken already" in error for error in page.errors)
    assert (count(band_app, Gig), page.form().fields["name"]) == (60, "Copy")


def test_more_than_can_be_copied_at_once_are_refused(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(family, "MAX_COPIED", 30)
    keep(band_app, *(Gig(town=f"Town {number:02}", band_id=1) for number in range(60)))
    page = form_of(as_band_alice).fill(name="Copy").submit("_saveasnew")
    assert (page.status, count(band_app, Gig)) == (422, 60)
    assert any("at most 30" in error for error in page.errors)


# Files


def test_a_file_in_a_child_makes_the_form_take_files(band_app: Flask, as_band_alice: Visitor) -> None:
    form = more(form_of(as_band_alice), "contract")
    assert form.tag["enctype"] == "multipart/form-data"
    kept(
        form.fill(**{"contract-0-label": "Paper"}).submit(**{"contract-0-scan": (BytesIO(b"\1\2"), "a.bin")})
    )
    with band_app.app_context():
        assert db.session.scalars(select(Contract.scan)).all() == [b"\1\2"]
    form = form_of(as_band_alice)
    kept(form.submit(**{"contract-0-scan": (BytesIO(b"\3"), "b.bin")}))
    with band_app.app_context():
        key = db.session.scalars(select(Contract.id)).one()
    assert stored(band_app, Contract, key).scan == b"\3"
    kept(form_of(as_band_alice).submit(**{"contract-0-scan-clear": "y"}))
    assert stored(band_app, Contract, key).scan is None


@pytest.mark.parametrize("name", ["contract-0-label", "name", "gigs-0-town"])
def test_a_file_for_what_is_no_file_is_refused(
    band_app: Flask, whole: None, as_band_alice: Visitor, name: str
) -> None:
    sent: dict[str, Any] = {name: (BytesIO(b"x"), "x.bin")}
    form = form_of(as_band_alice)
    form.fields.pop(name)
    assert form.submit(**sent).status == 400


# Looking up


def test_the_lookup_of_a_childs_field_takes_the_parents_form(band_app: Flask, whole: None) -> None:
    def answer(visitor: Visitor, address: str) -> int:
        return visitor.client.get(address, headers={"Accept": "application/json"}).status_code

    address = "/bands/lookup/?field=members-player&key=1"
    alice = somebody(band_app, "bands.view", "bands.change", "memberships.add", "players.view", name="alice")
    assert answer(alice, address) == 200
    assert answer(alice, "/bands/lookup/?field=members-band&key=1") == 400
    assert answer(alice, "/bands/lookup/?field=others-player&key=1") == 400
    assert answer(somebody(band_app, "bands.view", "bands.change", "memberships.add"), address) == 403
    assert answer(somebody(band_app, "bands.view", "players.view", name="eve"), address) == 403
    blind = somebody(band_app, "bands.view", "bands.change", "players.view", name="zoe")
    assert answer(blind, address) == 400
