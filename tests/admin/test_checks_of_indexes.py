"""What has no index is told by the command, and not at start; a model that stays small needs none."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import (
    Column,
    ColumnElement,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    desc,
    func,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, column_property, mapped_column, relationship

from tests import library
from tests.conftest import make_settings
from webapp import create_app
from webapp.admin.checks import check, missing_indexes
from webapp.admin.inlines import TabularInline
from webapp.admin.options import ModelAdmin, display
from webapp.admin.problems import Problem
from webapp.admin.site import AdminSite
from webapp.search_index import SearchIndex


class IndexBase(DeclarativeBase):
    pass


item_tags = Table(
    "index_item_tags",
    IndexBase.metadata,
    Column("item_id", ForeignKey("index_items.id"), primary_key=True),
    Column("tag_id", ForeignKey("index_tags.id"), primary_key=True),
)
item_marks = Table(
    "index_item_marks",
    IndexBase.metadata,
    Column("item_id", ForeignKey("index_items.id"), primary_key=True),
    Column("tag_id", ForeignKey("index_tags.id"), primary_key=True),
    Index("ix_index_item_marks_tag_id", "tag_id"),
)


class Tag(IndexBase):
    __tablename__ = "index_tags"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))


class Item(IndexBase):
    __tablename__ = "index_items"
    __table_args__ = (
        Index("ix_index_items_pair", "first", "second"),
        Index("ix_index_items_some", "partial", sqlite_where=Column("partial") == 1),
        Index("ix_index_items_lower", func.lower(Column("folded"))),
        UniqueConstraint("group", "place"),
        SearchIndex("name", "first"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20), index=True)
    code: Mapped[str] = mapped_column(String(20), unique=True)
    first: Mapped[str] = mapped_column(String(20))
    second: Mapped[str] = mapped_column(String(20))
    partial: Mapped[int]
    folded: Mapped[str] = mapped_column(String(20))
    group: Mapped[int]
    place: Mapped[int]
    note: Mapped[str] = mapped_column(Text)
    is_good: Mapped[bool]
    owner_id: Mapped[int] = mapped_column(ForeignKey("index_tags.id"), index=True)
    maker_id: Mapped[int] = mapped_column(ForeignKey("index_tags.id"))

    owner: Mapped[Tag] = relationship(foreign_keys=[owner_id])
    maker: Mapped[Tag] = relationship(foreign_keys=[maker_id])
    tags: Mapped[list[Tag]] = relationship(secondary=item_tags)
    marks: Mapped[list[Tag]] = relationship(secondary=item_marks)


class Odd(IndexBase):
    """Indexes with a direction, with options and over expressions."""

    __tablename__ = "index_odd"
    __table_args__ = (
        Index("ix_index_odd_said", desc("said")),
        Index("ix_index_odd_texts", text("texts desc")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    down: Mapped[int]
    said: Mapped[int]
    texts: Mapped[int]
    wide: Mapped[int]
    tree: Mapped[int]
    few: Mapped[int]
    short: Mapped[str] = mapped_column(String(20))
    words: Mapped[str] = mapped_column(String(20))
    notes: Mapped[list["Note"]] = relationship(foreign_keys="Note.odd_id")
    others: Mapped[list["Note"]] = relationship(foreign_keys="Note.other_id")

    @hybrid_property
    def low(self) -> str:
        return self.words.lower()

    @low.inplace.expression
    @classmethod
    def _low(cls) -> ColumnElement[str]:
        return func.lower(cls.words, type_=String)

    @hybrid_property
    def more(self) -> int:
        return self.few + 1

    @hybrid_property
    def most(self) -> int:
        return self.few + 2


Index("ix_index_odd_down", Odd.down.desc())
Index("ix_index_odd_wide", Odd.wide, postgresql_include=["tree"], postgresql_concurrently=True)
Index("ix_index_odd_tree", Odd.tree, postgresql_using="btree", postgresql_with={"fillfactor": 50})
Index("ix_index_odd_few", Odd.few, postgresql_where=Odd.few > 3)
Index("ix_index_odd_short", Odd.short, mysql_length=5)
Index("ix_index_odd_words", Odd.words, postgresql_using="gin")
Index("ix_index_odd_low", func.lower(Odd.words))
Index("ix_index_odd_more", Odd.few + 1)


class Note(IndexBase):
    __tablename__ = "index_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    odd_id: Mapped[int] = mapped_column(ForeignKey("index_odd.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("index_odd.id"), index=True)


class Line(IndexBase):
    __tablename__ = "index_lines"
    __table_args__ = (
        Index("ix_index_lines_item_id_place", "item_id", "place", "id"),
        Index("ix_index_lines_maker_id_id", "maker_id", "id"),
        Index("ix_index_lines_owner_id", "owner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    place: Mapped[int]
    item_id: Mapped[int] = mapped_column(ForeignKey("index_items.id"))
    maker_id: Mapped[int] = mapped_column(ForeignKey("index_items.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("index_items.id"))
    twin_id: Mapped[int] = mapped_column(ForeignKey("index_items.id"), unique=True)


Item.length = column_property(func.length(Item.name, type_=Integer))


def missing(**words: Any) -> list[Problem]:
    site = AdminSite()
    site.register(Tag, type("TagAdmin", (ModelAdmin,), {"stays_small": True, "search_fields": ("name",)}))
    site.register(Item, type("ItemAdmin", (ModelAdmin,), words))
    assert not any(problem.is_error for problem in check(site))
    return missing_indexes(site)


def named(found: list[Problem]) -> dict[str, str]:
    return {f"{problem.id[6:]} {problem.attribute}": problem.message.partition(":")[0] for problem in found}


@display("Shown", order_by="second")
def shown(self: Any, obj: Any) -> str:
    return str(obj.second)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"list_display": ("id", "name", "code", "first", "group", "owner_id")}, {}),
        ({"list_display": ("name", "second", "place")}, {"W590 list_display": "'second', 'place'"}),
        ({"list_display": ("partial", "folded")}, {"W590 list_display": "'partial', 'folded'"}),
        ({"list_display": ("name",), "list_columns": ("second",)}, {"W590 list_display": "'second'"}),
        ({"list_display": ("name", "shown"), "shown": shown}, {"W590 list_display": "'second'"}),
        ({"list_display": ("name",), "ordering": ("-second",)}, {"W590 list_display": "'second'"}),
        ({"list_display": ("name", "note", "owner")}, {}),
        ({"list_display": ("name", "length")}, {"W593 list_display": "'length'"}),
        ({"list_filter": ("name", "code", "first", "owner", "marks", "note")}, {}),
        ({"list_filter": ("second", "is_good")}, {"W591 list_filter": "'second', 'is_good'"}),
        ({"list_filter": ("maker", "tags")}, {"W591 list_filter": "'maker', 'tags'"}),
        ({"search_fields": ("name", "first")}, {}),
        ({"search_fields": ("name", "code")}, {"W592 search_fields": "'code'"}),
        ({"search_fields": ("name", "owner.name")}, {"W592 search_fields": "'owner.name'"}),
        ({"list_display": ("second",), "list_filter": ("second",), "stays_small": True}, {}),
    ],
)
def test_what_has_no_index_is_told_with_its_place(words: dict[str, Any], told: dict[str, str]) -> None:
    assert named(missing(**words)) == told


def missing_of_odd(**words: Any) -> dict[str, str]:
    site = AdminSite()
    site.register(Odd, type("OddAdmin", (ModelAdmin,), words))
    site.register(Note, type("NoteAdmin", (ModelAdmin,), {"stays_small": True, "search_fields": ()}))
    assert check(site) == []
    return named(missing_indexes(site))


@pytest.mark.parametrize("name", ["down", "said", "texts", "wide", "tree", "low", "more"])
def test_an_index_with_a_direction_or_over_what_is_computed_or_with_options_serves(name: str) -> None:
    assert missing_of_odd(list_display=(name,), list_filter=(name,)) == {}


@pytest.mark.parametrize("name", ["few", "short", "words"])
def test_an_index_over_some_rows_over_beginnings_or_of_another_kind_does_not(name: str) -> None:
    told = f"'{name}'"
    assert missing_of_odd(list_display=(name,)) == {"W590 list_display": told}
    assert missing_of_odd(list_display=("id",), list_filter=(name,)) == {"W591 list_filter": told}


def test_of_rows_that_hold_the_key_themselves_the_foreign_key_needs_one() -> None:
    told = missing_of_odd(list_display=("id",), list_filter=("notes", "others"))
    assert told == {"W591 list_filter": "'notes'"}


def test_a_filter_that_is_computed_for_each_row_is_told() -> None:
    assert missing_of_odd(list_display=("id",), list_filter=("most",)) == {"W593 list_filter": "'most'"}


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ({"fk_name": "item_id", "position": "place"}, {}),
        ({"fk_name": "item_id", "ordering": ("place",)}, {}),
        ({"fk_name": "maker_id"}, {}),
        ({"fk_name": "twin_id"}, {}),
        ({"fk_name": "item_id"}, {"W594 inlines[0]": "'item_id', 'id'"}),
        ({"fk_name": "maker_id", "ordering": ("place",)}, {"W594 inlines[0]": "'maker_id', 'place', 'id'"}),
        ({"fk_name": "owner_id"}, {"W594 inlines[0]": "'owner_id', 'id'"}),
        ({"fk_name": "owner_id", "stays_small": True}, {}),
    ],
)
def test_rows_in_a_form_need_an_index_that_begins_with_what_they_hang_on_and_goes_on_in_their_order(
    words: dict[str, Any], told: dict[str, str]
) -> None:
    inline = type("LineInline", (TabularInline,), {"model": Line, **words})
    assert named(missing(inlines=(inline,))) == told


def test_rows_in_a_form_that_stay_small_at_their_own_admin_need_no_index() -> None:
    class LineInline(TabularInline):
        model = Line
        fk_name = "owner_id"

    class LineAdmin(ModelAdmin):
        stays_small = True

    site = AdminSite()
    site.register(Tag, type("TagAdmin", (ModelAdmin,), {"stays_small": True}))
    site.register(Item, type("ItemAdmin", (ModelAdmin,), {"inlines": (LineInline,)}))
    site.register(Line, LineAdmin)
    assert missing_indexes(site) == []


def test_it_is_told_with_the_way_out() -> None:
    (problem,) = missing(list_display=("name", "second"))
    assert not problem.is_error
    assert "Index(…, 'second')" in problem.way_out
    assert "stays_small = True" in problem.way_out


def test_the_systems_own_lists_have_all_their_indexes(app: Flask) -> None:
    assert missing_indexes(app.extensions["admin"]) == []


@pytest.mark.one_engine
def test_the_command_tells_and_the_start_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    app = create_app(make_settings(DATABASE_URL="sqlite://"), apps=(library,))
    assert "W59" not in "".join(capsys.readouterr())
    result = app.test_cli_runner().invoke(args=["check"])
    assert result.exit_code == 0
    assert "BookAdmin.search_fields: 'title', 'isbn': in no SearchIndex of Book" in result.output
    assert "AuthorAdmin.list_display: 'book_count': computed" in result.output
