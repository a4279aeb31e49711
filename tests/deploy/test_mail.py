"""Mail of the server as it is deployed: no answer waits for it, and a stop does not lose it."""

import asyncio
from pathlib import Path
from threading import Event, Timer
from typing import Any
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup

from tests.deploy.servers import Answer, Gunicorn, running_gunicorn
from tests.mail.servers import Inbox, server

pytestmark = pytest.mark.slow


class SlowInbox(Inbox):
    """Takes a letter when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.takes = Event()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        while not self.takes.is_set():
            await asyncio.sleep(0.02)
        return await super().handle_DATA(server, session, envelope)


def ask(running: Gunicorn, username: str) -> Answer:
    caller = running.caller()
    field = BeautifulSoup(caller.get("/account/forgotten/").text, "html.parser").select_one(
        "[name=csrf_token]"
    )
    assert field is not None
    form = {"csrf_token": str(field["value"]), "username": username, "_save": "1"}
    address = "/account/forgotten/"
    return caller.call("POST", address, urlencode(form), Referer=f"http://{caller.host}{address}")


def test_a_letter_that_is_under_way_when_the_server_is_stopped_arrives(tmp_path: Path) -> None:
    """LG-12, OP-02."""
    inbox = SlowInbox()
    with server(inbox) as port:
        url, mail = f"sqlite:///{tmp_path / 'test.db'}", f"smtp+plain://localhost:{port}"
        with running_gunicorn(tmp_path, url, MAIL_URL=mail) as running:
            assert ask(running, "alice").status == 303
            Timer(1, inbox.takes.set).start()
            assert running.stop() == 0
        assert inbox.recipients == ["alice@example.org"]
        assert "/account/set-password/" in inbox.letters[0].as_string()
    assert "mail not sent" not in running.log
