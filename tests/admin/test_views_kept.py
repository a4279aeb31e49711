"""Saved views that are saved again under their name or another, and what they cost."""

from urllib.parse import parse_qsl

import pytest
from flask import Flask

from tests.admin.saved import STAFF, add_group, is_changed, menu, save, stored
from tests.admin.test_columns import choose, heads
from tests.conftest import counted
from tests.pages import Form, Visitor
from webapp.admin.listing import views
from webapp.admin.listing.remembered import SavedView
from webapp.users.models import User

# Save, save as, reset


def test_a_changed_view_is_saved_as_it_is_shown_now(app: Flask, as_alice: Visitor) -> None:
    page = save(as_alice, STAFF, "Staff")
    (view,) = stored(app)
    changed = as_alice.get(f"/users/?q=a&sort=username&view={view.id}&is_staff=")
    form = Form(changed, changed.soup.select_one("#view-state form"))  # type: ignore[arg-type]
    kept = form.submit("_keep")
    assert (kept.status, kept.location) == (303, page.address)
    assert sorted(parse_qsl(stored(app)[0].query)) == [("q", "a"), ("sort", "username")]
    assert not is_changed(as_alice.get(page.address))


def test_a_changed_view_is_not_saved_by_a_token_of_another_sign_in(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff")
    (view,) = stored(app)
    changed = as_alice.get(f"/users/?q=a&view={view.id}")
    form = Form(changed, changed.soup.select_one("#view-state form"))  # type: ignore[arg-type]
    form.fields["csrf_token"] = "of another sign-in"
    page = form.submit("_keep")
    assert (page.status, "q=a" in str(page.location)) == (303, True)
    assert "q=a" not in stored(app)[0].query


def test_a_changed_view_can_become_another(app: Flask, as_alice: Visitor) -> None:
    page = save(as_alice, STAFF, "Staff")
    save(as_alice, f"{page.address}&q=a", "Staff with a")
    assert [view.name for view in stored(app)] == ["Staff", "Staff with a"]
    assert "q=a" not in stored(app)[0].query


def test_columns_chosen_in_a_view_change_the_view_and_not_the_list(app: Flask, as_alice: Visitor) -> None:
    page = save(as_alice, STAFF, "Staff")
    before = heads(as_alice.get("/users/"))
    changed = choose(page, columns=["email", "id"], size="25")
    assert heads(changed) == ["E-mail", "Number"]
    assert is_changed(changed)
    assert heads(as_alice.get("/users/")) == before
    # What is chosen as it is shown changes nothing.
    assert not is_changed(choose(as_alice.get(page.address)))
    reset = choose(changed, "_reset")
    assert heads(reset) == before


def test_a_view_that_somebody_has_changed_meanwhile_is_not_overwritten(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff")
    (view,) = stored(app)
    changed = as_alice.get(f"/users/?q=a&view={view.id}")
    edit = as_alice.get(f"/users/views/{view.id}/").form()
    delete = as_alice.get(f"/users/views/{view.id}/delete/").form()
    as_alice.get(f"/users/views/{view.id}/").form().fill(name="Other").submit()
    form = Form(changed, changed.soup.select_one("#view-state form"))  # type: ignore[arg-type]
    assert form.submit("_keep").status == 409
    page = edit.fill(name="Mine").submit()
    assert (page.status, page.form().fields["name"]) == (409, "Mine")
    assert delete.submit("_delete").status == 409
    (view,) = stored(app)
    assert (view.name, "q=a" in view.query) == ("Other", False)
    # Looked at again, it can be.
    assert page.form().submit().status == 303
    assert stored(app)[0].name == "Mine"


def test_without_its_version_nothing_of_a_view_is_changed(app: Flask, as_alice: Visitor) -> None:
    save(as_alice, STAFF, "Staff")
    (view,) = stored(app)
    form = as_alice.get(f"/users/views/{view.id}/").form()
    del form.fields["_version"]
    assert form.fill(name="Other").submit().status == 409
    token = {"csrf_token": form.fields["csrf_token"]}
    assert as_alice.post(f"/users/views/{view.id}/keep/?q=a", token).status == 409
    assert as_alice.post(f"/users/views/{view.id}/delete/", token).status == 409
    assert [(one.name, one.version) for one in stored(app)] == [("Staff", 1)]


# Names


@pytest.mark.parametrize("name", ["", "   ", "\u200b", "\u2800 \u3164", "x" * 81, "a\0b", "a\nb"])
def test_a_name_that_is_none_comes_back_as_it_was_typed(app: Flask, as_alice: Visitor, name: str) -> None:
    page = as_alice.get(STAFF).follow("Save as a view")
    page = page.form().fill(name=name, is_default=True).submit()
    assert page.status == 422
    assert page.errors
    assert page.form().fields["is_default"] == "y"
    if "\0" not in name and "\n" not in name:
        assert page.form().fields["name"] == name
    assert stored(app) == []
    assert page.form().fill(name="x" * 80).submit().status == 303


def test_a_name_is_given_once_by_each_person_and_list(app: Flask, as_alice: Visitor, as_bob: Visitor) -> None:
    save(as_alice, STAFF, "Staff")
    save(as_alice, "/users/?q=a", "Other")
    page = as_alice.get("/users/?q=b").follow("Save as a view").form().fill(name=" Staff ").submit()
    assert (page.status, page.form().fields["name"]) == (422, " Staff ")
    assert any("of this name" in error for error in page.errors)
    other = stored(app)[1]
    page = as_alice.get(f"/users/views/{other.id}/").form().fill(name="Staff").submit()
    assert (page.status, len(page.errors)) == (422, 1)
    assert [view.name for view in stored(app)] == ["Staff", "Other"]
    # Its own name is not taken, and others may have the same.
    assert as_alice.get(f"/users/views/{other.id}/").form().submit().status == 303
    save(as_bob, STAFF, "Staff")
    save(as_alice, "/groups/?q=a", "Staff")


def test_a_view_that_two_requests_save_at_once_is_kept_once(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    save(as_alice, STAFF, "Staff")
    real, calls = views._check_name, []

    def late(view: SavedView, name: str) -> None:
        calls.append(name)
        if len(calls) > 1:
            real(view, name)

    monkeypatch.setattr(views, "_check_name", late)
    page = as_alice.get("/users/?q=b").follow("Save as a view").form().fill(name="Staff").submit()
    assert (page.status, len(calls)) == (422, 2)
    assert len(stored(app)) == 1


def test_there_is_an_end_to_the_number_of_views_and_to_their_length(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(views, "MAX_OWN", 1)
    save(as_alice, STAFF, "Staff")
    page = as_alice.get("/users/?q=b").follow("Save as a view").form().fill(name="Second").submit()
    assert (page.status, len(stored(app))) == (422, 1)
    monkeypatch.setattr(views, "MAX_QUERY", 5)
    page = as_alice.get("/users/?q=bcdef").follow("Save as a view").form().fill(name="Third").submit()
    assert (page.status, len(page.errors)) == (422, 1)


# What it costs


def test_views_and_settings_cost_one_statement_however_many_there_are(
    app: Flask, bob: User, as_bob: Visitor
) -> None:
    def cost(address: str) -> tuple[int, int]:
        # A search asks how long the table is once a minute.
        as_bob.get(address)
        with counted(app) as statements:
            assert as_bob.get(address).status == 200
        return len(statements), len([one for one in statements if one.startswith("SELECT list_settings")])

    # That there is nothing is known with who asks.
    assert cost("/users/?q=a") == (4, 0)
    group = add_group(app, "Support", bob)
    for number in range(5):
        page = save(as_bob, STAFF, f"View {number}", group_key=group if number % 2 else "")
    choose(as_bob.get("/users/?q=a"), size="50")
    assert cost("/users/?q=a") == (5, 1)
    assert cost(page.address) == (5, 1)
    assert cost(f"{page.address}&is_staff=&q=a") == (5, 1)
    with counted(app) as statements:
        as_bob.get("/users/lookup/?field=groups")
        as_bob.get(f"/users/{bob.id}/change/")
    assert not any("saved_views" in one or "list_settings" in one for one in statements)


def test_the_view_that_is_open_is_found_among_however_many(
    app: Flask, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A", "B", "C"):
        page = save(as_alice, STAFF, name)
    monkeypatch.setattr("webapp.admin.listing.remembered.MAX_VIEWS", 2)
    assert menu(as_alice.get(page.address)) == ["All users", "A", "C"]
    as_alice.get(f"/users/views/{stored(app)[2].id}/").form().fill(is_default=True).submit()
    assert f"view={stored(app)[2].id}" in as_alice.get("/users/").location


def test_however_many_others_share_ones_own_are_in_the_menu(
    app: Flask, bob: User, as_bob: Visitor, as_alice: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = add_group(app, "Support", bob)
    for name in ("A", "B", "C"):
        save(as_alice, STAFF, name, group_key=group)
    save(as_bob, STAFF, "Z")
    monkeypatch.setattr("webapp.admin.listing.remembered.MAX_VIEWS", 2)
    assert menu(as_bob.get("/users/")) == ["All users", "A by alice", "Z"]
