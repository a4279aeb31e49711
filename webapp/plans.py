"""Which statements PostgreSQL plans anew each time, and which it may plan once for a connection.

Some are asked by every page with nothing but a key that differs: those are prepared, and the server plans them once. To
plan them took as long as to answer them. What is filtered for, and what many rows hold, is planned for the values it is
asked with: one word is in a few rows, the next one in a third of the table, and a plan that suits both suits neither.
"""

from typing import Any

from sqlalchemy import Connection, Engine, event

#: The execution option of a statement that is answered in the same way whatever it is asked with.
SETTLED = {"settled": True}
# As psycopg does by itself: what is asked once or twice is not worth it.
THRESHOLD = 5


def plan_settled_once(engine: Engine) -> None:
    """Let psycopg prepare on *engine* what is :data:`SETTLED`, and nothing else."""
    event.listen(engine, "before_cursor_execute", _choose)


def _choose(connection: Connection, _cursor: Any, _sql: str, _values: Any, context: Any, _many: bool) -> None:
    settled = context is not None and context.execution_options.get("settled", False)
    driver: Any = connection.connection.driver_connection
    driver.prepare_threshold = THRESHOLD if settled else None
