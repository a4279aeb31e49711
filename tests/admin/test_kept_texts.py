"""A text comes back as it was, also where no form would have made it so: a program had written it."""

import pytest
from flask import Flask

from tests.admin.backwards import change, delete, found, last_entry, restore
from tests.library import world
from tests.library.people import Author
from tests.pages import Visitor

LINES = ["a\r\nb", "a\rb", "a\nb\r\nc", " lead", "trail \n\n", "\nx"]
ENDS = [" lead", "trail ", "  both  ", "plain"]


def author(app: Flask, **values: str) -> Author:
    made = Author(**{"name": "A", **values})
    world.keep(app, made)
    return made


@pytest.mark.parametrize(
    ("field", "text"), [*(("biography", text) for text in LINES), *(("name", text) for text in ENDS)]
)
def test_a_text_that_nobody_touches_comes_back_as_it_was(
    library_app: Flask, as_library_alice: Visitor, field: str, text: str
) -> None:
    one = author(library_app, **{field: text})
    form = as_library_alice.get(f"/authors/{one.id}/change/").form()
    assert form.fill(**{field: "other"}).submit(follow=True).undo().location == "/authors/"
    assert getattr(found(library_app, Author, one.id), field) == text
    change(as_library_alice, "authors", one.id, **{field: "other"})
    page = restore(as_library_alice, "authors", one.id, last_entry(library_app, "authors"))
    assert page.form().submit().status == 303
    assert getattr(found(library_app, Author, one.id), field) == text
    delete(as_library_alice, "authors", one.id)
    page = restore(as_library_alice, "authors", one.id, last_entry(library_app, "authors"))
    assert page.form().submit("_restore").status == 303
    assert getattr(found(library_app, Author, one.id), field) == text


def test_what_is_typed_over_it_is_taken_as_typed(library_app: Flask, as_library_alice: Visitor) -> None:
    one = author(library_app, biography="a\r\nb", name="lead ")
    delete(as_library_alice, "authors", one.id)
    page = restore(as_library_alice, "authors", one.id, last_entry(library_app, "authors"))
    form = page.form().fill(biography="a\r\nc", name="led ")
    assert form.submit("_restore").status == 303
    back = found(library_app, Author, one.id)
    assert (back.biography, back.name) == ("a\nc", "led")


def test_a_line_break_that_no_line_holds_does_not_hinder_it(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    one = author(library_app, name="a\nb\n")
    form = as_library_alice.get(f"/authors/{one.id}/change/").form()
    assert form.fill(name="other").submit(follow=True).undo().location == "/authors/"
    assert found(library_app, Author, one.id).name == "ab"
