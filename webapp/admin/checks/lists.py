"""Do the words of the list name what a list can show, narrow, search and sort by?"""

from collections.abc import Callable, Iterator
from typing import Any

from webapp.admin.checks.declaration import Declaration, did_you_mean, takes
from webapp.admin.checks.searched import searched_problems
from webapp.admin.editing.layout import fits_cell
from webapp.admin.options import display_options
from webapp.admin.paging import SORTABLE_KINDS
from webapp.admin.problems import Problem


def list_problems(declaration: Declaration) -> Iterator[Problem]:
    yield from _displayed(declaration)
    yield from _links(declaration)
    yield from _editable(declaration)
    yield from _related(declaration)
    yield from _told(declaration)
    yield from searched_problems(declaration)
    yield from ordering_problems(declaration)


def _displayed(declaration: Declaration) -> Iterator[Problem]:
    for place, name in (*declaration.names("list_display"), *declaration.names("list_columns")):
        relation = declaration.info.relations.get(name)
        if declaration.is_secret(name):
            yield declaration.secret(place, name)
        elif not declaration.is_shown(name):
            yield unknown(declaration, "E108", place, name)
        elif relation is not None and not relation.is_read:
            yield unread(declaration, place, name)
        else:
            yield from computed_problems(declaration, place, name)


def unread(declaration: Declaration, place: str, name: str) -> Problem:
    return declaration.problem(
        "E109",
        place,
        f"{name!r} leads to more than can be read for each row.",
        "Leave it out, or write a method with @display that tells what matters of it.",
    )


def unknown(declaration: Declaration, number: str, place: str, name: str) -> Problem:
    way_out = did_you_mean(name, declaration.shown_names())
    if "." in name or name.partition("__")[0] in declaration.info.relations:
        way_out = (
            "A name does not lead through relations: write a method with @display that returns the value."
        )
    return declaration.problem(
        number,
        place,
        f"{name!r} is no column, attribute or method of {declaration.model_name} or {declaration.name}.",
        way_out,
    )


def computed_problems(declaration: Declaration, place: str, name: str) -> Iterator[Problem]:
    """What is wrong with the method that computes *name*, where it is one."""
    if name in declaration.info.selectable or name in declaration.info.relations or name == "__str__":
        return
    on_model: Any = getattr(declaration.admin.model, name, None)
    method = on_model if on_model is not None else declaration.method(name)
    if callable(method) and not isinstance(method, type) and not takes(method, 1):
        owner = declaration.model_name if on_model is not None else declaration.name
        yield declaration.problem(
            "E515",
            place,
            f"The method {owner}.{name} cannot be called for an object.",
            f"Write def {name}(self):." if on_model is not None else f"Write def {name}(self, obj):.",
        )
    options = display_options(method)
    if options is not None and options.order_by is not None and not isinstance(options.order_by, str):
        yield declaration.problem(
            "E516",
            f"{name}: @display(order_by={options.order_by!r})",
            "It is no name of a column.",
            'Write the name as a text, order_by="title".',
        )
    elif options is not None and options.order_by is not None:
        yield from _sort_problems(
            declaration, "E516", f"{name}: @display(order_by={options.order_by!r})", options.order_by
        )


def _links(declaration: Declaration) -> Iterator[Problem]:
    if _decides_columns(declaration):
        return
    shown = _columns(declaration)
    for place, name in declaration.names("list_display_links"):
        if name not in shown:
            yield declaration.problem(
                "E111",
                place,
                f"{name!r} is in neither list_display nor list_columns.",
                did_you_mean(name, shown),
            )


def _columns(declaration: Declaration) -> list[str]:
    """All that the list may show, as it is declared; where :func:`_decides_columns`, that says nothing."""
    shown = [name for _place, name in declaration.names("list_display")] or ["__str__"]
    return shown + [name for _place, name in declaration.names("list_columns")]


def _decides_columns(declaration: Declaration) -> bool:
    return declaration.decides("get_list_display") or declaration.decides("get_list_columns")


def _editable(declaration: Declaration) -> Iterator[Problem]:
    info = declaration.info
    shown = _columns(declaration)
    links = declaration.value("list_display_links")
    linked = shown[:1] if links == () else [name for _place, name in declaration.names("list_display_links")]
    for place, name in declaration.names("list_editable"):
        column = info.columns.get(name)
        if name not in shown and not _decides_columns(declaration):
            yield declaration.problem(
                "E122",
                place,
                f"{name!r} is in neither list_display nor list_columns.",
                did_you_mean(name, shown),
            )
        elif name in linked:
            yield declaration.problem(
                "E123", place, f"{name!r} leads to the object.", "Name another column in list_display_links."
            )
        elif column is None or column in info.key or not fits_cell(column):
            yield declaration.problem(
                "E125",
                place,
                f"{name!r} is no column that a cell can hold a field for.",
                "Leave it out: relations, keys, files and what is computed are changed on the object's page.",
            )


def _related(declaration: Declaration) -> Iterator[Problem]:
    for place, name in declaration.names("list_select_related"):
        if name not in declaration.info.relations:
            yield declaration.problem(
                "E517",
                place,
                f"{name!r} is no relation of {declaration.model_name}.",
                did_you_mean(name, declaration.info.relations),
            )
        elif not declaration.info.relations[name].is_read:
            yield unread(declaration, place, name)


def _told(declaration: Declaration) -> Iterator[Problem]:
    info = declaration.info
    for place, name in declaration.names("history_fields"):
        if name not in info.selectable and name not in info.relations:
            yield declaration.problem(
                "E594",
                place,
                f"{name!r} is no column or relation of {declaration.model_name}.",
                did_you_mean(name, [*info.selectable, *info.relations]),
            )


def ordering_problems(declaration: Declaration) -> Iterator[Problem]:
    for place, name in declaration.names("ordering"):
        if name == "?":
            yield declaration.problem(
                "E032", place, "A random order has no pages.", "Name the columns to sort by."
            )
        else:
            yield from _sort_problems(declaration, "E033", place, name.removeprefix("-"))


def _sort_problems(declaration: Declaration, number: str, place: str, name: str) -> Iterator[Problem]:
    column = declaration.info.selectable.get(name)
    if column is None:
        yield no_column(declaration, number, place, name)
    elif column.secret:
        yield declaration.secret(place, name)
    elif column.kind not in SORTABLE_KINDS:
        yield declaration.problem(
            "E523",
            place,
            f"{name!r} is of the kind {column.kind}, which a list is not sorted by.",
            f"The kinds that sort are {', '.join(sorted(SORTABLE_KINDS))}.",
        )


def no_column(
    declaration: Declaration, number: str, place: str, name: str, known: list[str] | None = None
) -> Problem:
    method: Callable[..., Any] | None = declaration.method(name)
    what = "a method and no column" if method else "no column"
    return declaration.problem(
        number,
        place,
        f"{name!r} is {what} of {declaration.model_name}.",
        # Elsewhere `name__contains` is filtered.
        did_you_mean(
            name.partition("__")[0], known if known is not None else list(declaration.info.selectable)
        ),
    )
