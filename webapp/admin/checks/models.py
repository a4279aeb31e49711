"""Does the model suit the engine, and do the words that describe it name something?"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from webapp.admin.checks.declaration import Declaration, did_you_mean
from webapp.admin.history import LogEntry
from webapp.admin.problems import Problem
from webapp.setting_types import ROOT

MAX_KEY: int = LogEntry.__table__.c.key.type.length  # type: ignore[attr-defined]
ICONS = ROOT / "static" / "img" / "icons.svg"


def model_problems(declaration: Declaration) -> Iterator[Problem]:
    yield from _key(declaration)
    yield from _icon(declaration)
    for word in ("labels", "help_texts", "choices"):
        yield from _described(declaration, word)
    yield from _choices(declaration)


def _key(declaration: Declaration) -> Iterator[Problem]:
    texts = [column for column in declaration.info.key if column.kind in ("text", "longtext")]
    names = ", ".join(column.name for column in texts)
    # The commas between the columns stand in it too.
    length = sum(column.length or 0 for column in texts) + len(declaration.info.key) - 1
    if length > MAX_KEY:
        yield declaration.problem(
            "E506",
            "",
            f"The key of {declaration.model_name} ({names}) may have {length} characters, and the history keeps "
            f"{MAX_KEY}.",
            "Make the column shorter, or give the model a key of its own.",
        )
    elif any(column.length is None for column in texts):
        yield declaration.problem(
            "W502",
            "",
            f"The key of {declaration.model_name} ({names}) may be of any length, and the history keeps {MAX_KEY} "
            "characters.",
            f"Give the column a length: String({MAX_KEY}).",
        )


def _icon(declaration: Declaration) -> Iterator[Problem]:
    icon = declaration.value("icon")
    known = symbols()
    if known and isinstance(icon, str) and icon not in known:
        yield declaration.problem(
            "E536", "icon", f"{icon!r} is no symbol of static/img/icons.svg.", did_you_mean(icon, known)
        )


@cache
def symbols() -> frozenset[str]:
    """The names of the symbols that there are to choose from."""
    text = ICONS.read_text(encoding="utf-8") if ICONS.is_file() else ""
    return frozenset(re.findall(r'<symbol\b[^>]*\bid="([^"]+)"', text))


def _described(declaration: Declaration, word: str) -> Iterator[Problem]:
    described = declaration.value(word)
    known = list(declaration.info.selectable) if word == "choices" else declaration.mapped_names()
    for name in described if isinstance(described, Mapping) else ():
        if name not in known:
            what = "column" if word == "choices" else "column or relation"
            way_out = did_you_mean(str(name), known)
            if declaration.method(str(name)):
                way_out = "What a method is called is said with @display."
            yield declaration.problem(
                "E537",
                f"{word}[{name!r}]",
                f"{name!r} is no {what} of {declaration.model_name}.",
                way_out,
            )


def _choices(declaration: Declaration) -> Iterator[Problem]:
    choices = declaration.value("choices")
    for name, pairs in choices.items() if isinstance(choices, Mapping) else ():
        if not isinstance(pairs, list | tuple) or not all(_is_pair(pair) for pair in pairs):
            yield declaration.problem(
                "E538",
                f"choices[{name!r}]",
                "They are no pairs of a value and its text.",
                'Write (("a", "First"), ("b", "Second")).',
            )


def _is_pair(pair: Any) -> bool:
    return isinstance(pair, list | tuple) and len(pair) == 2
