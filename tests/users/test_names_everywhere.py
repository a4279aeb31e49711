"""Wherever a username is typed, nobody can be made who could be taken for somebody else (IN-07)."""

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, signed_in
from tests.pages import Page, Visitor
from webapp.account.setup import setup_token
from webapp.extensions import db
from webapp.users.models import User

PASSWORD = "pomar de figos maduros"

# "dora", spelled otherwise.
SPELLINGS = (
    "DORA",
    " dora ",
    "\uff44\uff4f\uff52\uff41",  # full width
    "\U0001d41d\U0001d428\U0001d42b\U0001d41a",  # mathematical
    "do\u1d63a",  # a letter set below the line
)
# What is drawn like "dora", or as nothing beside it, and what is said of it.
LOOKALIKES = {
    "d\u043era": "one script",  # Cyrillic
    "d\u03bfra": "one script",  # Greek
    "dor\u0251\u0430": "one script",
    "d\u0585ra": "one script",  # Armenian
    "dora\u200b": "U+200B",
    "do\u200dra": "U+200D",
    "do\u00adra": "U+00AD",
    "\ufeffdora": "U+FEFF",
    "\u202earod": "U+202E",
    "do\u2066ra": "U+2066",
    "do\u200era": "U+200E",
    "do\U000e0064ra": "U+E0064",
    "dora\ufe0f": "U+FE0F",
    "do\x08ra": "control characters",
    "do\tra": "control characters",
    "do\nra": "control characters",
    "do\u2028ra": "control character",
    "do ra": "none of them",
    "do\u0316\u0316\u0316ra": "accents",
}


def told_by_a_form(page: object) -> str:
    return " ".join(page.errors)  # type: ignore[attr-defined]


def add(app: Flask, username: str) -> str:
    form = Visitor.get(_alice(app), "/users/add/").form()
    form.fill(username=username, email="new@example.org", password=PASSWORD, password_confirm=PASSWORD)
    return told_by_a_form(form.submit())


def change(app: Flask, username: str) -> str:
    person = add_user(app, "edgar")
    return told_by_a_form(
        _alice(app).get(f"/users/{person.id}/change/").form().fill(username=username).submit()
    )


def set_up(app: Flask, username: str) -> str:
    with app.app_context():
        address = f"/setup/{setup_token()}"
    form = Visitor(app).get(address).form()
    form.fill(username=username, email="new@example.org", password=PASSWORD, password_confirm=PASSWORD)
    return told_by_a_form(form.submit())


def command(app: Flask, username: str) -> str:
    arguments = ["users", "create-superuser", "--username", username, "--email", "new@example.org"]
    result = app.test_cli_runner().invoke(args=[*arguments, "--password-stdin"], input=f"{PASSWORD}\n")
    return "" if result.exit_code == 0 else result.output


def _alice(app: Flask) -> Visitor:
    return signed_in(app, add_user(app, "alice", is_superuser=True))


DOORS = [add, change, set_up, command]


def names(app: Flask) -> set[str]:
    with app.app_context():
        return set(db.session.scalars(select(User.username)))


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("username", SPELLINGS, ids=ascii)
def test_a_name_that_is_there_is_taken_however_it_is_spelled(
    app: Flask, door: Callable[[Flask, str], str], username: str
) -> None:
    """LG-07."""
    add_user(app, "dora")
    assert "already" in door(app, username)
    assert names(app) <= {"dora", "alice", "edgar"}


@pytest.mark.one_engine
@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("username", LOOKALIKES, ids=ascii)
def test_a_name_that_could_be_taken_for_another_is_refused_at_every_door(
    app: Flask, door: Callable[[Flask, str], str], username: str
) -> None:
    assert LOOKALIKES[username] in door(app, username)
    assert names(app) <= {"alice", "edgar"}


@pytest.mark.parametrize("door", DOORS)
def test_another_name_is_accepted_at_every_door(app: Flask, door: Callable[[Flask, str], str]) -> None:
    add_user(app, "dora")
    assert door(app, "Doraline") == ""
    assert "doraline" in names(app)


@pytest.mark.one_engine
def test_no_name_turns_the_text_around_it_round(app: Flask) -> None:
    """Wherever one is shown as text, it is isolated: in `<bdi>`, or in an element that reads for itself."""
    visitor = _alice(app)
    other = add_user(app, "\u05e9\u05e8\u05d4", grants=("users.view",))
    key, seen = other.id, 0
    sign_in = signed_in(app, other)
    visitor.get(f"/users/{key}/change/").form().fill(full_name="").submit()
    addresses = ("/", "/users/", "/search?q=\u05e9", f"/users/{key}/change/", f"/users/{key}/delete/")
    pages = [visitor.get(address) for address in (*addresses, f"/users/{key}/history/")]
    bare = []
    for page in [*pages, sign_in.get("/"), sign_in.get("/account/"), act(visitor, key)]:
        for text in page.soup.body.find_all(string=lambda text: other.username in text):
            seen += 1
            if not text.find_parent(lambda tag: tag.name == "bdi" or tag.get("dir") == "auto"):
                bare.append(f"{page.address}: {text.parent}")
    assert bare == []
    assert seen > 12


def act(visitor: Visitor, key: int) -> Page:
    form = visitor.get("/users/").form("/users/action/")
    return form.fill(selected=str(key)).submit("_run", action="deactivate")
