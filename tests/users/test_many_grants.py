"""Somebody who holds a thousand permissions waits no longer than who holds three."""

import cProfile
import pstats
from collections.abc import Callable

import pytest
from flask import Flask

from tests.conftest import add_user, came_in, counted
from tests.pages import Visitor
from tests.users.groups import add_group

pytestmark = pytest.mark.one_engine

FEW = ("users.view", "users.change", "groups.view")
MADE_UP = tuple(f"made_up_{number}.view" for number in range(997))
# What reads the rows is a call a row; nothing that is asked many times on a page may be.
MOST = 1.3


def calls(work: Callable[[], object]) -> int:
    """How many functions *work* calls, once all that is made once is made: a time that no other program disturbs."""
    for _ in range(2):
        work()
    profile = cProfile.Profile()
    profile.runcall(work)
    return int(pstats.Stats(profile).total_calls)  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", ["directly", "through groups"])
def test_a_thousand_permissions_are_as_quick_as_three(app: Flask, way: str) -> None:
    bob = add_user(app, "bob", grants=FEW)
    dora = add_user(app, "dora", grants=FEW if way == "through groups" else (*FEW, *MADE_UP))
    if way == "through groups":
        for number in range(5):
            add_group(app, f"Group {number}", MADE_UP[number::5], (dora,))
    told = {}
    for user in (bob, dora):
        visitor = came_in(app, user)
        with counted(app) as statements:
            assert visitor.get("/users/").status == 200
        listed = calls(lambda visitor=visitor: visitor.get("/users/"))  # type: ignore[misc]
        entered = calls(lambda user=user: Visitor(app).sign_in(user.username))  # type: ignore[misc]
        told[user.username] = (statements, listed, entered)
    (few, list_of_few, entry_of_few), (many, list_of_many, entry_of_many) = told["bob"], told["dora"]
    # The very same texts: no permission is written into a statement.
    assert many == few
    # The session with the person, what he holds, the rows, their number, and the groups of each.
    assert len(few) <= 5
    assert list_of_many < MOST * list_of_few
    assert entry_of_many < MOST * entry_of_few


def test_many_people_who_hold_different_things_leave_what_every_page_has(
    app: Flask, as_alice: Visitor
) -> None:
    people = [add_user(app, f"bob{number}", grants=MADE_UP[number : number + 1]) for number in range(4)]
    as_alice.get(f"/users/{people[0].id}/change/")
    kept = list(app.extensions["fragments"])
    for one in people[1:]:
        assert MADE_UP[people.index(one)] in as_alice.get(f"/users/{one.id}/change/").text
    assert list(app.extensions["fragments"]) == kept
