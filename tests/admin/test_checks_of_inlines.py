"""Wrong inlines are told at start: each with its number, its place and the way out."""

from typing import Any

import pytest
from wtforms import StringField

from tests.admin.bands import (
    Band,
    Contract,
    ContractInline,
    Gig,
    GigInline,
    MembershipInline,
    Player,
    Song,
    SongInline,
    Ticket,
)
from webapp.admin.checks import check
from webapp.admin.inlines import Inline, TabularInline
from webapp.admin.options import ModelAdmin
from webapp.admin.site import AdminSite


def problems_of(inlines: Any) -> list[str]:
    site = AdminSite()
    site.register(Band, type("BandAdmin", (ModelAdmin,), {"inlines": inlines, "fields": ("name",)}))
    site.register(Player)
    return [f"{problem.id[6:]} {problem}" for problem in check(site)]


def gigs(**words: Any) -> type[Inline]:
    return type("Gigs", (TabularInline,), {"model": Gig, "fk_name": "band", **words})


def songs(**words: Any) -> type[Inline]:
    return type("Songs", (TabularInline,), {"model": Song, **words})


def contract(**words: Any) -> type[Inline]:
    return type("Paper", (TabularInline,), {"model": Contract, **words})


@pytest.mark.parametrize(
    ("wrong", "number", "said", "right"),
    [
        (GigInline, "E103", "a tuple of classes", (GigInline,)),
        ((ModelAdmin,), "E104", "TabularInline or StackedInline", (ContractInline,)),
        ((Gig,), "E104", "inlines[0]", (MembershipInline,)),
        ((type("Empty", (TabularInline,), {}),), "E105", "Write model =", (songs(),)),
        ((songs(model=StringField),), "E106", "no mapped class", (songs(model=Song),)),
        ((songs(model=Ticket),), "E202", "No foreign key of Ticket leads to Band", (songs(),)),
        ((gigs(fk_name=""),), "E202", "band, support", (gigs(fk_name="support"),)),
        ((gigs(fk_name="bandd"),), "E601", "Did you mean 'band'?", (gigs(fk_name="band_id"),)),
        ((songs(extra=-1),), "E203", "extra", (songs(extra=3),)),
        ((songs(max_num="3"),), "E204", "max_num", (songs(max_num=None),)),
        ((songs(min_num=True),), "E205", "min_num", (songs(min_num=1),)),
        ((songs(min_num=3, max_num=2),), "E603", "cannot both be", (songs(min_num=2, max_num=2),)),
        ((contract(min_num=2),), "E603", "At least 2 and at most 1", (contract(min_num=1),)),
        ((songs(position="title"),), "E604", "'title'", (songs(position="place"),)),
        ((songs(prefix="a-b"),), "E605", "'a-b'", (songs(prefix="a_b"),)),
        ((songs(list_display=("title",)),), "E606", "In an inline it means nothing", (songs(),)),
        ((gigs(fields=("town", "band")),), "E607", "'band'", (gigs(fields=("town",)),)),
        ((gigs(exclude=("band",)),), "E201", "stays out by itself", (gigs(exclude=("day",)),)),
        ((gigs(fields=("town", "fe")),), "E524", "Did you mean 'fee'?", (gigs(fields=("town", "fee")),)),
        (
            (gigs(readonly_fields=("twon",)),),
            "E035",
            "Did you mean 'town'?",
            (gigs(readonly_fields=("day",)),),
        ),
        ((gigs(ordering=("twon",)),), "E033", "Did you mean 'town'?", (gigs(ordering=("-town",)),)),
        ((songs(tab=3),), "E553", "3 is no label of a tab", (songs(tab="Music"),)),
        (
            (gigs(fieldsets=((None, {"fields": ("town",), "columns": 2}),)),),
            "E608",
            "A row has no parts",
            (gigs(fieldsets=((None, {"fields": ("town",)}),)),),
        ),
        ((songs(max_nmu=3),), "E535", "max_num", (songs(max_num=3),)),
        ((songs(verbose_name="A song"),), "E534", "label", (songs(label="A song"),)),
        ((songs(), songs(label="Other")), "E602", "the same names", (songs(), songs(prefix="others"))),
        ((SongInline, SongInline), "E602", "the same names", (SongInline,)),
    ],
)
def test_a_wrong_inline_is_told_and_a_right_one_is_not(
    wrong: Any, number: str, said: str, right: Any
) -> None:
    found = problems_of(wrong)
    assert [problem.partition(" ")[0] for problem in found] == [number], found
    assert said in found[0]
    assert problems_of(right) == []


def test_two_inlines_of_one_model_by_two_ways_have_names_of_their_own() -> None:
    """Also where no relation of the parent names them (Django's prefixes stay unique, too)."""
    assert problems_of((gigs(fk_name="band"), gigs(fk_name="support"))) == []
