"""Does the model suit the engine, and do the words that describe it name something?"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from functools import cache

from sqlalchemy import types

from webapp.admin.checks.declaration import Declaration, did_you_mean
from webapp.admin.history import LogEntry
from webapp.admin.info import STATES, ColumnInfo, RelationInfo, are_pairs
from webapp.admin.problems import Problem
from webapp.setting_types import ROOT

FORMATS = ("email", "url", "person")
#: What ``info`` of a column or a relation may say.
INFO_WORDS = ("label", "help", "choices", "states", "format", "sensitive")
MAX_KEY: int = LogEntry.__table__.c.key.type.length  # type: ignore[attr-defined]
ICONS = ROOT / "static" / "icons.svg"


def model_problems(declaration: Declaration) -> Iterator[Problem]:
    yield from _looked_after(declaration)
    yield from _key(declaration)
    yield from _icon(declaration)
    for word in ("labels", "help_texts", "choices"):
        yield from _described(declaration, word)
    yield from _choices(declaration)
    yield from _info(declaration)
    yield from _types(declaration)


def _looked_after(declaration: Declaration) -> Iterator[Problem]:
    """A table whose own part of the application keeps rules that no other admin knows."""
    keeper = getattr(declaration.info.mapper.local_table, "info", {}).get("looked_after_by")
    switches = ("can_add", "can_change", "can_delete")
    if keeper and any(declaration.value(switch) for switch in switches):
        yield declaration.problem(
            "E508",
            "",
            f"{declaration.model_name} is written by {keeper}, and by nobody else.",
            f"Leave it out, or show it only: {' = '.join(switches)} = False.",
        )


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
            "E536", "icon", f"{icon!r} is no symbol of static/icons.svg.", did_you_mean(icon, known)
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
        if not are_pairs(pairs):
            yield _no_pairs(declaration, f"choices[{name!r}]")


def _no_pairs(declaration: Declaration, place: str) -> Problem:
    return declaration.problem(
        "E538",
        place,
        "They are no pairs of a value and its text.",
        'Write (("a", "First"), ("b", "Second")).',
    )


def _info(declaration: Declaration) -> Iterator[Problem]:
    """What the model itself says of its columns and relations, in ``info``."""
    model, info = declaration.model_name, declaration.info
    everything: dict[str, ColumnInfo | RelationInfo] = {**info.selectable, **info.relations}
    for name, described in everything.items():
        for word in described.said:
            if (
                isinstance(word, str)
                and word not in INFO_WORDS
                and get_close_matches(word, INFO_WORDS, 1, 0.75)
            ):
                yield declaration.problem(
                    "W505",
                    f"{model}.{name}",
                    f"info[{word!r}] means nothing here.",
                    did_you_mean(word, INFO_WORDS),
                )
        if isinstance(described, ColumnInfo):
            yield from _info_of_column(declaration, f"{model}.{name}", described)


def _info_of_column(declaration: Declaration, place: str, column: ColumnInfo) -> Iterator[Problem]:
    if "choices" in column.said and not are_pairs(column.said["choices"]):
        yield _no_pairs(declaration, place)
    yield from _states(declaration, place, column)
    if column.format not in ("", *FORMATS):
        yield declaration.problem(
            "E539", place, f"There is no format {column.format!r}.", did_you_mean(str(column.format), FORMATS)
        )
    for value, _text in column.choices:
        if column.kind not in ("enum", "unknown", "json", "binary") and not _is_value(column, value):
            yield declaration.problem(
                "E542",
                place,
                f"The choice {value!r} is none that the column, of the kind {column.kind}, can hold.",
                "Write values as the program has them: numbers for a number, dates for a date.",
            )
    is_text = column.kind in ("text", "longtext")
    longest = max((value for value, _text in column.choices), key=len, default="")
    if is_text and column.length is not None and len(longest) > column.length:
        yield declaration.problem(
            "E540",
            place,
            f"The choice {longest!r} has {len(longest)} characters, and the column keeps {column.length}.",
            "Make the column longer, or the choice shorter.",
        )


def _states(declaration: Declaration, place: str, column: ColumnInfo) -> Iterator[Problem]:
    said = column.said.get("states", {})
    if not isinstance(said, Mapping):
        yield declaration.problem("E545", place, 'info["states"] is no dictionary.', '{"lost": "bad"}')
    written = [value for value, _text in column.choices]
    for value, state in column.states.items():
        if value not in written:
            yield declaration.problem(
                "E545", place, f"The state of {value!r} is that of no choice.", did_you_mean(value, written)
            )
        if state not in STATES:
            yield declaration.problem(
                "E545", place, f"There is no state {state!r}.", did_you_mean(str(state), STATES)
            )


def _is_value(column: ColumnInfo, written: str) -> bool:
    try:
        column.parse(written)
    except ValueError:
        return False
    return True


def _types(declaration: Declaration) -> Iterator[Problem]:
    """A type that makes something of what the database gives, and does not say what: it is shown only."""
    for name, column in declaration.info.columns.items():
        kind = type(column.column.type)
        if (
            column.kind == "unknown"
            and column.python_type is object
            and issubclass(kind, types.TypeDecorator)
        ):
            is_own = not kind.__module__.startswith("sqlalchemy.")
            if is_own and not column.secret:
                yield declaration.problem(
                    "W504",
                    f"{declaration.model_name}.{name}",
                    f"{kind.__name__} does not say which Python type it gives, so its values are shown and not typed.",
                    f"Annotate the column, Mapped[datetime] for one, or give {kind.__name__} a python_type.",
                )
