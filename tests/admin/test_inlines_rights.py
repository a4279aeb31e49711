"""Who may see, add, change and delete a child is asked of the child's own admin: four rights, and forged input."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.bands import Band, Contract, Gig, Membership, Player, Song
from tests.admin.behaviours import count, somebody, stored
from tests.admin.choosing import told
from tests.library.world import keep
from tests.pages import Form, Visitor
from webapp.extensions import db

BAND = ("bands.view", "bands.change")
ADDRESS = "/bands/1/change/"


@pytest.fixture
def gig(band_app: Flask) -> Gig:
    made = Gig(town="Acre", band_id=1)
    keep(band_app, made)
    return made


def form_of(visitor: Visitor) -> Form:
    return visitor.get(ADDRESS).form()


def forged(visitor: Visitor, gig: Gig, **values: Any) -> Any:
    """What a form that has everything would send."""
    form = form_of(visitor)
    row = {"gigs-0-_row": f"{gig.id}:{gig.version}:x", "gigs-0-town": "Forged", "gigs-0-fee": "1", **values}
    return form.submit(**row)


# Seeing


def test_who_may_not_see_the_children_sees_nothing_of_them(band_app: Flask, gig: Gig) -> None:
    page = somebody(band_app, *BAND).get(ADDRESS)
    assert page.soup.select("#gigs") == []
    assert "Acre" not in page.text
    assert somebody(band_app, *BAND, name="dan").get(ADDRESS).form().submit(name="New").status == 303
    assert stored(band_app, Band, 1).name == "New"


def test_who_may_see_the_children_reads_them_and_cannot_write(band_app: Flask, gig: Gig) -> None:
    bob = somebody(band_app, *BAND, "gigs.view")
    page = bob.get(ADDRESS)
    assert "Acre" in page.soup.select_one("#gigs").get_text()  # type: ignore[union-attr]
    assert page.soup.select("#gigs input, #gigs button") == []
    more = {"gigs-1-_row": "::", "gigs-1-town": "More"}
    refused = forged(bob, gig, name="New", **{"gigs-0-_delete": "1"}, **more)
    assert (refused.status, stored(band_app, Band, 1).name) == (422, "Mutants")
    assert form_of(bob).submit(name="New", **more).status == 303
    assert stored(band_app, Band, 1).name == "New"
    assert [gig.town for gig in all_gigs(band_app)] == ["Acre"]


def test_a_child_that_does_not_exist_for_a_person_is_not_there(band_app: Flask, gig: Gig) -> None:
    hidden = Gig(town="Hidden", band_id=1, is_secret=True)
    keep(band_app, hidden)
    bob = somebody(band_app, *BAND, "gigs.change", "gigs.delete")
    assert "Hidden" not in bob.get(ADDRESS).text
    page = forged(bob, hidden)
    assert page.status == 409
    assert "Hidden" not in page.text
    assert stored(band_app, Gig, hidden.id).town == "Hidden"


# Changing, adding, deleting


def test_who_may_change_neither_adds_nor_deletes(band_app: Flask, gig: Gig) -> None:
    """AZ-07."""
    bob = somebody(band_app, *BAND, "gigs.change")
    page = bob.get(ADDRESS)
    assert page.soup.select("#gigs [type=checkbox], #gigs button") == []
    form = page.form().fill(**{"gigs-0-town": "Belém"})
    sent = form.submit(**{"gigs-0-_delete": "1"})
    assert (sent.status, "may not delete" in " ".join(sent.errors)) == (422, True)
    # A row that no page of ours offers, and one that was offered while the person could still add.
    assert form.submit(**{"gigs-1-_row": "::", "gigs-1-town": "X", "gigs-1-fee": "1"}).status == 303
    sent = form.submit(**{"gigs-1-_row": "::x", "gigs-1-town": "Xapuri", "gigs-1-fee": "1"})
    assert (sent.status, "may not add" in " ".join(sent.errors)) == (422, True)
    assert "Xapuri" in sent.text
    assert sent.form().submit().status == 303
    assert [gig.town for gig in all_gigs(band_app)] == ["Belém"]


def test_who_may_add_neither_sees_nor_changes_what_is_there(band_app: Flask, gig: Gig) -> None:
    bob = somebody(band_app, *BAND, "gigs.add")
    page = bob.get(ADDRESS)
    assert "Acre" not in page.text
    form = page.form().submit("_add_gigs").form()
    assert form.fill(**{"gigs-0-town": "New"}).submit().status == 303
    refused = forged(bob, gig)
    assert (refused.status, "may not see" in " ".join(refused.errors)) == (422, True)
    assert [gig.town for gig in all_gigs(band_app)] == ["Acre", "New"]


def test_who_may_delete_has_a_box_and_no_fields(band_app: Flask, gig: Gig) -> None:
    bob = somebody(band_app, *BAND, "gigs.view", "gigs.delete")
    page = bob.get(ADDRESS)
    assert page.soup.select("#gigs input:not([type])") == []
    assert page.form().fill(**{"gigs-0-_delete": True}).submit(**{"gigs-0-town": "X"}).status == 303
    assert all_gigs(band_app) == []


def test_the_rights_on_each_child_count(band_app: Flask, gig: Gig) -> None:
    """AZ-07."""
    closed = Gig(town="Zero", fee=7, band_id=1)
    keep(band_app, closed)
    bob = somebody(band_app, *BAND, "gigs.view", "gigs.change", "gigs.delete")
    form = form_of(bob)
    assert [name for name in form.fields if name.endswith("-town")] == ["gigs-0-town"]
    row = {"gigs-1-_row": f"{closed.id}:1:x", "gigs-1-town": "Forged"}
    sent = form.submit(**row, **{"gigs-0-town": "Belém"})
    assert sent.status == 422
    # What was typed is not lost, in this row or in another.
    assert any("“Zero”" in line and "Forged" in line for line in sent.errors), sent.errors
    assert sent.form().fields["gigs-0-town"] == "Belém"
    assert [gig.town for gig in all_gigs(band_app)] == ["Acre", "Zero"]
    assert "“Zero”" in " ".join(form.submit(**row, **{"gigs-1-_delete": "1"}).errors)
    assert sent.form().submit().status == 303
    assert [gig.town for gig in all_gigs(band_app)] == ["Belém", "Zero"]


def test_a_child_that_would_become_one_that_the_person_may_not_make_is_refused_by_the_childs_form(
    band_app: Flask, gig: Gig
) -> None:
    """A read-only field of the child's own form is read-only here too."""
    bob = somebody(band_app, *BAND, "gigs.change")
    assert (
        form_of(bob).submit(**{"gigs-0-is_secret": "y", "gigs-0-band": "2", "gigs-0-band_id": "2"}).status
        == 303
    )
    kept = stored(band_app, Gig, gig.id)
    assert (kept.is_secret, kept.band_id) == (False, 1)


def test_who_may_not_change_the_parent_may_not_change_its_children_here(band_app: Flask, gig: Gig) -> None:
    bob = somebody(band_app, "bands.view", "gigs.view", "gigs.add", "gigs.change", "gigs.delete")
    page = bob.get(ADDRESS)
    assert "Acre" in page.text
    assert page.soup.select("main [name]:not(meta)") == []
    alice = somebody(band_app, *BAND, "gigs.change", name="alice")
    token = form_of(alice).fields["csrf_token"]
    assert bob.post(ADDRESS, {"csrf_token": token, "gigs-0-town": "X"}).status in (400, 403)
    assert stored(band_app, Gig, gig.id).town == "Acre"


def test_where_nobody_looks_after_the_child_the_parents_permission_decides(band_app: Flask) -> None:
    keep(band_app, Song(title="Hino", place=1, band_id=1))
    bob = somebody(band_app, *BAND)
    form = form_of(bob).submit("_add_songs").form()
    form.fill(**{"songs-0-title": "Ode", "songs-1-title": "New"})
    assert form.submit().status == 303
    assert count(band_app, Song) == 2
    reader = somebody(band_app, "bands.view", name="charlie")
    page = reader.get(ADDRESS)
    assert "Ode" in page.text
    assert page.soup.select("#songs input") == []


def test_an_adder_of_parents_adds_their_children(band_app: Flask) -> None:
    bob = somebody(band_app, "bands.add", "bands.view", "gigs.add")
    page = bob.get("/bands/add/")
    assert page.soup.select("#contract") == []
    form = page.form().submit("_add_gigs").form().submit("_add_songs").form()
    form.fill(name="Novos", **{"gigs-0-town": "Olinda", "songs-0-title": "Hino"})
    assert form.submit(**{"contract-0-_row": "::", "contract-0-label": "Forged"}).status == 303
    assert (count(band_app, Gig), count(band_app, Song), count(band_app, Contract)) == (1, 1, 0)


# What no page of ours sends


def test_a_child_of_another_parent_is_refused_and_nothing_is_written(band_app: Flask, gig: Gig) -> None:
    other = Gig(town="Else", band_id=2)
    keep(band_app, other)
    alice = somebody(band_app, *BAND, "gigs.change", "gigs.delete")
    for sent in ({}, {"gigs-0-_delete": "1"}):
        page = forged(alice, other, name="New", **sent)
        assert page.status == 409
        assert "not among these records" in told(page)[0]
    assert stored(band_app, Band, 1).name == "Mutants"
    assert [(one.town, one.band_id) for one in all_gigs(band_app)] == [("Acre", 1), ("Else", 2)]
    assert form_of(alice).fill(name="New").submit().status == 303


@pytest.mark.parametrize(
    "rows",
    [
        {"gigs-0-_row": "no key:1:x"},
        {"gigs-0-_row": "1,2:1:x"},
        {"gigs-0-_row": "only"},
        {"gigs-0-_row": ["::", "::"]},
        {"gigs-0-_row": "1:1:x", "gigs-1-_row": "1:1:x"},
        {f"gigs-{number}-town": "x" for number in range(401)},
    ],
)
def test_rows_that_no_page_of_ours_sends_are_400(band_app: Flask, rows: dict[str, Any]) -> None:
    alice = somebody(band_app, *BAND, "gigs.add", "gigs.change")
    form = form_of(alice)
    assert form.submit(name="New", **rows).status == 400
    assert stored(band_app, Band, 1).name == "Mutants"
    assert form.submit(name="New").status == 303


def test_the_key_of_a_child_cannot_be_forged(band_app: Flask) -> None:
    """AZ-07."""
    keep(band_app, Player(id=5, name="Rita"), Player(id=6, name="Arnaldo"))
    keep(band_app, Membership(band_id=1, player_id=5, role="voice"))
    alice = somebody(band_app, *BAND, "memberships.change", "players.view")
    sent = (
        form_of(alice)
        .fill(**{"members-0-role": "bass"})
        .submit(**{"members-0-player": "6", "members-0-band": "2"})
    )
    assert sent.status == 303
    with band_app.app_context():
        kept = db.session.scalars(select(Membership)).one()
        assert (kept.band_id, kept.player_id, kept.role) == (1, 5, "bass")


def test_a_child_may_lead_only_to_what_exists_for_the_person(band_app: Flask) -> None:
    keep(band_app, Player(id=5, name="Rita"))
    bob = somebody(band_app, *BAND, "memberships.add")
    page = form_of(bob).submit(**{"members-0-player": "5"})
    assert page.status == 422
    assert "players.view" in page.errors[0]
    assert count(band_app, Membership) == 0


def all_gigs(app: Flask) -> list[Gig]:
    with app.app_context():
        return list(db.session.scalars(select(Gig).order_by(Gig.town)))
