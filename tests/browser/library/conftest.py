"""A server with the library, where rows lead to each other, and the form of one of its books."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from tests.browser.conftest import Visiting
from tests.browser.server import Site, running_site
from tests.browser.visits import Visit
from tests.conftest import add_user
from tests.library import world
from tests.library.books import Book, Tag
from tests.library.people import Author
from webapp.extensions import db

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

# More than a select offers, and more than one page of a lookup.
MANY = 60

#: What a combobox has found; a select has options too.
OPTION = ".lookup-list [role=option]"


@pytest.fixture(scope="session")
def _running_library(browser: "Browser", tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    apps = world.apps("sqlite:")
    with running_site(tmp_path_factory.mktemp("library"), "tests.library.wsgi:app", apps) as site:
        with site.app.app_context():
            world.create_tables(db.engine)
        yield site


@pytest.fixture
def site(_running_library: Site) -> Iterator[Site]:
    """The server with the small world of the library, and with many authors and tags."""
    app = _running_library.app
    with app.app_context():
        world.fill(db.session)
        db.session.add_all(Author(name=f"Writer {number:02}") for number in range(MANY))
        db.session.add_all(Tag(name=f"tag {number:02}") for number in range(MANY))
        db.session.commit()
    yield _running_library
    _running_library.empty()
    with app.app_context():
        world.empty_tables(db.engine)


class BookForm:
    """The form of one book before Alice, and what the database has of it."""

    def __init__(self, here: Visit) -> None:
        self.here = here
        self.page = here.page
        with here.site.app.app_context():
            self.key = db.session.scalar(select(Book.id).where(Book.slug == "star"))

    def open(self) -> "BookForm":
        self.here.open(f"/books/{self.key}/change/")
        return self

    def field(self, label: str) -> "Locator":
        return self.page.get_by_role("combobox", name=label)

    def search(self, label: str, text: str) -> None:
        """Type *text* as a person does, and wait for what is found."""
        self.field(label).click()
        self.field(label).press_sequentially(text)
        self.page.locator("[role=option][data-active]").wait_for()

    def options(self) -> list[str]:
        return self.page.locator(OPTION).all_inner_texts()

    def active(self) -> str:
        """The option that the keys have reached, as assistive technology is told of it."""
        return self.page.evaluate(
            """() => {
              const id = document.activeElement.getAttribute("aria-activedescendant");
              return id ? document.getElementById(id).textContent : "";
            }"""
        )

    def status(self, text: str) -> "Locator":
        return self.page.get_by_role("status").filter(has_text=re.compile(f"^{re.escape(text)}$"))

    def chips(self) -> list[str]:
        return self.page.locator("li.chip").all_inner_texts()

    def save(self) -> None:
        self.here.press("Save and continue editing")
        assert "was changed" in self.here.message()

    def stored(self, name: str) -> Any:
        with self.here.site.app.app_context():
            value = getattr(db.session.get_one(Book, self.key), name)
            return [str(one) for one in value] if isinstance(value, list) else value and str(value)


@pytest.fixture
def form(as_alice: Visit) -> BookForm:
    return BookForm(as_alice).open()


@pytest.fixture
def form_without_script(site: Site, visit: Visiting) -> BookForm:
    add_user(site.app, "alice", is_superuser=True)
    here = visit(java_script_enabled=False)
    here.sign_in()
    return BookForm(here).open()
