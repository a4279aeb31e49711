"""What the tests of restoring and undoing have in common."""

from typing import Any

from flask import Flask
from sqlalchemy import select

from tests.pages import Page, Visitor
from webapp.admin.history import LogEntry, snapshot
from webapp.admin.mapping import describe
from webapp.extensions import db


def last_entry(app: Flask, name: str, verb: str | None = None) -> LogEntry:
    with app.app_context():
        statement = select(LogEntry).where(LogEntry.name == name).order_by(LogEntry.id.desc())
        entry: LogEntry | None = db.session.scalars(
            statement if verb is None else statement.where(LogEntry.verb == verb)
        ).first()
        assert entry is not None
        return entry


def restore(visitor: Visitor, name: str, key: object, entry: LogEntry, *, whole: bool = False) -> Page:
    """The page to take *entry* back."""
    return visitor.get(f"/{name}/{key}/restore/?_entry={entry.id}{'&_whole=1' if whole else ''}")


def change(visitor: Visitor, model: str, key: object, **values: Any) -> None:
    assert visitor.get(f"/{model}/{key}/change/").form().fill(**values).submit().status == 303


def delete(visitor: Visitor, name: str, key: object) -> Page:
    page = visitor.get(f"/{name}/{key}/delete/").form().submit("_delete")
    assert page.status == 303, page.text
    return page


def found(app: Flask, model: type, key: object) -> Any:
    with app.app_context():
        return db.session.get(model, key)


def kept(app: Flask, model: type, key: object) -> dict[str, Any]:
    """All columns of an object but what counts and dates it."""
    with app.app_context():
        obj = db.session.get(model, key)
        assert obj is not None
        values = snapshot(describe(model), obj)
        return {name: values[name] for name in values if name not in ("version", "updated_at")}


def pairs(page: Page) -> dict[str, tuple[str, str]]:
    """By label what a field holds and would hold."""
    return {
        line.select_one("dt").get_text(" ", strip=True): (
            line.select_one("del").get_text(" ", strip=True),
            line.select_one("ins").get_text(" ", strip=True),
        )
        for line in page.soup.select(".restored > div")
    }


def losses(page: Page) -> dict[str, str]:
    names = [tag.get_text(strip=True) for tag in page.soup.select("dl.facts dt")]
    reasons = [tag.get_text(strip=True) for tag in page.soup.select("dl.facts dd")]
    return dict(zip(names, reasons, strict=True))
