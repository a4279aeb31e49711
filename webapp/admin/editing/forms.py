"""The one form class that decides what is valid for an object, made from the mapper and the declaration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_wtf import FlaskForm
from sqlalchemy import UniqueConstraint, and_, not_, select

from webapp.admin.display import ShownColumn, shown_column
from webapp.admin.editing.fields import field_for
from webapp.admin.info import ColumnInfo, ModelInfo
from webapp.admin.options import Fieldsets, ModelAdmin
from webapp.extensions import db


@dataclass(frozen=True)
class Layout:
    """Which fields a form has for one person and one object.

    :ivar fieldsets: headings, descriptions and names in the order of the page.
    :ivar columns: the mapped columns that may be written, by name; *extra* are fields of the declared form class.
    :ivar readonly: what is shown only.
    """

    fieldsets: list[tuple[str | None, str | None, list[str]]]
    columns: dict[str, ColumnInfo]
    extra: list[str]
    readonly: dict[str, ShownColumn]


def form_layout(model_admin: ModelAdmin, user: Any, obj: Any = None, *, view_only: bool = False) -> Layout:
    """Decide the fields of *obj*'s form, or with ``None`` of the form that adds one.

    A field that the person may not write is not in the form class at all, so that what is posted for it has no
    effect (OWASP ASVS 5.0 §15.3.3).
    """
    info = model_admin.info
    form_class = model_admin.get_form_class(user, obj)
    declared = _declared_fields(form_class)
    fieldsets = _fieldsets(
        model_admin.get_fieldsets(user, obj) or _default_fieldsets(model_admin, info, declared)
    )
    readonly_names = set(model_admin.get_readonly_fields(user, obj))
    if obj is not None:
        # Under its key a row has its address and its history, so it keeps the key.
        readonly_names.update(column.name for column in info.key)
    columns: dict[str, ColumnInfo] = {}
    extra: list[str] = []
    readonly: dict[str, ShownColumn] = {}
    for _title, _description, names in fieldsets:
        for name in names:
            if name in declared and name not in info.columns:
                extra.append(name)
            elif view_only or name in readonly_names or not _is_writable(info.columns.get(name)):
                readonly[name] = shown_column(model_admin, info, name)
            else:
                columns[name] = info.columns[name]
    if view_only:
        hidden, extra = set(extra), []
        fieldsets = [
            (title, text, [name for name in names if name not in hidden]) for title, text, names in fieldsets
        ]
    return Layout(fieldsets, columns, extra, readonly)


def make_form(model_admin: ModelAdmin, layout: Layout, user: Any, obj: Any = None) -> FlaskForm:
    """The form for *layout*, filled from the request, else from *obj*, else with the declared initial values."""
    base = model_admin.get_form_class(user, obj) or FlaskForm
    unwanted = {
        name: None
        for name in _declared_fields(base)
        if name not in layout.extra and name not in layout.columns
    }
    fields = {
        name: field_for(column)
        for name, column in layout.columns.items()
        if name not in _declared_fields(base)
    }
    form_class = type(f"{model_admin.model.__name__}Form", (base,), {**fields, **unwanted})
    if obj is not None:
        return form_class(obj=obj)
    return form_class(data=_defaults(layout) | dict(model_admin.initial(user)))


def values_of(form: FlaskForm, layout: Layout) -> dict[str, Any]:
    """What a valid *form* says, by column."""
    values = {}
    for name, column in layout.columns.items():
        value = form[name].data
        if column.kind == "enum" and value:
            value = column.python_type[value]  # type: ignore[index]
        if value is None and not column.nullable and column.kind in ("text", "longtext"):
            value = ""
        values[name] = value
    return values


def taken_fields(info: ModelInfo, values: Mapping[str, Any], obj: Any = None) -> dict[str, str]:
    """Which of *values* another row holds already where the table wants them unique: field name to sentence.

    Asked before a save, and again when the database has refused one because somebody else was quicker.
    """
    taken: dict[str, str] = {}
    for names in _unique_sets(info):
        if not any(name in values for name in names):
            continue
        full = {name: values[name] if name in values else getattr(obj, name, None) for name in names}
        if any(value is None for value in full.values()):
            continue
        statement = select(*(column.attribute for column in info.key)).where(
            *(info.columns[name].attribute == value for name, value in full.items())
        )
        if obj is not None:
            own = [column.attribute == getattr(obj, column.name) for column in info.key]
            statement = statement.where(not_(and_(*own)))
        if db.session.execute(statement.limit(1)).first() is not None:
            first = next(name for name in names if name in values)
            labels = ", ".join(str(info.columns[name].label) for name in names)
            taken[first] = _("“%(label)s” is taken already: another record has this value.", label=labels)
    return taken


def _unique_sets(info: ModelInfo) -> list[list[str]]:
    table: Any = info.mapper.local_table
    by_column = {column.column.name: name for name, column in info.columns.items()}
    constraints = [list(item.columns) for item in table.constraints if isinstance(item, UniqueConstraint)]
    # Of an index over some of the rows only the database knows whether a row is among them.
    constraints += [
        list(index.columns)
        for index in table.indexes
        if index.unique and not any(option.endswith("_where") for option in index.dialect_kwargs)
    ]
    constraints.append(list(table.primary_key.columns))
    sets = [[by_column.get(column.name, "") for column in columns] for columns in constraints]
    return sorted(names for names in sets if all(names))


def _fieldsets(declared: Fieldsets) -> list[tuple[str | None, str | None, list[str]]]:
    return [
        (
            str(title) if title else None,
            str(options["description"]) if options.get("description") else None,
            list(options["fields"]),
        )
        for title, options in declared
    ]


def _default_fieldsets(model_admin: ModelAdmin, info: ModelInfo, declared: Sequence[str]) -> Fieldsets:
    version = info.version
    automatic = {"created_at", "updated_at", version.name if version else ""}
    names = list(model_admin.fields) or [
        name
        for name, column in info.columns.items()
        if not column.secret
        and name not in model_admin.exclude
        and name not in automatic
        and not _is_made(column)
    ] + [name for name in declared if name not in info.columns]
    return ((None, {"fields": names}),)


def _is_made(column: ColumnInfo) -> bool:
    """Whether *column* is a key, or a part of one, that nobody has to think of."""
    plain = column.column
    is_counted = plain is plain.table.autoincrement_column
    return plain.primary_key and (is_counted or plain.default is not None or plain.server_default is not None)


def _is_writable(column: ColumnInfo | None) -> bool:
    return column is not None and field_for(column) is not None


def _declared_fields(form_class: type | None) -> list[str]:
    if form_class is None:
        return []
    return [
        name
        for name in dir(form_class)
        if not name.startswith("_") and hasattr(getattr(form_class, name), "_formfield")
    ]


def _defaults(layout: Layout) -> dict[str, Any]:
    """What the columns themselves would begin with."""
    defaults = {}
    for name, column in layout.columns.items():
        default = column.column.default
        if default is not None and getattr(default, "is_scalar", False):
            defaults[name] = default.arg  # type: ignore[attr-defined]
    return defaults
