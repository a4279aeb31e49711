"""The floor: what Flask, Jinja and one indexed statement cost by themselves, with nothing around them.

Nobody signs in, nothing is counted, nothing is formatted. It reads the same table as Zelador, straight through the
driver, and shows the same columns of the same hundred rows.
"""

import os
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, abort, redirect, request
from werkzeug.wrappers.response import Response

from bench.scenarios import COLUMNS

URL = os.environ["BENCH_DATABASE"]
FIELDS = (*COLUMNS, "is_superuser")
ORDERS = {"first": "username", "sorted": "email DESC", "last": "username DESC", "dated": "created_at"}
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Users</title></head><body><h1>Users</h1>
<table><thead><tr><th></th>{% for name in columns %}<th>{{ name }}</th>{% endfor %}</tr></thead><tbody>
{% for row in rows %}<tr><td><input type="checkbox" name="selected" value="{{ row[0] }}"></td>
<td><a href="/users/{{ row[0] }}">{{ row[1] }}</a></td>{% for value in row[2:] %}<td>{{ value }}</td>{% endfor %}</tr>
{% endfor %}</tbody></table></body></html>"""
FORM = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{{ row[0] }}</title></head><body>
<form method="post">{% for name in fields %}<p><label>{{ name }}
<input name="{{ name }}" value="{{ row[loop.index0] }}"></label></p>
{% endfor %}<button>Save</button></form></body></html>"""


def create_app() -> Flask:
    app = Flask(__name__)
    app.jinja_env.autoescape = True
    page, form = app.jinja_env.from_string(PAGE), app.jinja_env.from_string(FORM)
    query = _sqlite() if URL.startswith("sqlite") else _postgresql()

    @app.get("/users/")
    def users() -> str:
        where, values = "", ()
        if after := request.args.get("after"):
            where, values = "WHERE username >= ?", (after,)
        elif "staff" in request.args:
            where = "WHERE is_staff"
        order = ORDERS[request.args.get("order", "first")]
        rows = query(f"SELECT id, {', '.join(COLUMNS)} FROM users {where} ORDER BY {order} LIMIT 100", values)  # noqa: S608
        return page.render(rows=rows.fetchall(), columns=COLUMNS)

    @app.get("/users/<int:number>")
    def change(number: int) -> str:
        row = query(f"SELECT {', '.join(FIELDS)} FROM users WHERE id = ?", (number,)).fetchone()  # noqa: S608
        return form.render(row=row, fields=FIELDS) if row else abort(404)

    @app.post("/users/<int:number>")
    def save(number: int) -> Response:
        query("UPDATE users SET full_name = ? WHERE id = ?", (request.form["full_name"], number))
        return redirect("/users/", 303)

    return app


def _sqlite() -> Any:
    import sqlite3

    connections: list[Any] = []

    def query(sql: str, values: tuple[object, ...]) -> Any:
        if not connections:
            connections.append(sqlite3.connect(URL.removeprefix("sqlite:///"), isolation_level=None))
            connections[0].execute("PRAGMA journal_mode = WAL")
            connections[0].execute("PRAGMA synchronous = FULL")
        return connections[0].execute(sql.replace("WHERE is_staff", "WHERE is_staff = 1"), values)

    return query


def _postgresql() -> Any:
    import psycopg

    connections: list[Any] = []
    address = urlsplit(URL)._replace(scheme="postgresql").geturl()

    def query(sql: str, values: tuple[object, ...]) -> Any:
        if not connections:
            connections.append(psycopg.connect(address, autocommit=True))
        return connections[0].execute(sql.replace("?", "%s"), values)

    return query


app = create_app()
