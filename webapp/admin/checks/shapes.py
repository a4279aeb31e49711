"""Is each word given what it takes: names as a tuple, a number, yes or no, a text, a mapping?"""

from collections.abc import Iterator, Mapping
from typing import Any

from flask_babel.speaklater import LazyString
from flask_wtf import FlaskForm

from webapp.admin.checks.declaration import WORDS, Declaration
from webapp.admin.problems import Problem

# The number of a wrong value of each word, by what the word takes.
NAMES = {
    "list_display": "E107",
    "list_columns": "E570",
    "list_display_links": "E110",
    "list_select_related": "E117",
    "list_editable": "E120",
    "list_filter": "E112",
    "search_fields": "E126",
    "ordering": "E031",
    "actions": "E509",
    "fields": "E004",
    "exclude": "E014",
    "readonly_fields": "E034",
    "autocomplete_fields": "E036",
    "history_fields": "E593",
}
# A page of more is slow to draw and to scroll through.
MAX_PER_PAGE = 1_000
PART_WORDS = ("fields", "description", "columns", "collapsed", "tab")
# More do not fit beside what stands next to a form.
MAX_COLUMNS = 4
TRUTHS = {
    "save_as": "E101",
    "view_on_site": "E025",
    "stays_small": "E590",
    "can_add": "E510",
    "can_change": "E510",
    "can_delete": "E510",
    "can_export": "E510",
}
MAPPINGS = {"labels": "E511", "help_texts": "E511", "choices": "E511", "prepopulated_fields": "E026"}
TEXTS = (
    "name",
    "label",
    "label_plural",
    "icon",
    "menu_group",
    "date_hierarchy",
    "search_help",
    "empty_value_display",
)


def shape_problems(declaration: Declaration) -> Iterator[Problem]:
    for word, number in NAMES.items():
        value = declaration.value(word)
        if not (word == "list_display_links" and value is None):
            yield from _names(declaration, number, word, word, value)
    for word, number in TRUTHS.items():
        yield from _truth(declaration, number, word)
    for word, number in MAPPINGS.items():
        if not isinstance(declaration.value(word), Mapping):
            yield declaration.problem(
                number, word, f"{_said(declaration.value(word))} is no dictionary.", _mapping_example(word)
            )
    for word in TEXTS:
        if not isinstance(declaration.value(word), str | LazyString):
            yield declaration.problem(
                "E512",
                word,
                f"{_said(declaration.value(word))} is no text.",
                'Write a text, "…", or _l("…") for one that is translated.',
            )
    yield from _page_size(declaration)
    yield from _form_class(declaration)
    yield from _fieldsets(declaration)


def _names(declaration: Declaration, number: str, word: str, place: str, value: Any) -> Iterator[Problem]:
    if not isinstance(value, list | tuple):
        yield declaration.problem(
            number, place, f"{_said(value)} is no tuple of names.", _tuple_of(word, place, value)
        )
        return
    for index, name in enumerate(value):
        if not isinstance(name, str):
            yield declaration.problem(
                "E113" if word == "list_filter" else number,
                f"{place}[{index}]",
                f"{_said(name)} is no name.",
                f"Write the name as a text, {_spelt(name)!r}." if _spelt(name) else "Write names, one each.",
            )


def _tuple_of(word: str, place: str, value: Any) -> str:
    if isinstance(value, str):
        return f'Write ("{value}",): it is the comma that makes a tuple.'
    if isinstance(value, set | frozenset):
        return "Write a tuple: a set has no order."
    if callable(value) and f"get_{word}" in WORDS:
        return f"To decide it for each person write a method get_{word}(self, user)."
    return f'Write a tuple such as {place} = ("name",).' if word == place else 'Write ("name",).'


def _truth(declaration: Declaration, number: str, word: str) -> Iterator[Problem]:
    value = declaration.value(word)
    if isinstance(value, bool):
        return
    way_out = f"Write {word} = True or {word} = False."
    if callable(value) and word.startswith("can_"):
        verb = word.removeprefix("can_")
        way_out = f"Decide it for each person in can(self, user, verb, obj=None), where verb is {verb!r}."
    elif callable(value) and word == "view_on_site":
        way_out = "Give the address in get_view_on_site_url(self, user, obj)."
    yield declaration.problem(number, word, f"{_said(value)} is neither True nor False.", way_out)


def _page_size(declaration: Declaration) -> Iterator[Problem]:
    size = declaration.value("list_per_page")
    if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= MAX_PER_PAGE:
        yield declaration.problem(
            "E118",
            "list_per_page",
            f"{_said(size)} is no number of rows for a page.",
            f"Write a whole number from 1 to {MAX_PER_PAGE}, such as 100.",
        )


def _form_class(declaration: Declaration) -> Iterator[Problem]:
    form_class = declaration.value("form_class")
    if form_class is not None and not (isinstance(form_class, type) and issubclass(form_class, FlaskForm)):
        yield declaration.problem(
            "E016",
            "form_class",
            f"{_said(form_class)} is no class of forms.",
            "Give a class that inherits from flask_wtf.FlaskForm.",
        )


def _fieldsets(declaration: Declaration) -> Iterator[Problem]:
    fieldsets = declaration.value("fieldsets")
    example = 'Write (("Heading", {"fields": ("name",)}),): pairs of a heading, or None, and a dictionary.'
    if not isinstance(fieldsets, list | tuple):
        yield declaration.problem("E007", "fieldsets", f"{_said(fieldsets)} is no tuple of pairs.", example)
        return
    for index, fieldset in enumerate(fieldsets):
        place = f"fieldsets[{index}]"
        if not isinstance(fieldset, list | tuple):
            yield declaration.problem("E008", place, f"{_said(fieldset)} is no pair.", example)
        elif len(fieldset) != 2:
            yield declaration.problem("E009", place, f"It has {len(fieldset)} parts and not two.", example)
        elif not isinstance(fieldset[1], dict):
            yield declaration.problem(
                "E010", f"{place}[1]", f"{_said(fieldset[1])} is no dictionary.", example
            )
        elif "fields" not in fieldset[1]:
            yield declaration.problem("E011", f"{place}[1]", "It lacks 'fields'.", example)
        else:
            yield from _fieldset(declaration, place, *fieldset)


def _fieldset(
    declaration: Declaration, place: str, title: Any, options: Mapping[Any, Any]
) -> Iterator[Problem]:
    yield from _names(declaration, "E008", "fieldsets", f"{place}[1]['fields']", options["fields"])
    for unknown in [key for key in options if key not in PART_WORDS]:
        yield declaration.problem(
            "E513",
            f"{place}[1][{unknown!r}]",
            "A part of the form does not know it.",
            f"Its words are {', '.join(PART_WORDS)}.",
        )
    columns, collapsed, tab = options.get("columns", 1), options.get("collapsed", False), options.get("tab")
    if isinstance(columns, bool) or columns not in range(1, MAX_COLUMNS + 1):
        yield declaration.problem(
            "E551",
            f"{place}[1]['columns']",
            f"{_said(columns)} is no number of columns.",
            f"Write a whole number from 1 to {MAX_COLUMNS}.",
        )
    if not isinstance(collapsed, bool):
        yield declaration.problem(
            "E552",
            f"{place}[1]['collapsed']",
            f"{_said(collapsed)} is neither True nor False.",
            'Write "collapsed": True.',
        )
    elif collapsed and not title:
        yield declaration.problem(
            "E554",
            f"{place}[1]['collapsed']",
            "What has no heading cannot be closed: nothing would be left to open it by.",
            "Give it a heading, or leave 'collapsed' out.",
        )
    if not (tab is None or (isinstance(tab, str | LazyString) and tab)):
        yield declaration.problem(
            "E553",
            f"{place}[1]['tab']",
            f"{_said(tab)} is no label of a tab.",
            'Write a text, "…", or _l("…") for one that is translated.',
        )


def _mapping_example(word: str) -> str:
    value = {"choices": '(("a", "First"),)', "prepopulated_fields": '("title",)'}.get(word, '"…"')
    return f'Write {word} = {{"name": {value}}}.'


def _said(value: Any) -> str:
    """*value* as it stands in the message."""
    text = f"{value.__name__}()" if callable(value) and hasattr(value, "__name__") else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}…"


def _spelt(value: Any) -> str:
    """The name of what was given instead of a name: a mapped attribute or a function."""
    name = getattr(value, "key", None) or getattr(value, "__name__", None)
    return name if isinstance(name, str) else ""
