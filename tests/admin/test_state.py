"""The address of a list: what it may ask for, and that everything else is refused by name."""

from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from tests.admin.samples import Part, PartAdmin, registered
from tests.admin.saved import save
from tests.conftest import signed_in
from tests.pages import Page, Visitor
from webapp.admin.cursors import make_cursor
from webapp.admin.listing.state import (
    BadParameter,
    list_spec,
    parse_state,
)
from webapp.admin.mapping import describe
from webapp.admin.paging import SortKey
from webapp.admin.search import MAX_SEARCH, MAX_TERMS, Term, parse_terms
from webapp.users.models import User

LONG = "x" * (MAX_SEARCH + 1)


def refused(page: Page, part: str) -> str:
    """Where the page that refuses *part* leads to."""
    assert page.status == 400, (page.address, page.status)
    main = page.soup.main.get_text(" ", strip=True) if page.soup.main else ""
    assert f"“{part}”" in main
    assert page.rows() == []
    address = page.link("without it")
    assert address is not None
    assert part not in parse_qs(urlsplit(address).query, keep_blank_values=True)
    return address


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("size=7", "size"),
        ("size=100&size=25", "size"),
        ("size=&size=7", "size"),
        ("size=-1", "size"),
        ("size=٣", "size"),
        ("size=1e2", "size"),
        ("sort=nothing", "sort"),
        ("sort=", None),
        ("sort=--email", "sort"),
        ("sort=email,", "sort"),
        ("sort=email,-email", "sort"),
        ("sort=email&sort=username", "sort"),
        ("sort=&sort=password", "sort"),
        ("sort=0", "sort"),
        ("sort=email desc", "sort"),
        ("last=0", "last"),
        ("last=1&last=1", "last"),
        ("last=1&from=a", "last"),
        ("after=x", "after"),
        ("after=x&after=y", "after"),
        ("before=%00", "before"),
        ("before=" + "A" * 2000, "before"),
        ("sort=created_at&from=yesterday", "from"),
        ("sort=created_at&from=2026-13-01", "from"),
        ("sort=is_active&from=1", "from"),
        ("from=a&from=b", "from"),
        ("columns=password", "columns"),
        ("columns=nothing", "columns"),
        ("columns=grants", "columns"),
        ("columns=email,", "columns"),
        ("columns=,email", "columns"),
        ("columns=email,email", "columns"),
        ("columns=email&columns=username", "columns"),
        ("columns=groups.name", "columns"),
        ("columns=email%20", "columns"),
        ("columns=__class__", "columns"),
        ("columns=__str__", "columns"),
        ("view=x", "view"),
        (f"q={LONG}", "q"),
        ("q=" + "+".join("abcdefghijk"), "q"),
        ("q=a&q=b", "q"),
        ("q=a%00b", "q"),
        ("is_active=1", "is_active"),
        ("is_active=yes", "is_active"),
        ("is_active__gt=true", "is_active__gt"),
        ("created_at=2026", "created_at"),
        ("created_at__year=26x", "created_at__year"),
        ("username__regex=a", "username__regex"),
        ("username__isnull=2", "username__isnull"),
        ("username__in=" + ",".join("a" * 101), "username__in"),
        ("username__in=alice,", "username__in"),
        ("username__in=,", "username__in"),
        ("full_name=x", "full_name"),
        ("id=1", "id"),
        ("unknown=1", "unknown"),
        ("__class__=1", "__class__"),
        ("_sa_instance_state=1", "_sa_instance_state"),
        ("q__contains=1", "q__contains"),
    ],
)
def test_each_part_that_cannot_be_used_is_named_with_a_way_out(
    as_alice: Visitor, query: str, part: str | None
) -> None:
    page = as_alice.get(f"/users/?{query}")
    if part is None:
        assert page.status == 200
        return
    assert as_alice.get(refused(page, part)).status in (200, 400)


def test_the_way_out_keeps_the_rest_of_the_address(as_alice: Visitor) -> None:
    way_out = refused(as_alice.get("/users/?q=ali&unknown=1&sort=-email"), "unknown")
    page = as_alice.get(way_out)
    assert page.address == "/users/?q=ali&sort=-email"
    assert page.column() == ["alice"]


@pytest.mark.parametrize(
    "query",
    [
        "password=x",
        "password__startswith=%24argon2",
        "password__gt=a",
        "sort=password",
        "sort=-password,username",
        "grants__permission=users.view",
        "grants=1",
        "user.password=x",
        "sort=users.password",
        "sort=version",
        "version__gt=0",
        "locale=en",
    ],
)
def test_the_list_is_no_oracle_for_what_it_does_not_declare(as_bob: Visitor, query: str) -> None:
    """AZ-21."""
    page = as_bob.get(f"/users/?{query}")
    refused(page, query.split("=")[0])
    assert "argon2" not in page.soup.get_text().replace("$argon2", "")


@given(name=st.text(max_size=20), value=st.text(max_size=20))
def test_no_parameter_that_is_not_declared_is_taken(name: str, value: str) -> None:
    translating = Flask("only for its translations")
    Babel(translating)
    admin = registered(Part, PartAdmin)
    declared = name.split("__")[0] in (
        *admin.list_filter,
        "q",
        "sort",
        "size",
        "last",
        "from",
        "after",
        "before",
    )
    if declared or not value:
        return
    with translating.test_request_context(), pytest.raises(BadParameter) as raised:
        parse_state(list_spec(admin, None), MultiDict({name: value}))
    assert raised.value.parameter == name


@pytest.mark.parametrize("parameter", ["q", "sort", "size", "after", "before", "last", "from"])
@pytest.mark.parametrize(
    "value", ["\ufffd", "'", "<script>", "%", "../..", "٣", "🙂", "-", ",", "1,2", "null", "[]"]
)
def test_nothing_in_a_list_s_own_parameters_makes_it_fail(
    as_alice: Visitor, parameter: str, value: str
) -> None:
    assert as_alice.get(f"/users/?{parameter}={quote(value)}").status in (200, 400)


@pytest.mark.parametrize("query", ["", "q=", "sort=&size=&is_active=", "&&", "q=++"])
def test_an_empty_value_is_not_given(as_alice: Visitor, query: str) -> None:
    page = as_alice.get(f"/users/?{query}")
    assert page.status == 200
    assert page.column() == ["alice"]


@pytest.mark.parametrize("q", ["%20%20", "%22%22", "^%22%22", "%22%20%22%20=%22"])
def test_a_search_for_nothing_is_none(as_alice: Visitor, q: str) -> None:
    page = as_alice.get(f"/users/?q={q}&sort=email")
    assert page.column() == ["alice"]
    assert page.soup.select_one('input[name="q"]')["value"] == ""  # type: ignore[index]
    assert page.soup.select("main a[href*='q=']") == []
    view = save(as_alice, "/users/?q=bob", "Bobs").address
    assert as_alice.get(f"{view}&q={q}").column() == ["alice"], "nor is that of a view"


@pytest.mark.parametrize("query", ["q=%ff%fe", "%ff=1", "sort=%ed%a0%80", "%00=1", "q=%00", "%00"])
def test_bytes_that_are_no_text_are_refused(as_alice: Visitor, query: str) -> None:
    assert as_alice.get(f"/users/?{query}").status == (200 if query == "%00" else 400)


@pytest.mark.parametrize(
    ("query", "part", "rest"),
    [
        ("q=%ff", "q", ""),
        ("is_active=true&q=%ed%a0%80&size=25", "q", "?is_active=true&size=25"),
        ("%ffq=1&q=%C3%A9%22&size=%ff", "\ufffdq", "?q=%C3%A9%22"),
    ],
)
def test_of_bytes_that_are_no_text_the_part_is_named_with_a_way_out(
    as_alice: Visitor, query: str, part: str, rest: str
) -> None:
    page = as_alice.get(f"/users/?{query}")
    assert refused(page, part) == f"/users/{rest}"
    assert "damaged" in page.text
    assert as_alice.get(f"/users/{rest}").status == 200
    assert as_alice.get(f"/nowhere/?{query}").link("without it") is None


def test_a_cursor_serves_one_order_only(app: Flask, as_alice: Visitor, bob: User, charlie: User) -> None:
    cursor = make_cursor([SortKey(describe(User).columns["email"])], ["alice@example.org"])
    assert as_alice.get(f"/users/?sort=email&after={cursor}").status == 200
    for other in ("", "sort=-email&", "sort=email,username&", "sort=created_at&"):
        page = as_alice.get(f"/users/?{other}after={cursor}")
        if other == "sort=email,username&":
            # E-mails are unique, so what follows them changes nothing.
            assert page.status == 200
        else:
            assert refused(page, "after") == f"/users/?{other}".rstrip("?&")


# Words


@pytest.mark.parametrize(
    ("q", "terms"),
    [
        ("", ()),
        ("  ", ()),
        ("ann lee", ("ann", "lee")),
        ("ann  ann", ("ann",)),
        ('"ann lee"', ("ann lee",)),
        ('x "ann lee" y', ("x", "ann lee", "y")),
        ('"ann lee', ("ann lee",)),
        ('""', ()),
        ('" "', ()),
        ('" ann"', (" ann",)),
        ("“ann lee” x", ("ann lee", "x")),
        ("it's", ("it's",)),
        ("100% a_b \\", ("100%", "a_b", "\\")),
    ],
)
def test_a_search_is_words_and_quoted_phrases(q: str, terms: tuple[str, ...]) -> None:
    assert parse_terms(q) == tuple(Term(text) for text in terms)


@pytest.mark.parametrize(
    ("q", "terms"),
    [
        ("^ann", (Term("ann", "starts"),)),
        ("=ann", (Term("ann", "is"),)),
        ('^"ann lee" x', (Term("ann lee", "starts"), Term("x"))),
        ("=“ann lee”", (Term("ann lee", "is"),)),
        ("^ = ^^a a^b", (Term("^"), Term("="), Term("^a", "starts"), Term("a^b"))),
        ('"^ann" ann ^ann', (Term("^ann"), Term("ann"), Term("ann", "starts"))),
        ('^"" ^', (Term("^"),)),
    ],
)
def test_a_word_may_ask_for_a_beginning_or_for_a_whole_text(q: str, terms: tuple[Term, ...]) -> None:
    assert parse_terms(q) == terms


def test_a_search_has_bounds_and_may_reach_them(as_alice: Visitor) -> None:
    assert as_alice.get("/users/?q=" + "x" * MAX_SEARCH).status == 200
    assert as_alice.get("/users/?q=" + "+".join("abcdefghij"[:MAX_TERMS])).status == 200
    assert "200 characters" in as_alice.get(f"/users/?q={LONG}").text
    assert "10 words" in as_alice.get("/users/?q=" + "+".join("abcdefghijk")).text


# Names that mean two things


def test_a_column_that_bears_a_name_of_the_list_is_asked_by_its_operator(
    sample_app: Flask, alice: User
) -> None:
    visitor = signed_in(sample_app, alice)
    refused(visitor.get("/parts/?size=5"), "size")
    page = visitor.get("/parts/?size__eq=5&size=25")
    assert page.status == 200
    assert page.link("Remove Size") == "/parts/?size=25"
    assert page.soup.select_one('.filters [name="size__eq"]')["value"] == "5"  # type: ignore[index]


def test_one_filter_written_in_two_ways_is_one_filter(as_alice: Visitor) -> None:
    page = as_alice.get("/users/?username__eq=alice")
    assert page.column() == ["alice"]
    chip = page.soup.select_one(".chip a")
    assert chip is not None
    assert chip["href"] == "/users/"
    assert as_alice.get("/users/?username__eq=nobody&username=alice").column() == ["alice"]
