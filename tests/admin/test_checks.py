"""Wrong declarations are told at start: each with its number, its place and the way out, and all of them at once."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

from tests.admin.checks.filters import FILTERS
from tests.admin.checks.forms import FORMS
from tests.admin.checks.hooks import HOOKS_AND_ACTIONS
from tests.admin.checks.lists import LISTS
from tests.admin.checks.models import MODELS
from tests.admin.checks.novels import (
    Novel,
    Sticker,
    Writer,
    WriterAdmin,
    decorated,
    everything_of,
    problems_of,
    takes_one,
    takes_two,
)
from tests.admin.checks.words import WORDINGS
from webapp.admin.checks import check
from webapp.admin.checks.declaration import HOOKS, WORDS
from webapp.admin.checks.shapes import MAPPINGS, NAMES, TEXTS, TRUTHS
from webapp.admin.checks.vocabulary import FOREIGN
from webapp.admin.options import ModelAdmin, action, display
from webapp.admin.problems import Problem
from webapp.admin.site import RESERVED_NAMES, AdminSite
from webapp.setting_types import ROOT

TABLE = [*LISTS, *FILTERS, *FORMS, *WORDINGS, *HOOKS_AND_ACTIONS, *MODELS]


@pytest.mark.parametrize(
    ("wrong", "number", "said", "right"),
    TABLE,
    ids=[f"{number}-{place}" for place, (_wrong, number, _said, _right) in enumerate(TABLE)],
)
def test_a_wrong_declaration_is_told_and_a_right_one_is_not(
    wrong: dict[str, Any], number: str, said: str, right: dict[str, Any]
) -> None:
    """AZ-21."""
    found = problems_of(**wrong)
    assert [problem.id for problem in found] == [f"admin.{number}"], list(map(str, found))
    assert said in str(found[0])
    assert list(map(str, problems_of(**right))) == []


def test_a_column_that_must_be_given_and_has_no_field_is_told() -> None:
    """Nobody could add an object, and would be told so by the database only."""

    def missing(**words: Any) -> set[str]:
        return {problem.attribute for problem in everything_of(**words) if problem.id == "admin.W503"}

    needed = {"pages", "slug", "title", "api_token", "token_count"}
    assert missing(fields=("writer",)) == needed
    assert missing(exclude=("title",)) == {"title", "api_token"}
    assert missing(fields=(*sorted(needed), "writer")) == set()
    assert missing(fields=(*sorted(needed),)) == {"writer_id"}
    assert missing(fields=("writer",), can_add=False) == set()
    assert missing(fields=("writer",), before_save=lambda self, obj, form, user: None) == set()
    assert missing(readonly_fields=("title",)) == {"title", "api_token"}


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
    checked = {*NAMES, *TRUTHS, *MAPPINGS, *TEXTS, "list_per_page", "form_class", "fieldsets", "inlines"}
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
    assert sorted(problem.id[6:] for problem in check(site) if problem.is_error) == [
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


def test_reserved_names_are_told_before_they_are_looked_for() -> None:
    for name in sorted(RESERVED_NAMES):
        assert [problem.id for problem in problems_of(name=name)] == ["admin.E502"]
