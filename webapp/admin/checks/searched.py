"""Do the names in ``search_fields`` lead to columns of text that may be searched?"""

from collections.abc import Iterator

from webapp.admin.checks.declaration import Declaration, did_you_mean
from webapp.admin.info import ModelInfo
from webapp.admin.listing.filters.operators import OPERATORS
from webapp.admin.mapping import describe
from webapp.admin.problems import Problem

KINDS = ("text", "longtext", "enum")


def searched_problems(declaration: Declaration) -> Iterator[Problem]:
    for place, name in declaration.names("search_fields"):
        yield from _along(declaration, place, name)


def _along(declaration: Declaration, place: str, name: str) -> Iterator[Problem]:
    """What is wrong with *name*, a column or a path to one through relations: its first problem."""
    info = declaration.info
    *relations, last = name.split(".")
    for number, part in enumerate(relations, 1):
        relation = info.relations.get(part)
        if relation is None:
            yield declaration.problem(
                "E550",
                place,
                f"{part!r} is no relation of {info.model.__name__}.",
                did_you_mean(part, info.relations),
            )
            return
        if relation.secret:
            yield declaration.secret(place, ".".join(relations[:number]))
            return
        info = describe(relation.target)
    yield from _at_end(declaration, info, place, name, last)


def _at_end(declaration: Declaration, info: ModelInfo, place: str, name: str, last: str) -> Iterator[Problem]:
    column = info.selectable.get(last)
    behind = last.partition("__")[0]
    if behind in info.relations:
        columns = describe(info.relations[behind].target).selectable.values()
        texts = [one.name for one in columns if one.kind in KINDS and not one.secret]
        way_out = f"Name a column of it, as in {f'{behind}.{texts[0]}'!r}." if texts else "Leave it out."
        yield declaration.problem("E520", place, f"{name!r} lies behind a relation.", way_out)
    elif column is None:
        known = [one.name for one in info.selectable.values() if one.kind in KINDS and not one.secret]
        yield declaration.problem(
            "E521",
            place,
            f"{name!r} is no column of {info.model.__name__}.",
            # Elsewhere `^name` is what is searched by its beginning.
            did_you_mean(last.lstrip("^=@").partition("__")[0], known),
        )
    elif column.secret:
        yield declaration.secret(place, name)
    elif column.kind not in KINDS:
        yield declaration.problem(
            "E522",
            place,
            f"{name!r} is of the kind {column.kind} and holds no text to search.",
            "Put it into list_filter." if column.kind in OPERATORS else "Leave it out.",
        )
