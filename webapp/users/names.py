"""What a username may look like, so that no two people can be taken for one another.

Names are compared folded (:func:`webapp.database.fold`); beyond that, letters and digits of one script only and
nothing invisible, because ``admin`` with a Cyrillic first letter survives every folding (Unicode TR 39,
CVE-2019-19844).
"""

import re
import unicodedata

from webapp.invisible import is_drawn
from webapp.texts import gettext as _

MARKS = frozenset("._-@+")
_CATEGORIES = frozenset({"Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Mn", "Mc"})
# A dot over a letter that has one, or three accents in a row: they hide behind the letter or cover its neighbours.
_HIDDEN_DOT = re.compile("[ij\u0131\u0237]\u0307")
_MOST_ACCENTS = 2
# Scripts that are written together.
_TOGETHER = (
    frozenset({"CJK", "IDEOGRAPHIC", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA"}),
    frozenset({"CJK", "HANGUL"}),
    frozenset({"CJK", "BOPOMOFO"}),
)


def username_problems(username: str) -> list[str]:
    """Say why *username*, already folded, is refused, each reason a sentence; empty when it is accepted."""
    strange = next((character for character in username if not _is_allowed(character)), None)
    if strange is not None:
        return [
            _(
                "Use letters, digits and the signs %(signs)s only; “%(character)s” is none of them.",
                signs=" ".join(sorted(MARKS)),
                character=strange if is_drawn(strange) else f"U+{ord(strange):04X}",
            )
        ]
    if not any(character.isalnum() for character in username):
        return [_("Use at least one letter or digit.")]
    if _has_odd_accents(username):
        return [_("Use accents only where they belong, on a letter, and at most two on one.")]
    scripts = {_script(character) for character in username if character.isalpha()}
    digits = {
        ord(character) - unicodedata.digit(character) for character in username if character.isdecimal()
    }
    if len(digits) > 1 or (len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)):
        return [_("Use letters and digits of one script only: others look alike and are not the same.")]
    return []


def _is_allowed(character: str) -> bool:
    return character in MARKS or (unicodedata.category(character) in _CATEGORIES and is_drawn(character))


def _has_odd_accents(username: str) -> bool:
    kinds = "".join(unicodedata.category(character)[0] for character in username)
    in_a_row = max(map(len, re.findall("M+", kinds)), default=0)
    on_a_letter = re.search("(?:^|[^LM])M", kinds) is None
    return in_a_row > _MOST_ACCENTS or not on_a_letter or _HIDDEN_DOT.search(username) is not None


def _script(character: str) -> str:
    return unicodedata.name(character, "UNKNOWN").split()[0]
