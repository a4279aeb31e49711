"""An action whose token has grown old is asked again, whatever kind of action it is."""

from urllib.parse import urlencode

import pytest
from flask import Flask

from tests.admin.yard import agree, entries, opened
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
