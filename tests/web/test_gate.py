"""Strangers stay outside, and learn nothing there."""

from io import BytesIO
from urllib.parse import parse_qs, urlsplit

import pytest
from bs4 import BeautifulSoup
from flask import Flask, request
from flask.testing import FlaskClient

from tests.web.small import ALICE, MakeApp
from webapp.database import reading
from webapp.web.gate import NEXT_LENGTH, STRANGERS_BODY, takes_files


def token(client: FlaskClient, headers: dict[str, str] | None = None) -> str:
    """The form token of a page, as a person's browser would send it back."""
    text = BeautifulSoup(client.get("/login", headers=headers).text, "html.parser").get_text()
    return text.split()[1]


@pytest.mark.parametrize("address", ["/", "/form/", "/form", "/no-such-page", "/lookup/x"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE"])
def test_a_stranger_is_sent_to_sign_in_wherever_they_knock(small: Flask, address: str, method: str) -> None:
    response = small.test_client().open(address, method=method)
    assert response.status_code == 303
    assert urlsplit(response.location).path == "/login"


def test_alice_who_is_signed_in_gets_the_page(small: Flask) -> None:
    assert small.test_client().get("/", headers=ALICE).status_code == 200


def test_alice_is_told_that_a_page_does_not_exist(small: Flask) -> None:
    assert small.test_client().get("/no-such-page", headers=ALICE).status_code == 404


def test_a_stranger_reaches_a_public_page(small: Flask) -> None:
    assert small.test_client().get("/login").status_code == 200


def test_a_public_page_says_itself_that_it_does_not_take_a_method(small: Flask) -> None:
    response = small.test_client().delete("/login")
    assert response.status_code == 405
    assert "GET" in response.headers["Allow"]


@pytest.mark.parametrize(
    ("asked", "kept"),
    [
        ("/form/?q=a%20b&page=2", "/form/?q=a%20b&page=2"),
        ("/form/?q=X<>X", "/form/?q=X%3C%3EX"),
        ("/caf%C3%A9", "/caf%C3%A9"),
        ("/form/?q=%00%0d%0aSet-Cookie", "/form/?q=%00%0d%0aSet-Cookie"),
        ("/form/%5C%0Aevil", "/form/%5C%0Aevil"),
    ],
)
def test_the_way_back_is_kept_in_the_address(small: Flask, asked: str, kept: str) -> None:
    location = small.test_client().get(asked).location
    assert parse_qs(urlsplit(location).query)["next"] == [kept]


LONGEST = "/form/?q=" + "a" * (NEXT_LENGTH - len("/form/?q="))


def test_the_longest_way_back_is_kept(small: Flask) -> None:
    location = small.test_client().get(LONGEST).location
    assert parse_qs(urlsplit(location).query)["next"] == [LONGEST]


@pytest.mark.parametrize("asked", ["/", LONGEST + "a"])
def test_a_way_back_that_is_home_or_endless_is_left_out(small: Flask, asked: str) -> None:
    assert small.test_client().get(asked).location == "/login"


def test_a_way_back_stays_on_this_site(small: Flask) -> None:
    address = small.test_client().get("/", environ_overrides={"PATH_INFO": "//evil.example/"}).location
    assert parse_qs(urlsplit(address).query)["next"] == ["/evil.example/"]


def test_what_a_stranger_sends_has_no_way_back(small: Flask) -> None:
    assert small.test_client().post("/form/?x=1", data={"text": "x"}).location == "/login"


def test_a_strangers_body_is_not_read(small: Flask) -> None:
    body = BytesIO(b"text=" + b"x" * 100_000)
    small.test_client().post(
        "/form/", input_stream=body, content_length=100_005, content_type="application/x-www-form-urlencoded"
    )
    assert body.tell() == 0


def test_a_strangers_lookup_is_answered_for_scripts(small: Flask) -> None:
    response = small.test_client().get("/lookup")
    assert response.status_code == 401
    assert response.json == {"error": "Please sign in."}


def test_alice_may_look_up(small: Flask) -> None:
    assert small.test_client().get("/lookup", headers=ALICE).json == {"people": []}


def test_a_form_without_its_token_is_refused(small: Flask) -> None:
    client = small.test_client()
    response = client.post("/form/", data={"text": "x"}, headers=ALICE)
    assert response.status_code == 400
    assert "This form is too old" in response.text


def test_a_form_with_its_token_is_taken(small: Flask) -> None:
    client = small.test_client()
    response = client.post("/form/", data={"text": "x", "csrf_token": token(client)}, headers=ALICE)
    assert response.status_code == 303


@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 403), ("same-site", 403), ("same-origin", 303), ("none", 303), (None, 303)],
)
def test_a_form_on_another_site_is_refused_even_with_the_token(
    small: Flask, site: str | None, status: int
) -> None:
    client = small.test_client()
    headers = ALICE | ({"Sec-Fetch-Site": site} if site else {})
    response = client.post("/form/", data={"csrf_token": token(client)}, headers=headers)
    assert response.status_code == status
    assert ("This came from another site. Open the page here and do it again." in response.text) == (
        status == 403
    )


@pytest.mark.parametrize(
    ("referrer", "status"),
    [
        ("https://localhost/login", 303),
        ("https://evil.example/login", 400),
        ("https://[", 400),
        ("//[x", 400),
        ("https://localhost:x/", 400),
        ("https://localhost:99999/", 400),
        ("", 400),
    ],
)
def test_with_https_a_form_comes_from_a_page_of_this_host(
    make_app: MakeApp, referrer: str, status: int
) -> None:
    here = "https://localhost"
    client = make_app(BASE_URL=here).test_client()
    text = BeautifulSoup(client.get("/login", base_url=here).text, "html.parser").get_text()
    response = client.post(
        "/form/",
        base_url=here,
        data={"csrf_token": text.split()[1]},
        headers=ALICE | {"Referer": referrer},
    )
    assert response.status_code == status


def test_a_link_from_another_site_is_followed(small: Flask) -> None:
    response = small.test_client().get("/", headers=ALICE | {"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200


def test_a_request_takes_no_lock_for_writing_until_it_says_so(small: Flask) -> None:
    client = small.test_client()
    data = {"csrf_token": token(client)}
    assert client.get("/reads", headers=ALICE).text == "True"
    assert client.post("/reads", headers=ALICE, data=data).text == "True"
    assert reading.get() is False


WITH_PARTS = "multipart/form-data; boundary=b"
FORM, TEXT = "application/x-www-form-urlencoded", "text/plain"


@pytest.mark.parametrize(
    ("address", "kind", "for_files", "limit"),
    [
        ("/login", FORM, False, "of strangers"),
        ("/login", WITH_PARTS, False, "of strangers"),
        ("/login", TEXT, False, "of strangers"),
        ("/form/", FORM, False, "of a form"),
        ("/form/", FORM, True, "of a form"),
        ("/form/", WITH_PARTS, False, "of a form"),
        ("/form/", WITH_PARTS, True, "of a file"),
        ("/form/", TEXT, False, "of a file"),
        ("/no-such-page", WITH_PARTS, False, "of a form"),
    ],
)
def test_how_much_may_be_sent_depends_on_who_is_let_in_and_on_what_the_page_asks_for(
    small: Flask, monkeypatch: pytest.MonkeyPatch, address: str, kind: str, for_files: bool, limit: str
) -> None:
    limits = {
        "of strangers": STRANGERS_BODY,
        "of a form": small.config["MAX_FORM_MEMORY_SIZE"],
        "of a file": small.config["MAX_CONTENT_LENGTH"],
    }
    assert len({*limits.values()}) == 3
    monkeypatch.setattr(small.view_functions["form"], "takes_files", for_files, raising=False)
    with small.test_request_context(address, headers=ALICE, content_type=kind):
        assert small.preprocess_request() is None
        assert request.max_content_length == limits[limit]
        assert takes_files() is for_files


def test_a_page_that_says_nothing_of_files_takes_none(small: Flask) -> None:
    with small.test_request_context("/form/", headers=ALICE):
        assert takes_files() is False
