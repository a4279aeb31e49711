"""Characters that are drawn as nothing: a name of these alone nobody sees, and one with some looks like another."""

import re

# Letters, accents and a symbol by category (Unicode's Default_Ignorable_Code_Point, and the empty pattern of Braille).
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)


def is_drawn(character: str) -> bool:
    """Whether *character* takes part in what is seen; a blank between words does."""
    return character.isprintable() and not _INVISIBLE.match(character)


def is_seen(text: str) -> bool:
    """Whether anything of *text* is seen."""
    return any(is_drawn(character) and not character.isspace() for character in text)
