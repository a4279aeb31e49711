"""What a relation to many leads to comes along with what it may be set to, where that is all of it."""

import pytest
from flask import Flask

from tests.conftest import add_user, counted, signed_in
from tests.pages import Visitor
from tests.users.groups import add_group
from webapp.admin.site import current_site
from webapp.users.admin import GroupAdmin
from webapp.users.models import Group, User


@pytest.fixture
def groups(app: Flask, bob: User) -> list[int]:
    """Four groups; bob is in the first and the third by their names."""
    return [
        add_group(app, name, (), (bob,) if name in ("Alpha", "Gamma") else ()).id
        for name in ("Gamma", "Beta", "Alpha", "Delta")
    ]


def chosen(visitor: Visitor, user: User) -> tuple[list[str], list[str], str]:
    """The names that are chosen, all that can be, and what the page says was chosen as it was made."""
    page = visitor.get(f"/users/{user.id}/change/").soup
    options = page.select("select#groups option")
    was = page.select_one('input[name="groups.was"]')
    assert was is not None
    return (
        [one.get_text() for one in options if one.has_attr("selected")],
        [one.get_text() for one in options],
        str(was["value"]),
    )


def asked_of_groups(statements: list[str]) -> list[str]:
    return [one for one in statements if "FROM groups" in one and "group_grants" not in one]


def test_it_comes_in_one_statement(app: Flask, as_alice: Visitor, bob: User, groups: list[int]) -> None:
    as_alice.get(f"/users/{bob.id}/change/")
    with counted(app) as statements:
        names, offered, was = chosen(as_alice, bob)
    assert names == ["Alpha", "Gamma"]
    assert offered == ["Alpha", "Beta", "Delta", "Gamma"]
    assert was.split() == [str(groups[2]), str(groups[0])]
    assert len(asked_of_groups(statements)) == 1, statements


def test_where_nothing_can_be_chosen_nothing_is(app: Flask, as_alice: Visitor, bob: User) -> None:
    with counted(app) as statements:
        assert chosen(as_alice, bob) == ([], [], "")
    assert len(asked_of_groups(statements)) == 1, statements


@pytest.fixture
def hidden(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody sees the groups that begin with an A."""

    def query(self: GroupAdmin, user: object) -> object:
        return super(GroupAdmin, self).query(user).where(~Group.name.startswith("A"))

    monkeypatch.setattr(GroupAdmin, "query", query)


def test_what_is_chosen_out_of_sight_is_asked_for_by_itself(
    app: Flask, as_alice: Visitor, bob: User, groups: list[int], hidden: None
) -> None:
    names, offered, was = chosen(as_alice, bob)
    assert sorted(names) == ["Alpha", "Gamma"]
    assert sorted(offered) == ["Alpha", "Beta", "Delta", "Gamma"]
    assert sorted(was.split()) == sorted([str(groups[2]), str(groups[0])])


def test_what_is_chosen_stands_in_the_order_of_the_relation_whatever_that_of_the_choices_is(
    app: Flask, as_alice: Visitor, bob: User, groups: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(GroupAdmin, "ordering", ("-name",))
    _names, offered, was = chosen(as_alice, bob)
    assert offered == ["Gamma", "Delta", "Beta", "Alpha"]
    assert was.split() == [str(groups[2]), str(groups[0])]


def test_of_many_choices_none_is_read_and_what_is_chosen_is_shown(
    app: Flask, as_alice: Visitor, bob: User, groups: list[int]
) -> None:
    for number in range(50):
        add_group(app, f"More {number:02}", ())
    page = as_alice.get(f"/users/{bob.id}/change/").soup
    boxes = page.select('ul.lookup-chosen input[name="groups"]')
    assert [str(box["value"]) for box in boxes] == [str(groups[2]), str(groups[0])]
    assert page.select_one("select#groups") is None


def test_what_it_leads_to_is_saved_as_before(
    app: Flask, as_alice: Visitor, bob: User, groups: list[int]
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    form.fields["groups"] = [str(groups[0]), str(groups[1])]
    assert form.submit().status == 303
    assert chosen(as_alice, bob)[0] == ["Beta", "Gamma"]


def test_who_may_not_see_groups_sees_those_that_somebody_is_in(
    app: Flask, bob: User, groups: list[int]
) -> None:
    dora = signed_in(app, add_user(app, "dora", grants=("users.view", "users.change")))
    page = dora.get(f"/users/{bob.id}/change/")
    assert "Alpha" in page.text
    assert "Beta" not in page.text
    with app.test_request_context():
        assert current_site().admin_of(Group) is not None
