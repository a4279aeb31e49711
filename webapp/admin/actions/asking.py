"""What a request asks for: which action, for which objects, and where the person goes afterwards."""

from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

from webapp.admin.actions.selection import Selection
from webapp.admin.display import lower_first
from webapp.admin.editing.finding import (
    LIST_FIELD,
    OBJECT_FIELD,
    find,
    list_address,
    list_query,
    next_address,
)
from webapp.admin.listing.addresses import own_query, with_query
from webapp.admin.listing.asked import asked_list
from webapp.admin.listing.state import OF_ONE_PAGE
from webapp.admin.mapping import text_of
from webapp.admin.options import ActionOptions, ModelAdmin
from webapp.admin.permissions import DELETE, actions_of, offered, require
from webapp.extensions import only_looks
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link, refuse

COUNT_FIELD = "_count"
CONFIRM_BUTTON = "_confirm"


class NothingChosen(Exception):
    """No action or no object was chosen; the message says what to do, *back* is the address of the page to do it on."""

    def __init__(self, message: str, back: str) -> None:
        super().__init__(message)
        self.back = back


@dataclass(frozen=True)
class Asked:
    """One action for some objects.

    :ivar obj: the object on whose own page it was asked for.
    :ivar address: where the form of the page in between is sent, with *hidden* beside its own fields.
    """

    action: ActionOptions
    selection: Selection
    obj: Any
    address: str
    hidden: list[tuple[str, str]]
    back: Link

    @property
    def expected(self) -> int | None:
        """How many objects the person has agreed to, where not ticked one by one; -1 when that is not said."""
        if self.selection.listed is None:
            return None
        count = request.form.get(COUNT_FIELD, "")
        return int(count) if count.isascii() and count.isdecimal() and len(count) < 10 else -1

    @property
    def is_agreed(self) -> bool:
        """Whether it may be done without asking (again)."""
        needs_page = self.action.confirm is not None or self.action.form is not None
        return not only_looks() and (not needs_page or CONFIRM_BUTTON in request.form)

    def make_form(self, user: Any) -> FlaskForm | None:
        """The action's form, filled from the request once the person has seen it."""
        if self.action.form is None:
            return None
        seen = request.form if CONFIRM_BUTTON in request.form else None
        form: FlaskForm = self.action.form(formdata=seen, user=user)
        return form


def read_asked(model_admin: ModelAdmin, user: Any) -> Asked:
    """Read what the request asks for, in the name of *user*.

    Answers 400 for an action that there is not and for an address of no list, 403 for one that *user* may not choose.

    :raises NothingChosen: when there is no action or no object in it.
    """
    if OBJECT_FIELD in request.form:
        return _for_object(model_admin, user)
    arguments = MultiDict(
        (name, value) for name, value in request.args.items(multi=True) if name not in OF_ONE_PAGE
    )
    is_across = request.form.get("select_across") == "1"
    # All that a view showed is asked for with the view only: what is ticked is known without it.
    listed = asked_list(model_admin, user, arguments, is_shown=False, is_sent=not is_across)
    back = Link(
        _("Back to the list"), with_query(url_for(f"{model_admin.name}.list"), own_query(listed.state))
    )
    action = _asked_action(model_admin, user, None, back)
    keys = tuple(dict.fromkeys(request.form.getlist("selected")))
    if not keys and not is_across:
        message = _("Select at least one %(model)s first.", model=lower_first(model_admin.label))
        raise NothingChosen(message, back.href)
    return Asked(
        action=action,
        selection=Selection(model_admin, listed=(listed.spec, listed.state))
        if is_across
        else Selection(model_admin, keys),
        obj=None,
        address=with_query(url_for(f"{model_admin.name}.action"), own_query(listed.state)),
        hidden=[("select_across", "1")] if is_across else [("selected", key) for key in keys],
        back=back,
    )


def _for_object(model_admin: ModelAdmin, user: Any) -> Asked:
    """What is asked for on an object's own page: for this object and no other."""
    keys = request.form.getlist("selected")
    if len(keys) != 1:
        refuse(
            400,
            _("This is for exactly one record."),
            Link(_("Back to the list"), list_address(model_admin)),
        )
    obj = find(model_admin, user, keys[0], "view")
    back = Link(_("Back to %(object)s", object=text_of(obj)), next_address(model_admin, "change", keys[0]))
    return Asked(
        action=_asked_action(model_admin, user, obj, back),
        selection=Selection(model_admin, (keys[0],)),
        obj=obj,
        address=url_for(f"{model_admin.name}.action"),
        hidden=[(OBJECT_FIELD, "1"), (LIST_FIELD, list_query(model_admin)), ("selected", keys[0])],
        back=back,
    )


def _asked_action(model_admin: ModelAdmin, user: Any, obj: Any, back: Link) -> ActionOptions:
    name = request.form.get("action", "")
    if not name:
        raise NothingChosen(_("Choose what to do first."), back.href)
    known = {**actions_of(model_admin), DELETE.name: DELETE}
    if name not in known:
        shown = "".join(character for character in name[:60] if character.isprintable())
        refuse(400, _("There is no action “%(name)s” here.", name=shown), back)
    if name not in offered(model_admin, user, obj):
        require(user, model_admin, known[name].permission, obj)
        refuse(403, _("“%(action)s” is not offered here.", action=known[name].label), back)
    return known[name]
