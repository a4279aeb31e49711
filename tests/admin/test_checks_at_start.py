"""What is right passes; what is wrong stops the start, and the command tells it."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

import webapp.users
from tests import library
from tests.admin import samples
from tests.admin.checks.novels import Novel, NovelForm, Sticker, Writer, WriterAdmin, act, decorated
from tests.conftest import make_settings
from tests.library import annex
from webapp import APPS, create_app
from webapp.admin.checks import check
from webapp.admin.options import ModelAdmin, action, display
from webapp.admin.problems import DeclarationError
from webapp.admin.site import AdminSite
from webapp.texts import lazy_gettext as _l

DATABASE = "sqlite://"

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
    readonly_fields = ("shouted", "shelf", "writer_id")
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
    result = run_check(create_app(make_settings(DATABASE_URL=DATABASE)))
    assert result.output == "3 models checked, no problems.\n"


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
