"""The list of users: what stands in it by default, and what that costs."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor
from tests.users.groups import add_group
from webapp.database import now
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.status import STATUSES

HEADS = ["Username", "E-mail", "Full name", "Status", "Groups", "Last sign-in"]


def row_of(page: Page, username: str) -> dict[str, str]:
    [found] = [row for row in page.rows() if row[0] == username]
    return dict(zip(HEADS, found, strict=True))


def rows_of(page: Page) -> list[dict[str, str]]:
    return [dict(zip(HEADS, found, strict=True)) for found in page.rows()]


def crowd(app: Flask, number: int) -> None:
    members = [add_user(app, f"many{one}") for one in range(3)]
    add_group(app, "Readers", (), members)
    with app.app_context():
        db.session.add_all(
            User(username=f"one{one}", email=f"one{one}@example.org", password="!") for one in range(number)
        )
        db.session.commit()


def test_it_shows_groups_status_and_the_last_sign_in(app: Flask, as_alice: Visitor) -> None:
    dora = add_user(app, "dora", full_name="Dora Lima")
    add_group(app, "Readers", (), (dora,))
    add_group(app, "Editors", (), (dora,))
    page = as_alice.get("/users/")
    assert page.soup.select_one("thead") is not None
    assert [tag.get_text() for tag in page.soup.select("thead th")] == HEADS
    assert row_of(page, "dora") == {
        "Username": "dora",
        "E-mail": "dora@example.org",
        "Full name": "Dora Lima",
        "Status": "Active",
        "Groups": "Editors, Readers",
        "Last sign-in": "–",
    }
    assert row_of(page, "alice")["Groups"] == "–"
    assert row_of(page, "alice")["Last sign-in"] != "–"


def test_each_page_shows_the_groups_of_its_own_people_as_they_are_now(app: Flask, as_alice: Visitor) -> None:
    dora, zoe = add_user(app, "dora"), add_user(app, "zoe")
    add_group(app, "Readers", (), (dora,))
    assert [row_of(as_alice.get("/users/"), name)["Groups"] for name in ("dora", "zoe")] == ["Readers", "–"]
    add_group(app, "Editors", (), (zoe,))
    assert row_of(as_alice.get("/users/?from=z"), "zoe")["Groups"] == "Editors"
    assert row_of(as_alice.get("/users/?q=dora"), "dora")["Groups"] == "Readers"


def test_of_many_groups_the_first_are_named(app: Flask, as_alice: Visitor) -> None:
    dora = add_user(app, "dora")
    for number in range(8):
        add_group(app, f"Group {number}", (), (dora,))
    shown = row_of(as_alice.get("/users/"), "dora")["Groups"]
    assert shown == "Group 0, Group 1, Group 2, Group 3, Group 4, and 3 more"


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({}, "Active"),
        ({"is_active": False, "invited_at": now()}, "Inactive"),
        ({"locked_until": now() + timedelta(hours=1), "invited_at": now()}, "Locked"),
        ({"locked_until": now() + timedelta(hours=1), "is_active": False}, "Inactive"),
        ({"locked_until": now() - timedelta(hours=1)}, "Active"),
        ({"invited_at": now()}, "Invited"),
        ({"password_temporary_until": now() + timedelta(hours=1)}, "Temporary password"),
        ({"must_change_password": True}, "New password due"),
    ],
)
def test_the_status_says_how_things_stand(
    app: Flask, as_alice: Visitor, values: dict[str, object], status: str
) -> None:
    add_user(app, "dora", **values)  # type: ignore[arg-type]
    page = as_alice.get("/users/?q=dora")
    assert row_of(page, "dora")["Status"] == status
    assert page.soup.select_one("tbody i.state") is not None
    # Beside a column for which whole people are read it says the same.
    assert status in as_alice.get("/users/?columns=username,status&q=dora").text


def test_the_list_is_narrowed_to_who_the_status_says(app: Flask, as_alice: Visitor) -> None:
    """Also where several things hold of one person: the filter and the badge say the same."""
    later, before = now() + timedelta(hours=1), now() - timedelta(hours=1)
    told: tuple[dict[str, object], ...] = (
        {"is_active": False},
        {"locked_until": later},
        {"locked_until": before},
        {"invited_at": before},
        {"password_temporary_until": later},
        {"must_change_password": True},
    )
    some = [{}, *told, *(first | second for first in told for second in told)]
    for number, values in enumerate(some):
        add_user(app, f"person{number:02}", **values)  # type: ignore[arg-type]
    labels = {row["Username"]: row["Status"] for row in rows_of(as_alice.get("/users/?size=250"))}
    found = {}
    for state, label in STATUSES.items():
        names = [row["Username"] for row in rows_of(as_alice.get(f"/users/?size=250&state={state}"))]
        assert names == [name for name, shown in labels.items() if shown == str(label)], state
        assert names, state
        found |= dict.fromkeys(names)
    assert found.keys() == labels.keys()
    assert as_alice.get("/users/?state=other").status == 400


def test_initials_stand_beside_a_name_and_nobody_hears_them(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "dora", full_name="Dora de Lima")
    add_user(app, "emil", full_name=" ")
    add_user(app, "zoe", full_name="“<Ünal>”")
    cells = {
        row.select("th")[0].get_text(): row.select("td")[2]
        for row in as_alice.get("/users/").soup.select("tbody tr")
    }
    assert (cells["dora"]["data-initials"], cells["dora"].get_text()) == ("DL", "Dora de Lima")
    assert str(cells["dora"]["class"][0]).startswith("avatar-")
    assert (cells["zoe"]["data-initials"], cells["zoe"].get_text()) == ("Ü", "“<Ünal>”")
    assert "data-initials" not in cells["emil"].attrs


def test_groups_cost_one_statement_more_and_three_people_as_much_as_three_hundred(
    app: Flask, as_alice: Visitor
) -> None:
    def cost(columns: str = "") -> int:
        as_alice.get(f"/users/?size=250{columns}")
        with counted(app) as statements:
            assert as_alice.get(f"/users/?size=250{columns}").status == 200
        return len(statements)

    crowd(app, 3)
    few = cost()
    named = "&columns=username,email,status"
    assert cost(f"{named},groups") == cost(named) + 1
    with app.app_context():
        db.session.add_all(
            User(username=f"two{one}", email=f"two{one}@example.org", password="!") for one in range(300)
        )
        db.session.commit()
    # What is more than a page is counted too.
    assert (few, cost()) == (3, 4)


def test_who_sees_the_list_only_sees_the_groups_too(app: Flask, as_bob: Visitor) -> None:
    add_group(app, "Readers", (), (add_user(app, "dora"),))
    assert row_of(as_bob.get("/users/"), "dora")["Groups"] == "Readers"


def test_a_page_backwards_has_its_groups_at_the_right_people(app: Flask, as_alice: Visitor) -> None:
    crowd(app, 60)
    add_group(app, "Last", (), (add_user(app, "zz"),))
    page = as_alice.get("/users/?size=25&last=1")
    assert row_of(page, "zz")["Groups"] == "Last"
    assert row_of(page, page.rows()[-2][0])["Groups"] == "–"


def test_the_status_is_exported_in_words(app: Flask, as_alice: Visitor) -> None:
    add_user(app, "bob", must_change_password=True)
    add_user(app, "charlie", is_active=False)
    for form, words in (("csv", "New password due"), ("json", '"New password due"')):
        answer = as_alice.client.get(f"/users/export/?format={form}&columns=username,status")
        text = answer.get_data(as_text=True)
        assert words in text
        assert "Inactive" in text
        assert "<i" not in text


def test_the_status_is_said_in_the_language_of_who_looks(app: Flask, as_alice: Visitor) -> None:
    ana = signed_in(app, add_user(app, "ana", is_superuser=True, locale="pt_BR"))
    for _again in range(2):
        assert {row["Status"] for row in rows_of(as_alice.get("/users/"))} == {"Active"}
        said = ana.get("/users/").soup.select("td i.state")
        assert {one.get_text() for one in said} == {"Ativo"}
