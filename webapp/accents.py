"""Letters without their accents: who types "jose" finds "José", and the other way round.

MariaDB's collations compare so by themselves. PostgreSQL is told how, in what it has built in: an index is of texts
that have lost their accents, and a row at hand is asked with a regular expression that knows the letters with and
without, which takes a tenth of the time. SQLite has no means for it that an index could keep.
"""

import re
import unicodedata
from functools import cache, lru_cache

from webapp.column_types import DOTLESS_I, FINAL_SIGMA, SIGMA, lowered

# Combining Diacritical Marks: what Unicode (UAX 15) sets apart from the letters of Europe, Vietnam and others. Marks
# that make another letter of one, as in Asia, are no accents.
_MARKS = r"[\u0300-\u036f]"
_SOME_MARKS = re.compile(f"{_MARKS}+")
# Strokes, and the dot that a Turkish letter lacks, are a part of the letter to Unicode, and nobody types them who does
# not have the key. The sigma at the end of a word is the same letter as any other.
_OTHERS, _PLAIN = f"ŁłØøĐđĦħŦŧ{DOTLESS_I}{FINAL_SIGMA}", f"LlOoDdHhTti{SIGMA}"
_AS_PLAIN = str.maketrans(_OTHERS, _PLAIN)
# Where Unicode has characters that stand for others: letters with marks, compatibility ideographs, signs.
_COMPOSED = (
    range(0xC0, 0x3100),
    range(0xF900, 0xFB50),
    range(0x11000, 0x12000),
    range(0x1D100, 0x1D200),
    range(0x2F800, 0x2FA20),
)
# Before Hebrew one character stands for one letter.
_FIRST_OF_SEVERAL = "\u0590"
# The letters of Korea are put together by rule; a syllable has two or three.
_HANGUL = re.compile("[\u1100-\u1112][\u1161-\u1175][\u11a8-\u11c2]?")


def unaccented(text: str) -> str:
    """*text* decomposed and without its accents; of marks alone nothing is left."""
    if text.isascii():
        return text
    return _SOME_MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_AS_PLAIN)


def unaccented_on_postgresql(expression: str) -> str:
    """The same of an *expression*, in SQL; it stands there three times.

    What is all ASCII is not looked at further: that takes eight times as long.
    """
    bare = f"regexp_replace(normalize({expression}, NFD), '{_MARKS}+', '', 'g')"
    return (
        f"CASE WHEN octet_length({expression}) = char_length({expression}) THEN {expression}"
        f" ELSE translate({bare}, '{_OTHERS}', '{_PLAIN}') END"
    )


def like_it(text: str) -> str:
    """A regular expression of PostgreSQL for *text* with accents or without, in capitals or small letters, composed or
    not.

    Wherever it matches, what :func:`unaccented` makes of the place is what it makes of *text*, but for capitals.
    """
    plain = lowered(unaccented(text))
    if not plain:
        # Of marks alone nothing would be left, which stands everywhere.
        return "".join(map(_escaped, text))
    found, place = [], 0
    while place < len(plain):
        found.append(_like_letter(letter := _letter_at(plain, place)))
        place += len(letter)
    expression = "".join(found)
    # Whatever the order of its marks, a text is found by what is stored.
    is_usual = text in (unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text))
    return expression if is_usual else f"(?:{expression}|{''.join(map(_escaped, text))})"


def _letter_at(plain: str, place: int) -> str:
    """What stands there for one letter: one character, or some that another stands for."""
    if plain[place] < _FIRST_OF_SEVERAL:
        return plain[place]
    if syllable := _HANGUL.match(plain, place):
        return syllable[0]
    several = (plain[place : place + length] for length in (3, 2))
    return next((some for some in several if some in _composed()), plain[place])


# A person types few of all that Unicode has.
@lru_cache(maxsize=10_000)
def _like_letter(letter: str) -> str:
    capital = letter.upper()
    both = (letter, capital) if capital.lower() == letter else (letter,)
    syllable = unicodedata.normalize("NFC", letter)
    alike = dict.fromkeys((*both, syllable, *_composed().get(letter, ())))
    whole = f"[{''.join(_escaped(character) for character in alike if len(character) == 1)}]"
    if len(letter) == 1:
        return f"{whole}{_MARKS}*"
    parts = (f"[{_escaped(part)}]{_MARKS}*" for part in letter)
    return f"(?:{whole}|{''.join(parts)}){_MARKS}*"


def _escaped(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    return f"\\U{ord(character):08x}"


@cache
def _composed() -> dict[str, list[str]]:
    """The characters that stand for others, in capitals and small, by the plain small ones."""
    found: dict[str, list[str]] = {}
    for character in (chr(number) for numbers in _COMPOSED for number in numbers):
        plain = lowered(unaccented(character))
        if plain != character:
            found.setdefault(plain, []).append(character)
    return found
