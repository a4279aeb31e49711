"""Who may not see the rows in a form any more as it comes is told so, and learns nothing of what there is."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.bands import Band, BandAdmin, Gig, GigInline, Membership, Player
from tests.admin.behaviours import somebody, stored
from tests.admin.test_inlines import towns
from tests.admin.test_inlines_rights import BAND, form_of
from tests.library.world import keep
from tests.pages import Page, Visitor
from webapp.extensions import db
from webapp.users.models import User, UserGrant

SEEING = (*BAND, "gigs.change", "gigs.delete")
SAID = "Gigs, 1: You may not see these records, or not any more. What you typed stands here to be copied."


@pytest.fixture
def gig(band_app: Flask) -> Gig:
    made = Gig(town="Acre", code="xyzzy", band_id=1)
    keep(band_app, made)
    return made


@pytest.fixture
def bob(band_app: Flask) -> Visitor:
    return somebody(band_app, *SEEING)


def leave_only(app: Flask, *grants: str) -> None:
    with app.app_context():
        bob = db.session.scalars(select(User).where(User.username == "bob")).one()
        bob.grants = [UserGrant(permission=permission) for permission in grants]
        db.session.commit()


def typed(page: Page) -> list[str]:
    return [tag.get_text() for tag in page.soup.select(".inline .typed")]


@pytest.mark.parametrize("left", [(), ("gigs.add",)])
@pytest.mark.usefixtures("gig")
def test_what_was_typed_into_rows_that_one_may_not_see_any_more_is_refused_and_shown(
    band_app: Flask, bob: Visitor, left: tuple[str, ...]
) -> None:
    form = form_of(bob).fill(name="New", **{"gigs-0-town": "Belém"})
    leave_only(band_app, *BAND, *left)
    page = form.submit()
    assert (page.status, page.errors) == (422, [SAID])
    assert typed(page) == ["Belém"]
    # What stood there already is not repeated, and all else that was typed is kept.
    assert "Acre" not in page.text
    assert "xyzzy" not in page.text
    assert page.form().fields["name"] == "New"
    assert (stored(band_app, Band, 1).name, towns(band_app)) == ("Mutants", ["Acre"])
    assert page.form().submit().status == 303
    assert (stored(band_app, Band, 1).name, towns(band_app)) == ("New", ["Acre"])


@pytest.mark.usefixtures("gig")
def test_who_may_see_them_still_saves_the_same_form(band_app: Flask, bob: Visitor) -> None:
    form = form_of(bob).fill(name="New", **{"gigs-0-town": "Belém"})
    leave_only(band_app, *BAND, "gigs.change")
    assert form.submit().status == 303
    assert (stored(band_app, Band, 1).name, towns(band_app)) == ("New", ["Belém"])


@pytest.mark.usefixtures("gig")
def test_rows_that_nobody_touched_keep_nobody_from_saving(band_app: Flask, bob: Visitor) -> None:
    keep(band_app, Player(id=5, name="Rita"))
    keep(band_app, Membership(band_id=1, player_id=5, role="voice"))
    leave_only(band_app, *SEEING, "memberships.change")
    form = form_of(bob).fill(name="New")
    assert {"gigs-0-town", "members-0-role"} <= set(form.fields)
    leave_only(band_app, *BAND)
    assert form.submit().status == 303
    assert (stored(band_app, Band, 1).name, towns(band_app)) == ("New", ["Acre"])


@pytest.mark.usefixtures("gig")
def test_a_row_that_was_to_be_deleted_is_refused_too(band_app: Flask, bob: Visitor) -> None:
    form = form_of(bob).fill(**{"gigs-0-_delete": True})
    leave_only(band_app, *BAND)
    page = form.submit()
    assert (page.status, page.errors, typed(page)) == (422, [SAID], [])
    assert "Acre" not in page.text
    assert towns(band_app) == ["Acre"]


def test_a_new_row_for_what_one_may_not_see_any_more_is_refused_and_shown(band_app: Flask) -> None:
    bob = somebody(band_app, *BAND, "gigs.view", "gigs.add")
    form = form_of(bob).submit("_add_gigs").form().fill(**{"gigs-0-town": "Xapuri"})
    leave_only(band_app, *BAND)
    page = form.submit()
    assert (page.status, page.errors, typed(page)) == (422, [SAID], ["Xapuri"])
    assert towns(band_app) == []


def test_what_is_refused_is_told_also_where_the_form_was_sent_for_another_row(
    band_app: Flask, gig: Gig, bob: Visitor
) -> None:
    leave_only(band_app, *SEEING, "memberships.add")
    form = form_of(bob).fill(**{"gigs-0-town": "Belém"})
    leave_only(band_app, *BAND, "memberships.add")
    page = form.submit("_add_members")
    assert (page.status, page.errors, typed(page)) == (200, [SAID], ["Belém"])


def test_a_copy_says_it_as_well(band_app: Flask, gig: Gig) -> None:
    bob = somebody(band_app, *SEEING, "bands.add", "gigs.add")
    form = form_of(bob).fill(**{"gigs-0-town": "Belém"})
    leave_only(band_app, *BAND, "bands.add")
    page = form.submit("_saveasnew")
    assert (page.status, page.errors, typed(page)) == (422, [SAID], ["Belém"])
    assert "Acre" not in page.text


# What no page of ours sends


def test_who_never_saw_the_rows_learns_nothing_by_sending_some(band_app: Flask, gig: Gig) -> None:
    """AZ-07: a row that is there, one that is secret, one of another band and one that is not are answered alike."""
    secret, other = Gig(town="Secret", band_id=1, is_secret=True), Gig(town="Else", band_id=2)
    keep(band_app, secret, other)
    eve = somebody(band_app, *BAND, name="eve")
    keys = [gig.id, secret.id, other.id, 999]
    for asked in ({}, {"gigs-0-_delete": "1"}, {"gigs-0-_row": "::x"}):
        for key in keys:
            assert answer(eve, key, **asked) == (422, [SAID], ["Forged"])
    assert towns(band_app) == ["Acre", "Secret"]


def answer(visitor: Visitor, key: int, **values: Any) -> tuple[int, list[str], list[str]]:
    page = form_of(visitor).submit(**{"gigs-0-_row": f"{key}:1:x", "gigs-0-town": "Forged", **values})
    assert not any(town in page.text for town in ("Acre", "Secret", "Else"))
    return page.status, page.errors, typed(page)


def test_a_row_that_asks_for_nothing_is_no_reason_to_refuse(band_app: Flask, gig: Gig) -> None:
    eve = somebody(band_app, *BAND, name="eve")
    for row in ({"gigs-0-town": "X"}, {"gigs-0-_row": f"{gig.id}:1:", "gigs-0-town": "X"}):
        assert form_of(eve).submit(**row).status == 303
    assert towns(band_app) == ["Acre"]


# What get_inlines leaves out


@pytest.fixture
def left_out(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    def leave_out() -> None:
        monkeypatch.setattr(
            BandAdmin,
            "get_inlines",
            lambda self, *_asked: [one for one in self.inlines if one is not GigInline],
        )

    return leave_out


def test_rows_of_an_inline_that_the_form_has_no_more_are_refused_and_shown(
    band_app: Flask, gig: Gig, bob: Visitor, left_out: Callable[[], None]
) -> None:
    keep(band_app, Gig(town="Bahia", band_id=1))
    form = form_of(bob).fill(name="New", **{"gigs-0-town": "Belém"})
    left_out()
    page = form.submit()
    assert (page.status, page.errors, typed(page)) == (422, [SAID], ["Belém"])
    # He may see them elsewhere; this form shows them no more.
    assert not any(town in page.text for town in ("Acre", "Bahia"))
    assert (stored(band_app, Band, 1).name, towns(band_app)) == ("Mutants", ["Acre", "Bahia"])
    assert page.form().submit().status == 303
    assert (stored(band_app, Band, 1).name, towns(band_app)) == ("New", ["Acre", "Bahia"])


def test_where_nobody_touched_them_the_form_is_saved(
    band_app: Flask, gig: Gig, bob: Visitor, left_out: Callable[[], None]
) -> None:
    form = form_of(bob).fill(name="New")
    assert "gigs-0-town" in form.fields
    left_out()
    assert form.submit().status == 303
    assert (stored(band_app, Band, 1).name, towns(band_app)) == ("New", ["Acre"])
