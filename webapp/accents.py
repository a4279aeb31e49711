"""Letters without their accents: who types "jose" finds "José", and the other way round.

MariaDB's collations compare so by themselves. PostgreSQL is told how, in what it has built in: an index is of texts
that have lost their accents, and a row at hand is asked with a regular expression that knows the letters with and
without, which takes a tenth of the time. SQLite has no means for it that an index could keep.
"""

import re
import unicodedata
from functools import cache

from webapp.column_types import FINAL_SIGMA, SIGMA, lowered

# Combining Diacritical Marks: what Unicode (UAX 15) sets apart from the letters of Europe, Vietnam and others. Marks
# that make another letter of one, as in Asia, are no accents.
_MARKS = r"[\u0300-\u036f]"
_SOME_MARKS = re.compile(f"{_MARKS}+")
# Where there are letters with them: Latin, Greek, Cyrillic, and the signs for Kelvin and Ångström.
_ACCENTED = (range(0xC0, 0x250), range(0x370, 0x530), range(0x1E00, 0x2000), range(0x212A, 0x212C))
# Strokes are a part of the letter to Unicode, and nobody types them who does not have the key. The sigma at the end of
# a word is the same letter as any other.
_OTHERS, _PLAIN = f"ŁłØøĐđĦħŦŧ{FINAL_SIGMA}", f"LlOoDdHhTt{SIGMA}"
_AS_PLAIN = str.maketrans(_OTHERS, _PLAIN)


def unaccented(text: str) -> str:
    """*text* decomposed and without its accents; of marks alone nothing is left."""
    if text.isascii():
        return text
    return _SOME_MARKS.sub("", unicodedata.normalize("NFD", text)).translate(_AS_PLAIN)


def unaccented_on_postgresql(expression: str) -> str:
    """The same of an *expression*, in SQL; it stands there three times.

    What is all ASCII, or in a database of single bytes, is not looked at further: that takes eight times as long.
    """
    bare = f"regexp_replace(normalize({expression}, NFD), '{_MARKS}+', '', 'g')"
    return (
        f"CASE WHEN octet_length({expression}) = char_length({expression}) THEN {expression}"
        f" ELSE translate({bare}, '{_OTHERS}', '{_PLAIN}') END"
    )


def like_it(text: str) -> str:
    """A regular expression of PostgreSQL for *text* with accents or without, in capitals or small letters.

    Wherever it matches, what :func:`unaccented` makes of the place is what it makes of *text*, but for capitals.
    """
    # Of marks alone nothing would be left, which stands everywhere.
    plain = unicodedata.normalize("NFC", lowered(unaccented(text))) or text
    return "".join(map(_like_letter, plain))


@cache
def _like_letter(letter: str) -> str:
    capital = letter.upper()
    both = (letter, capital) if capital.lower() == letter else (letter,)
    letters = dict.fromkeys((*both, *_accented().get(letter, ())))
    return f"[{''.join(map(_escaped, letters))}]{_MARKS}*"


def _escaped(character: str) -> str:
    if character.isascii() and character.isalnum():
        return character
    return f"\\U{ord(character):08x}"


@cache
def _accented() -> dict[str, list[str]]:
    """The letters with accents, in capitals and small, by the plain small one."""
    found: dict[str, list[str]] = {}
    for character in (chr(number) for numbers in _ACCENTED for number in numbers):
        found.setdefault(unaccented(character).lower(), []).append(character)
    return {letter: letters for letter, letters in found.items() if len(letter) == 1}
