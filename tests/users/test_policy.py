"""What a password must be, and that the reason is said."""

from time import thread_time

import pytest
from flask import Flask
from sqlalchemy import select

from tests.pages import PASSWORD, Visitor
from webapp.extensions import db
from webapp.users import policy
from webapp.users.models import Group, User
from webapp.users.policy import password_problems


def problems(app: Flask, password: str, min_length: int = 15) -> str:
    with app.test_request_context():
        return " ".join(
            password_problems(
                password,
                min_length=min_length,
                username="marisol",
                email="mari.costa@example.org",
                site_name="Quinta da Serra",
            )
        )


@pytest.mark.parametrize(
    "password",
    [
        "orvalho telhado",
        "zmqhtrplwvkxnbg",
        "839201748362910",
        "canário rouco às 7",
        "東京の古い橋の下で猫が三匹寝ている",
        "🌵🐢🚲🎻🪁🌊🧭🍋🪵🐝🥁🛶🌋🦉🧊",
        "marisol planta couves ao luar",
        "a correct horse eats staples",
        "x" + "9f2k-7hq1 " * 6 + "fim",
        "".join(chr(33 + n * 37 % 90) for n in range(64)),
        "".join(chr(0x4E00 + n * 7919 % 20000) for n in range(1024)),
    ],
)
def test_a_long_password_of_ones_own_is_accepted(app: Flask, password: str) -> None:
    """PW-03, PW-04."""
    assert problems(app, password) == ""


@pytest.mark.parametrize(("password", "length"), [("orvalho telhad", 14), ("🌵🐢🚲", 3), ("", 0)])
def test_a_short_password_is_refused_and_told_how_long_it_is(app: Flask, password: str, length: int) -> None:
    """PW-03."""
    assert f"at least 15 characters; this has {length}." in problems(app, password)


def test_the_least_length_is_the_settings(app: Flask) -> None:
    assert problems(app, "orvalho", min_length=7) == ""
    assert "at least 8" in problems(app, "orvalho", min_length=8)


@pytest.mark.parametrize("length", [1025, 10**6])
def test_a_password_over_1024_characters_is_refused_before_it_is_read(
    app: Flask, monkeypatch: pytest.MonkeyPatch, length: int
) -> None:
    """PW-03."""
    monkeypatch.delattr(policy, "unicodedata")
    monkeypatch.delattr(policy, "_is_common")
    assert problems(app, "x" * length) == "Use at most 1,024 characters."


@pytest.mark.parametrize(
    "password",
    [
        "passwordpassword1",
        "PasswordPassword",
        "p4ssw0rdp4ssw0rd",
        "iloveyouiloveyou",
        "correcthorsebatterystaple",
        "correct horse battery staple",
        "qwertyuiopasdfg",
        "gfdsapoiuytrewq",
        "123456789012345",
        "98765432109876543",
        "abcdefghijklmno",
        "zyxwvutsrqponmlkj",
        "aaaaaaaaaaaaaaaa",
        "ababababababababab",
        "xk7!xk7!xk7!xk7!",
        "hunter2hunter2hunter2",
        "telhado!telhado!",
        "admin2024!!!!!!!",
        "123password12345",
        "               ",
        "password\u2003password",
    ],
)
def test_what_everybody_tries_first_is_refused_as_common(app: Flask, password: str) -> None:
    """PW-05."""
    assert "common password" in problems(app, password)


@pytest.mark.parametrize(
    "password",
    [
        "marisol12345678",
        "MARISOL-MARISOL-1",
        "mari.costa@example.org",
        "MariCosta2024!!!",
        "Quinta da Serra 24",
        "quintadaserra2024",
        "marisoladmin2024",
        "mari5olmari5ol1",
    ],
)
def test_the_persons_and_the_sites_own_names_are_refused(app: Flask, password: str) -> None:
    assert problems(app, password)


def test_the_reason_is_the_name_where_it_is_the_name(app: Flask) -> None:
    assert problems(app, "marisol8375920164") == (
        "Do not use the username, the e-mail address or the name of this site."
    )


@pytest.mark.parametrize(
    ("password", "is_refused"),
    [
        ("FrontDesk2024!!!", True),
        ("desk front admin 24", True),
        ("mariana sá 2024!!!!", True),
        ("welcome to Mariana", False),
        ("the front desk is made of oak", False),
    ],
)
def test_the_persons_name_and_the_groups_are_refused(app: Flask, password: str, is_refused: bool) -> None:
    """PW-05."""
    with app.test_request_context():
        found = password_problems(password, min_length=15, names=["Mariana Sá", "Front desk"])
        without = password_problems(password, min_length=15)
    assert found == (["Do not use the person's name or the name of a group."] if is_refused else [])
    assert without == []


def test_thousands_that_are_long_enough_and_common_are_refused(app: Flask) -> None:
    """PW-05: a published list has next to none of fifteen characters, so they are made here as people make them."""
    endings = ("", "1", "123", "2024", "2025!", "!!", "@2026")
    made = {
        candidate
        for word in policy.COMMON_WORDS
        for times in (2, 3, 4, 5)
        for form in (str.lower, str.title, str.upper)
        for ending in endings
        if len(candidate := form(word * times) + ending) >= 15
    }
    made |= {
        f"{a}{b}{end}"
        for a in policy.COMMON_WORDS[:60]
        for b in ("password", "admin2024", "senha")
        for end in endings
    }
    made = {one for one in made if len(one) >= 15}
    assert len(made) >= 3_000
    with app.test_request_context():
        assert [one for one in made if not password_problems(one, min_length=15)] == []


def test_a_username_of_digits_is_no_password_either(app: Flask) -> None:
    with app.test_request_context():
        found = password_problems("739201748362915", min_length=15, username="739201748362915")
        other = password_problems("739201748362915", min_length=15, username="539201748362915")
    assert found
    assert not other


@pytest.mark.parametrize(
    "password", ["orvalho\ttelhado azul", "orvalho telhado\x00", "orvalho telhado\ud800"]
)
def test_control_characters_are_refused_because_nobody_can_type_them_again(app: Flask, password: str) -> None:
    assert "control characters" in problems(app, password)


@pytest.mark.parametrize("piece", ["a", "ab", "password", "love", "abcdefghijklm", "onetwothree", "xyzw!7 "])
def test_judging_a_password_takes_time_that_grows_with_its_length(app: Flask, piece: str) -> None:
    def seconds(length: int) -> float:
        password = (piece * length)[: length - 1] + "ß"
        began = thread_time()
        problems(app, password)
        return thread_time() - began

    # Four times as long takes four times as long, not sixteen; the quickest of five is the least disturbed.
    assert min(seconds(1024) for _ in range(5)) < 10 * min(seconds(256) for _ in range(5))


def test_every_form_knows_the_persons_name_and_groups(app: Flask, as_alice: Visitor) -> None:
    with app.app_context():
        db.session.add(Group(name="Portaria"))
        db.session.commit()
        portaria = db.session.scalars(select(Group)).one()
        dora = User(username="dora", password=PASSWORD, email="dora@example.org", full_name="Doroteia Luz")
        dora.groups = [portaria]
        db.session.add(dora)
        db.session.commit()
        key = dora.id
    for password in ("portaria portaria 24", "Doroteia Luz 1987!", "doroteiaportaria"):
        page = as_alice.get(f"/users/{key}/password/").form()
        page = page.fill(password=password, password_confirm=password).submit()
        assert page.status == 422
        assert any("the name of a group" in error for error in page.errors), page.errors
