"""Exports: who may have one, how it is answered, and what the history tells of it."""

from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.admin.exports import entries, taken
from tests.admin.samples import Part, PartAdmin
from tests.conftest import add_user, counted, signed_in
from tests.pages import Visitor
from webapp.admin.options import ModelAdmin
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import User

# Who may have it


def test_it_takes_a_permission_of_its_own_besides_seeing_the_list(app: Flask) -> None:
    for grants, status in (
        ((), 403),
        (("users.view",), 403),
        (("users.export",), 403),
        (("users.change", "users.add", "users.delete"), 403),
        (("users.view", "users.export"), 200),
        (("users.change", "users.export"), 200),
    ):
        visitor = signed_in(app, add_user(app, "-".join(("p", *grants)).replace(".", "-"), grants=grants))
        assert visitor.get("/users/export/?format=csv", buffered=True).status == status, grants
        if "users.view" in grants or "users.change" in grants:
            assert bool(visitor.get("/users/").soup.select("a[href*='/users/export/']")) == (status == 200)


def test_the_button_offers_each_format_of_what_the_list_shows(app: Flask, as_alice: Visitor) -> None:
    page = as_alice.get("/users/?q=ali&sort=-email&is_active=true&size=25")
    links = page.soup.select("#exports a")
    assert [link.get_text(strip=True) for link in links] == ["CSV", "JSON", "NDJSON"]
    assert links[0]["href"] == "/users/export/?q=ali&sort=-email&is_active=true&format=csv"
    for link in links:
        assert "alice" in taken(as_alice, str(link["href"]))


def test_a_model_that_is_not_to_be_taken_away_is_not(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UserAdmin, "can_export", False)
    assert as_alice.get("/users/export/").status == 403
    assert as_alice.get("/users/").soup.select("#exports") == []


def test_strangers_are_asked_to_sign_in_first(app: Flask, stranger: Visitor) -> None:
    page = stranger.get("/users/export/?format=csv")
    assert (page.status, page.location) == (303, "/login?next=/users/export/?format%3Dcsv")


def test_rows_that_do_not_exist_for_a_person_are_in_none_of_their_files(
    parts: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def query(self: ModelAdmin, user: Any) -> Any:
        return ModelAdmin.query(self, user).where(Part.name != "Nut")

    monkeypatch.setattr(PartAdmin, "query", query)
    for name in ("parts", "computed"):
        for form in ("csv", "json", "ndjson"):
            text = taken(keeper, f"/{name}/export/?format={form}&q=t")
            assert "Bolt" in text
            assert "Nut" not in text


# The answer


def test_the_file_is_named_after_the_model_and_the_day(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "webapp.admin.transfer.sending.now", lambda: datetime(2026, 11, 28, 1, tzinfo=UTC), raising=True
    )
    tokyo = signed_in(app, add_user(app, "kenji", is_superuser=True, timezone="America/Los_Angeles"))
    kinds = {"csv": "text/csv", "json": "application/json", "ndjson": "application/x-ndjson"}
    for visitor, day in ((as_alice, "2026-11-28"), (tokyo, "2026-11-27")):
        for form, kind in kinds.items():
            answer = visitor.client.get(f"/users/export/?format={form}", buffered=True)
            assert answer.mimetype == kind
            assert answer.headers["Content-Disposition"] == f'attachment; filename="users-{day}.{form}"'
            assert answer.headers["Cache-Control"] == "no-store"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_head_answers_the_same_without_reading_or_telling_anything(app: Flask, as_alice: Visitor) -> None:
    whole = as_alice.client.get("/users/export/?format=json", buffered=True)
    told = len(entries(app))
    with counted(app) as statements:
        head = as_alice.client.head("/users/export/?format=json")
    assert (head.status_code, head.data) == (200, b"")
    ours = ("Content-Type", "Content-Disposition", "Cache-Control")
    assert [head.headers[name] for name in ours] == [whole.headers[name] for name in ours]
    assert not any("full_name" in statement and "ORDER BY" in statement for statement in statements)
    assert len(entries(app)) == told
    assert as_alice.client.head("/users/export/?format=xml").status_code == 400


def test_it_is_sent_as_it_comes_and_no_compressor_waits_for_its_end(app: Flask, as_alice: Visitor) -> None:
    answer = as_alice.client.get(
        "/users/export/?format=json", headers={"Accept-Encoding": "br, gzip"}, buffered=True
    )
    assert "Content-Encoding" not in answer.headers
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize(
    ("query", "part"),
    [
        ("format=xml", "format"),
        ("format=CSV", "format"),
        ("format=csv&format=json", "format"),
        ("format=../../etc/passwd", "format"),
        ("format=csv%00", "format"),
        ("format=csv&columns=password", "columns"),
        ("format=csv&sort=password", "sort"),
        ("format=csv&password=x", "password"),
        ("format=csv&password__startswith=x", "password__startswith"),
        ("format=csv&groups__name=x", "groups__name"),
        ("format=csv&size=1000000", "size"),
        ("format=csv&after=x", "after"),
        ("format=csv&last=2", "last"),
        ("format=csv&q=a%00", "q"),
        ("format=csv&is_active=maybe", "is_active"),
        ("format=csv&nothing=1", "nothing"),
    ],
)
def test_what_the_address_cannot_say_is_refused_by_name(
    app: Flask, as_alice: Visitor, query: str, part: str
) -> None:
    """AZ-21."""
    page = as_alice.get(f"/users/export/?{query}")
    assert page.status == 400
    assert f"“{part}”" in page.text
    way_on = page.link("Show the list without it")
    assert way_on is not None
    assert "format" not in way_on
    assert as_alice.get(way_on).status == 200
    assert entries(app) == []


def test_a_list_itself_knows_no_format(app: Flask, as_alice: Visitor) -> None:
    page = as_alice.get("/users/?format=csv")
    assert page.status == 400
    assert "“format”" in page.text


# The history


def test_the_history_tells_who_took_what_away_and_how_much(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "ben")
    taken(as_alice, "/users/export/?format=json&q=ben&sort=-email&size=25")
    taken(as_alice, "/users/export/")
    assert entries(app) == [
        ("export", "1 user", {"format": "json", "rows": 1, "list": "q=ben&sort=-email"}),
        ("export", "2 users", {"format": "csv", "rows": 2}),
    ]
    assert "alice exported 2 users" in " ".join(as_alice.get("/").soup.get_text(" ", strip=True).split())


def test_everybody_reads_in_the_own_language_how_much_was_taken(
    app: Flask, as_alice: Visitor, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.config, "LOCALES", ("en", "pt_BR"))
    taken(as_alice, "/users/export/")
    taken(as_alice, "/users/export/?q=nobody")
    with app.app_context():
        db.session.execute(update(User).where(User.id == alice.id).values(locale="pt_BR"))
        db.session.commit()
    told = " ".join(as_alice.get("/").soup.get_text(" ", strip=True).split())
    assert "alice exportou 1 usuário" in told
    assert "alice exportou 0 usuários" in told
    page = as_alice.get("/log_entries/?verb_is=export&columns=record")
    assert [row[-1] for row in page.rows()] == ["0 usuários", "1 usuário"]


def test_five_statements_one_for_the_groups_and_no_more_for_more_rows_of_a_batch(app: Flask) -> None:
    bob = signed_in(app, add_user(app, "bob", grants=("users.view", "users.export")))
    for more in range(2):
        for number in range(20 * more):
            add_user(app, f"more{number:03}")
        bob.get("/users/")
        with counted(app) as statements:
            taken(bob, "/users/export/?format=csv&sort=username&is_active=true")
        assert len(statements) <= 6, statements
