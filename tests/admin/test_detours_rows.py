"""From a row that is there already to the form of what it leads to and back: the same ways as beside any field."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from tests.admin.bands import Band, BandAdmin, Gig
from tests.admin.behaviours import somebody
from tests.admin.test_detours import last, leave, ways
from tests.admin.test_inlines import form_of, kept, limit, shown, towns
from tests.admin.test_inlines_pages import fill, pager, statements
from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.books import Book, Reservation
from tests.library.people import Member
from tests.pages import Page, Visitor
from webapp.admin.editing.inlines.children import MAX_WHOLE
from webapp.admin.editing.related import RelatedField
from webapp.extensions import db

#: What the ways beside a field of fifty rows may add to a page, for each row.
MOST_OF_A_ROW = 240
RESERVATIONS = ("members.view", "members.change", "reservations.view", "reservations.change")


@pytest.fixture(autouse=True)
def _leads_elsewhere(band_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(band_app, monkeypatch, fields=("town", "fee", "support"))


@pytest.fixture
def reserved(library_app: Flask, book: Book) -> Reservation:
    member: Member = world.sample_row(Member)
    made = Reservation(member=member, book_id=book.id)
    world.keep(library_app, member, made)
    return made


def reader(app: Flask, *grants: str, name: str = "bob") -> Visitor:
    return signed_in(app, add_user(app, name, grants=grants))


def support_of(app: Flask, gig: Gig) -> int | None:
    with app.app_context():
        return db.session.get_one(Gig, gig.id).support_id


# Beside each row


@pytest.mark.parametrize("is_tabular", [True, False], ids=["tabular", "stacked"])
def test_the_ways_stand_beside_each_row_and_name_field_and_row(
    band_app: Flask,
    as_band_alice: Visitor,
    gigs: list[Gig],
    monkeypatch: pytest.MonkeyPatch,
    is_tabular: bool,
) -> None:
    limit(band_app, monkeypatch, is_tabular=is_tabular)
    page = as_band_alice.get("/bands/1/change/")
    assert [way for way in ways(page) if "Support" in way and "New" not in way] == [
        "Add … Support Acre",
        "Change … Support Acre",
        "Add … Support Bahia",
        "Change … Support Bahia",
    ]


def test_a_new_one_is_added_from_a_row_and_all_that_was_typed_in_every_row_is_kept(
    band_app: Flask, as_band_alice: Visitor, gigs: list[Gig]
) -> None:
    form = form_of(as_band_alice).submit("_add_gigs").form()
    typed = {"gigs-0-town": "Acre!", "gigs-1-fee": "many", "gigs-2-town": "New town", "gigs-0-_delete": True}
    other = leave(form, "gigs-1-support:add", name="Typed", **typed)
    assert other.form().action == "/bands/add/"
    page = other.form().fill(name="Brand new").submit()
    made = last(band_app, Band)
    fields = page.form().fields
    assert (made.name, fields["gigs-1-support"]) == ("Brand new", str(made.id))
    assert fields["name"] == "Typed"
    assert [fields[name] for name in typed if "delete" not in name] == ["Acre!", "many", "New town"]
    assert page.form().fields["gigs-0-_delete"] == "on"
    assert towns(band_app) == ["Acre", "Bahia"]
    done = page.form().fill(**{"gigs-1-fee": "5", "gigs-2-fee": "6", "gigs-2-support": str(made.id)})
    kept(done.submit())
    assert towns(band_app) == ["Bahia", "New town"]
    assert support_of(band_app, gigs[1]) == made.id


def test_the_one_chosen_in_a_row_is_changed_from_there(
    band_app: Flask, as_band_alice: Visitor, gigs: list[Gig]
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-0-support": "2"})
    other = leave(form, "gigs-0-support:change", **{"gigs-1-town": "Typed"})
    assert other.form().action == "/bands/2/change/"
    page = other.form().fill(name="Renamed").submit()
    assert shown(page.form(), "town") == ["Acre", "Typed"]
    [option] = page.soup.select("#gigs-0-support option[selected]")
    assert option.get_text() == "Renamed"
    assert support_of(band_app, gigs[0]) is None
    kept(page.form().submit())
    assert support_of(band_app, gigs[0]) == 2


def test_a_row_in_which_nothing_is_chosen_says_so_and_another_leads_on(
    as_band_alice: Visitor, gigs: list[Gig]
) -> None:
    form = form_of(as_band_alice).fill(**{"gigs-1-support": "2"})
    page = leave(form, "gigs-0-support:change", **{"gigs-1-town": "Typed"})
    assert page.errors == ["Gigs, Acre, Support: Choose something first."]
    assert shown(page.form(), "town") == ["Acre", "Typed"]
    assert leave(page.form(), "gigs-1-support:change").form().action == "/bands/2/change/"


def test_a_row_of_a_further_page_is_come_back_to(band_app: Flask, as_band_alice: Visitor) -> None:
    fill(band_app, MAX_WHOLE + 10)
    address = pager(as_band_alice.get("/bands/1/change/"), "next") or ""
    form = form_of(as_band_alice, address)
    before = shown(form, "town")
    page = leave(form, "gigs-3-support:add", **{"gigs-4-town": "Typed"}).form().fill(name="Made").submit()
    assert shown(page.form(), "town") == [*before[:4], "Typed", *before[5:]]
    assert pager(page, "prev") is not None
    kept(page.form().submit())
    with band_app.app_context():
        assert db.session.scalars(select(Gig.town).where(Gig.support_id.is_not(None))).all() == [before[3]]


def test_that_somebody_changed_a_row_meanwhile_is_told_at_it_on_return(
    band_app: Flask, as_band_alice: Visitor, gigs: list[Gig]
) -> None:
    other = leave(form_of(as_band_alice), "gigs-0-support:add", **{"gigs-0-town": "Mine"})
    kept(form_of(as_band_alice).fill(**{"gigs-0-town": "Theirs"}).submit())
    page = other.form().fill(name="Made").submit()
    row = page.soup.select_one("tr:has(#gigs-0)").get_text(" ", strip=True)  # type: ignore[union-attr]
    assert "There now: Theirs" in row
    assert page.form().fields["gigs-0-town"] == "Mine"
    assert towns(band_app) == ["Bahia", "Theirs"]


# By permission


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        (("books.view",), ["View … Book"]),
        (("books.view", "books.add"), ["Add … Book", "View … Book"]),
        (("books.view", "books.change"), ["Change … Book"]),
        (("books.view", "books.add", "books.change"), ["Add … Book", "Change … Book"]),
    ],
)
def test_the_ways_of_a_row_are_those_that_the_other_model_allows(
    library_app: Flask, reserved: Reservation, grants: tuple[str, ...], expected: list[str]
) -> None:
    page = reader(library_app, *RESERVATIONS, *grants).get(f"/members/{reserved.member_id}/change/")
    assert ways(page) == [f"{way} {reserved}" for way in expected]


def test_a_way_that_a_row_does_not_offer_leads_nowhere_and_one_that_it_does_leads_there(
    library_app: Flask, reserved: Reservation
) -> None:
    bob = reader(library_app, *RESERVATIONS, "books.view")
    address = f"/members/{reserved.member_id}/change/"
    form = bob.get(address).form()
    for way in ("reservations-0-book:add", "reservations-0-book:change", "reservations-0-made_at:view"):
        page = leave(form, way, first_name="Typed")
        assert (page.status, page.form().action) == (200, address), way
        assert page.form().fields["first_name"] == "Typed"
    other = leave(form, "reservations-0-book:view")
    assert other.title.startswith("Book 001")
    assert other.form().submit("_return").form().fields["first_name"] == "Typed"


def test_a_row_that_may_only_be_looked_at_has_no_ways_and_one_that_may_be_changed_has(
    library_app: Flask, reserved: Reservation
) -> None:
    address = f"/members/{reserved.member_id}/change/"
    books = ("books.view", "books.add")
    assert ways(reader(library_app, *RESERVATIONS[:3], *books).get(address)) == []
    assert len(ways(reader(library_app, *RESERVATIONS, *books, name="charlie").get(address))) == 2


def test_the_page_of_a_row_itself_is_linked_for_who_may_see_it(
    band_app: Flask, as_band_alice: Visitor, gigs: list[Gig], monkeypatch: pytest.MonkeyPatch
) -> None:
    bob = somebody(band_app, "bands.view", "bands.change", "gigs.add")
    added = bob.get("/bands/1/change/").soup.select("#gigs a")
    assert added == []
    carol = somebody(band_app, "bands.view", "gigs.view", name="carol")
    address = f"/gigs/{gigs[0].id}/change/"
    assert carol.get("/bands/1/change/").link("Acre") == address
    limit(band_app, monkeypatch, show_change_link=False)
    assert as_band_alice.get("/bands/1/change/").soup.select(f"a[href='{address}']") == []


# What it costs


def test_what_a_person_may_do_is_asked_once_for_all_rows(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the answer stands in the database."""

    def can(self: BandAdmin, user: Any, verb: str, obj: Any = None) -> bool:
        return verb != "add" or db.session.scalar(select(Band.id).limit(1)) is not None

    monkeypatch.setattr(BandAdmin, "can", can)
    fill(band_app, 2)
    few = statements(band_app, as_band_alice)
    fill(band_app, MAX_WHOLE, start=2)
    many = statements(band_app, as_band_alice)
    assert len([way for way in ways(as_band_alice.get("/bands/1/change/")) if "Add" in way]) > MAX_WHOLE
    assert len(many) == len(few), "\n".join(many)


@pytest.mark.parametrize("is_searched", [False, True], ids=["few to choose from", "many to choose from"])
def test_what_stands_beside_the_rows_is_a_small_part_of_the_page(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch, is_searched: bool
) -> None:
    fill(band_app, MAX_WHOLE)
    with band_app.app_context():
        if is_searched:
            db.session.execute(insert(Band), [{"name": f"B{number}", "version": 1} for number in range(60)])
        db.session.execute(update(Gig).values(support_id=2))
        db.session.commit()
    page = as_band_alice.get("/bands/1/change/")
    assert len(ways(page)) > 2 * MAX_WHOLE
    assert bool(page.soup.select("#gigs [data-lookup]")) is is_searched
    monkeypatch.setattr(RelatedField, "ways", {})
    without = as_band_alice.get("/bands/1/change/")
    assert ways(without) == []
    assert size(page) - size(without) < MAX_WHOLE * MOST_OF_A_ROW


def size(page: Page) -> int:
    return len(page.text.encode())
