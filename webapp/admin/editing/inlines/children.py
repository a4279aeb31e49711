"""Which children stand in a form: one page of those that exist for the person, found from the parent."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Select, func, not_, select
from sqlalchemy.orm.interfaces import LoaderOption

from webapp.admin.cursors import BadCursor, make_cursor, read_cursor, settled
from webapp.admin.editing.inlines.bound import bond_of
from webapp.admin.inlines import Inline
from webapp.admin.loading import form_related, objects_on, rows_of, with_options
from webapp.admin.paging import Position, SortKey, declared_order, page_statement, total_order
from webapp.admin.permissions import may
from webapp.extensions import db
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse
from webapp.web.tokens import own_address

# As many are shown at once; of more a page holds so few that it costs about what a small one does.
MAX_WHOLE = 50
PAGE_SIZE = 20


@dataclass(frozen=True)
class ChildPage:
    """Some children in their order, and the cursors of the pages around them where there are such."""

    objects: list[Any]
    previous: str | None = None
    next: str | None = None


def child_page(inline: Inline, user: Any, parent: Any) -> ChildPage:
    """The page of *parent*'s children that the address asks for; by default the first, in one statement."""
    if not may(user, inline, "view"):
        return ChildPage([])
    order = total_order(declared_order(inline, user), inline.info)
    children = partial(_children, inline, user, parent)
    position = settled(_position(inline, order), order, children, inline.info)
    backward = position is not None and position.backward
    names = dict.fromkeys([column.name for column in (*inline.info.key, *(key.column for key in order))])
    statement = children().with_only_columns(
        *(inline.info.selectable[name].attribute.expression.label(name) for name in names),
        maintain_column_froms=True,
    )
    most = PAGE_SIZE if position else MAX_WHOLE
    # One more tells whether there is a further page.
    page = page_statement(statement, order, position, most + 1).subquery()
    found = objects_on(inline, user, page, order, backward=backward, options=_loaded(inline))
    has_more = len(found) > most
    shown = found[:PAGE_SIZE] if has_more else found
    if backward:
        shown = shown[::-1]
    has_previous, has_next = (has_more, True) if backward else (position is not None, has_more)
    objects = _seen(inline, user, shown)
    return ChildPage(
        objects,
        _cursor(inline, order, shown[0]) if shown and has_previous else None,
        _cursor(inline, order, shown[-1]) if shown and has_next else None,
    )


def children_with(inline: Inline, user: Any, parent: Any, keys: Sequence[str]) -> dict[str, Any]:
    """Those of *parent*'s children with *keys* that exist for *user*, by key."""
    info = inline.info
    wanted = [values for key in keys if (values := info.parse_key(key)) is not None]
    if not wanted or not may(user, inline, "view"):
        return {}
    statement = _children(inline, user, parent).where(info.is_one_of(wanted))
    found = db.session.scalars(with_options(statement, _loaded(inline))).unique()
    return {info.key_of(obj): obj for obj in _seen(inline, user, list(found))}


def other_children(inline: Inline, user: Any, parent: Any, but: Sequence[str], limit: int) -> list[Any]:
    """The children of *parent* that exist for *user*, without those with the keys *but*, at most *limit* of them."""
    if not may(user, inline, "view"):
        return []
    info = inline.info
    left_out = [values for key in but if (values := info.parse_key(key)) is not None]
    statement = (
        _children(inline, user, parent).order_by(*(column.attribute for column in info.key)).limit(limit)
    )
    if left_out:
        statement = statement.where(not_(info.is_one_of(left_out)))
    return _seen(inline, user, list(db.session.scalars(with_options(statement, _loaded(inline))).unique()))


def number_of_children(inline: Inline, parent: Any, limit: int) -> int:
    """How many children *parent* has, whoever may see them, counted up to *limit*."""
    some = select(inline.info.key[0].attribute).where(bond_of(inline).holds(parent)).limit(limit)
    return db.session.scalar(select(func.count()).select_from(some.subquery())) or 0


def _children(inline: Inline, user: Any, parent: Any) -> Select[Any]:
    return rows_of(inline, user).where(bond_of(inline).holds(parent))


def _loaded(inline: Inline) -> list[LoaderOption]:
    # The parent is there.
    return form_related(inline, bond_of(inline).names)


def _seen(inline: Inline, user: Any, objects: list[Any]) -> list[Any]:
    inline.load_related(objects, user)
    return [obj for obj in objects if may(user, inline, "view", obj)]


def _position(inline: Inline, order: Sequence[SortKey]) -> Position | None:
    for word in ("after", "before"):
        cursor = request.args.get(f"{inline.prefix}-{word}")
        if cursor:
            try:
                return Position(read_cursor(order, cursor, inline.info), backward=word == "before")
            except BadCursor:
                refuse(
                    400,
                    _(
                        "The part “%(part)s” of this address is no place in these records.",
                        part=f"{inline.prefix}-{word}",
                    ),
                    Link(_("From the beginning"), own_address().partition("?")[0]),
                )
    return None


def _cursor(inline: Inline, order: Sequence[SortKey], obj: Any) -> str:
    values = [getattr(obj, key.column.name) for key in order]
    return make_cursor(order, values, [getattr(obj, column.name) for column in inline.info.key])
