"""A page for a form of a few fields, beside the engine's own forms."""

from collections.abc import Iterable, Mapping, Sequence

from flask_wtf import FlaskForm
from markupsafe import Markup

from webapp.admin.editing.page import Button, FieldsetView, FormPage, error_links, field_view
from webapp.admin.tabs import Tab
from webapp.web.errors import Link
from webapp.web.tokens import form_token


def simple_form_page(
    form: FlaskForm,
    names: Iterable[str],
    *,
    heading: str,
    action: str,
    save: str,
    cancel: Link | None,
    title: str | None = None,
    subheading: str | None = None,
    links: Sequence[Link] = (),
    tabs: Sequence[Tab] = (),
    username: str | None = None,
    hidden: Sequence[tuple[str, str]] = (),
    notes: Mapping[str, Markup] | None = None,
) -> FormPage:
    """The page.

    :param names: the fields, in the order of the page; *save* is what the button says.
    :param title: of the browser's tab, by default the *heading*.
    :param tabs: the further pages of the object that the form is about.
    :param username: whose password is set here, for password managers.
    :param hidden: is sent along with the form's token; *notes* stand beside their fields.
    """
    views = [field_view(form[name], note=(notes or {}).get(name)) for name in names]
    fieldset = FieldsetView(None, None, views)
    return FormPage(
        title=title or heading,
        heading=heading,
        subheading=subheading,
        mode="change",
        action=action,
        hidden=[("csrf_token", form_token()), *hidden],
        errors=error_links(form, [fieldset]),
        fieldsets=[fieldset],
        buttons=[Button("_save", save, True)],
        cancel=cancel,
        links=list(links),
        tabs=list(tabs),
        username=username,
    )
