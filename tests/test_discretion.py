"""What a database says of a statement that it refused holds no value, on no engine (CF-06)."""

import traceback
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from tests.conftest import add_user
from tests.engines import database_urls, engine_name, fresh_database
from tests.pages import PASSWORD, Visitor
from webapp.admin import views
from webapp.database import configure_engine, engine_options, reason
from webapp.discretion import hide_values
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.passwords import hash_password

# With what a sentence around it could end with.
CANARY = "canary'canary\"canary\nDETAIL: canary' for key 'canary"
MADE = "CREATE TABLE things (code VARCHAR(60) UNIQUE, total INTEGER, day DATE, name VARCHAR(9) NOT NULL)"
ON_SERVERS = ("postgresql", "mariadb", "mysql")
# What is sent, which engines refuse it, and the name that is told all the same.
REFUSED = {
    "a value that is there": ("INSERT INTO things (code, name) VALUES (:sent, 'x')", "all", "code"),
    "a value that is missing": ("INSERT INTO things (code) VALUES (:sent)", "all", "name"),
    "text for a number": ("INSERT INTO things (total, name) VALUES (:sent, 'x')", ON_SERVERS, ""),
    "text for a day": ("INSERT INTO things (day, name) VALUES (:sent, 'x')", ON_SERVERS, ""),
    "a text that is too long": ("INSERT INTO things (name) VALUES (:sent)", ON_SERVERS, ""),
    "what is no SQL": ("SELECT * FROM things WHERE code = :sent AND AND :sent", "all", ""),
    "no such column": ("SELECT * FROM things WHERE nothing = :sent", "all", "nothing"),
    "no such table": ("SELECT * FROM nothings WHERE code = :sent", "all", "nothings"),
    "a regular expression": ("SELECT code REGEXP concat(:sent, '(') FROM things", ("mariadb", "mysql"), ""),
}


@pytest.fixture(params=database_urls(), ids=engine_name)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    with fresh_database(request.param) as url:
        engine = create_engine(url, **engine_options(url))
        configure_engine(engine)
        with engine.begin() as connection:
            connection.exec_driver_sql(MADE)
            connection.execute(text("INSERT INTO things (code, name) VALUES (:sent, 'x')"), {"sent": CANARY})
        yield engine
        engine.dispose()


def refused(engine: Engine, statement: str, **values: str) -> DBAPIError:
    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text(statement), values).all()
    return caught.value


@pytest.mark.parametrize("kind", REFUSED)
def test_no_refusal_repeats_a_value(engine: Engine, kind: str) -> None:
    statement, engines, name = REFUSED[kind]
    if engines != "all" and engine.dialect.name not in engines:
        pytest.skip("this engine keeps it")
    error = refused(engine, statement, sent=CANARY)
    for shown in ("".join(traceback.format_exception(error)), repr(error.orig), reason(error)):
        assert "canary" not in shown
    assert name in str(error.orig)


def test_the_drivers_own_words_would_repeat_it(engine: Engine) -> None:
    """Without that, the same refusals hold the value on a server; SQLite repeats none."""
    plain = create_engine(engine.url, **engine_options(str(engine.url)))
    told = [
        str(refused(plain, statement, sent=CANARY).orig)
        for statement, engines, _name in REFUSED.values()
        if engines == "all" or plain.dialect.name in engines
    ]
    plain.dispose()
    assert any("canary" in one for one in told) == (engine.dialect.name != "sqlite")


def test_a_rule_of_mysql_keeps_its_name_and_stays_a_broken_rule(engine: Engine) -> None:
    """MySQL's sentence has marks around the name, as others have around values."""
    if engine.dialect.name != "mariadb":
        pytest.skip("only MariaDB can say what MySQL says")
    told = "Check constraint 'ck_total' is violated."
    signal = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 3819, MESSAGE_TEXT = :told"
    error = refused(engine, signal, told=told)
    assert isinstance(error, IntegrityError)
    assert told in str(error.orig)


def test_a_broken_rule_stays_one_when_values_are_hidden_in_it(engine: Engine) -> None:
    if engine.dialect.name != "mariadb":
        pytest.skip("elsewhere the driver knows broken rules itself")
    signal = "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = 4025, MESSAGE_TEXT = :told"
    error = refused(engine, signal, told="The rule forbids 'canary'.")
    assert isinstance(error, IntegrityError)
    assert "canary" not in str(error.orig)


@pytest.mark.one_engine
def test_text_that_is_none_is_not_shown_when_it_is_read(tmp_path: Any) -> None:
    """SQLite keeps any bytes as text, and its driver shows those that it cannot read."""
    url = f"sqlite:///{tmp_path / 'bytes.db'}"
    engine = create_engine(url, **engine_options(url))
    configure_engine(engine)
    error = refused(engine, "SELECT CAST(x'63616e617279ff' AS TEXT) AS code WHERE :sent = :sent", sent="x")
    engine.dispose()
    assert str(error.orig) == "Could not decode to UTF-8 column 'code' with text '…'"


@pytest.mark.one_engine
def test_what_is_said_of_a_connection_stays_whole() -> None:
    """Deployers need the name of the user and of the database."""
    original = SimpleNamespace(args=(1049, "Unknown database 'shop'"))
    error = DBAPIError(None, None, Exception("x"))
    context = SimpleNamespace(sqlalchemy_exception=error, original_exception=original, connection=None)
    assert hide_values(context) is None  # type: ignore[arg-type]
    assert original.args == (1049, "Unknown database 'shop'")


@pytest.mark.one_engine
@pytest.mark.parametrize("arguments", [(), (2013,), ("",)])
def test_an_error_of_the_driver_may_say_nothing(arguments: tuple[object, ...]) -> None:
    original = SimpleNamespace(args=arguments)
    context = SimpleNamespace(
        sqlalchemy_exception=DBAPIError("SELECT", None, Exception("x")),
        original_exception=original,
        connection=object(),
        dialect=SimpleNamespace(name="mariadb"),
    )
    assert hide_values(context) is None  # type: ignore[arg-type]
    assert original.args == arguments


def test_a_failure_of_the_database_is_logged_without_what_was_typed(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    add_user(app, "dora", email="canary@example.org")

    def fail(*_: object) -> None:
        hashed = hash_password(PASSWORD)
        db.session.add(User(username="other", email="canary@example.org", password=hashed))
        db.session.flush()

    monkeypatch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(views, "index_page", fail)
    capsys.readouterr()
    assert as_alice.get("/").status == 500
    log = capsys.readouterr().err
    assert "IntegrityError" in log
    assert "email" in log
    assert "canary" not in log
