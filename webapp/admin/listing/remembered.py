"""What is remembered of a person for one list: how it is to look, and the views that were saved of it.

Rows hold the keys of people and groups as plain values and no foreign key, because the engine knows no app. They show
somebody what that person may see anyway, so one that is left over grants nothing.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import Flask
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    Select,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    case,
    cast,
    delete,
    exists,
    false,
    literal,
    or_,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from webapp.admin.listing.state import NOTHING_CHOSEN, Chosen
from webapp.admin.options import ModelAdmin
from webapp.column_types import fold
from webapp.database import Base, ExactString, Timestamped, Versioned
from webapp.extensions import db, writing
from webapp.plans import SETTLED
from webapp.running import request
from webapp.texts import lazy_gettext as _l
from webapp.web.alongside import Question, ask_alongside, said_no

BY_LISTS = "the lists, whose views they are"
# More are no menu any more; one's own, of which there can be fewer, are all in it.
MAX_VIEWS = 100
# The question that is asked with the person whose list it is.
REMEMBERS = "remembers_list"


class SavedView(Timestamped, Versioned, Base):
    """A list as somebody wants to find it again: its address, under a name."""

    __tablename__ = "saved_views"
    __table_args__ = (
        UniqueConstraint("owner_key", "model", "name"),
        Index("ix_saved_views_model_group_key", "model", "group_key"),
        # SQLite would give the number of a deleted view, and with it the addresses that name it, to the next one.
        {
            "sqlite_autoincrement": True,
            "info": {"looked_after_by": BY_LISTS, "label_plural": _l("Saved views")},
        },
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    #: The name of the admin whose list it is.
    model: Mapped[str] = mapped_column(ExactString(100))
    owner_key: Mapped[str] = mapped_column(ExactString(64))
    #: Who that was when the view was made.
    owner_label: Mapped[str] = mapped_column(String(255))
    #: The group that may open it too.
    group_key: Mapped[str | None] = mapped_column(ExactString(64))
    #: The group that was deleted and could open it before.
    former_group_key: Mapped[str | None] = mapped_column(ExactString(64))
    name: Mapped[str] = mapped_column(ExactString(80), info={"label": _l("Name")})
    query: Mapped[str] = mapped_column(Text)


class ListSettings(Base):
    """How one person wants one list where the address does not say it."""

    __tablename__ = "list_settings"
    __table_args__ = {"info": {"looked_after_by": BY_LISTS, "label_plural": _l("List settings")}}

    person_key: Mapped[str] = mapped_column(ExactString(64), primary_key=True)
    model: Mapped[str] = mapped_column(ExactString(100), primary_key=True)
    #: The names of the columns in their order, with commas between; empty for those that are declared.
    columns: Mapped[str] = mapped_column(Text, default="")
    size: Mapped[int | None]
    #: The view that the bare address of the list opens.
    view_id: Mapped[int | None] = mapped_column(ForeignKey("saved_views.id", ondelete="SET NULL"), index=True)


_SETTINGS: Any = ListSettings.__table__
_VIEWS: Any = SavedView.__table__


@dataclass(frozen=True)
class Remembered:
    """:ivar views: those that the person may open, by name; *default* is one of them."""

    chosen: Chosen = NOTHING_CHOSEN
    views: tuple[SavedView, ...] = ()
    default: SavedView | None = None

    def view(self, number: int) -> SavedView | None:
        return next((view for view in self.views if view.id == number), None)


NOTHING_REMEMBERED = Remembered()


def recall(model_admin: ModelAdmin, user: Any, number: int | None = None) -> Remembered:
    """What is remembered of *user* for this list, in one statement; mostly it is known that there is nothing.

    :param number: of a view that has to be among the views, however many there are, if the person may open it.
    """
    if number is None and said_no(REMEMBERS, {"remembered_model": model_admin.name}):
        return NOTHING_REMEMBERED
    asked = {
        "person_key": key_of(user),
        "person": user.id,
        "model": model_admin.name,
        "number": number,
        "limit": MAX_VIEWS,
    }
    rows = db.session.execute(_recalling(type(user)), asked).all()  # type: ignore[arg-type]
    found = [SavedView(**dict(zip(_VIEWS.columns.keys(), row[3:], strict=True))) for row in rows if row.id]
    views = tuple(sorted(found, key=lambda view: fold(view.name)))
    columns, size, default = rows[0][:3]
    if columns is None:
        return Remembered(views=views)
    return Remembered(
        Chosen(tuple(filter(None, columns.split(","))), size),
        views,
        next((view for view in views if view.id == default), None),
    )


def init_app(app: Flask) -> None:
    ask_alongside(app, REMEMBERS, Question(_is_something, _asked_of))


def _asked_of() -> dict[str, Any] | None:
    """A list is asked for by its own address; what else recalls something is not asked as often."""
    endpoint = request.endpoint or ""
    return {"remembered_model": request.blueprint} if endpoint.endswith(".list") else None


def _is_something(person: Any) -> ColumnElement[bool]:
    """Whether there are settings of this person for the list, or views of it that anybody has saved."""
    settings, views = _SETTINGS.columns, _VIEWS.columns
    model = bindparam("remembered_model", type_=String)
    own = exists().where(settings.person_key == cast(person, String(64)), settings.model == model)
    return or_(own, exists().where(views.model == model))


def key_of(user: Any) -> str:
    """How rows name *user*, as entries of the history do."""
    return str(user.id)


def may_open(user: Any) -> ColumnElement[bool]:
    """The saved views that *user* may open: the own ones, and those of the groups with which the person shares."""
    return _may_open(type(user), literal(key_of(user)), literal(user.id))


@cache
def _recalling(person_class: Any) -> Any:
    """The statement of :func:`recall`, made once: to make it costs more than to ask it, which every list page does.

    Of the tables and not of the classes: mostly there is nothing, which the session would look at for as long again.
    """
    # One row, also where there are neither settings nor views.
    asked = select(
        bindparam("person_key", type_=String).label("person"), bindparam("model", type_=String).label("model")
    ).subquery()
    settings, views = _SETTINGS.columns, _VIEWS.columns
    is_own = and_(settings.person_key == asked.c.person, settings.model == asked.c.model)
    may = _may_open(person_class, bindparam("person_key", type_=String), bindparam("person"))
    is_asked = or_(views.id == bindparam("number", type_=BigInteger), views.id == settings.view_id)
    source = asked.outerjoin(_SETTINGS, is_own).outerjoin(_VIEWS, and_(views.model == asked.c.model, may))
    return (
        select(settings.columns, settings.size, settings.view_id, *views)
        .select_from(source)
        .order_by(case((is_asked, 0), (views.owner_key == asked.c.person, 1), else_=2), views.name, views.id)
        .limit(bindparam("limit", type_=Integer))
        .execution_options(**SETTLED)
    )


def _may_open(person_class: Any, key: ColumnElement[str], person: ColumnElement[Any]) -> ColumnElement[bool]:
    groups = groups_sharing(person_class, person)
    views = _VIEWS.columns
    is_shared = false() if groups is None else views.group_key.in_(select(groups.subquery().c[0]))
    return or_(views.owner_key == key, is_shared)


def groups_sharing(person_class: Any, person: ColumnElement[Any]) -> Select[Any] | None:
    """The groups with which a person shares, as key and name, if the class of people has any.

    :param person: what stands for the person's id in the statement.
    """
    shares_with = getattr(person_class, "shares_with", None)
    return shares_with(person) if shares_with else None


def remember(model_admin: ModelAdmin, user: Any, **values: Any) -> None:
    """Keep *values*, attributes of :class:`ListSettings`, for *user* and this list."""
    try:
        with writing():
            set_settings(model_admin, user, **values)
    except IntegrityError:
        # Another request of the same person has just made the row.
        with writing():
            set_settings(model_admin, user, **values)


def set_settings(model_admin: ModelAdmin, user: Any, **values: Any) -> None:
    """The same, within a transaction that writes."""
    settings = _held_settings(model_admin, user)
    for name, value in values.items():
        setattr(settings, name, value)


def set_default(model_admin: ModelAdmin, user: Any, view: SavedView, *, is_default: bool) -> None:
    """Let the bare address of the list open *view* for *user*, or not, within a transaction that writes."""
    settings = _held_settings(model_admin, user)
    if is_default:
        settings.view_id = view.id
    elif settings.view_id == view.id:
        settings.view_id = None


def _held_settings(model_admin: ModelAdmin, user: Any) -> ListSettings:
    key = {"person_key": key_of(user), "model": model_admin.name}
    settings = db.session.get(ListSettings, tuple(key.values()), with_for_update=True, populate_existing=True)
    if settings is None:
        settings = ListSettings(**key)
        db.session.add(settings)
    return settings


def forget_person(user: Any) -> None:
    """*user* is deleted: the settings and the views that nobody else opens go too, those of a group stay with it."""
    db.session.execute(delete(ListSettings).where(ListSettings.person_key == key_of(user)))
    is_own = SavedView.owner_key == key_of(user)
    db.session.execute(delete(SavedView).where(is_own, SavedView.group_key.is_(None)))


def forget_group(key: str) -> None:
    """The group with *key* is deleted: the views that were shared with it are their owners' alone again."""
    was_shared = update(SavedView).where(SavedView.group_key == key)
    db.session.execute(was_shared.values(group_key=None, former_group_key=key))


def recall_group(key: str) -> None:
    """The group with *key* is there, be it again: what was shared with it before it was deleted is so again."""
    was_shared = update(SavedView).where(SavedView.former_group_key == key)
    db.session.execute(was_shared.values(group_key=key, former_group_key=None))
