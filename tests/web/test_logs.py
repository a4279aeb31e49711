"""One honest line a request."""

import json
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
import structlog
from flask import Flask

from tests.web.small import ALICE, MakeApp
from webapp.web.gate import public

Lines = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _restored_level() -> Iterator[None]:
    level = logging.getLogger().level
    yield
    logging.getLogger().setLevel(level)


def lines(capsys: Lines) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def requests(capsys: Lines) -> list[dict[str, Any]]:
    return [line for line in lines(capsys) if line["event"] == "request"]


@pytest.fixture
def logged(make_app: MakeApp) -> Flask:
    return make_app(LOG_FORMAT="json")


def test_a_request_is_one_line_without_its_query(logged: Flask, capsys: Lines) -> None:
    response = logged.test_client().get("/?q=hush-hush", headers=ALICE)
    (line,) = requests(capsys)
    assert line["method"] == "GET"
    assert line["path"] == "/"
    assert line["status"] == 200
    assert line["person"] == 1
    assert line["level"] == "info"
    assert line["ms"] >= 0
    assert line["statements"] == 0
    assert line["address"] == "127.0.0.1"
    assert line["request_id"] == response.headers["X-Request-ID"]
    assert "hush-hush" not in json.dumps(line)


@pytest.mark.parametrize("status", [400, 403, 413, 429])
def test_a_refusal_is_an_event_of_its_own(logged: Flask, status: int, capsys: Lines) -> None:
    logged.test_client().get(f"/refuse/{status}", headers=ALICE)
    event, line = lines(capsys)
    assert (event["event"], event["status"], event["level"]) == ("refused", status, "warning")
    assert event["request_id"] == line["request_id"]
    assert "Sunday" not in json.dumps(event)


def test_a_host_that_is_not_ours_is_named_with_the_settings_to_look_at(logged: Flask, capsys: Lines) -> None:
    logged.test_client().get("/", headers=ALICE | {"Host": "evil\x1b" + "l" * 500})
    event, _line = lines(capsys)
    assert (event["event"], event["status"], event["way_out"]) == (
        "refused",
        400,
        "see BASE_URL, TRUSTED_HOSTS",
    )
    assert event["host"] == "evil\\x1b" + "l" * 248
    logged.test_client().get("/refuse/400", headers=ALICE)
    assert "host" not in lines(capsys)[0]


def test_what_is_no_refusal_is_the_line_of_the_request_only(logged: Flask, capsys: Lines) -> None:
    logged.test_client().get("/refuse/404", headers=ALICE)
    assert [line["event"] for line in lines(capsys)] == ["request"]


def test_an_old_form_is_told_from_other_refusals(logged: Flask, capsys: Lines) -> None:
    logged.test_client().post("/form/", data={"text": "hush-hush"}, headers=ALICE)
    event, _line = lines(capsys)
    assert (event["event"], event["reason"], event["endpoint"]) == ("refused", "CSRFError", "form")


def test_what_a_form_holds_is_not_written(logged: Flask, capsys: Lines) -> None:
    logged.test_client().post("/form/", data={"text": "hush-hush"}, headers=ALICE)
    written = capsys.readouterr().err
    assert '"status": 400' in written
    assert "hush-hush" not in written


def test_a_stranger_is_a_line_without_a_person(logged: Flask, capsys: Lines) -> None:
    logged.test_client().get("/")
    (line,) = requests(capsys)
    assert (line["person"], line["status"]) == (None, 303)


def test_the_line_asks_nobody_who_it_is(logged: Flask, capsys: Lines) -> None:
    def down(_request: object) -> None:
        raise AssertionError("the log asked who it is")

    logged.login_manager.request_loader(down)  # type: ignore[attr-defined]
    assert logged.test_client().get("/static/0/app.css").status_code == 302
    assert len(requests(capsys)) == 1


def test_an_unexpected_exception_is_written_with_its_trace_and_number(logged: Flask, capsys: Lines) -> None:
    response = logged.test_client().get("/boom", headers=ALICE)
    trace, line = lines(capsys)
    assert "RuntimeError: hush-hush" in trace["exception"]
    assert trace["request_id"] == line["request_id"] == response.headers["X-Request-ID"]
    assert (line["event"], line["status"]) == ("request", 500)


def test_a_database_that_is_away_is_written_in_one_line(logged: Flask, capsys: Lines) -> None:
    logged.test_client().get("/database", headers=ALICE)
    line = lines(capsys)[0]
    assert (line["error"], line["detail"], line["level"]) == (
        "OperationalError",
        "connection refused",
        "error",
    )
    assert "exception" not in line


def test_a_number_that_comes_in_is_not_believed(logged: Flask) -> None:
    client = logged.test_client()
    numbers = {
        client.get("/login", headers={"X-Request-ID": "mine"}).headers["X-Request-ID"] for _ in range(3)
    }
    assert len(numbers) == 3
    assert all(re.fullmatch("[0-9a-f]{16}", number) for number in numbers)


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_path_cannot_forge_a_line_or_command_a_terminal(
    make_app: MakeApp, form: str, capsys: Lines
) -> None:
    app = make_app(LOG_FORMAT=form)
    app.test_client().get("/a%0Aforged%1b[31m%E2%80%AE%00", headers=ALICE)
    (line,) = capsys.readouterr().err.splitlines()
    assert "forged" in line
    assert not re.search("[\x00-\x1f\u202e]", line)


def test_a_path_without_end_is_cut(logged: Flask, capsys: Lines) -> None:
    logged.test_client().get("/" + "a." * 2500, headers=ALICE)
    assert len(requests(capsys)[0]["path"]) == 500


@pytest.mark.parametrize("host", ["localhost", "10.0.0.7"])
def test_probes_and_files_are_written_only_when_asked_for(
    make_app: MakeApp, host: str, capsys: Lines
) -> None:
    client = make_app(LOG_FORMAT="json", LOG_LEVEL="INFO").test_client()
    for path in ("/healthz", "/readyz", "/static/0/app.css", "/static/0/none.css"):
        client.get(path, headers={"Host": host})
    assert requests(capsys) == []
    client.get("/login", headers={"Host": host})
    client.post("/healthz", headers={"Host": host})
    client.get("/healthz/more", headers={"Host": host})
    assert len(requests(capsys)) == 3


def test_the_level_holds_for_every_line(make_app: MakeApp, capsys: Lines) -> None:
    make_app(LOG_FORMAT="json", LOG_LEVEL="warning")
    structlog.stdlib.get_logger("webapp.test").info("quiet")
    structlog.stdlib.get_logger("webapp.test").warning("loud")
    logging.getLogger("somebody.else").info("quiet")
    logging.getLogger("somebody.else").warning("loud %s", "too")
    assert [line["event"] for line in lines(capsys)] == ["loud", "loud too"]


def test_two_applications_in_one_process_do_not_write_twice(make_app: MakeApp, capsys: Lines) -> None:
    make_app(LOG_FORMAT="json")
    make_app(LOG_FORMAT="json").test_client().get("/login")
    assert len(requests(capsys)) == 1


def test_the_development_servers_own_line_with_the_query_is_dropped(logged: Flask, capsys: Lines) -> None:
    server = logging.getLogger("werkzeug")
    server.warning('127.0.0.1 - - [now] "%s" %s %s', "GET /?q=hush-hush HTTP/1.1", "200", "-")
    server.warning("Press CTRL+C to quit")
    assert [line["event"] for line in lines(capsys)] == ["Press CTRL+C to quit"]


def test_the_development_servers_colours_are_left_out_and_those_that_came_in_made_visible(
    logged: Flask, capsys: Lines
) -> None:
    server = logging.getLogger("werkzeug")
    server.warning("\x1b[1m\x1b[31mWARNING: %s\x1b[0m\x1b[0m", "\x1b[31mforged")
    assert [line["event"] for line in lines(capsys)] == ["WARNING: \\x1b[31mforged"]


def test_a_token_in_an_address_is_in_no_log(capsys: Lines, small: Flask) -> None:
    small.add_url_rule("/door/<token>", "door", public(lambda token: "open"))
    small.add_url_rule("/broken/<token>", "broken", public(lambda token: 1 / 0))
    small.config["PROPAGATE_EXCEPTIONS"] = False
    assert small.test_client().get("/door/canary-of-a-token").status_code == 200
    assert small.test_client().get("/broken/canary-of-a-token").status_code == 500
    # A link with a slash too many has no view that knows which part is the token.
    assert small.test_client().get("/door/canary-of-a-token-of-forty-characters/").status_code == 303
    assert small.test_client().delete("/door/canary-of-a-token-of-forty-characters").status_code == 405
    written = capsys.readouterr().err
    assert written.count("/door/…") == 3
    assert "canary-of-a-token" not in written
