"""A probe gets its answer whatever else is broken."""

import pytest
from flask import Flask

from tests.web.small import ALICE


@pytest.mark.parametrize("headers", [{}, ALICE, {"Host": "10.0.0.7:8000"}])
def test_a_probe_is_answered_without_a_cookie_under_any_host(small: Flask, headers: dict[str, str]) -> None:
    response = small.test_client().get("/healthz", headers=headers)
    assert (response.status_code, response.text, response.mimetype) == (200, "ok\n", "text/plain")
    assert "Set-Cookie" not in response.headers


def test_a_probe_with_head_is_answered(small: Flask) -> None:
    assert small.test_client().head("/healthz", headers={"Host": "10.0.0.7"}).status_code == 200


def test_a_probe_that_sends_is_refused(small: Flask) -> None:
    assert small.test_client().post("/healthz").status_code == 405


def test_the_person_is_not_asked_for(small: Flask) -> None:
    def down(_request: object) -> None:
        raise AssertionError("a probe asked who it is")

    small.login_manager.request_loader(down)  # type: ignore[attr-defined]
    assert small.test_client().get("/healthz").status_code == 200


@pytest.mark.parametrize("headers", [{}, ALICE, {"Host": "10.0.0.7:8000"}])
def test_the_probe_of_the_database_says_no_more_than_what_to_do(
    small: Flask, headers: dict[str, str]
) -> None:
    """OP-01. The small application's database is empty."""
    response = small.test_client().get("/readyz", headers=headers)
    told = "The database is older than this program. Run: flask db upgrade\n"
    assert (response.status_code, response.text, response.mimetype) == (503, told, "text/plain")
    assert "Set-Cookie" not in response.headers
    assert small.test_client().post("/readyz").status_code == 405
