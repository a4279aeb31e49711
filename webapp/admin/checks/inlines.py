"""Can the inlines stand in the form: do their rows hang on its object, and do their words name what a row has?"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from flask_babel.speaklater import LazyString
from sqlalchemy.exc import NoInspectionAvailable, SQLAlchemyError

from webapp.admin.checks.declaration import Declaration, did_you_mean
from webapp.admin.checks.forms import form_problems
from webapp.admin.checks.hooks import hook_problems
from webapp.admin.checks.lists import ordering_problems
from webapp.admin.checks.shapes import shape_problems
from webapp.admin.checks.vocabulary import word_problems
from webapp.admin.editing.inlines.bonds import Bond, bonds_of
from webapp.admin.editing.inlines.bound import bind, bond_of
from webapp.admin.info import ModelInfo
from webapp.admin.inlines import Inline
from webapp.admin.mapping import describe
from webapp.admin.options import ModelAdmin
from webapp.admin.problems import Problem

# What has a meaning in a list or on a page of its own, and none in a form.
_OF_LISTS = (
    "name list_display list_columns list_display_links list_editable list_filter date_hierarchy search_fields "
    "list_per_page actions save_as inlines"
).split()
_PREFIX = re.compile(r"[a-z][a-z0-9_]{0,49}")


def inline_problems(declaration: Declaration) -> Iterator[Problem]:
    inlines = declaration.value("inlines")
    if not isinstance(inlines, list | tuple):
        yield declaration.problem(
            "E103", "inlines", f"{inlines!r} is no tuple.", "Write (TheInline,): a tuple of classes."
        )
        return
    sound: list[Inline] = []
    for number, inline_class in enumerate(inlines):
        found = list(_class_problems(declaration, f"inlines[{number}]", inline_class))
        yield from found
        if not found:
            inline = bind(declaration.admin, inline_class, declaration.site)
            yield from _bound_problems(declaration, inline)
            sound.append(inline)
    yield from _same_prefix(declaration, sound)


def _class_problems(declaration: Declaration, place: str, inline_class: Any) -> Iterator[Problem]:
    """What keeps *inline_class* from being bound at all."""
    if not (isinstance(inline_class, type) and issubclass(inline_class, Inline)):
        yield declaration.problem(
            "E104",
            place,
            "It is no class of inlines.",
            "Give a class that inherits from TabularInline or StackedInline.",
        )
        return
    name = inline_class.__name__
    model = getattr(inline_class, "model", None)
    if model is None:
        yield declaration.problem(
            "E105", place, f"{name} does not say of which model.", "Write model = TheModel."
        )
        return
    try:
        info = describe(model if isinstance(model, type) else object)
    except (NoInspectionAvailable, SQLAlchemyError):
        yield declaration.problem(
            "E106", place, f"{name}.model is no mapped class.", "Give a subclass of Base that has a table."
        )
        return
    yield from _bond_problems(declaration, place, inline_class, info)


def _bond_problems(
    declaration: Declaration, place: str, inline_class: type[Inline], info: ModelInfo
) -> Iterator[Problem]:
    name, fk_name = inline_class.__name__, inline_class.fk_name
    bonds = bonds_of(declaration.info, info)
    child, parent = info.model.__name__, declaration.model_name
    if not bonds:
        yield declaration.problem(
            "E202",
            place,
            f"No foreign key of {child} leads to {parent}.",
            f"Leave {name} out, or give {child} one.",
        )
    elif not fk_name and len(bonds) > 1:
        yield declaration.problem(
            "E202",
            place,
            f"{child} leads to {parent} in several ways: {', '.join(map(_spelt, bonds))}.",
            f"Say which in {name}: fk_name = {_spelt(bonds[0])!r}.",
        )
    elif fk_name and len(bonds_of(declaration.info, info, fk_name)) != 1:
        yield declaration.problem(
            "E601",
            place,
            f"{name}.fk_name: {fk_name!r} does not lead from {child} to {parent}.",
            did_you_mean(str(fk_name), [_spelt(bond) for bond in bonds]),
        )


def _spelt(bond: Bond) -> str:
    return bond.relation.name if bond.relation else bond.pairs[0][0].name


def _bound_problems(parent: Declaration, inline: Inline) -> Iterator[Problem]:
    declaration = Declaration(parent.site, inline)
    yield from word_problems(declaration)
    yield from shape_problems(declaration)
    yield from form_problems(declaration)
    yield from ordering_problems(declaration)
    yield from hook_problems(declaration)
    yield from _numbers(declaration, inline)
    yield from _names(declaration, inline)
    yield from _tab(declaration, inline)
    for word in _OF_LISTS:
        if word in declaration.own:
            yield declaration.problem("E606", word, "In an inline it means nothing.", "Leave it out.")


def _numbers(declaration: Declaration, inline: Inline) -> Iterator[Problem]:
    wrong = False
    for word, number in (("extra", "E203"), ("max_num", "E204"), ("min_num", "E205")):
        value = getattr(inline, word)
        is_number = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if not is_number and not (word == "max_num" and value is None):
            wrong = True
            yield declaration.problem(number, word, f"{value!r} is no number of rows.", f"Write {word} = 3.")
    if not wrong and inline.max_num is not None and inline.min_num > inline.max_num:
        yield declaration.problem(
            "E603",
            "min_num",
            f"At least {inline.min_num} and at most {inline.max_num} cannot both be.",
            "Make min_num smaller or max_num larger; of what is unique there is one at most.",
        )


def _tab(declaration: Declaration, inline: Inline) -> Iterator[Problem]:
    if not isinstance(inline.tab, str | LazyString):
        yield declaration.problem(
            "E553",
            "tab",
            f"{inline.tab!r} is no label of a tab.",
            'Write a text, "…", or _l("…") for one that is translated.',
        )
    said = declaration.value("fieldsets")
    parts = (
        [part for part in said if isinstance(part, list | tuple)] if isinstance(said, list | tuple) else []
    )
    for index, part in enumerate(parts):
        words = set(part[1]) if len(part) == 2 and isinstance(part[1], dict) else set()
        for word in sorted(words & {"columns", "collapsed", "tab"}):
            yield declaration.problem(
                "E608", f"fieldsets[{index}][1][{word!r}]", "A row has no parts.", "Leave it out."
            )


def _names(declaration: Declaration, inline: Inline) -> Iterator[Problem]:
    bond = bond_of(inline)
    for place, name in declaration.form_names():
        if name in bond.names:
            yield declaration.problem(
                "E607",
                place,
                f"{name!r} is what the row hangs on, and the form it stands in decides it.",
                "Leave it out.",
            )
    for place, name in declaration.names("exclude"):
        if name in bond.names:
            yield declaration.problem("E201", place, f"{name!r} stays out by itself.", "Leave it out.")
    column = inline.info.columns.get(inline.position)
    if inline.position and (column is None or column.kind != "integer" or column.secret):
        numbers = [
            one.name for one in inline.info.columns.values() if one.kind == "integer" and not one.secret
        ]
        yield declaration.problem(
            "E604",
            "position",
            f"{inline.position!r} is no column of whole numbers.",
            did_you_mean(str(inline.position), numbers),
        )
    if not _PREFIX.fullmatch(str(inline.prefix)):
        yield declaration.problem(
            "E605",
            "prefix",
            f"{inline.prefix!r} cannot begin the names of fields.",
            "Write small letters, digits and _, at most 50, that begin with a letter.",
        )


def _same_prefix(declaration: Declaration, inlines: Sequence[Inline]) -> Iterator[Problem]:
    seen: dict[str, ModelAdmin] = {}
    for inline in inlines:
        other = seen.setdefault(inline.prefix, inline)
        if other is not inline or inlines.count(inline) > 1:
            yield declaration.problem(
                "E602",
                "inlines",
                f"{type(other).__name__} and {type(inline).__name__} would give their fields the same names.",
                f"Say prefix = 'other_{inline.prefix}' in one of them, and another query(self, user).",
            )
            return
