"""What somebody has stored with plain SQL, past every form: markup in each text, and addresses that run."""

from collections.abc import Iterator

from flask import Flask
from sqlalchemy import Enum, String, Table, inspect, select, update

from tests.library.base import LibraryBase
from webapp.admin.history import LogEntry
from webapp.admin.mapping import describe
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import Group

#: Each breaks out of another place: text, an attribute, a comment, a script, an address.
MARKUP = (
    "<script>window.__xss=1</script>",
    '"><img src=x onerror=window.__xss=2>',
    "'><svg onload=window.__xss=3>",
    "--></title></textarea><b id=xss>",
    "</script><script>window.__xss=4//",
    "{{7*7}}${7*7}<%= 7*7 %>",
    "&lt;img src=x onerror=alert(1)&gt;",
    'x" autofocus onfocus="window.__xss=5',
)
SCRIPTS = (
    "javascript:window.__xss=6",
    "JaVaScRiPt:window.__xss=6",
    "\x01javascript:window.__xss=6",
    "java\nscript:window.__xss=6",
    " javascript:window.__xss=6",
    "data:text/html,<script>window.__xss=7</script>",
    "vbscript:x",
    "//evil.example/",
    "\\\\evil.example\\",
    "https://evil.example\\@good.example/",
)


def store(app: Flask, texts: tuple[str, ...], names: tuple[str, ...] = ()) -> int:
    """Put *texts*, one after the other, into the text columns of every row but people's; gives how many.

    :param names: the columns that are meant; all of them by default.
    """
    number = 0
    with app.app_context(), db.engine.begin() as connection:
        for table in (*LibraryBase.metadata.sorted_tables, LogEntry.__table__, Group.__table__):
            for column in _texts(table):
                if names and column.name not in names:
                    continue
                for key in connection.execute(select(*table.primary_key.columns)).all():
                    # Another one in each row of a column: some columns want values that differ.
                    text = (
                        f"{texts[number % len(texts)]}{number}"
                        if column.unique
                        else texts[number % len(texts)]
                    )
                    length = column.type.length or 500
                    is_it = [one == part for one, part in zip(table.primary_key.columns, key, strict=True)]
                    connection.execute(update(table).where(*is_it).values({column.name: text[:length]}))
                    number += 1
    return number


def _texts(table: Table) -> Iterator[object]:
    kept = {"name", "key", "verb"} if table is LogEntry.__table__ else {"kind", "type"}
    for column in table.columns:
        is_text = isinstance(column.type, String) and not isinstance(column.type, Enum)
        if is_text and not column.primary_key and not column.foreign_keys and column.name not in kept:
            yield column


def pages_of(app: Flask) -> list[str]:
    """The addresses of every model's list, and of the form, the history and the deletion of its first row."""
    found = ["/", "/search?q=xss", "/search?q=script"]
    with app.app_context():
        for model_admin in current_site():
            base = f"/{model_admin.name}/"
            found += [base, f"{base}add/"]
            info = describe(model_admin.model)
            for obj in db.session.scalars(select(inspect(info.model).class_).limit(1)).unique():
                found += [f"{base}{info.key_of(obj)}/{page}/" for page in ("change", "history", "delete")]
    return found
