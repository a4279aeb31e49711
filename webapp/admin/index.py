"""The first page: what there is for this person, how much of it, and what happened last."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from sqlalchemy import Select, desc, func, literal, select, union_all

from webapp.admin.display import lower_first
from webapp.admin.editing.inlines.apart import RowsReader
from webapp.admin.history import LogEntry, last_changes
from webapp.admin.listing.counting import Count, bounded
from webapp.admin.loading import rows_of
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import may
from webapp.admin.site import AdminSite
from webapp.admin.timeline import HistoryLine, history_lines
from webapp.extensions import db
from webapp.texts import gettext as _
from webapp.web.errors import Link

RECENT = 8
FIRST_STEPS = 3


@dataclass(frozen=True)
class IndexCard:
    label: str
    href: str
    icon: str
    count: str
    add_href: str | None


@dataclass(frozen=True)
class IndexGroup:
    label: str
    cards: list[IndexCard]


@dataclass(frozen=True)
class IndexPage:
    """:ivar recent: what happened to what the person may see, where that is more than *own*, what they did themselves.
    :ivar first_steps: where to begin, for somebody who has not changed anything yet.
    """

    title: str
    groups: list[IndexGroup]
    recent: list[HistoryLine]
    own: list[HistoryLine]
    first_steps: list[Link]


def index_page(site: AdminSite, user: Any) -> IndexPage:
    """The models that *user* may see, counted in one statement, and the latest changes to them."""
    visible = [model_admin for model_admin in site if may(user, model_admin, "view")]
    counts = _counts(visible, user)
    own, recent = _own(visible, user), _recent(visible, user)
    groups: dict[str, list[IndexCard]] = {}
    for model_admin in visible:
        groups.setdefault(str(model_admin.menu_group), []).append(
            _card(model_admin, counts[model_admin.name], user)
        )
    return IndexPage(
        title=_("Overview"),
        groups=[IndexGroup(label, cards) for label, cards in groups.items()],
        recent=recent if recent != own else [],
        own=own,
        first_steps=[] if own else _first_steps(visible, counts, user),
    )


def _counts(visible: list[ModelAdmin], user: Any) -> dict[str, Count]:
    if not visible:
        return {}
    parts = []
    for model_admin in visible:
        rows = bounded(rows_of(model_admin, user))
        parts.append(select(literal(model_admin.name), func.count()).select_from(rows))
    return {name: Count.of(number) for name, number in db.session.execute(union_all(*parts))}


def _card(model_admin: ModelAdmin, count: Count, user: Any) -> IndexCard:
    return IndexCard(
        label=str(model_admin.label_plural),
        href=url_for(f"{model_admin.name}.list"),
        icon=model_admin.icon,
        count=str(count),
        add_href=url_for(f"{model_admin.name}.add") if may(user, model_admin, "add") else None,
    )


def _first_steps(visible: list[ModelAdmin], counts: dict[str, Count], user: Any) -> list[Link]:
    """To add the first row of each model that has none."""
    empty = [one for one in visible if counts[one.name].number == 0 and may(user, one, "add")]
    return [
        Link(_("Add %(model)s", model=lower_first(one.label)), url_for(f"{one.name}.add"))
        for one in empty[:FIRST_STEPS]
    ]


def _recent(visible: list[ModelAdmin], user: Any) -> list[HistoryLine]:
    """The last changes to what *user* may see: only a superuser reads of objects that may be hidden from others."""
    return _last(visible, select(LogEntry), user) if getattr(user, "is_superuser", False) else []


def _own(visible: list[ModelAdmin], user: Any) -> list[HistoryLine]:
    return _last(visible, select(LogEntry).where(LogEntry.actor_key == str(user.id)), user)


def _last(visible: list[ModelAdmin], statement: Select[Any], user: Any) -> list[HistoryLine]:
    names = [model_admin.name for model_admin in visible]
    if not names:
        return []
    entries = statement.where(LogEntry.name.in_(names)).order_by(desc(LogEntry.id))
    return history_lines(
        db.session.scalars(last_changes(entries, RECENT)).all(), RowsReader(user), brief=True
    )
