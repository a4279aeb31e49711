"""The one form class that decides what is valid for an object, made from the mapper and the declaration."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

from flask_wtf import FlaskForm

from webapp.admin.editing.beginning import begun
from webapp.admin.editing.binding import Meta
from webapp.admin.editing.fields import field_for
from webapp.admin.editing.files import file_fields, refuse_stray_files
from webapp.admin.editing.layout import Layout, declared_fields
from webapp.admin.editing.related import visible
from webapp.admin.editing.relatedlist import related_field
from webapp.admin.info import ColumnInfo, RelationInfo
from webapp.admin.options import ModelAdmin
from webapp.admin.site import current_site
from webapp.running import request
from webapp.texts import Language, language
from webapp.web.gate import READING_METHODS

# What WTForms calls its own; a column of such a name is kept under another one inside the form class.
_TAKEN_NAMES = frozenset({*dir(FlaskForm), "form_errors", "meta"})


def make_form(
    model_admin: ModelAdmin,
    layout: Layout,
    user: Any,
    obj: Any = None,
    original: Any = None,
    *,
    is_copy: bool = False,
    **options: Any,
) -> FlaskForm:
    """The form for *layout*, filled from the request, else from *obj*, else with the declared initial values.

    :param original: of a form that adds an object, the one that it becomes a copy of.
    :param is_copy: what is sent becomes a new object, whatever *obj* is.
    :param options: further ones of the form, as its ``prefix``.
    """
    base: Any = model_admin.get_form_class(user, obj) or FlaskForm
    binary = {name for name, column in layout.columns.items() if column.kind == "binary"}
    prefix = options.get("prefix", "")
    refuse_stray_files(binary | (file_fields(base) & set(layout.extra)), prefix)
    admin_of = current_site().admin_of
    relations = tuple((name, one, admin_of(one.target)) for name, one in layout.relations.items())
    form_class, inside = _form_class(
        model_admin, base, tuple(layout.columns.items()), relations, tuple(layout.extra), language()
    )
    data = {
        inside.get(name, name): value
        for name, value in _values(model_admin, layout, user, obj or original, prefix).items()
    }
    # What differs from one person and object to the next is no part of the class, which is kept.
    told = {"user": user, "obj": obj, "holder": obj or original, "is_copy": is_copy or obj is None}
    form: FlaskForm = form_class(
        data=data, **{**options, "meta": {**_checked(), **options.get("meta", {}), **told}}
    )
    for name, stand_in in inside.items():
        form._fields[name] = form._fields.pop(stand_in)
    if obj is None:
        # What comes from elsewhere than the request, as from the history, says of each field what it is to hold.
        _prepopulate(model_admin, form, user, fills=form.is_submitted() and "formdata" not in options)
    return form


def _checked() -> dict[str, bool]:
    """A form that is only looked at has no token of its own: the page has one."""
    return {"csrf": False} if request.method in READING_METHODS else {}


@lru_cache(maxsize=500)
def _form_class(
    model_admin: ModelAdmin,
    base: type[FlaskForm],
    columns: tuple[tuple[str, ColumnInfo], ...],
    relations: tuple[tuple[str, RelationInfo, ModelAdmin | None], ...],
    extra: tuple[str, ...],
    _language: Language,
) -> tuple[type[FlaskForm], Mapping[str, str]]:
    """The class with fields for these, and how it calls those whose names are taken: made once for each selection and
    language, because a class is dear to make, and dearer to clear away."""
    declared = declared_fields(base)  # type: ignore[arg-type]  # what WTForms' own metaclass makes
    known = {*extra, *(name for name, _column in columns)}
    unwanted = {name: None for name in declared if name not in known}
    fields = {name: field_for(_spoken(column)) for name, column in columns if name not in declared}
    for name, relation, target in relations:
        if target is not None and name not in declared:
            fields[name] = related_field(relation, target)
    inside = {name: f"column_{name}" for name in fields if name in _TAKEN_NAMES or name.startswith("_")}
    for name in inside:
        fields[name].name = name
    members = {inside.get(name, name): field for name, field in fields.items()}
    return type(f"{model_admin.model.__name__}Form", (base,), {**members, **unwanted, "Meta": Meta}), inside


def _spoken(column: ColumnInfo) -> ColumnInfo:
    """*column* with its texts in the language of this request, which are looked for once and not in each form."""
    return replace(column, label=str(column.label), help=str(column.help))


def may_take_files(model_admin: ModelAdmin) -> bool:
    """Whether some form of *model_admin* may hold a file."""
    is_decided = type(model_admin).get_form_class is not ModelAdmin.get_form_class
    has_binary = any(column.kind == "binary" for column in model_admin.info.columns.values())
    return has_binary or is_decided or bool(file_fields(model_admin.form_class))


def values_of(form: FlaskForm, layout: Layout) -> dict[str, Any]:
    """What a valid *form* says, by column and relation."""
    values = {}
    for name, column in layout.columns.items():
        value = form[name].data
        if value is None and not column.nullable and column.kind in ("text", "longtext"):
            value = ""
        values[name] = value
    return values | {name: form[name].value for name in layout.relations}


def _values(model_admin: ModelAdmin, layout: Layout, user: Any, obj: Any, prefix: str) -> dict[str, Any]:
    """What the form starts with: *obj*'s values, or what a new object begins with; the address asks for values of the
    page's own form, which has no *prefix*."""
    if obj is not None:
        values = {name: getattr(obj, name) for name in (*layout.columns, *layout.extra) if hasattr(obj, name)}
        # Those that lead to many know themselves what there is.
        to_one = (name for name, relation in layout.relations.items() if not relation.is_list)
        return values | {name: getattr(obj, name) for name in to_one}
    values = {name: begun(column) for name, column in layout.columns.items()}
    # The place of a new row in an inline is left empty, whatever the column's own default: it comes last.
    values.pop(getattr(model_admin, "position", ""), None)
    values |= dict(model_admin.initial(user))
    return values if prefix else values | dict(_asked_values(layout, user))


def _asked_values(layout: Layout, user: Any) -> Iterator[tuple[str, Any]]:
    """What the address of an empty form wants it to begin with, such as ``?author=7``; no value is left out."""
    for name, column in layout.columns.items():
        if request.args.get(name) and not column.secret:
            try:
                yield name, column.parse(request.args[name])
            except ValueError:
                continue
    for name, relation in layout.relations.items():
        target = current_site().admin_of(relation.target)
        keys = [key for key in request.args.getlist(name) if key]
        if target is not None and keys:
            found = list(visible(target, user, keys).values())
            if found:
                yield name, found if relation.is_list else found[0]


def _prepopulate(model_admin: ModelAdmin, form: FlaskForm, user: Any, *, fills: bool) -> None:
    """Make what was left empty from other fields; a script does the same while one types.

    :param fills: *form* was sent by a person; otherwise it only says what the script needs.
    """
    for name, sources in model_admin.get_prepopulated_fields(user).items():
        if name not in form:
            continue
        field = form[name]
        names = " ".join(f"{form._prefix}{source}" for source in sources)
        field.render_kw = {**(field.render_kw or {}), "data-prepopulate": names}
        if fills and not (field.data or ""):
            length = (field.render_kw or {}).get("maxlength") or 200
            texts = " ".join(str(form[source].data or "") for source in sources if source in form)
            field.data = _slug(texts)[:length].strip("-")
            field.raw_data = [field.data]


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode("ascii").lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
