"""What a save asks the database for: nothing about what did not change."""

from flask import Flask

from tests.conftest import counted
from tests.pages import Visitor
from tests.users.groups import own
from webapp.users.models import User

# The person with the session, the user, what he holds, the lock, the user as it is now, the change and its entry; and
# two by which the form is known again when it comes a second time.
OF_A_NAME = 7 + 2


def looked_for(statements: list[str]) -> list[str]:
    """Those that ask whether another one has the same."""
    return [statement for statement in statements if "users.id != " in statement]


def test_another_full_name_asks_nothing_about_what_stays(
    app: Flask, as_alice: Visitor, charlie: User
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form().fill(full_name="Charlie C.")
    with counted(app) as found:
        assert form.submit().status == 303
    assert len(found) <= OF_A_NAME, found
    assert not looked_for(found)
    assert not any("FROM user_grants" in statement and "ORDER BY" in statement for statement in found)


def test_another_username_is_looked_for_among_the_others_and_the_same_e_mail_is_not(
    app: Flask, as_alice: Visitor, bob: User, charlie: User
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form()
    with counted(app) as found:
        assert form.fill(username="dora").submit().status == 303
    assert len(looked_for(found)) == 1, found
    assert "users.username = " in looked_for(found)[0]
    form = as_alice.get(f"/users/{charlie.id}/change/").form()
    page = form.fill(username="bob").submit()
    assert page.status == 422
    assert len(page.errors) == 1
    assert as_alice.get(f"/users/{charlie.id}/change/").form().fields["username"] == "dora"


def test_what_is_granted_is_read_where_something_is_ticked_alone(
    app: Flask, as_alice: Visitor, charlie: User
) -> None:
    form = as_alice.get(f"/users/{charlie.id}/change/").form()
    form.fields["permissions"] = ["", "groups.view"]
    with counted(app) as found:
        assert form.submit().status == 303
    assert any("FROM user_grants" in statement and "ORDER BY" in statement for statement in found)
    assert own(app, charlie) == {"groups.view"}
