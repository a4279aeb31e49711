"""All users as CSV, beside a bare loop over the driver's cursor."""

import csv
import http.client
from dataclasses import dataclass
from io import StringIO
from time import perf_counter

from sqlalchemy import create_engine

from bench.scenarios import COLUMNS
from bench.servers import Server

CHUNK = 64 * 1024
MIB = 1024 * 1024


@dataclass(frozen=True)
class Exported:
    """Seconds and bytes of an export; *first* is the milliseconds to its first byte, *grown* the worker's MiB."""

    seconds: float
    first: float
    size: int
    grown: float


def exported(server: Server) -> Exported:
    before, begun, size, first = server.memory(), perf_counter(), 0, 0.0
    peak = before
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    # What the loop beside it reads: the groups of people are a statement for each batch of rows.
    connection.request(
        "GET", f"/users/export/?format=csv&columns={','.join(COLUMNS)}", headers={"Cookie": server.cookie}
    )
    response = connection.getresponse()
    if response.status != 200:
        raise SystemExit(f"The export was answered with {response.status}.")
    while chunk := response.read1(CHUNK):
        first = first or (perf_counter() - begun) * 1000
        if size // MIB != (size + len(chunk)) // MIB:
            peak = max(peak, server.memory())
        size += len(chunk)
    return Exported(perf_counter() - begun, first, size, (peak - before) / MIB)


def bare_loop(database: str) -> float:
    """Seconds of a csv.writer over the rows of the same columns, straight from the driver."""
    engine = create_engine(database)
    begun, out = perf_counter(), StringIO()
    writer = csv.writer(out)
    with engine.connect() as connection:
        cursor = connection.connection.cursor() if engine.dialect.name == "sqlite" else _named(connection)
        cursor.execute(f"SELECT {', '.join(COLUMNS)} FROM users ORDER BY username")  # noqa: S608 - columns from above
        while rows := cursor.fetchmany(1_000):
            writer.writerows(rows)
            out.seek(0)
            out.truncate()
    engine.dispose()
    return perf_counter() - begun


def _named(connection):  # type: ignore[no-untyped-def]  # psycopg's cursor that stays at the server
    return connection.connection.driver_connection.cursor("bench")
