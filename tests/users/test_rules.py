"""Who may do what to whom, on every path, also when two do it at the same moment."""

from collections.abc import Callable
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from tests.conftest import add_user, reload, signed_in
from tests.pages import PASSWORD, Page, Visitor
from tests.threads import at_once
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.admin import UserAdmin
from webapp.users.models import User

KEEPER = ("users.view", "users.change", "users.delete")
NEW = "pomar de figos maduros"


@pytest.fixture
def keeper(app: Flask) -> Visitor:
    """Bob, who looks after users without being a superuser."""
    return signed_in(app, add_user(app, "bob", grants=KEEPER))


def everything(app: Flask) -> list[Any]:
    """The users as they are, and how many entries the history has."""
    with app.app_context():
        rows = db.session.execute(select(*User.__table__.columns).order_by(User.id)).all()
        return [*map(tuple, rows), db.session.scalar(select(func.count()).select_from(LogEntry))]


def token(visitor: Visitor) -> str:
    return str(visitor.get("/account/password/").form().fields["csrf_token"])


def change(visitor: Visitor, user: User, **fields: Any) -> Page:
    return visitor.get(f"/users/{user.id}/change/").form().fill(**fields).submit()


# The last superuser


def test_the_last_active_superuser_stays(app: Flask, alice: User, as_alice: Visitor) -> None:
    """AZ-18."""
    add_user(app, "dora", is_superuser=True, is_active=False)
    add_user(app, "emil", is_superuser=True, is_staff=False)
    before = everything(app)
    for name in ("is_superuser", "is_active", "is_staff"):
        page = change(as_alice, alice, **{name: False})
        assert page.status == 422
        assert "last active superuser" in " ".join(page.errors)
    assert as_alice.get(f"/users/{alice.id}/delete/").form().submit("_delete").status == 422
    assert everything(app) == before


def test_a_superuser_who_is_not_the_last_goes(app: Flask, as_alice: Visitor) -> None:
    dora = add_user(app, "dora", is_superuser=True)
    assert change(as_alice, dora, is_superuser=False).status == 303
    assert not reload(app, dora).is_superuser
    assert as_alice.get(f"/users/{dora.id}/delete/").form().submit("_delete").status == 303
    assert reload(app, dora) is None


@pytest.fixture
def meeting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two who change or delete users are held until both stand in the middle of it, where the engine lets them."""
    both = Barrier(2)

    def held(hook: Callable[..., None]) -> Callable[..., None]:
        def wait_then(*arguments: Any) -> None:
            try:
                both.wait(timeout=0.5)
            except BrokenBarrierError:
                both.reset()
            hook(*arguments)

        return wait_then

    monkeypatch.setattr(UserAdmin, "before_save", held(UserAdmin.before_save))
    monkeypatch.setattr(UserAdmin, "before_delete", held(UserAdmin.before_delete))


@pytest.mark.race
@pytest.mark.usefixtures("meeting")
@pytest.mark.parametrize("name", ["is_superuser", "is_active", "is_staff"])
def test_of_two_who_demote_each_other_at_the_same_moment_one_is_refused(
    app: Flask, alice: User, as_alice: Visitor, name: str
) -> None:
    """AZ-18."""
    dora = add_user(app, "dora", is_superuser=True)
    as_dora = signed_in(app, dora)
    one = as_alice.get(f"/users/{dora.id}/change/").form().fill(**{name: False})
    other = as_dora.get(f"/users/{alice.id}/change/").form().fill(**{name: False})
    pages = at_once([one.submit, other.submit])
    assert sorted(page.status for page in pages) == [303, 422]
    assert sorted((getattr(reload(app, alice), name), getattr(reload(app, dora), name))) == [False, True]
    refused = next(page for page in pages if page.status == 422)
    # Who is shut out himself by then is told that first.
    why = "last active superuser" if name == "is_superuser" else "Your account was closed meanwhile"
    assert why in " ".join(refused.errors)


@pytest.mark.race
@pytest.mark.usefixtures("meeting")
def test_of_two_who_delete_each_other_at_the_same_moment_one_is_refused(
    app: Flask, alice: User, as_alice: Visitor
) -> None:
    """AZ-18."""
    dora = add_user(app, "dora", is_superuser=True)
    as_dora = signed_in(app, dora)
    one = as_alice.get(f"/users/{dora.id}/delete/").form()
    other = as_dora.get(f"/users/{alice.id}/delete/").form()
    statuses = sorted(
        page.status for page in at_once([lambda: one.submit("_delete"), lambda: other.submit("_delete")])
    )
    # The page that says why cannot be drawn for somebody who is gone: that is a conflict.
    assert statuses in ([303, 409], [303, 422])
    assert (reload(app, alice) is None) != (reload(app, dora) is None)


@pytest.mark.race
def test_each_of_two_may_demote_a_third_at_the_same_moment(app: Flask, as_alice: Visitor) -> None:
    as_dora = signed_in(app, add_user(app, "dora", is_superuser=True))
    third, fourth = (add_user(app, name, is_superuser=True) for name in ("emil", "fred"))
    one = as_alice.get(f"/users/{third.id}/change/").form().fill(is_superuser=False)
    other = as_dora.get(f"/users/{fourth.id}/change/").form().fill(is_superuser=False)
    assert [page.status for page in at_once([one.submit, other.submit])] == [303, 303]


# Oneself


@pytest.mark.parametrize("name", ["is_active", "is_staff", "is_superuser"])
def test_a_right_is_taken_from_oneself_after_the_password_alone(
    app: Flask, alice: User, as_alice: Visitor, name: str
) -> None:
    """AZ-19: however lately the password was given."""
    add_user(app, "dora", is_superuser=True)
    before = everything(app)
    page = change(as_alice, alice, full_name="A.", **{name: False})
    assert page.status == 401
    label = {"is_active": "Active", "is_staff": "Staff", "is_superuser": "Superuser"}[name]
    assert f"You are about to take “{label}” from the account that you are using." in page.text
    refused = page.form("/account/confirm/").fill(password="a wrong one, and long").submit("_confirm")
    assert refused.status == 422
    # The last is how much the history tells, and it tells of the wrong password.
    assert everything(app)[:-1] == before[:-1]
    done = refused.form("/account/confirm/").fill(password=PASSWORD).submit("_confirm")
    assert done.status == 303
    stored = reload(app, alice)
    assert (getattr(stored, name), stored.full_name) == (False, "A.")
    # Such a change ends every session.
    assert as_alice.get("/users/").location.startswith("/login")


def test_oneself_is_deleted_after_the_password_alone(app: Flask, alice: User, as_alice: Visitor) -> None:
    """AZ-19."""
    add_user(app, "dora", is_superuser=True)
    page = as_alice.get(f"/users/{alice.id}/delete/").form().submit("_delete")
    assert page.status == 401
    assert "You are about to delete the account that you are using." in page.text
    with app.app_context():
        assert db.session.get(User, alice.id) is not None
    assert page.form("/account/confirm/").fill(password=PASSWORD).submit("_confirm").status == 303
    with app.app_context():
        assert db.session.get(User, alice.id) is None
    assert as_alice.get("/users/").location.startswith("/login")


def test_oneself_is_deactivated_by_an_action_after_the_password_alone(
    app: Flask, alice: User, as_alice: Visitor
) -> None:
    """AZ-19."""
    add_user(app, "dora", is_superuser=True)
    asked = (
        as_alice.get("/users/")
        .form("/users/action/")
        .submit("action", action="deactivate", selected=str(alice.id))
    )
    page = asked.form().submit("_confirm")
    assert page.status == 401
    assert reload(app, alice).is_active
    assert page.form("/account/confirm/").fill(password=PASSWORD).submit("_confirm").status == 303
    assert not reload(app, alice).is_active


def test_the_last_superuser_is_not_even_asked(app: Flask, alice: User, as_alice: Visitor) -> None:
    page = change(as_alice, alice, is_superuser=False)
    assert page.status == 422
    assert "last active superuser" in " ".join(page.errors)


def test_one_may_change_the_rest_of_oneself(app: Flask, alice: User, as_alice: Visitor) -> None:
    assert change(as_alice, alice, full_name="Alice Almeida").status == 303
    assert reload(app, alice).full_name == "Alice Almeida"


def test_another_administrator_may_shut_somebody_out(app: Flask, as_alice: Visitor, charlie: User) -> None:
    assert change(as_alice, charlie, is_active=False).status == 303
    assert not reload(app, charlie).is_active


# Only superusers touch staff and superuser


@pytest.mark.parametrize("forged", [{"is_superuser": "y"}, {"is_staff": "y", "is_superuser": "y", "id": "1"}])
def test_a_forged_right_in_the_change_form_has_no_effect(
    app: Flask, keeper: Visitor, forged: dict[str, str]
) -> None:
    """AZ-17."""
    target = add_user(app, "emil", is_staff=False)
    before = everything(app)
    page = keeper.get(f"/users/{target.id}/change/")
    assert page.soup.select_one("[name=is_superuser], [name=is_staff]") is None
    assert (
        page.form().submit(**forged, password="$argon2id$", version="9", created_at="2001-01-01").status
        == 303
    )
    assert everything(app) == before


def test_a_keeper_does_not_take_staff_away_by_leaving_the_box_out(app: Flask, keeper: Visitor) -> None:
    target = add_user(app, "emil")
    assert change(keeper, target, full_name="Emil E.").status == 303
    found = reload(app, target)
    assert (found.full_name, found.is_staff) == ("Emil E.", True)


def test_a_forged_right_in_the_add_form_makes_nobody_staff(app: Flask) -> None:
    """AZ-17."""
    visitor = signed_in(app, add_user(app, "bob", grants=("users.add", "users.view")))
    form = visitor.get("/users/add/").form()
    words = {"password": NEW, "password_confirm": NEW}
    form.fill(username="emil", email="emil@example.org", **words)
    assert form.submit(is_staff="y", is_superuser="y").status == 303
    with app.app_context():
        emil = db.session.scalars(select(User).where(User.username == "emil")).one()
    assert (emil.is_active, emil.is_staff, emil.is_superuser) == (True, False, False)


def test_a_superuser_makes_staff_and_superusers(app: Flask, as_alice: Visitor) -> None:
    target = add_user(app, "emil", is_staff=False)
    assert change(as_alice, target, is_staff=True, is_superuser=True).status == 303
    found = reload(app, target)
    assert (found.is_staff, found.is_superuser) == (True, True)


# Nobody touches who holds more


@pytest.mark.parametrize(
    "values", [{"is_superuser": True}, {"is_superuser": True, "is_active": False}, {"grants": ("users.add",)}]
)
def test_nobody_touches_who_holds_more(app: Flask, keeper: Visitor, values: dict[str, Any]) -> None:
    """AZ-16."""
    richer = add_user(app, "zoe", **values)
    before = everything(app)
    data = {"csrf_token": token(keeper), "username": "zoe", "email": "mine@example.org", "password": NEW}
    data |= {"password_confirm": NEW, "_version": "1", "is_active": "y", "all": "1"}
    for verb in ("change", "delete", "password", "link", "sessions"):
        assert keeper.post(f"/users/{richer.id}/{verb}/", data).status == 403, verb
        assert verb == "change" or keeper.get(f"/users/{richer.id}/{verb}/").status == 403, verb
    shown = keeper.get(f"/users/{richer.id}/change/")
    assert shown.status == 200
    assert not shown.soup.select("main form[method=post] input[name=username]")
    # The last is how much the history tells, and it tells of the refusals.
    assert everything(app)[:-1] == before[:-1]


def test_a_keeper_looks_after_who_holds_no_more(app: Flask, keeper: Visitor) -> None:
    poorer = add_user(app, "zoe", grants=("users.view",))
    assert change(keeper, poorer, full_name="Zoe").status == 303
    form = keeper.get(f"/users/{poorer.id}/password/").form()
    assert form.fill(password=NEW, password_confirm=NEW).submit().status == 303
    assert Visitor(app).sign_in("zoe", NEW).status == 303
    assert keeper.get(f"/users/{poorer.id}/delete/").form().submit("_delete").status == 303


def test_who_may_change_sees_also_whom_he_may_not_change(app: Flask, alice: User) -> None:
    visitor = signed_in(app, add_user(app, "bob", grants=("users.change",)))
    assert visitor.get("/users/").column() == ["alice", "bob"]
    assert visitor.get(f"/users/{alice.id}/change/").status == 200


def test_who_has_risen_since_the_page_was_made_is_not_touched(
    app: Flask, keeper: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-16."""
    target = add_user(app, "zoe")
    form = keeper.get(f"/users/{target.id}/change/").form().fill(email="mine@example.org")
    prepare = UserAdmin.prepare

    def rise_meanwhile(self: UserAdmin, *arguments: Any) -> None:
        prepare(self, *arguments)
        db.session.commit()
        with db.engine.begin() as connection:
            connection.execute(update(User).where(User.id == target.id).values(is_superuser=True))

    monkeypatch.setattr(UserAdmin, "prepare", rise_meanwhile)
    page = form.submit()
    assert page.status == 422
    assert "holds more than you do" in page.text
    assert reload(app, target).email == "zoe@example.org"


# Grants


def test_without_view_the_list_is_forbidden_and_out_of_the_menu(app: Flask, as_charlie: Visitor) -> None:
    index = as_charlie.get("/")
    assert index.status == 200
    assert index.link("Users") is None
    page = as_charlie.get("/users/")
    assert page.status == 403
    assert "users.view" in page.text


def test_with_view_the_list_is_there_and_in_the_menu(as_bob: Visitor) -> None:
    assert as_bob.get("/").link("Users") == "/users/"
    assert as_bob.get("/users/").column() == ["bob"]


def test_who_may_only_view_is_offered_and_granted_nothing_more(
    app: Flask, as_bob: Visitor, charlie: User
) -> None:
    before = everything(app)
    assert as_bob.get("/users/").link("Add user") is None
    page = as_bob.get(f"/users/{charlie.id}/change/")
    assert page.status == 200
    assert page.link("Delete") is None
    assert page.link("Set password") is None
    data = {"csrf_token": token(as_bob), "username": "x", "email": "x@example.org", "_version": "1"}
    for address in ("add/", f"{charlie.id}/change/", f"{charlie.id}/delete/", f"{charlie.id}/password/"):
        assert as_bob.post(f"/users/{address}", data).status == 403, address
    assert everything(app)[:-1] == before[:-1]


def test_an_account_that_is_not_active_holds_nothing(app: Flask) -> None:
    gone = add_user(app, "zoe", is_active=False, is_superuser=True, grants=("users.view",))
    with app.app_context():
        user = db.session.get_one(User, gone.id)
        assert not user.can("users.view")
        user.is_active = True
        assert user.can("users.view")
