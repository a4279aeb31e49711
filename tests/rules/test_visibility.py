"""What ``query(user)`` leaves out is not there: for each registered model, on every page that could tell of its rows.

The person holds every permission, so that nothing else hides the row.
"""

from typing import Any
from urllib.parse import quote, urlencode

import pytest
from flask import Flask
from markupsafe import escape
from sqlalchemy import and_, not_

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.library.walking import ANNEXED, NAMES, READ_ONLY
from tests.pages import Page, Visitor
from tests.rules.subjects import actions_now, admins, filled, keep_rows, keep_targets
from tests.rules.world import dump, token
from webapp.admin.listing.filters.operators import OPERATORS
from webapp.admin.listing.filters.parameters import parameter_of
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.admin.texts import duration_text
from webapp.admin.values import format_value
from webapp.extensions import db

# Even numbers: of the library's members the odd ones have a card, and cannot be given another.
SHOWN, HIDDEN = 36, 28


class Scene:
    """Two rows of a model, one of which can be hidden, and somebody who may do everything.

    :ivar values: what the second row holds, by column; *text* is what it is called.
    """

    def __init__(self, app: Flask, name: str) -> None:
        self.app = app
        with app.app_context():
            site = current_site()
            self.admin: ModelAdmin = site.admin(name)
            grants = tuple(site.permissions())
        self.info = self.admin.info
        self.shown, self.hidden = keep_rows(app, self.info, SHOWN, HIDDEN)
        with app.app_context():
            obj = db.session.get_one(self.admin.model, self.info.parse_key(self.hidden))
            self.text = text_of(obj)
            self.values = {column.name: getattr(obj, column.name) for column in self.info.columns.values()}
            self.related = [
                (target, target.info.key_of(other))
                for relation in self.info.relations.values()
                if (target := site.admin_of(relation.target)) is not None
                for other in relation.related(obj)
            ]
        self.visitor = signed_in(app, add_user(app, "zoe", grants=grants))

    def hide(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let the admin's query leave the second row out."""
        everything = self.admin.query
        is_hidden = and_(*(column.attribute == self.values[column.name] for column in self.info.key))
        monkeypatch.setattr(self.admin, "query", lambda user: everything(user).where(not_(is_hidden)))

    def names_it(self, page: Page) -> bool:
        return str(escape(self.text)) in page.text or f"/{self.admin.name}/{self.hidden}/" in page.text

    def leading_here(self) -> list[tuple[ModelAdmin, str]]:
        """The relations that lead to the model, each with the admin whose form may set it."""
        return [
            (other, relation.name)
            for other in admins(self.app)
            for relation in other.info.relations.values()
            if relation.is_writable and relation.target is self.admin.model and other.can_add
        ]


@pytest.fixture(params=["users", "groups", *NAMES, READ_ONLY])
def scene(request: pytest.FixtureRequest, library_app: Flask) -> Scene:
    if request.param in ANNEXED and not world.has_schemas(library_app.config["DATABASE_URL"]):
        pytest.skip("only PostgreSQL has schemas")
    return Scene(library_app, request.param)


def test_every_registered_model_has_its_scene(library_app: Flask) -> None:
    annexed = () if world.has_schemas(library_app.config["DATABASE_URL"]) else ANNEXED
    registered = {model_admin.name for model_admin in admins(library_app)}
    assert registered == {"users", "groups", *NAMES, READ_ONLY} - {*annexed}


def listed(scene: Scene, query: str) -> set[str]:
    page = scene.visitor.get(f"/{scene.admin.name}/?{query}")
    assert page.status == 200, (query, page.title)
    return set(page.row_keys())


def queries(scene: Scene) -> list[str]:
    """What would find the second row: the list's orders, and a filter by each of its values."""
    admin, info = scene.admin, scene.info
    found = ["", "last=1"]
    found += [
        f"{name}__isnull={text}"
        for name in admin.list_filter
        for text in ("true", "false")
        if name in info.relations
    ]
    for name in admin.list_filter:
        if name not in info.columns:
            continue
        column = info.columns[name]
        value = scene.values[name]
        if value is not None and "eq" in OPERATORS.get(column.kind, {}):
            written = value.name if column.kind == "enum" and hasattr(value, "name") else format_value(value)
            written = duration_text(value) if column.kind == "interval" else written
            found.append(urlencode([(parameter_of(name, "eq"), written)]))
    return found


def test_lists_searches_filters_and_counts_leave_it_out(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AZ-03."""
    name, visitor = scene.admin.name, scene.visitor
    before = {query: listed(scene, query) for query in queries(scene)}
    assert scene.hidden in before[""]
    card = f'.tile-text:has(a[href="/{name}/"]) span'
    counted = int(visitor.get("/").soup.select(card)[0].get_text())
    scene.hide(monkeypatch)
    for query, keys in before.items():
        assert listed(scene, query) == keys - {scene.hidden}, query
    if scene.admin.search_fields:
        page = visitor.get(f"/{name}/?q={quote(scene.text)}")
        assert scene.hidden not in page.row_keys()
    page = visitor.get(f"/{name}/")
    assert page.soup.select(".page-title p")[0].get_text().split()[0] == str(counted - 1)
    assert int(visitor.get("/").soup.select(card)[0].get_text()) == counted - 1
    for address in ("/", f"/{name}/"):
        assert not scene.names_it(visitor.get(address)), address


def test_its_own_pages_are_not_there(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """AZ-03."""
    name, visitor = scene.admin.name, scene.visitor
    form_token = token(visitor)
    paths = [
        f"{verb}/" for verb in ("change", "history", "delete") if verb != "delete" or scene.admin.can_delete
    ]
    for path in paths:
        assert visitor.get(f"/{name}/{scene.hidden}/{path}").status == 200, path
    scene.hide(monkeypatch)
    before = dump(scene.app)
    for path in ("change/", "history/", "delete/"):
        page = visitor.get(f"/{name}/{scene.hidden}/{path}")
        assert (page.status, scene.text in page.text) == (404, False), path
        assert visitor.get(f"/{name}/{scene.shown}/{paths[0]}").status == 200
    assert visitor.get(f"/{name}/lookup/?field=x&key={scene.hidden}").status == 404
    for path in ("change/", "delete/"):
        data = {"csrf_token": form_token, "_version": "1"}
        for button in ("_save", "_saveasnew", "_delete"):
            page = visitor.post(f"/{name}/{scene.hidden}/{path}", {**data, button: "1"})
            assert (page.status, scene.text in page.text) == (404, False), (path, button)
    assert dump(scene.app) == before


def test_no_action_reaches_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """AZ-03: neither by its key nor with all that a list matches; what is visible beside it is reached."""
    scene.hide(monkeypatch)
    address, form_token = f"/{scene.admin.name}/action/", token(scene.visitor)
    declared = list(actions_now(scene.app, scene.admin).values())

    def act(action: str, **data: Any) -> Page:
        return scene.visitor.post(
            address, {"csrf_token": form_token, "action": action, "_confirm": "1", **data}
        )

    before = dump(scene.app)
    for action in ["delete", *(one.name for one in declared if one.form is None)]:
        page = act(action, selected=scene.hidden)
        assert page.status == (303 if action != "delete" or scene.admin.can_delete else 403), action
        assert act(action, selected=scene.hidden, _object="1").status == 404
    assert dump(scene.app) == before
    if not scene.admin.can_delete or scene.admin.name == "users":
        return
    count = len(listed(scene, ""))
    assert act("delete", select_across="1", _count=str(count + 1)).status == 409
    assert dump(scene.app) == before
    assert act("delete", select_across="1", _count=str(count)).status in (200, 303)
    with scene.app.app_context():
        stored = [
            db.session.get(scene.admin.model, scene.info.parse_key(key))
            for key in (scene.shown, scene.hidden)
        ]
        assert [obj is not None for obj in stored] == [False, True]


def test_nobody_can_choose_it(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """AZ-03: no select and no lookup of another model offers it, no address fills it in, and no form takes it."""
    visitor = scene.visitor
    chosen = [(other, name) for other, name in scene.leading_here() if name in offered_by(visitor, other)]
    for other, name in chosen:
        assert scene.hidden in looked_up(visitor, other, name)
    scene.hide(monkeypatch)
    for number, (other, name) in enumerate(chosen):
        address = f"/{other.name}/add/"
        assert scene.hidden not in looked_up(visitor, other, name)
        for query in ("", f"?{name}={scene.hidden}"):
            assert not scene.names_it(visitor.get(f"{address}{query}")), (address, query)
        keep_targets(scene.app, other.info, 90 + 2 * number)
        data = filled(visitor, other.info, address, 60 + number)
        before = dump(scene.app)
        is_list = other.info.relations[name].is_list
        for key, status in ((scene.hidden, 422), (scene.shown, 303)):
            page = visitor.post(address, {**data, name: [key] if is_list else key})
            assert page.status == status, (address, name, page.errors)
            assert (dump(scene.app) == before) is (status == 422)


def offered_by(visitor: Visitor, other: ModelAdmin) -> set[str]:
    page = visitor.get(f"/{other.name}/add/")
    return {str(tag["name"]) for tag in page.soup.select("main [name]")}


def looked_up(visitor: Visitor, other: ModelAdmin, name: str) -> set[str]:
    address = f"/{other.name}/lookup/?field={name}"
    shown = visitor.client.get(address, headers={"Accept": "text/html"})
    found = visitor.client.get(address, headers={"Accept": "application/json"}).get_json()
    assert found["next"] is None
    assert all(str(escape(result["text"])) in shown.get_data(as_text=True) for result in found["results"])
    return {result["id"] for result in found["results"]}


def test_what_it_hangs_on_does_not_name_it_when_it_is_deleted(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = [f"/{one.name}/{key}/delete/" for one, key in scene.related if one.can_delete]
    named = [scene.names_it(scene.visitor.get(address)) for address in addresses]
    assert any(named) or scene.admin.name != "books"
    scene.hide(monkeypatch)
    for address in addresses:
        page = scene.visitor.get(address)
        assert page.status == 200, address
        assert not scene.names_it(page), address
