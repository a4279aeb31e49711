"""An action whose token has grown old is asked again, whatever kind of action it is."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from tests.admin.yard import agree, do, entries, opened
from tests.conftest import add_user, signed_in
from tests.pages import Page, Visitor


def old(visitor: Visitor, action: str, **values: str) -> Page:
    data = {"csrf_token": "old", "action": action, "selected": "1", **values}
    return visitor.post(f"/crates/action/?{urlencode({'q': 'c'})}", data, came_from="/crates/?q=c")


@pytest.mark.parametrize("action", ["open_up", "seal"])
def test_it_is_asked_also_where_it_asks_nothing_otherwise(
    yard: Flask, as_yard_alice: Visitor, action: str
) -> None:
    """WB-04."""
    page = old(as_yard_alice, action, _confirm="1")
    assert (page.status, opened(yard), entries(yard)) == (422, [], [])
    assert page.link("c1") == "/crates/1/change/"
    done = agree(page)
    assert (done.address, "done for c1." in done.messages) == ("/crates/?q=c", True)


def test_what_was_typed_into_its_form_stays(yard: Flask, as_yard_alice: Visitor) -> None:
    """WB-04."""
    page = old(as_yard_alice, "annotate", _confirm="1", note="seen")
    assert (page.status, page.form().fields["note"], entries(yard)) == (422, "seen", [])
    assert "Annotate: done for c1." in agree(page).messages


# Somebody else was there meanwhile


def meanwhile(app: Flask, person: str = "dora") -> None:
    """Somebody else annotates the first crate, with an entry in the history."""
    dora = signed_in(app, add_user(app, person, is_superuser=True))
    assert dora.get("/crates/1/change/").form().fill(note="Fragile").submit().status == 303


def test_what_somebody_else_has_changed_since_the_question_is_asked_again(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    page = do(as_yard_alice, "seal", 1, 2)
    meanwhile(yard)
    page = agree(page)
    assert page.status == 409
    assert "c1 : Changed by dora" in page.messages
    assert "Nothing was done." in page.messages
    assert [entry.verb for entry in entries(yard)] == ["change"]
    assert "Seal: done for 2 crates." in agree(page).messages


def test_what_was_changed_since_the_page_of_the_object_is_asked_again(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    form = as_yard_alice.get("/crates/1/change/").form("/crates/action/")
    meanwhile(yard)
    page = form.submit("x", action="open_up")
    assert (page.status, opened(yard)) == (409, [])
    assert "c1 : Changed by dora" in page.messages
    agree(page)
    assert opened(yard) == ["c1"]


def test_what_nobody_has_changed_is_done_at_once(yard: Flask, as_yard_alice: Visitor) -> None:
    form = as_yard_alice.get("/crates/1/change/").form("/crates/action/")
    assert form.submit("x", action="open_up").status == 303
    assert opened(yard) == ["c1"]
