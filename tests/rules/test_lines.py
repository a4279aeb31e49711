"""What is typed begins no line of its own: in no header, in no line of the log."""

import json

import pytest
from flask import Flask, Response, request_finished

from tests.pages import Visitor
from tests.rules.typed import fill_every_form
from tests.rules.world import address, rules
from webapp.users.models import User
from webapp.web.logs import configure

ENDS = ("\r\n", "\n", "\r", "\t", "\x0b\x0c\x1c\x85\u2028")
FORGED = 'x{}X-Forged: yes{}{{"event": "forged"}}'


@pytest.mark.one_engine
@pytest.mark.parametrize("end", ENDS, ids=ascii)
def test_nothing_that_is_typed_begins_a_header_or_a_line_of_the_log(
    app: Flask, as_alice: Visitor, bob: User, end: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """IN-08: every field of every form, the way back, the query and the headers of a request."""
    seen: list[Response] = []
    forged = FORGED.format(end, end)
    configure("DEBUG", "json")
    capsys.readouterr()
    try:
        with request_finished.connected_to(lambda _app, response, **_: seen.append(response), app):
            fill_every_form(app, as_alice, bob.id, forged)
            for rule in rules(app):
                query = {name: forged for name in ("q", "next", "sort", "after", "_list", forged)}
                as_alice.get(address(app, rule, bob.id), query_string=query)
            as_alice.get("/login/" + forged)
            Visitor(app).sign_in(forged, forged)
        lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    finally:
        configure("INFO", "console")
    assert len(seen) > 40
    for response in seen:
        assert response.status_code < 500
        assert "X-Forged" not in response.headers
        assert not any(mark in value for _name, value in response.headers for mark in end)
    assert len(lines) >= len(seen)
    assert {line["event"] for line in lines} & {"forged"} == set()
