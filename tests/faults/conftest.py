"""Servers of the tests' own, one of each kind for all tests here."""

from collections.abc import Iterator

import pytest
from flask import Flask

import webapp.database
import webapp.patience
from tests.conftest import add_user, make_settings, signed_in, stamp
from tests.engines import database_urls, empty_tables, engine_name
from tests.faults.calm import engine_of
from tests.faults.servers import KINDS, Missing, Server, own_server
from tests.pages import Visitor
from webapp import create_app
from webapp.extensions import db


@pytest.fixture(scope="session", params=list(KINDS))
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that may be stopped and killed; whoever does starts it again.

    Where the tests are to run on SQLite alone there is none, because they are to be quick then.
    """
    if request.param not in {engine_name(url).replace("mysql", "mariadb") for url in database_urls()}:
        pytest.skip(f"TEST_DATABASE_URLS names no {request.param}, so that none is started either")
    try:
        with own_server(request.param) as running:
            app = create_app(make_settings(DATABASE_URL=running.url))
            with app.app_context():
                db.create_all()
                stamp(db.engine)
            engine_of(app).dispose()
            yield running
    except Missing as missing:
        pytest.skip(str(missing))


@pytest.fixture
def served(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application on the tests' own server, with empty tables, that waits a little less than others."""
    monkeypatch.setattr(webapp.database, "CONNECT_TIMEOUT", 2)
    monkeypatch.setattr(webapp.patience, "PING", 1)
    app = create_app(make_settings(DATABASE_URL=server.url))
    with app.app_context():
        empty_tables(db.engine)
    yield app
    engine_of(app).dispose()


@pytest.fixture
def at_server(served: Flask) -> Visitor:
    return signed_in(served, add_user(served, "alice", is_superuser=True))
