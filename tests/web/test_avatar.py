"""A person as two letters and a colour."""

import pytest

from webapp.web.avatar import HUES, hue, initials


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Ana Maria Lopes", "AL"),
        ("bob", "B"),
        ("Óscar O'Neil", "ÓO"),
        ("<b>bold</b>", "B"),
        ("王芳", "王"),
        ("…", "?"),
        ("", "?"),
        ("x" * 150, "X"),
    ],
)
def test_a_name_is_told_by_the_first_letters_of_its_first_and_last_word(name: str, letters: str) -> None:
    assert initials(name) == letters


def test_a_name_keeps_its_colour_and_names_differ() -> None:
    names = [f"person {number}" for number in range(200)]
    assert [hue(name) for name in names] == [hue(name) for name in names]
    assert {hue(name) for name in names} == set(range(1, HUES + 1))


def test_half_a_character_has_a_colour_too() -> None:
    assert 1 <= hue("\ud800") <= HUES
