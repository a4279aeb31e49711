"""The program calls nobody but its database."""

import socket
from typing import Any, NoReturn

import pytest
from flask import Flask

from tests.pages import Visitor
from tests.rules.typed import fill_every_form
from webapp.users.models import User


@pytest.fixture
def _alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket reaches anybody."""

    def refuse(self: socket.socket, address: Any) -> NoReturn:
        self.close()
        raise AssertionError(f"somebody calls {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket.socket, "connect_ex", refuse)


@pytest.mark.one_engine
@pytest.mark.usefixtures("_alone")
def test_no_page_and_no_form_calls_another_machine(app: Flask, as_alice: Visitor, bob: User) -> None:
    """CF-09."""
    assert len(fill_every_form(app, as_alice, bob.id, "text")) > 5


@pytest.mark.usefixtures("_alone")
def test_a_call_would_be_noticed() -> None:
    with pytest.raises(AssertionError, match=r"calls .*192\.0\.2\.1"):
        socket.create_connection(("192.0.2.1", 80))
