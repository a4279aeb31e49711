"""What is drawn of saved views: the menu above the list, and the form of one view."""

from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from flask import url_for
from flask_wtf import FlaskForm
from wtforms import BooleanField, SelectField

from webapp.admin.display import lower_first
from webapp.admin.editing.deletepage import ConfirmPage
from webapp.admin.editing.fields import field_for
from webapp.admin.editing.formpage import VERSION_FIELD
from webapp.admin.editing.page import Button, FormPage
from webapp.admin.editing.simplepage import simple_form_page
from webapp.admin.listing.addresses import Addresses, own_query, with_query
from webapp.admin.listing.asked import AskedList
from webapp.admin.listing.remembered import SavedView, key_of
from webapp.admin.listing.views import groups_of, is_changed, may_change
from webapp.admin.mapping import describe
from webapp.admin.options import ModelAdmin
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.web.addresses import address
from webapp.web.errors import Link
from webapp.web.tokens import form_token


@dataclass(frozen=True)
class ViewLink:
    """One view in the menu; *note* says whose it is and what it is for."""

    name: str
    href: str
    note: str
    edit_href: str
    is_current: bool


@dataclass(frozen=True)
class ViewState:
    """What can be done about a list that is no longer as its view.

    :ivar action: where the view is changed to what is shown, with *hidden*; ``None`` where it is not one's own.
    """

    text: str
    action: str | None
    hidden: list[tuple[str, str]]
    reset_href: str


@dataclass(frozen=True)
class ViewMenu:
    label: str
    plain: ViewLink
    views: list[ViewLink]
    add_href: str
    changed: ViewState | None


def view_menu(asked: AskedList, user: Any, addresses: Addresses) -> ViewMenu:
    """The saved views that *user* may open, and what has become of the one that is open."""
    name = asked.spec.model_admin.name
    everything = _("All %(models)s", models=lower_first(asked.spec.model_admin.label_plural))
    return ViewMenu(
        label=asked.view.name if asked.view else _("Views"),
        plain=ViewLink(everything, addresses.plain, "", "", asked.view is None),
        views=[_link(asked, view, user, addresses) for view in asked.remembered.views],
        add_href=with_query(address(f"{name}.views"), addresses.state.query()),
        changed=_changed(asked, asked.view, user, addresses) if asked.view else None,
    )


def _link(asked: AskedList, view: SavedView, user: Any, addresses: Addresses) -> ViewLink:
    notes = []
    if asked.remembered.default is view:
        notes.append(_("opens first"))
    if view.owner_key != key_of(user):
        notes.append(_("by %(owner)s", owner=view.owner_label))
    elif view.group_key:
        notes.append(_("shared"))
    edit_href = url_for(f"{asked.spec.model_admin.name}.view", number=view.id)
    is_current = asked.view is view
    return ViewLink(view.name, f"{addresses.path}?view={view.id}", ", ".join(notes), edit_href, is_current)


def _changed(asked: AskedList, view: SavedView, user: Any, addresses: Addresses) -> ViewState | None:
    if not is_changed(asked, view):
        return None
    path = url_for(f"{asked.spec.model_admin.name}.keep_view", number=view.id)
    return ViewState(
        text=_("“%(view)s” is changed.", view=view.name),
        action=with_query(path, addresses.state.query()) if may_change(view, user) else None,
        hidden=[("csrf_token", form_token()), (VERSION_FIELD, str(view.version))],
        reset_href=f"{addresses.path}?view={view.id}",
    )


class DefaultForm(FlaskForm):
    """What everybody may say of a view: whether it opens first."""

    is_default = BooleanField(
        _l("Opens first"), description=_l("The list begins with this view, for you and nobody else.")
    )


def view_form(user: Any, view: SavedView | None, *, is_default: bool) -> FlaskForm:
    """The form of *view*, a new one with ``None``, for what *user* may say of it."""
    data = {"is_default": is_default}
    if view is not None and not may_change(view, user):
        return DefaultForm(data=data)
    groups = groups_of(user)
    shared = view.group_key if view is not None else None
    if shared is not None:
        groups.setdefault(shared, _("A group that you are not in"))
    form = _owners_form()(data={**data, "name": view.name if view else "", "group_key": shared or ""})
    form.group_key.choices = cast(Any, {"": _("Nobody"), **groups})
    return form


@cache
def _owners_form() -> Any:
    """A class with a field from the mapper, made when the mappers are configured."""
    fields = {
        "name": field_for(describe(SavedView).columns["name"]),
        "group_key": SelectField(
            _l("Shared with"), description=_l("They may open it; what they see in it is what they may see.")
        ),
    }
    return type("ViewForm", (DefaultForm,), fields)


def values_of(form: FlaskForm) -> dict[str, Any]:
    """What *form* says of the view itself; nothing where it is not for this person to change."""
    if "name" not in form:
        return {}
    return {"name": form["name"].data, "group_key": form["group_key"].data or None}


def add_view_page(model_admin: ModelAdmin, asked: AskedList, form: FlaskForm) -> FormPage:
    return simple_form_page(
        form,
        ("name", "group_key", "is_default"),
        heading=_("Save as a view"),
        subheading=str(model_admin.label_plural),
        action=with_query(url_for(f"{model_admin.name}.views"), own_query(asked.state)),
        save=_("Save"),
        cancel=Link(_("Cancel"), with_query(url_for(f"{model_admin.name}.list"), own_query(asked.state))),
    )


def change_view_page(model_admin: ModelAdmin, view: SavedView, form: FlaskForm) -> FormPage:
    is_own = "name" in form
    page = simple_form_page(
        form,
        ("name", "group_key", "is_default") if is_own else ("is_default",),
        title=_("View %(view)s", view=view.name),
        heading=view.name,
        subheading=_("View of %(owner)s", owner=view.owner_label),
        action=url_for(f"{model_admin.name}.view", number=view.id),
        save=_("Save"),
        cancel=Link(_("Cancel"), _opening(model_admin, view)),
        hidden=[(VERSION_FIELD, str(view.version))] if is_own else (),
    )
    delete = Link(_("Delete this view"), url_for(f"{model_admin.name}.delete_view", number=view.id))
    return page._replace(danger=[delete] if is_own else [])


def delete_view_page(model_admin: ModelAdmin, view: SavedView, warning: str | None = None) -> ConfirmPage:
    shared = _("Those with whom it is shared lose it too.") if view.group_key else ""
    return ConfirmPage(
        title=_("Delete %(object)s", object=view.name),
        heading=_("Delete %(object)s?", object=view.name),
        text=" ".join(filter(None, (_("Only the view is deleted, nothing that it shows."), shared))),
        consequences=[],
        warning=warning,
        action=url_for(f"{model_admin.name}.delete_view", number=view.id),
        hidden=[("csrf_token", form_token()), (VERSION_FIELD, str(view.version))],
        button=Button("_delete", _("Delete"), False),
        cancel=Link(_("Cancel"), url_for(f"{model_admin.name}.view", number=view.id)),
        alternative=None,
    )


def _opening(model_admin: ModelAdmin, view: SavedView) -> str:
    return url_for(f"{model_admin.name}.list", view=view.id)
