"""Wrong declarations are told at start: each with its number, its place and the way out, and all of them at once."""

import enum
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from sqlalchemy import JSON, Column, ForeignKey, Integer, LargeBinary, String, Table, Text, select
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import DeclarativeBase, Mapped, WriteOnlyMapped, mapped_column, relationship
from wtforms import StringField

import webapp.users
from tests import library
from tests.admin import samples
from tests.conftest import make_settings
from tests.library import annex
from webapp import APPS, create_app
from webapp.admin.checks import check
from webapp.admin.checks.declaration import HOOKS, WORDS
from webapp.admin.checks.shapes import MAPPINGS, NAMES, TEXTS, TRUTHS
from webapp.admin.checks.vocabulary import FOREIGN
from webapp.admin.options import ModelAdmin, action, display
from webapp.admin.problems import DeclarationError, Problem
from webapp.admin.site import RESERVED_NAMES, AdminSite
from webapp.setting_types import ROOT

DATABASE = "sqlite://"


class CheckBase(DeclarativeBase):
    """Never created: no check asks a database."""


class Cover(enum.Enum):
    HARD = "h"


novel_labels = Table(
    "novel_labels",
    CheckBase.metadata,
    Column("novel_id", ForeignKey("novels.id"), primary_key=True),
    Column("sticker_id", ForeignKey("stickers.id"), primary_key=True),
)


class Writer(CheckBase):
    __tablename__ = "writers"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(50))


class Sticker(CheckBase):
    __tablename__ = "stickers"

    id: Mapped[int] = mapped_column(primary_key=True)


class Novel(CheckBase):
    __tablename__ = "novels"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str] = mapped_column(String(50))
    slug: Mapped[str] = mapped_column(String(50))
    pages: Mapped[int]
    day: Mapped[date | None]
    cover: Mapped[Cover | None]
    facts: Mapped[dict[str, Any] | None] = mapped_column(JSON)
    scan: Mapped[bytes | None] = mapped_column(LargeBinary)
    api_token: Mapped[str] = mapped_column(String(50))
    token_count: Mapped[int] = mapped_column(Integer, info={"sensitive": False})
    writer_id: Mapped[int] = mapped_column(ForeignKey("writers.id"))
    editor_id: Mapped[int | None] = mapped_column(ForeignKey("writers.id"))

    writer: Mapped[Writer] = relationship(foreign_keys=[writer_id])
    editor: Mapped[Writer | None] = relationship(foreign_keys=[editor_id])
    stickers: Mapped[list[Sticker]] = relationship(secondary=novel_labels)
    sold: WriteOnlyMapped["Copy"] = relationship()

    @hybrid_property
    def is_thick(self) -> bool:
        return self.pages > 500

    @property
    def shelf(self) -> str:
        return self.title[:1]

    def shout(self) -> str:
        return self.title.upper()

    def in_currency(self, currency: str, rate: float) -> str:
        return f"{currency}{rate}"


class Copy(CheckBase):
    __tablename__ = "copies"

    id: Mapped[int] = mapped_column(primary_key=True)
    novel_id: Mapped[int] = mapped_column(ForeignKey("novels.id"))


class Page(CheckBase):
    """Its key is as long as one may be, with the comma."""

    __tablename__ = "pages"

    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str] = mapped_column(String(54), primary_key=True)


class LongPage(CheckBase):
    __tablename__ = "long_pages"

    path: Mapped[str] = mapped_column(String(200), primary_key=True)
    language: Mapped[str] = mapped_column(String(55), primary_key=True)


class AnyPage(CheckBase):
    __tablename__ = "any_pages"

    path: Mapped[str] = mapped_column(Text, primary_key=True)


class NovelForm(FlaskForm):
    reason = StringField()


class WriterAdmin(ModelAdmin):
    search_fields = ("name",)


class UnsearchedWriterAdmin(ModelAdmin):
    pass


def problems_of(
    *, model: type = Novel, writers: type[ModelAdmin] | None = WriterAdmin, **words: Any
) -> list[Problem]:
    """What the checks say of an admin with these words, beside one for writers."""
    site = AdminSite()
    if writers:
        site.register(Writer, writers)
    site.register(model, type("NovelAdmin", (ModelAdmin,), words))
    return check(site)


def takes_nothing(self: Any) -> str:
    return ""


def takes_one(self: Any, obj: Any) -> str:
    return ""


def takes_two(self: Any, one: Any, two: Any) -> str:
    return ""


def decorated(decorator: Callable[..., Any], function: Any, name: str = "shown") -> Any:
    def copy(*given: Any) -> Any:
        return function(*given)

    copy.__signature__ = inspect.signature(function)  # type: ignore[attr-defined]
    copy.__name__ = name
    return decorator(copy)


def act(self: Any, obj: Any, user: Any, form: Any) -> None:
    """An action as it should be."""


def django_action(self: Any, request: Any, queryset: Any) -> None:
    """One as Django calls it."""


def sort_by(name: str) -> dict[str, Any]:
    return {"shown": decorated(display("Shown", order_by=name), takes_one), "list_display": ("shown",)}


async def query_later(self: Any, user: Any) -> Any:
    return select(Novel)


# The declaration that is wrong, its number, a piece of what is said, and the same declaration put right.
TABLE: list[tuple[dict[str, Any], str, str, dict[str, Any]]] = [
    # The list
    ({"list_display": "title"}, "E107", 'Write ("title",)', {"list_display": ("title",)}),
    ({"list_display": None}, "E107", "None is no tuple of names", {"list_display": ()}),
    ({"list_display": {"title"}}, "E107", "a set has no order", {"list_display": ["title"]}),
    ({"list_display": takes_one}, "E107", "get_list_display(self, user)", {"get_list_display": takes_one}),
    ({"list_display": ("id", takes_one)}, "E107", "list_display[1]: takes_one()", {"list_display": ("id",)}),
    (
        {"list_display": (Novel.title,)},
        "E107",
        "Write the name as a text, 'title'",
        {"list_display": ("title",)},
    ),
    (
        {"list_display": ("id", "slug", "titel")},
        "E108",
        "NovelAdmin.list_display[2]: 'titel' is no column, attribute or method of Novel or NovelAdmin. "
        "Did you mean 'title'? (admin.E108)",
        {"list_display": ("id", "slug", "title")},
    ),
    (
        {"list_display": ("writer.name",)},
        "E108",
        "does not lead through relations",
        {"list_display": ("writer",)},
    ),
    ({"list_display": ("label",)}, "E108", "'label' is no column", {"list_display": ("__str__",)}),
    ({"list_display": ("query",)}, "E108", "'query' is no column", {"list_display": ("is_thick",)}),
    ({"list_display": ("sold",)}, "E109", "more than can be read", {"list_display": ("stickers",)}),
    ({"list_display_links": "title"}, "E110", 'Write ("title",)', {"list_display_links": None}),
    (
        {"list_display": ("id", "title"), "list_display_links": ("titel",)},
        "E111",
        "'titel' is not in list_display. Did you mean 'title'?",
        {"list_display": ("id", "title"), "list_display_links": ("title",)},
    ),
    ({"list_display_links": ("title",)}, "E111", "There are: __str__", {"list_display_links": ("__str__",)}),
    ({"list_select_related": True}, "E117", "True is no tuple", {"list_select_related": ("writer",)}),
    ({"list_select_related": ("title",)}, "E517", "'title' is no relation of Novel", {}),
    ({"list_filter": "pages"}, "E112", 'Write ("pages",)', {"list_filter": ("pages",)}),
    ({"list_filter": (("pages", object),)}, "E113", "list_filter[0]", {"list_filter": ("pages",)}),
    ({"list_filter": ("page",)}, "E116", "Did you mean 'pages'?", {"list_filter": ("pages",)}),
    ({"list_filter": ("shout",)}, "E116", "'shout' is no column of Novel", {"list_filter": ("is_thick",)}),
    ({"list_filter": ("writer",)}, "E518", "filtering by relations comes later", {"list_filter": ("day",)}),
    ({"list_filter": ("facts",)}, "E519", "of the kind json", {"list_filter": ("cover",)}),
    ({"list_per_page": "50"}, "E118", "'50' is no number of rows", {"list_per_page": 50}),
    ({"list_per_page": 0}, "E118", "from 1", {"list_per_page": 1}),
    ({"list_per_page": True}, "E118", "True is no number", {}),
    ({"search_fields": "title"}, "E126", 'Write ("title",)', {"search_fields": ("title",)}),
    ({"search_fields": ("titel",)}, "E521", "Did you mean 'title'?", {"search_fields": ("title", "slug")}),
    ({"search_fields": ("^title",)}, "E521", "Did you mean 'title'?", {"search_fields": ("title",)}),
    ({"search_fields": ("writer__name",)}, "E520", "lies behind a relation", {"search_fields": ("cover",)}),
    ({"search_fields": ("pages",)}, "E522", "holds no text to search. Put it into list_filter", {}),
    ({"search_fields": ("scan",)}, "E522", "of the kind binary", {}),
    ({"ordering": "title"}, "E031", 'Write ("title",)', {"ordering": ("title",)}),
    ({"ordering": ("?",)}, "E032", "A random order has no pages", {"ordering": ("-title", "pages")}),
    ({"ordering": ("-titel",)}, "E033", "Did you mean 'title'?", {"ordering": ("-title",)}),
    ({"ordering": ("facts",)}, "E523", "of the kind json", {"ordering": ("is_thick",)}),
    (sort_by("titel"), "E516", "Did you mean 'title'?", sort_by("title")),
    (sort_by("scan"), "E523", "of the kind binary", sort_by("is_thick")),
    # What looks secret
    ({"list_display": ("api_token",)}, "E514", "looks secret", {"list_display": ("token_count",)}),
    ({"list_filter": ("api_token",)}, "E514", 'info={"sensitive": False}', {"list_filter": ("token_count",)}),
    ({"search_fields": ("api_token",)}, "E514", "search_fields[0]", {}),
    ({"ordering": ("-api_token",)}, "E514", "ordering[0]", {"ordering": ("-token_count",)}),
    (sort_by("api_token"), "E514", "'api_token' looks secret", sort_by("token_count")),
    # Methods that compute
    (
        {"list_display": ("shown",), "shown": takes_nothing},
        "E515",
        "Write def shown(self, obj):",
        {"list_display": ("shown",), "shown": takes_one},
    ),
    (
        {"list_display": ("in_currency",)},
        "E515",
        "The method Novel.in_currency",
        {"list_display": ("shout",)},
    ),
    (
        {"readonly_fields": ("shown",), "shown": takes_two},
        "E515",
        "NovelAdmin.readonly_fields[0]",
        {"readonly_fields": ("shown", "shelf"), "shown": takes_one},
    ),
    # The form
    ({"fields": "title"}, "E004", 'Write ("title",)', {"fields": ("title",)}),
    ({"fields": (("title", "slug"),)}, "E004", "one each", {"fields": ("title", "slug")}),
    (
        {"fields": ("title",), "fieldsets": ((None, {"fields": ("title",)}),)},
        "E005",
        "Leave fields out",
        {"fieldsets": ((None, {"fields": ("title",)}),)},
    ),
    (
        {"fields": ("title", "slug", "title")},
        "E006",
        "'title' stands in it twice",
        {"fields": ("title", "slug")},
    ),
    ({"fieldsets": {}}, "E007", "{} is no tuple of pairs", {"fieldsets": []}),
    ({"fieldsets": ("title",)}, "E008", "'title' is no pair", {"fieldsets": ((_l("A"), {"fields": ()}),)}),
    ({"fieldsets": ((None, {"fields": "title"}),)}, "E008", "fieldsets[0][1]['fields']", {}),
    ({"fieldsets": (("A",),)}, "E009", "It has 1 parts", {}),
    ({"fieldsets": (("A", ("title",)),)}, "E010", "is no dictionary", {}),
    ({"fieldsets": (("A", {}),)}, "E011", "It lacks 'fields'", {}),
    (
        {"fieldsets": ((None, {"fields": ("title",)}), ("B", {"fields": ("title",)}))},
        "E012",
        "'title' stands in it twice",
        {"fieldsets": ((None, {"fields": ("title",)}), ("B", {"fields": ("slug",), "description": "…"}))},
    ),
    ({"fieldsets": ((None, {"fields": (), "classes": ("wide",)}),)}, "E513", "'classes'", {}),
    ({"fields": ("titel",)}, "E524", "Did you mean 'title'?", {"fields": ("title", "writer", "writer_id")}),
    (
        {"fields": ("title", "reason")},
        "E524",
        "'reason' is no column",
        {"fields": ("title", "reason"), "form_class": NovelForm},
    ),
    (
        {"fields": ("title", "reason")},
        "E524",
        "fields[1]",
        {"fields": ("title", "reason"), "get_form_class": lambda self, user, obj=None: NovelForm},
    ),
    (
        {"fieldsets": ((None, {"fields": ("title", "writr")}),)},
        "E524",
        "fieldsets[0][1]['fields'][1]: 'writr'",
        {"fieldsets": ((None, {"fields": ("title", "writer")}),)},
    ),
    ({"exclude": "title"}, "E014", 'Write ("title",)', {"exclude": ("title",)}),
    ({"exclude": ("title", "title")}, "E015", "twice", {"exclude": ("title", "writer")}),
    (
        {"exclude": ("titel",)},
        "E525",
        "so nothing is left out. Did you mean 'title'?",
        {"exclude": ("title",)},
    ),
    ({"exclude": ("reason",)}, "E525", "'reason'", {"exclude": ("reason",), "form_class": NovelForm}),
    ({"form_class": "NovelForm"}, "E016", "'NovelForm'", {}),
    ({"form_class": object}, "E016", "FlaskForm", {"form_class": NovelForm}),
    ({"view_on_site": 1}, "E025", "1 is neither", {"view_on_site": False}),
    ({"view_on_site": takes_one}, "E025", "get_view_on_site_url", {"get_view_on_site_url": takes_two}),
    ({"prepopulated_fields": ("slug",)}, "E026", "is no dictionary", {"prepopulated_fields": {}}),
    (
        {"prepopulated_fields": {"slugg": ("title",)}},
        "E027",
        "Did you mean 'slug'?",
        {"prepopulated_fields": {"slug": ("title",)}},
    ),
    ({"prepopulated_fields": {"day": ("title",)}}, "E028", "of the kind date", {}),
    ({"prepopulated_fields": {"slug": "title"}}, "E029", "with the comma", {}),
    ({"prepopulated_fields": {"slug": ("titel",)}}, "E030", "Did you mean 'title'?", {}),
    ({"readonly_fields": "title"}, "E034", 'Write ("title",)', {"readonly_fields": ("title",)}),
    (
        {"readonly_fields": ("titel",)},
        "E035",
        "Did you mean 'title'?",
        {"readonly_fields": ("shout", "sold")},
    ),
    ({"autocomplete_fields": "writer"}, "E036", 'Write ("writer",)', {"autocomplete_fields": ("writer",)}),
    (
        {"autocomplete_fields": ("writr",)},
        "E037",
        "Did you mean 'writer'?",
        {"autocomplete_fields": ("editor",)},
    ),
    ({"autocomplete_fields": ("writer_id",)}, "E038", "Name the relation: 'writer'", {}),
    ({"autocomplete_fields": ("sold",)}, "E038", "shown only", {}),
    ({"autocomplete_fields": ("stickers",)}, "E039", "site.register(Sticker)", {}),
    (
        {"autocomplete_fields": ("writer",), "writers": UnsearchedWriterAdmin},
        "E040",
        "Declare search_fields in UnsearchedWriterAdmin",
        {"autocomplete_fields": ("writer",), "writers": WriterAdmin},
    ),
    (
        {"autocomplete_fields": ("writer",), "writers": UnsearchedWriterAdmin},
        "E040",
        "autocomplete_fields[0]",
        {
            "autocomplete_fields": ("writer",),
            "writers": type("OwnAdmin", (ModelAdmin,), {"get_search_fields": lambda self, user: ("name",)}),
        },
    ),
    ({"writers": None}, "E526", "NovelAdmin.writer: The relation must be given", {"writers": WriterAdmin}),
    ({"writers": None}, "E526", "Register Writer", {"writers": None, "can_add": False}),
    ({"writers": None}, "E526", "exclude or readonly", {"writers": None, "exclude": ("writer",)}),
    ({"writers": None}, "E526", "before_save", {"writers": None, "readonly_fields": ("writer",)}),
    (
        {"writers": None, "fields": ("title", "writer")},
        "E526",
        "nobody looks after Writer",
        {"writers": None, "fields": ("title", "writer_id")},
    ),
    ({"save_as": "yes"}, "E101", "Write save_as = True", {"save_as": True}),
    ({"can_add": takes_one}, "E510", "can(self, user, verb, obj=None)", {"can_add": False}),
    ({"can_delete": 0}, "E510", "0 is neither", {"can_delete": False}),
    # Words
    ({"labels": ("title",)}, "E511", 'Write labels = {"name": "…"}', {"labels": {"title": _l("Title")}}),
    ({"choices": ()}, "E511", "() is no dictionary", {"choices": {}}),
    ({"label": ("Novel",)}, "E512", "is no text", {"label": _l("Novel")}),
    ({"empty_value_display": None}, "E512", "None is no text", {"empty_value_display": "-"}),
    ({"icon": "tabel"}, "E536", "Did you mean 'table'?", {"icon": "box"}),
    (
        {"labels": {"titel": "T"}},
        "E537",
        "Did you mean 'title'?",
        {"labels": {"writer": "T", "is_thick": "T"}},
    ),
    ({"help_texts": {"titel": "T"}}, "E537", "help_texts['titel']", {"help_texts": {"title": "T"}}),
    (
        {"labels": {"shown": "T"}, "shown": takes_one},
        "E537",
        "What a method is called is said with @display",
        {"shown": decorated(display("T"), takes_one)},
    ),
    (
        {"choices": {"writer": (("a", "A"),)}},
        "E537",
        "'writer' is no column of Novel",
        {"choices": {"pages": [(1, "One")]}},
    ),
    ({"choices": {"title": ("ab", "cd")}}, "E538", "no pairs", {"choices": {"title": (("a", "b"),)}}),
    ({"choices": {"title": (("a", "b", "c"),)}}, "E538", "choices['title']", {}),
    ({"list_dispaly": ("title",)}, "E535", "Did you mean 'list_display'?", {"list_display": ("title",)}),
    ({"can_delte": False}, "E535", "Did you mean 'can_delete'?", {"can_delete": False}),
    ({"qeury": takes_one}, "E535", "Did you mean 'query'?", {"query": takes_one}),
    ({"get_fieldset": takes_one}, "E535", "'get_fieldsets'", {"get_list": takes_one, "get_line": takes_one}),
    ({"search_field": ("title",)}, "E535", "begin it with an underscore", {"_search_field": ("title",)}),
    ({"fieldset": ()}, "E535", "Did you mean 'fieldsets'?", {"add_fieldsets": ()}),
    # Hooks
    ({"query": select(Novel)}, "E530", "Write def query(self, user):", {"query": takes_one}),
    ({"initial": {"title": "A"}}, "E530", "a value where a method is meant", {"initial": takes_one}),
    ({"query": query_later}, "E530", "nobody awaits it", {}),
    ({"query": lambda self, request: None}, "E531", "It asks for the request", {}),
    ({"query": takes_nothing}, "E532", "It cannot be called with user", {"query": lambda self, *given: None}),
    (
        {"get_fieldsets": takes_one},
        "E532",
        "Write def get_fieldsets(self, user, obj=None):",
        {"get_fieldsets": lambda self, user, obj=None: ()},
    ),
    ({"get_fieldsets": takes_two}, "E532", "called with user and obj", {}),
    (
        {"before_save": lambda self, form, obj, user: None},
        "E533",
        "Write def before_save(self, obj, form, user):",
        {"before_save": lambda self, obj, form, user: None},
    ),
    # Actions
    ({"actions": "act"}, "E509", 'Write ("act",)', {"actions": ()}),
    (
        {"actions": ("act", "act"), "act": decorated(action("A"), act, "act")},
        "E130",
        "'act' stands in it twice",
        {"actions": ("act",), "act": decorated(action("A"), act, "act")},
    ),
    ({"actions": ("act",), "act": act}, "E527", "Decorate it with @action", {}),
    ({"actions": ("nothing",)}, "E527", "is no method of NovelAdmin", {}),
    ({"actions": ("delete",)}, "E527", "Deleting is always among the actions", {"can_delete": True}),
    (
        {"actions": ("act",), "act": decorated(action("A"), django_action, "act")},
        "E531",
        "Write def act(self, obj, user, form):",
        {"actions": ("act",), "act": decorated(action("A", form=NovelForm), act, "act")},
    ),
    ({"actions": ("act",), "act": decorated(action("A"), takes_two, "act")}, "E532", "obj, user, form", {}),
    (
        {"actions": ("change",), "change": decorated(action("A"), act, "change")},
        "E528",
        "'change' is the engine's own word",
        {"actions": ("changed",), "changed": decorated(action("A", permission="add"), act, "changed")},
    ),
    (
        {"actions": ("a" * 51,), "a" * 51: decorated(action("A"), act, "a" * 51)},
        "E528",
        "too long for the history",
        {"actions": ("a" * 50,), "a" * 50: decorated(action("A"), act, "a" * 50)},
    ),
    (
        {"actions": ("act",), "act": decorated(action("A", permission="novels.act"), act, "act")},
        "E129",
        "'novels.act'",
        {"actions": ("act",), "act": decorated(action("A", permission="act"), act, "act")},
    ),
    ({"actions": ("act",), "act": decorated(action("A", form=object), act, "act")}, "E529", "FlaskForm", {}),
    (
        {"act": decorated(action("A"), act, "act")},
        "W501",
        "an action that nobody is offered",
        {"act": decorated(action("A"), act, "act"), "get_actions": lambda self, user, obj=None: ("act",)},
    ),
    # Names and models
    ({"name": "Novels"}, "E501", "'Novels' cannot be an address", {"name": "novels2"}),
    ({"name": 5}, "E501", "5 cannot be an address", {}),
    ({"name": "a" * 101}, "E501", "at most 100", {"name": "a" * 100}),
    ({"name": "static"}, "E502", "'static' is an address of the system", {"name": "statics"}),
    ({"name": "writers"}, "E503", "'writers' is the name of WriterAdmin already", {"name": "authors"}),
    ({"model": LongPage}, "E506", "(path, language) may have 256 characters", {"model": Page}),
    ({"model": AnyPage}, "W502", "may be of any length", {"model": Page}),
    ({"model": int}, "E504", "int is no mapped class", {"model": Copy, "exclude": ("novel_id",)}),
]


@pytest.mark.parametrize(
    ("wrong", "number", "said", "right"),
    TABLE,
    ids=[f"{number}-{place}" for place, (_wrong, number, _said, _right) in enumerate(TABLE)],
)
def test_a_wrong_declaration_is_told_and_a_right_one_is_not(
    wrong: dict[str, Any], number: str, said: str, right: dict[str, Any]
) -> None:
    found = problems_of(**wrong)
    assert [problem.id for problem in found] == [f"admin.{number}"], list(map(str, found))
    assert said in str(found[0])
    assert list(map(str, problems_of(**right))) == []


def test_a_problem_knows_its_place() -> None:
    (problem,) = problems_of(list_display=("id", "titel"))
    assert problem == Problem(
        "admin.E108",
        "NovelAdmin",
        "list_display[1]",
        "'titel' is no column, attribute or method of Novel or NovelAdmin.",
        "Did you mean 'title'?",
    )


@pytest.mark.parametrize("word", sorted(FOREIGN))
def test_a_word_from_elsewhere_is_told_with_ours(word: str) -> None:
    (problem,) = problems_of(**{word: takes_one})
    assert (problem.id, problem.attribute) == ("admin.E534", word)
    assert problem.way_out == FOREIGN[word]


@pytest.mark.parametrize("decorator", [action, display])
def test_a_decorator_without_parentheses_is_told_where_it_stands(decorator: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match=rf'Write @{decorator.__name__}\("…"\) above takes_one'):
        decorator(takes_one)


@pytest.mark.parametrize(("word", "name"), [("search_fields", "^title"), ("list_filter", "title__contains")])
def test_a_name_as_it_is_spelt_elsewhere_is_told_without_its_ornament(word: str, name: str) -> None:
    (problem,) = problems_of(**{word: (name,)})
    assert problem.message.startswith(f"{name!r} is no column")
    assert problem.way_out == "Did you mean 'title'?"


def test_the_templates_that_are_advised_are_those_that_are_found() -> None:
    for name in re.findall(r"(\w+)\.html", FOREIGN["change_form_template"]):
        assert (ROOT / "templates" / "admin" / f"{name}.html").is_file()


def test_a_word_from_elsewhere_is_none_of_ours() -> None:
    assert not FOREIGN.keys() & WORDS


@pytest.mark.parametrize("sentence", sorted(set(FOREIGN.values())))
def test_what_is_said_instead_is_a_word_of_ours(sentence: str) -> None:
    """A hook that is renamed or gone would otherwise live on in the advice."""
    for hook, parameters in re.findall(r"(\w+)\((self[^)]*)\)", sentence):
        names = [part.partition("=")[0].strip() for part in parameters.split(",")]
        assert names == list(HOOKS[hook].parameters)
    for word in re.findall(r"^Write (\w+)[.,]", sentence):
        assert word in WORDS


def test_every_constant_of_an_admin_is_checked() -> None:
    checked = {*NAMES, *TRUTHS, *MAPPINGS, *TEXTS, "list_per_page", "form_class", "fieldsets"}
    assert WORDS - HOOKS.keys() - checked == {"model", "info"}


def test_a_name_that_a_list_shows_is_no_misspelt_word() -> None:
    assert problems_of(list_displays=takes_one, list_display=("list_displays",)) == []
    assert problems_of(labels_=decorated(display("Labels"), takes_one)) == []


def test_all_wrong_declarations_are_told_at_once() -> None:
    site = AdminSite()
    site.register(
        Novel, type("BadAdmin", (ModelAdmin,), {"list_display": "title", "fields": ("a",), "icon": "b"})
    )
    site.register(Writer, type("WorseAdmin", (ModelAdmin,), {"name": "login"}))
    site.register(int, type("WorstAdmin", (ModelAdmin,), {}))
    site.register(Sticker, "StickerAdmin")  # type: ignore[arg-type]
    assert sorted(problem.id[6:] for problem in check(site)) == [
        "E107",
        "E502",
        "E504",
        "E507",
        "E524",
        "E536",
    ]


def test_every_word_may_be_wrong_at_the_same_time() -> None:
    """No check breaks on what another one finds."""
    for nonsense in (None, 5, "title", object(), ("x", 5, None), {"x": 5}, {5: None}, [()], takes_two):
        words: dict[str, Any] = {word: nonsense for word in WORDS - {"model", "info", "name"}}
        assert len(problems_of(**words)) > len(HOOKS) - 10


def test_one_class_with_one_mistake_is_told_once() -> None:
    site = AdminSite()
    site.register(Writer, type("BaseAdmin", (ModelAdmin,), {"get_queryset": takes_one}))
    site.register(Sticker, type("BaseAdmin", (ModelAdmin,), {"get_queryset": takes_one}))
    assert [problem.attribute for problem in check(site)] == ["get_queryset"]


def test_what_is_refused_leaves_nothing_behind() -> None:
    site = AdminSite()
    blueprint = site.register(Writer, type("BadAdmin", (ModelAdmin,), {"name": "static"}))
    blueprint.add_url_rule("/x/", "x", lambda: "")
    assert list(site) == []
    assert site.permissions() == []
    assert site.admin_of(Writer) is None
    site.register(Writer, WriterAdmin)
    assert [type(model_admin) for model_admin in site] == [WriterAdmin]


def test_two_apps_with_one_name_are_told_with_both_classes() -> None:
    site = AdminSite()
    site.register(Writer, WriterAdmin)
    site.register(Sticker, type("StickerAdmin", (ModelAdmin,), {"name": "writers"}))
    assert [str(problem) for problem in check(site)] == [
        "StickerAdmin.name: 'writers' is the name of WriterAdmin already, which looks after Writer. "
        "Set another name for Sticker. (admin.E503)"
    ]
    assert type(site.admin("writers")) is WriterAdmin


def test_a_model_without_an_admin_of_its_own_is_told_by_its_name() -> None:
    site = AdminSite()
    site.register(Writer)
    site.register(Writer)
    assert str(check(site)[0]).startswith(
        "ModelAdmin(Writer).name: 'writers' is the name of ModelAdmin(Writer)"
    )


def test_a_model_that_cannot_be_mapped_is_told_and_does_not_break_the_others() -> None:
    class BrokenBase(DeclarativeBase):
        pass

    class Broken(BrokenBase):
        __tablename__ = "broken"
        id: Mapped[int] = mapped_column(primary_key=True)
        other: Mapped["Nowhere"] = relationship()  # type: ignore[name-defined]  # noqa: F821

    site = AdminSite()
    site.register(Broken)
    site.register(BrokenBase)
    site.register(Writer(), WriterAdmin)  # type: ignore[arg-type]
    site.register(Writer, type("BadAdmin", (ModelAdmin,), {"icon": "nothing"}))
    assert sorted(problem.id for problem in check(site)) == [
        "admin.E504",
        "admin.E504",
        "admin.E505",
        "admin.E536",
    ]
    BrokenBase.registry.dispose()


# No false alarms


@pytest.mark.parametrize(
    "apps", [APPS, (samples,), (library,), (annex,)], ids=["the system", "samples", "library", "annex"]
)
def test_right_declarations_are_clean(apps: Sequence[ModuleType]) -> None:
    site = AdminSite()
    for package in apps:
        if hasattr(package, "register"):
            package.register(site)
    assert list(map(str, check(site))) == []
    assert list(site)


class Labelled:
    """A mixin: half of an admin, for several."""

    menu_group = _l("Books")
    exclude = ("api_token",)

    @display(_l("Shouted"), order_by="title", empty="none")
    def shouted(self, obj: Any) -> str:
        return str(obj.title).upper()


class BigAdmin(Labelled, ModelAdmin):
    """Everything that one may say."""

    name = "big"
    label = "Novel"
    label_plural = _l("Novels")
    icon = "box"
    labels: Mapping[str, Any] = {"title": "Heading", "writer": _l("Written by"), "is_thick": "Thick"}
    help_texts: Mapping[str, Any] = {"stickers": "On the back."}
    choices: Mapping[str, Any] = {"pages": ((100, "Short"), (1000, "Long"))}
    list_display = (
        "__str__",
        "title",
        "writer",
        "stickers",
        "is_thick",
        "shelf",
        "shout",
        "shouted",
        "length",
    )
    list_display_links = ("title", "shouted")
    list_select_related = ("writer", "editor")
    list_filter = ("title", "pages", "day", "cover", "is_thick", "token_count")
    search_fields = ("title", "slug", "cover")
    search_help = _l("A title.")
    ordering = ("-is_thick", "title")
    list_per_page = 25
    actions = ("print_out", "set_aside")
    fieldsets = (
        (None, {"fields": ("title", "slug", "writer", "editor", "stickers", "reason")}),
        (
            _l("More"),
            {"fields": ["facts", "scan", "shouted", "shelf", "api_token"], "description": _l("Odd.")},
        ),
    )
    readonly_fields = ("shouted", "shelf", "sold", "writer_id")
    autocomplete_fields = ("writer",)
    prepopulated_fields: Mapping[str, Sequence[str]] = {"slug": ("title",)}
    form_class = NovelForm
    save_as = True
    view_on_site = False
    empty_value_display = ""
    can_delete = False
    price_list = "one of its own"

    def query(self, user: Any) -> Any:
        return select(Novel)

    def can(self, person: Any, verb: str, thing: Any = None) -> bool:
        return super().can(person, verb, thing)

    def get_readonly_fields(self, user: Any, obj: Any = None, *rest: Any) -> tuple[str, ...]:
        return self.readonly_fields

    @staticmethod
    def initial(user: Any) -> dict[str, Any]:
        return {}

    def before_save(self, *given: Any) -> None:
        pass

    @display("Length", boolean=False)
    def length(self, obj: Novel) -> int:
        return obj.pages

    @action(_l("Print"), permission="print", confirm=_l("Print them?"), form=NovelForm)
    def print_out(self, obj: Novel, user: Any, form: Any) -> None:
        pass

    @action("Set aside", permission="view")
    def set_aside(self, obj: Novel, user: Any, form: Any = None) -> None:
        pass


def test_a_big_admin_is_clean() -> None:
    site = AdminSite()
    site.register(Writer, WriterAdmin)
    site.register(Novel, BigAdmin)
    site.register(Sticker)
    assert list(map(str, check(site))) == []


# At start


class Wrong:
    """An app with two mistakes and something doubtful."""

    @staticmethod
    def register(site: AdminSite) -> None:
        words = {"list_display": ("nam",), "search_fields": "name", "act": decorated(action("A"), act, "act")}
        blueprint = site.register(Writer, type("WrongAdmin", (ModelAdmin,), words))
        blueprint.add_url_rule("/<key>/print/", "print", lambda key: key)


class Doubtful:
    @staticmethod
    def register(site: AdminSite) -> None:
        words = {"act": decorated(action("A"), act, "act")}
        site.register(Writer, type("DoubtfulAdmin", (WriterAdmin,), words))


class Right:
    @staticmethod
    def register(site: AdminSite) -> None:
        site.register(Writer, WriterAdmin)


def app_of(*apps: Any) -> Flask:
    return create_app(make_settings(DATABASE_URL=DATABASE), apps=apps)


def test_the_start_is_refused_with_everything_that_is_wrong() -> None:
    with pytest.raises(DeclarationError) as caught:
        app_of(webapp.users, Wrong)
    assert sorted(problem.id for problem in caught.value.problems) == [
        "admin.E108",
        "admin.E126",
        "admin.W501",
    ]
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert all(line.startswith("WrongAdmin.") for line in lines)


def test_a_warning_is_logged_and_lets_the_start_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert app_of(Doubtful)
    assert "DoubtfulAdmin.act: It is an action that nobody is offered" in "".join(capsys.readouterr())
    assert app_of(Right)
    assert "Admin" not in "".join(capsys.readouterr())


# The command


def run_check(app: Flask) -> Any:
    return app.test_cli_runner().invoke(args=["check"])


def test_the_command_says_that_all_is_well() -> None:
    result = run_check(app_of(Right))
    assert (result.exit_code, result.output) == (0, "1 model checked, no problems.\n")
    result = run_check(app_of(library))
    assert re.fullmatch(r"[0-9]{2} models checked, no problems\.\n", result.output)


def test_the_command_tells_a_warning_and_succeeds() -> None:
    result = run_check(app_of(Doubtful))
    assert result.exit_code == 0
    assert "(admin.W501)\n1 model checked, 1 warning.\n" in result.output


def test_the_command_fails_with_the_errors() -> None:
    """The application does not come so far; a site that something adds to later does."""
    app = app_of(Right)
    Wrong.register(app.extensions["admin"])
    result = run_check(app)
    assert result.exit_code == 1
    assert "(admin.E503)" in result.output
    assert "checked" not in result.output


def test_the_checks_ask_no_database(tmp_path: Path) -> None:
    nowhere = tmp_path / "nothing.db"
    app = create_app(make_settings(DATABASE_URL=f"sqlite:///{nowhere}"), apps=(Right,))  # type: ignore[arg-type]
    assert run_check(app).exit_code == 0
    assert not nowhere.exists()


def test_reserved_names_are_told_before_they_are_looked_for() -> None:
    for name in sorted(RESERVED_NAMES):
        assert [problem.id for problem in problems_of(name=name)] == ["admin.E502"]
