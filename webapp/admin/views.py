"""The engine's pages. Each view is thin: find, ask for permission, hand over to the room that knows, draw."""

from functools import partial, update_wrapper
from typing import Any

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from markupsafe import Markup, escape
from werkzeug.exceptions import MethodNotAllowed

from webapp.admin import shaping, undo
from webapp.admin.actions.views import act
from webapp.admin.display import number_of
from webapp.admin.editing import recent, sought
from webapp.admin.editing.conflicts import Subject, is_choosing, said_by
from webapp.admin.editing.deletepage import delete_page
from webapp.admin.editing.deletion import Forbidden, Protected, delete
from webapp.admin.editing.detours import come_back, departure, only_draws, returning, way_back
from webapp.admin.editing.finding import find, list_address, next_address, seek
from webapp.admin.editing.formpage import VERSION_FIELD, add_page, change_page, wants
from webapp.admin.editing.forms import make_form
from webapp.admin.editing.gone import deleted_before, show_gone
from webapp.admin.editing.inlines.bound import may_hold_files
from webapp.admin.editing.inlines.family import Family
from webapp.admin.editing.inlines.saving import Children, ProtectedChild
from webapp.admin.editing.layout import form_layout
from webapp.admin.editing.lookup import asked_relation, choose_page, look_up
from webapp.admin.editing.related import visible
from webapp.admin.editing.restoring import deletion_of
from webapp.admin.editing.rows import COLUMNS_FIELD, compared, save_rows, sent_forms
from webapp.admin.editing.saving import Invalid, save
from webapp.admin.editing.submissions import AlreadySent, Once
from webapp.admin.editing.telling import flash_done
from webapp.admin.editing.versions import Conflict, version_of
from webapp.admin.everywhere import parse_search, search_page
from webapp.admin.history import last_entries, through
from webapp.admin.historypage import deleted_page, history_page
from webapp.admin.index import index_page
from webapp.admin.listing import remembered
from webapp.admin.listing.addresses import own_query, with_query
from webapp.admin.listing.asked import AskedList, asked_list
from webapp.admin.listing.cells import edited_columns
from webapp.admin.listing.page import list_page
from webapp.admin.listing.refused import refused_rows
from webapp.admin.loading import form_related, shows_everything, whole
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.pages import Operation, draw, frame
from webapp.admin.permissions import may, require
from webapp.admin.site import AdminSite, current_site
from webapp.admin.styleguide import styleguide_page
from webapp.admin.transfer.asking import read_export
from webapp.admin.transfer.sending import send
from webapp.running import request
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.web.errors import Link, asks_for_json, refuse
from webapp.web.viewer import person

_SENT_TWICE = _l("%(object)s was saved already; the form was sent twice and done once.")


def init_app(app: Flask, site: AdminSite) -> None:
    """Give every registered model its pages and the application its index."""
    pages = Blueprint("admin", __name__)
    pages.add_url_rule("/", "index", index)
    if app.debug:
        pages.add_url_rule("/styleguide", "styleguide", styleguide)
    pages.add_url_rule("/search", "search", search)
    pages.add_url_rule("/undo/<number>/", "undo", undo.undo_request, methods=("GET", "POST"))
    app.register_blueprint(pages)
    for model_admin in site:
        blueprint = site.blueprint(model_admin.name)
        for operation in OPERATIONS:
            view: Any = update_wrapper(partial(operation.view, model_admin), operation.view)
            view.takes_files = operation.view in (add, change, undo.restore) and may_hold_files(
                model_admin, site
            )
            blueprint.add_url_rule(operation.rule, operation.name, view, methods=operation.methods)
        app.register_blueprint(blueprint)
    app.context_processor(frame)
    for part in (remembered, recent, sought):
        part.init_app(app)


def index() -> ResponseReturnValue:
    return render_template("admin/index.html", page=index_page(current_site(), person()))


def styleguide() -> ResponseReturnValue:
    return render_template("styleguide.html", page=styleguide_page())


def search() -> ResponseReturnValue:
    """What is found in every model at once: a page for people, JSON for scripts."""
    try:
        q = parse_search(request.args)
    except ValueError as error:
        refuse(400, str(error), Link(_("Search"), url_for("admin.search")))
    page = search_page(current_site(), person(), q)
    if asks_for_json():
        return jsonify(page.as_json())
    return render_template("admin/search.html", page=page)


def list_rows(model_admin: ModelAdmin) -> ResponseReturnValue:
    require(person(), model_admin, "view")
    is_sent = request.method == "POST"
    asked = asked_list(model_admin, person(), request.args, is_sent=is_sent)
    if is_sent:
        return _save_rows(model_admin, asked)
    if not request.query_string and (answer := shaping.default_view(asked)):
        return answer
    return draw(model_admin, "list", page=list_page(asked, person()))


@through("list")
def _save_rows(model_admin: ModelAdmin, asked: AskedList) -> ResponseReturnValue:
    """Save what was typed into the cells of the list, all of it or nothing."""
    require(person(), model_admin, "change")
    names = edited_columns(asked.spec, asked.state)
    if not names and COLUMNS_FIELD not in request.form:
        raise MethodNotAllowed(["GET", "HEAD", "OPTIONS"])
    rows = sent_forms(model_admin, names, person())
    # The token of the page; the rows have none of their own.
    save_or_not = save_rows if FlaskForm().validate_on_submit() else compared
    unsaved = save_or_not(model_admin, rows, person())
    if unsaved is not None:
        refused = refused_rows(model_admin, person(), unsaved)
        return draw(model_admin, "list", page=list_page(asked, person(), refused)), refused.status
    if rows.changed:
        flash_done(_("%(objects)s: changed.", objects=number_of(model_admin, len(rows.changed))))
    else:
        flash(_("Nothing was changed."), "info")
    return redirect(with_query(url_for(f"{model_admin.name}.list"), own_query(asked.state)), 303)


def export(model_admin: ModelAdmin) -> ResponseReturnValue:
    """The list as a file."""
    require(person(), model_admin, "view")
    require(person(), model_admin, "export")
    asked = read_export(model_admin, person(), request.args)
    return send(asked, person(), only_head=request.method == "HEAD")


@through("form")
def add(model_admin: ModelAdmin, original: Any = None) -> ResponseReturnValue:
    """The empty form; also what is sent from the form of *original* to become a new object."""
    require(person(), model_admin, "add")
    layout = form_layout(model_admin, person())
    form = make_form(model_admin, layout, person(), original=original)
    if left := returning():
        return left
    family = Family(model_admin, person(), original=original)
    if other := departure([*form, *family.fields]):
        return other
    once = Once(model_admin.name, person())
    status = 200
    if form.is_submitted() and not (family.wants_more or only_draws()):
        status = 422
        refused: Exception | None = None
        try:
            if all([form.validate(), family.validate(), once.judge(form)]):
                children = Children(family)
                obj = save(model_admin, form, layout, person(), original=original, along=children, once=once)
                return _saved(model_admin, obj, _("%(object)s was added."))
        except (Invalid, Conflict, AlreadySent) as error:
            refused, status = error, _status_of(error)
        if answer := _sent_before(model_admin, once, refused):
            return answer
    page = add_page(model_admin, form, layout, person(), family, original)
    return draw(model_admin, "form", page=page), status


@through("form")
def change(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    if request.method == "POST" and model_admin.save_as and wants("_saveasnew"):
        return add(model_admin, _of_form(model_admin, key, "view"))
    if left := returning():
        return left
    obj = _of_form(model_admin, key, "change" if request.method == "POST" else "view")
    if not may(person(), model_admin, "change", obj):
        layout = form_layout(model_admin, person(), obj, view_only=True)
        family = Family(model_admin, person(), obj, view_only=True)
        page = change_page(model_admin, None, layout, person(), obj, family)
        return draw(model_admin, "form", page=page)
    layout = form_layout(model_admin, person(), obj)
    form = Subject(model_admin, layout, person(), obj).merged()
    family = Family(model_admin, person(), obj)
    if other := departure([*form, *family.fields]):
        return other
    # A form that comes back with errors is still made from what it was made from.
    version = request.form.get(VERSION_FIELD, "") if form.is_submitted() else None
    once = Once(model_admin.name, person())
    status, is_stale = 200, is_choosing(form)
    if form.is_submitted() and not (family.wants_more or only_draws()):
        status = 422
        refused: Exception | None = None
        try:
            if all([form.validate(), family.validate(), once.judge(form)]):
                children = Children(family)
                obj = save(model_admin, form, layout, person(), obj, version, along=children, once=once)
                return _saved(model_admin, obj, _("%(object)s was changed."))
        except (Invalid, Conflict, AlreadySent) as error:
            refused, status = error, _status_of(error)
            if isinstance(error, Conflict):
                obj = _of_form(model_admin, key, "change")
                layout = form_layout(model_admin, person(), obj)
                is_stale = is_stale or version != version_of(model_admin.info, obj, layout)
                version = None
        if answer := _sent_before(model_admin, once, refused):
            return answer
    # Where there is a choice it is one of what is there now.
    version = None if is_stale else version
    page = change_page(
        model_admin, form, layout, person(), obj, family, version=version, is_choosing=is_stale
    )
    return draw(model_admin, "form", page=page), status


def _of_form(model_admin: ModelAdmin, key: str, verb: str) -> Any:
    """The object that a form is about; where it is gone, what was typed is shown."""
    otherwise = show_gone if request.method == "POST" else None
    return find(model_admin, person(), key, verb, form_related, otherwise)


@through("form")
def remove(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    otherwise = deleted_before if request.method == "POST" else None
    obj = find(model_admin, person(), key, "delete", whole, otherwise)
    warning, status = None, 200
    if request.method == "POST":
        try:
            label = delete(model_admin, obj, person(), request.form.get(VERSION_FIELD, ""))
        except Rejected as rejected:
            warning, status = rejected.message, 422
        except Protected as refused:
            warning, status = str(refused), 403 if isinstance(refused, Forbidden) else 409
        except Conflict:
            obj = find(model_admin, person(), key, "delete", whole)
            way_on = _("It was not deleted. Look at it again before you delete it.")
            warning = Markup("{} {}").format(said_by(last_entries(model_admin.name, [key]).get(key)), way_on)
            status = 409
        else:
            flash_done(_("%(object)s was deleted.", object=label))
            return redirect(list_address(model_admin), 303)
    page = delete_page(model_admin, person(), obj, warning, is_refused=status in (403, 409))
    return draw(model_admin, "confirm", page=page), status


def history(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    obj = seek(model_admin, person(), key)
    if obj is None and (gone := deletion_of(model_admin, person(), key)) is not None:
        return draw(model_admin, "history", page=deleted_page(model_admin, gone, person(), request.args))
    if obj is None:
        # Says why not, in the words of every other page.
        obj = find(model_admin, person(), key, "view")
    require(person(), model_admin, "view", obj)
    return draw(model_admin, "history", page=history_page(model_admin, obj, person(), request.args))


def lookup(model_admin: ModelAdmin) -> ResponseReturnValue:
    """What a relation of the form may be set to: JSON for scripts, a page for people."""
    relation, target = asked_relation(model_admin, person())
    try:
        found = look_up(target, person(), request.args.get("q", ""), request.args.get("after", ""))
    except ValueError as error:
        refuse(400, str(error))
    if request.accept_mimetypes.best_match(("application/json", "text/html")) == "text/html":
        page = choose_page(model_admin, relation, target, person(), found)
        return draw(model_admin, "choose", page=page)
    results = [{"id": key, "text": text} for key, text in found.results]
    return jsonify(results=results, next=found.next)


def to_change(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    if key == "action":
        # Only what is posted finds the fixed address before this one.
        raise MethodNotAllowed(["POST", "OPTIONS"])
    return redirect(url_for(f"{model_admin.name}.change", key=key), 303)


OPERATIONS = (
    Operation("list", "/", list_rows, ("GET", "POST")),
    Operation("action", "/action/", act, ("POST",)),
    Operation("export", "/export/", export),
    *shaping.OPERATIONS,
    *undo.OPERATIONS,
    Operation("lookup", "/lookup/", lookup),
    Operation("add", "/add/", add, ("GET", "POST")),
    Operation("change", "/<key>/change/", change, ("GET", "POST")),
    Operation("delete", "/<key>/delete/", remove, ("GET", "POST")),
    Operation("history", "/<key>/history/", history),
    Operation("object", "/<key>/", to_change),
)


def _status_of(refused: Exception) -> int:
    """What a form that was not saved is answered with."""
    return 409 if isinstance(refused, Conflict | ProtectedChild | AlreadySent) else 422


def _sent_before(
    model_admin: ModelAdmin, once: Once, refused: Exception | None
) -> ResponseReturnValue | None:
    """The answer to a form that was done already: as it was the first time. Of one that says something else by now
    the person is told, and there is none."""
    key = once.done_before()
    if key is None:
        if isinstance(refused, AlreadySent):
            flash(
                _("This form was sent before and is done. Send it again to add what it says now."), "warning"
            )
        return None
    obj = visible(model_admin, person(), [key]).get(key)
    if obj is not None:
        return _saved(model_admin, obj, str(_SENT_TWICE))
    flash(_("This form was sent twice and done once."), "info")
    return redirect(_list_or_index(model_admin), 303)


def _saved(model_admin: ModelAdmin, obj: Any, message: str) -> ResponseReturnValue:
    """Say what was done and go on to where the button leads."""
    key = model_admin.info.key_of(obj)
    address = url_for(f"{model_admin.name}.change", key=key)
    label = text_of(obj)
    # The change itself may have taken it out of the person's sight.
    if shows_everything(model_admin):
        is_visible = may(person(), model_admin, "view", obj)
    else:
        is_visible = key in visible(model_admin, person(), [key])
    if asks_for_json():
        return jsonify(id=key if is_visible else None, text=label)
    if is_visible:
        label = Markup('<a href="{}"><bdi>{}</bdi></a>').format(address, label)
    flash_done(escape(message) % {"object": label})
    if left := way_back():
        return come_back(left, key if is_visible else None)
    if wants("_continue") and is_visible:
        return redirect(next_address(model_admin, "change", key), 303)
    if wants("_addanother") and may(person(), model_admin, "add"):
        return redirect(next_address(model_admin, "add"), 303)
    return redirect(_list_or_index(model_admin), 303)


def _list_or_index(model_admin: ModelAdmin) -> str:
    return list_address(model_admin) if may(person(), model_admin, "view") else url_for("admin.index")
