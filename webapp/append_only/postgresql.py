"""PostgreSQL's triggers: a setting of the transaction opens the table."""

from webapp.append_only.names import message, trigger

EVENTS = ("UPDATE", "DELETE", "TRUNCATE")
TRIGGERS = (
    "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE NOT t.tgisinternal AND t.tgenabled <> 'D' AND c.relnamespace = current_schema()::regnamespace"
)


def names(table_name: str) -> set[str]:
    return {trigger(table_name, event) for event in EVENTS}


def creation(table_name: str) -> list[str]:
    function = f"""CREATE OR REPLACE FUNCTION {_function(table_name)}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('zelador.opened', true) = '{table_name}' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION USING MESSAGE = '{message(table_name)}', ERRCODE = 'restrict_violation';
END $$"""
    return [function, *(_trigger(table_name, event) for event in EVENTS)]


def removal(table_name: str) -> list[str]:
    return [f"DROP TRIGGER IF EXISTS {name} ON {table_name}" for name in sorted(names(table_name))]


def remains(table_name: str) -> list[str]:
    return [f"DROP FUNCTION IF EXISTS {_function(table_name)}()"]


def opening(table_name: str) -> list[str]:
    return [f"SET LOCAL zelador.opened = '{table_name}'"]


def closing(table_name: str) -> list[str]:
    return ["SET LOCAL zelador.opened = ''"]


def _function(table_name: str) -> str:
    return f"{table_name}_is_append_only"


def _trigger(table_name: str, event: str) -> str:
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    name = trigger(table_name, event)
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table_name} "
        f"FOR EACH {each} EXECUTE FUNCTION {_function(table_name)}()"
    )
