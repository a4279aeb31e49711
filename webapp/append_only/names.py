"""What the triggers of all engines share: their names, and what they say."""


class CannotProtectError(Exception):
    """The database does not let us make triggers: a sentence with the way out."""


def trigger(table_name: str, event: str) -> str:
    return f"{table_name}_no_{event.lower()}"


def message(table_name: str) -> str:
    return f"{table_name} is append-only: its rows are neither changed nor deleted"
