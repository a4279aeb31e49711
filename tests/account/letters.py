"""The mail that somebody gets in the tests."""

from email.message import EmailMessage

from bs4 import BeautifulSoup
from flask import Flask

from tests.pages import PASSWORD, Page, Visitor
from webapp.mail.delivery import MAILBOX
from webapp.mail.outbox import OUTBOX

NEW = "pomar de figos maduros"


def letters(app: Flask) -> list[EmailMessage]:
    """All that was sent, when everything is done that waits to be."""
    assert app.extensions[OUTBOX].flush(10)
    found: list[EmailMessage] = app.extensions.get(MAILBOX, [])
    return found


def link_in(letter: EmailMessage) -> str:
    """The path of the link in *letter*."""
    part = letter.get_body(("html",))
    assert part is not None
    anchor = BeautifulSoup(part.get_content(), "html.parser").a
    assert anchor is not None
    base = "http://127.0.0.1:8000"
    assert str(anchor["href"]).startswith(f"{base}/account/set-password/")
    return str(anchor["href"]).removeprefix(base)


def ask(app: Flask, typed: str, visitor: Visitor | None = None) -> Page:
    form = (visitor or Visitor(app)).get("/account/forgotten/").form()
    return form.fill(username=typed).submit()


def asked_link(app: Flask, typed: str) -> str:
    """The link that comes by mail to who asks for it."""
    before = len(letters(app))
    ask(app, typed)
    found = letters(app)
    assert len(found) == before + 1
    return link_in(found[-1])


def use(app: Flask, link: str, password: str = NEW, visitor: Visitor | None = None) -> Page:
    """Open *link* and set *password*; the last page."""
    visitor = visitor or Visitor(app)
    opened = visitor.get(link, follow=True)
    if opened.address != "/account/set-password/":
        return opened
    return opened.form().fill(password=password, password_confirm=password).submit(follow=True)


def is_dead(app: Flask, link: str) -> bool:
    return "not valid" in use(app, link, "nobody sets this password").messages


def enters(app: Flask, username: str, password: str = PASSWORD) -> bool:
    return Visitor(app).sign_in(username, password).status == 303
