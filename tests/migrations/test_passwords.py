"""A password with every character that an address, a template or a driver could take for its own."""

import secrets
from collections.abc import Iterator
from urllib.parse import quote

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from tests.conftest import close, make_settings
from tests.engines import opened
from tests.migrations.revisions import NEWEST
from tests.migrations.rows import Start
from webapp import create_app

pytestmark = pytest.mark.slow

PASSWORD = "p%40/@:"


@pytest.fixture
def own_url(url: str) -> Iterator[str]:
    """The address of the database for somebody of its own with that password, dropped afterwards."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        pytest.skip("a file has no password")
    name = f"zelador_test_{secrets.token_hex(4)}"
    if address.get_backend_name() == "postgresql":
        made = [
            f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'",
            f"ALTER DATABASE {address.database} OWNER TO {name}",
        ]
        dropped = [
            f"ALTER DATABASE {address.database} OWNER TO CURRENT_USER",
            f"REASSIGN OWNED BY {name} TO CURRENT_USER",
            f"DROP ROLE {name}",
        ]
    else:
        made = [
            f"CREATE USER {name}@'%' IDENTIFIED BY '{PASSWORD}'",
            f"GRANT ALL ON {address.database}.* TO {name}@'%'",
        ]
        dropped = [f"DROP USER {name}@'%'"]
    plain = {"isolation_level": "AUTOCOMMIT", "no_parameters": True}
    engine = create_engine(url, poolclass=NullPool, execution_options=plain)
    with engine.connect() as connection:
        for statement in made:
            connection.exec_driver_sql(statement)
    try:
        yield address.set(username=name, password=PASSWORD).render_as_string(hide_password=False)
    finally:
        with engine.connect() as connection:
            for statement in dropped:
                connection.exec_driver_sql(statement)


def test_a_password_of_percent_signs_and_colons_works_and_is_written_nowhere(
    own_url: str, start: Start
) -> None:
    """MG-14. (PostgreSQL asks for it only where its pg_hba.conf says so.)"""
    assert "%2540" in own_url
    for command in (("upgrade",), ("current", "--verbose"), ("check",)):
        told, logged = (process := start(*command, address=own_url)).communicate(timeout=120)
        assert process.returncode == 0, logged
        for secret in (PASSWORD, quote(PASSWORD, safe=""), own_url, "p%40"):
            assert secret not in told + logged
    app = create_app(make_settings(DATABASE_URL=own_url))
    try:
        assert app.test_client().get("/readyz").status_code == 200
        assert app.test_client().get("/login").status_code == 200
    finally:
        close(app)
    with opened(own_url) as engine, engine.connect() as connection:
        assert connection.execute(text("SELECT * FROM alembic_version")).all() == [(NEWEST,)]
