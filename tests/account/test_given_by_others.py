"""A password and an address that a helper gave, once the person holds more than the helper: no way up for him."""

from email.utils import parseaddr

import pytest
from flask import Flask

from tests.account.guessing import entries
from tests.account.letters import NEW, ask, enters, is_dead, letters, link_in, use
from tests.account.test_address import link_of
from tests.account.test_address import use as open_address_link
from tests.account.test_given_links import RISES
from tests.conftest import Entrance, add_user, reload
from tests.pages import Visitor
from webapp.extensions import db
from webapp.mail.delivery import MAILBOX
from webapp.users.addresses import giver_of_address
from webapp.users.models import User, UserGrant

GIVEN_PASSWORD = "figueira torta no quintal"
HELPER = ("users.view", "users.change", "users.add")

pytestmark = pytest.mark.usefixtures("mailbox")


@pytest.fixture
def helper(app: Flask) -> User:
    return add_user(app, "helper", grants=HELPER)


@pytest.fixture
def as_helper(app: Flask, enter: Entrance, helper: User) -> Visitor:
    return enter(app, helper)


def give_password(as_helper: Visitor, charlie: User) -> None:
    form = as_helper.get(f"/users/{charlie.id}/password/").form()
    assert form.fill(password=GIVEN_PASSWORD, password_confirm=GIVEN_PASSWORD).submit().status == 303


def give_address(as_helper: Visitor, charlie: User, email: str = "mine@example.net") -> None:
    assert as_helper.get(f"/users/{charlie.id}/change/").form().fill(email=email).submit().status == 303


def giver(app: Flask, user: User) -> int | None:
    with app.app_context():
        found = db.session.get(User, user.id)
        assert found is not None
        return giver_of_address(db.session(), found)


def addressees(app: Flask, user: User) -> list[str]:
    """To whom a link goes that is asked for as *user*."""
    letters(app)
    app.extensions.pop(MAILBOX, None)
    ask(app, user.username)
    return [
        parseaddr(str(letter["To"]))[1]
        for letter in letters(app)
        if "set-password" in str(letter.get_body(("plain",)))
    ]


def grant(app: Flask, charlie: User, permission: str) -> None:
    with app.app_context():
        found = db.session.get(User, charlie.id)
        assert found is not None
        found.grants.append(UserGrant(permission=permission))
        db.session.commit()


# A password


@pytest.mark.parametrize("what", RISES)
def test_a_temporary_password_is_worth_no_more_than_who_set_it(
    app: Flask, as_helper: Visitor, helper: User, charlie: User, what: str
) -> None:
    """AZ-16: who set it knows it."""
    give_password(as_helper, charlie)
    RISES[what](app, helper, charlie)
    page = Visitor(app).sign_in("charlie", GIVEN_PASSWORD)
    assert page.status == 422
    assert page.errors == Visitor(app).sign_in("charlie", "nobody sets this password").errors


def test_it_opens_the_account_while_nobody_rises_above_who_set_it(
    app: Flask, as_helper: Visitor, charlie: User
) -> None:
    give_password(as_helper, charlie)
    assert enters(app, "charlie", GIVEN_PASSWORD)
    grant(app, charlie, "users.view")
    assert enters(app, "charlie", GIVEN_PASSWORD)


def test_what_a_superuser_set_goes_on_whatever_the_person_is_granted(
    app: Flask, as_alice: Visitor, charlie: User
) -> None:
    give_password(as_alice, charlie)
    grant(app, charlie, "groups.view")
    assert enters(app, "charlie", GIVEN_PASSWORD)


def test_a_session_that_it_opened_before_sets_no_password_after(
    app: Flask, as_helper: Visitor, charlie: User
) -> None:
    give_password(as_helper, charlie)
    visitor = Visitor(app)
    assert visitor.sign_in("charlie", GIVEN_PASSWORD).status == 303
    form = visitor.get("/account/password/").form()
    form.fill(current_password=GIVEN_PASSWORD, password=NEW, password_confirm=NEW)
    grant(app, charlie, "groups.view")
    form.submit()
    assert visitor.get("/account/password/").status == 303
    assert not enters(app, "charlie", NEW)


def test_one_of_the_persons_own_stays_when_the_person_rises(
    app: Flask, as_helper: Visitor, charlie: User
) -> None:
    give_password(as_helper, charlie)
    visitor = Visitor(app)
    visitor.sign_in("charlie", GIVEN_PASSWORD)
    form = visitor.get("/account/password/").form()
    form.fill(current_password=GIVEN_PASSWORD, password=NEW, password_confirm=NEW).submit()
    grant(app, charlie, "groups.view")
    assert visitor.get("/account/").status == 200
    assert enters(app, "charlie", NEW)
    found = reload(app, charlie)
    assert found is not None
    assert found.password_set_by_id is None


def test_the_first_password_is_worth_no_more_than_who_added_the_person(
    app: Flask, as_helper: Visitor, as_alice: Visitor
) -> None:
    for name in ("dora", "ines"):
        form = as_helper.get("/users/add/").form().fill(username=name, email=f"{name}@example.org")
        assert form.submit(password=GIVEN_PASSWORD, password_confirm=GIVEN_PASSWORD).status == 303
    with app.app_context():
        dora, ines = (
            db.session.scalars(db.select(User).filter_by(username=one)).one() for one in ("dora", "ines")
        )
        dora.is_staff = ines.is_staff = True
        dora.is_superuser = True
        db.session.commit()
    assert not enters(app, "dora", GIVEN_PASSWORD)
    assert enters(app, "ines", GIVEN_PASSWORD)


# An address


@pytest.mark.parametrize("what", RISES)
def test_the_way_back_leads_to_no_address_of_who_holds_less(
    app: Flask, as_helper: Visitor, helper: User, charlie: User, what: str
) -> None:
    give_address(as_helper, charlie)
    assert addressees(app, charlie) == ["mine@example.net"]
    RISES[what](app, helper, charlie)
    assert addressees(app, charlie) == []


@pytest.mark.parametrize("what", RISES)
def test_a_link_that_went_there_before_ends_when_the_person_rises(
    app: Flask, as_helper: Visitor, helper: User, charlie: User, what: str
) -> None:
    give_address(as_helper, charlie)
    assert addressees(app, charlie)
    link = link_in(letters(app)[-1])
    RISES[what](app, helper, charlie)
    assert is_dead(app, link)


def test_a_link_that_went_there_works_while_the_person_holds_no_more(
    app: Flask, as_helper: Visitor, charlie: User
) -> None:
    give_address(as_helper, charlie)
    assert addressees(app, charlie)
    use(app, link_in(letters(app)[-1]))
    assert enters(app, "charlie", NEW)


def test_another_field_that_is_saved_makes_nobody_answer_for_the_address(
    app: Flask, as_helper: Visitor, charlie: User
) -> None:
    assert as_helper.get(f"/users/{charlie.id}/change/").form().fill(full_name="C").submit().status == 303
    assert giver(app, charlie) is None
    grant(app, charlie, "groups.view")
    assert addressees(app, charlie) == ["charlie@example.org"]


def test_an_address_that_a_superuser_writes_again_is_his_word(
    app: Flask, as_helper: Visitor, as_alice: Visitor, alice: User, charlie: User
) -> None:
    give_address(as_helper, charlie)
    give_address(as_alice, charlie, "charlie@example.com")
    assert giver(app, charlie) == alice.id
    grant(app, charlie, "groups.view")
    assert addressees(app, charlie) == ["charlie@example.com"]


def test_who_is_added_has_an_address_of_who_added_them(app: Flask, as_helper: Visitor, helper: User) -> None:
    form = as_helper.get("/users/add/").form().fill(username="dora", email="dora@example.org")
    assert form.submit(password=GIVEN_PASSWORD, password_confirm=GIVEN_PASSWORD).status == 303
    with app.app_context():
        dora = db.session.scalars(db.select(User).filter_by(username="dora")).one()
    assert giver(app, dora) == helper.id


def confirm(app: Flask, visitor: Visitor, email: str) -> str:
    """Ask for *email* on the own account, and open the link that comes to it; what is said then."""
    letters(app)
    app.extensions.pop(MAILBOX, None)
    assert "somebody else has written it" in visitor.get("/account/email/").text
    assert visitor.get("/account/email/").form().fill(email=email).submit().status == 303
    (letter,) = letters(app)
    assert letter["To"] == email
    return open_address_link(app, link_of(letter), visitor).messages


def test_its_owner_confirms_it_and_then_it_counts_for_good(
    app: Flask, as_helper: Visitor, as_charlie: Visitor, charlie: User
) -> None:
    give_address(as_helper, charlie, "charlie@example.net")
    assert "is confirmed" in confirm(app, as_charlie, "charlie@example.net")
    assert giver(app, charlie) is None
    assert [label for _verb, label, _ip in entries(app, "email-confirmed")] == ["charlie"]
    grant(app, charlie, "groups.view")
    assert addressees(app, charlie) == ["charlie@example.net"]
    refused = as_charlie.get("/account/email/").form().fill(email="charlie@example.net").submit()
    assert any("your address already" in error for error in refused.errors)


def test_an_address_of_ones_own_choice_is_ones_own_word(app: Flask, as_alice: Visitor, alice: User) -> None:
    form = as_alice.get(f"/users/{alice.id}/change/").form().fill(email="alice@example.net")
    assert form.submit().status == 303
    assert giver(app, alice) is None
