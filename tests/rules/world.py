"""What the rules look at: every endpoint with an address of its own, what the database holds, and who people are."""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from flask import Flask
from sqlalchemy import MetaData, Select, Table, inspect, select, type_coerce
from sqlalchemy.types import NullType
from werkzeug.routing import Rule

from tests.conftest import add_user, signed_in
from tests.pages import PASSWORD, Page, Visitor
from webapp.account.setup import setup_token
from webapp.admin.history import Change, record
from webapp.admin.listing.remembered import SavedView
from webapp.database import Base
from webapp.extensions import db
from webapp.users.models import User

NEW_PASSWORD = "sete gatos na janela"

# Who knocks: the grants of somebody staff, or what else is the matter with them.
KINDS: dict[str, tuple[str, ...] | None] = {
    "stranger": None,
    "inactive": ("users.view", "users.add", "users.change", "users.delete"),
    "no staff": ("users.view", "users.add", "users.change", "users.delete"),
    "nothing": (),
    "view": ("users.view",),
    "add": ("users.add",),
    "change": ("users.change",),
    "delete": ("users.delete",),
    "view, delete": ("users.view", "users.delete"),
    "superuser": (),
}


def visitor_of(app: Flask, kind: str) -> Visitor:
    """A browser with a session of *kind*; who is inactive or no staff became it after signing in."""
    grants = KINDS[kind]
    if grants is None:
        return Visitor(app)
    person = add_user(app, "person", grants=grants, is_superuser=kind == "superuser")
    visitor = signed_in(app, person)
    if kind in ("inactive", "no staff"):
        with app.app_context():
            changed = db.session.get_one(User, person.id)
            changed.is_active = kind != "inactive"
            changed.is_staff = kind != "no staff"
            db.session.commit()
    return visitor


def dump(app: Flask) -> dict[str, list[str]]:
    """Everything in the database as the driver gives it, but when people were last seen and what they were refused."""
    with app.app_context(), db.engine.connect() as connection:
        return {
            table.fullname: sorted(map(repr, connection.execute(_everything_in(table))))
            for metadata in _metadata(app)
            for table in metadata.sorted_tables
        }


def _metadata(app: Flask) -> list[MetaData]:
    """Of the application's own tables, and of each model that it looks after."""
    kept = [Base.metadata, *(inspect(one.model).local_table.metadata for one in app.extensions["admin"])]
    return list(dict.fromkeys(kept))


@cache
def _everything_in(table: Table) -> Select[Any]:
    everything = select(
        *(type_coerce(column, NullType()) for column in table.columns if column.name != "last_seen_at")
    )
    return everything.where(table.c.verb != "denied") if table.name == "log_entries" else everything


def rules(app: Flask) -> Iterator[Rule]:
    yield from app.url_map.iter_rules()


def address(app: Flask, rule: Rule, key: object) -> str:
    """An address of *rule* that leads to something: *key* is of a row, a token is the right one, a view its list's."""
    name = rule.endpoint.partition(".")[0]
    with app.app_context():
        view = db.session.scalar(select(SavedView.id).where(SavedView.model == name).limit(1))
        values = {"key": str(key), "token": setup_token(), "digest": "0", "path": "app.css"}
    values["number"] = str(view or 1)
    return re.sub(r"<(?:[^:>]+:)?(\w+)>", lambda match: values[match.group(1)], rule.rule)


def tell_change(app: Flask, target: User) -> int:
    """An entry that tells how *target* lost a full name, of the request that :func:`address` leads to."""
    with app.app_context():
        change = Change("full_name", "text", "Before", "")
        entry = record(
            db.session(), verb="change", name="users", key=str(target.id), label="", changes=[change]
        )
        entry.request_id = "1"
        db.session.commit()
        return entry.id


def keep_views(app: Flask, owner: User) -> None:
    """A view of each list, which *owner* has saved."""
    with app.app_context():
        db.session.add_all(
            SavedView(model=one.name, owner_key=str(owner.id), owner_label="", name="Kept", query="size=25")
            for one in app.extensions["admin"]
        )
        db.session.commit()


def token(visitor: Visitor) -> str:
    """The form token of a page that this visitor may see."""
    field = visitor.get("/", follow=True).soup.select_one("input[name=csrf_token]")
    assert field is not None
    return str(field["value"])


def fields_for(endpoint: str, target: User | None = None) -> dict[str, Any]:
    """What a person would send there to change something."""
    passwords = {"password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD}
    person = {"username": "newcomer", "email": "newcomer@example.org"}
    name = target.username if target else ""
    return {
        "users.add": {**person, **passwords, "is_active": "y", "_save": "1"},
        "users.change": {
            "username": name,
            "email": f"{name}@example.org",
            "full_name": "Changed",
            "is_active": "y",
            "_version": "1",
            "_save": "1",
        },
        "users.delete": {"_version": "1", "_delete": "1"},
        "users.action": {"action": "delete", "selected": str(target.id if target else 0), "_confirm": "1"},
        "users.password": {**passwords, "_save": "1"},
        "users.link": {"_save": "1"},
        "account.login": {"username": "person", "password": PASSWORD, "_login": "1"},
        "account.profile": {
            "full_name": "Changed",
            "locale": "pt_BR",
            "timezone": "UTC",
            "theme": "dark",
            "_version": "1",
            "_save": "1",
        },
        "account.preferences": {"theme": "light", "next": "/account/"},
        "account.password": {"current_password": PASSWORD, **passwords, "_save": "1"},
        "account.sessions": {"all": "1"},
        "account.address": {"email": "changed@example.org", "_save": "1"},
        "account.confirm": {"password": PASSWORD, "_confirm": "1"},
        "users.sessions": {"all": "1"},
        "account.setup": {**person, **passwords, "_save": "1"},
    }.get(endpoint, {})


def send(visitor: Visitor, method: str, address: str, data: Any = None, **options: Any) -> Page:
    return Page(visitor, visitor.client.open(address, method=method, data=data, **options))
