"""Letters without their accents, in Python and in the database in the same way."""

import re
import unicodedata

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import CHAR, ColumnElement, cast, literal, select, text

from webapp.accents import like_it, unaccented, unaccented_on_postgresql
from webapp.admin.likeness import Kind, like
from webapp.column_types import lowered
from webapp.extensions import db

# Latin, Greek, Cyrillic, Vietnamese, Korean, Japanese, and marks by themselves.
LETTERS = st.characters(
    exclude_categories=("Cs", "Cn", "Co"), exclude_characters="\0", max_codepoint=0x1FFFF
) | st.sampled_from("aéÉłŁøĐđßæñçệἄйςΣ가が\u0301\u0316\u3099\u0338 \\]^$.*\n")


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("José Muñoz", "Jose Munoz"),
        ("Jose\u0301", "Jose"),
        ("Łukasz Ørsted Đorđe", "Lukasz Orsted Dorde"),
        ("Nguyễn", "Nguyen"),
        ("Σίσυφος Ωδή", "Σισυφοσ Ωδη"),
        ("が", "か\u3099"),
        ("straße", "straße"),
        ("\u0301", ""),
    ],
)
def test_letters_lose_their_accents_and_stay_letters(written: str, plain: str) -> None:
    assert unaccented(written) == plain


@given(written=st.text(LETTERS, max_size=12))
def test_what_has_none_has_none_to_lose(written: str) -> None:
    plain = unaccented(written)
    assert unaccented(plain) == plain
    assert unaccented(unicodedata.normalize("NFC", written)) == plain


@pytest.mark.parametrize(
    ("sought", "found", "others"),
    [
        ("jose", ["José", "JOSE\u0301", "\u0135o\u0323\u0301sé", "a jose b"], ["joes", "jos", "jo se"]),
        ("JOSÉ", ["jose", "José"], []),
        ("łódź", ["Lodz", "ŁÓDŹ"], []),
        ("straße", ["STRAẞE", "strasse\u0301 straße"], ["strasse"]),
        ("οδος", ["όδος", "ΟΔΟΣ", "οδοσα"], ["οδο"]),
        ("11\u212a", ["11k", "11Ḱ"], []),
        ("\u0130", ["i", "I", "í", "\u0131"], ["l"]),
        ("가", ["가나"], ["각", "나"]),
        ("か", ["か"], ["が"]),
        (r"a.c\d[", [r"xA.Ć\d["], ["abc1["]),
        ("\u0301", ["e\u0301"], ["é", "e"]),
    ],
)
def test_it_is_found_with_accents_and_without(sought: str, found: list[str], others: list[str]) -> None:
    # Python's expressions are PostgreSQL's, as far as these go.
    expression = re.compile(like_it(sought))
    assert [one for one in found if not expression.search(one)] == []
    assert [one for one in others if expression.search(one)] == []


def test_every_letter_is_found_however_it_is_composed() -> None:
    """Also those that Unicode takes apart and never puts together again: Bengali য়, the Hebrew of presentation forms,
    the ideographs of compatibility."""
    numbers = [*range(0x20, 0x3400), *range(0xAC00, 0xAC80), *range(0xF900, 0xFB50), *range(0x2F800, 0x2FA20)]
    lost = []
    for letter in map(chr, numbers):
        written = {letter, *(unicodedata.normalize(form, letter) for form in ("NFC", "NFD"))}
        if unaccented(letter) and len(written) > 1:
            expressions = [re.compile(like_it(one)) for one in written]
            lost += [(letter, one) for one in written if not all(each.search(one) for each in expressions)]
    assert lost == []


@pytest.mark.parametrize("text", ["x\u05bc\u05b0", "x\u05b0\u05bc", "ab\u3099\u0301"])
def test_marks_in_any_order_are_found_as_they_are_stored(text: str) -> None:
    assert re.search(like_it(text), f"a {text} b")


@given(written=st.text(LETTERS, max_size=12), other=st.text(LETTERS, max_size=12))
def test_the_database_does_the_same(engine_app: Flask, written: str, other: str) -> None:
    with engine_app.app_context():
        if db.engine.dialect.name != "postgresql":
            pytest.skip("MariaDB's collations do it, and SQLite has no means")
        said = text(
            f"SELECT {unaccented_on_postgresql('CAST(:written AS text)')}, CAST(:other AS text) ~ :sought"
        )
        plain, is_found = db.session.execute(
            said, {"written": written, "other": other + written, "sought": like_it(written)}
        ).one()
        assert plain == unaccented(written)
        assert is_found or not unaccented(written)
        expected = bool(re.search(like_it(written), other))
        assert expected <= (lowered(unaccented(written)) in lowered(unaccented(other)))


@pytest.mark.parametrize(("sought", "kind"), [("ab", "is"), ("áb", "is"), ("B", "contains")])
def test_a_text_that_is_filled_up_with_blanks_is_found_without_them(
    engine_app: Flask, sought: str, kind: Kind
) -> None:
    with engine_app.app_context():
        if not sought.isascii() and db.engine.dialect.name == "sqlite":
            pytest.skip("it knows accents apart")
        filled: ColumnElement[str] = cast(literal("ab"), CHAR(5))
        assert db.session.scalar(select(like(filled, sought, kind, CHAR(5))))
        assert not db.session.scalar(select(like(filled, "abc", kind, CHAR(5))))
