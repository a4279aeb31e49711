"""The engine's pages. Each view is thin: find, ask for permission, hand over to the room that knows, draw."""

from collections.abc import Callable
from functools import partial, update_wrapper
from typing import Any, NamedTuple, NoReturn
from urllib.parse import urlencode

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup, escape

from webapp.admin.editing.deletion import Protected, delete
from webapp.admin.editing.finding import find, list_address, next_address
from webapp.admin.editing.formpage import VERSION_FIELD, add_page, change_page, delete_page, wants
from webapp.admin.editing.forms import form_layout, make_form
from webapp.admin.editing.saving import Conflict, Invalid, save
from webapp.admin.index import index_page
from webapp.admin.listing.page import list_page
from webapp.admin.listing.state import POSITIONS, BadParameter, list_spec, parse_state
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.permissions import may, require
from webapp.admin.site import AdminSite, current_site
from webapp.admin.timeline import history_page
from webapp.web.errors import Link, refuse


def init_app(app: Flask, site: AdminSite) -> None:
    """Give every registered model its pages and the application its index."""
    pages = Blueprint("admin", __name__)
    pages.add_url_rule("/", "index", index)
    app.register_blueprint(pages)
    for model_admin in site:
        blueprint = site.blueprint(model_admin.name)
        for operation in OPERATIONS:
            view = update_wrapper(partial(operation.view, model_admin), operation.view)
            blueprint.add_url_rule(operation.rule, operation.name, view, methods=operation.methods)
        app.register_blueprint(blueprint)
    app.context_processor(_frame)


def index() -> ResponseReturnValue:
    return render_template("admin/index.html", page=index_page(current_site(), current_user))


def list_rows(model_admin: ModelAdmin) -> ResponseReturnValue:
    require(current_user, model_admin, "view")
    spec = list_spec(model_admin, current_user)
    try:
        state = parse_state(spec, request.args)
    except BadParameter as bad:
        _refuse_parameter(model_admin, bad)
    return _draw(model_admin, "list", page=list_page(spec, state, current_user))


def add(model_admin: ModelAdmin) -> ResponseReturnValue:
    require(current_user, model_admin, "add")
    layout = form_layout(model_admin, current_user)
    form = make_form(model_admin, layout, current_user)
    if form.validate_on_submit():
        try:
            obj = save(model_admin, form, layout, current_user)
        except Invalid:
            pass
        else:
            return _saved(model_admin, obj, _("%(object)s was added."))
    page = add_page(model_admin, form, layout, current_user)
    return _draw(model_admin, "form", page=page), 422 if form.is_submitted() else 200


def change(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    obj = find(model_admin, current_user, key, "change" if request.method == "POST" else "view")
    if not may(current_user, model_admin, "change", obj):
        layout = form_layout(model_admin, current_user, obj, view_only=True)
        return _draw(model_admin, "form", page=change_page(model_admin, None, layout, current_user, obj))
    layout = form_layout(model_admin, current_user, obj)
    form = make_form(model_admin, layout, current_user, obj)
    # A form that comes back with errors is still made from what it was made from.
    version = request.form.get(VERSION_FIELD, "") if form.is_submitted() else None
    status = 200
    if form.validate_on_submit():
        try:
            obj = save(model_admin, form, layout, current_user, obj, version)
        except Invalid:
            status = 422
        except Conflict:
            status, version = 409, None
            obj = find(model_admin, current_user, key, "change")
        else:
            return _saved(model_admin, obj, _("%(object)s was changed."))
    elif form.is_submitted():
        status = 422
    page = change_page(
        model_admin, form, layout, current_user, obj, version=version, is_conflict=status == 409
    )
    return _draw(model_admin, "form", page=page), status


def remove(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    obj = find(model_admin, current_user, key, "delete")
    warning, status = None, 200
    if request.method == "POST":
        try:
            label = delete(model_admin, obj, current_user, request.form.get(VERSION_FIELD, ""))
        except Rejected as rejected:
            warning, status = rejected.message, 422
        except Protected:
            warning, status = _("It was not deleted, because other records need it."), 409
        except Conflict:
            obj = find(model_admin, current_user, key, "delete")
            warning = _(
                "Somebody has changed it since you opened this page. Look at it again before you delete it."
            )
            status = 409
        else:
            flash(_("%(object)s was deleted.", object=label), "success")
            return redirect(list_address(model_admin), 303)
    return _draw(model_admin, "confirm", page=delete_page(model_admin, current_user, obj, warning)), status


def history(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    obj = find(model_admin, current_user, key, "view")
    return _draw(model_admin, "history", page=history_page(model_admin, obj, request.args))


def to_change(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    return redirect(url_for(f"{model_admin.name}.change", key=key), 303)


class Operation(NamedTuple):
    """One page of every model; its name is its endpoint."""

    name: str
    rule: str
    view: Callable[..., ResponseReturnValue]
    methods: tuple[str, ...] = ("GET",)


OPERATIONS = (
    Operation("list", "/", list_rows),
    Operation("add", "/add/", add, ("GET", "POST")),
    Operation("change", "/<key>/change/", change, ("GET", "POST")),
    Operation("delete", "/<key>/delete/", remove, ("GET", "POST")),
    Operation("history", "/<key>/history/", history),
    Operation("object", "/<key>/", to_change),
)


def _draw(model_admin: ModelAdmin, page_name: str, **context: Any) -> str:
    """Draw a page by the model's own template where there is one."""
    return render_template([f"{model_admin.name}/{page_name}.html", f"admin/{page_name}.html"], **context)


def _frame() -> dict[str, Any]:
    """What the frame around a signed-in person's page needs."""
    return {
        "menu": current_site().menu(current_user, request.blueprint) if current_user.is_authenticated else []
    }


def _saved(model_admin: ModelAdmin, obj: Any, message: str) -> ResponseReturnValue:
    """Say what was done and go on to where the button leads."""
    key = model_admin.info.key_of(obj)
    address = url_for(f"{model_admin.name}.change", key=key)
    label = text_of(obj)
    is_visible = may(current_user, model_admin, "view", obj)
    if is_visible:
        label = Markup('<a href="{}">{}</a>').format(address, label)
    flash(escape(message) % {"object": label}, "success")
    if wants("_continue") and is_visible:
        return redirect(next_address(model_admin, "change", key), 303)
    if wants("_addanother") and may(current_user, model_admin, "add"):
        return redirect(next_address(model_admin, "add"), 303)
    if not may(current_user, model_admin, "view"):
        return redirect(url_for("admin.index"), 303)
    return redirect(list_address(model_admin), 303)


def _refuse_parameter(model_admin: ModelAdmin, bad: BadParameter) -> NoReturn:
    # A cursor belongs to an order, so it goes with any part that is left out.
    dropped = {bad.parameter, *POSITIONS}
    rest = [(name, value) for name, value in request.args.items(multi=True) if name not in dropped]
    address = url_for(f"{model_admin.name}.list")
    part = "".join(character for character in bad.parameter[:60] if character.isprintable())
    refuse(
        400,
        _("The part “%(part)s” of this address cannot be used. %(reason)s", part=part, reason=bad.message),
        Link(_("Show the list without it"), f"{address}?{urlencode(rest)}" if rest else address),
    )
