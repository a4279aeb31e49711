"""The public contract: addresses, field names, buttons and answers that bookmarks, scripts and tests live on."""

from typing import Any

import pytest
from flask import Flask

from tests.conftest import add_user, reload, signed_in
from tests.pages import PASSWORD, Page, Visitor
from tests.rules.world import NEW_PASSWORD, fields_for, rules, send, token
from webapp.admin.listing.filters.operators import CHOICE_OPERATORS, OPERATORS, RELATION_OPERATORS
from webapp.admin.listing.filters.parameters import OWN_PARAMETERS
from webapp.extensions import db
from webapp.users.models import User
from webapp.users.service import find_user

GET, POST = {"GET"}, {"GET", "POST"}
ADDRESSES: dict[tuple[str, str], set[str]] = {
    ("/", "admin.index"): GET,
    ("/search", "admin.search"): GET,
    ("/undo/<number>/", "admin.undo"): POST,
    ("/users/", "users.list"): POST,
    ("/users/add/", "users.add"): POST,
    ("/users/action/", "users.action"): {"POST"},
    ("/users/<key>/", "users.object"): GET,
    ("/users/<key>/change/", "users.change"): POST,
    ("/users/<key>/delete/", "users.delete"): POST,
    ("/users/<key>/history/", "users.history"): GET,
    ("/users/<key>/restore/", "users.restore"): POST,
    ("/users/lookup/", "users.lookup"): GET,
    ("/users/display/", "users.display"): POST,
    ("/users/views/", "users.views"): POST,
    ("/users/views/<int(max=2147483647):number>/", "users.view"): POST,
    ("/users/views/<int(max=2147483647):number>/keep/", "users.keep_view"): {"POST"},
    ("/users/views/<int(max=2147483647):number>/delete/", "users.delete_view"): POST,
    ("/users/export/", "users.export"): GET,
    ("/users/<key>/password/", "users.password"): POST,
    ("/users/<key>/link/", "users.link"): POST,
    ("/groups/", "groups.list"): POST,
    ("/groups/add/", "groups.add"): POST,
    ("/groups/action/", "groups.action"): {"POST"},
    ("/groups/<key>/", "groups.object"): GET,
    ("/groups/<key>/change/", "groups.change"): POST,
    ("/groups/<key>/delete/", "groups.delete"): POST,
    ("/groups/<key>/history/", "groups.history"): GET,
    ("/groups/<key>/restore/", "groups.restore"): POST,
    ("/groups/lookup/", "groups.lookup"): GET,
    ("/groups/display/", "groups.display"): POST,
    ("/groups/views/", "groups.views"): POST,
    ("/groups/views/<int(max=2147483647):number>/", "groups.view"): POST,
    ("/groups/views/<int(max=2147483647):number>/keep/", "groups.keep_view"): {"POST"},
    ("/groups/views/<int(max=2147483647):number>/delete/", "groups.delete_view"): POST,
    ("/groups/export/", "groups.export"): GET,
    ("/log_entries/", "log_entries.list"): POST,
    ("/log_entries/add/", "log_entries.add"): POST,
    ("/log_entries/action/", "log_entries.action"): {"POST"},
    ("/log_entries/<key>/", "log_entries.object"): GET,
    ("/log_entries/<key>/change/", "log_entries.change"): POST,
    ("/log_entries/<key>/delete/", "log_entries.delete"): POST,
    ("/log_entries/<key>/history/", "log_entries.history"): GET,
    ("/log_entries/<key>/restore/", "log_entries.restore"): POST,
    ("/log_entries/lookup/", "log_entries.lookup"): GET,
    ("/log_entries/display/", "log_entries.display"): POST,
    ("/log_entries/views/", "log_entries.views"): POST,
    ("/log_entries/views/<int(max=2147483647):number>/", "log_entries.view"): POST,
    ("/log_entries/views/<int(max=2147483647):number>/keep/", "log_entries.keep_view"): {"POST"},
    ("/log_entries/views/<int(max=2147483647):number>/delete/", "log_entries.delete_view"): POST,
    ("/log_entries/export/", "log_entries.export"): GET,
    ("/login", "account.login"): POST,
    ("/logout", "account.logout"): {"POST"},
    ("/setup/<token>", "account.setup"): POST,
    ("/account/", "account.profile"): POST,
    ("/account/password/", "account.password"): POST,
    ("/account/forgotten/", "account.forgotten"): POST,
    ("/account/set-password/", "account.set_by_link"): POST,
    ("/account/set-password/<token>", "account.open_link"): GET,
    ("/account/confirm/", "account.confirm"): POST,
    ("/account/email/", "account.address"): POST,
    ("/account/email/link/", "account.address_link"): POST,
    ("/account/email/link/<token>", "account.open_address_link"): GET,
    ("/account/sessions/", "account.sessions"): POST,
    ("/account/stay/", "account.stay"): POST,
    ("/users/<key>/sessions/", "users.sessions"): POST,
    ("/account/preferences", "account.preferences"): {"POST"},
    ("/healthz", "healthz"): GET,
    ("/readyz", "readyz"): GET,
    ("/static/<digest>/<path:path>", "static"): GET,
}
SAVE = {"_save", "_continue", "_addanother"}
HIDDEN = {"csrf_token", "_list"}
PERSON = {
    "username",
    "email",
    "full_name",
    "is_active",
    "is_staff",
    "is_superuser",
    "groups",
    "groups.was",
    "permissions",
}
FORMS: dict[str, tuple[set[str], set[str]]] = {
    "/users/add/": ({*HIDDEN, *PERSON, "password", "password_confirm", "_once"}, {*SAVE, "_open"}),
    "/users/{}/change/": ({*HIDDEN, *PERSON, "_version", "_was", "_once"}, {*SAVE, "_open"}),
    "/users/{}/delete/": ({*HIDDEN, "_version"}, {"_delete"}),
    "/users/{}/password/": ({"csrf_token", "password", "password_confirm"}, {"_save"}),
    "/users/views/": ({"csrf_token", "name", "group_key", "is_default"}, {"_save"}),
    "/groups/add/": ({*HIDDEN, "name", "permissions", "_once"}, SAVE),
    "/account/password/": (
        {"csrf_token", "current_password", "password", "password_confirm"},
        {"_save"},
    ),
    "/account/": (
        {"csrf_token", "_version", "full_name", "locale", "timezone", "theme", "density", "shortcuts"},
        {"_save"},
    ),
}


# What a list's address may say beside its columns and relations, and how it narrows by each kind of them.
LIST_PARAMETERS = set("q sort size after before last from columns view facets count format".split())
LIST_OPERATORS = {
    "text": "eq ne contains startswith in isnull",
    "longtext": "contains isnull",
    "boolean": "eq ne isnull",
    "integer": "eq ne gt gte lt lte in isnull",
    "decimal": "eq ne gt gte lt lte in isnull",
    "number": "eq ne gt gte lt lte in isnull",
    "date": "eq ne gt gte lt lte last year month day isnull",
    "datetime": "eq ne gt gte lt lte last year month day isnull",
    "time": "eq ne gt gte lt lte isnull",
    "interval": "eq ne gt gte lt lte isnull",
    "enum": "eq ne in isnull",
    "uuid": "eq ne in isnull",
    "relation": "eq ne in isnull",
    "choice": "eq",
}


def test_a_list_is_addressed_by_the_promised_parameters_and_operators() -> None:
    assert OWN_PARAMETERS == LIST_PARAMETERS
    found = {**OPERATORS, "relation": RELATION_OPERATORS, "choice": CHOICE_OPERATORS}
    assert {kind: " ".join(operators) for kind, operators in found.items()} == LIST_OPERATORS


def test_every_address_is_the_promised_one(app: Flask) -> None:
    found = {(rule.rule, rule.endpoint): set(rule.methods or ()) - {"HEAD", "OPTIONS"} for rule in rules(app)}
    assert found == ADDRESSES


@pytest.mark.parametrize("address", FORMS)
def test_every_form_has_the_promised_fields_and_buttons(as_alice: Visitor, bob: User, address: str) -> None:
    form = as_alice.get(address.format(bob.id)).form()
    fields, buttons = FORMS[address]
    assert {str(tag["name"]) for tag in form.tag.select("[name]:not(button)")} == fields
    assert {str(tag["name"]) for tag in form.tag.select("button[name]")} == buttons
    assert form.tag.select("button")[0].get("type") in (None, "submit")


def test_the_sign_in_has_the_promised_fields(stranger: Visitor) -> None:
    form = stranger.get("/login?next=/users/").form()
    assert set(form.fields) == {"csrf_token", "next", "username", "password"}
    assert form.fields["next"] == "/users/"


def test_signing_in_goes_on_to_the_page_that_was_asked_for(alice: User, stranger: Visitor) -> None:
    gate = stranger.get("/users/?q=bob")
    assert (gate.status, gate.location) == (303, "/login?next=/users/?q%3Dbob")
    form = stranger.get(gate.location).form().fill(username="alice", password=PASSWORD)
    page = form.submit("_login")
    assert (page.status, page.location) == (303, "/users/?q=bob")


def post(endpoint: str, address: str, **changes: Any) -> Any:
    """Sends what a person would, with *changes*; ``None`` leaves a field out."""

    def ask(visitor: Visitor, user: User) -> Page:
        data = {"csrf_token": token(visitor), **fields_for(endpoint, user), **changes}
        sent = {name: value for name, value in data.items() if value is not None}
        return visitor.post(address.format(user.id), sent)

    return ask


def get(address: str) -> Any:
    return lambda visitor, user: visitor.get(address.format(user.id))


CHANGE = ("users.change", "/users/{}/change/")
ACTION = ("users.action", "/users/action/")
ACROSS = {"selected": None, "select_across": "1", "_count": "1"}
ANSWERS: list[tuple[str, int, str | None, Any]] = [
    ("a change leads to the list", 303, "/users/", post(*CHANGE)),
    (
        "as it was left",
        303,
        "/users/?q=b&sort=-email",
        post(*CHANGE, _list="q=b&sort=-email"),
    ),
    ("or back to the form", 303, "/users/{}/change/", post(*CHANGE, _save=None, _continue="1")),
    ("or to the next one", 303, "/users/add/", post(*CHANGE, _save=None, _addanother="1")),
    ("a short address leads to the form", 303, "/users/{}/change/", get("/users/{}/")),
    ("a missing slash is added", 308, "http://localhost/users/", get("/users")),
    ("a wrong value is 422", 422, None, post(*CHANGE, email="nobody")),
    ("a field that is left out keeps its value", 303, "/users/", post(*CHANGE, username=None)),
    ("a taken name is 422", 422, None, post(*CHANGE, username="ALICE")),
    ("passwords that differ are 422", 422, None, post("users.add", "/users/add/", password_confirm="x")),
    (
        "a common password is 422",
        422,
        None,
        post("users.password", "/users/{}/password/", password="passw0rd"),
    ),
    ("a stale form is 409", 409, None, post(*CHANGE, _version="0")),
    ("a form without a version is 409", 409, None, post(*CHANGE, _version=None)),
    ("a stale delete is 409", 409, None, post("users.delete", "/users/{}/delete/", _version="0")),
    ("a delete", 303, "/users/", post("users.delete", "/users/{}/delete/")),
    ("what is not there is 404", 404, None, get("/users/999999/change/")),
    ("what can be no key is 404", 404, None, get("/users/nobody/history/")),
    ("an unknown address is 404", 404, None, get("/nothing/")),
    ("an export is a file", 200, None, get("/users/export/?format=csv")),
    ("of a format that there is", 400, None, get("/users/export/?format=pdf")),
    ("a lookup is JSON", 200, None, get("/users/lookup/?field=groups")),
    ("of an object's form too", 200, None, get("/users/lookup/?field=groups&key={}")),
    ("for a field that the form has", 400, None, get("/users/lookup/?field=grants")),
    ("a lookup for nothing is 400", 400, None, get("/users/lookup/")),
    ("an action that asks first", 200, None, post(*ACTION, action="deactivate", _confirm=None)),
    ("and is then done", 303, "/users/?q=b", post("users.action", "/users/action/?q=b")),
    ("an action for what is not there is done to nothing", 303, "/users/", post(*ACTION, selected="999999")),
    ("an action for nothing leads back", 303, "/users/", post(*ACTION, selected=None)),
    ("no action leads back", 303, "/users/", post(*ACTION, action=None)),
    ("an action that there is not is 400", 400, None, post(*ACTION, action="nothing")),
    (
        "an action for another list than the one shown is 400",
        400,
        None,
        post(ACTION[0], "/users/action/?x=1"),
    ),
    ("an action for all that match", 303, "/users/?q=bob", post(ACTION[0], "/users/action/?q=bob", **ACROSS)),
    ("if there are as many as were shown", 409, None, post(ACTION[0], "/users/action/", **ACROSS)),
    ("an action is no address to open", 405, None, get("/users/action/")),
    ("a search everywhere", 200, None, get("/search?q=bob")),
    ("a search for something else is 400", 400, None, get("/search?x=1")),
    ("an undeclared parameter is 400", 400, None, get("/users/?nothing=1")),
    ("a filter", 200, None, get("/users/?username__contains=b&created_at=today&groups__isnull=true")),
    ("an undeclared relation is 400", 400, None, get("/users/?grants=1")),
    ("a dotted path is 400", 400, None, get("/users/?groups__name=a")),
    ("a secret is no filter", 400, None, get("/users/?password__startswith=a")),
    ("an undeclared sort is 400", 400, None, get("/users/?sort=password")),
    ("a malformed cursor is 400", 400, None, get("/users/?after=x")),
    ("a form without a token is 400", 400, None, post(*CHANGE, csrf_token=None)),
    ("a method that is not offered is 405", 405, None, get("/logout")),
    ("a list takes no posts", 405, None, post("users.list", "/users/")),
    ("too large a form is 413", 413, None, post(*CHANGE, full_name="x" * 3 * 2**20)),
    ("the probe is ok", 200, None, get("/healthz")),
    ("the probe of the database is ok", 200, None, get("/readyz")),
]


@pytest.mark.parametrize(("name", "status", "location", "ask"), ANSWERS, ids=[row[0] for row in ANSWERS])
def test_an_answer_is_the_promised_one(
    as_alice: Visitor, bob: User, name: str, status: int, location: str | None, ask: Any
) -> None:
    page = ask(as_alice, bob)
    assert page.status == status
    assert page.location == (location or "").format(bob.id)


def test_a_lookup_answers_strangers_in_json_and_people_with_a_page(
    stranger: Visitor, as_alice: Visitor
) -> None:
    address = "/users/lookup/?field=groups"
    refused = stranger.get(address).response
    assert (refused.status_code, refused.mimetype) == (401, "application/json")
    found = as_alice.client.get(address, headers={"Accept": "application/json"})
    assert found.get_json() == {"results": [], "next": None}
    assert as_alice.client.get(address, headers={"Accept": "text/html"}).mimetype == "text/html"


def test_a_search_answers_scripts_in_json_and_everybody_else_with_a_page(
    stranger: Visitor, as_alice: Visitor
) -> None:
    json = {"Accept": "application/json"}
    refused = stranger.client.get("/search?q=a", headers=json)
    assert (refused.status_code, refused.mimetype) == (401, "application/json")
    assert stranger.get("/search?q=a").location == "/login?next=/search?q%3Da"
    found = as_alice.client.get("/search?q=alice", headers=json).get_json()
    assert {"group", "text", "href"} <= found["results"][0].keys()
    assert as_alice.get("/search?q=alice").response.mimetype == "text/html"


def test_an_undeclared_parameter_is_named_and_the_way_out_is_without_it(as_alice: Visitor) -> None:
    page = as_alice.get("/users/?q=a&nothing=1")
    assert "“nothing”" in page.text
    assert page.link("without it") == "/users/?q=a"


def test_what_a_form_does_not_have_is_not_written(app: Flask, as_alice: Visitor, bob: User) -> None:
    """Mass assignment: a posted name that is no field of the form has no effect (OWASP ASVS 5.0 §15.3.3)."""
    forged = {
        "id": "777",
        "password": NEW_PASSWORD,
        "created_at": "2000-01-01T00:00",
        "last_login_at": "2000-01-01T00:00",
        "version": "50",
        "theme": "dark",
        "grants": "users.delete",
        "__class__": "x",
        "can": "x",
    }
    assert post(*CHANGE, **forged)(as_alice, bob).status == 303
    with app.app_context():
        changed = db.session.get_one(User, bob.id)
        for name in ("password", "created_at", "last_login_at", "theme"):
            assert getattr(changed, name) == getattr(bob, name), name
        assert (changed.version, changed.permissions) == (bob.version + 1, {"users.view"})


def test_only_a_superuser_writes_staff_and_superuser(app: Flask, charlie: User) -> None:
    """AZ-17."""
    helper = signed_in(app, add_user(app, "helper", grants=("users.change", "users.add")))
    powers = {"is_staff": "y", "is_superuser": "y"}
    assert post(*CHANGE, **powers)(helper, charlie).status == 303
    changed = reload(app, charlie)
    assert changed is not None
    assert (changed.full_name, changed.is_staff, changed.is_superuser) == ("Changed", True, False)
    assert post("users.add", "/users/add/", **powers)(helper, charlie).status == 303
    with app.app_context():
        made = find_user("newcomer")
        assert made is not None
        assert (made.is_staff, made.is_superuser) == (False, False)


def test_a_form_of_two_thousand_fields_is_read_and_more_is_not(as_alice: Visitor, bob: User) -> None:
    data = {**fields_for("users.change", bob), "csrf_token": token(as_alice)}
    many = {**data, **{f"x{n}": "1" for n in range(1001)}}
    assert send(as_alice, "POST", f"/users/{bob.id}/change/", many).status == 303
    too_many = {**data, "_version": "2", **{f"x{n}": "1" for n in range(2001)}}
    multipart = send(
        as_alice, "POST", f"/users/{bob.id}/change/", too_many, content_type="multipart/form-data"
    )
    assert multipart.status == 413
