"""A line that ends inside a field is refused at that field, wherever the field can come to a header, a mail or the log.

IN-08, field by field; tests/rules/test_lines.py looks at what leaves.
"""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, signed_in
from tests.pages import PASSWORD, Page, Visitor
from tests.rules.world import dump
from webapp.account.models import UserSession
from webapp.account.setup import setup_token
from webapp.extensions import db
from webapp.users.models import User

pytestmark = pytest.mark.one_engine

ENDS = {
    "CR LF": "\r\n",
    "LF": "\n",
    "CR": "\r",
    "TAB": "\t",
    "VT": "\x0b",
    "NEL": "\x85",
    "LS": "\u2028",
    "PS": "\u2029",
}
NEW = {
    "username": "new",
    "email": "new@example.org",
    "password": PASSWORD + "2",
    "password_confirm": PASSWORD + "2",
}
# Of each form: where it is, what else is right, and the fields of one line in it.
FORMS: dict[str, tuple[str, dict[str, str], tuple[str, ...]]] = {
    "add": ("/users/add/", NEW, ("username", "email", "full_name")),
    "change": ("/users/{key}/change/", {}, ("username", "email", "full_name")),
    "account": ("/account/", {}, ("full_name",)),
    "group": ("/groups/add/", {"name": "new"}, ("name",)),
    "set-up": ("/setup/{token}", NEW, ("username", "email")),
}
CASES = [(form, field) for form, (_address, _right, fields) in FORMS.items() for field in fields]


def opened(app: Flask, form: str) -> Any:
    address, right, _fields = FORMS[form]
    person = add_user(app, "edgar")
    visitor = Visitor(app) if form == "set-up" else signed_in(app, add_user(app, "alice", is_superuser=True))
    with app.app_context():
        token = setup_token()
    return visitor.get(address.format(key=person.id, token=token)).form().fill(**right)


def inside(form: Any, field: str, end: str) -> str:
    text = str(form.fields[field]) or "new name"
    return f"{text[:1]}{end}{text[1:]}"


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize(("form", "field"), CASES, ids=lambda value: str(value))
def test_a_line_that_ends_in_a_field_is_refused_there(app: Flask, form: str, field: str, end: str) -> None:
    sheet = opened(app, form)
    before = dump(app)
    page: Page = sheet.submit(**{field: inside(sheet, field, ENDS[end])})
    assert page.status == 422
    assert page.soup.select_one(f"#errors a[href='#{field}']"), page.errors
    assert dump(app) == before


@pytest.mark.parametrize(("form", "field"), CASES, ids=lambda value: str(value))
def test_the_same_form_without_it_is_taken(app: Flask, form: str, field: str) -> None:
    sheet = opened(app, form)
    assert sheet.submit(**{field: inside(sheet, field, "")}).status == 303


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("address", ["/login", "/account/preferences"])
def test_a_way_back_with_it_leads_to_the_start(app: Flask, alice: User, address: str, end: str) -> None:
    visitor = signed_in(app, alice) if address != "/login" else Visitor(app)
    form = visitor.get("/login", follow=True)
    token = form.soup.select_one("input[name=csrf_token]")["value"]
    data = {"csrf_token": token, "username": "alice", "password": PASSWORD, "theme": "dark"}
    page = visitor.post(address, {**data, "next": f"/users/{ENDS[end]}X-Forged: yes"})
    assert (page.status, page.location) == (303, "/")


@pytest.mark.parametrize("end", [name for name, end in ENDS.items() if end not in "\r\n\u2028\u2029"])
def test_what_a_browser_calls_itself_is_kept_on_one_line(app: Flask, alice: User, end: str) -> None:
    """A server lets no line end in a header; the others come through."""
    visitor = Visitor(app)
    visitor.client.environ_base["HTTP_USER_AGENT"] = f"Moz{ENDS[end]}illa"
    assert visitor.sign_in("alice").status == 303
    with app.app_context():
        kept = db.session.scalar(select(UserSession.user_agent))
    assert kept.isprintable()
