"""Rows in one form that somebody else has deleted meanwhile: told by whom, dropped or added again."""

import pytest
from flask import Flask

from tests.admin.bands import Band, Gig, GigAdmin
from tests.admin.behaviours import somebody, stored
from tests.admin.choosing import told
from tests.admin.test_inlines import form_of, kept, more, towns
from tests.admin.test_inlines_unseen import leave_only
from tests.pages import Visitor


def delete(visitor: Visitor, gig: Gig) -> None:
    assert visitor.get(f"/gigs/{gig.id}/delete/").form().submit("_delete").status == 303


@pytest.fixture
def superusers_know(monkeypatch: pytest.MonkeyPatch) -> None:
    """How a gig went is told to superusers."""
    monkeypatch.setattr(GigAdmin, "may_see_deleted", lambda self, user: bool(user.is_superuser))


@pytest.mark.parametrize("is_dropped", [True, False])
@pytest.mark.usefixtures("superusers_know")
def test_a_row_that_was_deleted_says_by_whom_and_can_be_dropped_or_added_again(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor, is_dropped: bool
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-town": "Mine", "gigs-1-town": "Belém"})
    delete(band_dora, gig)
    page = form.submit()
    assert page.status == 409
    assert "dora deleted Acre" in told(page)[0]
    assert "add it again" in told(page)[0]
    [off] = [name for name in page.form().fields if name.endswith("_delete")]
    assert page.form().fields[off.replace("_delete", "town")] == "Mine"
    assert towns(band_app) == ["Bahia"]
    kept(page.form().submit() if is_dropped else page.form().fill(**{off: False}).submit())
    assert towns(band_app) == (["Belém"] if is_dropped else ["Belém", "Mine"])


def test_a_row_that_was_deleted_and_nobody_touched_keeps_nobody_from_saving(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-1-town": "Belém"})
    delete(band_dora, gig)
    kept(form.submit())
    assert towns(band_app) == ["Belém"]


def test_who_may_not_add_has_what_was_typed_into_a_deleted_row_to_copy(
    band_app: Flask, gig: Gig, band_dora: Visitor
) -> None:
    rights = ("bands.view", "bands.change", "gigs.view", "gigs.change")
    bob = somebody(band_app, *rights)
    form = form_of(bob).fill(**{"gigs-0-town": "Mine", "gigs-1-town": "Belém"})
    delete(band_dora, gig)
    page = form.submit()
    assert page.status == 409
    assert [one.get_text() for one in page.soup.select(".typed")][:1] == ["Mine"]
    assert "add it again" not in told(page)[0]
    assert "You may not add" in told(page)[0]
    # Nor does it help to ask for it.
    forged = {"gigs-7-_row": "::", "gigs-7-town": "Mine", "gigs-7-fee": "1", "_take-gigs-7-town": "mine"}
    kept(page.form().submit(**forged))
    assert towns(band_app) == ["Belém"]


@pytest.mark.usefixtures("superusers_know")
def test_what_others_may_not_know_of_a_deleted_row_is_not_told(
    band_app: Flask, gig: Gig, band_dora: Visitor
) -> None:
    bob = somebody(band_app, "bands.view", "bands.change", "gigs.view", "gigs.change", "gigs.add")
    form = form_of(bob).fill(**{"gigs-0-town": "Mine"})
    delete(band_dora, gig)
    page = form.submit()
    assert page.status == 409
    assert "dora" not in page.text
    assert "not among these records any more" in told(page)[0]


# All of mine


def test_all_of_mine_can_be_kept_with_the_rows_that_were_deleted(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"name": "Mine", "gigs-0-town": "Mine", "gigs-1-town": "Belém"})
    delete(band_dora, gig)
    assert band_dora.get("/bands/1/change/").form().fill(name="Theirs").submit().status == 303
    page = form.submit()
    assert page.status == 409
    kept(page.form().submit("_keepmine"))
    assert towns(band_app) == ["Belém", "Mine"]
    assert stored(band_app, Band, 1).name == "Mine"


def test_all_of_mine_is_offered_where_nothing_but_a_row_is_gone(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-town": "Mine"})
    delete(band_dora, gig)
    page = form.submit()
    assert [button.get_text() for button in page.soup.select(".savebar button")] == [
        "Save what is chosen",
        "Keep all of mine",
    ]
    kept(page.form().submit("_keepmine"))
    assert towns(band_app) == ["Bahia", "Mine"]


def test_all_of_mine_brings_back_neither_what_i_deleted_myself_nor_what_i_left_out(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor
) -> None:
    form = more(form_of(as_band_alice).fill(**{"gigs-0-_delete": True, "gigs-1-town": "Belém"}), "gigs")
    form.fill(**{"gigs-2-town": "New", "gigs-2-_delete": True})
    delete(band_dora, gig)
    page = form.submit()
    assert page.status == 409
    kept(page.form().submit("_keepmine"))
    assert towns(band_app) == ["Belém"]


def test_all_of_mine_that_is_wrong_elsewhere_adds_the_row_once_it_is_right(
    band_app: Flask, gig: Gig, as_band_alice: Visitor, band_dora: Visitor
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-town": "Mine"})
    delete(band_dora, gig)
    page = form.submit().form().fill(name="").submit("_keepmine")
    assert page.status == 422
    assert page.form().fields["gigs-0-town"] == "Mine"
    kept(page.form().fill(name="New").submit())
    assert towns(band_app) == ["Bahia", "Mine"]


@pytest.mark.parametrize("button", ["_keepmine", "_save"])
def test_who_may_not_add_any_more_is_told_so_and_nothing_is_saved(
    band_app: Flask, gig: Gig, band_dora: Visitor, button: str
) -> None:
    rights = ("bands.view", "bands.change", "gigs.view", "gigs.change")
    bob = somebody(band_app, *rights, "gigs.add")
    form = form_of(bob).fill(name="New", **{"gigs-0-town": "Mine"})
    delete(band_dora, gig)
    asked = form.submit().form()
    [off] = [name for name in asked.fields if name.endswith("_delete")]
    leave_only(band_app, *rights)
    page = asked.fill(**{off: button == "_keepmine"}).submit(button)
    assert page.status == 422
    assert "You may not add" in " ".join(page.errors)
    assert [one.get_text() for one in page.soup.select(".typed")][:1] == ["Mine"]
    assert (towns(band_app), stored(band_app, Band, 1).name) == (["Bahia"], "Mutants")
    # Left out, as the page has it, it is no reason to refuse.
    kept(asked.fill(**{off: True}).submit())
    assert (towns(band_app), stored(band_app, Band, 1).name) == (["Bahia"], "New")


def test_a_row_that_could_never_be_added_is_left_out_of_all_of_mine_as_it_said(
    band_app: Flask, gig: Gig, band_dora: Visitor
) -> None:
    bob = somebody(band_app, "bands.view", "bands.change", "gigs.view", "gigs.change")
    form = form_of(bob).fill(name="Mine", **{"gigs-0-town": "Mine"})
    delete(band_dora, gig)
    assert band_dora.get("/bands/1/change/").form().fill(name="Theirs").submit().status == 303
    page = form.submit()
    assert "You may not add to these records, so it will be left out." in told(page)[0]
    kept(page.form().submit("_keepmine"))
    assert (towns(band_app), stored(band_app, Band, 1).name) == (["Bahia"], "Mine")
