"""The permissions in the forms of users and groups: what is ticked, locked, told and noted."""

from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor
from tests.users.groups import KEEPER, add_group, change_group, change_user, granted, held, own
from webapp.admin.history import LogEntry, changes_of
from webapp.extensions import db
from webapp.users.models import User


@pytest.fixture
def keeper(app: Flask) -> Visitor:
    return signed_in(app, add_user(app, "bob", grants=KEEPER))


def box(page: Page, permission: str) -> Any:
    found = page.soup.select_one(f'input[type=checkbox][name=permissions][value="{permission}"]')
    assert found is not None, permission
    return found


def last_entry(app: Flask, name: str, obj: Any) -> LogEntry:
    with app.app_context():
        statement = select(LogEntry).where(LogEntry.name == name, LogEntry.key == str(obj.id))
        return db.session.scalars(statement.order_by(LogEntry.id.desc()).limit(1)).one()


def test_every_permission_is_a_box_named_by_its_row_and_its_column(as_alice: Visitor, charlie: User) -> None:
    page = as_alice.get(f"/users/{charlie.id}/change/")
    fieldset = page.soup.select_one("fieldset#permissions")
    assert fieldset is not None
    assert fieldset.legend is not None
    assert fieldset.legend.get_text(strip=True) == "Permissions"
    names = {}
    for found in fieldset.select("table input[type=checkbox]"):
        parts = [page.soup.find(id=part) for part in str(found["aria-labelledby"]).split()]
        names[str(found["value"])] = ": ".join(part.get_text(" ", strip=True) for part in parts if part)
        assert fieldset.select_one(f'label[for="{found["id"]}"]') is not None
    assert set(names) == set(as_alice.app.extensions["admin"].permissions())
    assert names["users.change"] == "Users: Change"
    assert names["groups.view"] == "Groups: See"
    assert names["users.end_sessions"] == "Users: End sessions"


def test_a_verb_is_a_column_and_a_model_without_it_has_an_empty_cell(
    as_alice: Visitor, charlie: User
) -> None:
    table = as_alice.get(f"/users/{charlie.id}/change/").soup.select_one("#permissions table")
    assert table is not None
    heads = [head.get_text(strip=True) for head in table.select("thead th")]
    assert heads == ["Records", "See", "Add", "Change", "Delete", "Export", "More"]
    rows = {
        row.th.get_text(strip=True): [
            [str(box["value"]) for box in cell.select("input")] for cell in row.select("td")
        ]
        for row in table.select("tbody tr")
        if row.th is not None
    }
    assert rows["Groups"] == [
        [f"groups.{verb}"] for verb in ("view", "add", "change", "delete", "export")
    ] + [[]]
    assert rows["History entries"] == [["log_entries.view"], [], [], [], ["log_entries.export"], []]
    assert rows["Users"][-1] == ["users.end_sessions"]


def test_who_may_change_may_hand_on_seeing_which_comes_with_it_and_nothing_else(app: Flask) -> None:
    keeper = signed_in(app, add_user(app, "bob", grants=("users.change",)))
    reader = add_user(app, "dora", grants=("users.view",))
    remover = add_user(app, "emil", grants=("users.delete",))
    page = keeper.get(f"/users/{reader.id}/change/")
    assert box(page, "users.view").get("disabled") is None
    assert box(page, "users.delete").get("disabled") is not None
    assert change_user(keeper, reader, full_name="Dora").status == 303
    assert own(app, reader) == {"users.view"}
    assert change_user(keeper, reader, permissions=["", "users.delete"]).status == 422
    assert change_user(keeper, reader, permissions=[""]).status == 303
    assert own(app, reader) == set()
    # Of somebody who holds more there is no form to fill in.
    assert keeper.get(f"/users/{remover.id}/change/").soup.select_one("button[name=_save]") is None


def test_permissions_are_given_and_taken_with_one_entry_that_says_which(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    assert change_user(as_alice, bob, permissions=["", "users.change", "groups.view"]).status == 303
    assert own(app, bob) == {"users.change", "groups.view"}
    (change,) = changes_of(last_entry(app, "users", bob))
    assert (change.field, change.kind) == ("grants", "relations")
    assert [text for _key, text in change.old] == ["users.view"]
    assert sorted(text for _key, text in change.new) == ["groups.view", "users.change"]
    history = as_alice.get(f"/users/{bob.id}/history/").soup.get_text(" ", strip=True)
    assert "Permissions" in history
    assert "groups.view" in history


def test_a_new_user_comes_with_permissions(app: Flask, as_alice: Visitor) -> None:
    words = {"password": "pomar de figos maduros", "password_confirm": "pomar de figos maduros"}
    form = as_alice.get("/users/add/").form().fill(username="dora", email="dora@example.org", **words)
    assert form.fill(permissions=["", "users.view"]).submit().status == 303
    with app.app_context():
        dora = db.session.scalars(select(User).where(User.username == "dora")).one()
    assert held(app, dora) == {"users.view"}


def test_a_grant_works_on_the_next_request(app: Flask, as_alice: Visitor, as_charlie: Visitor) -> None:
    """AZ-20."""
    with app.app_context():
        charlie = db.session.scalars(select(User).where(User.username == "charlie")).one()
    assert as_charlie.get("/users/").status == 403
    assert change_user(as_alice, charlie, permissions=["", "users.view"]).status == 303
    assert as_charlie.get("/users/").status == 200
    assert change_user(as_alice, charlie, permissions=[""]).status == 303
    assert as_charlie.get("/users/").status == 403


def test_an_untouched_form_changes_nothing(app: Flask, as_alice: Visitor, bob: User) -> None:
    group = add_group(app, "Editors", ("users.add",), (bob,))
    assert change_user(as_alice, bob).status == 303
    assert change_group(as_alice, group).status == 303
    assert (own(app, bob), granted(app, group)) == ({"users.view"}, {"users.add"})
    with app.app_context():
        verbs = db.session.scalars(select(LogEntry.verb).where(LogEntry.verb == "change")).all()
    assert verbs == []


def test_a_form_from_before_there_was_the_field_leaves_the_grants_alone(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(full_name="Bob B.")
    del form.fields["permissions"]
    assert form.submit().status == 303
    assert own(app, bob) == {"users.view"}


def test_two_who_change_the_grants_of_one_person_notice_each_other(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form().fill(permissions=["", "users.add"])
    assert change_user(as_alice, bob, permissions=["", "users.delete"]).status == 303
    assert form.submit().status == 409
    assert own(app, bob) == {"users.delete"}


# What the actor does not hold


@pytest.mark.parametrize("kind", ["users", "groups"])
def test_what_one_does_not_hold_is_locked_with_the_reason(app: Flask, kind: str) -> None:
    """AZ-15."""
    bob = add_user(app, "bob", grants=("users.change", "groups.change", "users.view", "groups.view"))
    target = add_user(app, "zoe") if kind == "users" else add_group(app, "Editors")
    page = signed_in(app, bob).get(f"/{kind}/{target.id}/change/")
    locked = box(page, "users.delete")
    assert locked.has_attr("disabled")
    reason = page.soup.find(id=locked["aria-describedby"])
    assert reason is not None
    assert "do not hold" in reason.get_text()
    assert not box(page, "users.change").has_attr("disabled")


@pytest.mark.parametrize("kind", ["users", "groups"])
@pytest.mark.parametrize("word", ["users.delete", "users.fly", "", "\0", "x" * 5000])
def test_a_forged_grant_of_what_one_does_not_hold_is_refused(app: Flask, kind: str, word: str) -> None:
    """AZ-15."""
    bob = add_user(app, "bob", grants=("users.change", "groups.change", "users.view", "groups.view"))
    target = add_user(app, "zoe") if kind == "users" else add_group(app, "Editors")
    page = signed_in(app, bob).get(f"/{kind}/{target.id}/change/").form().submit(permissions=["", word])
    assert page.status == (422 if word else 303)
    assert not word or any(error.startswith("Permissions: ") for error in page.errors)
    for holder in (target,):
        assert (own(app, holder) if kind == "users" else granted(app, holder)) == set()  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["users", "groups"])
def test_what_one_holds_one_gives_and_takes(app: Flask, kind: str, keeper: Visitor) -> None:
    zoe, group = add_user(app, "zoe", grants=("users.add",)), add_group(app, "Editors", ("users.add",))
    change, target = (change_user, zoe) if kind == "users" else (change_group, group)
    assert change(keeper, target, permissions=["", "users.change"]).status == 303  # type: ignore[operator]
    assert (own(app, zoe) if kind == "users" else granted(app, group)) == {"users.change"}


def test_nobody_changes_what_he_holds_himself_but_a_superuser(app: Flask, as_alice: Visitor) -> None:
    """AZ-19."""
    bob = add_user(app, "bob", grants=("users.view", "users.change"))
    add_group(app, "Editors", ("users.add",), (bob,))
    visitor = signed_in(app, bob)
    page = visitor.get(f"/users/{bob.id}/change/")
    boxes = page.soup.select("input[type=checkbox][name=permissions]")
    assert all(found.has_attr("disabled") for found in boxes)
    # What he holds through a group he would keep when he leaves it.
    page = page.form().submit(permissions=["", "users.add"])
    assert page.status == 422
    assert "your own permissions" in " ".join(page.errors)
    assert own(app, bob) == {"users.view", "users.change"}
    assert change_user(visitor, bob, full_name="Bob B.").status == 303
    assert own(app, bob) == {"users.view", "users.change"}


def test_a_superuser_changes_what_he_is_granted_himself(app: Flask, as_alice: Visitor, alice: User) -> None:
    assert change_user(as_alice, alice, permissions=["", "users.view"]).status == 303
    assert own(app, alice) == {"users.view"}


# Words that no model knows any more


def test_a_permission_no_longer_known_is_shown_and_can_be_taken_away(app: Flask, as_alice: Visitor) -> None:
    zoe = add_user(app, "zoe", grants=("ghosts.view", "users.view"))
    page = as_alice.get(f"/users/{zoe.id}/change/")
    row = box(page, "ghosts.view").find_parent("tr")
    assert row is not None
    assert "No longer known" in row.get_text()
    assert page.form().submit().status == 303
    assert own(app, zoe) == {"ghosts.view", "users.view"}
    assert change_user(as_alice, zoe, permissions=["", "users.view"]).status == 303
    assert own(app, zoe) == {"users.view"}


def test_a_permission_no_longer_known_cannot_be_given(app: Flask, as_alice: Visitor, charlie: User) -> None:
    page = as_alice.get(f"/users/{charlie.id}/change/").form().submit(permissions=["", "ghosts.view"])
    assert page.status == 422
    assert "There is no permission “ghosts.view”" in " ".join(page.errors)
    assert own(app, charlie) == set()


def test_what_comes_through_a_group_is_said_at_its_box(app: Flask, as_alice: Visitor, bob: User) -> None:
    add_group(app, "Editors <b>", ("users.add",), (bob,))
    page = as_alice.get(f"/users/{bob.id}/change/")
    found = box(page, "users.add")
    assert not found.has_attr("checked")
    assert "by group: Editors <b>" in page.soup.select_one(f'label[for="{found["id"]}"]').get_text(" ")


# Costs


def test_all_permissions_are_read_in_one_statement(app: Flask) -> None:
    bob = add_user(app, "bob", grants=("users.view",))
    for number in range(5):
        add_group(app, f"Group {number}", ("users.add", f"words.{number}"), (bob,))
    with app.app_context():
        user = db.session.get_one(User, bob.id)
        with counted(app) as statements:
            assert user.can("users.view")
            assert user.can("words.4")
            assert not user.can("users.delete")
            assert len(user.permissions) == 7
    assert len(statements) == 1


def test_the_list_of_groups_costs_the_same_for_any_number_of_members(app: Flask, as_alice: Visitor) -> None:
    people = tuple(add_user(app, f"person{number}") for number in range(3))
    for number in range(4):
        add_group(app, f"Group {number}", ("users.view", "users.add")[: number % 3], people[:number])
    with counted(app) as statements:
        page = as_alice.get("/groups/")
    assert [row[:3] for row in page.rows()] == [
        ["Group 0", "0", "0"],
        ["Group 1", "1", "1"],
        ["Group 2", "2", "2"],
        ["Group 3", "3", "0"],
    ]
    assert len(statements) <= 4, statements


def told(visitor: Visitor, address: str) -> list[str]:
    """What the page says that somebody may do."""
    facts = visitor.get(address).soup.select("dl.facts dt")
    (term,) = [fact for fact in facts if fact.get_text(strip=True) == "Permissions"]
    found = term.find_next("dd")
    return [line.get_text(" ", strip=True) for line in found.select("li") or [found]]


def test_the_page_says_what_somebody_may_do_and_through_which_groups(
    app: Flask, as_alice: Visitor, alice: User
) -> None:
    bob = add_user(app, "bob", grants=("users.view", "users.change"))
    add_group(app, "Editors <b>", ("users.change", "groups.view"), (bob,))
    add_group(app, "Readers", ("groups.view", "gone.view"), (bob,))
    assert told(as_alice, f"/users/{bob.id}/change/") == [
        "Users: See",
        "Users: Change, directly and through Editors <b>",
        "Groups: See through Editors <b> and Readers",
        "gone.view through Readers",
    ]
    assert told(as_alice, f"/users/{alice.id}/change/") == ["everything"]
    assert told(as_alice, f"/users/{add_user(app, 'charlie').id}/change/") == ["none"]


def test_much_that_somebody_may_do_is_behind_a_word(app: Flask, as_alice: Visitor) -> None:
    bob = add_user(app, "bob", grants=app.extensions["admin"].permissions())
    page = as_alice.get(f"/users/{bob.id}/change/")
    every = len(app.extensions["admin"].permissions())
    (more,) = page.soup.select("dl.facts details")
    assert more.summary is not None
    assert more.summary.get_text() == f"{every - 8} more"
    assert len(more.select("li")) == every - 8
