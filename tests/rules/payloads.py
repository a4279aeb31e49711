"""What no person sends, as it stands in an address or a form, and how it is sent."""

import logging
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask

from tests.pages import Visitor
from webapp.extensions import db

FORM = "application/x-www-form-urlencoded"

# As they stand in an address or a form, escapes and all.
PAYLOADS = [
    "",
    "%00",
    "a%00b",
    "%ff",
    "%c0%af",
    "%ed%a0%80",
    "%",
    "%zz",
    "%0d%0aSet-Cookie:%20x=1",
    "%1b%5b31m",
    "%e2%80%ae",
    quote("\U0001f642\ufffd\ufeff"),
    quote("\u0663\u0664"),
    "-1",
    "0",
    "01",
    "1e3",
    "1.5",
    "1_000",
    "NaN",
    "2147483648",
    "9223372036854775808",
    "1" + "0" * 20,
    "9" * 5000,
    "true,false",
    "../../etc/passwd",
    quote("{{7*7}}<script>alert(1)</script>"),
    # In other scripts, and longer than a cell shows, a text is drawn in ways of its own.
    quote('\u00e9"><script>alert(1)</script>'),
    quote('"><script>alert(1)</script>' * 5),
    quote("' OR 1=1 --"),
    quote("$argon2id$v=19$m=9999999999,t=1,p=1$AAAA$AAAA"),
    "0001-01-01T00:00",
    "9999-12-31",
    "_F",
    "_00",
    "_FF",
    ",".join("1" * 20),
]
SERVER_PAYLOADS = [
    "%00",
    "%ff",
    "%f0%9f%99%82",
    "-1",
    "2147483648",
    "9223372036854775808",
    "1" + "0" * 20,
    "_00",
]


def payloads(app: Flask) -> list[str]:
    """All of them on SQLite; a handful on servers, where a statement takes longer."""
    with app.app_context():
        return PAYLOADS if db.engine.dialect.name == "sqlite" else SERVER_PAYLOADS


def raw(visitor: Visitor, method: str, path: str, query: str = "", **options: Any) -> int:
    """Send an address as it is; the client of the tests would repair it."""
    overrides = {"QUERY_STRING": query, "REQUEST_URI": f"{path}?{query}"}
    return visitor.client.open(path, method=method, environ_overrides=overrides, **options).status_code


def calm(app: Flask, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """As in production: no exception leaves the application, and none is in the log afterwards."""
    caplog.set_level(logging.ERROR)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        yield
    assert errors(caplog) == []


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]
