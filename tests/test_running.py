"""What stands for the request, the application and `g` is the same as what Flask's proxies stand for."""

import flask
import pytest
from flask import Flask
from werkzeug.exceptions import BadRequest

from webapp.running import Parameters, current_app, g, request, script_root, this_request

pytestmark = pytest.mark.one_engine


def test_they_say_what_flasks_say(app: Flask) -> None:
    with app.test_request_context("/users/?q=a", environ_overrides={"SCRIPT_NAME": "/admin"}):
        assert request.args["q"] == flask.request.args["q"] == "a"
        assert request.method == "GET"
        assert current_app.config is flask.current_app.config
        assert script_root() == "/admin"
        assert this_request() is flask.request._get_current_object()  # type: ignore[attr-defined]


def test_what_is_set_on_them_is_set_on_the_same(app: Flask) -> None:
    with app.test_request_context():
        g.found = 1
        assert flask.g.found == 1
        assert "found" in g
        assert g.pop("found") == 1
        assert "found" not in flask.g
        assert g.get("found") is None
        flask.g.other = 2
        del g.other
        assert "other" not in flask.g
        request.max_content_length = 5
        assert flask.request.max_content_length == 5


def test_the_next_request_is_another(app: Flask) -> None:
    for path in ("/a", "/b"):
        with app.test_request_context(path):
            assert request.path == path
            assert "kept" not in g
            g.kept = path


@pytest.mark.parametrize(
    ("use", "word"),
    [
        (lambda: request.args, "request context"),
        (lambda: current_app.config, "application context"),
        (lambda: g.something, "application context"),
        (lambda: setattr(g, "something", 1), "application context"),
        (lambda: setattr(request, "something", 1), "request context"),
    ],
)
def test_where_nothing_runs_they_say_so(use: object, word: str) -> None:
    with pytest.raises(RuntimeError, match=word):
        use()  # type: ignore[operator]


def test_a_missing_attribute_is_named(app: Flask) -> None:
    with app.test_request_context(), pytest.raises(AttributeError, match="something"):
        _ = request.something  # type: ignore[attr-defined]


def test_an_application_still_tells_what_is_a_coroutine(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    async def later() -> str:
        return "done"

    def now() -> str:
        return "done"

    monkeypatch.setattr(app, "async_to_sync", lambda function: ("run to its end", function))
    for _again in range(2):
        assert app.ensure_sync(now) is now
        assert app.ensure_sync(later) == ("run to its end", later)


def test_a_parameter_that_is_not_there_is_what_was_asked_for_instead(app: Flask) -> None:
    with app.test_request_context("/?size=7&tag=a&tag=b&word=x", headers={"Cookie": "theme=dark"}):
        assert (
            type(flask.request.args) is type(flask.request.form) is type(flask.request.cookies) is Parameters
        )
        assert request.args.get("size", type=int) == 7
        assert request.args.get("tag") == "a"
        assert request.args.getlist("tag") == ["a", "b"]
        assert request.cookies.get("theme") == "dark"
        assert request.args.get("none") is None
        assert request.args.get("none", "") == ""
        # As Werkzeug has it, what cannot be read is not there.
        assert request.args.get("word", 1, type=int) == 1
        with pytest.raises(BadRequest):
            request.args["none"]
