"""Empty controls of filters are drawn once, and each person and each list has their own all the same."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import ColumnElement

from tests.conftest import add_user, signed_in
from tests.pages import Page, Visitor
from webapp.admin.options import choice_filter
from webapp.admin.site import current_site
from webapp.users.admin import GroupAdmin, UserAdmin
from webapp.users.models import Group, User


class Own(UserAdmin):
    date_hierarchy = "created_at"

    def get_list_filter(self, user: Any) -> tuple[str, ...]:
        return ("mine", "created_at") if user.is_superuser else ("mine",)

    @choice_filter("Mine", choices=lambda self, user: [(user.username, user.username)])
    def mine(self, value: str, user: Any) -> ColumnElement[bool]:
        return User.username == value


class OwnGroups(GroupAdmin):
    list_filter = ("mine",)

    @choice_filter("Ours", choices=lambda self, user: [(user.username, user.username)])
    def mine(self, value: str, user: Any) -> ColumnElement[bool]:
        return Group.name == value


@pytest.fixture
def own(app: Flask) -> Iterator[None]:
    """Two admins with a filter of one name, and one whose filters depend on who looks."""
    with app.app_context():
        users, groups = current_site().admin("users"), current_site().admin("groups")
    users.__class__, groups.__class__ = Own, OwnGroups
    yield
    users.__class__, groups.__class__ = UserAdmin, GroupAdmin


def controls(page: Page) -> list[str]:
    """What each control of the panel is called."""
    return [label.get_text(strip=True) for label in page.soup.select("#filter-form label")]


def choices(page: Page, name: str = "mine") -> list[str]:
    return [option.get_text() for option in page.soup.select(f"#filter-form [name={name}] option")]


@pytest.mark.usefixtures("own")
def test_each_has_the_filters_and_the_choices_that_are_his(app: Flask, as_alice: Visitor) -> None:
    as_bob = signed_in(app, add_user(app, "bob", grants=("users.view", "groups.view")))
    for _again in range(2):
        pages = as_alice.get("/users/"), as_bob.get("/users/")
        assert [choices(page) for page in pages] == [["Any", "alice"], ["Any", "bob"]]
        assert [controls(page) for page in pages] == [
            ["Mine", "Created: period", "Created: from", "Created: until"],
            ["Mine"],
        ]


@pytest.mark.usefixtures("own")
def test_filters_of_one_name_are_those_of_their_lists(as_alice: Visitor) -> None:
    for _again in range(2):
        assert [controls(as_alice.get(f"/{name}/"))[0] for name in ("users", "groups")] == ["Mine", "Ours"]


def test_choices_that_are_the_same_for_everybody_are_in_the_language_of_each(
    app: Flask, as_alice: Visitor
) -> None:
    as_bob = signed_in(app, add_user(app, "bob", locale="pt_BR", grants=("users.view",)))
    for _again in range(2):
        words = [choices(visitor.get("/users/"), "state") for visitor in (as_alice, as_bob)]
        assert ["Inactive" in words[0], "Inativo" in words[1]] == [True, True], words
