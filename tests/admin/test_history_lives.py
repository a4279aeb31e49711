"""One key, several records in a row: SQLite gives the number of a row that is gone to the next one, people a name.

A history begins with its record; what an earlier one under the same key went through is told apart.
"""

import pytest
from flask import Flask
from sqlalchemy import insert

from tests.admin.backwards import change, delete, last_entry, restore
from tests.admin.bands import Hall, Player
from tests.conftest import counted
from tests.library.world import keep
from tests.pages import Page, Visitor
from webapp.admin.history import LogEntry
from webapp.admin.site import current_site
from webapp.extensions import db

EARLIER = "An earlier record had the same key"


def told(page: Page) -> list[str]:
    """What was done, newest first."""
    assert page.status == 200
    verbs = ("added", "changed", "deleted")
    lines = [line.get_text(" ", strip=True) for line in page.soup.select(".timeline > li")]
    return [next(verb for verb in verbs if verb in line) for line in lines]


def history(visitor: Visitor, key: int) -> Page:
    return visitor.get(f"/players/{key}/history/")


@pytest.fixture
def key(band_app: Flask, as_band_alice: Visitor) -> int:
    """Of a player who was added, changed and deleted, and of another one who got the same number."""
    form = as_band_alice.get("/players/add/").form().fill(name="Rita")
    assert form.submit().status == 303
    key = int(last_entry(band_app, "players").key)
    change(as_band_alice, "players", key, name="Rita Lee")
    delete(as_band_alice, "players", key)
    with band_app.test_request_context():
        # As SQLite does by itself; a row that a program writes has no entry.
        db.session.execute(insert(Player).values(id=key, name="Elis"))
        db.session.commit()
    change(as_band_alice, "players", key, name="Elis Regina")
    return key


def test_a_history_begins_with_its_record(as_band_alice: Visitor, key: int) -> None:
    page = history(as_band_alice, key)
    assert told(page) == ["changed"]
    assert "Rita" not in page.text
    earlier = page.follow(EARLIER)
    assert told(earlier) == ["deleted", "changed", "added"]
    assert earlier.link(EARLIER) is None
    assert earlier.link("Restore …") is None


def test_the_page_of_a_record_tells_nothing_of_an_earlier_one(as_band_alice: Visitor, key: int) -> None:
    page = as_band_alice.get(f"/players/{key}/change/")
    assert "Elis" in page.text
    assert "Rita" not in page.text


def test_the_new_one_is_not_made_the_earlier_one(band_app: Flask, as_band_alice: Visitor, key: int) -> None:
    with band_app.app_context():
        entries = db.session.query(LogEntry).filter_by(name="players", key=str(key)).order_by(LogEntry.id)
        changed, deleted = entries[1], entries[2]
    for entry in (changed, deleted):
        page = restore(as_band_alice, "players", key, entry)
        assert page.status == 409
        assert page.link("Back to the history") == f"/players/{key}/history/"


def test_sqlite_gives_a_number_again(band_app: Flask, as_band_alice: Visitor) -> None:
    for name in ("Rita", "Elis"):
        assert as_band_alice.get("/players/add/").form().fill(name=name).submit().status == 303
        key = int(last_entry(band_app, "players").key)
        if name == "Rita":
            delete(as_band_alice, "players", key)
    assert told(history(as_band_alice, key)) == ["added"]


def test_what_comes_back_goes_on_with_its_history(band_app: Flask, as_band_alice: Visitor, key: int) -> None:
    delete(as_band_alice, "players", key)
    assert told(history(as_band_alice, key)) == ["deleted", "changed"]
    page = restore(as_band_alice, "players", key, last_entry(band_app, "players"))
    assert page.form().submit("_restore").status == 303
    page = history(as_band_alice, key)
    assert told(page) == ["added", "deleted", "changed"]
    assert told(page.follow(EARLIER)) == ["deleted", "changed", "added"]


def test_a_key_that_people_give_again_begins_anew(band_app: Flask, as_band_alice: Visitor) -> None:
    keep(band_app, Hall(town="Acre", number=1))
    delete(as_band_alice, "halls", "Acre,1")
    form = as_band_alice.get("/halls/add/").form().fill(town="Acre", number="1")
    assert form.submit().status == 303
    page = as_band_alice.get("/halls/Acre,1/history/")
    assert told(page) == ["added"]
    assert told(page.follow(EARLIER)) == ["deleted"]


def test_who_may_not_know_of_the_earlier_one_is_not_led_there_nor_shown_it(
    band_app: Flask, as_band_alice: Visitor, key: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with band_app.app_context():
        admin = current_site().admin("players")
    address = history(as_band_alice, key).link(EARLIER)
    assert address is not None
    monkeypatch.setattr(admin, "may_see_deleted", lambda user: False)
    with band_app.app_context():
        # Somebody else did it.
        deletion = last_entry(band_app, "players", "delete")
    monkeypatch.setattr(
        "webapp.admin.historypage.may_know", lambda admin, user, entry: entry.id != deletion.id
    )
    page = history(as_band_alice, key)
    assert (told(page), page.link(EARLIER)) == (["changed"], None)
    assert told(as_band_alice.get(address)) == []


def test_it_costs_a_statement_only_where_there_was_one(
    band_app: Flask, as_band_alice: Visitor, key: int
) -> None:
    with counted(band_app) as statements:
        history(as_band_alice, key)
    assert len(statements) <= 5, statements
