"""What was typed when the database did not answer: the page of the error sends it once more, where that is safe."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy.exc import OperationalError

from tests.faults.calm import at_statement, engine_of, is_calm, told_of
from tests.pages import Page, Visitor
from webapp.users.models import User

GO_BACK = "Go back in your browser to find what you typed."


@contextmanager
def away(app: Flask, after: int = 0) -> Iterator[None]:
    """No database from the statement of that number on."""

    def fail(_connection: Any, number: int, statement: str) -> None:
        if number >= after:
            raise OperationalError(statement, {}, Exception("connection refused"))

    with at_statement(engine_of(app), fail):
        yield


def fields(page: Page) -> list[str]:
    return [str(tag["name"]) for tag in page.soup.select("form input[type=hidden]")]


@pytest.mark.parametrize("after", [0, 2])
def test_a_form_is_sent_once_more_from_the_page_of_the_error(
    app: Flask, as_alice: Visitor, bob: User, after: int
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name='Bob " <b>')
    with away(app, after):
        page = form.submit()
        again = page.form().submit()
    assert is_calm(page)
    assert is_calm(again)
    assert "What you typed is in this page still" in page.text
    assert again.form().submit().status == 303
    assert told_of(app, bob.id) == ('Bob " <b>', 1)


def test_a_page_that_was_only_read_is_asked_for_once_more_by_a_link(app: Flask, as_alice: Visitor) -> None:
    with away(app):
        page = as_alice.get("/users/?q=a%26b&sort=-email")
    assert page.link("Try again") == "/users/?q=a%26b&sort=-email"
    assert "typed" not in page.text
    with away(app):
        # What is no page of ours may lead elsewhere.
        assert as_alice.get("//example.org/").link("Try again") is None


def test_passwords_stand_in_no_page(app: Flask, as_alice: Visitor) -> None:
    form = as_alice.get("/users/add/").form()
    with away(app):
        page = form.fill(username="carol", password="correct horse battery staple").submit()
    assert (fields(page), GO_BACK in page.text, "correct horse" in page.text) == ([], True, False)


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_nothing_is_offered_that_another_site_has_filled_in(
    app: Flask, as_alice: Visitor, bob: User, site: str
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    headers = {"Sec-Fetch-Site": site}
    with away(app):
        page = as_alice.client.post(form.action, data=form.fields, headers=headers)
        offered = as_alice.client.post(
            form.action, data=form.fields, headers={"Sec-Fetch-Site": "same-origin"}
        )
    assert "<form" not in page.text
    assert "<form" in offered.text


def test_what_is_long_is_not_read_before_it_is_known_whose_it_is(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    with away(app):
        page = form.fill(full_name="B" * 70_000).submit()
    assert (fields(page), GO_BACK in page.text) == ([], True)
