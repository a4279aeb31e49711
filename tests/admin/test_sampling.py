"""A few rows tell which pieces of a word are rare and about how many rows hold it: a hint, wherever it is used."""

from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select
from werkzeug.datastructures import MultiDict

from tests.conftest import counted
from tests.pages import Visitor
from webapp.admin import indexed, sampling
from webapp.admin.listing.query import read_rows
from webapp.admin.listing.state import ListSpec, list_spec, parse_state
from webapp.admin.matching import search_for
from webapp.admin.sampling import Sample, sample_of
from webapp.admin.search import Term
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import User

EVERYBODY = "@office.example.org"


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    sampling._samples.clear()
    yield
    sampling._samples.clear()


@pytest.fixture
def spec(app: Flask) -> Iterator[ListSpec]:
    with app.test_request_context():
        yield list_spec(current_site(app).admin("users"), User(is_superuser=True, is_active=True))


def put(emails: list[str], numbers: list[int] | None = None) -> None:
    rows = [
        {"id": number, "username": f"u{number}", "email": email, "password": "!", "full_name": ""}
        for number, email in zip(numbers or range(1, len(emails) + 1), emails, strict=True)
    ]
    db.session.execute(insert(User), rows)


def sample() -> Sample:
    users = SimpleNamespace(**User.__table__.c)
    return sample_of(db.session(), [users.email], users.id)


def test_what_everybody_has_is_no_piece_of_a_word(spec: ListSpec) -> None:
    put([f"nobody{number}{EVERYBODY}" for number in range(200)])
    pieces = sample().rare_pieces(f"jurgen.weiss{EVERYBODY}")
    assert 2 <= len(pieces) <= 3
    assert all(piece in "jurgen.weiss" for piece in pieces)
    assert sample().rare_pieces(f"nobody{EVERYBODY}") == []


@given(text=st.text("abcAB1.@_é\u0130\u212a\x1f", max_size=20))
def test_each_piece_is_of_the_word_and_plain(text: str) -> None:
    for piece in Sample([("abc", 0), ("b1a", 1)] * 100, 200).rare_pieces(text):
        assert piece in text.replace("A", "a").replace("B", "b"), "no Kelvin sign is a k"
        assert piece.isalnum()


@pytest.mark.parametrize("step", [1, 7, 1000])
def test_rows_are_estimated_however_far_apart_their_keys_are(spec: ListSpec, step: int) -> None:
    put(
        [f"{'ann' if number % 4 else 'bob'}{number}{EVERYBODY}" for number in range(3000)],
        list(range(5, 5 + 3000 * step, step)),
    )
    learnt = sample()
    assert 2700 <= learnt.rows <= 3300
    assert 1900 <= learnt.about([["ann", "anna"], [EVERYBODY]]) <= 2600
    assert learnt.about([["ann"], ["nobody"]]) == 0


def test_of_an_empty_table_nothing_is_learnt(spec: ListSpec) -> None:
    assert sample().about([]) == 0


def test_a_word_asked_for_in_pieces_is_found_whole_and_nothing_else(spec: ListSpec) -> None:
    put([f"nobody{number}{EVERYBODY}" for number in range(200)])
    alike = ["jurgen.weiss401", "weiss401.jurgen", "jurgen.weiss402", "urg.jur.gen.wei.eis.iss.ss4.s40.401"]
    put([name + EVERYBODY for name in alike], [1001, 1002, 1003, 1004])
    typed = f"JURGEN.weiss401{EVERYBODY}"
    assert numbers(spec, typed) == [1001]
    assert numbers(spec, f"^{typed} ={typed}") == [1001]
    assert numbers(spec, f"^urgen.weiss401{EVERYBODY}") == []


def numbers(spec: ListSpec, q: str) -> list[int]:
    return [key[0] for key in read_rows(spec, parse_state(spec, MultiDict({"q": q})), None).keys]


def test_what_few_rows_hold_is_asked_of_the_index_once(app: Flask, spec: ListSpec) -> None:
    put([f"nobody{number}{EVERYBODY}" for number in range(200)])
    if not indexed.has_index(spec.info, spec.searched):
        pytest.skip("MariaDB has no such index")
    state = parse_state(spec, MultiDict({"q": "nobody17"}))
    sample_of_users = search_for(spec.info, spec.searched, (Term("warm up"),))
    assert sample_of_users.counted == 0
    with counted(app) as statements:
        assert len(read_rows(spec, state, None).keys) == 11
    in_index = [one for one in statements if "search_users" in str(one) or "chr(31)" in str(one)]
    # The third are the groups of those who were found.
    assert (len(statements), len(in_index)) == (3, 1)
    with counted(app) as statements:
        assert read_rows(spec, parse_state(spec, MultiDict({"q": "nobodyatall"})), None).keys == []
    assert len(statements) == 1


def test_many_who_stand_together_are_not_taken_for_many_of_all(
    app: Flask, alice: User, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """People of one firm who were read in at once have keys in a row, and some of them are among the few rows."""
    monkeypatch.setattr(indexed, "SURELY_MANY", 50)
    emails = [f"u{number}@{'acme' if 1_500 <= number < 1_560 else 'home'}.org" for number in range(3_000)]
    with app.app_context():
        put(emails, list(range(alice.id + 1, alice.id + 3_001)))
        db.session.commit()
        assert sample().about([["acme"]]) <= 60
        assert sample().about([["home"]]) > 0.9 * sample().rows
    for size in ("25", "100"):
        heading = as_alice.get(f"/users/?q=acme&size={size}").soup.select_one(".page-head")
        assert heading is not None
        assert "60 users" in heading.get_text(" ", strip=True)


def test_what_most_rows_hold_is_not_looked_up_for_those_that_a_filter_leaves(
    spec: ListSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a million rows a list of all that match took PostgreSQL fifteen seconds, to be compared with a few."""
    if not indexed.has_index(spec.info, spec.searched):
        pytest.skip("MariaDB has no such index")
    for bound in ("MANY", "SURELY_MANY"):
        monkeypatch.setattr(indexed, bound, 10)
    put([f"u{number}{EVERYBODY}" for number in range(1, 41)])
    looked_up = {}
    for few in (0, 10**9):
        monkeypatch.setattr(indexed, "FEW_PASSED", few)
        search = search_for(spec.info, spec.searched, (Term("office"),))
        assert search.counted == indexed.MANY + 1
        statement = select(User.id).where(User.id > 0, *search.conditions)
        looked_up[few] = "SELECT" in str(statement.whereclause)
        assert len(db.session.scalars(statement).all()) == 40
    assert looked_up == {0: True, 10**9: False}
