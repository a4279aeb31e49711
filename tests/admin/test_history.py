"""What happened, when, by whom: on the object's page, on its history page, and told in words."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.samples import Colour, Part
from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor
from webapp.admin.history import (
    MAX_VALUE_LENGTH,
    Change,
    LogEntry,
    changes_of,
    differences,
    record,
    snapshot,
)
from webapp.admin.mapping import describe
from webapp.extensions import db
from webapp.users.models import User


def lines(page: Page) -> list[str]:
    return [tag.get_text(" ", strip=True) for tag in page.soup.select("main ol > li")]


def history(visitor: Visitor, user: User, query: str = "") -> Page:
    return visitor.get(f"/users/{user.id}/history/{query}")


def write(app: Flask, user: User, number: int) -> None:
    """So many entries about *user*, the newest with the highest number."""
    with app.app_context():
        for count in range(number):
            change = Change("full_name", "text", f"old {count}", f"new {count}")
            record(db.session(), verb="change", name="users", key=str(user.id), label="bob", changes=[change])
            db.session.flush()
        db.session.commit()


def test_a_change_is_told_with_both_values(as_alice: Visitor, bob: User) -> None:
    as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert <b>", is_active=False).submit()
    page = history(as_alice, bob)
    [line] = lines(page)
    assert line.startswith("alice changed bob")
    changes = {
        tag.select_one("dt").get_text(): tag.select_one("dd").get_text(" ", strip=True)  # type: ignore[union-attr]
        for tag in page.soup.select("dl.changes > div")
    }
    assert changes == {"Full name": "was empty is now Robert <b>", "Active": "was Yes is now No"}
    assert page.soup.select("time[datetime]")
    assert page.link("Change") == f"/users/{bob.id}/change/"


def test_a_line_is_a_sentence_with_its_spaces(as_alice: Visitor, bob: User) -> None:
    as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit()
    for address in ("/", f"/users/{bob.id}/history/"):
        line = as_alice.get(address).soup.select_one(".timeline-line")
        assert line is not None
        # Without a separator: what stands between the words is what this is about.
        assert " ".join(line.get_text().split()) == "alice changed bob"


def test_the_pages_of_a_person_are_tabs_and_the_present_one_is_marked(as_alice: Visitor, bob: User) -> None:
    for path, current in (("change", "Change"), ("password", "Set password"), ("history", "History")):
        tabs = as_alice.get(f"/users/{bob.id}/{path}/").soup.select(".tabs a")
        assert [tag.get_text() for tag in tabs] == ["Change", "Set password", "Sessions", "History"]
        assert [tag.get_text() for tag in tabs if tag.get("aria-current") == "page"] == [current]


def test_who_may_only_read_views_and_has_no_tab_for_more(as_bob: Visitor, charlie: User) -> None:
    tabs = as_bob.get(f"/users/{charlie.id}/change/").soup.select(".tabs a")
    assert [tag.get_text() for tag in tabs] == ["View", "History"]


def test_a_new_password_is_told_and_no_value_of_it(as_alice: Visitor, bob: User) -> None:
    password = "sete gatos na janela"
    form = as_alice.get(f"/users/{bob.id}/password/").form()
    form.fill(password=password, password_confirm=password).submit()
    page = history(as_alice, bob)
    assert "set the password" in lines(page)[0]
    assert "argon2" not in page.text


def test_nothing_yet_says_so(as_alice: Visitor, bob: User) -> None:
    assert "No changes yet" in history(as_alice, bob).text


def test_the_newest_come_first_a_page_at_a_time(app: Flask, as_alice: Visitor, bob: User) -> None:
    write(app, bob, 120)
    page, seen = history(as_alice, bob), []
    while True:
        seen += [tag.get_text().removeprefix("is now ") for tag in page.soup.select("ins")]
        if page.link("Next page") is None:
            break
        page = page.follow("Next page")
    assert seen == [f"new {number}" for number in reversed(range(120))]
    assert page.follow("First page").address == f"/users/{bob.id}/history/"


@pytest.mark.parametrize("after", ["x", "1.5", "9" * 20, "%00", "1e3", "٣"])
def test_a_place_that_is_none_is_400_with_a_way_on(as_alice: Visitor, bob: User, after: str) -> None:
    page = history(as_alice, bob, f"?after={after}")
    assert page.status == 400
    assert page.link("Newest changes") == f"/users/{bob.id}/history/"


@pytest.mark.parametrize("after", ["0", "-1", "1"])
def test_a_place_before_everything_is_an_empty_page(as_alice: Visitor, bob: User, after: str) -> None:
    page = history(as_alice, bob, f"?after={after}")
    assert page.status == 200
    assert page.link("First page") == f"/users/{bob.id}/history/"


def test_the_cost_does_not_grow(app: Flask, as_alice: Visitor, bob: User) -> None:
    write(app, bob, 60)
    with counted(app) as statements:
        history(as_alice, bob)
    assert len(statements) <= 4, statements


def test_what_was_done_on_the_command_line_says_so(app: Flask, as_alice: Visitor, bob: User) -> None:
    result = app.test_cli_runner().invoke(args=["users", "grant", "bob", "users.add"])
    assert result.exit_code == 0, result.output
    [line] = lines(history(as_alice, bob))
    assert "granted" in line
    assert "command line" in line
    assert "users.add" in line


def test_an_entry_outlives_the_person_who_made_it(app: Flask, as_alice: Visitor, bob: User) -> None:
    dora = add_user(app, "dora", is_superuser=True)
    signed_in(app, dora).get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit()
    as_alice.get(f"/users/{dora.id}/delete/").form().submit("_delete")
    assert lines(history(as_alice, bob))[0].startswith("dora changed")


def test_an_entry_of_a_column_that_is_gone_is_still_told(app: Flask, as_alice: Visitor, bob: User) -> None:
    with app.app_context():
        changes = [Change("shoe_size", "integer", 41, 42), Change("born", "date", date(1, 1, 1), None)]
        record(db.session(), verb="tickle", name="users", key=str(bob.id), label="bob", changes=changes)
        db.session.commit()
    line = lines(history(as_alice, bob))[0]
    assert all(word in line for word in ("tickle", "shoe_size", "41", "42", "born"))


def test_who_may_not_see_the_object_sees_no_history(
    as_charlie: Visitor, as_bob: Visitor, alice: User
) -> None:
    """AZ-13."""
    assert history(as_charlie, alice).status == 403
    assert history(as_bob, alice).status == 200


def test_two_keys_that_begin_alike_have_histories_of_their_own(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    write(app, bob, 1)
    with app.app_context():
        for key in (f"{bob.id}0", f"{bob.id} ", f"0{bob.id}"):
            record(db.session(), verb="add", name="users", key=key, label="somebody else")
        db.session.commit()
    assert len(lines(history(as_alice, bob))) == 1


# Values stay typed


VALUES: dict[str, Any] = {
    "name": "é 🙂\n<b>",
    "count": -(2**31),
    "weight": Decimal("1234567.891"),
    "ratio": 0.1,
    "made_at": datetime(2026, 1, 2, 3, 4, 5, 6, UTC),
    "day": date(1, 2, 3),
    "is_good": False,
    "colour": Colour.BLUE,
    "note": "two\nlines",
}


def test_values_come_back_as_they_were_from_every_engine(sample_app: Flask) -> None:
    info = describe(Part)
    with sample_app.app_context():
        part = Part(**VALUES)
        db.session.add(part)
        db.session.flush()
        changes = differences(info, {}, snapshot(info, part))
        record(db.session(), verb="add", name="parts", key="1", label="x", changes=changes)
        db.session.commit()
        db.session.expire_all()
        entry = db.session.scalars(select(LogEntry)).one()
        found = {change.field: change for change in changes_of(entry)}
    # Of an enum its name is kept, because the class may have changed when it is read again.
    expected = {**VALUES, "colour": "BLUE"}
    assert {name: found[name].new for name in expected} == expected
    assert {type(found[name].new) for name in ("weight", "made_at", "day")} == {Decimal, datetime, date}
    assert found["token"].is_secret
    assert found["made_at"].new.tzinfo is not None


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("time", time(1, 2, 3, 4)),
        ("interval", timedelta(days=-1, microseconds=1)),
        ("boolean", True),
        ("json", {"a": [1, None]}),
        ("datetime", datetime(2026, 1, 1, 0, 0)),  # noqa: DTZ001 - a column without a zone
    ],
)
def test_other_kinds_come_back_too(app: Flask, kind: str, value: Any) -> None:
    with app.app_context():
        changes = [Change("x", kind, None, value), Change("y", kind, value, None)]
        record(db.session(), verb="change", name="users", key="1", label="x", changes=changes)
        db.session.commit()
        db.session.expire_all()
        assert changes_of(db.session.scalars(select(LogEntry)).one()) == changes


def test_what_is_too_long_is_cut_and_still_stored(app: Flask) -> None:
    with app.app_context():
        change = Change("x", "text", None, "é" * 100_000)
        entry = record(
            db.session(), verb="v" * 50, name="n", key="k" * 300, label="🙂" * 300, changes=[change]
        )
        db.session.commit()
        assert (len(entry.key), len(entry.label)) == (255, 255)
        assert len(changes_of(entry)[0].new) == MAX_VALUE_LENGTH


def test_the_request_is_in_the_entry(app: Flask, as_alice: Visitor, bob: User) -> None:
    page = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Robert").submit()
    with app.app_context():
        entry = db.session.scalars(select(LogEntry).where(LogEntry.verb == "change")).one()
        assert entry.request_id == page.response.headers["X-Request-ID"]
        assert (entry.ip, entry.origin) == ("127.0.0.1", "web")
        assert abs((datetime.now(UTC) - entry.at).total_seconds()) < 60


def test_whatever_a_proxy_says_who_asks_the_entry_is_kept(app: Flask) -> None:
    """Behind fewer proxies than PROXY_HOPS says, the address is what a client writes."""
    with app.test_request_context(environ_base={"REMOTE_ADDR": "1" * 100}):
        record(db.session(), verb="change", name="users", key="1", label="bob")
        db.session.commit()
        assert db.session.scalars(select(LogEntry.ip)).one() == "1" * 45


def test_a_new_person_has_no_history_of_one_who_was_deleted(app: Flask, as_alice: Visitor) -> None:
    """Nor does he read as his own what the other one did."""
    dora = add_user(app, "dora", grants=("users.view", "users.change"))
    form = signed_in(app, dora).get(f"/users/{dora.id}/change/").form()
    assert form.fill(full_name="Dora the first").submit().status == 303
    assert as_alice.get(f"/users/{dora.id}/delete/").form().submit().status == 303
    emil = add_user(app, "emil", grants=("users.view",))
    visitor = signed_in(app, emil)
    assert emil.id != dora.id
    for address in ("/", f"/users/{emil.id}/history/"):
        assert "Dora" not in visitor.get(address).text
