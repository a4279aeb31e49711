"""Every address by every method, by everybody, with what no person sends: refused calmly, nothing changed."""

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import count, product

import pytest
from flask import Flask
from werkzeug.routing import Rule

from tests.conftest import add_user, counted, signed_in
from tests.pages import Visitor
from tests.rules.payloads import FORM, PAYLOADS, calm, raw
from tests.rules.subjects import admins, keep_rows
from tests.rules.world import address as address_of
from tests.rules.world import dump, keep_views, rules, token
from tests.shares import share

pytestmark = pytest.mark.slow

OTHERS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "BREW")
PEOPLE = ("stranger", "charlie", "bob", "alice")
# In forms and addresses: what stands for the payload, in shapes that no form of ours has.
SHAPES = (
    "q={0}",
    "q={0}&q={0}",
    "after={0}&size=25",
    "before={0}",
    "from={0}",
    "sort={0}",
    "last={0}",
    "{0}={0}",
    "a[b]={0}",
    "next={0}&key={0}&field={0}",
    "field=groups&after={0}",
    "username__in={0}",
    "theme={0}&density={0}&locale={0}&shortcuts={0}",
    "action={0}&selected={0}&selected={0}",
    "_version={0}&_save=1",
    "csrf_token={0}",
)
#: Which page does the most for one request of ours: the work of any other is measured by it.
PLAIN = "/books/"


@pytest.fixture(autouse=True)
def _calm(library_app: Flask, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield from calm(library_app, caplog)


@pytest.fixture
def keys(library_app: Flask) -> dict[str, str]:
    """By model the key of one row."""
    numbers = count(1, 3)
    return {one.name: keep_rows(library_app, one.info, next(numbers))[0] for one in admins(library_app)}


@pytest.fixture(params=PEOPLE)
def visitor(request: pytest.FixtureRequest, library_app: Flask) -> Visitor:
    if request.param == "stranger":
        return Visitor(library_app)
    grants = ("users.view", "books.view", "specimens.view") if request.param == "bob" else ()
    person = add_user(library_app, request.param, grants=grants, is_superuser=request.param == "alice")
    keep_views(library_app, person)
    return signed_in(library_app, person)


def addresses(app: Flask, keys: dict[str, str]) -> Iterator[tuple[Rule, str]]:
    for rule in rules(app):
        # These do what they are for, whatever is sent along.
        if rule.endpoint != "account.logout" and not rule.endpoint.endswith(".delete"):
            yield rule, address_of(app, rule, keys.get(rule.endpoint.partition(".")[0], "1"))


def test_every_address_takes_every_method_and_every_payload(
    library_app: Flask, visitor: Visitor, keys: dict[str, str]
) -> None:
    """IN-01, IN-03, IN-04, IN-06, IN-14: every payload in every shape, and every method, in turn."""
    form_token = token(visitor)
    before = dump(library_app)
    turn, turns = count(), count()
    statuses = set()
    for rule, address in addresses(library_app, keys):
        for method in ("GET", "POST", OTHERS[next(turns) % len(OTHERS)]):
            # Primes to each other, so that all pairs come up as the addresses go by.
            number = next(turn)
            payload, shape = PAYLOADS[number % len(PAYLOADS)], SHAPES[number % len(SHAPES)]
            sent = shape.format(payload)
            strange = re.sub("<.*?>", lambda _match, payload=payload: payload or "x", rule.rule)
            for path, query, body in ((address, sent, ""), (strange, "", ""), (address, "", sent)):
                options = (
                    {"data": f"csrf_token={form_token}&{body}".encode(), "content_type": FORM} if body else {}
                )
                status = raw(visitor, method, path, query, **options)
                statuses.add(status)
                assert status < 500, (method, path, query, body)
                assert status >= 300 or method in ("GET", "HEAD", "OPTIONS"), (method, path, query, body)
    assert statuses <= {200, 302, 303, 308, 400, 401, 403, 404, 405, 409, 415, 422}
    after = dump(library_app)
    # A box that is left out is one that is not ticked, and a model without a version takes such a form.
    changed = {name for name in before if after[name] != before[name]}
    may_write = "alice" in visitor.get("/", follow=True).text
    # A sign-in is tried with any name that a form holds, and counted.
    assert changed <= {"login_tries"} | ({"notices", "log_entries"} if may_write else set())


@pytest.mark.one_engine
def test_no_request_of_a_megabyte_takes_more_work_than_a_page(
    library_app: Flask, keys: dict[str, str]
) -> None:
    """IN-09, IN-12: counted in statements and in time of the processor beside that of a plain page."""
    alice = signed_in(library_app, add_user(library_app, "alice", is_superuser=True))
    form_token = token(alice)
    long, many = "x" * 1024 * 1024, "&".join(f"a{number}=" for number in range(100_000))
    with counted(library_app) as statements:
        plain = work(lambda: alice.get(PLAIN))
    most = len(statements) // 3
    addresses = ("/login", "/account/preferences", "/search", "/books/", f"/books/{keys['books']}/change/")
    bodies = (f"q={long}", f"{long}=1", f"next={long}", f"username={long}&title={long[:-600]}", many)
    for address, sent in share([*product(addresses, bodies)]):
        with counted(library_app) as statements:
            raw(alice, "GET", address, sent)
            body = f"csrf_token={form_token}&{sent}".encode()
            raw(alice, "POST", address, data=body, content_type=FORM)
        assert len(statements) <= 2 * most + 20, (address, sent[:20])
        # A list takes some hundredths of a second, so this is what a person may notice and no attack needs less.
        most_work = 50 * plain
        read = work(partial(raw, alice, "GET", address, sent), enough=most_work)
        written = work(partial(raw, alice, "POST", address, data=body, content_type=FORM), enough=most_work)
        assert max(read, written) <= most_work, (address, sent[:20], read, written, plain)


def work(ask: Callable[[], object], times: int = 3, enough: float = 0.0) -> float:
    """How long the processor was busy with it, whatever else the machine does: the least of so many times.

    :param enough: below which nobody need ask once more.
    """
    taken: list[float] = []
    while len(taken) < times and (not taken or min(taken) > enough):
        began = time.process_time()
        ask()
        taken.append(time.process_time() - began)
    return min(taken)
