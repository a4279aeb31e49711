"""Every way to hang on a row, and how many may hang on one."""

import pytest
from flask import Flask
from sqlalchemy import ColumnDefault, select

from tests.admin.bands import Contract, Door, Gig, Hall, Membership, Player, Song
from tests.admin.test_inlines import form_of, kept, limit, more, number_of, shown, towns
from tests.library.world import keep
from tests.pages import Form, Visitor
from webapp.extensions import db

# Every way to hang on a row


def test_one_to_one_has_one_child_at_most(band_app: Flask, as_band_alice: Visitor) -> None:
    form = more(form_of(as_band_alice), "contract")
    kept(form.fill(**{"contract-0-label": "Paper"}).submit())
    page = as_band_alice.get("/bands/1/change/")
    assert page.form().fields["contract-0-label"] == "Paper"
    assert page.soup.select("[name=_add_contract]") == []
    forged = page.form().submit(**{"contract-1-_row": "::", "contract-1-label": "Second"})
    assert forged.status == 422
    assert number_of(band_app, Contract) == 1


def test_a_one_to_one_child_can_be_replaced_in_one_step(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, Contract(label="Old", band_id=1))
    form = form_of(as_band_alice).fill(**{"contract-0-_delete": True})
    form = more(form, "contract").fill(**{"contract-1-label": "New"})
    kept(form.submit())
    with band_app.app_context():
        assert list(db.session.scalars(select(Contract.label))) == ["New"]


def test_many_to_many_through_an_object_that_says_more(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, Player(id=5, name="Rita"), Player(id=6, name="Arnaldo"))
    form = form_of(as_band_alice)
    kept(form.fill(**{"members-0-player": "5", "members-0-role": "voice"}).submit())
    form = form_of(as_band_alice)
    # Under its key it has its history, so the key stays; the empty row offers the players.
    assert "members-0-player" not in form.fields
    form.fill(**{"members-0-role": "flute", "members-1-player": "6"})
    kept(form.submit())
    with band_app.app_context():
        rows = db.session.execute(
            select(Membership.player_id, Membership.role).order_by(Membership.player_id)
        )
        assert [tuple(row) for row in rows] == [(5, "flute"), (6, "")]
    page = form_of(as_band_alice).fill(**{"members-2-player": "6"}).submit()
    assert page.status == 422
    assert "taken already" in page.errors[0]


def test_composite_keys_on_both_sides(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, *(Hall(town="São Paulo", number=number) for number in (1, 2)))
    keep(
        band_app, *(Door(town="São Paulo", hall=hall, letter=letter) for hall, letter in ((1, "A"), (2, "Z")))
    )
    address = "/halls/S_C3_A3o_20Paulo,1/change/"
    form = more(form_of(as_band_alice, address), "band_doors_town")
    assert shown(form, "width") == ["2", "2"]
    form.fill(
        **{
            "band_doors_town-0-width": "3",
            "band_doors_town-1-letter": "B",
            "band_doors_town-1-width": "4",
        }
    )
    kept(form.submit())
    with band_app.app_context():
        rows = db.session.execute(select(Door.hall, Door.letter, Door.width).order_by(Door.hall, Door.letter))
        assert [tuple(row) for row in rows] == [(1, "A", 3), (1, "B", 4), (2, "Z", 2)]
    kept(form_of(as_band_alice, address).fill(**{"band_doors_town-0-_delete": True}).submit())
    assert number_of(band_app, Door) == 2


def test_children_stand_in_their_order_and_new_ones_come_last(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    keep(band_app, Song(title="First", place=1, band_id=1), Song(title="Second", place=2, band_id=1))
    form = more(form_of(as_band_alice), "songs")
    form.fill(**{"songs-0-place": "5", "songs-2-title": "Third"})
    kept(form.submit())
    assert shown(form_of(as_band_alice), "title") == ["Second", "First", "Third"]
    assert shown(form_of(as_band_alice), "place") == ["2", "5", "6"]


# How many


def test_there_are_at_least_and_at_most_as_many_as_declared(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(band_app, monkeypatch, min_num=1, max_num=2)
    form = form_of(as_band_alice, "/bands/add/")
    assert shown(form, "town") == [""]
    page = form.fill(name="Novos").submit()
    assert (page.status, page.errors) == (422, ["Gigs: There must be at least 1."])
    form = more(form, "gigs")
    assert shown(form, "town") == ["", ""]
    form.fill(name="Novos", **{"gigs-0-town": "A", "gigs-1-town": "B"})
    forged = form.submit(**{"gigs-2-_row": "::", "gigs-2-town": "C", "gigs-2-fee": "1"})
    assert (forged.status, forged.errors) == (422, ["Gigs: There can be at most 2."])
    saved = kept(form.submit("_continue"))
    page = as_band_alice.get(saved.location)
    assert page.soup.select("[name=_add_gigs]") == []
    page = page.form().fill(**{"gigs-0-_delete": True, "gigs-1-_delete": True}).submit()
    assert (page.status, page.errors) == (422, ["Gigs: There must be at least 1."])


def test_what_was_wrong_before_keeps_nobody_from_changing_something_else(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(band_app, monkeypatch, max_num=1)
    kept(form_of(as_band_alice).fill(name="New", **{"gigs-0-town": "Amapá"}).submit())
    assert towns(band_app) == ["Amapá", "Bahia"]


# In an order


def songs_of(form: Form) -> dict[str, str]:
    """The titles of the songs of a page and their places, in the order of the page."""
    numbers = [
        name.split("-")[1] for name in form.fields if name.startswith("songs-") and name.endswith("-title")
    ]
    return {form.fields[f"songs-{number}-title"]: form.fields[f"songs-{number}-place"] for number in numbers}


@pytest.fixture
def three_songs(band_app: Flask) -> None:
    titles = enumerate(("Hino", "Balada", "Coda"), 1)
    keep(band_app, *(Song(title=title, place=10 * number, band_id=1) for number, title in titles))


@pytest.mark.usefixtures("three_songs")
def test_rows_are_moved_by_buttons_and_their_places_are_written_when_the_form_is_saved(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    form = form_of(as_band_alice).fill(name="New")
    page = form.submit("x", _up_songs="2")
    assert (page.status, page.form().fields["name"]) == (200, "New")
    assert songs_of(page.form()) == {"Hino": "10", "Coda": "20", "Balada": "30"}
    page = page.form().submit("x", _down_songs="0")
    assert songs_of(page.form()) == {"Coda": "10", "Hino": "20", "Balada": "30"}
    assert page.form().submit("x", _up_songs="2").status == 200
    kept(page.form().submit())
    with band_app.app_context():
        stored = db.session.execute(select(Song.title, Song.place).order_by(Song.place)).all()
    assert [tuple(row) for row in stored] == [("Coda", 10), ("Hino", 20), ("Balada", 30)]


@pytest.mark.usefixtures("three_songs")
def test_a_row_that_was_moved_keeps_the_focus_on_the_button_that_moved_it(as_band_alice: Visitor) -> None:
    page = form_of(as_band_alice)
    for name in ("_up_songs", "_down_songs"):
        pressed = page.tag.select_one(f"[name={name}][value='1']")
        assert pressed is not None
        place = str(pressed["formaction"]).partition("#")[2]
        page = page.submit("x", **{name: "1"}).form()
        [focused] = page.tag.select(f"[id='{place}']")
        assert (focused["name"], focused["value"]) == (name, "1")
        assert "Balada" in str(focused["aria-label"])


@pytest.mark.parametrize(
    ("button", "number"), [("_up_songs", "0"), ("_down_songs", "2"), ("_up_songs", "77"), ("_up_songs", "x")]
)
@pytest.mark.usefixtures("three_songs")
def test_a_move_that_leads_nowhere_changes_nothing(as_band_alice: Visitor, button: str, number: str) -> None:
    page = form_of(as_band_alice).submit("x", **{button: number})
    assert page.status == 200
    assert songs_of(page.form()) == {"Hino": "10", "Balada": "20", "Coda": "30"}


@pytest.mark.usefixtures("three_songs")
def test_a_new_row_comes_last_also_where_its_place_has_a_default(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Song.__table__.c.place, "default", ColumnDefault(0))
    form = form_of(as_band_alice).submit("x", _add_songs="1").form()
    assert form.fields["songs-3-place"] == ""
    kept(form.fill(**{"songs-3-title": "Encore"}).submit())
    assert songs_of(form_of(as_band_alice)) == {"Hino": "10", "Balada": "20", "Coda": "30", "Encore": "31"}


def test_rows_of_one_place_get_places_of_their_own(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, *(Song(id=number, title=f"s{number}", place=4, band_id=1) for number in (1, 2)))
    form = form_of(as_band_alice).submit("x", _up_songs="1").form()
    assert songs_of(form) == {"s2": "4", "s1": "5"}
