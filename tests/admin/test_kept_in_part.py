"""What is too long for an entry of the history: taking it back overwrites nobody, and what is lost is told."""

import pytest
from flask import Flask

from tests.admin.backwards import change, found
from tests.library import world
from tests.library.people import Author
from tests.pages import Page, Visitor
from webapp.admin.changes import MAX_VALUE_LENGTH

LONG = "x" * (MAX_VALUE_LENGTH + 2_000)


@pytest.fixture
def author(library_app: Flask) -> Author:
    author = Author(name="Machado", biography="short")
    world.keep(library_app, author)
    return author


def save_long(visitor: Visitor, author: Author, text: str = LONG) -> Page:
    """The page after *author* got a long biography."""
    form = visitor.get(f"/authors/{author.id}/change/").form()
    return form.fill(biography=text).submit(follow=True)


# Texts


def test_a_later_edit_behind_what_was_kept_is_not_written_over(
    library_app: Flask, as_library_alice: Visitor, library_dora: Visitor, author: Author
) -> None:
    page = save_long(as_library_alice, author)
    hers = f"{LONG[:-900]}Dora wrote this"
    change(library_dora, "authors", author.id, biography=hers)
    asked = as_library_alice.get(page.undo().location)
    assert "Somebody has changed it since." in asked.text
    assert found(library_app, Author, author.id).biography == hers


@pytest.mark.parametrize("length", [MAX_VALUE_LENGTH - 1, MAX_VALUE_LENGTH, MAX_VALUE_LENGTH + 1])
def test_a_long_text_that_nobody_has_touched_since_is_undone(
    library_app: Flask, as_library_alice: Visitor, author: Author, length: int
) -> None:
    page = save_long(as_library_alice, author, LONG[:length])
    assert page.undo().location == "/authors/"
    assert found(library_app, Author, author.id).biography == "short"


def test_a_text_that_just_fits_comes_back_whole(
    library_app: Flask, as_library_alice: Visitor, author: Author
) -> None:
    save_long(as_library_alice, author, LONG[:MAX_VALUE_LENGTH])
    assert save_long(as_library_alice, author, "short").undo().location == "/authors/"
    assert found(library_app, Author, author.id).biography == LONG[:MAX_VALUE_LENGTH]
