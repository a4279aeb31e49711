"""Every word that a person reads went through gettext: looked for on all pages, in a language of brackets."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.conftest import add_user, signed_in
from tests.pages import PASSWORD, Page, Visitor
from tests.pseudo import marked, speak_pseudo, unmarked
from tests.rules.test_templates import pages
from tests.rules.world import token
from webapp.account.setup import setup_token
from webapp.extensions import db
from webapp.users.models import Group, User

# What pages show that is no text of ours: names, addresses, permissions, the site, a zone, what languages and
# browsers call themselves, and what Babel makes of moments and joins lists with.
DATA = re.compile(
    r"(?i)(English|Português|seconds?|minutes?|ago|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|[ap]m"
    r"|alice|bob|charlie|dora|werkzeug|zelador|csv|json|ndjson|editors|UTC|or|and|[\w.]+@example\.org|\w+\.\w+|[·,:;→…+()“”/-]|\d|\s)+"
)


def is_data(text: str) -> bool:
    return DATA.fullmatch(text) is not None


@pytest.fixture
def office(app: Flask, monkeypatch: pytest.MonkeyPatch) -> "Office":
    return Office(app, monkeypatch)


class Office:
    """Four people and a group, with something in each history, before anybody speaks the language."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.app = app
        self.alice = add_user(app, "alice", is_superuser=True)
        self.bob = add_user(app, "bob", grants=("users.view", "users.change", "groups.view"))
        self.charlie, self.dora = add_user(app, "charlie"), add_user(app, "dora")
        self.as_alice, self.as_bob, self.as_charlie = (
            signed_in(app, person) for person in (self.alice, self.bob, self.charlie)
        )
        self.stranger = Visitor(app)
        form = self.as_alice.get("/groups/add/").form().fill(name="Editors")
        form.submit(permissions=["users.view"])
        with app.app_context():
            self.group = db.session.scalars(db.select(Group.id)).one()
        self.as_alice.get(f"/users/{self.dora.id}/change/").form().submit(
            groups=str(self.group), full_name="Dora"
        )
        # What it said about that is in English.
        self.as_alice.get("/")
        speak_pseudo(monkeypatch)

    def post(self, visitor: Visitor, address: str, **data: Any) -> Page:
        return visitor.post(address, {"csrf_token": token(visitor), **data}, follow=True)


def addresses(office: Office) -> Iterator[tuple[Visitor, str, int]]:
    alice, bob, charlie, stranger = office.as_alice, office.as_bob, office.as_charlie, office.stranger
    key, group = office.dora.id, office.group
    yield from ((alice, path, 200) for path in ("/", "/account/", "/account/password/"))
    yield from ((charlie, "/", 200), (stranger, "/login", 200))
    for name, number in (("users", key), ("groups", group)):
        for part in ("", "add/", f"{number}/change/", f"{number}/delete/", f"{number}/history/"):
            yield alice, f"/{name}/{part}", 200
    yield alice, f"/users/{key}/password/", 200
    yield alice, f"/users/{office.alice.id}/change/", 200
    yield bob, f"/users/{key}/change/", 200
    yield bob, f"/users/{office.bob.id}/change/", 200
    yield bob, f"/groups/{group}/change/", 200
    filters = (
        "username__contains=a&is_active=true&last_login_at__isnull=false"
        "&created_at__gte=2020-01-01&email__in=alice,bob"
    )
    for query in ("?q=nobody", f"?{filters}", "?from=%F4%8F%BF%BD", "?sort=-email,username&size=25"):
        yield alice, f"/users/{query}", 200
    for query in (
        "?nonsense=1",
        "?sort=none",
        "?size=7",
        "?is_active=maybe",
        "?created_at=x",
        "?q=" + 999 * "x",
    ):
        yield alice, f"/users/{query}", 400
    yield alice, f"/users/{key}/history/?after=x", 400
    yield alice, "/users/987654/change/", 404
    yield alice, "/nowhere/", 404
    yield charlie, "/users/", 403
    yield alice, "/users/lookup/?field=groups", 200
    yield alice, "/users/lookup/?field=nothing", 400
    yield charlie, "/users/lookup/?field=groups", 403


def test_every_page_is_marked(office: Office) -> None:
    found = {}
    for visitor, address, status in addresses(office):
        page = visitor.get(address)
        assert page.status == status, address
        if words := words_of(page):
            found[address] = words
    assert found == {}


def test_whatever_has_an_address_is_marked(office: Office) -> None:
    found = {
        name: words
        for name, soup in pages(office.app, office.as_alice, office.dora)
        if (words := unmarked(str(soup), is_data))
    }
    assert found == {}


def words_of(page: Page) -> list[str]:
    if page.response.mimetype == "application/json":
        answer = json.loads(page.text)
        return unmarked(f"<p>{answer.get('error', '')}</p>", is_data)
    assert "⟦" in page.text
    return unmarked(page.text, is_data)


def sent(office: Office) -> Iterator[Page]:
    """The answers to what people send, right and wrong."""
    alice, charlie, stranger = office.as_alice, office.as_charlie, office.stranger
    key, group = office.dora.id, office.group
    yield stranger.sign_in("alice", "wrong")
    yield stranger.get("/users/", follow=True)
    add = alice.get("/users/add/").form()
    yield add.submit()
    yield add.fill(username="a b\x01", email="nothing", password="short", password_confirm="other").submit()
    yield add.fill(username="bob", email="x" * 300 + "@example.org", password="alice").submit(groups="77")
    person = alice.get(f"/users/{key}/change/")
    yield person.form().fill(full_name="Charlie").submit("_continue", follow=True)
    yield alice.get(f"/users/{key}/change/").form().submit("_addanother", follow=True)
    with office.app.app_context(), db.engine.begin() as connection:
        connection.execute(update(User.__table__).values(version=50, full_name="Bob"))
    yield person.form().fill(full_name="Carla").submit()
    for action in ("activate", "deactivate", "add_to_group", "delete", "nothing", ""):
        yield office.post(alice, "/users/action/", action=action, selected=str(key))
    yield office.post(
        alice, "/users/action/", action="deactivate", selected=[str(key), str(office.alice.id)], _confirm="1"
    )
    yield office.post(alice, "/users/action/", action="activate", selected=str(key), _confirm="1")
    yield office.post(alice, "/users/action/", action="delete")
    yield office.post(alice, f"/users/{office.alice.id}/delete/", _delete="1", _version="50")
    yield alice.get(f"/groups/{group}/delete/").form().submit("_delete", follow=True)
    own = charlie.get("/account/password/").form()
    yield own.fill(current_password="wrong", password="x" * 40, password_confirm="x" * 40).submit()
    new = "um trem verde sob a chuva fina"
    yield own.fill(current_password=PASSWORD, password=new, password_confirm=new).submit(follow=True)
    yield charlie.get("/account/").form().submit(theme="pink", locale="xx", timezone="Mars/Olympus")
    yield charlie.get("/account/").form().fill(full_name="Charlie").submit(follow=True)
    yield Page(alice, alice.client.put("/users/"))
    yield alice.post("/users/add/", {"username": "bob"})
    yield Page(alice, alice.client.post("/users/add/", json={}))
    yield Page(alice, alice.client.get("/users/?q=%FF"))
    yield office.post(alice, "/users/add/", csrf_token=token(alice), username="x" * 3_000_000)
    yield office.post(alice, "/logout")


def test_every_answer_is_marked(office: Office) -> None:
    found, statuses = {}, set()
    for number, page in enumerate(sent(office)):
        statuses.add(page.status)
        if words := words_of(page):
            found[number, page.status, page.address] = words
    assert found == {}
    assert statuses >= {200, 400, 405, 409, 413, 415, 422}


def test_setting_up_is_marked(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        speak_pseudo(monkeypatch)
        address = f"/setup/{setup_token()}"
    for page in (
        Visitor(app).get("/login"),
        Visitor(app).get(address),
        Visitor(app).get(address).form().submit(),
        Visitor(app).get("/setup/wrong", follow=True),
    ):
        assert words_of(page) == []


@pytest.mark.parametrize(
    ("html", "found"),
    [
        ("<p>Save</p>", ["Save"]),
        (f"<p>{marked('Save %(name)s')} it</p>", ["it"]),
        ('<a title="Close">x</a>', ["Close"]),
        ('<i data-selected="Chosen:"></i>', ["Chosen:"]),
        (f"<p>{marked('Delete %(object)s?') % {'object': 'Anna'}}</p>", []),
        ("<p>alice · bob@example.org</p><time>yesterday</time><code>Key</code>", []),
    ],
)
def test_a_word_that_was_not_marked_would_be_found(html: str, found: list[str]) -> None:
    assert unmarked(html, is_data) == found
