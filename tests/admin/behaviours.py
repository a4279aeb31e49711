"""What the tests of behaviours share: people with grants, what is stored, and what a list shows."""

from collections.abc import Callable
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from tests.conftest import add_user, signed_in
from tests.pages import Page, Visitor
from webapp.extensions import db

Word = Callable[..., None]


def somebody(app: Flask, *grants: str, name: str = "bob") -> Visitor:
    return signed_in(app, add_user(app, name, grants=grants))


def stored(app: Flask, model: Any, key: Any) -> Any:
    with app.app_context():
        return db.session.get(model, key)


def count(app: Flask, model: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def act(visitor: Visitor) -> Page:
    """The question before all books on the list are withdrawn."""
    page = visitor.get("/books/")
    form = page.form(page.soup.select_one("form.selection")["action"])  # type: ignore[index]
    keys = [str(tag["value"]) for tag in page.soup.select("[name=selected]")]
    return form.submit("x", action="withdraw", selected=keys)


def cell(page: Page, column: int, row: int = 0) -> Any:
    return page.soup.select(".table tbody tr")[row].select("th, td:not(:has(> [name=selected]))")[column]
