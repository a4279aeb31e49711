"""A search through an index finds what looking at every row finds, on each engine, whatever is typed."""

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy import delete, insert, select, text, update
from werkzeug.datastructures import MultiDict

from tests.conftest import add_user, counted
from tests.pages import Visitor
from webapp.accents import unaccented
from webapp.admin import indexed, matching, sampling
from webapp.admin.listing.counting import count_rows
from webapp.admin.listing.query import read_rows
from webapp.admin.listing.state import ListSpec, list_spec, parse_state
from webapp.admin.matching import search_for
from webapp.admin.search import SHORT, Term, as_stored, matches, parse_terms
from webapp.admin.site import current_site
from webapp.database import now
from webapp.extensions import db
from webapp.users.models import User

# Also letters with odd capitals: long s, the Kelvin sign, the Turkish ones, the sigmas. And a mark by itself.
LETTERS = "ab \"'*%_\\/-^=(){}:+.@,1éÉ\u0301łß\u017f\u212a\u0130\u0131Σς\u03c3Жж中\x1f"
# What an index takes for another letter, or for the mark that it sets itself.
UNKNOWN = {*"\u017f\u212a\u0130\u0131\x1f"}
TEXTS = st.text(LETTERS, max_size=8)
TYPED = st.one_of(
    TEXTS, st.sampled_from(["NEAR", "a OR b", "a AND b", "NOT a", "{full_name}: a", "a*", "^ab"])
)


@pytest.fixture
def spec(app: Flask) -> Iterator[ListSpec]:
    with app.test_request_context():
        yield list_spec(current_site(app).admin("users"), User(is_superuser=True, is_active=True))


def put(*names: str, start: int = 1) -> None:
    """People of these full names, and of usernames that are the same folded."""
    rows = [
        {
            "id": number,
            "username": f"u{number} {name}",
            "email": f"{number}@example.org",
            "password": "!",
            "full_name": name,
        }
        for number, name in enumerate(names, start)
    ]
    db.session.execute(insert(User), rows)


def found(spec: ListSpec, q: str) -> list[int]:
    state = parse_state(spec, MultiDict({"q": q, "sort": "username", "size": "250"}))
    return sorted(key[0] for key in read_rows(spec, state, None).keys)


def shortest(spec: ListSpec, term: Term) -> int:
    """How long *term* is in the column that makes it shortest, as one does that keeps no space around it."""
    stored = [as_stored(field.column, term.text) for field in spec.searched]
    return min(len(unaccented(text) if leaves_accents_out() else text) for text in stored)


def leaves_accents_out() -> bool:
    """Whether it is we that leave them out, in the same way whatever the collation."""
    return db.engine.dialect.name == "postgresql"


def found_by_looking(spec: ListSpec, q: str, *, is_long: bool) -> list[int]:
    """By comparing each row; in a long table short words stand at the beginning, and all where the page says so: where
    there is no index, or none that could know one of the letters."""
    terms = parse_terms(q)
    says_so = search_for(spec.info, spec.searched, terms).at_beginnings
    is_known = indexed.has_index(spec.info, spec.searched) and not UNKNOWN & {*q}
    is_known = is_known and not any(term.text.strip() == "\u0301" for term in terms)
    assert not says_so or (is_long and not is_known)
    terms = tuple(
        term.at_beginning if says_so or (is_long and shortest(spec, term) < SHORT) else term for term in terms
    )
    return sorted(db.session.scalars(select(User.id).where(*matches(spec.searched, terms))))


@given(names=st.lists(TEXTS, min_size=1, max_size=6), q=TYPED, is_long=st.booleans())
@example(names=["Ann* Lee", 'say "ann"', "ANN LEE"], q='"ann* lee"', is_long=True)
@example(names=["straße", "STRASSE", "strasse"], q="straße", is_long=True)
@example(names=["ΟΔΟΣ", "οδος", "οδοσα"], q="οδοσ", is_long=True)
@example(names=["100%", "100x", "a_b", "axb"], q="100% a_b", is_long=True)
@example(names=["ab", "xab", "Abx"], q="ab", is_long=True)
@example(names=["a", "xa"], q="=a", is_long=True)
@example(names=["a", "", "b"], q="a-b -a", is_long=True)
@example(names=["11", "xx 11 "], q='"11 " xx', is_long=True)
@example(names=["11"], q='"11\x1f', is_long=True)
@example(names=["111\u212a"], q="11\u212a", is_long=True)
@example(names=["\x1fab", "ab\x1fc"], q="^ab", is_long=True)
@example(names=["José", "Jose\u0301", "jose", "JOSÉ"], q="josé", is_long=True)
@example(names=["áb", "ab", "xáb"], q="a\u0301b", is_long=True)
@example(names=["\u0301", "a", "é"], q="=\u0301", is_long=True)
def test_the_index_finds_what_looking_at_every_row_finds(
    engine_app: Flask, names: list[str], q: str, is_long: bool
) -> None:
    with engine_app.test_request_context(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(matching, "MAX_LOOKED_AT", 0 if is_long else 1000)
        matching._lengths.clear()
        sampling._samples.clear()
        spec = list_spec(current_site(engine_app).admin("users"), User(is_superuser=True, is_active=True))
        put(*names)
        assert found(spec, q) == found_by_looking(spec, q, is_long=is_long)


@pytest.mark.parametrize(
    ("q", "names"),
    [
        ("ann", ["Ann Lee", "Joanna", "lee ann"]),
        ("ANN", ["Ann Lee", "Joanna", "lee ann"]),
        ("lee ann", ["Ann Lee", "lee ann"]),
        ('"lee ann"', ["lee ann"]),
        ("^ann", ["Ann Lee"]),
        ('^"lee a"', ["lee ann"]),
        ('="ann lee"', ["Ann Lee"]),
        ("=ann", []),
        ("%", []),
        ("_", []),
        ("nn", ["Ann Lee", "Joanna", "lee ann"]),
        ("a%n", []),
    ],
)
def test_words_phrases_beginnings_and_whole_texts(spec: ListSpec, q: str, names: list[str]) -> None:
    put("Ann Lee", "Joanna", "lee ann", "Bob")
    known = dict(db.session.execute(select(User.id, User.full_name)).all())  # type: ignore[arg-type]
    assert sorted(known[number] for number in found(spec, q)) == sorted(names)


# The last are more than MariaDB's older collations know.
@pytest.mark.parametrize("q", ["jose", "JOSÉ", "=josé", "^jós", "jose\u0301", '"jose l"', "josé lukasz"])
@pytest.mark.parametrize("is_indexed", [True, False])
def test_accents_make_no_difference_where_the_engine_can(
    spec: ListSpec, monkeypatch: pytest.MonkeyPatch, q: str, is_indexed: bool
) -> None:
    if db.engine.dialect.name == "sqlite":
        pytest.skip("its trigrams cannot leave out accents before 3.45")
    if not leaves_accents_out() and ("l" in q or "\u0301" in q):
        pytest.skip("it depends on the collation")
    if not is_indexed:
        monkeypatch.setattr(indexed, "_ENGINES", {})
    put("Jose", "José", "JOSÉ LUKASZ", "Josê Łukasz", "Josep", "Bob", "ジョセ")
    db.session.execute(update(User).values(username=User.id, email=User.id))
    wanted = {
        "=josé": [1, 2],
        "^jós": [1, 2, 3, 4, 5],
        '"jose l"': [3, 4],
        "josé lukasz": [3, 4],
    }
    assert found(spec, q) == wanted.get(q, [1, 2, 3, 4, 5])


def test_the_index_keeps_up_with_every_change(spec: ListSpec) -> None:
    put("Ann", "Bob")
    db.session.commit()
    db.session.execute(update(User).where(User.id == 2).values(full_name="Annabel"))
    assert found(spec, "ann") == [1, 2]
    assert found(spec, "bob") == [2], "the username is still the old one"
    db.session.rollback()
    assert found(spec, "ann") == [1]
    db.session.execute(update(User).where(User.id == 1).values(id=7))
    assert found(spec, "ann") == [7]
    db.session.execute(update(User).values(is_active=False))
    db.session.execute(delete(User).where(User.id == 7))
    assert found(spec, "ann") == []
    db.session.commit()
    assert found(spec, "bob") == [2]


def test_a_sign_in_touches_no_index_of_texts(spec: ListSpec) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("triggers are SQLite's")
    put("Ann")
    before = db.session.execute(text("SELECT total_changes()")).scalar_one()
    db.session.execute(update(User).values(last_login_at=None, version=2))
    assert db.session.execute(text("SELECT total_changes()")).scalar_one() == before + 1


# Few and many


@pytest.fixture
def many(spec: ListSpec, monkeypatch: pytest.MonkeyPatch) -> ListSpec:
    """A list in which more than ten are many."""
    monkeypatch.setattr(indexed, "MANY", 10)
    monkeypatch.setattr(indexed, "SURELY_MANY", 10)
    monkeypatch.setattr(indexed, "NEAR", 1)
    put(*(f"Ann {number:03}" if number % 3 else f"Bob {number:03}" for number in range(120)))
    return spec


def pages(spec: ListSpec, **arguments: str) -> list[list[int]]:
    """Every page of a list, and that going back gives the same."""
    seen: list[list[int]] = []
    at: dict[str, str] = {}
    while True:
        rows = read_rows(spec, parse_state(spec, MultiDict({**arguments, **at})), None)
        seen.append([key[0] for key in rows.keys])
        if rows.after is None:
            return seen
        at = {"after": rows.after}


@pytest.mark.parametrize("sort", ["username", "-username", "full_name", "-created_at", "last_login_at"])
@pytest.mark.parametrize("most", [20_000, 7])
def test_many_are_found_in_their_order_by_walking_and_where_a_walk_gives_up(
    many: ListSpec, monkeypatch: pytest.MonkeyPatch, sort: str, most: int
) -> None:
    monkeypatch.setattr(matching, "MAX_WALKED", most)
    walked = pages(many, q="ann", sort=sort, size="25")
    monkeypatch.setattr(indexed, "NEAR", 10_000)
    assert walked == pages(many, q="ann", sort=sort, size="25")
    monkeypatch.setattr(indexed, "MANY", 10_000)
    monkeypatch.setattr(indexed, "SURELY_MANY", 10_000)
    assert walked == pages(many, q="ann", sort=sort, size="25")
    assert [len(page) for page in walked] == [25, 25, 25, 5]


def test_a_walk_that_gives_up_among_rows_with_a_value_does_not_go_on_among_those_without(
    many: ListSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All Bobs signed in before a few of the Anns did: a walk past the Bobs ends at the first of these Anns."""
    is_bob = User.full_name.startswith("Bob")
    db.session.execute(update(User).where(is_bob).values(last_login_at=now()))
    db.session.execute(update(User).where(~is_bob, User.id <= 30).values(last_login_at=now()))
    asked = {"q": "ann", "sort": "last_login_at", "size": "25"}
    in_order = pages(many, **asked)
    monkeypatch.setattr(matching, "MAX_WALKED", 45)
    assert pages(many, **asked) == in_order
    assert [len(page) for page in in_order] == [25, 25, 25, 5]


def test_many_are_walked_to_and_few_are_looked_up(many: ListSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    if not indexed.has_index(many.info, many.searched):
        pytest.skip("MariaDB has no such index")
    # However high the numbers of the rows are by now, after which SQLite guesses how many there are.
    monkeypatch.setattr(indexed, "NEAR", 0)
    walk = search_for(many.info, many.searched, (Term("ann"),))
    assert walk.walk is not None
    assert walk.counted == indexed.MANY + 1
    look_up = search_for(many.info, many.searched, (Term("ann 00"),))
    assert look_up.walk is None
    if db.engine.dialect.name == "sqlite":
        monkeypatch.setattr(indexed, "NEAR", 100)
        far = search_for(many.info, many.searched, (Term("ann"),))
        assert (far.walk, far.counted) == (None, indexed.MANY + 1)


@pytest.mark.parametrize(("q", "number"), [("ann", 11), ("ann 00", 6), ("nobody", 0)])
def test_the_count_of_a_search_is_that_of_the_index(many: ListSpec, q: str, number: int) -> None:
    if db.engine.dialect.name != "sqlite":
        pytest.skip("the others count rows")
    state = parse_state(many, MultiDict({"q": f'"{q}"'}))
    assert count_rows(many, state, None).number == number


def test_the_count_of_a_search_with_a_filter_is_of_both(many: ListSpec) -> None:
    db.session.execute(update(User).where(User.full_name == "Ann 001").values(is_staff=True))
    state = parse_state(many, MultiDict({"q": "ann", "is_staff": "true"}))
    assert count_rows(many, state, None).number == 1
    assert len(read_rows(many, state, None).keys) == 1


def test_a_search_costs_one_statement_more(app: Flask, as_alice: Visitor) -> None:
    for number in range(60):
        add_user(app, f"person{number}")
    as_alice.get("/users/?q=person&size=25")
    with counted(app) as plain:
        as_alice.get("/users/?size=25")
    with counted(app) as searched:
        as_alice.get("/users/?q=person&size=25")
    assert len(searched) <= len(plain) + 1


# Without an index


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    yield
    matching._lengths.clear()
    sampling._samples.clear()


def test_a_list_without_an_index_looks_inside_while_it_is_short_and_says_when_it_is_long(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(app, "joanna")
    monkeypatch.setattr(indexed, "_ENGINES", {})
    assert as_alice.get("/users/?q=ann").column() == ["joanna"]
    monkeypatch.setattr(matching, "MAX_LOOKED_AT", 1)
    matching._lengths.clear()
    page = as_alice.get("/users/?q=ann")
    assert page.rows() == []
    assert "Looks at the beginnings of username, e-mail, and full name" in page.text
    assert as_alice.get("/users/?q=joa").column() == ["joanna"]


def test_where_the_database_has_no_index_a_search_does_without(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_user(app, "joanna")
    monkeypatch.setattr("webapp.search_index.is_there", lambda connection, name: False)
    assert as_alice.get("/users/?q=ann").column() == ["joanna"]


@pytest.mark.parametrize(
    "q",
    [
        '"',
        '""',
        "*",
        "^",
        "=",
        '^"',
        "NEAR(a b)",
        "a OR",
        "{a} : b",
        "-a",
        "(",
        ")",
        "'",
        "a\x1fb",
        "\\",
        "🙂🙂🙂",
        "ﬁ",
        "ŉ",
        "Ა",
    ],
)
def test_nothing_that_is_typed_makes_a_search_fail(as_alice: Visitor, q: str) -> None:
    assert as_alice.get(f"/users/?q={quote(q)}").status == 200
