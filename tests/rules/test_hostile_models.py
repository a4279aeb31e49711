"""Whatever a client sends to the pages of any model, with every kind of column and key: never a 5xx, never a trace."""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

import pytest
from flask import Flask

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.walking import ANNEXED, NAMES, READ_ONLY
from tests.pages import Visitor
from tests.rules.payloads import FORM, calm, payloads, raw
from tests.rules.subjects import admins, filled, keep_rows, keep_targets
from tests.rules.world import dump, token
from tests.shares import share
from webapp.admin.listing.filters.operators import OPERATORS, RELATION_OPERATORS
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import actions_of


@pytest.fixture(autouse=True)
def _calm(library_app: Flask, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield from calm(library_app, caplog)


@pytest.fixture(params=["users", "groups", *NAMES, READ_ONLY])
def model_admin(request: pytest.FixtureRequest, library_app: Flask) -> ModelAdmin:
    if request.param in ANNEXED and not world.has_schemas(library_app.config["DATABASE_URL"]):
        pytest.skip("only PostgreSQL has schemas")
    return next(one for one in admins(library_app) if one.name == request.param)


@pytest.fixture
def alice(library_app: Flask) -> Visitor:
    return signed_in(library_app, add_user(library_app, "alice", is_superuser=True))


def some(app: Flask, number: int, step: int = 20) -> list[str]:
    """A part of the payloads, another one for each *number*: there are many fields, and each meets some."""
    every = payloads(app)
    step = min(step, len(every) // 2)
    return every[number % step :: step]


def test_no_key_is_too_strange(library_app: Flask, alice: Visitor, model_admin: ModelAdmin) -> None:
    (key,) = keep_rows(library_app, model_admin.info, 1)
    base, form_token = f"/{model_admin.name}/", token(alice)
    before = dump(library_app)
    for payload in share(some(library_app, len(base), 6), 2):
        for strange in (payload or "x", f"{key},{payload}", f"{payload},{payload}"):
            if strange != key:
                assert alice.client.get(f"{base}{strange}/change/").status_code in {400, 404}, strange
        for body in (f"selected={payload}&action=delete", f"selected={key}&action={payload}&_object=1"):
            sent = f"{body}&_object={payload}&csrf_token={form_token}".encode()
            assert raw(alice, "POST", f"{base}action/", data=sent, content_type=FORM) < 500, body
    assert dump(library_app) == before


def test_no_query_is_too_strange(library_app: Flask, alice: Visitor, model_admin: ModelAdmin) -> None:
    info, base = model_admin.info, f"/{model_admin.name}/"
    (key,) = keep_rows(library_app, info, 1)
    parameters = ["q", "sort", "after", "before", "from", *info.selectable, *info.relations]
    parameters += [
        f"{name}__{operator}"
        for name in model_admin.list_filter
        for operator in (
            OPERATORS.get(info.selectable[name].kind, ()) if name in info.selectable else RELATION_OPERATORS
        )
    ]
    fields = [name for name, relation in info.relations.items() if relation.is_writable]
    before, form_token = dump(library_app), token(alice)
    for number, parameter in share([*enumerate(parameters)]):
        for payload in some(library_app, number):
            query = f"{quote(parameter)}={payload}"
            address = base if number % 2 else f"{base}add/"
            for path in {base, address}:
                assert raw(alice, "GET", path, query) < 500, (path, query)
    for payload in share(some(library_app, len(base), 8), 2):
        for field in (*fields[:1], payload):
            for query in (f"q={payload}", f"after={payload}", f"key={payload}", f"key={key}&q={payload}"):
                assert raw(alice, "GET", f"{base}lookup/", f"field={field}&{query}") < 500, (field, query)
        body = f"action=delete&select_across=1&_count={payload}&_confirm=1&csrf_token={form_token}".encode()
        status = raw(alice, "POST", f"{base}action/", f"q={payload}x", data=body, content_type=FORM)
        assert status < 500, payload
    assert dump(library_app) == before


def test_the_page_to_choose_from_shows_no_markup(library_app: Flask, alice: Visitor) -> None:
    for payload in share(payloads(library_app)):
        answer = alice.client.get(
            "/books/lookup/",
            headers={"Accept": "text/html"},
            environ_overrides={"QUERY_STRING": f"field=author&q={payload}"},
        )
        assert answer.status_code in {200, 400}, payload
        assert "<script>alert" not in answer.get_data(as_text=True)


def test_no_value_is_too_strange(library_app: Flask, alice: Visitor, model_admin: ModelAdmin) -> None:
    """One field after the other holds some of the payloads while the others are right; then all hold them at once."""
    info, base = model_admin.info, f"/{model_admin.name}/"
    (key,) = keep_rows(library_app, info, 1)
    keep_targets(library_app, info, 90)
    for number, address in enumerate((f"{base}add/", f"{base}{key}/change/")):
        data = filled(alice, info, address, 91 + number)
        # None of the tries meets the version of the one before.
        names = [name for name in data if name not in ("csrf_token", "_version", "_save")]
        bodies = []
        for place, name in share([*enumerate(names)]):
            others = {other: value for other, value in data.items() if other != name}
            bodies += [
                f"{urlencode(others, doseq=True)}&{name}={payload}"
                for payload in some(library_app, place + 7 * number, 20)
            ]
        kept = urlencode({name: data[name] for name in data if name not in names})
        every = payloads(library_app)
        for turn in share(range(0, len(every), 6), 2):
            parts = (f"{name}={every[(turn + place) % len(every)]}" for place, name in enumerate(names))
            bodies.append("&".join((kept, *parts)))
        for body in bodies:
            status = raw(alice, "POST", address, data=body.encode(), content_type=FORM)
            assert status in {303, 400, 403, 409, 422}, (address, body)
    for page in (base, f"{base}{key}/change/", f"{base}{key}/history/", "/"):
        found = alice.client.get(page)
        assert found.status_code == 200, page
        assert "<script>alert" not in found.get_data(as_text=True)


def test_no_form_of_an_action_takes_what_is_too_strange(library_app: Flask, alice: Visitor) -> None:
    form_token = token(alice)
    for number, model_admin in enumerate(admins(library_app)):
        for place, action in enumerate(actions_of(model_admin).values()):
            (key,) = keep_rows(library_app, model_admin.info, 10 * number + place)
            for payload in share(payloads(library_app)):
                body = (
                    f"action={action.name}&selected={key}&_confirm={payload}&group={payload}&_list={payload}"
                )
                sent = f"{body}&csrf_token={form_token}".encode()
                assert (
                    raw(alice, "POST", f"/{model_admin.name}/action/", data=sent, content_type=FORM) < 500
                ), body
