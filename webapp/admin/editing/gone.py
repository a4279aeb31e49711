"""What is answered to a form whose object was deleted meanwhile: all that was typed, who deleted it, and the ways on.

The ways lead to forms that are filled with what was typed: that of a new object, or that of the deleted one on its way
back. Nothing is written before somebody has seen one of them and sent it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from flask import abort, flash, redirect, url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import PasswordField

from webapp.admin.display import lower_first
from webapp.admin.editing.conflicts import MARKS_FIELD, deleted_by
from webapp.admin.editing.detours import BACK_FIELD, LOOK_FIELD
from webapp.admin.editing.facts import Fact
from webapp.admin.editing.finding import LIST_FIELD, list_address
from webapp.admin.editing.forms import make_form
from webapp.admin.editing.inlines.bound import inlines_of
from webapp.admin.editing.inlines.rows import DELETE_FIELD, ROW_FIELD
from webapp.admin.editing.related import visible
from webapp.admin.editing.relatedlist import PAGE, SEARCH, WAS, RelatedListField
from webapp.admin.editing.restorepage import restore_address
from webapp.admin.editing.restoring import Revival, deletion_of, given, keep_exact, revive, sent_as
from webapp.admin.history import LogEntry
from webapp.admin.options import ModelAdmin, Rejected
from webapp.admin.pages import draw
from webapp.admin.permissions import may
from webapp.admin.site import current_site
from webapp.admin.texts import list_text
from webapp.admin.values import encode_key, format_value
from webapp.running import current_app, request
from webapp.texts import gettext as _
from webapp.web.errors import Link
from webapp.web.resending import without_secrets
from webapp.web.tokens import form_token

# What a page has shown as chosen of a relation to many; under a name of its own, because a new object begins with none.
SHOWN = "_shown-"
# What goes along beside the fields.
_CARRIED = (LIST_FIELD, BACK_FIELD, MARKS_FIELD)

Typed = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class GonePage:
    """:ivar values: what was typed, by field. :ivar notes: what does not go along, and why.
    :ivar ways: the forms that a button takes it to.
    """

    heading: str
    text: Markup
    values: list[Fact]
    notes: list[str]
    hidden: list[tuple[str, str]]
    ways: list[Link]
    cancel: Link


@dataclass(frozen=True)
class GoneRow:
    """A row of a list that cannot be saved any more.

    :ivar values: what was typed, by field. :ivar ways: the forms that a button takes it to.
    :ivar is_known: whether the person may know how it went.
    """

    text: Markup
    values: list[Fact]
    hidden: list[tuple[str, str]]
    ways: list[Link]
    is_known: bool


def gone_row(model_admin: ModelAdmin, user: Any, key: str, typed: Mapping[str, Sequence[str]]) -> GoneRow:
    """What is told of the row of an object that is not there, and where what was *typed* into its cells can go."""
    deletion = deletion_of(model_admin, user, key)
    pairs = [(name, text) for name, texts in typed.items() for text in texts]
    marks = " ".join(f"{name}:" for name in typed)
    hidden = [("csrf_token", form_token()), (LOOK_FIELD, "1"), (MARKS_FIELD, marks), *pairs]
    own = [pair for pair in _own_key(model_admin, key) if pair[0] not in typed]
    return GoneRow(
        text=_text(model_admin, deletion),
        values=typed_facts(model_admin, user, typed),
        hidden=[*hidden, *own],
        ways=list(_ways(model_admin, user, deletion)) if pairs else [],
        is_known=deletion is not None,
    )


def typed_facts(model_admin: ModelAdmin, user: Any, typed: Mapping[str, Sequence[str]]) -> list[Fact]:
    """What was *typed* into fields of their columns, to be copied."""
    return [
        Fact(
            model_admin.info.columns[name].label,
            _shown(model_admin, user, name, list(texts)) if any(texts) else Markup("{}").format(_("empty")),
        )
        for name, texts in typed.items()
    ]


def show_gone(model_admin: ModelAdmin, user: Any, key: str) -> None:
    """End the request with the page about the object with *key*, which is not there; of a form that says nothing there
    is none."""
    fields, is_lost = without_secrets()
    secret = _secret_names(model_admin, user)
    typed = [pair for pair in fields if pair[0] not in secret]
    deletion = deletion_of(model_admin, user, key)
    if values := list(_values(model_admin, user, typed)):
        own = [pair for pair in _own_key(model_admin, key) if pair[0] not in request.form]
        hidden = [("csrf_token", form_token()), (LOOK_FIELD, "1"), *_hidden(typed), *own]
        ways = list(_ways(model_admin, user, deletion))
        notes = list(_notes(model_admin, user, typed, ways, is_lost=is_lost or len(typed) < len(fields)))
        page = GonePage(
            heading=_("What you were editing is not there any more"),
            text=_text(model_admin, deletion),
            values=values,
            notes=notes,
            hidden=hidden,
            ways=ways,
            cancel=Link(str(model_admin.label_plural), list_address(model_admin)),
        )
        # What was deleted was changed by somebody; of what is not there, or not for this person, nothing is said.
        _answer(draw(model_admin, "gone", page=page), 404 if deletion is None else 409)


def deleted_before(model_admin: ModelAdmin, user: Any, key: str) -> None:
    """End a request to delete the object with *key* as the first one ended, where *user* himself has deleted it: a
    double click sends it twice, and shows what came of the second."""
    deletion = deletion_of(model_admin, user, key)
    if deletion is not None and deletion.actor_key == str(user.id):
        flash(_("%(object)s was deleted.", object=deletion.label), f"success:{deletion.request_id}")
        abort(redirect(list_address(model_admin), 303))


def _answer(body: str, status: int) -> NoReturn:
    abort(current_app.make_response((body, status)))


def typed_over(revival: Revival, user: Any) -> FlaskForm:
    """The form of a deleted object with what it held, and over that what was typed when it was gone."""
    model_admin, layout = revival.model_admin, revival.layout
    sent = sent_as(model_admin, layout, user, None, revival.former.values)
    marked = {part.partition(":")[0] for part in request.form.get(MARKS_FIELD, "").split()}
    for field in make_form(model_admin, layout, user, formdata=None):
        name, typed = field.name, request.form.getlist(field.name)
        if isinstance(field, RelatedListField):
            shown = request.form.get(f"{SHOWN}{name}") or request.form.get(f"{name}{WAS}", "")
            if shown or typed:
                # What the page did not show comes back as it was.
                sent.setlist(name, typed)
                sent[f"{name}{WAS}"] = shown
        elif typed or field.short_name in marked:
            sent.setlist(name, typed)
    form = make_form(model_admin, layout, user, formdata=sent, meta=given(revival.former.values))
    keep_exact(form, revival.former.values)
    return form


def _ways(model_admin: ModelAdmin, user: Any, deletion: LogEntry | None) -> Iterator[Link]:
    if not may(user, model_admin, "add"):
        return
    if deletion is not None and _may_come_back(model_admin, user, deletion):
        yield Link(_("Restore it with what you typed …"), restore_address(model_admin, deletion))
    yield Link(_("Save as new …"), url_for(f"{model_admin.name}.add"))


def _notes(
    model_admin: ModelAdmin, user: Any, typed: Typed, ways: Sequence[Link], *, is_lost: bool
) -> Iterator[str]:
    if is_lost:
        yield _("Passwords and files are not kept. Give them again.")
    prefixes = tuple(f"{inline.prefix}-" for inline in inlines_of(model_admin, user, None))
    if len(ways) > 1 and any(name.startswith(prefixes) for name, _value in typed):
        yield _(
            "The rows that you typed below it go along into a new record only. Copy them before you restore it."
        )


def _text(model_admin: ModelAdmin, deletion: LogEntry | None) -> Markup:
    if deletion is None:
        return Markup("{}").format(
            _(
                "There is no such %(model)s, or it is not visible to you. Perhaps it was deleted. "
                "Nothing was saved; this is what you typed.",
                model=lower_first(model_admin.label),
            )
        )
    way_on = _("Nothing of yours was saved; this is what you typed.")
    return Markup("{} {}").format(deleted_by(deletion), way_on)


def _may_come_back(model_admin: ModelAdmin, user: Any, deletion: LogEntry) -> bool:
    try:
        revive(model_admin, user, deletion)
    except Rejected:
        return False
    return True


def _hidden(typed: Typed) -> Iterator[tuple[str, str]]:
    """*typed* as the form of a new object takes it: rows that were there are new ones, and those that were to go are
    left out."""
    off = [name.removesuffix(DELETE_FIELD) for name, _value in typed if name.endswith(f"-{DELETE_FIELD}")]
    for name, value in typed:
        if name.endswith(WAS):
            yield f"{SHOWN}{name.removesuffix(WAS)}", value
        elif name in _CARRIED or not (_is_frame(name) or any(name.startswith(prefix) for prefix in off)):
            yield name, value


def _own_key(model_admin: ModelAdmin, key: str) -> Iterator[tuple[str, str]]:
    """Of a key that is typed, or chosen, what it was: no form of an object has a field for it."""
    info = model_admin.info
    own = dict(zip([column.name for column in info.key], info.parse_key(key) or (), strict=False))
    for column in info.key:
        relation = info.held.get(column.name)
        if relation is not None and all(one.name in own for one in relation.columns):
            yield relation.name, encode_key([own[one.name] for one in relation.columns])
        elif not column.is_generated and column.name in own:
            yield column.name, format_value(own[column.name])


def _is_frame(name: str) -> bool:
    return (
        name.startswith("_")
        or name == "csrf_token"
        or name.endswith((WAS, PAGE, SEARCH, f"-{ROW_FIELD}", f"-{DELETE_FIELD}"))
    )


def _values(model_admin: ModelAdmin, user: Any, typed: Typed) -> Iterator[Fact]:
    """Each field in which something was typed, in the words of the page that it came from."""
    inlines = {inline.prefix: inline for inline in inlines_of(model_admin, user, None)}
    for name in dict.fromkeys(name for name, value in typed if value and not _is_frame(name)):
        admin, field, before = model_admin, name, ""
        row = re.fullmatch(r"(.+)-([0-9]{1,6})-(.+)", name)
        if row and row[1] in inlines:
            admin, field = inlines[row[1]], row[3]
            before = f"{admin.label} {int(row[2]) + 1} · "
        named: Any = admin.info.columns.get(field) or admin.info.relations.get(field)
        texts = [value for one, value in typed if one == name]
        yield Fact(f"{before}{named.label if named else field}", _shown(admin, user, field, texts))


def _shown(model_admin: ModelAdmin, user: Any, name: str, texts: list[str]) -> Markup:
    relation, column = model_admin.info.relations.get(name), model_admin.info.columns.get(name)
    target = current_site().admin_of(relation.target) if relation else None
    if target is not None:
        found = visible(target, user, texts)
        texts = [str(found.get(key, key)) for key in texts]
    elif column is not None and column.kind == "boolean" and texts == ["y"]:
        texts = [str(_("Yes"))]
    # As it was typed, all of it: it stands there to be copied.
    return Markup('<span class="typed">{}</span>').format(
        list_text(texts, "unit") if len(texts) > 1 else texts[0]
    )


def _secret_names(model_admin: ModelAdmin, user: Any) -> set[str]:
    """The fields of the page's own form whose values no page holds."""
    info, base = model_admin.info, model_admin.get_form_class(user, None)
    named = {name for known in (info.columns, info.relations) for name in known if info.is_secret(name)}
    declared = {name: getattr(getattr(base, name), "field_class", None) for name in dir(base or object)}
    return named | {
        name
        for name, field_class in declared.items()
        if isinstance(field_class, type) and issubclass(field_class, PasswordField)
    }
