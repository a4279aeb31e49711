"""A button that has no page of its own and whose token has grown old: nothing is done, and it is asked again."""

import pytest
from flask import Flask

from tests.account.test_typed import answer, end_sessions, sign_out
from tests.conftest import add_user, reload
from tests.pages import Page, Visitor
from tests.rules.world import dump, rules
from webapp.users.models import User
from webapp.web.tokens import is_asked_again

LIST = "/users/?q=example&sort=-email"


def press(visitor: Visitor, target: str, address: str, **values: str) -> Page:
    """Send the form to *target* that was open at *address* when the person signed in once more in another tab."""
    page = visitor.get(address)
    tag = page.soup.select_one(f"form[action='{target}']")
    assert tag is not None
    fields = {one["name"]: one.get("value", "") for one in tag.select("input[type=hidden]")}
    sign_out(visitor)
    visitor.sign_in("alice")
    return visitor.post(target, {**fields, **values}, came_from=address)


@pytest.fixture
def people(app: Flask) -> list[User]:
    return [add_user(app, name) for name in ("dora", "edgar")]


def choose(visitor: Visitor, people: list[User], **values: object) -> dict[str, object]:
    form = visitor.get(LIST).form("/users/action/?q=example&sort=-email")
    return {**form.fields, "selected": [str(one.id) for one in people], **values}


@pytest.mark.parametrize("confirmed", [{}, {"_confirm": "1"}], ids=["from the list", "from the question"])
@pytest.mark.parametrize("action", ["delete", "deactivate"])
def test_an_action_with_an_old_token_is_asked_again_for_the_same_rows(
    app: Flask, as_alice: Visitor, people: list[User], action: str, confirmed: dict[str, str]
) -> None:
    """WB-04: with a token of our own it is then done, to these and no others."""
    sent = choose(as_alice, people, action=action, **confirmed)
    sign_out(as_alice)
    as_alice.sign_in("alice")
    page = as_alice.post("/users/action/?q=example&sort=-email", sent, came_from=LIST)
    assert page.status == 422
    assert "This page was open before you signed in or out" in page.messages
    assert {"dora", "edgar"} <= {one.get_text() for one in page.soup.select(".named li")}
    assert all(reload(app, one).is_active for one in people)
    done = page.form().submit("_confirm")
    assert (done.status, done.location) == (303, LIST)
    left = [reload(app, one) for one in people]
    assert left == [None, None] if action == "delete" else not any(one.is_active for one in left)


def test_all_that_match_is_asked_again_with_the_number_of_today(
    app: Flask, as_alice: Visitor, people: list[User]
) -> None:
    sent = choose(
        as_alice, [], action="deactivate", select_across="1", _count="3", _confirm="1", csrf_token="x"
    )
    add_user(app, "frida")
    page = as_alice.post("/users/action/?q=example", sent, came_from=LIST)
    assert page.status == 422
    assert page.form().fields["_count"] == "4"
    assert reload(app, people[0]).is_active


def test_an_action_on_an_objects_own_page_is_asked_again_too(
    app: Flask, as_alice: Visitor, people: list[User]
) -> None:
    page = press(
        as_alice, "/users/action/", f"/users/{people[0].id}/change/", action="deactivate", _confirm="1"
    )
    assert page.status == 422
    assert reload(app, people[0]).is_active
    assert page.form().submit("_confirm").location == f"/users/{people[0].id}/change/"
    assert not reload(app, people[0]).is_active


def test_an_action_after_the_session_ended_is_asked_again_after_signing_in(
    app: Flask, as_alice: Visitor, people: list[User]
) -> None:
    sent = choose(as_alice, people, action="delete", _confirm="1")
    end_sessions(app)
    page = as_alice.post("/users/action/?q=example", sent, came_from=LIST)
    assert page.status == 401
    assert "nothing is saved yet" in page.text
    page = answer(page)
    assert page.status == 422
    assert "You were signed out meanwhile" in page.messages
    assert reload(app, people[0]) is not None
    assert page.form().submit("_confirm").status == 303
    assert reload(app, people[0]) is None


def test_somebody_else_who_signs_in_is_asked_nothing(
    app: Flask, as_alice: Visitor, people: list[User]
) -> None:
    sent = choose(as_alice, people, action="delete", _confirm="1")
    end_sessions(app)
    page = answer(as_alice.post("/users/action/?q=example", sent, came_from=LIST), "dora")
    assert (page.status, page.location) == (303, "/")
    assert "belongs to somebody else" in as_alice.get("/").messages


def test_signing_out_with_an_old_token_leads_to_where_one_can_sign_out(app: Flask, as_alice: Visitor) -> None:
    page = press(as_alice, "/logout", "/users/")
    assert (page.status, page.location) == (303, "/")
    page = as_alice.get("/")
    assert page.status == 200
    assert "Check what you chose and do it again" in page.messages
    sign_out(as_alice)
    assert as_alice.get("/").status == 303


def test_signing_out_after_the_session_ended_leads_to_signing_in(app: Flask, as_alice: Visitor) -> None:
    token = as_alice.get("/").soup.select_one("form[action='/logout'] input[name=csrf_token]")["value"]
    sign_out(as_alice)
    page = as_alice.post("/logout", {"csrf_token": token}, came_from="/", follow=True)
    assert (page.status, page.title[:7]) == (200, "Sign in")


def test_how_pages_look_is_asked_again_where_one_was(app: Flask, alice: User, as_alice: Visitor) -> None:
    page = press(as_alice, "/account/preferences", LIST, theme="dark")
    assert (page.status, page.location) == (303, LIST)
    assert "Check what you chose" in as_alice.get(LIST).messages
    assert reload(app, alice).theme == alice.theme


def test_of_a_stranger_an_old_choice_is_kept_in_no_cookie(app: Flask, stranger: Visitor) -> None:
    stranger.get("/login")
    page = stranger.post("/account/preferences", {"theme": "dark", "csrf_token": "x"}, came_from="/login")
    assert page.status == 303
    assert not any(one.startswith("theme=") for one in page.response.headers.getlist("Set-Cookie"))


@pytest.mark.parametrize("headers", [{}, {"Referer": "https://evil.example/"}, {"Origin": "null"}])
def test_another_site_is_asked_nothing(
    app: Flask, as_alice: Visitor, people: list[User], headers: dict[str, str]
) -> None:
    before = dump(app)
    data = {"csrf_token": "old", "action": "delete", "selected": str(people[0].id), "_confirm": "1"}
    for address in ("/users/action/", "/logout", "/account/preferences"):
        assert as_alice.client.post(address, data=data, headers=headers).status_code == 400
    assert dump(app) == before


@pytest.mark.one_engine
def test_every_address_that_takes_a_form_asks_again(app: Flask) -> None:
    """WB-04: who adds an address that is only sent to has to say how it is asked again."""
    for rule in rules(app):
        if "POST" in (rule.methods or ()):
            with app.test_request_context(rule.rule, method="POST") as context:
                context.request.url_rule = rule
                assert is_asked_again(), rule
