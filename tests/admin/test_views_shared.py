"""Saved views among people: who may open and change them, and what becomes of them when somebody goes."""

import pytest
from flask import Flask
from sqlalchemy import select

from tests.admin.saved import STAFF, add_group, is_changed, menu, names, save, stored
from tests.admin.test_columns import chooser
from tests.conftest import add_user, signed_in
from tests.pages import Visitor
from webapp.admin.listing.remembered import ListSettings
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import Group, User


@pytest.fixture
def carol(app: Flask) -> User:
    return add_user(app, "carol", grants=("users.view",))


@pytest.fixture
def as_carol(app: Flask, carol: User) -> Visitor:
    return signed_in(app, carol)


# Who may


def test_nobody_else_sees_a_personal_view(app: Flask, as_alice: Visitor, as_bob: Visitor) -> None:
    save(as_bob, STAFF, "Mine")
    (view,) = stored(app)
    for address in (
        f"/users/?view={view.id}",
        f"/users/views/{view.id}/",
        f"/users/views/{view.id}/delete/",
    ):
        assert as_alice.get(address).status == 404, address
        assert as_bob.get(address).status == 200, address
    assert menu(as_alice.get("/users/")) == ["All users"]
    token = {"csrf_token": chooser(as_alice.get("/users/")).fields["csrf_token"], "_version": "1"}
    for path in ("", "keep/", "delete/"):
        assert as_alice.post(f"/users/views/{view.id}/{path}", {**token, "name": "Taken"}).status == 404
    assert [(one.name, one.version) for one in stored(app)] == [("Mine", 1)]


def test_a_view_is_shared_with_the_members_of_a_group(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    page = save(as_bob, STAFF, "Ours", group_key=group)
    assert menu(page) == ["All users", "Ours shared"]
    assert menu(as_carol.get("/users/")) == ["All users", "Ours by bob"]
    assert as_carol.get(page.address).status == 200
    # Somebody in no group, and somebody in another.
    dora = add_user(app, "dora", grants=("users.view",))
    add_group(app, "Sales", dora)
    as_dora = signed_in(app, dora)
    assert as_dora.get(page.address).status == 404
    assert menu(as_dora.get("/users/")) == ["All users"]
    assert menu(as_alice.get("/users/")) == ["All users", "Ours by bob"]


def test_a_shared_view_is_for_others_to_open_and_not_to_change(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    page = save(as_bob, STAFF, "Ours", group_key=group)
    (view,) = stored(app)
    changed = as_carol.get(f"{page.address}&q=a")
    assert is_changed(changed)
    assert changed.soup.select("#view-state form") == []
    form = as_carol.get(f"/users/views/{view.id}/").form()
    assert set(form.fields) == {"csrf_token"}
    token = {"csrf_token": form.fields["csrf_token"], "_version": "1"}
    assert as_carol.get(f"/users/views/{view.id}/delete/").status == 403
    assert as_carol.post(f"/users/views/{view.id}/delete/", token).status == 403
    assert as_carol.post(f"/users/views/{view.id}/keep/?q=a", token).status == 403
    assert form.submit(name="Taken", group_key="").status == 303
    assert [(one.name, one.group_key) for one in stored(app)] == [("Ours", group)]
    # It may be the first that she sees all the same.
    form.fill(is_default=True).submit()
    assert f"view={view.id}" in as_carol.get("/users/").location
    assert as_bob.get("/users/").status == 200


def test_the_owner_and_a_superuser_change_and_delete_a_shared_view(
    app: Flask, bob: User, as_bob: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob)
    save(as_bob, STAFF, "Ours", group_key=group)
    (view,) = stored(app)
    assert as_alice.get(f"/users/views/{view.id}/").form().fill(name="Theirs").submit().status == 303
    (view,) = stored(app)
    assert (view.name, view.owner_label, view.group_key) == ("Theirs", "bob", group)
    page = as_alice.get(f"/users/views/{view.id}/").follow("Delete this view")
    assert page.form().submit("_delete").status == 303
    assert stored(app) == []


def test_nobody_shares_with_a_group_that_one_is_not_in(
    app: Flask, bob: User, as_bob: Visitor, as_alice: Visitor
) -> None:
    own, other = add_group(app, "Support", bob), add_group(app, "Sales")
    page = as_bob.get(STAFF).follow("Save as a view")
    texts = [tag.get_text() for tag in page.soup.select("[name=group_key] option")]
    assert texts == ["Nobody", "Support"]
    sent = page.form().fill(name="Ours", group_key=other).submit()
    assert (sent.status, len(sent.errors), stored(app)) == (422, 1, [])
    assert page.form().fill(name="Ours", group_key=own).submit().status == 303
    # Who looks after everything shares with any of them.
    save(as_alice, STAFF, "All", group_key=other)


def test_who_has_left_a_group_keeps_what_is_shared_with_it_and_shares_no_more(
    app: Flask, bob: User, as_bob: Visitor
) -> None:
    group = add_group(app, "Support", bob)
    save(as_bob, STAFF, "Ours", group_key=group)
    (view,) = stored(app)
    leave(app, bob)
    form = as_bob.get(f"/users/views/{view.id}/").form()
    assert form.fields["group_key"] == group
    assert form.fill(name="Still").submit().status == 303
    assert stored(app)[0].group_key == group
    as_bob.get(f"/users/views/{view.id}/").form().fill(group_key="").submit()
    form = as_bob.get(f"/users/views/{view.id}/").form()
    assert form.submit(group_key=group).status == 422
    assert stored(app)[0].group_key is None


def leave(app: Flask, user: User) -> None:
    with app.app_context():
        found = db.session.get(User, user.id)
        assert found is not None
        found.groups = []
        db.session.commit()


def test_a_shared_view_shows_only_what_the_person_may_see(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = add_group(app, "Support", bob, carol)
    page = save(as_bob, "/users/?sort=email&columns=id,email", "Ours", group_key=group)
    with app.app_context():
        admin = current_site().admin("users")
    monkeypatch.setattr(
        admin, "query", lambda user: select(User).where(User.username == user.username), raising=False
    )
    assert names(as_carol.get(page.address)) == [str(carol.id)]
    monkeypatch.setattr(
        admin, "get_list_columns", lambda user: ("id",) if user.username == "bob" else (), raising=False
    )
    assert as_carol.get(page.address).status == 400
    assert as_bob.get(page.address).status == 200


@pytest.mark.parametrize("path", ["?view={}", "views/", "views/{}/", "views/{}/delete/"])
def test_who_may_not_see_the_list_any_more_sees_no_view_of_it(
    app: Flask, bob: User, as_bob: Visitor, stranger: Visitor, path: str
) -> None:
    save(as_bob, STAFF, "Mine")
    address = "/users/" + path.format(stored(app)[0].id)
    assert as_bob.get(address).status == 200
    assert stranger.get(address).status == 303
    with app.app_context():
        found = db.session.get(User, bob.id)
        assert found is not None
        found.grants = []
        db.session.commit()
    assert as_bob.get(address).status == 403


# Those who go


def test_views_of_a_group_that_is_deleted_are_their_owners_alone(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    page = save(as_bob, STAFF, "Ours", group_key=group, is_default=True)
    form = as_carol.get(f"/users/views/{stored(app)[0].id}/").form().fill(is_default=True)
    form.submit()
    assert as_alice.get(f"/groups/{group}/delete/").form().submit("_delete").status == 303
    assert stored(app)[0].group_key is None
    assert as_bob.get(page.address).status == 200
    assert as_carol.get(page.address).status == 404
    # What she chose to see first is not hers to see: the list opens as if nothing had been chosen.
    assert as_carol.get("/users/").status == 200


def test_views_of_a_group_whose_delete_is_undone_are_shared_with_it_again(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    page, moved = save(as_bob, STAFF, "Ours", group_key=group), save(as_bob, STAFF, "Mine", group_key=group)
    deleted = as_alice.get(f"/groups/{group}/delete/").form().submit("_delete", follow=True)
    # Who says it anew has the last word.
    assert as_bob.get(f"/users/views/{stored(app)[1].id}/").form().submit().status == 303
    assert deleted.undo().status == 303
    assert [view.group_key for view in stored(app)] == [group, None]
    assert as_carol.get(page.address).status == 200
    assert as_carol.get(moved.address).status == 404


def test_a_group_that_goes_by_other_means_leaves_a_view_that_harms_nobody(
    app: Flask, bob: User, as_bob: Visitor
) -> None:
    page = save(as_bob, STAFF, "Ours", group_key=add_group(app, "Support", bob))
    with app.app_context():
        db.session.execute(Group.__table__.delete())
        db.session.commit()
    assert as_bob.get(page.address).status == 200
    assert as_bob.get(f"/users/views/{stored(app)[0].id}/").form().submit().status == 303


def test_the_personal_views_of_somebody_who_is_deleted_go_and_shared_ones_stay(
    app: Flask, bob: User, as_bob: Visitor, carol: User, as_carol: Visitor, as_alice: Visitor
) -> None:
    group = add_group(app, "Support", bob, carol)
    save(as_bob, STAFF, "Mine", is_default=True)
    page = save(as_bob, STAFF, "Ours", group_key=group)
    save(as_carol, STAFF, "Hers")
    assert as_alice.get(f"/users/{bob.id}/delete/").form().submit("_delete").status == 303
    assert [view.name for view in stored(app)] == ["Ours", "Hers"]
    with app.app_context():
        assert (
            db.session.scalars(select(ListSettings).where(ListSettings.person_key == str(bob.id))).all() == []
        )
    assert as_carol.get(page.address).status == 200


def test_a_default_view_that_is_deleted_is_nobodys_default(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff", is_default=True)
    (view,) = stored(app)
    as_alice.get(f"/users/views/{view.id}/delete/").form().submit("_delete")
    page = as_alice.get("/users/")
    assert (page.status, menu(page)) == (200, ["All users"])
    # Its number is given to no other.
    save(as_alice, STAFF, "Another")
    assert stored(app)[0].id > view.id
