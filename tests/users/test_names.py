"""A username is one person's, and nobody can be taken for another."""

import pytest
from flask import Flask

from tests.conftest import add_user
from tests.pages import Visitor
from webapp.database import fold
from webapp.users.models import User
from webapp.users.names import username_problems
from webapp.users.service import find_user


def problems(app: Flask, username: str) -> str:
    with app.test_request_context():
        return " ".join(username_problems(fold(username)))


@pytest.mark.parametrize(
    "username",
    [
        "alice",
        "alice.b-c_d+e@example.org",
        "joão",
        "josé",
        "müller",
        "ελένη",
        "наташа",
        "佐々木",
        "たなか太郎",
        "김철수",
        "שרה",
        "محمد",
        "alice\u0663",
        "x9",
        "42",
        "nguyễn",
        "ọ̀ṣun",
        "๑๒๓",
        "รัตน์",
    ],
)
def test_a_name_in_one_script_is_accepted(app: Flask, username: str) -> None:
    assert problems(app, username) == ""


@pytest.mark.parametrize(
    ("username", "why"),
    [
        ("\u0430dmin", "one script"),  # a Cyrillic letter
        ("pa\u03c1a", "one script"),  # a Greek one
        ("alice1\u0663", "one script"),  # digits of two kinds
        ("adm\u200bin", "U+200B"),
        ("adm\u00adin", "U+00AD"),
        ("admin\ufe0f", "U+FE0F"),
        ("admin\u034f", "U+034F"),
        ("\u3164", "U+1160"),
        ("admin\u115f", "U+115F"),
        ("\u202enimda", "U+202E"),
        ("a\u2066b", "U+2066"),
        ("a\x00b", "U+0000"),
        ("a\ud800b", "U+D800"),
        ("a b", "none of them"),
        ("a\u00a0b", "none of them"),
        ("a/b", "none of them"),
        ("<b>", "none of them"),
        ("a😀", "none of them"),
        ("...", "one letter or digit"),
        ("@", "one letter or digit"),
        ("\u0301", "one letter or digit"),
        ("\u0301a", "accents"),
        ("a.\u0301", "accents"),
        ("a" + "\u0316" * 12, "accents"),
        ("adm\u0130n", "accents"),  # folds to i with a dot above, drawn like i
    ],
)
def test_a_name_that_could_be_taken_for_another_is_refused_with_the_reason(
    app: Flask, username: str, why: str
) -> None:
    assert why in problems(app, username)


@pytest.mark.parametrize(
    "twin", ["ALICE", " alice ", "\uff41\uff4c\uff49\uff43\uff45", "Alice", "alice\u00a0"]
)
def test_capitals_widths_and_blanks_make_no_other_person(app: Flask, as_alice: Visitor, twin: str) -> None:
    """LG-07."""
    with app.app_context():
        found = find_user(twin)
        assert found is not None
        assert found.username == "alice"
    page = as_alice.get("/users/add/").form()
    words = {"password": "pomar de figos maduros", "password_confirm": "pomar de figos maduros"}
    page = page.fill(username=twin, email="other@example.org", **words).submit()
    assert page.status == 422
    assert any("taken already" in error for error in page.errors)


@pytest.mark.parametrize("other", ["àlice", "al\u0131ce", "alice1", "al.ice"])
def test_a_name_that_reads_differently_is_another_person(app: Flask, alice: User, other: str) -> None:
    """LG-07."""
    with app.app_context():
        assert find_user(other) is None
    assert add_user(app, other, email="other@example.org").id != alice.id


@pytest.mark.parametrize("username", ["x" * 151, "x" * 10**6, "a\0b", "\ud800", ""])
def test_what_no_name_can_be_is_nobody(app: Flask, alice: User, username: str) -> None:
    with app.app_context():
        assert find_user(username) is None
        assert find_user("alice") is not None


@pytest.mark.parametrize("username", ["  ", "\u0430dmin", "a b", "x" * 151])
def test_the_form_says_what_is_wrong_with_a_name(as_alice: Visitor, username: str) -> None:
    words = {"password": "pomar de figos maduros", "password_confirm": "pomar de figos maduros"}
    form = as_alice.get("/users/add/").form()
    page = form.fill(username=username, email="other@example.org", **words).submit()
    assert page.status == 422
    assert any(error.startswith("Username: ") for error in page.errors)
    assert page.form().fields["email"] == "other@example.org"
