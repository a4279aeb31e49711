"""Whatever text stands anywhere in an address or a form: it is taken or refused with a reason, never a failure."""

import base64
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.kinds import Notice, Specimen
from tests.pages import Visitor
from tests.rules.payloads import calm, raw
from webapp.admin.cursors import make_cursor
from webapp.admin.listing.filters.operators import OPERATORS
from webapp.admin.listing.state import BadParameter, list_spec, parse_state
from webapp.admin.mapping import describe
from webapp.admin.paging import SortKey, total_order
from webapp.admin.site import current_site
from webapp.admin.values import encode_key
from webapp.extensions import db
from webapp.users.models import User

# The application is the same for all examples, which leave nothing behind that another one would see.
few = settings(
    max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        ["NaN", "Infinity", "1e400", "-0", "2147483648", "9" * 20, "0000-01-01", "9999-12-31T23:59"]
    ),
    st.sampled_from(
        ["24:00", "2016-12-31T23:59:60", "true", "null", "[]", "1_000", "\u0663", "\uff11", "\0", " "]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(str),
    st.times().map(str),
)
INFO = describe(Specimen)


@pytest.fixture(autouse=True)
def _calm(library_app: Flask, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield from calm(library_app, caplog)


@pytest.fixture
def alice(library_app: Flask) -> Visitor:
    world.keep(library_app, *(world.sample_row(Specimen, number) for number in range(3)))
    return signed_in(library_app, add_user(library_app, "alice", is_superuser=True))


def parameters() -> st.SearchStrategy[str]:
    filters = [
        f"{name}__{operator}"
        for name, column in INFO.selectable.items()
        for operator in OPERATORS.get(column.kind, ())
    ]
    own = ["q", "sort", "size", "after", "before", "from", "last", "columns", "view", "facets", "count"]
    return st.one_of(
        st.sampled_from([*own, *INFO.selectable]), st.sampled_from(filters), st.text(max_size=10)
    )


def sent(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"))


@few
@given(st.lists(st.tuples(parameters(), TEXTS), max_size=3))
def test_any_query_is_a_list_or_a_refusal(alice: Visitor, pairs: list[tuple[str, str]]) -> None:
    """IN-14: each filter by each operator with each kind of text among them."""
    query = "&".join(f"{sent(name)}={sent(value)}" for name, value in pairs)
    # A view that nobody has saved is not there.
    refusals = {400, 404} if "view" in dict(pairs) else {400}
    assert raw(alice, "GET", "/specimens/", query) in {200, *refusals}, query


@few
@given(st.lists(st.tuples(parameters(), TEXTS), max_size=3))
def test_a_lists_own_address_says_the_same_again(library_app: Flask, pairs: list[tuple[str, str]]) -> None:
    with library_app.test_request_context("/specimens/"):
        spec = list_spec(current_site().admin("specimens"), User(is_superuser=True))
        try:
            state = parse_state(spec, MultiDict(pairs))
        except BadParameter:
            return
        again = parse_state(spec, MultiDict(parse_qsl(state.query())))
        assert again.parameters == state.parameters
        assert (again.filters, again.order, again.size) == (state.filters, state.order, state.size)


@few
@given(st.text(min_size=1, max_size=20), TEXTS)
def test_a_key_leads_to_its_row_and_any_other_text_nowhere(
    library_app: Flask, alice: Visitor, text: str, other: str
) -> None:
    is_kept = text.strip() and not any(one == "\0" or "\ud800" <= one <= "\udfff" for one in text)
    if is_kept:
        world.keep(library_app, Notice(code=text, title="x"))
        assert alice.get(f"/notices/{encode_key([text])}/change/").status == 200
        with library_app.app_context():
            db.session.query(Notice).delete()
            db.session.commit()
    for path in (f"/notices/{sent(other) or 'x'}/change/", f"/specimens/{sent(other) or 'x'}x/change/"):
        assert raw(alice, "GET", path) in {303, 308, 400, 404}, path


JSON: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=5,
)


@few
@given(st.one_of(st.binary(max_size=30), JSON.map(lambda value: json.dumps(value).encode())), JSON)
def test_any_cursor_is_a_place_or_a_refusal(alice: Visitor, body: bytes, value: Any) -> None:
    order = total_order([SortKey(INFO.columns["ratio"])], INFO)
    signature = json.loads(base64.urlsafe_b64decode(make_cursor(order, [None, 1]) + "=="))[0]
    for one in (
        body,
        json.dumps([signature, value, "1"]).encode(),
        json.dumps([signature, None, value]).encode(),
    ):
        cursor = base64.urlsafe_b64encode(one).decode().rstrip("=")
        query = urlencode({"sort": "ratio", "after": cursor})
        assert raw(alice, "GET", "/specimens/", query) in {200, 400}, query
        assert raw(alice, "GET", "/books/lookup/", f"field=author&after={cursor}") in {200, 400}, query


@few
@given(st.sampled_from(sorted(set(INFO.columns) - {"id", "version", "photo"})), TEXTS)
def test_any_text_in_any_field_is_saved_or_told_at_the_field(alice: Visitor, name: str, text: str) -> None:
    """IN-02, IN-05, IN-13, IN-14."""
    form = alice.get("/specimens/add/").form()
    data = {**form.fields, "name": "given", name: text, "_continue": "1"}
    if any("\ud800" <= one <= "\udfff" for one in text):
        body = "&".join(f"{sent(str(key))}={sent(str(value))}" for key, value in data.items())
        assert alice.post("/specimens/add/", body).status == 400
        return
    page = alice.post("/specimens/add/", data)
    assert page.status in {303, 422}, (name, text)
    if page.status == 422:
        assert page.errors
    else:
        # What was taken can be opened, and saved again as it is.
        again = alice.get(page.location)
        assert again.status == 200
        assert again.form().submit().status == 303, (name, text)
