"""What brings things back: a value or a version from an object's history, a deleted object, and what was just done."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import select

from webapp.admin.display import number_of
from webapp.admin.editing.bringing import later_of, look_at, place_of, restore_deleted
from webapp.admin.editing.detours import only_draws
from webapp.admin.editing.finding import find, list_address, seek
from webapp.admin.editing.formpage import VERSION_FIELD
from webapp.admin.editing.forms import make_form
from webapp.admin.editing.gone import typed_over
from webapp.admin.editing.inlines.apart import RowsApart
from webapp.admin.editing.kinship import MAX_DELETED, REST, SHOWN, Kin, kin_of
from webapp.admin.editing.restorepage import (
    ENTRY,
    FIELD,
    KIN,
    MARK,
    WHOLE,
    mark_of_lines,
    restore_address,
    restore_page,
    revival_page,
    value_lines,
)
from webapp.admin.editing.restoring import deletion_of, given, keep_exact, revive
from webapp.admin.editing.saving import Invalid
from webapp.admin.editing.steps import Step, steps_of
from webapp.admin.editing.submissions import Once, done_once
from webapp.admin.editing.takingback import TooFarBack, changes_since, take_back, take_back_of
from webapp.admin.editing.telling import flash_done, flash_failures, flash_untied
from webapp.admin.editing.undoing import NotAll, Undone, chosen, undo
from webapp.admin.editing.undopage import STEP, UNDO, undo_page
from webapp.admin.editing.versions import Conflict
from webapp.admin.history import RESTORED, LogEntry, beginning_of, changes_of, through
from webapp.admin.loading import form_related
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.pages import Operation, draw
from webapp.admin.permissions import may, require
from webapp.admin.texts import list_text
from webapp.admin.values import parse_value
from webapp.extensions import db, only_looks
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse
from webapp.web.viewer import person

# One entry of an object's history


@through(RESTORED)
def restore(model_admin: ModelAdmin, key: str) -> ResponseReturnValue:
    """Take back what an entry of the history tells: a change, or the end of the object."""
    once = Once(model_admin.name, person(), per_content=True)
    there = partial(url_for, f"{model_admin.name}.object", key=key)
    return done_once(once, there, lambda: _restore(model_admin, key, once))


def _restore(model_admin: ModelAdmin, key: str, once: Once) -> ResponseReturnValue:
    require(person(), model_admin, "view")
    if model_admin.info.parse_key(key) is None:
        find(model_admin, person(), key, "view")
    obj = seek(model_admin, person(), key, form_related)
    entry = _asked_entry(model_admin, key)
    if obj is not None:
        require(person(), model_admin, "change", obj)
        if entry.verb == "delete":
            refuse(409, _("There is a record under its key again."), _way_back(model_admin, key))
        return _take_back(model_admin, obj, entry, once)
    deletion = deletion_of(model_admin, person(), key)
    if deletion is None:
        find(model_admin, person(), key, "view")
    if deletion is None or deletion.id != entry.id:
        refuse(404, _("It was deleted. Restore the record itself first."), _way_back(model_admin, key))
    require(person(), model_admin, "add")
    try:
        return _bring_back(model_admin, entry, once)
    except Rejected as rejected:
        refuse(422, rejected.message, _way_back(model_admin, key))


def _asked_entry(model_admin: ModelAdmin, key: str) -> LogEntry:
    """The entry that the address names; it has to be one of this object."""
    try:
        number = parse_value("integer", request.args.get(ENTRY, ""))
    except ValueError:
        refuse(400, _("The address does not say what is to be restored."), _way_back(model_admin, key))
    statement = select(LogEntry).where(
        LogEntry.id == number, LogEntry.name == model_admin.name, LogEntry.key == key[:255]
    )
    entry = db.session.scalar(statement)
    if entry is None:
        refuse(404, _("There is no such change in this history."), _way_back(model_admin, key))
    return entry


def _way_back(model_admin: ModelAdmin, key: str) -> Link:
    return Link(_("Back to the history"), url_for(f"{model_admin.name}.history", key=key))


def _take_back(model_admin: ModelAdmin, obj: Any, entry: LogEntry, once: Once) -> ResponseReturnValue:
    user, is_whole = person(), WHOLE in request.args or entry.verb == "add"
    began = beginning_of(entry.name, entry.key)
    if began is not None and entry.id <= began:
        told = _("This was a change of an earlier record under the same key, which is gone.")
        refuse(409, told, _way_back(model_admin, entry.key))
    try:
        changes = changes_since(entry) if is_whole else changes_of(entry)
    except TooFarBack:
        refuse(
            422, _("Too much has happened since; restore single changes."), _way_back(model_admin, entry.key)
        )
    taking = take_back_of(model_admin, user, obj, changes)
    if request.method == "GET" or not FlaskForm().validate_on_submit():
        return draw(model_admin, "restore", page=restore_page(taking, entry, user, is_whole=is_whole))
    ticked = [name for name in request.form.getlist(FIELD) if name in taking.values]
    shown = request.form.get(MARK, "")
    form, warning, status = None, None, 422
    if not ticked:
        warning = _("Choose at least one value.")
    elif mark_of_lines(value_lines(taking, ())) != shown:
        warning, status = _changed_meanwhile(), 409
    else:
        form = taking.form(user, ticked)
        try:
            if not form.validate():
                raise Invalid
            saved = take_back(
                taking,
                form,
                ticked,
                user,
                request.form.get(VERSION_FIELD, ""),
                lambda found: mark_of_lines(value_lines(taking, ())) == shown,
                once,
            )
        except Conflict:
            form, warning, status = None, _changed_meanwhile(), 409
            obj = find(model_admin, user, entry.key, "change", form_related)
            taking = take_back_of(model_admin, user, obj, changes)
        except Invalid:
            pass
        else:
            flash_done(_("%(object)s was restored.", object=text_of(saved)))
            return redirect(url_for(f"{model_admin.name}.change", key=entry.key), 303)
    page = restore_page(taking, entry, user, is_whole=is_whole, ticked=ticked, form=form, warning=warning)
    return draw(model_admin, "restore", page=page), status


def _changed_meanwhile() -> str:
    return str(
        _("Somebody has changed it since you opened this page. Look at it again before you restore it.")
    )


def _bring_back(model_admin: ModelAdmin, entry: LogEntry, once: Once) -> ResponseReturnValue:
    user = person()
    found = kin_of(model_admin, entry, user)
    kin = found[:MAX_DELETED]
    look_at(kin, user, {place_of(entry), *(place_of(one.entry) for one in found)})
    coming = {place_of(entry), *(place_of(one.entry) for one in kin if one.problem is None)}
    revival = revive(model_admin, user, entry, later_of(model_admin, entry, coming))
    ticked = {one.entry.id for one in kin if one.problem is None}
    status = 200
    if request.method == "POST" and only_draws():
        form = typed_over(revival, user)
    elif request.method == "POST":
        form = make_form(model_admin, revival.layout, user, meta=given(revival.former.values))
        keep_exact(form, revival.former.values)
        chosen_ids, shown = set(request.form.getlist(KIN)), request.form.get(SHOWN, "").split()
        ticked = {
            number
            for number in ticked
            if str(number) in chosen_ids or (REST in chosen_ids and str(number) not in shown)
        }
        status = 422
        if form.validate():
            try:
                along = [one for one in kin if one.entry.id in ticked]
                obj, untied = restore_deleted(revival, form, user, once, along, found)
            except Invalid:
                pass
            else:
                flash_done(_("%(object)s was restored.", object=text_of(obj)))
                flash_untied(untied)
                return redirect(url_for(f"{model_admin.name}.object", key=entry.key), 303)
    else:
        form = revival.form(user)
    page = revival_page(revival, form, user, kin, ticked, _beyond(found[MAX_DELETED:]))
    return draw(model_admin, "revive", page=page), status


def _beyond(kin: Sequence[Kin]) -> str | None:
    """What is said of those for which there is no room."""
    if not kin:
        return None
    if any(isinstance(one.model_admin, RowsApart) for one in kin):
        more = _(
            "More than %(number)s went with it; of the others those without a page stay away.",
            number=MAX_DELETED,
        )
        return str(more)
    return str(
        _(
            "More than %(number)s went with it; the others come back from their own history.",
            number=MAX_DELETED,
        )
    )


# What was just done


@through(RESTORED)
def undo_request(number: str) -> ResponseReturnValue:
    """Take back what the request *number* did: at once where that is simple, otherwise it is asked first."""
    user = person()
    back = Link(_("Overview"), url_for("admin.index"))
    try:
        steps = steps_of(number, user) if number.isascii() and number.isalnum() else []
        if not steps:
            refuse(404, _("There is nothing to undo here, or it is not visible to you."), back)
        if request.method == "POST" and not only_looks():
            once = Once(UNDO, user, per_content=True)
            return done_once(once, lambda: _back(steps), lambda: _undo(number, steps, once))
        return render_template("admin/undo.html", page=undo_page(number, steps, user))
    except Rejected as rejected:
        refuse(422, rejected.message, back)


def _undo(number: str, steps: list[Step], once: Once) -> ResponseReturnValue:
    user, is_asked = person(), "_undo" in request.form
    if not is_asked:
        # From the message right after it.
        page = _own_page(steps)
        if page is not None:
            return redirect(page, 303)
        if all(step.is_back for step in steps):
            return _as_before(steps)
        if any(step.problem or step.losses for step in steps):
            return redirect(url_for("admin.undo", number=number), 303)
    shown = request.form.get(SHOWN, "").split()
    wanted = chosen(steps, request.form.getlist(STEP), shown) if is_asked else steps
    if not wanted:
        if all(step.problem for step in steps):
            # Meanwhile: the page says of each what has become of it.
            return render_template("admin/undo.html", page=undo_page(number, steps, user)), 409
        page_again = undo_page(number, steps, user, _("Choose at least one record."))
        return render_template("admin/undo.html", page=page_again), 422
    back = _back(steps)
    try:
        undone = undo(wanted, user, is_whole=not is_asked, once=once)
    except NotAll as not_all:
        if all(step.is_back for step in steps_of(number, user)):
            return _as_before(steps)
        flash_failures(not_all.failures)
        flash_untied(not_all.untied, is_done=False)
        return redirect(url_for("admin.undo", number=number), 303)
    if undone.first:
        flash_done(_("Undone: %(objects)s.", objects=_told(undone)))
    flash_failures(undone.failures)
    flash_untied(undone.untied)
    return redirect(back, 303)


def _as_before(steps: list[Step]) -> ResponseReturnValue:
    """It was taken back already: a double click, or another of one's windows."""
    flash(_("It is as it was before."), "info")
    return redirect(_back(steps), 303)


def _told(undone: Undone) -> str:
    """What is as it was before: one object by its name, more of them by how many there are of each kind."""
    if undone.first and undone.number.total() == 1:
        return text_of(undone.first[1])
    return list_text(number_of(admin, number) for admin, number in undone.number.items())


def _own_page(steps: list[Step]) -> str | None:
    """The page that asks about the one object that it is about: a delete of what was added, the form of what went."""
    first = steps[0]
    if (added := _added(steps)) is not None:
        return url_for(f"{added.model_admin.name}.delete", key=added.entry.key)
    if isinstance(first.model_admin, RowsApart):
        return None
    if not first.is_deletion or first.problem is not None:
        return None
    with_it = {one.entry.id for one in kin_of(first.model_admin, first.entry, person())}
    is_all = all(step.entry.id in with_it for step in steps[1:])
    return restore_address(first.model_admin, first.entry) if is_all else None


def _added(steps: list[Step]) -> Step | None:
    """The one of *steps* that all others were added with, in its form; ``None`` where there is none."""
    if not all(step.is_addition and not step.is_deletion for step in steps):
        return None
    for step in steps:
        changes = [change for entry in step.entries for change in changes_of(entry)]
        with_it = {(change.new.name, change.new.key) for change in changes if change.kind == "inline"}
        if not isinstance(step.model_admin, RowsApart) and all(
            other is step or other.place in with_it for other in steps
        ):
            return step
    return None


def _back(steps: list[Step]) -> str:
    """Where the person was: on the page of one of the objects, or in one of their lists."""
    came_from = urlsplit(request.referrer or "").path
    admins: dict[ModelAdmin, None] = {}
    for step in steps:
        admin = step.model_admin
        if isinstance(admin, RowsApart):
            page = admin.address("change", step.entry, step.taking.obj if step.taking else None)
            admin = admin.parent
        else:
            page = url_for(f"{admin.name}.change", key=step.entry.key)
        if came_from == page:
            return page
        admins[admin] = None
    there = [admin for admin in admins if may(person(), admin, "view")]
    here = (admin for admin in there if url_for(f"{admin.name}.list") == came_from)
    admin_there = next(here, next(iter(there), None))
    return list_address(admin_there) if admin_there is not None else url_for("admin.index")


OPERATIONS = (Operation("restore", "/<key>/restore/", restore, ("GET", "POST")),)
