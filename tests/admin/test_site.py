"""The registry: which models an application looks after, under which names, with which permissions."""

from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

import webapp.users
from tests.conftest import make_settings
from webapp import create_app
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import VERBS, may, vocabulary
from webapp.admin.site import RESERVED_NAMES, AdminSite, current_site


class SiteBase(DeclarativeBase):
    """Never created."""


class HTTPRequestLine(SiteBase):
    __tablename__ = "request_lines"

    id: Mapped[int] = mapped_column(primary_key=True)


class Person:
    """Holds the permissions it was made with."""

    def __init__(self, *permissions: str) -> None:
        self.permissions = permissions

    def can(self, permission: str, obj: object = None) -> bool:
        return permission in self.permissions


def admin_named(given: str, **attributes: object) -> type[ModelAdmin]:
    return type("GivenAdmin", (ModelAdmin,), {"name": given, **attributes})


def test_a_model_is_called_after_its_table_and_class() -> None:
    site = AdminSite()
    blueprint = site.register(HTTPRequestLine)
    model_admin = site.admin("request_lines")
    assert (blueprint.name, blueprint.url_prefix) == ("request_lines", "/request_lines")
    assert model_admin.model is HTTPRequestLine
    assert (model_admin.label, model_admin.label_plural) == ("Http request line", "Http request lines")


def test_an_admin_may_name_itself() -> None:
    site = AdminSite()
    site.register(HTTPRequestLine, admin_named("lines", label="Line", label_plural="All lines"))
    model_admin = site.admin("lines")
    assert (model_admin.label, model_admin.label_plural) == ("Line", "All lines")
    assert list(site) == [model_admin]
    with pytest.raises(KeyError):
        site.admin("request_lines")


@pytest.mark.parametrize(
    "name",
    [
        *sorted(RESERVED_NAMES),
        "Users",
        "a-b",
        "a b",
        "a/b",
        "1a",
        "_a",
        "é",
        "a.b",
        "..",
        "a\n",
        "<key>",
        "a%2f",
    ],
)
def test_a_name_that_cannot_be_an_address_is_refused(name: str) -> None:
    site = AdminSite()
    site.register(HTTPRequestLine, admin_named(name))
    (problem,) = site.refused
    assert (problem.admin, problem.attribute) == ("GivenAdmin", "name")
    assert list(site) == []


@pytest.mark.parametrize("name", ["a", "lines2", "request_lines", "users"])
def test_any_other_name_is_taken(name: str) -> None:
    assert AdminSite().register(HTTPRequestLine, admin_named(name)).name == name


def test_two_models_cannot_share_a_name() -> None:
    site = AdminSite()
    site.register(HTTPRequestLine, admin_named("lines"))
    site.register(HTTPRequestLine, admin_named("lines"))
    assert [problem.attribute for problem in site.refused] == ["name"]
    assert len(list(site)) == 1


def test_every_fixed_address_is_a_reserved_name(app: Flask) -> None:
    """An address added beside the models' own takes its first word from them."""
    with app.app_context():
        names = {model_admin.name for model_admin in current_site()}
    firsts = {rule.rule.split("/")[1] for rule in app.url_map.iter_rules()} - {""}
    assert firsts - names <= RESERVED_NAMES


def test_an_admin_is_found_by_its_name(app: Flask) -> None:
    with app.app_context():
        found = current_site().find("users")
        assert found is current_site().admin("users")
        assert current_site().find("nobody") is None


def test_two_applications_do_not_meet(app: Flask) -> None:
    class Lines:
        @staticmethod
        def register(site: AdminSite) -> None:
            site.register(HTTPRequestLine)

    other = create_app(make_settings(DATABASE_URL="sqlite://"), apps=(Lines,))  # type: ignore[arg-type]
    assert [model_admin.name for model_admin in current_site(other)] == ["request_lines"]
    assert [model_admin.name for model_admin in current_site(app)] == ["users", "groups", "log_entries"]


def test_the_permissions_come_from_what_is_registered(app: Flask) -> None:
    users, groups = ([f"{name}.{verb}" for verb in VERBS] for name in ("users", "groups"))
    of_the_history = ["log_entries.view", "log_entries.export"]
    assert current_site(app).permissions() == [*users, "users.end_sessions", *groups, *of_the_history]


def test_what_a_model_does_not_offer_nobody_may() -> None:
    site = AdminSite()
    site.register(
        HTTPRequestLine,
        admin_named("lines", can_add=False, can_change=False, can_delete=False, can_export=False),
    )
    model_admin = site.admin("lines")
    assert vocabulary(model_admin) == ["lines.view"]
    everything = Person(*(f"lines.{verb}" for verb in VERBS))
    assert [verb for verb in VERBS if may(everything, model_admin, verb)] == ["view"]


@pytest.mark.parametrize(
    ("held", "verbs"),
    [
        ((), []),
        (("lines.view",), ["view"]),
        (("lines.change",), ["view", "change"]),
        (("lines.add",), ["add"]),
        (("lines.delete",), ["delete"]),
        (("lines.export",), ["export"]),
        (("users.view", "lines", "lines.", ".view", "LINES.VIEW"), []),
    ],
)
def test_change_implies_view_and_nothing_else_implies_anything(
    held: tuple[str, ...], verbs: list[str]
) -> None:
    site = AdminSite()
    site.register(HTTPRequestLine, admin_named("lines"))
    model_admin = site.admin("lines")
    assert [verb for verb in VERBS if may(Person(*held), model_admin, verb)] == verbs


def test_a_package_without_register_is_no_app() -> None:
    nothing = ModuleType("webapp.shopp")
    with pytest.raises(TypeError, match=r"webapp\.shopp has neither register\(site\) nor init_app\(app\)"):
        create_app(make_settings(DATABASE_URL="sqlite://"), apps=(webapp.users, nothing))
