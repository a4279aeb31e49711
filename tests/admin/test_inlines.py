"""Rows that hang on an object, in its form: shown, changed, added and deleted with it, all of it or nothing."""

from flask import Flask
from sqlalchemy import select

from tests.admin.bands import Band, Gig
from tests.library.world import keep
from tests.pages import Visitor
from webapp.extensions import db


def towns(app: Flask, band: int = 1) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Gig.town).where(Gig.band_id == band).order_by(Gig.town)))


def test_children_stand_in_the_form_of_their_parent_and_no_others(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    keep(
        band_app, Gig(town="Bahia", band_id=1), Gig(town="Acre", band_id=1), Gig(town="Elsewhere", band_id=2)
    )
    form = as_band_alice.get("/bands/1/change/").form()
    shown = [form.fields[name] for name in form.fields if name.endswith("-town")]
    assert shown == ["Acre", "Bahia"]


def test_parent_and_children_are_saved_together(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, Gig(town="Acre", band_id=1), Gig(town="Bahia", band_id=1))
    page = as_band_alice.get("/bands/1/change/").form().submit("_add_gigs")
    assert page.status == 200
    form = page.form()
    form.fill(name="The Mutants", **{"gigs-0-town": "Amapá", "gigs-1-_delete": True, "gigs-2-town": "Ceará"})
    saved = form.submit(follow=True)
    assert saved.status == 200, saved.errors
    assert towns(band_app) == ["Amapá", "Ceará"]
    with band_app.app_context():
        assert db.session.get_one(Band, 1).name == "The Mutants"
