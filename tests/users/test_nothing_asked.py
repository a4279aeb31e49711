"""What most people have nothing of is asked for only where there is something: of a form it is statements less."""

from flask import Flask

from tests.conftest import add_user, counted, signed_in
from tests.pages import Visitor
from tests.users.groups import add_group
from webapp.users.models import User


def asked(app: Flask, visitor: Visitor, user: User, table: str) -> int:
    """How many of the form's statements read *table* and nothing else first."""
    with counted(app) as statements:
        assert visitor.get(f"/users/{user.id}/change/").status == 200
    return sum(
        one.split("FROM", 1)[1].lstrip(" (\n").startswith(table) for one in statements if "FROM" in one
    )


def ticked(visitor: Visitor, user: User) -> set[str]:
    page = visitor.get(f"/users/{user.id}/change/").soup
    return {str(box["value"]) for box in page.select("input[name=permissions][checked]")}


def test_what_somebody_holds_is_not_read_where_it_is_nothing(app: Flask, as_alice: Visitor) -> None:
    one, other = add_user(app, "one"), add_user(app, "other", grants=("users.view",))
    third = add_user(app, "third")
    add_group(app, "Members", ("groups.view",), (third,))
    with counted(app) as statements:
        as_alice.get(f"/users/{one.id}/change/")
    assert not [sql for sql in statements if sql.startswith("SELECT user_grants")], statements
    assert ticked(as_alice, one) == set()
    assert ticked(as_alice, other) == {"users.view"}
    assert "by group: Members" in as_alice.get(f"/users/{third.id}/change/").text


def test_what_somebody_has_just_been_granted_is_there(app: Flask, as_alice: Visitor, bob: User) -> None:
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    form.fields["permissions"] = ["", "users.view"]
    assert form.submit().status == 303
    assert ticked(as_alice, bob) == {"users.view"}


def test_who_looks_at_the_own_form_holds_what_he_holds(app: Flask) -> None:
    bob = add_user(app, "bob", grants=("users.view", "users.change"))
    assert ticked(signed_in(app, bob), bob) == {"users.view", "users.change"}


def test_the_last_changes_are_not_looked_for_where_nothing_has_happened(
    app: Flask, as_alice: Visitor, bob: User
) -> None:
    address = f"/users/{bob.id}/change/"
    with counted(app) as statements:
        page = as_alice.get(address)
    assert not [sql for sql in statements if "FROM (SELECT log_entries" in sql], statements
    assert "Last changes" not in page.text
    page.form().fill(full_name="Robert").submit()
    with counted(app) as statements:
        page = as_alice.get(address)
    assert [sql for sql in statements if "log_entries.changes" in sql]
    assert "Last changes" in page.text


def test_keys_of_nothing_are_asked_for_too(as_alice: Visitor) -> None:
    for key in ("x", "9" * 40, "1,2", "%00", "a" * 300):
        assert as_alice.get(f"/users/{key}/change/").status == 404
