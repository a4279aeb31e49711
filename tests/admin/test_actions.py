"""Choosing what is done to which rows, on the list and on an object's own page, and what is asked first."""

from typing import Any
from urllib.parse import urlencode

import pytest
from flask import Flask
from sqlalchemy import delete, select

from tests.admin.yard import Crate, CrateAdmin, agree, do, entries, forge, helper, keep, names, opened
from tests.pages import Visitor
from webapp.admin.actions import selection
from webapp.admin.editing.submissions import ONCE_FIELD
from webapp.admin.options import action
from webapp.extensions import db

# The list


def test_the_ticked_rows_are_done_and_the_person_is_told(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "open_up", 1, 3)
    assert (page.status, page.address) == (200, "/crates/")
    assert "Open: done for 2 crates." in page.messages
    assert opened(yard) == ["c1", "c3"]
    assert CrateAdmin.told == ["c1", "c3"]


def test_one_row_is_called_by_its_name(as_yard_alice: Visitor) -> None:
    assert "Open: done for c2." in do(as_yard_alice, "open_up", 2).messages


def test_each_row_has_a_box_that_says_whose_it_is(as_yard_alice: Visitor) -> None:
    soup = as_yard_alice.get("/crates/").soup
    boxes = soup.select(".table tbody tr input[name=selected]")
    assert [box["value"] for box in boxes] == ["1", "2", "3"]
    labels = [
        " ".join(soup.find(id=part).get_text() for part in box["aria-labelledby"].split()) for box in boxes
    ]
    assert labels == ["Select c1", "Select c2", "Select c3"]
    assert all(box.find_parent("tr").select_one("th[scope=row]") for box in boxes)


def test_no_item_or_no_action_chosen_gives_a_warning_and_a_redirect(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    """Behaviour 34 of Django's tests."""
    page = do(as_yard_alice, "open_up", follow=False)
    assert (page.status, page.location) == (303, "/crates/")
    assert "Select at least one crate first." in as_yard_alice.get("/crates/").messages
    page = do(as_yard_alice, "", 1, follow=False)
    assert (page.status, page.location) == (303, "/crates/")
    assert "Choose what to do first." in as_yard_alice.get("/crates/").messages
    assert entries(yard) == []


def test_the_redirect_keeps_the_query_string(as_yard_alice: Visitor) -> None:
    """Behaviour 35."""
    query = "is_open=false&sort=-name&size=25"
    assert do(as_yard_alice, "idle", 1, query=query, follow=False).location == f"/crates/?{query}"
    second = as_yard_alice.get("/crates/").follow("Next page").address
    form = as_yard_alice.get(second).form()
    data = {**form.fields, "action": "idle", "selected": "4"}
    assert as_yard_alice.post(form.action, data).location == second


def test_an_address_that_is_no_list_is_refused_as_the_list_does(yard: Flask, as_yard_alice: Visitor) -> None:
    page = forge(as_yard_alice, "open_up", 1, query="secret=1")
    assert (page.status, opened(yard)) == (400, [])
    assert "secret" in page.text
    assert forge(as_yard_alice, "open_up", 1, query="is_open=false&after=nonsense").status == 303


def test_an_action_that_there_is_not_is_named(yard: Flask, as_yard_alice: Visitor) -> None:
    page = forge(as_yard_alice, "explode", 1)
    assert page.status == 400
    assert "explode" in page.text
    assert forge(as_yard_alice, "query", 1).status == 400
    assert entries(yard) == []


def test_the_address_answers_to_a_form_only(as_yard_alice: Visitor) -> None:
    assert as_yard_alice.get("/crates/action/").status == 405


def test_there_is_one_bar_of_actions_and_its_button_decides(as_yard_alice: Visitor) -> None:
    """Behaviour 33: with one bar there is nothing to mix up."""
    form = as_yard_alice.get("/crates/").form()
    assert len(form.tag.select("select[name=action]")) == 1
    assert len(form.tag.select("button")) == 1


# All that match


def test_all_that_match_are_meant_on_every_page(yard: Flask, as_yard_alice: Visitor) -> None:
    box = as_yard_alice.get("/crates/").soup.select_one("label:has([name=select_across])")
    assert box is not None
    assert box.get_text() == "All 6 that match"
    page = do(as_yard_alice, "open_up", select_across="1")
    assert "Open: done for 6 crates." in page.messages
    assert opened(yard) == ["c1", "c2", "c3", "c4", "c5", "s1"]
    assert len(entries(yard)) == 6


def test_all_that_match_heeds_filters_and_search(yard: Flask, as_yard_alice: Visitor) -> None:
    do(as_yard_alice, "open_up", 1, 9)
    query = urlencode({"q": "c", "is_open": "false", "after": ""})
    page = do(as_yard_alice, "annotate", query=query, select_across="1")
    assert "Annotate: 4 crates" in page.title
    assert agree(page, note="seen").address == "/crates/?q=c&is_open=false&after="
    with yard.app_context():
        noted = db.session.scalars(select(Crate.name).where(Crate.note == "seen").order_by(Crate.name))
        assert list(noted) == ["c2", "c3", "c4", "c5"]


def test_one_page_alone_offers_its_rows_only(as_yard_alice: Visitor) -> None:
    page = as_yard_alice.get("/crates/?size=25")
    assert page.soup.select("[name=selected]") != []
    assert page.soup.select("[name=select_across]") == []


def test_rows_that_came_since_the_list_was_shown_are_told_first(yard: Flask, as_yard_alice: Visitor) -> None:
    form = as_yard_alice.get("/crates/").form()
    keep(yard, Crate(id=7, name="new", yard_id=1))
    page = form.fill(action="open_up", select_across=True).submit("_go", select_across="1")
    assert page.status == 409
    assert "it is 7 crates now" in page.messages
    assert opened(yard) == []
    assert "Open: done for 7 crates." in agree(page).messages


def test_rows_that_came_between_question_and_answer_are_asked_for_again(
    yard: Flask, as_yard_alice: Visitor
) -> None:
    page = do(as_yard_alice, "delete", select_across="1")
    assert (page.status, page.title.split(" ·")[0]) == (200, "Delete: 6 crates")
    keep(yard, Crate(id=7, name="new", yard_id=1))
    again = agree(page)
    assert (again.status, again.title.split(" ·")[0]) == (409, "Delete: 7 crates")
    assert len(names(yard)) == 7
    assert "7 crates were deleted." in agree(again).messages
    assert names(yard) == []


@pytest.mark.parametrize("count", ["", "x", "-1", "٣", "9" * 40, "6.0"])
def test_a_number_that_nobody_was_told_is_no_consent(yard: Flask, as_yard_alice: Visitor, count: str) -> None:
    assert forge(as_yard_alice, "open_up", select_across="1", _count=count).status == 409
    assert opened(yard) == []


def test_more_than_one_action_takes_are_refused(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selection, "MAX_SELECTED", 5)
    page = do(as_yard_alice, "open_up", select_across="1")
    assert page.status == 422
    assert "at most 5 records. Narrow the list first." in page.text
    assert do(as_yard_alice, "seal", select_across="1").status == 422
    assert opened(yard) == []
    assert "done for 5 crates" in do(as_yard_alice, "open_up", query="q=c", select_across="1").messages


def test_a_list_that_is_not_counted_to_the_end_says_how_to_choose_all(
    as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.admin.listing.counting.MAX_COUNT", 4)
    page = as_yard_alice.get("/crates/")
    assert page.soup.select("[name=select_across]") == []
    assert "Narrow the list to choose all of it." in page.text


# Asking first


def test_a_question_is_asked_first_and_tells_what_it_is_about(yard: Flask, as_yard_alice: Visitor) -> None:
    do(as_yard_alice, "open_up", 1, 2)
    page = do(as_yard_alice, "seal", 1, 2)
    assert page.status == 200
    assert page.title.startswith("Seal: 2 crates")
    assert "A sealed crate is not opened for a year." in page.text
    assert page.link("c1") == "/crates/1/change/"
    assert page.link("Cancel") == "/crates/"
    assert opened(yard) == ["c1", "c2"]
    assert agree(page).address == "/crates/"
    assert opened(yard) == []


def test_the_question_names_the_first_ten(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, *(Crate(id=number, name=f"n{number}", yard_id=1) for number in range(20, 27)))
    page = do(as_yard_alice, "seal", select_across="1")
    assert len(page.soup.select(".named li")) == 10
    assert "and 3 more" in page.text


def test_a_form_is_filled_in_first_and_kept_when_it_is_wrong(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "annotate", 1, 2, query="q=c")
    assert (page.status, page.errors) == (200, [])
    wrong = agree(page, note="")
    assert (wrong.status, wrong.errors) == (422, ["Note: Write something."])
    assert wrong.title.startswith("Error:")
    assert "Annotate: done for 2 crates." in agree(wrong, note="seen").messages
    assert [(entry.verb, entry.key) for entry in entries(yard)] == [("annotate", "1"), ("annotate", "2")]


def test_saying_yes_without_being_asked_still_needs_the_form(yard: Flask, as_yard_alice: Visitor) -> None:
    assert forge(as_yard_alice, "annotate", 1, _confirm="1").status == 422
    assert entries(yard) == []


def test_a_row_that_goes_while_the_question_is_read_is_counted(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "seal", 1, 2)
    with yard.app_context():
        db.session.execute(delete(Crate).where(Crate.id == 2))
        db.session.commit()
    assert "Seal: done for c1. 1 of them was not there any more." in agree(page).messages


# The object's own page


def test_the_objects_own_page_has_its_actions(yard: Flask, as_yard_alice: Visitor) -> None:
    page = as_yard_alice.get("/crates/?q=c").follow("c1")
    form = page.form("/crates/action/")
    assert [button["value"] for button in form.tag.select("button")] == list(CrateAdmin.actions)
    after = form.submit("action", follow=True, action="open_up")
    assert after.address.startswith("/crates/1/change/")
    assert "Open: done for c1." in after.messages
    assert after.form().fields["_list"] == "q=c"
    assert opened(yard) == ["c1"]


def test_saving_an_object_and_doing_something_to_it_are_two_forms(as_yard_alice: Visitor) -> None:
    """Behaviour 40: no button of one form can be taken for one of the other."""
    page = as_yard_alice.get("/crates/1/change/")
    saving, acting = page.form().tag, page.form("/crates/action/").tag
    assert saving.select("[name=action], [name=selected]") == []
    assert acting.select("[name=_save]") == []


def test_neither_of_the_two_forms_spends_the_other(yard: Flask, as_yard_alice: Visitor) -> None:
    """They carry one token; what was done with the one can be followed by the other, from the same page."""
    page = as_yard_alice.get("/crates/1/change/")
    acting = page.form("/crates/action/")
    assert page.form().fields[ONCE_FIELD] == acting.fields[ONCE_FIELD]
    assert page.form().submit("_continue").status == 303
    after = acting.submit("action", follow=True, action="open_up")
    assert "Open: done for c1." in after.messages
    assert opened(yard) == ["c1"]
    assert "This was done already" in acting.submit("action", follow=True, action="open_up").messages


def test_on_the_objects_page_the_question_is_asked_too(yard: Flask, as_yard_alice: Visitor) -> None:
    form = as_yard_alice.get("/crates/1/change/").form("/crates/action/")
    page = form.submit("action", action="seal")
    assert page.title.startswith("Seal: 1 crate")
    assert agree(page).address.startswith("/crates/1/change/")
    assert [entry.verb for entry in entries(yard)] == ["seal"]


def test_another_object_several_or_none_is_no_action_of_a_page(yard: Flask, as_yard_alice: Visitor) -> None:
    """Behaviour 39; the object's page sends the one key that its action is for."""
    assert forge(as_yard_alice, "open_up", 1, 2, _object="1").status == 400
    assert forge(as_yard_alice, "open_up", _object="1").status == 400
    assert forge(as_yard_alice, "open_up", 4711, _object="1").status == 404
    assert opened(yard) == []
    assert forge(as_yard_alice, "open_up", 1, _object="1", select_across="1").status == 303
    assert opened(yard) == ["c1"]


def test_an_object_that_is_out_of_sight_afterwards_leads_to_the_list(
    yard: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    def move(self: Any, obj: Crate, user: Any, form: Any) -> None:
        obj.yard_id = 2

    monkeypatch.setattr(CrateAdmin, "idle", action("Idle")(move))
    mover = helper(yard, "crates.change")
    form = mover.get("/crates/?q=c1").follow("c1").form("/crates/action/")
    monkeypatch.setattr(CrateAdmin, "actions", ("move",))
    monkeypatch.setattr(CrateAdmin, "move", action("Move")(move), raising=False)
    assert form.submit("action", action="move").location == "/crates/?q=c1"
