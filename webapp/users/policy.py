"""What a password must be, asked at every door where a person sets one.

Length is what counts, and what everybody tries first is refused; no rules about kinds of characters, no
expiry (NIST SP 800-63B-4 §3.1.1.2, OWASP ASVS 5.0 §6.2). A published list of common passwords holds
next to none of fifteen characters, so what is common at that length is told by rules: common words
repeated or joined, a short piece repeated, a walk along the keyboard or the alphabet.
"""

import re
import unicodedata
from collections.abc import Iterable

from webapp.texts import format_decimal
from webapp.texts import gettext as _
from webapp.users.breaches import is_breached
from webapp.users.passwords import MAX_LENGTH

COMMON_WORDS = (
    "password passwort senha contrasena motdepasse parola secret segredo admin administrator administrador "
    "root user usuario guest test teste login welcome bemvindo changeme letmein default master access system "
    "sistema manager server qwerty qwertz azerty asdfgh zxcvbn dragon monkey football futebol baseball "
    "princess sunshine iloveyou teamo amor love hello hallo hola ola summer winter spring autumn verao inverno "
    "january february march april may june july august september october november december monday friday "
    "superman batman pokemon starwars computer internet samsung google flamengo corinthians palmeiras brasil "
    "brazil correct horse battery staple zelador pass word abc abcd one two three the my is this you"
).split()

_WALKS = (
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiopasdfghjklzxcvbnm",
    "qwertzuiopasdfghjklyxcvbnm",
    "azertyuiopqsdfghjklmwxcvbn",
    "01234567890",
    "12345678901234567890",
)
_WORDS = frozenset(COMMON_WORDS)
_LOOK_ALIKES = str.maketrans("013457@$", "oieastas")


def password_problems(
    password: str,
    *,
    min_length: int,
    username: str = "",
    email: str = "",
    site_name: str = "",
    names: Iterable[str] = (),
    breaches: str | None = None,
) -> list[str]:
    """Say why *password* is refused, each reason a sentence for a person; empty when it is accepted.

    :param min_length: of the setting PASSWORD_MIN_LENGTH, in characters.
    :param username: and *email* of the person whose password it becomes; it must not repeat them.
    :param names: what else others know of the person: the name, the groups.
    :param breaches: of the setting BREACHED_PASSWORDS.
    """
    if len(password) > MAX_LENGTH:
        return [_("Use at most %(count)s characters.", count=format_decimal(MAX_LENGTH))]
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in password):
        return [_("Leave out control characters, such as tabs and line breaks.")]
    problems = []
    if len(password) < min_length:
        problems.append(
            _(
                "Use at least %(count)d characters; this has %(length)d. A few words make a good password.",
                count=min_length,
                length=len(password),
            )
        )
    if not password:
        return problems
    folded = unicodedata.normalize("NFKC", password).casefold()
    own = _names(username, email, site_name)
    if _is_common(folded, min_length, _WORDS):
        problems.append(
            _(
                "This is a common password, or one made of common pieces. Use something only you would think of."
            )
        )
    elif folded in (username.casefold(), email.casefold()) or _is_common(folded, min_length, _WORDS | own):
        problems.append(_("Do not use the username, the e-mail address or the name of this site."))
    elif _is_common(folded, min_length, _WORDS | own | _names(*names, *_words(names))):
        problems.append(_("Do not use the person's name or the name of a group."))
    if not problems and is_breached(breaches, password):
        problems.append(_("This password is known from a breach of another site. Use another one."))
    return problems


def _names(*identities: str) -> frozenset[str]:
    """What *identities* read like without digits and signs, an address also without its host."""
    texts = {text.casefold() for text in identities} | {
        text.casefold().partition("@")[0] for text in identities
    }
    return frozenset(letters for letters in map(_letters, texts) if len(letters) >= 3)


def _words(names: Iterable[str]) -> list[str]:
    return [word for name in names for word in re.split(r"\W+", name)]


def _is_common(password: str, min_length: int, words: frozenset[str]) -> bool:
    core = re.sub(r"[\W_\d]+$|^[\W_\d]+", "", password)
    readings = {_letters(password), _letters(core), _letters(core.translate(_LOOK_ALIKES))}
    return (
        any(reading and _is_made_of(words, reading) for reading in readings)
        or _is_repetition(password, min_length)
        or _is_walk(password)
    )


def _is_made_of(words: frozenset[str], letters: str) -> bool:
    """Whether it is some of *words* joined; each end of a word is found once, so the time grows with the length."""
    lengths = {len(word) for word in words}
    ends = {0}
    for end in range(1, len(letters) + 1):
        if any(end - length in ends and letters[end - length : end] in words for length in lengths):
            ends.add(end)
    return len(letters) in ends


def _is_repetition(password: str, min_length: int) -> bool:
    """A piece that alone would be too short, over and over, the last time perhaps cut short."""
    longest = min(len(password) // 2, min_length - 1)
    return any(password[period:] == password[:-period] for period in range(1, longest + 1))


def _is_walk(password: str) -> bool:
    """A run along the alphabet, the digits or the keyboard, in either direction, perhaps more than one."""
    rest = password
    for walk in _WALKS:
        for line in (walk, walk[::-1]):
            for length in range(len(line), 3, -1):
                for start in range(len(line) - length + 1):
                    rest = rest.replace(line[start : start + length], "")
    return len(rest) <= len(password) // 4


def _letters(text: str) -> str:
    return "".join(character for character in text if character.isalpha())
