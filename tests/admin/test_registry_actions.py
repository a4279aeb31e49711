"""Actions on every model of the library: ticked and all that match, with its keys, joins and inheritance."""

from typing import Any

import pytest
from flask import Flask

from tests.library.walking import NAMES, Walk, walk_to
from tests.pages import Page, Visitor
from webapp.admin.options import action


@pytest.fixture(params=NAMES)
def walk(request: pytest.FixtureRequest, library_app: Flask, as_library_alice: Visitor) -> Walk:
    """Each model of the library that can be written."""
    return walk_to(library_app, as_library_alice, request.param)


@pytest.fixture
def nudged(walk: Walk, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the objects that an action, the only one, was called for."""
    found: list[str] = []

    def nudge(self: Any, obj: Any, user: Any, form: Any) -> None:
        found.append(self.info.key_of(obj))

    monkeypatch.setattr(type(walk.admin), "nudge", action("Nudge")(nudge), raising=False)
    monkeypatch.setattr(type(walk.admin), "get_actions", lambda self, user, obj=None: ("nudge",))
    return found


def send(walk: Walk, name: str, keys: list[str], **fields: Any) -> Page:
    form = walk.get("?size=25").form(f"/{walk.name}/action/?size=25")
    return walk.visitor.post(
        form.action, {**form.fields, "action": name, "selected": keys, **fields}, follow=True
    )


def test_the_ticked_rows_of_each_model_are_done(walk: Walk, nudged: list[str]) -> None:
    keys = walk.rows(1, 2, 3)
    page = send(walk, "nudge", keys[:2])
    assert page.status == 200, page.text
    assert "Nudge: done for 2" in page.messages
    assert sorted(nudged) == sorted(keys[:2])
    assert sorted(entry.key for entry in walk.entries()) == sorted(keys[:2])


def test_the_history_says_it_as_a_sentence(walk: Walk, nudged: list[str]) -> None:
    (key,) = walk.rows(1)
    send(walk, "nudge", [key])
    line = walk.get(f"{key}/history/").soup.select_one(".timeline-line")
    assert " ".join(line.get_text(" ").split()).startswith("alice did “Nudge” to ")


def test_all_rows_of_each_model_are_done(walk: Walk, nudged: list[str]) -> None:
    keys = walk.rows(1, 2, 3)
    page = send(walk, "nudge", [], select_across="1", _count=str(walk.count()))
    assert page.status == 200, page.text
    assert set(nudged) >= set(keys)
    assert len(nudged) == walk.count()


def test_each_object_has_its_actions_on_its_own_page(walk: Walk, nudged: list[str]) -> None:
    (key,) = walk.rows(1)
    form = walk.get(f"{key}/change/").form(f"/{walk.name}/action/")
    page = form.submit("action", follow=True, action="nudge")
    assert page.address.startswith(f"/{walk.name}/{key}/change/")
    assert "Nudge: done for" in page.messages
    assert nudged == [key]


def test_rows_of_each_model_are_deleted_together(walk: Walk) -> None:
    keys = walk.rows(1, 2, 3)
    before = walk.count()
    asked = send(walk, "delete", keys[:2])
    assert asked.status == 200, asked.text
    page = asked.form().submit("_confirm", follow=True, selected=keys[:2])
    assert page.status == 200, page.text
    assert "were deleted" in page.messages
    assert walk.count() == before - 2
    assert walk.stored(keys[0]) is None
    assert walk.stored(keys[2]) is not None
