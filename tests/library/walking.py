"""One registered model at a time, with what a test wants to know of it."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.library import world
from tests.pages import Page, Visitor
from webapp.admin.history import LogEntry, snapshot
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.extensions import db

NAMES = (
    "authors books tags items atlases recordings members cards employees librarians volunteers loans reservations "
    "notices branches shelves specimens oddities boxes letters"
).split()
#: Of the annex, which is registered where the database has schemas.
ANNEXED = ("boxes", "letters")
#: Registered with all its words set to no.
READ_ONLY = "visits"


class Walk:
    """One model of the library and Alice, who may all."""

    def __init__(self, app: Flask, visitor: Visitor, name: str) -> None:
        self.app = app
        self.visitor = visitor
        self.name = name
        with app.app_context():
            self.admin: ModelAdmin = current_site().admin(name)
        self.info = self.admin.info

    def rows(self, *numbers: int) -> list[str]:
        """The keys of new rows."""
        objects = [world.sample_row(self.admin.model, number) for number in numbers]
        world.keep(self.app, *objects)
        return [self.info.key_of(obj) for obj in objects]

    def targets(self, number: int) -> None:
        """Something to choose for each relation that a form may set."""
        wanted = [relation.target for relation in self.info.relations.values() if relation.is_writable]
        world.keep(self.app, *(world.sample_row(target, number) for target in dict.fromkeys(wanted)))

    def stored(self, key: str) -> dict[str, Any] | None:
        """The columns of the row as the database has them; ``None`` when it has no such row."""
        with self.app.app_context():
            obj = db.session.get(self.admin.model, self.info.parse_key(key))
            return None if obj is None else snapshot(self.info, obj)

    def count(self) -> int:
        with self.app.app_context():
            return db.session.scalar(select(func.count()).select_from(self.admin.model)) or 0

    def entries(self) -> list[LogEntry]:
        with self.app.app_context():
            return list(
                db.session.scalars(select(LogEntry).where(LogEntry.name == self.name).order_by(LogEntry.id))
            )

    def get(self, address: str = "") -> Page:
        page = self.visitor.get(f"/{self.name}/{address}")
        assert page.status == 200, f"{page.address}: {page.status} {page.title}"
        return page

    def is_list(self, name: str) -> bool:
        return name in self.info.relations and self.info.relations[name].is_list


def walk_to(app: Flask, visitor: Visitor, name: str) -> Walk:
    """The model registered as *name*; the test is skipped where it is not."""
    if name in ANNEXED and not world.has_schemas(app.config["DATABASE_URL"]):
        pytest.skip("only PostgreSQL has schemas")
    return Walk(app, visitor, name)
