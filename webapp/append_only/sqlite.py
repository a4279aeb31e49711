"""SQLite's triggers. It has no variables, so to open the table is to do without one trigger until the end: in a
transaction, which nobody else sees."""

from webapp.append_only.names import message, trigger

TRIGGERS = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"


def names(table_name: str) -> set[str]:
    return set(_triggers(table_name))


def creation(table_name: str) -> list[str]:
    return list(_triggers(table_name).values())


def removal(table_name: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name}" for name in _triggers(table_name)]


def remains(table_name: str) -> list[str]:
    return []


def opening(table_name: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {trigger(table_name, 'DELETE')}"]


def closing(table_name: str) -> list[str]:
    return [_triggers(table_name)[trigger(table_name, "DELETE")]]


def _triggers(table_name: str) -> dict[str, str]:
    # INSERT OR REPLACE deletes without asking the trigger for deleting; a new row has no number yet.
    taken = f"WHEN EXISTS (SELECT 1 FROM {table_name} WHERE id = NEW.id)"  # noqa: S608 - a name of our own
    does = {"UPDATE": ("UPDATE", ""), "DELETE": ("DELETE", ""), "REPLACE": ("INSERT", taken)}
    return {
        trigger(
            table_name, what
        ): f"CREATE TRIGGER {trigger(table_name, what)} BEFORE {event} ON {table_name} "
        f"{when} BEGIN SELECT RAISE(ABORT, '{message(table_name)}'); END"
        for what, (event, when) in does.items()
    }
