"""What the pages of each model of the library cost, in statements: the same however many rows there are."""

from tests.admin.behaviours import somebody
from tests.conftest import counted
from tests.library.walking import NAMES, READ_ONLY, Walk


def statements_of(walk: Walk, address: str) -> list[str]:
    # The first request of a minute notes when the person was last seen.
    walk.get()
    with counted(walk.app) as statements:
        walk.get(address)
    return list(statements)


def test_a_list_costs_the_same_however_many_rows_it_has(walk: Walk) -> None:
    """Session with person, grants, what is remembered, rows, a count, and the years of a drill-down: of somebody who
    holds grants, and of pages that are full."""
    years = bool(walk.admin.date_hierarchy)
    lists = [name for name in walk.admin.list_display if walk.is_list(name)]
    walk.visitor = somebody(walk.app, *(f"{name}.view" for name in (*NAMES, READ_ONLY)))
    walk.rows(*range(1, 27))
    few = statements_of(walk, "?size=25")
    walk.rows(*range(27, 77))
    many = statements_of(walk, "?size=25")
    assert len(few) <= 5 + years + len(lists), "\n".join(few)
    assert len(many) == len(few), "\n".join(many)
    assert len(statements_of(walk, "?size=25&last=1")) <= len(few)


def test_a_change_form_costs_the_same_however_many_rows_there_are(walk: Walk) -> None:
    key = walk.rows(1, 2, 3)[0]
    page = walk.get(f"{key}/change/")
    lists = [name for name in walk.info.relations if walk.is_list(name) and page.soup.find(id=name)]
    few = statements_of(walk, f"{key}/change/")
    walk.rows(*range(4, 31))
    many = statements_of(walk, f"{key}/change/")
    assert len(few) <= 5 + len(lists), "\n".join(few)
    assert len(many) == len(few), "\n".join(many)
