"""Do the words of the filters name what a list can be narrowed by, and is what they say of it whole?"""

from collections.abc import Iterator

from webapp.admin.checks.declaration import Declaration, takes
from webapp.admin.checks.indexes import SMALL, is_indexed
from webapp.admin.checks.lists import no_column
from webapp.admin.info import are_pairs
from webapp.admin.listing.filters.choices import choice_filter_of
from webapp.admin.listing.filters.operators import OPERATORS
from webapp.admin.options import FilterOptions
from webapp.admin.problems import Problem

DATED = ("date", "datetime")


def filter_problems(declaration: Declaration) -> Iterator[Problem]:
    for place, name in declaration.names("list_filter"):
        column = declaration.info.selectable.get(name)
        options = choice_filter_of(declaration.admin, name)
        if declaration.is_secret(name):
            yield declaration.secret(place, name)
        elif name in declaration.info.relations:
            yield from _relation(declaration, place, name)
        elif column is None and options is not None:
            yield from _choice(declaration, options)
        elif column is None and declaration.method(name):
            yield declaration.problem(
                "E560",
                place,
                f"The method {name!r} is not said to be a filter.",
                'Decorate it with @choice_filter("…", choices=…).',
            )
        elif column is None:
            yield no_column(declaration, "E116", place, name)
        elif column.kind not in OPERATORS:
            yield declaration.problem(
                "E519",
                place,
                f"{name!r} is of the kind {column.kind}, which a list is not filtered by.",
                f"The kinds with filters are {', '.join(OPERATORS)}.",
            )
    yield from _hierarchy(declaration)


def _relation(declaration: Declaration, place: str, name: str) -> Iterator[Problem]:
    target = declaration.info.relations[name].target
    if declaration.site.admin_of(target) is None:
        yield declaration.problem(
            "E518",
            place,
            f"{name!r} leads to {target.__name__}, which is not registered, so that nobody could choose one.",
            f"Register {target.__name__}, or leave it out.",
        )


def _choice(declaration: Declaration, options: FilterOptions) -> Iterator[Problem]:
    name, choices = options.name, options.choices
    if not takes(getattr(declaration.admin, name), 2):
        yield declaration.problem(
            "E561", name, "It cannot be called with value and user.", f"Write def {name}(self, value, user):."
        )
    if callable(choices):
        if not takes(choices, 2):
            yield declaration.problem(
                "E562",
                name,
                "Its choices cannot be called with self and user.",
                "Write def choices(self, user):.",
            )
    elif not choices or not are_pairs(choices):
        yield declaration.problem(
            "E562",
            name,
            f"@choice_filter(choices={choices!r}) offers no pairs of a value and its text.",
            'Write choices=(("new", "New"),), or a function (self, user) that gives such pairs.',
        )


def _hierarchy(declaration: Declaration) -> Iterator[Problem]:
    name = declaration.value("date_hierarchy")
    if not isinstance(name, str) or not name:
        return
    column = declaration.info.columns.get(name)
    if declaration.is_secret(name):
        yield declaration.secret("date_hierarchy", name)
    elif column is None:
        dated = [known for known, one in declaration.info.columns.items() if one.kind in DATED]
        yield no_column(declaration, "E127", "date_hierarchy", name, dated)
    elif column.kind not in DATED:
        yield declaration.problem(
            "E128",
            "date_hierarchy",
            f"{name!r} is of the kind {column.kind} and holds no dates.",
            "Name a column of dates or of moments.",
        )
    elif not is_indexed(column) and not declaration.admin.stays_small:
        yield declaration.problem(
            "W560",
            "date_hierarchy",
            f"No index begins with {name!r}, so that each page of the list would read the whole table.",
            f"Make one, Index(…, {name!r}), with its migration, or {SMALL}",
        )
