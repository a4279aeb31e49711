"""Whatever a person or a developer puts into a text, no page takes it for HTML: every kind of cell and label."""

import enum
import sys
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from bs4 import Tag
from flask import Flask
from sqlalchemy import Dialect, Enum, ForeignKey, Integer, String, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

import webapp.account
import webapp.users
from tests.conftest import add_user, make_settings, signed_in
from tests.pages import Page, Visitor
from webapp import create_app
from webapp.admin.options import Fieldsets, ModelAdmin, display
from webapp.admin.site import AdminSite
from webapp.admin.values import TURNING
from webapp.extensions import db

HOSTILE = """<b>x</b>"'&amp;"""


class Ticket(TypeDecorator[str]):
    """A number in the database, a word in Python."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> int | None:
        return None if value is None else int(value.removeprefix(HOSTILE))

    def process_result_value(self, value: int | None, dialect: Dialect) -> str | None:
        return None if value is None else f"{HOSTILE}{value}"


class EvilBase(DeclarativeBase):
    """Apart from the tables of the application and of the other tests."""


Grade = enum.Enum("Grade", {HOSTILE: 1})


class Evil(EvilBase):
    __tablename__ = f"evil {HOSTILE}"

    id: Mapped[int] = mapped_column(primary_key=True, info={"label": HOSTILE})
    ticket: Mapped[str | None] = mapped_column(Ticket, info={"label": HOSTILE})
    text: Mapped[str] = mapped_column(String(200), info={"label": HOSTILE, "help": HOSTILE})
    long: Mapped[str] = mapped_column(String(500), info={"label": HOSTILE})
    lines: Mapped[str] = mapped_column(Text, info={"label": HOSTILE})
    grade: Mapped[Any] = mapped_column(Enum(Grade, native_enum=False, length=50), info={"label": HOSTILE})
    word: Mapped[str] = mapped_column(String(50), info={"label": HOSTILE, "choices": [(HOSTILE, HOSTILE)]})
    stage: Mapped[int] = mapped_column(info={"label": HOSTILE, "choices": [(1, HOSTILE)]})
    parent_id: Mapped[int | None] = mapped_column(ForeignKey(id, ondelete="CASCADE"))

    def __str__(self) -> str:
        return HOSTILE

    @display(HOSTILE, empty=HOSTILE)
    def nothing(self) -> None:
        return None

    @property
    def computed(self) -> object:
        return self


class EvilAdmin(ModelAdmin):
    name = "evil"
    label = HOSTILE
    label_plural = HOSTILE
    menu_group = HOSTILE
    search_help = HOSTILE
    empty_value_display = HOSTILE
    list_display = (
        "id",
        "__str__",
        "ticket",
        "text",
        "long",
        "lines",
        "grade",
        "word",
        "stage",
        "nothing",
        "computed",
        "parent_id",
    )
    list_filter = ("text", "grade", "word", "stage")
    search_fields = ("text",)
    readonly_fields = ("nothing", "computed")
    fieldsets: Fieldsets = (
        (
            HOSTILE,
            {
                "fields": ("text", "long", "lines", "grade", "word", "stage", "nothing", "computed"),
                "description": HOSTILE,
            },
        ),
    )

    def get_links(self, user: Any, obj: Any) -> tuple[tuple[Any, str], ...]:
        return ((HOSTILE, "evil.history"),)

    def get_delete_alternative(self, user: Any, obj: Any) -> tuple[Any, str]:
        return HOSTILE, "evil.change"


class EvilApp:
    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Evil, EvilAdmin)


@pytest.fixture
def evil_app(app: Flask) -> Iterator[Flask]:
    settings = make_settings(DATABASE_URL=app.config["DATABASE_URL"])
    made = create_app(settings, apps=(webapp.users, webapp.account, EvilApp))  # type: ignore[arg-type]
    with made.app_context():
        EvilBase.metadata.create_all(db.engine)
        for number in (1, 2):
            db.session.add(evil(number))
            db.session.flush()
        db.session.commit()
    yield made
    with made.app_context():
        EvilBase.metadata.drop_all(db.engine)
        db.engine.dispose()


def evil(number: int) -> Evil:
    return Evil(
        id=number,
        ticket=f"{HOSTILE}{number}",
        text=HOSTILE,
        long=HOSTILE * 20,
        lines=HOSTILE,
        grade=Grade[HOSTILE],
        word=HOSTILE,
        stage=1,
        parent_id=None if number == 1 else 1,
    )


@pytest.fixture
def visitor(evil_app: Flask) -> Visitor:
    return signed_in(evil_app, add_user(evil_app, "alice", is_superuser=True))


def check(page: Page) -> Page:
    """The page says the text as it is, and no element and no attribute was made of it."""
    assert HOSTILE in page.text or HOSTILE in page.soup.get_text()
    assert page.soup.select("b") == []
    strange = [
        tag
        for tag in page.soup.find_all(True)
        if isinstance(tag, Tag) and any(not set("<>\"'&").isdisjoint(name) for name in tag.attrs)
    ]
    assert strange == []
    assert "&amp;lt;" not in page.text, "escaped twice"
    return page


def test_a_list_shows_each_kind_of_cell_and_label_as_text(visitor: Visitor) -> None:
    query = {"text__contains": HOSTILE, "grade": HOSTILE, "word": HOSTILE, "stage": "1", "q": HOSTILE}
    page = check(visitor.get("/evil/", query_string=query))
    first = page.rows()[0]
    assert first[:2] == ["1", HOSTILE]
    assert first[2] == f"{HOSTILE}1"
    assert first[4] == f"{(HOSTILE * 20)[:120]}…"
    assert [first[place] for place in (3, 5, 6, 7, 8, 9, 10)] == [HOSTILE] * 7
    assert len(page.rows()) == 2
    assert check(visitor.get("/evil/?text=nobody")).rows() == []


def test_a_form_shows_each_kind_of_field_and_error_as_text(visitor: Visitor) -> None:
    form = check(visitor.get("/evil/1/change/")).form()
    assert (form.fields["text"], form.fields["lines"], form.fields["word"]) == (HOSTILE, HOSTILE, HOSTILE)
    assert check(form.submit(stage="7", text=HOSTILE + "\0")).status == 422
    check(visitor.get("/evil/add/"))
    saved = check(form.fill(text=HOSTILE * 2).submit(follow=True))
    assert f"{HOSTILE} was changed" in saved.messages
    check(visitor.get("/evil/1/history/"))
    check(visitor.get("/"))


def test_a_question_shows_what_goes_with_it_as_text(visitor: Visitor) -> None:
    page = check(visitor.get("/evil/1/delete/"))
    assert HOSTILE in [tag.get_text(strip=True) for tag in page.soup.select("main .named a")]
    deleted = check(page.form().submit(follow=True))
    assert f"{HOSTILE} was deleted" in deleted.messages
    check(visitor.get("/evil/1/change/"))


def test_whatever_reads_from_right_to_left_or_turns_the_text_round_is_isolated() -> None:
    turning = {"R", "AL", "AN", "LRE", "LRO", "RLE", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    missed = [
        f"{number:x}"
        for number in range(sys.maxunicode + 1)
        if unicodedata.bidirectional(chr(number)) in turning and not TURNING.match(chr(number))
    ]
    assert missed == []
    assert not TURNING.search("Ad\u00e9b\u00e1y\u1ecd\u0300, \u4f60\u597d!")
