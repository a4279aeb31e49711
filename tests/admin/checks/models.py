"""What may be wrong with the name of an admin and with its model."""

from datetime import datetime
from typing import Any

from sqlalchemy import DateTime, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

import webapp.account.models
import webapp.users.models
from tests.admin.checks.novels import AnyPage, CheckBase, Copy, LongPage, Page, Row
from webapp.admin.history import LogEntry


class Local(TypeDecorator[datetime]):
    """It makes something of what the database gives, and does not say what."""

    impl = DateTime
    cache_ok = True

    def process_result_value(self, value: Any, dialect: Any) -> Any:
        return value


class Told(Local):
    @property
    def python_type(self) -> type[datetime]:
        return datetime


def model(name: str, **columns: Any) -> type:
    """A mapped class with a key and these columns."""
    key = mapped_column(primary_key=True)
    annotations = {"id": Mapped[int], **{word: Mapped[str | None] for word in columns}}
    members = {"__tablename__": name, "__annotations__": annotations, "id": key, **columns}
    return type(name.capitalize(), (CheckBase,), members)


def described(name: str, **info: Any) -> type:
    return model(name, colour=mapped_column(String(5), info=info))


class Noted(CheckBase):
    __tablename__ = "noted"

    id: Mapped[int] = mapped_column(primary_key=True)
    at = mapped_column(Local)


class Annotated(CheckBase):
    __tablename__ = "annotated"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime | None] = mapped_column(Local)
    told = mapped_column(Told)


RED = (("r", "Red"),)
READ_ONLY = dict.fromkeys(("can_add", "can_change", "can_delete"), False)
MODELS: list[Row] = [
    ({"name": "Novels"}, "E501", "'Novels' cannot be an address", {"name": "novels2"}),
    ({"name": 5}, "E501", "5 cannot be an address", {}),
    ({"name": "a" * 101}, "E501", "at most 100", {"name": "a" * 100}),
    ({"name": "static"}, "E502", "'static' is an address of the system", {"name": "statics"}),
    ({"name": "writers"}, "E503", "'writers' is the name of WriterAdmin already", {"name": "authors"}),
    ({"model": LongPage}, "E506", "(path, language) may have 256 characters", {"model": Page}),
    ({"model": AnyPage}, "W502", "may be of any length", {"model": Page}),
    (
        {"model": described("dictionary", choices={"r": "Red"})},
        "E538",
        "Dictionary.colour",
        {"model": described("pairs", choices=(("r", "Red"), ["g", "Green"]))},
    ),
    ({"model": described("words", choices=["ab", "cd"])}, "E538", "no pairs of a value and its text", {}),
    ({"model": described("phones", format="phone")}, "E539", "There are: email, person, url.", {}),
    ({"model": described("mails", format="e-mail")}, "E539", "Did you mean 'email'?", {}),
    (
        {"model": described("long_choices", choices=(("orange", "Orange"),))},
        "E540",
        "'orange' has 6 characters, and the column keeps 5",
        {"model": described("fitting", choices=(("green", "Green"),))},
    ),
    (
        {"choices": {"pages": (("a", "A"),)}},
        "E542",
        "of the kind integer",
        {"choices": {"pages": ((1, "One"),)}},
    ),
    (
        {"model": described("stateless", choices=RED, states={"g": "good"})},
        "E545",
        "The state of 'g' is that of no choice. There are: r.",
        {"model": described("stated", choices=RED, states={"r": "good"})},
    ),
    ({"model": described("grave", choices=RED, states={"r": "god"})}, "E545", "Did you mean 'good'?", {}),
    (
        {"model": described("listed", choices=RED, states=["r"])},
        "E545",
        'info["states"] is no dictionary',
        {},
    ),
    (
        {"model": described("mistyped", lable="Colour")},
        "W505",
        "Did you mean 'label'?",
        {"model": described("elsewhere", label="Colour", unit="nm")},
    ),
    ({"model": Noted}, "W504", "Local does not say which Python type", {"model": Annotated}),
    *[
        (
            {"model": kept},
            "E508",
            "and by nobody else. Leave it out, or show it only",
            {"model": kept, **READ_ONLY},
        )
        for kept in (
            LogEntry,
            webapp.users.models.UserGrant,
            webapp.users.models.GroupGrant,
            webapp.account.models.UserSession,
            webapp.account.models.LoginTries,
        )
    ],
    ({"model": int}, "E504", "int is no mapped class", {"model": Copy, "exclude": ("novel_id",)}),
]
