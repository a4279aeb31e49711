"""Who may do something to many rows, to which of them, and deleting them."""

from typing import Any

import pytest
from flask import Flask

from tests.admin.yard import (
    Crate,
    CrateAdmin,
    Lid,
    Yard,
    agree,
    do,
    entries,
    forge,
    helper,
    keep,
    names,
    opened,
)
from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from webapp.admin.permissions import actions_of, vocabulary
from webapp.admin.site import current_site
from webapp.users.admin import UserAdmin
from webapp.users.models import User

# Who may


def test_an_action_that_is_not_permitted_is_neither_listed_nor_run(yard: Flask, alice: User) -> None:
    """Behaviour 36."""
    reader = helper(yard)
    page = reader.get("/crates/")
    assert page.soup.select("select[name=action], input[name=selected], form.selection") == []
    assert page.column() == ["c1", "c2", "c3"]
    for name in ("open_up", "seal", "delete"):
        assert forge(reader, name, 1, _confirm="1").status == 403
    assert "crates.seal" in forge(reader, "seal", 1).text
    assert opened(yard) == []
    assert entries(yard) == []


def test_an_action_with_a_permission_of_its_own_takes_that_one(yard: Flask) -> None:
    """AZ-09."""
    sealer = helper(yard, "crates.seal")
    options = sealer.get("/crates/").soup.select("select[name=action] option")
    assert [option["value"] for option in options] == ["", "seal"]
    assert forge(sealer, "open_up", 1).status == 403
    assert "Seal: done for c1." in agree(do(sealer, "seal", 1)).messages
    with yard.app_context():
        crates = current_site().admin("crates")
        assert vocabulary(crates) == [
            f"crates.{verb}" for verb in "view add change delete export seal".split()
        ]
        assert list(actions_of(crates)) == list(CrateAdmin.actions)


def test_who_may_not_see_the_model_does_nothing_to_it(yard: Flask) -> None:
    visitor = signed_in(yard, add_user(yard, "charlie", grants=("crates.seal",)))
    assert forge(visitor, "seal", 1, _confirm="1").status == 403
    assert entries(yard) == []


def test_the_right_is_asked_for_each_row_and_the_others_go_on(yard: Flask, as_yard_alice: Visitor) -> None:
    """AZ-09."""
    keep(yard, Crate(id=7, name="locked", yard_id=1))
    page = do(as_yard_alice, "open_up", 1, 7, query="size=25")
    assert page.status == 200
    assert "Open: done for c1." in page.messages
    assert "locked" in page.text
    assert "You may not do this to it." in page.text
    assert page.link("locked") == "/crates/7/change/"
    assert page.link("Back to the list") == "/crates/?size=25"
    assert opened(yard) == ["c1"]


def test_rows_that_a_person_does_not_see_are_never_touched(yard: Flask) -> None:
    """AZ-09."""
    opener = helper(yard, "crates.change", "crates.delete")
    page = do(opener, "open_up", 1, 9)
    assert "Open: done for c1." in page.messages
    assert "1 of them was not there any more." in page.messages
    assert forge(opener, "delete", 9, _confirm="1").status == 303
    agree(do(opener, "open_up", select_across="1", _count="5"))
    assert "s1" not in opened(yard)
    assert "s1" in names(yard)
    assert opened(yard) == ["c1", "c2", "c3", "c4", "c5"]


def test_lists_of_people_have_boxes_for_who_may_delete_only(
    as_alice: Visitor, as_bob: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserAdmin, "actions", ())
    assert as_alice.get("/users/").soup.select("[name=selected]") != []
    assert as_bob.get("/users/").soup.select("[name=selected]") == []


# On the object's own page


def test_on_the_objects_page_only_what_is_permitted_for_it(yard: Flask) -> None:
    keep(yard, Crate(id=7, name="locked", yard_id=1))
    visitor = helper(yard, "crates.change", "crates.seal")

    def offered(key: int) -> list[str]:
        buttons = visitor.get(f"/crates/{key}/change/").soup.select("form[action='/crates/action/'] button")
        return [str(button["value"]) for button in buttons]

    assert offered(1) == list(CrateAdmin.actions)
    assert offered(7) == ["seal"]
    assert forge(visitor, "open_up", 7, _object="1").status == 403
    assert forge(visitor, "seal", 7, _object="1", _confirm="1").status == 303
    assert forge(visitor, "seal", 9, _object="1", _confirm="1").status == 404


def test_who_may_only_look_has_no_actions_on_the_page(yard: Flask) -> None:
    page = helper(yard).get("/crates/1/change/")
    assert page.soup.select("form[action='/crates/action/']") == []


def test_an_action_may_be_offered_for_some_objects_only(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def chosen(self: Any, user: Any, obj: Any = None) -> tuple[str, ...]:
        return ("open_up",) if obj is None or not obj.is_open else ()

    monkeypatch.setattr(CrateAdmin, "get_actions", chosen)
    form = as_yard_alice.get("/crates/1/change/").form("/crates/action/")
    assert form.submit("action", action="open_up").status == 303
    assert forge(as_yard_alice, "open_up", 1, _object="1").status == 403
    assert forge(as_yard_alice, "seal", 2, _confirm="1").status == 403


# Deleting


def test_deleting_many_is_always_asked_first(yard: Flask, as_yard_alice: Visitor) -> None:
    page = do(as_yard_alice, "delete", 1, 2)
    assert page.title.startswith("Delete: 2 crates")
    assert len(names(yard)) == 6
    assert "2 crates were deleted." in agree(page).messages
    assert names(yard) == ["c3", "c4", "c5", "s1"]
    assert [(entry.verb, entry.key) for entry in entries(yard)] == [("delete", "1"), ("delete", "2")]
    assert CrateAdmin.told == ["c1", "c2"]


def test_deleting_takes_the_right_to_for_each_row(yard: Flask) -> None:
    keep(yard, Crate(id=7, name="locked", yard_id=1))
    assert forge(helper(yard, "crates.change"), "delete", 1, _confirm="1").status == 403
    deleter = signed_in(yard, add_user(yard, "deleter", grants=("crates.view", "crates.delete")))
    page = agree(do(deleter, "delete", 1, 7))
    assert page.status == 200
    assert "c1 was deleted." in page.messages
    assert "You may not do this to it." in page.text
    assert names(yard) == ["c2", "c3", "c4", "c5", "locked", "s1"]


def test_deleting_takes_the_right_to_delete_what_goes_with_it(yard: Flask) -> None:
    """AZ-14, behaviour 37; where Django refuses all, the rows that nothing hangs on go."""
    keep(yard, Lid(crate_id=1), Lid(crate_id=2))
    deleter = helper(yard, "crates.delete")
    asked = do(deleter, "delete", 1, 3)
    assert "These you may not delete" in asked.text
    assert "the others are deleted" in asked.messages
    page = agree(asked)
    assert page.status == 200
    assert "c3 was deleted." in page.messages
    assert "you may not delete all that would go with it" in page.text
    assert names(yard) == ["c1", "c2", "c4", "c5", "s1"]
    both = signed_in(yard, add_user(yard, "both", grants=("crates.view", "crates.delete", "lids.delete")))
    asked = do(both, "delete", 1, 2)
    assert "Deleted with it" in asked.text
    assert "2 crates were deleted." in agree(asked).messages
    assert {entry.verb for entry in entries(yard, "lids")} == {"delete"}


def test_rows_that_others_need_stay_and_the_others_go(yard: Flask, as_yard_alice: Visitor) -> None:
    keep(yard, Yard(id=3, name="west"))
    form = as_yard_alice.get("/yards/").form()
    asked = as_yard_alice.post(form.action, {**form.fields, "action": "delete", "selected": ["1", "3"]})
    assert "These need it" in asked.text
    page = agree(asked)
    assert "west was deleted." in page.messages
    assert page.link("north") == "/yards/1/change/"
    assert "other records need it" in page.text


def test_a_model_that_cannot_be_deleted_offers_it_to_nobody(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(CrateAdmin, "can_delete", False)
    options = as_yard_alice.get("/crates/").soup.select("select[name=action] option")
    assert "delete" not in [option["value"] for option in options]
    assert forge(as_yard_alice, "delete", 1, _confirm="1").status == 403
    assert len(names(yard)) == 6


def test_people_are_deleted_by_their_own_rules(app: Flask, as_alice: Visitor, alice: User, bob: User) -> None:
    form = as_alice.get("/users/").form()
    data = {**form.fields, "action": "delete", "selected": [str(alice.id), str(bob.id)]}
    page = agree(as_alice.post(form.action, data))
    assert "bob was deleted." in page.messages
    assert "This is the last active superuser." in page.text
    assert as_alice.get("/users/").column() == ["alice"]
