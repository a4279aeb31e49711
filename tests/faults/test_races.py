"""What somebody quicker has done between the check and the write is told on the form, in words, and never by half."""

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from tests.conftest import signed_in
from tests.faults.calm import engine_of, told_of
from tests.faults.ledger import NEW_PASSWORD
from tests.pages import Page, Visitor, text_of
from tests.rules.world import dump
from tests.threads import at_once
from tests.users.groups import add_group
from webapp.users.admin import UserAdmin
from webapp.users.models import Group, User

MANY = 12


@pytest.fixture
def quicker(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], None]:
    """Have a statement executed by somebody else after a form was found valid, once."""

    def arrange(statement: Any) -> None:
        prepare, left = UserAdmin.prepare, [statement]

        def and_somebody_is_quicker(self: UserAdmin, form: Any, obj: Any, user: Any) -> None:
            prepare(self, form, obj, user)
            while left:
                with engine_of(app).begin() as connection:
                    connection.execute(left.pop())

        monkeypatch.setattr(UserAdmin, "prepare", and_somebody_is_quicker)

    return arrange


@pytest.mark.race
def test_of_many_who_take_the_same_name_one_has_it_and_the_others_keep_what_they_typed(
    app: Flask, alice: User
) -> None:
    """DB-03."""
    forms = []
    for number in range(MANY):
        form = signed_in(app, alice).get("/users/add/").form()
        typed = {"username": "dora", "email": f"dora{number}@example.org", "full_name": f"Dora {number}"}
        forms.append(form.fill(**typed, password=NEW_PASSWORD, password_confirm=NEW_PASSWORD))
    answers: list[Page] = at_once([form.submit for form in forms])
    assert sorted(page.status for page in answers) == [303] + [422] * (MANY - 1)
    for number, page in enumerate(answers):
        if page.status == 422:
            assert any("taken" in error for error in page.errors)
            assert page.form().fields["full_name"] == f"Dora {number}"
            # What is read: a token may hold any letters.
            read = text_of(page.tree)
            assert not any(word in read for word in ("INSERT", "UNIQUE", "Duplicate", "ix_", "uq_"))
    assert sum("dora" in row for row in dump(app)["users"]) == 1


def test_a_group_that_is_deleted_between_the_check_and_the_write_is_told_in_words(
    app: Flask, as_alice: Visitor, bob: User, quicker: Callable[[Any], None]
) -> None:
    """DB-04."""
    group = add_group(app, "Readers")
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    form.fill(groups=[str(group.id)], full_name="Bob of readers")
    quicker(delete(Group).where(Group.id == group.id))
    page = form.submit()
    assert page.status == 422
    assert page.errors == [
        f"Groups: “{group.id}” is not there, or it is not visible to you. Choose another one."
    ]
    assert page.form().fields["full_name"] == "Bob of readers"
    assert told_of(app, bob.id) == ("", 0)
    assert page.form().submit().status == 303
    assert told_of(app, bob.id)[0] == "Bob of readers"
