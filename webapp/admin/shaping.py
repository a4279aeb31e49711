"""How people shape a list for themselves: its columns, its size, and the views they save of it."""

from flask import flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from webapp.admin.editing.formpage import VERSION_FIELD
from webapp.admin.listing.addresses import Addresses
from webapp.admin.listing.asked import AskedList, asked_list, opened_state, refuse_parameter
from webapp.admin.listing.chooser import NoColumn, as_chosen, display_page, read_chosen
from webapp.admin.listing.remembered import SavedView, recall, remember
from webapp.admin.listing.state import NOTHING_CHOSEN, BadParameter
from webapp.admin.listing.viewpage import (
    add_view_page,
    change_view_page,
    delete_view_page,
    values_of,
    view_form,
)
from webapp.admin.listing.views import (
    Outdated,
    Unkept,
    add_view,
    change_view,
    delete_view,
    find_view,
    keep_query,
    query_of,
)
from webapp.admin.options import ModelAdmin
from webapp.admin.pages import Operation, draw
from webapp.admin.permissions import require
from webapp.extensions import only_looks
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse
from webapp.web.tokens import asks_again
from webapp.web.viewer import person

# What opens the chooser: who comes back from it finds the focus there, as after a panel that loads no page.
WAY = "#display-way"

# No larger one is the key of a row: it is a 404 before any database is asked.
NUMBER = "<int(max=2147483647):number>"


def choose_display(model_admin: ModelAdmin) -> ResponseReturnValue:
    """Ask how the list is to look, and remember it for this person and this list, and go back to the list.

    While a view is open, only the address says it: the view is changed, and the list itself stays as it was.
    """
    require(person(), model_admin, "view")
    asked = asked_list(model_admin, person(), request.args)
    if request.method == "GET":
        return draw(model_admin, "display", page=display_page(asked.spec, asked.state))
    addresses = Addresses(asked.spec, asked.state)
    is_reset = "_reset" in request.form
    try:
        chosen = NOTHING_CHOSEN if is_reset else read_chosen(asked.spec, asked.state, request.form)
    except BadParameter as bad:
        refuse_parameter(model_admin, bad)
    except NoColumn:
        flash(_("Choose at least one column."), "warning")
        return redirect(addresses.list() + WAY, 303)
    if asked.view is not None and not is_reset:
        return redirect(addresses.list(**as_chosen(asked.state, chosen)) + WAY, 303)
    if asked.view is None:
        kept = chosen.kept(asked.spec)
        remember(model_admin, person(), columns=",".join(kept.columns), size=kept.size)
    # What the address says wins, so it must not say it any more.
    return redirect(addresses.list(columns=None, size=None) + WAY, 303)


def default_view(asked: AskedList) -> ResponseReturnValue | None:
    """The way to the view that the bare address opens for this person; ``None`` where there is none that works."""
    view = asked.remembered.default
    if view is None:
        return None
    try:
        state = opened_state(asked, view)
    except BadParameter as bad:
        text = _(
            "Your view “%(view)s” cannot be opened, so this is the whole list. The part “%(part)s”: %(reason)s",
            view=view.name,
            part=bad.parameter,
            reason=bad.message,
        )
        flash(text, "warning")
        return None
    return redirect(Addresses(asked.spec, state).list(), 303)


def save_view(model_admin: ModelAdmin) -> ResponseReturnValue:
    """Ask for a name and keep the list of this address under it."""
    require(person(), model_admin, "view")
    asked = asked_list(model_admin, person(), request.args)
    form = view_form(person(), None, is_default=False)
    if form.validate_on_submit():
        is_default = form["is_default"].data
        try:
            view = add_view(model_admin, person(), query_of(asked), values_of(form), is_default=is_default)
        except Unkept as unkept:
            _add_error(form, unkept)
        else:
            flash(_("The view “%(view)s” was saved.", view=view.name), "success")
            return _opened(model_admin, view)
    page = add_view_page(model_admin, asked, form)
    return draw(model_admin, "view", page=page), 422 if form.is_submitted() else 200


def edit_view(model_admin: ModelAdmin, number: int) -> ResponseReturnValue:
    """Rename a view, share it, open it first; who may only open it, says the last."""
    view = find_view(model_admin, person(), number)
    default = recall(model_admin, person(), number).default
    form = view_form(person(), view, is_default=default is not None and default.id == view.id)
    status = 200
    if form.is_submitted():
        status = 422
        values = values_of(form)
        version = request.form.get(VERSION_FIELD, "") if values else None
        if form.validate():
            is_default = form["is_default"].data
            try:
                change_view(model_admin, person(), view, version, values, is_default=is_default)
            except Unkept as unkept:
                _add_error(form, unkept)
            except Outdated:
                status, view = 409, find_view(model_admin, person(), number)
                form.form_errors.append(_outdated())
            else:
                flash(_("The view “%(view)s” was saved.", view=view.name), "success")
                return _opened(model_admin, view)
    page = change_view_page(model_admin, view, form)
    return draw(model_admin, "view", page=page), status


@asks_again
def keep_view(model_admin: ModelAdmin, number: int) -> ResponseReturnValue:
    """Let the view show what the address says from now on."""
    view = find_view(model_admin, person(), number, to_change=True)
    asked = asked_list(model_admin, person(), request.args)
    back = Link(view.name, Addresses(asked.spec, asked.state).list())
    if only_looks():
        return redirect(back.href, 303)
    try:
        keep_query(view, request.form.get(VERSION_FIELD, ""), query_of(asked))
    except Unkept as unkept:
        refuse(422, str(unkept), back)
    except Outdated:
        refuse(409, _outdated(), back)
    flash(_("The view “%(view)s” was saved.", view=view.name), "success")
    return _opened(model_admin, view)


def remove_view(model_admin: ModelAdmin, number: int) -> ResponseReturnValue:
    view = find_view(model_admin, person(), number, to_change=True)
    warning, status = None, 200
    if request.method == "POST":
        try:
            delete_view(view, request.form.get(VERSION_FIELD, ""))
        except Outdated:
            view, warning, status = find_view(model_admin, person(), number, to_change=True), _outdated(), 409
        else:
            flash(_("The view “%(view)s” was deleted.", view=view.name), "success")
            return redirect(url_for(f"{model_admin.name}.list"), 303)
    return draw(model_admin, "confirm", page=delete_view_page(model_admin, view, warning)), status


OPERATIONS = (
    Operation("display", "/display/", choose_display, ("GET", "POST")),
    Operation("views", "/views/", save_view, ("GET", "POST")),
    Operation("view", f"/views/{NUMBER}/", edit_view, ("GET", "POST")),
    Operation("keep_view", f"/views/{NUMBER}/keep/", keep_view, ("POST",)),
    Operation("delete_view", f"/views/{NUMBER}/delete/", remove_view, ("GET", "POST")),
)


def _opened(model_admin: ModelAdmin, view: SavedView) -> ResponseReturnValue:
    return redirect(url_for(f"{model_admin.name}.list", view=view.id), 303)


def _add_error(form: FlaskForm, unkept: Unkept) -> None:
    if unkept.field is None:
        form.form_errors.append(str(unkept))
    else:
        form[unkept.field].errors = [*form[unkept.field].errors, str(unkept)]


def _outdated() -> str:
    return str(_("Somebody has changed this view since you opened this page. Look at it again."))
