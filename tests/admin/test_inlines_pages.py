"""However many children there are, a form holds a page of them and costs the same."""

from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import func, insert, select, update

from tests.admin.bands import Band, BandAdmin, Gig, GigInline, Membership, Player
from tests.admin.behaviours import count
from tests.admin.test_inlines import form_of, kept, limit, more, shown, towns
from tests.conftest import counted
from tests.pages import Page, Visitor
from webapp.admin.editing.inlines import family, rows
from webapp.admin.editing.inlines.children import MAX_WHOLE, PAGE_SIZE
from webapp.extensions import db
from webapp.users.models import User


def fill(app: Flask, number: int, start: int = 0) -> None:
    with app.app_context():
        rows = [
            {"town": f"T{place:06}", "band_id": 1, "fee": 1, "version": 1} for place in range(start, number)
        ]
        db.session.execute(insert(Gig), rows)
        db.session.commit()


def pager(page: Page, rel: str) -> str | None:
    button = page.soup.select_one(f"#gigs [name=_page_gigs][value={rel}]")
    return str(button["formaction"]) if button else None


def turned(page: Page, rel: str, **typed: object) -> Page:
    """Press the button for other children, with what is *typed* and not saved."""
    form = page.form()
    form.action = pager(page, rel) or ""
    return form.submit("x", _page_gigs=rel, **typed)


def test_more_than_fifty_children_are_paged_in_both_directions(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    fill(band_app, MAX_WHOLE + 1)
    seen, address, pages = [], "/bands/1/change/", []
    while address:
        page = as_band_alice.get(address)
        pages.append(shown(page.form(), "town"))
        seen += pages[-1]
        address = pager(page, "next") or ""
    assert [len(one) for one in pages] == [20, 20, 11]
    assert seen == towns(band_app)
    back = as_band_alice.get(pager(page, "prev") or "")
    assert shown(back.form(), "town") == pages[1]
    first = as_band_alice.get(pager(back, "prev") or "")
    assert shown(first.form(), "town") == pages[0]
    assert pager(first, "prev") is None


def test_what_is_typed_goes_along_to_other_children_and_is_saved_from_there(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    fill(band_app, MAX_WHOLE + 1)
    typed = {"name": "Typed", "gigs-3-town": "T000003x", "gigs-4-_delete": True}
    page = turned(form_page(as_band_alice), "next", **typed)
    towns_seen = [f"T{place:06}" for place in range(20, 40)]
    assert page.status == 200
    assert shown(page.form(), "town") == [*towns_seen, "T000003x", "T000004"]
    page = turned(page, "next", **{"gigs-5-town": "T000020x"})
    assert page.form().fields["name"] == "Typed"
    assert "T000020x" in shown(page.form(), "town")
    page = turned(page, "prev")
    assert shown(page.form(), "town") == ["T000020x", *towns_seen[1:], "T000003x", "T000004"]
    assert page.form().tag.has_attr("data-refused")
    assert count(band_app, Gig) == MAX_WHOLE + 1
    kept(page.form().submit())
    changed = ["T000003x", "T000005", "T000019", "T000020x", "T000021"]
    assert [town for town in changed if town in towns(band_app)] == changed
    assert count(band_app, Gig) == MAX_WHOLE
    with band_app.app_context():
        assert db.session.scalars(select(Band.name).where(Band.id == 1)).one() == "Typed"


def test_looking_at_other_children_leaves_nothing_that_could_be_lost(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    fill(band_app, MAX_WHOLE + 1)
    page = turned(form_page(as_band_alice), "next")
    assert len(shown(page.form(), "town")) == PAGE_SIZE
    assert not page.form().tag.has_attr("data-refused")
    for typed in ({"name": "Typed"}, {"gigs-3-town": "Typed"}, {"gigs-3-_delete": True}):
        assert turned(page, "next", **typed).form().tag.has_attr("data-refused")


def test_who_may_only_look_has_links_to_other_children(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(band_app, MAX_WHOLE + 1)
    monkeypatch.setattr(BandAdmin, "can_change", False)
    page = as_band_alice.get("/bands/1/change/")
    [link] = page.soup.select("#gigs a[rel=next]")
    assert "T000020" in as_band_alice.get(str(link["href"])).text


def form_page(visitor: Visitor) -> Page:
    return visitor.get("/bands/1/change/")


def test_fifty_children_have_no_further_page(band_app: Flask, as_band_alice: Visitor) -> None:
    fill(band_app, MAX_WHOLE)
    page = as_band_alice.get("/bands/1/change/")
    assert len(shown(page.form(), "town")) == MAX_WHOLE
    assert (pager(page, "next"), pager(page, "prev")) == (None, None)


def test_a_further_page_is_saved_and_refused_as_the_first_is(band_app: Flask, as_band_alice: Visitor) -> None:
    fill(band_app, MAX_WHOLE + 10)
    address = pager(as_band_alice.get("/bands/1/change/"), "next") or ""
    form = form_of(as_band_alice, address)
    assert urlsplit(form.action).query
    page = form.fill(**{"gigs-3-town": "", "gigs-4-town": "T000024x"}).submit()
    assert page.status == 422
    again = page.form()
    assert shown(again, "town")[3:5] == ["", "T000024x"]
    assert len(shown(again, "town")) == PAGE_SIZE
    assert pager(page, "prev") is not None
    kept(again.fill(**{"gigs-3-town": "T000023x"}).submit())
    assert towns(band_app)[23:25] == ["T000023x", "T000024x"]


@pytest.mark.parametrize("cursor", ["x", "WyJ4Il0", "'"])
def test_a_place_that_is_none_is_400(band_app: Flask, as_band_alice: Visitor, cursor: str) -> None:
    fill(band_app, 1)
    page = as_band_alice.get(f"/bands/1/change/?gigs-after={cursor}")
    assert page.status == 400
    assert as_band_alice.get("/bands/1/change/?gigs-after=").status == 200


def test_how_many_there_may_be_is_asked_of_all_of_them(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(band_app, monkeypatch, max_num=60)
    fill(band_app, 60)
    form = form_of(as_band_alice)
    forged = form.submit(name="New", **{"gigs-50-_row": "::", "gigs-50-town": "More", "gigs-50-fee": "1"})
    assert (forged.status, forged.errors) == (422, ["Gigs: There can be at most 60."])
    assert count(band_app, Gig) == 60
    kept(form.fill(**{"gigs-0-_delete": True}).submit())
    assert count(band_app, Gig) == 59


# What it costs


def statements(app: Flask, visitor: Visitor, address: str = "/bands/1/change/") -> list[str]:
    visitor.get(address)
    with counted(app) as found:
        assert visitor.get(address).status == 200
    return list(found)


def test_a_form_takes_five_statements_and_one_for_each_inline(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    with band_app.app_context():
        db.session.add_all(Player(id=number, name=f"P{number}") for number in range(1, 41))
        db.session.flush()
        db.session.add_all(Membership(band_id=1, player_id=number) for number in range(1, 4))
        db.session.commit()
    fill(band_app, 3)
    few = statements(band_app, as_band_alice)
    fill(band_app, 10_000, start=3)
    with band_app.app_context():
        db.session.add_all(Membership(band_id=1, player_id=number) for number in range(4, 40))
        db.session.commit()
    many = statements(band_app, as_band_alice)
    assert len(few) <= 5 + 4, "\n".join(few)
    assert len(many) == len(few), "\n".join(many)


def test_saving_one_child_of_many_reads_and_writes_that_one(band_app: Flask, as_band_alice: Visitor) -> None:
    fill(band_app, MAX_WHOLE)
    form = form_of(as_band_alice)
    with counted(band_app) as one:
        kept(form.fill(**{"gigs-3-town": "T000003x"}).submit())
    form = form_of(as_band_alice)
    for number in range(10):
        form.fill(**{f"gigs-{number}-fee": "5"})
    with counted(band_app) as ten:
        kept(form.submit())
    assert len(one) <= 22, "\n".join(one)
    assert len(ten) - len(one) <= 9 * 5, "\n".join(ten)


def test_a_page_of_children_is_small(band_app: Flask, as_band_alice: Visitor) -> None:
    fill(band_app, MAX_WHOLE)
    page = as_band_alice.get("/bands/1/change/")
    assert len(page.text.encode()) < 60_000
    fill(band_app, 10_000, start=MAX_WHOLE)
    page = as_band_alice.get("/bands/1/change/")
    assert len(page.text.encode()) < 40_000


@pytest.mark.parametrize("locale", ["en", "pt_BR"])
def test_a_page_of_children_that_each_lead_elsewhere_is_small(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    """With more to choose from than selects have lines for: each row has a box to look up, and ways to other forms."""
    monkeypatch.setitem(band_app.config, "LOCALES", ("en", "pt_BR"))
    fill(band_app, MAX_WHOLE)
    with band_app.app_context():
        db.session.add_all(Band(id=number, name=f"Band {number}") for number in range(1001, 1101))
        db.session.flush()
        first = db.session.scalars(select(func.min(Gig.id))).one()
        db.session.execute(update(Gig).values(support_id=1001 + Gig.id - first))
        db.session.execute(update(User).values(locale=locale))
        db.session.commit()
    limit(band_app, monkeypatch, fields=("town", "support"))
    assert size_of_rows(as_band_alice) <= 60_000
    # And one more field where nothing else stands in the form.
    monkeypatch.setattr(BandAdmin, "inlines", (GigInline,))
    limit(band_app, monkeypatch, fields=("town", "fee", "support"))
    assert size_of_rows(as_band_alice) <= 60_000


def size_of_rows(visitor: Visitor) -> int:
    page = visitor.get("/bands/1/change/")
    assert len(page.soup.select("#gigs tbody tr [data-lookup]")) == MAX_WHOLE
    assert len(page.soup.select("#gigs tbody [name=_open]")) == 2 * MAX_WHOLE
    return len(page.text.encode())


def test_what_children_lead_to_is_searched_where_there_is_much_to_choose_from(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    with band_app.app_context():
        db.session.add_all(Player(id=number, name=f"P{number:02}") for number in range(1, 41))
        db.session.commit()
    form = more(form_of(as_band_alice), "members")
    assert len(form.tag.select("[name=members-0-player] option")) == 41
    for _number in range(6):
        form = more(form, "members")
    box = form.tag.select_one("[data-lookup] a")
    assert box is not None
    address = str(box["href"])
    found = as_band_alice.client.get(address, headers={"Accept": "application/json"}).get_json()
    assert found["results"][0]["text"] == "P01"
    kept(form.fill(**{"members-0-player": "7"}).submit())
    with band_app.app_context():
        assert db.session.scalars(select(Membership.player_id)).all() == [7]


def test_a_form_takes_no_more_rows_than_it_reads(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that are to be taken off make room for as many, so that whoever may add a row may send it."""
    monkeypatch.setattr(family, "MAX_ROWS", 3)
    monkeypatch.setattr(rows, "MAX_ROWS", 3)
    fill(band_app, 3)
    page = as_band_alice.get("/bands/1/change/")
    assert page.soup.select_one("[data-inline=gigs]")["data-room"] == "0"
    assert "_add_gigs" not in page.text
    sent = {f"gigs-{number}-town": f"New {number}" for number in range(3, 6)}
    sent |= {f"gigs-{number}-fee": "1" for number in range(3, 6)}
    taken_off = {f"gigs-{number}-_delete": "y" for number in range(3)}
    assert page.form().submit(**sent, **taken_off, **{"gigs-6-town": "One more"}).status == 400
    assert page.form().submit(**sent, **taken_off).status == 303
    with band_app.app_context():
        assert sorted(db.session.scalars(select(Gig.town))) == ["New 3", "New 4", "New 5"]
