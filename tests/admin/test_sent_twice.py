"""A form that makes something is done once, however often it is sent, and whatever is lost on the way (DB-02)."""

from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, func, select

from tests.admin.bands import Band, BandAdmin, Gig, Player
from tests.admin.behaviours import count
from tests.admin.test_inlines import form_of, kept, more, with_new_door
from tests.admin.yard import CrateAdmin
from tests.conftest import add_user, counted, signed_in
from tests.faults.calm import at_statement, engine_of, knife
from tests.library.world import keep
from tests.pages import Form, Page, Visitor
from tests.threads import at_once
from webapp.admin.editing import submissions
from webapp.admin.editing.submissions import Submission
from webapp.admin.history import LogEntry
from webapp.database import now
from webapp.extensions import db

DONE = "sent twice and done once"


def entries(app: Flask, verb: str = "add") -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).where(LogEntry.verb == verb)) or 0


def new_band(visitor: Visitor, **values: Any) -> Form:
    return visitor.get("/bands/add/").form().fill(**{"name": "Third", **values})


def bands(app: Flask) -> int:
    """How many there are beside the two that the tests begin with."""
    return count(app, Band) - 2


def test_a_form_that_is_sent_again_is_answered_as_before_and_makes_nothing(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    """DB-02: a double click, a reload, the way back."""
    form = new_band(as_band_alice)
    first = kept(form.submit("_continue"))
    second = kept(form.submit("_continue"))
    assert second.location == first.location
    assert DONE in as_band_alice.get(second.location).messages
    assert (bands(band_app), entries(band_app)) == (1, 1)


@pytest.mark.race
def test_of_ten_at_the_same_moment_one_makes_a_row_and_all_are_answered_alike(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    """DB-02."""
    form = new_band(as_band_alice)
    answers: list[Page] = at_once([lambda: form.submit("_continue")] * 10)
    assert {page.status for page in answers} == {303}
    assert len({page.location for page in answers}) == 1
    assert (bands(band_app), entries(band_app), count(band_app, Submission)) == (1, 1, 1)


@pytest.mark.race
def test_ten_at_the_same_moment_who_take_the_same_name_are_not_told_that_it_is_taken(
    app: Flask, as_alice: Visitor
) -> None:
    """DB-02: what the first one made is what the others stumble on."""
    password = "sete gatos na janela"
    form = as_alice.get("/users/add/").form().fill(username="dora", email="dora@example.org")
    form.fill(password=password, password_confirm=password)
    answers: list[Page] = at_once([form.submit] * 10)
    assert {page.status for page in answers} == {303}
    assert form.submit().status == 303
    assert entries(app) == 1


def test_the_way_back_to_write_something_else_asks_first_and_keeps_what_was_typed(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    form = new_band(as_band_alice)
    kept(form.submit())
    page = form.fill(name="Fourth").submit()
    assert page.status == 409
    assert "Send it again to add what it says now" in page.messages
    assert page.form().fields["name"] == "Fourth"
    assert bands(band_app) == 1
    kept(page.form().submit())
    assert bands(band_app) == 2


def test_what_is_wrong_spends_nothing(band_app: Flask, as_band_alice: Visitor) -> None:
    form = new_band(as_band_alice)
    assert form.submit(name="").status == 422
    assert form.submit(name="x" * 60).status == 422
    kept(form.submit())
    assert bands(band_app) == 1


@pytest.mark.parametrize("value", ["forged", "", "é\0", "x" * 5000, "WzEsMl0.aaaa.bbbb"])
def test_a_token_that_is_none_gives_the_form_again_with_all_that_was_typed(
    band_app: Flask, as_band_alice: Visitor, value: str
) -> None:
    form = new_band(as_band_alice)
    page = form.submit(_once=value)
    if not value:
        # As a program sends it, which knows of no token.
        assert (page.status, bands(band_app)) == (303, 1)
        return
    assert page.status == 422
    assert "open for too long" in page.errors[0]
    assert page.form().fields["name"] == "Third"
    assert bands(band_app) == 0
    kept(page.form().submit())
    assert bands(band_app) == 1


def test_a_token_of_somebody_else_or_of_another_form_is_none(band_app: Flask, as_band_alice: Visitor) -> None:
    dora = signed_in(band_app, add_user(band_app, "dora", is_superuser=True))
    theirs = new_band(dora).fields["_once"]
    other = as_band_alice.get("/players/add/").form().fields["_once"]
    for token in (theirs, other):
        assert new_band(as_band_alice).submit(_once=token).status == 422
    assert bands(band_app) == 0


def test_a_form_that_was_open_for_too_long_is_shown_again(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = new_band(as_band_alice)
    monkeypatch.setattr(submissions, "OPEN_FOR", timedelta(seconds=-1))
    page = form.submit()
    assert (page.status, page.form().fields["name"], bands(band_app)) == (422, "Third", 0)


def test_what_is_old_is_swept_by_those_who_come_later(band_app: Flask, as_band_alice: Visitor) -> None:
    old = Submission(token_hash="a", person_key="1", content_hash="b", key="", at=now() - timedelta(days=9))
    young = Submission(token_hash="b", person_key="1", content_hash="b", key="", at=now() - timedelta(days=7))
    keep(band_app, old, young)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(submissions, "SWEPT_BY", "")
        kept(new_band(as_band_alice).submit())
    assert count(band_app, Submission) == 2


# What else makes something


def test_a_copy_is_made_once(band_app: Flask, as_band_alice: Visitor) -> None:
    form = form_of(as_band_alice)
    kept(form.submit("_saveasnew"))
    kept(form.submit("_saveasnew"))
    assert (bands(band_app), entries(band_app)) == (1, 1)


def test_the_form_of_a_copy_that_was_made_is_saved_as_well(band_app: Flask, as_band_alice: Visitor) -> None:
    form = form_of(as_band_alice).fill(name="Renamed")
    kept(form.submit("_saveasnew"))
    kept(form.submit())
    kept(form.submit())
    assert (bands(band_app), entries(band_app), entries(band_app, "change")) == (1, 1, 1)
    with band_app.app_context():
        assert db.session.get_one(Band, 1).name == "Renamed"


def test_rows_are_added_once_to_a_parent_that_counts_no_version(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    form = with_new_door(band_app, as_band_alice)
    kept(form.submit())
    again = kept(form.submit(follow=False))
    assert DONE in as_band_alice.get(again.location).messages
    assert entries(band_app) == 1


@pytest.mark.race
def test_rows_are_added_once_to_a_parent_that_counts_its_versions(
    band_app: Flask, gigs: list[Gig], as_band_alice: Visitor
) -> None:
    form = more(form_of(as_band_alice), "gigs").fill(**{"gigs-2-town": "Third"})
    answers: list[Page] = at_once([form.submit] * 4)
    assert {page.status for page in answers} == {303}
    assert count(band_app, Gig) == len(gigs) + 1


def test_a_dialog_is_told_the_same_object_when_it_sends_its_form_twice(
    band_app: Flask, as_band_alice: Visitor
) -> None:
    form = as_band_alice.get("/players/add/").form().fill(name="Rita")
    data = {**form.fields, "_save": "1"}
    headers = {"Accept": "application/json", "Referer": "http://localhost/players/add/"}
    first, second = (
        as_band_alice.client.post("/players/add/", data=data, headers=headers).get_json() for _ in range(2)
    )
    assert first == second == {"id": first["id"], "text": "Rita"}
    assert count(band_app, Player) == 1


def act_form(visitor: Visitor) -> Form:
    page = visitor.get("/crates/?q=c")
    return page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]


def test_an_action_is_done_once(yard: Flask, as_yard_alice: Visitor) -> None:
    form = act_form(as_yard_alice)
    sent: dict[str, Any] = {"action": "open_up", "selected": ["1", "2"]}
    assert form.submit("x", **sent).status == 303
    again = form.submit("x", follow=True, **sent)
    assert DONE in again.messages
    assert entries(yard, "open_up") == 2
    # The same page of the list asks for another one.
    assert form.submit("x", action="open_up", selected=["3"]).status == 303
    assert entries(yard, "open_up") == 3


def test_an_action_that_did_nothing_may_be_sent_again(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = act_form(as_yard_alice)
    sent: dict[str, Any] = {"action": "open_up", "selected": ["1"]}
    with monkeypatch.context() as patch:
        patch.setattr(CrateAdmin, "can", lambda self, user, verb, obj=None: obj is None or verb == "view")
        assert form.submit("x", **sent).status == 422
    assert form.submit("x", **sent).status == 303
    assert entries(yard, "open_up") == 1


# What is lost on the way


@pytest.mark.parametrize("place", ["INSERT INTO submissions", "INSERT INTO bands", "UPDATE submissions"])
def test_a_line_that_is_cut_between_the_writes_makes_it_once(
    band_app: Flask, as_band_alice: Visitor, place: str
) -> None:
    """DB-02: nothing was kept, so the request runs again as a whole."""
    engine = engine_of(band_app)
    if engine.dialect.name == "sqlite":
        pytest.skip("SQLite has no line that could be cut")
    form = new_band(as_band_alice)
    is_cut: list[bool] = []
    with knife(engine) as cut:

        def once(connection: Connection, _at: int, statement: str) -> None:
            if place in statement.replace("`", "") and not is_cut:
                is_cut.append(True)
                cut(connection)

        with at_statement(engine, once):
            kept(form.submit())
    kept(form.submit())
    assert is_cut
    assert (bands(band_app), entries(band_app)) == (1, 1)


def test_an_answer_that_is_lost_after_the_commit_is_given_when_it_is_sent_again(
    band_app: Flask, as_band_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DB-02."""

    def lose(*_: object) -> None:
        raise RuntimeError("the answer is lost")

    form = new_band(as_band_alice)
    monkeypatch.setitem(band_app.config, "PROPAGATE_EXCEPTIONS", False)
    with monkeypatch.context() as patch:
        patch.setattr(BandAdmin, "after_commit", lose)
        assert form.submit().status == 500
    assert DONE in form.submit(follow=True).messages
    assert (bands(band_app), entries(band_app)) == (1, 1)


def test_once_costs_two_statements(band_app: Flask, as_band_alice: Visitor) -> None:
    form = as_band_alice.get("/players/add/").form().fill(name="Rita")
    with counted(band_app) as statements:
        kept(form.submit())
    assert sum("submissions" in one for one in statements) == 2
    with counted(band_app) as statements:
        as_band_alice.get("/players/add/")
    assert not any("submissions" in one for one in statements)
