"""Only what a form has is written, whatever is sent along: every column, secret, key and relation of every model.

OWASP ASVS 5.0 §15.3.3, mass assignment.
"""

from typing import Any

import pytest
from flask import Flask

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.filling import text_for
from tests.library.walking import ANNEXED, NAMES
from tests.pages import Form, Visitor
from tests.rules.subjects import actions_now, admins, filled, keep_rows, keep_targets
from tests.rules.world import dump, token
from webapp.admin.history import snapshot
from webapp.admin.info import ModelInfo
from webapp.admin.options import ModelAdmin
from webapp.extensions import db

NUMBER = 77
OTHERS = (
    "__class__",
    "_sa_instance_state",
    "metadata",
    "query",
    "registry",
    "__dict__",
    "can_delete",
    "model",
)


@pytest.fixture(params=["users", "groups", *NAMES])
def model_admin(request: pytest.FixtureRequest, library_app: Flask) -> ModelAdmin:
    if request.param in ANNEXED and not world.has_schemas(library_app.config["DATABASE_URL"]):
        pytest.skip("only PostgreSQL has schemas")
    return next(one for one in admins(library_app) if one.name == request.param)


@pytest.fixture
def alice(library_app: Flask) -> Visitor:
    return signed_in(library_app, add_user(library_app, "alice", is_superuser=True))


def forged(info: ModelInfo, form: Form) -> dict[str, Any]:
    """Something for every name of the model that *form* has no control for."""
    own = {str(tag["name"]) for tag in form.tag.select("[name]")}
    values: dict[str, Any] = dict.fromkeys([*info.relations, *info.computed, *OTHERS], "1")
    for column in info.columns.values():
        values[column.name] = written(column)
        values[column.column.name] = written(column)
    return {name: value for name, value in values.items() if name not in own}


def written(column: Any) -> str:
    if column.kind == "boolean" and column.column.default is not None:
        # What it would be anyway proves nothing.
        return "false" if column.column.default.arg else "true"
    try:
        return text_for(column, NUMBER)
    except KeyError:
        return "forged"


def stored(app: Flask, info: ModelInfo, key: str) -> dict[str, Any]:
    """Secrets too, which a snapshot does not tell."""
    with app.app_context():
        obj = db.session.get_one(info.model, info.parse_key(key))
        return {**snapshot(info, obj), **{name: getattr(obj, name) for name in info.columns}}


def test_a_change_writes_what_its_form_has(
    library_app: Flask, alice: Visitor, model_admin: ModelAdmin
) -> None:
    """AZ-04: the form is sent as it came, so nothing at all may be written."""
    info = model_admin.info
    (key,) = keep_rows(library_app, info, 1)
    address = f"/{model_admin.name}/{key}/change/"
    form = alice.get(address).form()
    names = forged(info, form)
    assert names
    before = dump(library_app)
    page = form.submit("_save", **names)
    assert page.status == 303, page.errors
    assert dump(library_app) == before


def test_a_new_object_holds_what_its_form_has(
    library_app: Flask, alice: Visitor, model_admin: ModelAdmin
) -> None:
    """AZ-04."""
    info = model_admin.info
    keep_targets(library_app, info, 90)
    address = f"/{model_admin.name}/add/"
    names = forged(info, alice.get(address).form())
    data = {**filled(alice, info, address, 91), **names, "_continue": "1"}
    del data["_save"]
    page = alice.post(address, data)
    assert page.status == 303, page.errors
    made = stored(library_app, info, page.location.split("/")[2])
    held = {column for column, relation in info.held.items() if relation.name not in names}
    for name in names.keys() & info.columns.keys() - held:
        column = info.columns[name]
        try:
            value = column.parse(names[name])
        except ValueError:
            value = names[name]
        assert made[name] != value, name


def test_an_action_writes_what_it_is_for(library_app: Flask, alice: Visitor, model_admin: ModelAdmin) -> None:
    """AZ-04: the same columns change with all the others sent along and without."""
    info = model_admin.info
    form_token = token(alice)
    for number, action in enumerate(
        one for one in actions_now(library_app, model_admin).values() if one.form is None
    ):
        keys = keep_rows(library_app, info, 10 * number + 2, 10 * number + 4)
        form = alice.get(f"/{model_admin.name}/").form(f"/{model_admin.name}/action/")
        changed = []
        for key, names in zip(keys, (forged(info, form), {}), strict=True):
            before = stored(library_app, info, key)
            data = {
                **names,
                "csrf_token": form_token,
                "action": action.name,
                "selected": key,
                "_confirm": "1",
            }
            assert alice.post(f"/{model_admin.name}/action/", data).status == 303
            after = stored(library_app, info, key)
            changed.append({name for name in after if after[name] != before[name]})
        assert changed[0] == changed[1], action.name
