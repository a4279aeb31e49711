"""Whatever stands in the database, however it came there: it is text on every page, and no link runs it."""

import re

import pytest
from bs4 import BeautifulSoup
from flask import Flask

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.kinds import Specimen
from tests.library.stored import MARKUP, SCRIPTS, pages_of, store
from tests.pages import Visitor
from webapp.extensions import db

pytestmark = pytest.mark.slow


@pytest.fixture
def alice(library_app: Flask) -> Visitor:
    with library_app.app_context():
        world.fill(db.session)
    return signed_in(library_app, add_user(library_app, "alice", is_superuser=True))


def runs(text: str) -> list[str]:
    """What of a page would run or lead away, or stands there because a value broke out of its place."""
    soup = BeautifulSoup(text, "html.parser")
    found = [
        str(tag)[:100] for tag in soup.select("script:not([src]), svg[onload], img[src=x], #xss, [onfocus]")
    ]
    found += [
        f"{tag.name} {name}" for tag in soup.find_all(True) for name in tag.attrs if name.startswith("on")
    ]
    for tag in soup.select("[href], [src], [action], [formaction]"):
        for name in ("href", "src", "action", "formaction"):
            address = str(tag.get(name, ""))
            if re.match(r"[\s\x00-\x20]*(?!https?:)[a-z]+:|[\\/]{2}", address, re.IGNORECASE):
                found.append(f"{tag.name} {name} {address}")
            if address.startswith("http") and "noopener noreferrer" not in " ".join(
                tag.get_attribute_list("rel")
            ):
                found.append(f"{tag.name} {address} without rel")
    return found


@pytest.mark.parametrize(
    "planted",
    [
        "<p onclick=x>",
        "<script>x</script>",
        "<a href='javascript:x'>",
        "<a href=' data:x'>",
        "<a href=//evil>",
        "<a href=https://x>",
        "<form action=\\\\evil>",
    ],
)
def test_what_runs_would_be_noticed(planted: str) -> None:
    assert runs(planted)
    assert not runs('<a href="/users/?q=a:b">x</a><a href="https://x" rel="noopener noreferrer">x</a>')


def test_markup_in_every_text_of_the_database_is_text_on_every_page(
    library_app: Flask, alice: Visitor
) -> None:
    """WB-09, WB-11."""
    # Once with the entries in the history that its pages show.
    for address in [one for one in pages_of(library_app) if one.endswith("/change/")]:
        page = alice.get(address)
        if page.soup.select("main form[method=post] [name=_save]"):
            page.form().submit()
    assert store(library_app, MARKUP) > 60
    for address in pages_of(library_app):
        page = alice.get(address)
        # Some are only to be looked at.
        assert page.status in {200, 403}, address
        assert runs(page.text) == [], address
    assert "__xss" in alice.get("/books/").soup.get_text()


def test_an_address_that_is_none_of_a_page_is_a_link_nowhere(library_app: Flask, alice: Visitor) -> None:
    """WB-10: in a list, read-only in a form, in the history, found by the search; a good one is a link."""
    addresses = [f"/specimens/{{}}/{page}/" for page in ("change", "history", "delete")]
    for script in (*SCRIPTS, "https://good.example/"):
        with library_app.app_context():
            db.session.query(Specimen).update({"page": script})
            db.session.commit()
            key = db.session.query(Specimen.id).limit(1).scalar()
        for address in (
            "/specimens/",
            *(one.format(key) for one in addresses),
            "/search?q=Specimen",
            "/authors/",
        ):
            page = alice.get(address)
            assert page.status == 200, address
            assert runs(page.text) == [], (script, address)
            if address == "/specimens/":
                links = [str(tag["href"]) for tag in page.soup.select("td a[href^=http]")]
                assert links == (
                    ["https://good.example/"] * len(links) if script.startswith("https://good") else []
                )
                assert bool(links) == script.startswith("https://good")
    reader = signed_in(library_app, add_user(library_app, "bob", grants=("specimens.view",)))
    for script, is_link in ((SCRIPTS[0], False), ("https://good.example/", True)):
        with library_app.app_context():
            db.session.query(Specimen).update({"page": script})
            db.session.commit()
        page = reader.get(f"/specimens/{key}/change/")
        assert runs(page.text) == []
        assert bool(page.soup.select("main a[href^=http]")) is is_link
