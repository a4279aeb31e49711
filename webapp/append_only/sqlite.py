"""SQLite's triggers. It has no variables; what opens the table is the number in the file's header that is an
application's own (``user_version``), which belongs to the transaction and which nothing else uses here."""

from webapp.append_only.names import message, trigger

TRIGGERS = "SELECT tbl_name, name FROM sqlite_master WHERE type = 'trigger'"
OPENED = 0x6F70656E


def names(table_name: str) -> set[str]:
    return set(_triggers(table_name))


def creation(table_name: str) -> list[str]:
    return list(_triggers(table_name).values())


def removal(table_name: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name}" for name in _triggers(table_name)]


def remains(table_name: str) -> list[str]:
    return []


def opening(table_name: str) -> list[str]:
    return [f"PRAGMA user_version = {OPENED}"]


def closing(table_name: str) -> list[str]:
    return ["PRAGMA user_version = 0"]


def _triggers(table_name: str) -> dict[str, str]:
    is_closed = f"WHEN (SELECT user_version FROM pragma_user_version) <> {OPENED}"  # noqa: S608 - a number
    # INSERT OR REPLACE deletes without asking the trigger for deleting; a new row has no number yet.
    is_taken = f"WHEN EXISTS (SELECT 1 FROM {table_name} WHERE id = NEW.id)"  # noqa: S608 - a name of our own
    does = {"UPDATE": ("UPDATE", ""), "DELETE": ("DELETE", is_closed), "REPLACE": ("INSERT", is_taken)}
    return {
        trigger(
            table_name, what
        ): f"CREATE TRIGGER {trigger(table_name, what)} BEFORE {event} ON {table_name} "
        f"{when} BEGIN SELECT RAISE(ABORT, '{message(table_name)}'); END"
        for what, (event, when) in does.items()
    }
