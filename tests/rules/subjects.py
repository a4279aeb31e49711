"""Every registered model of an application: rows of it, and what a person sends to each of its pages."""

from collections.abc import Set
from types import SimpleNamespace
from typing import Any, NamedTuple

from flask import Flask

from tests.library import world
from tests.library.filling import fill_in
from tests.pages import PASSWORD, Visitor
from tests.rules.world import NEW_PASSWORD
from webapp.admin.history import record
from webapp.admin.info import ModelInfo
from webapp.admin.options import ActionOptions, ModelAdmin
from webapp.admin.permissions import actions_of
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.users.models import Group, User
from webapp.users.passwords import hash_password


def admins(app: Flask) -> list[ModelAdmin]:
    with app.app_context():
        return list(current_site())


def sample_row(model: type, number: int) -> Any:
    """An object of *model*, an app's or the library's, not stored yet."""
    if model is User:
        name = f"person{number:03}"
        return User(username=name, email=f"{name}@example.com", password=hash_password(PASSWORD))
    if model is Group:
        return Group(name=f"Group {number:03}")
    return world.sample_row(model, number)


def keep_rows(app: Flask, info: ModelInfo, *numbers: int) -> list[str]:
    """Store new rows of the model; gives their keys."""
    with app.app_context():
        objects = [sample_row(info.model, number) for number in numbers]
        db.session.add_all(objects)
        db.session.commit()
        return [info.key_of(obj) for obj in objects]


def keep_targets(app: Flask, info: ModelInfo, number: int) -> None:
    """Store something to choose for each relation that a form may set."""
    targets = [relation.target for relation in info.relations.values() if relation.is_writable]
    with app.app_context():
        db.session.add_all(sample_row(target, number) for target in dict.fromkeys(targets))
        db.session.commit()


def filled(visitor: Visitor, info: ModelInfo, address: str, number: int) -> dict[str, Any]:
    """What a person sends who fills in the form at *address*; empty where there is none."""
    page = visitor.get(address)
    if not page.soup.select("main form[method=post] [name=_save]"):
        return {}
    form = page.form()
    fill_in(form, info, number)
    # A file can be sent once only, and the form is sent by many people.
    fields = {
        name: value for name, value in form.fields.items() if not isinstance(value, tuple) and name != "_once"
    }
    return fields | _wanted(info, number) | {"_save": "1"}


def _wanted(info: ModelInfo, number: int) -> dict[str, str]:
    """What a form wants beyond something fitting for each column."""
    if info.model is not User:
        return {}
    return {"username": f"newcomer{number}", "password": NEW_PASSWORD, "password_confirm": NEW_PASSWORD}


NO_VIEW = 10**9
VIEW_PAGES = (("view", ""), ("delete_view", "delete/"), ("keep_view", "keep/"))

# The operations that :func:`asked_of` has rules for, each with its methods.
RULED = frozenset(
    {
        *(("GET", name) for name in "list add object change delete history restore lookup export".split()),
        *(("POST", name) for name in "list add change delete restore action display".split()),
        *(("GET", name) for name in ("display", "views", "view", "delete_view")),
        *(("POST", name) for name in ("views", "view", "keep_view", "delete_view")),
    }
)


class Asked(NamedTuple):
    """A request to a page of a model.

    :ivar needs: the words that a person needs for it, all of them; *done* is the status for who holds them,
        *refused* for the others; *instead* other words that do as well.
    """

    operation: str
    method: str
    needs: frozenset[str]
    done: int
    address: str
    data: dict[str, Any] | None = None
    refused: tuple[int, ...] = (403,)
    instead: frozenset[str] | None = None

    def is_for(self, words: Set[str]) -> bool:
        return self.needs <= words or (self.instead is not None and self.instead <= words)


def actions_now(app: Flask, model_admin: ModelAdmin) -> dict[str, ActionOptions]:
    """Every action but those that are not offered as the application is set up now: no mail, no letters."""
    all_may: Any = SimpleNamespace(is_superuser=True, can=lambda *_: True)
    with app.test_request_context():
        closed = {*model_admin.actions} - {*model_admin.get_actions(all_may)}
    return {name: action for name, action in actions_of(model_admin).items() if name not in closed}


def asked_of(app: Flask, alice: Visitor, model_admin: ModelAdmin) -> list[Asked]:
    """A request for each operation of the model and each method that it takes: the rules of the access matrix.

    Those that write come last, each with a row of its own, so that all can be sent one after the other.

    :param alice: who may all; her pages say what a form sends.
    """
    info, base = model_admin.info, f"/{model_admin.name}/"
    actions = actions_now(app, model_admin).values()
    keys = keep_rows(app, info, *range(1, 5 + len(actions)))
    keep_targets(app, info, 90)
    changed = filled(alice, info, f"{base}{keys[0]}/change/", 91)
    # Further ones: some lead to one row only.
    keep_targets(app, info, 92)
    added = filled(alice, info, f"{base}add/", 93)
    version = {"_version": _version(alice, f"{base}{keys[1]}/delete/")}
    restored = f"{keys[0]}/restore/?_entry={_entry_of(app, model_admin.name, keys[0])}"

    def asked(operation: str, method: str, needs: str, done: int, path: str, data: Any = None) -> Asked:
        return Asked(operation, method, frozenset(needs.split()), done, base + path, data)

    def lookup(fields: dict[str, Any], needs: str, key: str) -> Asked:
        # A form without a relation has nothing to look up, also where one may not see what could be chosen.
        name = next((name for name in info.relations if name in fields), "")
        path = f"lookup/?field={name}{key}"
        # What the list is narrowed by, who may see the list looks up.
        instead = frozenset({"view"}) if name in model_admin.list_filter and not key else None
        if name and info.relations[name].target is info.model:
            own = asked("lookup", "GET", f"view {needs}", 200, path)
            return own._replace(instead=instead, refused=(400, 403))
        return asked("lookup", "GET", needs, 200 if name else 400, path)._replace(instead=instead)

    return [
        asked("list", "GET", "view", 200, ""),
        asked("add", "GET", "add", 200, "add/"),
        asked("object", "GET", "", 303, f"{keys[0]}/"),
        asked("change", "GET", "view", 200, f"{keys[0]}/change/"),
        asked("delete", "GET", "view delete", 200, f"{keys[0]}/delete/"),
        asked("history", "GET", "view", 200, f"{keys[0]}/history/"),
        asked("restore", "GET", "view change", 200, restored),
        # Without a value that is ticked; what comes back, tests/admin/test_restoring.py asks.
        asked("restore", "POST", "view change", 422, restored, {}),
        asked("export", "GET", "view export", 200, "export/?format=csv"),
        lookup(added, "add", ""),
        lookup(changed, "view change", f"&key={keys[0]}"),
        asked("display", "GET", "view", 200, "display/"),
        asked("display", "POST", "view", 303, "display/", {"_reset": "1"}),
        asked("views", "GET", "view", 200, "views/"),
        asked("views", "POST", "view", 303, "views/", {"name": "Mine", "group_key": ""}),
        # Whose view it is, tests/admin/test_views_shared.py asks.
        *(asked(name, "GET", "view", 404, f"views/{NO_VIEW}/{path}") for name, path in VIEW_PAGES[:2]),
        *(asked(name, "POST", "view", 404, f"views/{NO_VIEW}/{path}", {}) for name, path in VIEW_PAGES),
        asked("add", "POST", "add", 303, "add/", added),
        _edited(asked, alice, model_admin, keys[-1]),
        asked("change", "POST", "view change", 303, f"{keys[0]}/change/", changed),
        asked("delete", "POST", "view delete", 303, f"{keys[1]}/delete/", version | {"_delete": "1"}),
        asked("action", "POST", "view delete", 303, "action/", _chosen("delete", keys[2])),
        *(
            asked("action", "POST", f"view {one.permission}", 303, "action/", _acted(alice, base, one, key))
            for one, key in zip(actions, keys[3:-1], strict=True)
        ),
    ]


def _version(visitor: Visitor, address: str) -> str:
    """The version that the form at *address* carries; empty where there is no form."""
    field = visitor.get(address).soup.select_one("main [name=_version]")
    return str(field["value"]) if field else ""


def _entry_of(app: Flask, name: str, key: str) -> int:
    """An entry in the history of a row."""
    with app.app_context():
        entry = record(db.session(), verb="change", name=name, key=key, label="")
        db.session.commit()
        return entry.id


def _edited(asked: Any, alice: Visitor, model_admin: ModelAdmin, key: str) -> Asked:
    """What is typed into the first field of a row of the list; where there is none, nobody can."""
    if not model_admin.list_editable:
        refused: Asked = asked("list", "POST", "view change", 405, "", {"_row": f"{key}::"})
        return refused
    rows = alice.get(f"/{model_admin.name}/?size=250").soup.select("[name=_row]")
    (row,) = [str(field["value"]) for field in rows if str(field["value"]).startswith(f"{key}:")]
    names = model_admin.list_editable
    typed = {f"{key}:{names[0]}": "2026-02-03", "_row": row, "_columns": ",".join(names)}
    written: Asked = asked("list", "POST", "view change", 303, "", typed)
    return written


def _chosen(action: str, key: str) -> dict[str, str]:
    return {"action": action, "selected": key, "_confirm": "1"}


def _acted(alice: Visitor, base: str, action: ActionOptions, key: str) -> dict[str, Any]:
    """What is sent for *action*, with the last choice of each select of its form."""
    data: dict[str, Any] = _chosen(action.name, key)
    if action.form is not None:
        form_token = alice.get("/account/").form().fields["csrf_token"]
        asked = {name: value for name, value in data.items() if name != "_confirm"}
        page = alice.post(f"{base}action/", {**asked, "csrf_token": form_token})
        for control in page.form().tag.select("select"):
            data[str(control["name"])] = str(control.select("option")[-1]["value"])
    return data
