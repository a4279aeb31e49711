"""The databases that are measured on: filled once, by the application's own commands."""

import os
import sys
from collections.abc import Callable, Mapping
from time import perf_counter

from sqlalchemy import create_engine, make_url, text
from sqlalchemy.exc import OperationalError

from bench.servers import PASSWORD, ROOT, USERNAME, run_flask

SERVER = "postgresql+psycopg://root@127.0.0.1:5432/postgres"


def filled(engine: str, size: int) -> str | None:
    """The address of a database with *size* made-up people and the bench's superuser; ``None`` without a server."""
    database = DATABASES[engine](size)
    if database is None:
        return None
    run_flask(database, "db", "upgrade")
    if not _is_filled(database):
        begun = perf_counter()
        run_flask(database, "seed", "users", "--count", str(size))
        print(
            f"{engine}: {size:,} users were filled in within {perf_counter() - begun:.0f} s.", file=sys.stderr
        )
        person = ("--username", USERNAME, "--email", f"{USERNAME}@example.org", "--password-stdin")
        run_flask(database, "users", "create-superuser", *person, given=PASSWORD)
        tell_planner(database)
    return database


def _sqlite(size: int) -> str:
    folder = ROOT / "bench" / "databases"
    folder.mkdir(exist_ok=True)
    return f"sqlite:///{folder / f'{size}.db'}"


def _postgresql(size: int) -> str | None:
    address = make_url(os.environ.get("BENCH_POSTGRESQL", SERVER))
    name = f"zelador_bench_{size}"
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            there = connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name})
            if not there:
                connection.execute(text(f"CREATE DATABASE {name}"))
    except OperationalError:
        return None
    finally:
        engine.dispose()
    return address.set(database=name).render_as_string(hide_password=False)


#: By the engine, what makes or finds the database for so many people.
DATABASES: Mapping[str, Callable[[int], str | None]] = {"sqlite": _sqlite, "postgresql": _postgresql}


def _is_filled(database: str) -> bool:
    return _ask(database, f"SELECT 1 FROM users WHERE username = '{USERNAME}'") is not None  # noqa: S608


def tell_planner(database: str) -> None:
    """What a server does by itself within the minute."""
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("ANALYZE" if engine.dialect.name == "sqlite" else "VACUUM ANALYZE"))
    engine.dispose()


def _ask(database: str, statement: str) -> object:
    engine = create_engine(database)
    with engine.connect() as connection:
        found: object = connection.scalar(text(statement))
    engine.dispose()
    return found
