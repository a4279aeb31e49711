"""Saved views as people make them, and what is kept of them."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from sqlalchemy import select

from tests.pages import Page, Visitor
from webapp.admin.listing.remembered import SavedView
from webapp.extensions import db
from webapp.users.models import Group, User

STAFF = "/users/?is_staff=true&sort=-email"


def save(visitor: Visitor, address: str, name: str, **values: Any) -> Page:
    """Save the list at *address* through its pages; gives the list that opens."""
    page = visitor.get(address).follow("Save as a view")
    form = page.form().fill(name=name, **values)
    sent = form.submit()
    assert sent.status == 303, sent.errors
    return visitor.get(sent.location)


def add_group(app: Flask, name: str, *members: User) -> str:
    with app.app_context():
        group = Group(name=name)
        db.session.add(group)
        for member in members:
            found = db.session.get(User, member.id)
            assert found is not None
            found.groups.append(group)
        db.session.commit()
        return str(group.id)


def stored(app: Flask) -> list[SavedView]:
    with app.app_context():
        return list(db.session.scalars(select(SavedView).order_by(SavedView.id)))


def query_of(address: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(urlsplit(address).query, keep_blank_values=True))


def menu(page: Page) -> list[str]:
    return [tag.get_text(" ", strip=True) for tag in page.soup.select(".views li > a:first-child")]


def is_changed(page: Page) -> bool:
    return bool(page.soup.select("#view-state a"))


def names(page: Page) -> list[str]:
    return page.column()
