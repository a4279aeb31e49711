"""A MariaDB that is set up badly: each connection asks for better, and what it cannot have is refused."""

from collections.abc import Iterator
from itertools import count

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import DataError

from tests.conftest import close, make_settings
from tests.faults.servers import MariaDB, Server
from tests.pages import Visitor
from webapp import create_app, readiness
from webapp.deployment import storage
from webapp.extensions import db

NUMBERS = count()


@pytest.fixture(scope="module")
def lax(server: Server) -> Iterator[MariaDB]:
    """A server without strict mode, whose tables are MyISAM's and whose text is Latin unless one asks for better."""
    if not isinstance(server, MariaDB):
        pytest.skip("only MariaDB can be set up so")
    server.kill()
    server.options = ("--sql-mode=", "--default-storage-engine=MyISAM", "--character-set-server=latin1")
    server.start()
    yield server
    server.kill()
    server.options = ()
    server.start()


def made(server: MariaDB, character_set: str = "utf8mb4", *statements: str) -> Flask:
    """An application on a new database, in which *statements* were executed before; ``{}`` is its name."""
    name = f"lax_{next(NUMBERS)}"
    server.administer(f"CREATE DATABASE {name} CHARACTER SET {character_set}")
    for statement in statements:
        server.administer(statement.format(name))
    return create_app(make_settings(DATABASE_URL=server.url.removesuffix("zelador") + name))


def upgrade(app: Flask) -> Result:
    return app.test_cli_runner().invoke(args=["db", "upgrade"])


def is_refused_everywhere(app: Flask, told: str) -> bool:
    """Whether the upgrade, the start, the check and the probe refuse *app*'s database, with *told* for deployers."""
    refused = upgrade(app)
    probe = Visitor(app).get("/readyz")
    found = [finding.message for finding in storage.condition(app) if finding.code == "D026"]
    close(app)
    return (
        refused.exit_code != 0
        and told in refused.output
        and any(told in line for line in readiness.at_start(app))
        and any(told in message for message in found)
        and probe.status == 503
        and "not set up as this program needs it" in probe.text
        and told not in probe.text
    )


def test_a_lax_server_is_asked_for_strict_mode_and_innodb_by_each_connection(lax: MariaDB) -> None:
    """DB-12."""
    app = made(lax)
    assert upgrade(app).exit_code == 0
    assert Visitor(app).get("/readyz").status == 200
    with app.app_context():
        tables = (
            "SELECT engine, table_collation FROM information_schema.tables WHERE table_schema = DATABASE()"
        )
        kept = {
            (engine, collation.partition("_")[0]) for engine, collation in db.session.execute(text(tables))
        }
        assert kept == {("InnoDB", "utf8mb4")}
        with pytest.raises(DataError):
            db.session.execute(text("UPDATE alembic_version SET version_num = :much"), {"much": "x" * 100})
    close(app)


def test_a_connection_without_strict_mode_is_found(lax: MariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    """DB-12: it would cut what is too long and keep the rest."""
    monkeypatch.setattr("webapp.database.MARIADB_SQL_MODE", "NO_ENGINE_SUBSTITUTION")
    app = made(lax)
    found = [finding.message for finding in storage.condition(app) if finding.code == "D026"]
    assert found == ["The database does not keep what the program relies on: strict mode."]
    close(app)


def test_a_database_that_cannot_hold_every_character_is_refused(lax: MariaDB) -> None:
    """DB-12."""
    assert is_refused_everywhere(made(lax, "latin1"), "The database stores text as latin1")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("ENGINE=MyISAM", "The table users is kept by MyISAM"),
        ("ENGINE=InnoDB CHARACTER SET latin1", "The table users stores text as latin1"),
    ],
)
def test_a_table_that_was_there_before_is_refused_until_it_is_mended(
    lax: MariaDB, options: str, told: str
) -> None:
    """DB-12: as of the lesson, made by hand."""
    columns = (
        "id INT AUTO_INCREMENT PRIMARY KEY, username VARCHAR(50), email VARCHAR(100), password VARCHAR(100)"
    )
    app = made(lax, "utf8mb4", f"CREATE TABLE {{}}.users ({columns}) {options}")
    assert is_refused_everywhere(app, told)
    way_out = next(line for line in readiness.at_start(app) if told in line).partition("Run: ")[2]
    with app.app_context(), db.engine.begin() as connection:
        connection.execute(text(way_out))
    assert told not in upgrade(app).output
    close(app)


def test_a_table_of_somebody_elses_is_none_of_ours(lax: MariaDB) -> None:
    """DB-12."""
    app = made(lax, "utf8mb4", "CREATE TABLE {}.guests (id INT PRIMARY KEY) ENGINE=MyISAM")
    assert upgrade(app).exit_code == 0
    assert Visitor(app).get("/readyz").status == 200
    close(app)


def test_a_table_that_cannot_be_opened_is_told_of(lax: MariaDB) -> None:
    """DB-12: of such a table the server knows neither engine nor character set."""
    app = made(lax, "utf8mb4", "CREATE TABLE {}.users (id INT PRIMARY KEY) ENGINE=InnoDB")
    with app.app_context():
        name = db.engine.url.database
    lax.kill()
    (lax.folder / "data" / str(name) / "users.frm").write_bytes(b"x" * 100)
    lax.start()
    assert is_refused_everywhere(app, "The table users cannot be opened")
