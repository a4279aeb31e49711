"""Do the words of the form name what a form can hold, and can the form that they make be filled in?"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping

from webapp.admin.checks.declaration import Declaration, did_you_mean, names_in
from webapp.admin.checks.lists import computed_problems, unknown, unread
from webapp.admin.editing.beginning import begins_by_itself
from webapp.admin.editing.fields import has_field, is_required
from webapp.admin.editing.layout import key_of_other
from webapp.admin.info import RelationInfo
from webapp.admin.inlines import Inline
from webapp.admin.problems import Problem

_LAYOUT_HOOKS = ("get_fields", "get_fieldsets", "get_exclude", "get_readonly_fields", "get_form_class")


def form_problems(declaration: Declaration) -> Iterator[Problem]:
    yield from _fields(declaration)
    yield from _excluded(declaration)
    yield from _read_only(declaration)
    yield from _autocomplete(declaration)
    yield from _prepopulated(declaration)
    yield from _required_relations(declaration)
    yield from _required_columns(declaration)


def _fields(declaration: Declaration) -> Iterator[Problem]:
    if declaration.value("fields") and declaration.value("fieldsets"):
        yield declaration.problem(
            "E005", "fieldsets", "Both fields and fieldsets say what is in the form.", "Leave fields out."
        )
    found = declaration.form_names()
    read_only = {name for _place, name in declaration.names("readonly_fields")}
    yield from _twice(
        declaration, "E006", "fields", [name for place, name in found if place.startswith("fields[")]
    )
    yield from _twice(
        declaration, "E012", "fieldsets", [name for place, name in found if place.startswith("fieldsets[")]
    )
    for place, name in found:
        if name in declaration.form_fields or declaration.decides("get_form_class"):
            continue
        if relation := key_of_other(declaration.info, name, declaration.site):
            if name not in read_only:
                yield declaration.problem(
                    "E541",
                    place,
                    f"{name!r} holds the key of {relation.name!r}, and whoever typed one could name a "
                    f"{relation.target.__name__} that does not exist for them.",
                    f"Name the relation: {relation.name!r}.",
                )
        elif declaration.is_shown(name):
            yield from _shown_problems(declaration, place, name)
        else:
            yield unknown(declaration, "E524", place, name)


def _shown_problems(declaration: Declaration, place: str, name: str) -> Iterator[Problem]:
    relation = declaration.info.relations.get(name)
    if relation is not None and not relation.is_read:
        yield unread(declaration, place, name)
    else:
        yield from computed_problems(declaration, place, name)


def _twice(declaration: Declaration, number: str, word: str, names: list[str]) -> Iterator[Problem]:
    for name in [name for name, count in Counter(names).items() if count > 1]:
        yield declaration.problem(number, word, f"{name!r} stands in it twice.", "Name each field once.")


def _excluded(declaration: Declaration) -> Iterator[Problem]:
    names = declaration.names("exclude")
    yield from _twice(declaration, "E015", "exclude", [name for _place, name in names])
    known = [*declaration.mapped_names(), *declaration.form_fields]
    for place, name in names:
        if name not in known and not declaration.decides("get_form_class"):
            yield declaration.problem(
                "E525",
                place,
                f"{name!r} is no column or relation of {declaration.model_name}, so nothing is left out.",
                did_you_mean(name, known),
            )


def _read_only(declaration: Declaration) -> Iterator[Problem]:
    for place, name in declaration.names("readonly_fields"):
        if declaration.is_shown(name):
            yield from _shown_problems(declaration, place, name)
        else:
            yield unknown(declaration, "E035", place, name)


def _autocomplete(declaration: Declaration) -> Iterator[Problem]:
    relations = declaration.info.relations
    writable = [name for name, relation in relations.items() if relation.is_writable]
    for place, name in declaration.names("autocomplete_fields"):
        if name not in declaration.mapped_names():
            yield declaration.problem(
                "E037",
                place,
                f"{name!r} is no relation of {declaration.model_name}.",
                did_you_mean(name, writable),
            )
        elif name not in writable:
            held = declaration.info.held.get(name)
            what = "a relation that is shown only" if name in relations else "a column and no relation"
            yield declaration.problem(
                "E038",
                place,
                f"{name!r} is {what}.",
                f"Name the relation: {held.name!r}." if held else "Leave it out.",
            )
        else:
            yield from _target(declaration, place, relations[name])


def _target(declaration: Declaration, place: str, relation: RelationInfo) -> Iterator[Problem]:
    target = declaration.site.admin_of(relation.target)
    target_name = relation.target.__name__
    if target is None:
        yield declaration.problem(
            "E039",
            place,
            f"Nobody looks after {target_name}, so there is nothing to choose from.",
            f"Register it: site.register({target_name}).",
        )
        return
    searched = Declaration(declaration.site, target)
    if not target.search_fields and not searched.decides("get_search_fields"):
        yield declaration.problem(
            "E040",
            place,
            f"{searched.name} has no search_fields to search {target_name} by.",
            f"Declare search_fields in {searched.name}.",
        )


def _prepopulated(declaration: Declaration) -> Iterator[Problem]:
    declared = declaration.value("prepopulated_fields")
    columns = declaration.info.columns
    for name, sources in declared.items() if isinstance(declared, Mapping) else ():
        place = f"prepopulated_fields[{name!r}]"
        if name not in columns:
            yield declaration.problem(
                "E027",
                place,
                f"{name!r} is no column of {declaration.model_name}.",
                did_you_mean(str(name), columns),
            )
        elif columns[name].kind != "text":
            yield declaration.problem(
                "E028",
                place,
                f"{name!r} is of the kind {columns[name].kind}; only a line of text is made from others.",
                "Leave it out.",
            )
        if not isinstance(sources, list | tuple):
            yield declaration.problem(
                "E029",
                place,
                f"{sources!r} is no tuple of names.",
                f'Write ("{sources if isinstance(sources, str) else "title"}",), with the comma.',
            )
        for index, source in enumerate(sources if isinstance(sources, list | tuple) else ()):
            if not isinstance(source, str):
                yield declaration.problem(
                    "E030", f"{place}[{index}]", f"{source!r} is no name.", "Write names, one each."
                )
        for source_place, source in names_in(place, sources):
            if source not in columns:
                yield declaration.problem(
                    "E030",
                    source_place,
                    f"{source!r} is no column of {declaration.model_name}.",
                    did_you_mean(source, columns),
                )


def _in_form(declaration: Declaration) -> Callable[[str, bool], bool]:
    """A function that says whether the form that adds an object has a field of that name, secret or not."""
    named = [name for _place, name in declaration.form_names()]
    read_only = {name for _place, name in declaration.names("readonly_fields")}
    # What names the fields names all of them, and nothing is left out of it.
    excluded = set() if named else {name for _place, name in declaration.names("exclude")}
    return lambda name, secret: (
        (name in named if named else not secret) and name not in read_only and name not in excluded
    )


def _is_as_declared(declaration: Declaration) -> bool:
    """Whether the declaration tells what is in the form that adds an object, and there is one."""
    return declaration.admin.can_add and not any(declaration.decides(hook) for hook in _LAYOUT_HOOKS)


def _required_columns(declaration: Declaration) -> Iterator[Problem]:
    """A column that must be given and that the form has no field for: nobody could add an object."""
    fills_in = any(declaration.decides(hook) for hook in ("before_save", "initial", "begin"))
    if not _is_as_declared(declaration) or fills_in:
        return
    in_form, info = _in_form(declaration), declaration.info
    for name, column in info.columns.items():
        if not is_required(column) or begins_by_itself(column) or column.is_generated:
            continue
        if name in _decided(declaration):
            continue
        if column in (info.version, info.discriminator):
            continue
        relation = info.held.get(name)
        can_be_written = in_form(name, column.secret) and has_field(column)
        if not can_be_written and not (relation and in_form(relation.name, relation.secret)):
            yield declaration.problem(
                "W503",
                name,
                f"The column must be given, and the form has no field for it, so nobody could add a "
                f"{declaration.model_name}.",
                f"Put {name!r} into the form, give the column a default, or set it in before_save.",
            )


def _decided(declaration: Declaration) -> frozenset[str]:
    """What a row of an inline gets from the form that it stands in."""
    admin = declaration.admin
    return admin.left_out | {admin.position} if isinstance(admin, Inline) else frozenset()


def _required_relations(declaration: Declaration) -> Iterator[Problem]:
    """A relation that must be given, to a model that nobody looks after: the form could never be filled in."""
    if not _is_as_declared(declaration):
        return
    in_form = _in_form(declaration)
    for name, relation in declaration.info.relations.items():
        is_open = in_form(name, relation.secret) and name not in _decided(declaration)
        if is_open and _must_be_chosen(declaration, relation):
            target = relation.target.__name__
            yield declaration.problem(
                "E526",
                name,
                f"The relation must be given, and nobody looks after {target}, so nobody could add a "
                f"{declaration.model_name}.",
                f"Register {target}, or put {name!r} into exclude or readonly_fields and set it in before_save.",
            )


def _must_be_chosen(declaration: Declaration, relation: RelationInfo) -> bool:
    has_default = any(
        column.column.default is not None or column.column.server_default is not None
        for column in relation.columns
    )
    return (
        relation.is_writable
        and not relation.is_list
        and not relation.nullable
        and not has_default
        and relation.name not in declaration.form_fields
        and declaration.site.admin_of(relation.target) is None
    )
