"""What the last form of a model has asked of its choices comes along with the next one, for who may do everything."""

import re

import pytest
from flask import Flask

from tests.admin.test_circles import branches
from tests.conftest import add_user, counted, make_settings, signed_in
from tests.pages import Page, Visitor
from tests.users.groups import add_group
from webapp.account.sessions import _with_session
from webapp.admin.editing.sought import PLANS
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.patience import QUICK
from webapp.users.models import User


def asked(app: Flask, visitor: Visitor, address: str) -> tuple[Page, list[str]]:
    with counted(app) as statements:
        page = visitor.get(address)
    return page, statements


def groups_of(page: Page) -> tuple[list[str], list[str]]:
    """All that are offered, and those that are chosen."""
    options = page.soup.select("select[name=groups] option")
    return [one.text for one in options], [one.text for one in options if one.has_attr("selected")]


def test_the_next_form_asks_one_statement_less(app: Flask, as_alice: Visitor, bob: User) -> None:
    carol = add_user(app, "carol")
    add_group(app, "Editors", (), (bob,))
    add_group(app, "Readers", (), ())
    first, before = asked(app, as_alice, f"/users/{bob.id}/change/")
    again, after = asked(app, as_alice, f"/users/{bob.id}/change/")
    assert len(after) == len(before) - 1
    assert groups_of(first) == groups_of(again) == (["Editors", "Readers"], ["Editors"])
    other, few = asked(app, as_alice, f"/users/{carol.id}/change/")
    assert groups_of(other) == (["Editors", "Readers"], [])
    # Who asks and all that the form says: nothing has happened to her, and she holds nothing.
    assert len(few) == 1, few


def test_what_has_changed_meanwhile_is_there(app: Flask, as_alice: Visitor, bob: User) -> None:
    address = f"/users/{bob.id}/change/"
    assert groups_of(as_alice.get(address)) == ([], [])
    add_group(app, "Editors", (), (bob,))
    form = as_alice.get(address)
    assert groups_of(form) == (["Editors"], ["Editors"])
    form.form().fill(groups=[]).submit()
    assert groups_of(as_alice.get(address)) == (["Editors"], [])


def test_of_too_many_to_choose_from_none_come(app: Flask, as_alice: Visitor, bob: User) -> None:
    address = f"/users/{bob.id}/change/"
    as_alice.get(address)
    for number in range(60):
        add_group(app, f"Group {number:02}", (), (bob,) if number < 2 else ())
    page = as_alice.get(address)
    assert page.soup.select("select[name=groups]") == []
    assert {"Group 00", "Group 01"} <= set(re.findall("Group [0-9]{2}", page.text))


def test_for_nobody_else_anything_comes(app: Flask, as_alice: Visitor, bob: User) -> None:
    """Whether he may see the record, and its choices, is asked before either is read."""
    dan = signed_in(app, add_user(app, "dan", grants=("users.view", "users.change", "groups.view")))
    add_group(app, "Editors", (), (bob,))
    address = f"/users/{bob.id}/change/"
    _page, before = asked(app, dan, address)
    as_alice.get(address)
    page, after = asked(app, dan, address)
    assert page.status == 200
    assert len(after) == len(before)
    eve = signed_in(app, add_user(app, "eve", grants=("groups.view",)))
    assert eve.get(address).status == 403
    assert as_alice.get("/users/999999/change/").status == 404


@pytest.mark.one_engine
def test_the_statement_may_take_as_long_as_any(app: Flask, as_alice: Visitor, bob: User) -> None:
    address = f"/users/{bob.id}/change/"
    as_alice.get(address)
    with app.test_request_context(address):
        users = current_site().admin("users")
        quick, long = (
            _with_session((), kind).get_execution_options()[QUICK]
            for kind in (None, (users, app.extensions[PLANS][users]))
        )
    assert (quick, long) == (True, False)


def test_a_record_that_may_lead_to_itself_reads_its_relations_all_the_same(
    library_app: Flask, as_library_alice: Visitor
) -> None:
    one, two, _three = branches(library_app, None, 0, 1)
    for _time in range(3):
        page = as_library_alice.get(f"/branches/{two.id}/change/")
        options = page.soup.select("select[name=parent] option")
        assert [option.text for option in options if option.has_attr("selected")] == ["Branch 0"]
        assert {"Branch 0", "Branch 1", "Branch 2"} <= {option.text for option in options}
    assert page.form().fill(parent="").submit().status == 303
    assert as_library_alice.get(f"/branches/{one.id}/change/").status == 200


def test_each_application_remembers_its_own_forms(app: Flask, as_alice: Visitor, bob: User) -> None:
    as_alice.get(f"/users/{bob.id}/change/")
    from webapp import create_app

    other = create_app(make_settings(DATABASE_URL=app.config["DATABASE_URL"]))
    assert list(app.extensions[PLANS]) == [current_site(app).admin("users")]
    assert other.extensions[PLANS] == {}
    with other.app_context():
        db.engine.dispose()
