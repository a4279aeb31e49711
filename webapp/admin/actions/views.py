"""The page of an action: it is asked first where the action says so, done, and told."""

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from webapp.admin.actions.asking import Asked, NothingChosen, read_asked
from webapp.admin.actions.page import action_page, gone_note, outdated_note, result_page, told
from webapp.admin.actions.running import Changed, Outcome, Outdated, run
from webapp.admin.actions.selection import TooMany
from webapp.admin.display import number_of
from webapp.admin.editing.finding import list_address
from webapp.admin.editing.submissions import AlreadySent, Once
from webapp.admin.editing.telling import flash_done, number_to_undo
from webapp.admin.editing.versions import SEEN_FIELD, read_seen
from webapp.admin.history import through
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.pages import draw
from webapp.admin.permissions import require
from webapp.extensions import only_looks
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import refuse
from webapp.web.tokens import asks_again
from webapp.web.viewer import person


@asks_again
@through("action")
def act(model_admin: ModelAdmin) -> ResponseReturnValue:
    """Do something to many objects, or to one from its own page; asked first where the action says so."""
    require(person(), model_admin, "view")
    try:
        asked = read_asked(model_admin, person())
    except NothingChosen as nothing:
        flash(str(nothing), "warning")
        return redirect(nothing.back, 303)
    try:
        return _ask_or_act(model_admin, asked)
    except (TooMany, Rejected) as refused:
        refuse(422, str(refused), asked.back)


def _ask_or_act(model_admin: ModelAdmin, asked: Asked) -> ResponseReturnValue:
    form = asked.make_form(person())
    once = Once(model_admin.name, person(), per_content=True)
    seen = read_seen(request.form.get(SEEN_FIELD, ""))
    warning, status = None, 422 if only_looks() else 200
    if asked.is_agreed:
        warning, status = once.problem, 422
        if (form is None or form.validate()) and not warning:
            try:
                outcome = run(asked.action, asked.selection, person(), form, asked.expected, once, seen)
            except AlreadySent:
                flash(_("This was done already; it was sent twice and done once."), "info")
                return redirect(asked.back.href, 303)
            except Outdated as outdated:
                warning, status = outdated_note(model_admin, outdated.objs), 409
            except Changed as changed:
                objects = number_of(model_admin, changed.number)
                warning, status = _("The list has changed: it is %(objects)s now.", objects=objects), 409
            else:
                return _acted(model_admin, asked, outcome)
    return _ask(model_admin, asked, form, warning, status)


def _ask(
    model_admin: ModelAdmin, asked: Asked, form: FlaskForm | None, warning: str | None, status: int
) -> ResponseReturnValue:
    """Draw the page between choosing an action and doing it."""
    keys = asked.selection.read_keys(person())
    if not keys:
        flash(_("Nothing was done: there is nothing left to do it to."), "warning")
        return redirect(asked.back.href, 303)
    page = action_page(asked, keys, person(), form, warning)
    return draw(model_admin, "action", page=page), status


def _acted(model_admin: ModelAdmin, asked: Asked, outcome: Outcome) -> ResponseReturnValue:
    """Say what was done, and go back to where it was asked for; where something was not done, say why on a page."""
    if outcome.failures:
        page = result_page(asked.action, model_admin, outcome, asked.back, number_to_undo())
        return draw(model_admin, "result", page=page), 200 if outcome.done else 422
    if outcome.done:
        flash_done(told(asked.action, model_admin, outcome))
    if outcome.gone:
        flash(gone_note(outcome.gone), "warning")
    if not outcome.done and not outcome.gone:
        flash(_("Nothing was done: there is nothing left to do it to."), "warning")
    is_there = asked.obj is None or asked.selection.read_keys(person())
    return redirect(asked.back.href if is_there else list_address(model_admin), 303)
