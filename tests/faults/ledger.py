"""Who was told what: every change that was acknowledged must be there, every other one whole or not at all."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep

from flask import Flask
from sqlalchemy import select

from tests.conftest import signed_in
from tests.faults.calm import is_calm
from tests.pages import Page
from webapp.admin.editing.submissions import ONCE_FIELD
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.models import User

NEW_PASSWORD = "sete gatos na janela"


@dataclass
class Ledger:
    """:ivar strange: answers that are neither a change acknowledged nor a calm page."""

    acknowledged: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    calm: int = 0
    strange: list[str] = field(default_factory=list)

    def note(self, name: str, page: Page) -> None:
        if page.status == 303:
            self.acknowledged.append(name)
        elif is_calm(page) or (page.status == 503 and "may have been kept" in page.text):
            self.calm += 1
        else:
            self.strange.append(f"{page.status} {page.title} {page.errors}")

    def wait_for(self, what: str, more: int) -> None:
        """Wait until there are so many *more* answers of a kind."""
        value = lambda: self.calm if what == "calm" else len(self.acknowledged)  # noqa: E731
        goal, deadline = value() + more, monotonic() + 90
        while value() < goal:
            assert monotonic() < deadline, f"no {more} {what} answers; {self.strange}"
            sleep(0.02)


def violations(app: Flask, ledger: Ledger) -> list[str]:
    """What is in the database and should not be, or the other way round."""
    with app.app_context():
        users = set(db.session.scalars(select(User.username).where(User.username.startswith("ledger"))))
        told = list(
            db.session.scalars(
                select(LogEntry.label).where(LogEntry.verb == "add", LogEntry.label.startswith("ledger"))
            )
        )
    return [
        *(f"{name} was acknowledged and is not there" for name in set(ledger.acknowledged) - users),
        *(f"{name} is there without its entry" for name in users - set(told)),
        *(f"{name} has an entry and is not there" for name in set(told) - users),
        *(f"{name} has two entries" for name in set(told) if told.count(name) > 1),
        *(f"{name} was never asked for" for name in users - set(ledger.asked)),
    ]


@contextmanager
def load(app: Flask, people: int = 3) -> Iterator[Ledger]:
    """Alice adds users from so many browsers at once, until the block ends."""
    ledger, over = Ledger(), threading.Event()
    forms = []
    for _ in range(people):
        with app.app_context():
            alice = db.session.scalars(select(User).where(User.username == "alice")).one()
        form = signed_in(app, alice).get("/users/add/").form()
        # With the token of its page it would make one user, however often it is sent.
        form.fields.pop(ONCE_FIELD)
        forms.append(form)

    def add(number: int) -> None:
        count = 0
        while not over.is_set():
            name = f"ledger-{number}-{count}"
            count += 1
            ledger.asked.append(name)
            fields = {"username": name, "email": f"{name}@example.org"}
            form = forms[number].fill(**fields, password=NEW_PASSWORD, password_confirm=NEW_PASSWORD)
            try:
                ledger.note(name, form.submit())
            except Exception as error:
                ledger.strange.append(repr(error))
            sleep(0.02)

    threads = [threading.Thread(target=add, args=(number,), daemon=True) for number in range(people)]
    for thread in threads:
        thread.start()
    try:
        yield ledger
    finally:
        over.set()
        for thread in threads:
            thread.join(90)
        assert not any(thread.is_alive() for thread in threads), "a request hangs"
