"""MariaDB's triggers: a variable of the connection opens the table. Nothing there refuses a TRUNCATE but its right."""

from webapp.append_only.names import message, trigger

EVENTS = ("UPDATE", "DELETE")
TRIGGERS = (
    "SELECT event_object_table, trigger_name FROM information_schema.triggers"
    " WHERE event_object_schema = DATABASE()"
)


def names(table_name: str) -> set[str]:
    return {trigger(table_name, event) for event in EVENTS}


def creation(table_name: str) -> list[str]:
    refuse = f"SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{message(table_name)}'"
    is_closed = f"IF COALESCE(@zelador_opened, '') <> '{table_name}' THEN {refuse}; END IF"
    does = {"UPDATE": refuse, "DELETE": is_closed}
    return [
        f"CREATE TRIGGER {trigger(table_name, event)} BEFORE {event} ON {table_name} FOR EACH ROW {then}"
        for event, then in does.items()
    ]


def removal(table_name: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name}" for name in sorted(names(table_name))]


def remains(table_name: str) -> list[str]:
    return []


def opening(table_name: str) -> list[str]:
    return [f"SET @zelador_opened = '{table_name}'"]


def closing(table_name: str) -> list[str]:
    return ["SET @zelador_opened = NULL"]
