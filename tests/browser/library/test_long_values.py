"""Values of many letters without a blank: no page scrolls sideways because of what somebody typed."""

from collections.abc import Callable

import pytest

from tests.browser.conftest import Visiting
from tests.browser.server import Site
from tests.browser.visits import PHONE, Visit
from tests.conftest import add_user
from tests.library.books import Book, Tag
from tests.library.people import Author
from webapp.extensions import db

pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")

from tests.browser.looking import too_wide

LONG = "W" * 150

PAGES = {
    "list": "/books/",
    "form": "/books/{book}/change/",
    "history": "/books/{book}/history/",
    "delete": "/books/{book}/delete/",
    "delete that is refused": "/authors/{author}/delete/",
    "page to choose from": "/books/lookup/?field=tags",
}


def at_desk(visit: Visiting) -> Visit:
    return visit()


def on_phone(visit: Visiting) -> Visit:
    return visit(viewport=PHONE)


@pytest.fixture
def keys(site: Site) -> dict[str, int]:
    add_user(site.app, "alice", is_superuser=True)
    with site.app.app_context():
        book = Book(title=LONG, slug=LONG, author=Author(name=LONG), tags=[Tag(name=LONG[:50])])
        db.session.add(book)
        db.session.commit()
        return {"book": book.id, "author": book.author_id}


@pytest.mark.parametrize("where", [at_desk, on_phone], ids=lambda where: where.__name__.replace("_", " "))
def test_no_page_grows_with_its_values(
    keys: dict[str, int], visit: Visiting, where: Callable[[Visiting], Visit]
) -> None:
    here = where(visit)
    here.sign_in()
    for name, address in PAGES.items():
        here.open(address.format(**keys))
        assert too_wide(here.page) == [], name
    for _ in range(2):
        here.open(f"/books/?q={LONG}")
        here.page.locator("tbody [name=selected]").check()
        here.page.select_option("select[name=action]", "withdraw")
        here.press("Go")
        assert too_wide(here.page) == [], "question"
        here.press("Withdraw from the shelves")
    here.page.get_by_text("It was withdrawn before.").wait_for()
    assert too_wide(here.page) == [], "result"
