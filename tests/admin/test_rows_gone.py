"""Rows in one form that somebody else has deleted meanwhile: told by whom, dropped or added again."""

import pytest
from flask import Flask

from tests.admin.bands import Gig, GigAdmin
from tests.admin.behaviours import somebody
from tests.admin.choosing import told
from tests.admin.test_inlines import form_of, kept, towns
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
