"""What is kept of a form from one request to the next is the same for all: nobody's values, rights or language."""

from flask import Flask

from tests.conftest import add_user, counted, signed_in
from tests.pages import Page, Visitor
from tests.users.groups import KEEPER, add_group
from webapp.admin.editing.forms import make_form
from webapp.admin.editing.layout import form_layout
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import Group, User


def boxes(page: Page) -> dict[str, tuple[bool, bool]]:
    """By permission, whether it is ticked and whether it is locked."""
    found = page.soup.select("input[type=checkbox][name=permissions]")
    return {str(box["value"]): (box.has_attr("checked"), box.has_attr("disabled")) for box in found}


def test_a_form_tells_nothing_of_the_person_and_the_object_that_it_was_made_for_before(
    app: Flask, as_alice: Visitor
) -> None:
    bob = add_user(app, "bob", grants=KEEPER)
    charlie = add_user(app, "charlie", grants=("groups.view",))
    as_bob = signed_in(app, bob)
    for _again in range(2):
        hers = as_alice.get(f"/users/{charlie.id}/change/")
        assert hers.form().fields["username"] == "charlie"
        assert boxes(hers)["groups.view"] == (True, False)
        assert not any(is_locked for _ticked, is_locked in boxes(hers).values())
        his = boxes(as_bob.get(f"/users/{bob.id}/change/"))
        assert {word for word, (is_ticked, _locked) in his.items() if is_ticked} == set(KEEPER)
        assert all(is_locked for _ticked, is_locked in his.values())
        assert boxes(as_alice.get(f"/users/{bob.id}/change/"))["groups.view"][1] is False


def test_a_form_speaks_the_language_of_who_asks_now(app: Flask, as_alice: Visitor, bob: User) -> None:
    ana = signed_in(app, add_user(app, "ana", is_superuser=True, locale="pt_BR"))
    said = []
    for visitor in (as_alice, ana, as_alice, ana):
        page = visitor.get(f"/users/{bob.id}/change/").form().fill(username="").submit()
        assert page.status == 422
        said.append(page.errors)
    assert said[0] == said[2] != said[1] == said[3]


def test_a_form_class_is_made_once_for_each_selection_of_fields(app: Flask, alice: User) -> None:
    with app.test_request_context("/users/1/change/"):
        users, person = current_site().admin("users"), db.session.get_one(User, alice.id)

        def made(*readonly: str) -> type:
            users.readonly_fields = ("held_permissions", "last_login_at", *readonly)
            return type(make_form(users, form_layout(users, person, person), person, person))

        try:
            assert made() is made()
            assert made("email") is made("email") is not made()
        finally:
            del users.readonly_fields


def test_who_gains_a_right_has_its_fields_at_once(app: Flask, as_alice: Visitor) -> None:
    bob = add_user(app, "bob", grants=("users.view",))
    as_bob, address = signed_in(app, bob), f"/users/{add_user(app, 'charlie').id}/change/"
    assert as_bob.get(address).soup.select_one("input#email") is None
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    form.fields["permissions"] = ["", "users.view", "users.change"]
    assert form.submit().status == 303
    assert as_bob.get(address).soup.select_one("input#email") is not None
    form = as_alice.get(f"/users/{bob.id}/change/").form()
    form.fields["permissions"] = ["", "users.view"]
    assert form.submit().status == 303
    assert as_bob.get(address).soup.select_one("input#email") is None


def test_the_statements_of_a_form_are_asked_with_the_key_of_each_object(
    app: Flask, as_alice: Visitor, bob: User, charlie: User
) -> None:
    for user in (bob, charlie, bob):
        with counted(app) as found:
            page = as_alice.get(f"/users/{user.id}/change/")
        assert page.form().fields["username"] == user.username
        assert len(found) <= 6, found


def test_the_table_of_permissions_is_drawn_anew_for_whatever_differs_in_it(app: Flask) -> None:
    """Who looks, what is granted, through which group, and the language."""
    one, other = add_user(app, "one"), add_user(app, "other", grants=("users.view",))
    third = add_user(app, "third")
    add_group(app, "Members", ("users.view",), (third,))
    alice = signed_in(app, add_user(app, "alice", is_superuser=True))
    ana = signed_in(app, add_user(app, "ana", is_superuser=True, locale="pt_BR"))
    keeper = signed_in(app, add_user(app, "keeper", grants=("users.view", "users.change", "groups.view")))

    def table(visitor: Visitor, user: User) -> str:
        found = visitor.get(f"/users/{user.id}/change/").soup.select_one("table.grants-table")
        assert found is not None
        return str(found)

    asked = [(alice, one), (alice, other), (alice, third), (ana, one), (keeper, one)]
    first = [table(*pair) for pair in asked]
    assert len(set(first)) == len(asked)
    assert [table(*pair) for pair in asked] == first
    assert "Members" in first[2]
    assert "Members" not in "".join([*first[:2], *first[3:]])


def test_a_group_that_is_renamed_is_called_so_at_once(app: Flask, as_alice: Visitor) -> None:
    bob = add_user(app, "bob")
    number = add_group(app, "Editors", ("users.view",), (bob,)).id
    for name in ("Editors", "Writers"):
        with app.app_context():
            db.session.get_one(Group, number).name = name
            db.session.commit()
        said = as_alice.get(f"/users/{bob.id}/change/").soup.select("table.grants-table .grants-via")
        assert [one.get_text() for one in said] == [f"by group: {name}"]
