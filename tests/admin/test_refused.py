"""What a model's validator refuses in the application's own code is told; what leads nowhere is left out."""

from typing import Any

import pytest
from flask import Flask

from tests.admin.yard import Crate, CrateAdmin, NoteForm, agree, do, entries
from tests.pages import Visitor
from webapp.admin.options import action
from webapp.extensions import db


def notes(app: Flask) -> list[str]:
    with app.app_context():
        return [crate.note for crate in db.session.query(Crate).order_by(Crate.id)]


def test_what_a_validator_refuses_in_an_action_is_told_and_the_others_are_done(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """IN-13."""

    @action("Annotate", form=NoteForm)
    def annotate(_self: Any, obj: Crate, _user: Any, form: Any) -> None:
        obj.note = "poison" if obj.name == "c1" else form.note.data

    page = agree(do(as_yard_alice, "annotate", 1, 2), note="harmless")
    assert "done for 2" in page.messages
    page = agree(do(as_yard_alice, "annotate", 1), note="poison")
    assert page.status == 422
    assert "Poison stays outside." in page.text
    monkeypatch.setattr(CrateAdmin, "annotate", annotate)
    page = agree(do(as_yard_alice, "annotate", 1, 2), note="other")
    assert page.status == 200
    assert "Poison stays outside." in page.text
    assert notes(yard)[:2] == ["harmless", "other"]
    assert len(entries(yard)) == 3


@pytest.mark.parametrize("hook", ["clean", "prepare", "before_save", "after_save"])
def test_what_a_validator_refuses_in_a_hook_is_an_error_of_its_field(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch, hook: str
) -> None:
    def poisoned(_self: Any, *given: Any) -> None:
        next((one for one in given if isinstance(one, Crate)), Crate()).note = "poison"

    page = as_yard_alice.get("/crates/1/change/")
    assert page.form().fill(note="harmless").submit().status == 303
    monkeypatch.setattr(CrateAdmin, hook, poisoned)
    page = as_yard_alice.get("/crates/1/change/").form().fill(name="c1 b").submit()
    assert page.status == 422
    assert "Poison stays outside." in " ".join(page.errors)
    assert notes(yard)[0] == "harmless"


@pytest.mark.parametrize("name", ["annotate", "before_save"])
def test_a_mistake_of_the_applications_own_stays_one(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """A wrong int() is nothing that a person could mend."""

    def mistaken(_self: Any, _obj: Any, _form: Any, _user: Any) -> None:
        int("hush-hush")

    mistaken.__name__ = name
    in_action = action("Annotate", form=NoteForm)(mistaken)
    monkeypatch.setattr(CrateAdmin, name, in_action if name == "annotate" else mistaken)
    monkeypatch.setitem(yard.config, "PROPAGATE_EXCEPTIONS", False)
    if name == "annotate":
        page = agree(do(as_yard_alice, name, 1), note="x")
    else:
        page = as_yard_alice.get("/crates/1/change/").form().fill(name="other").submit()
    assert page.status == 500
    assert "hush-hush" not in page.text


def test_a_link_that_leads_nowhere_is_left_out_and_told_with_the_hooks_name(
    yard: Flask, as_yard_alice: Visitor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def links(_self: Any, _user: Any, _obj: Any = None) -> Any:
        return (("Nowhere", "crates.nowhere"), ("Crates", "admin.index"))

    monkeypatch.setattr(CrateAdmin, "get_links", links)
    monkeypatch.setattr(CrateAdmin, "get_list_links", links)
    for address, hook in (("/crates/1/change/", "get_links"), ("/crates/", "get_list_links")):
        caplog.clear()
        page = as_yard_alice.get(address)
        assert page.status == 200
        assert page.link("Nowhere") is None
        assert [tag for tag in page.soup.select("main a") if tag.get_text(strip=True) == "Crates"]
        told = " ".join(record.getMessage() for record in caplog.records if record.levelname == "ERROR")
        assert f"CrateAdmin.{hook}" in told
        assert "crates.nowhere" in told
