"""The server as it is deployed: what is too large is refused before it is read, and what is malformed never fails."""

import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from tests.browser.server import Site, running_site
from tests.conftest import add_user

KIBIBYTE = 1024
MEBIBYTE = 1024 * KIBIBYTE
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"
PART = b'--x\r\nContent-Disposition: form-data; name="full_name"\r\n\r\n'

# Seconds; only a server that waits for more takes so long, on a machine however busy.
PATIENCE = 60


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_site(tmp_path_factory.mktemp("limits")) as running:
        add_user(running.app, "alice", is_superuser=True)
        yield running


def send(site: Site, start: bytes, *headers: str, body: bytes = b"") -> int:
    """Send just these bytes, keep the connection open and give the status of the answer; 0 where it is cut."""
    address = urlsplit(site.url)
    head = "".join(f"{line}\r\n" for line in (f"Host: {address.netloc}", *headers, "Connection: close"))
    with socket.create_connection((address.hostname, address.port), PATIENCE) as connection:
        try:
            connection.sendall(start + b" HTTP/1.1\r\n" + head.encode("latin-1") + b"\r\n" + body)
            answer = connection.recv(4096)
        except ConnectionError:
            return 0
    return int(answer.split(b" ")[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def cookie(site: Site) -> str:
    return f"Cookie: session={site.session_of('alice')}"


@pytest.mark.parametrize(
    ("address", "kind", "status"),
    [
        ("/users/", FORM, 303),
        ("/users/1/change/", PARTS, 303),
        ("/account/", PARTS, 303),
        ("/nothing", PARTS, 303),
        ("/login", FORM, 413),
        ("/login", PARTS, 413),
        ("/setup/x", PARTS, 413),
        ("/healthz", PARTS, 413),
    ],
)
def test_a_strangers_large_body_is_answered_before_any_of_it_is_there(
    site: Site, address: str, kind: str, status: int
) -> None:
    """WB-06: of 20 MB nothing has been sent when the answer comes."""
    length = f"Content-Length: {20 * MEBIBYTE}"
    assert send(site, b"POST " + address.encode(), f"Content-Type: {kind}", length) == status


def test_a_strangers_small_body_is_read(site: Site) -> None:
    body = b"csrf_token=x&username=" + b"x" * 1000
    headers = (f"Content-Type: {FORM}", f"Content-Length: {len(body)}")
    assert send(site, b"POST /login", *headers, body=body) == 400


@pytest.mark.parametrize(("address", "status"), [("/users/", 303), ("/login", 413)])
def test_a_strangers_body_of_unknown_length_is_read_for_64_kib_at_most(
    site: Site, address: str, status: int
) -> None:
    """WB-06: the last piece never comes, so whoever reads on would wait for it."""
    piece = b"%x\r\n%s\r\n" % (KIBIBYTE, b"x" * KIBIBYTE)
    headers = (f"Content-Type: {FORM}", "Transfer-Encoding: chunked")
    assert send(site, b"POST " + address.encode(), *headers, body=piece * 66) == status


@pytest.mark.parametrize(
    ("kind", "size", "status"),
    [(FORM, 2 * MEBIBYTE + 1, 413), (PARTS, 2 * MEBIBYTE + 1, 413), (PARTS, 20 * MEBIBYTE, 413)],
)
def test_a_large_body_of_somebody_who_is_signed_in_is_refused_unread_too(
    site: Site, kind: str, size: int, status: int
) -> None:
    headers = (cookie(site), f"Content-Type: {kind}", f"Content-Length: {size}")
    assert send(site, b"POST /account/", *headers) == status


def test_parts_within_parts_and_a_hundred_thousand_fields_are_bounded(site: Site) -> None:
    """IN-12."""
    nested = PART + b"Content-Type: multipart/mixed; boundary=y\r\n\r\n--y\r\n" * 2000 + b"\r\n--x--\r\n"
    many = PART * 2001 + b"--x--\r\n"
    fields = b"&".join(b"a%d=" % number for number in range(100_000))
    for kind, body, statuses in ((PARTS, nested, {400}), (PARTS, many, {413}), (FORM, fields, {400, 413})):
        headers = (cookie(site), f"Content-Type: {kind}", f"Content-Length: {len(body)}")
        assert send(site, b"POST /account/", *headers, body=body) in statuses


def test_a_header_a_cookie_and_an_address_have_their_limits(site: Site) -> None:
    """IN-09, IN-12: refused by the server itself, and what is just within them is answered."""
    assert send(site, b"GET /login?q=" + b"x" * 9000) == 414
    assert send(site, b"GET /login?q=" + b"x" * MEBIBYTE) in {0, 414}
    assert send(site, b"GET /" + b"x" * 8000) == 303
    assert send(site, b"GET /login", "X-Long: " + "x" * 9000) == 431
    assert send(site, b"GET /login", "X-Long: " + "x" * MEBIBYTE) in {0, 431}
    assert send(site, b"GET /login", "X-Long: " + "x" * 8000) == 200
    assert (
        send(site, b"GET /login", "Cookie: " + "; ".join(f"c{number}=1" for number in range(10_000))) == 431
    )
    assert send(site, b"GET /login", "Cookie: " + "; ".join(f"c{number}=1" for number in range(900))) == 200
    assert send(site, b"GET /login", *(f"X-{number}: x" for number in range(101))) == 431
    assert send(site, b"GET /login", *(f"X-{number}: x" for number in range(60))) == 200


@pytest.mark.parametrize(
    "target",
    [
        "/%00",
        "/%",
        "/%zz",
        "/%ff",
        "/%c0%af",
        "/%ed%a0%80",
        "/\xff",
        "//evil.example/",
        "/a%0d%0ab",
        "/users/%2e%2e/",
    ],
)
def test_an_address_that_is_none_is_refused_and_not_answered_by_a_failure(site: Site, target: str) -> None:
    """IN-01, IN-03."""
    for head in ((), (cookie(site),)):
        assert send(site, b"GET " + target.encode("latin-1"), *head) in {303, 308, 400, 404}
        assert send(site, b"GET /login?q=" + target.encode("latin-1"), *head) in {200, 303, 400}


@pytest.mark.parametrize(
    "headers",
    [
        ("Cookie: session=\x00",),
        ("Cookie: session=\xff\xfe; theme=%ff",),
        ("Accept-Language: \xff",),
        ("X_Forwarded_For: 1.2.3.4", "X-Forwarded-For: 1.2.3.4, 4.3.2.1"),
        ("X-Bad\x00: x",),
        ("Content-Length: 3", "Content-Length: 4"),
        ("Content-Length: -1",),
        ("Content-Length: 1e3",),
        ("Content-Length: \u0661".encode().decode("latin-1"),),
        ("Content-Length: 3", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked, chunked",),
        ("no colon",),
        ("Host: evil.example",),
    ],
    ids=str,
)
def test_no_header_on_the_wire_makes_the_server_fail(site: Site, headers: tuple[str, ...]) -> None:
    """IN-01, IN-03, WB-15: also where two servers would read one request differently."""
    assert send(site, b"GET /login", *headers) in {0, 200, 400, 501}
