"""What is sent is a form in UTF-8, or nobody reads it."""

from io import BytesIO
from typing import Any

import pytest
from flask import Flask, session

from tests.web.small import ALICE
from tests.web.test_gate import token

FORM = "application/x-www-form-urlencoded"


@pytest.mark.parametrize(
    "value", ["%FF", "a%C3", "%C3+%A9", "%C0%AF", "%ED%A0%80", "%F4%90%80%80", "\udcff", "&%E9=1"]
)
def test_a_form_with_damaged_text_is_refused(small: Flask, value: str) -> None:
    client = small.test_client()
    body = f"csrf_token={token(client)}&text={value}".encode("utf-8", "surrogateescape")
    response = client.post("/form/", data=body, content_type=FORM, headers=ALICE)
    assert response.status_code == 400
    assert "damaged" in response.text


@pytest.mark.parametrize(("value", "status"), [(b"\xff", 400), (b"caf\xe9", 400), ("café".encode(), 303)])
def test_a_form_in_parts_is_no_way_around_that(small: Flask, value: bytes, status: int) -> None:
    client = small.test_client()
    parts = [b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\n', value, b"\r\n--x--\r\n"]
    headers = ALICE | {"X-CSRFToken": token(client)}
    kind = "multipart/form-data; boundary=x"
    response = client.post("/form/", data=b"".join(parts), content_type=kind, headers=headers)
    assert response.status_code == status


@pytest.mark.parametrize(
    ("value", "stored"), [("%C3%A9+%F0%9F%99%82", "é 🙂"), ("é", "é"), ("100%", "100%"), ("%zz", "%zz")]
)
def test_a_form_with_any_other_text_is_taken_as_it_is(small: Flask, value: str, stored: str) -> None:
    with small.test_client() as client:
        body = f"csrf_token={token(client)}&text={value}".encode()
        assert client.post("/form/", data=body, content_type=FORM, headers=ALICE).status_code == 303
        assert session["sent"] == stored


@pytest.mark.parametrize("query", ["q=%FF", "%C0=1", "q=\xe9"])
def test_a_damaged_query_is_refused(small: Flask, query: str) -> None:
    response = small.test_client().get("/", headers=ALICE, environ_overrides={"QUERY_STRING": query})
    assert response.status_code == 400


@pytest.mark.parametrize("path", ["/\xff", "/caf\xe9/"])
def test_a_damaged_path_is_refused(small: Flask, path: str) -> None:
    """A server gives the path's bytes as Latin-1 (PEP 3333); the client of the tests would repair them."""
    response = small.test_client().get("/", headers=ALICE, environ_overrides={"PATH_INFO": path})
    assert response.status_code == 400


def test_an_address_in_utf_8_is_not(small: Flask) -> None:
    assert small.test_client().get("/?q=caf%C3%A9", headers=ALICE).status_code == 200


# As bytes, since an opened file could be sent by the first run only.
ONE_FILE = b'--b\r\nContent-Disposition: form-data; name="text"; filename="name.txt"\r\n\r\nx\r\n--b--\r\n'


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"json": {"text": ["a", "list"]}}, 415),
        ({"data": b"text=x", "content_type": "text/plain"}, 415),
        ({"data": ONE_FILE, "content_type": "multipart/form-data; boundary=b"}, 400),
        ({"data": {"text": "x"}, "content_type": "multipart/form-data"}, 303),
        ({}, 303),
    ],
)
def test_only_the_fields_of_a_form_are_taken(small: Flask, sent: dict[str, Any], status: int) -> None:
    client = small.test_client()
    headers = ALICE | {"X-CSRFToken": token(client)}
    assert client.post("/form/", headers=headers, **sent).status_code == status


@pytest.mark.parametrize(("size", "status"), [(2 * 1024 * 1024 + 1, 413), (1000, 303)])
def test_a_body_of_unknown_length_is_taken_whole_or_not_at_all(small: Flask, size: int, status: int) -> None:
    client = small.test_client()
    headers = ALICE | {"X-CSRFToken": token(client), "Transfer-Encoding": "chunked"}
    response = client.post(
        "/form/",
        input_stream=BytesIO(b"text=" + b"x" * size),
        content_type=FORM,
        headers=headers,
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert response.status_code == status
