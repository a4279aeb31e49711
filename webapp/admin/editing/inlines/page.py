"""Inlines as a page draws them: finished rows, their errors, and the ways to further ones."""

from collections.abc import Callable, Iterator, Sequence

from flask import url_for
from markupsafe import Markup
from wtforms import Field

from webapp.admin.display import lower_first
from webapp.admin.editing.conflicts import deleted_by, row_told, text_in
from webapp.admin.editing.fields import is_required
from webapp.admin.editing.inlines.family import MORE, TURN, Family, InlineSet
from webapp.admin.editing.inlines.rows import DELETE_FIELD, ChildRow
from webapp.admin.editing.lookupbox import script_texts
from webapp.admin.editing.page import (
    Button,
    ErrorLink,
    FieldView,
    InlineView,
    RowView,
    field_view,
    readonly_view,
)
from webapp.admin.editing.partly import kept_in_part
from webapp.admin.editing.related import RelatedField
from webapp.admin.editing.tags import Plain
from webapp.admin.mapping import text_of
from webapp.admin.permissions import may
from webapp.admin.site import current_site
from webapp.running import request
from webapp.texts import gettext as _
from webapp.web.errors import Link

# A select has a line for each choice in every row; where that makes more lines than this, rows are searched for.
MAX_LINES = 200


def inline_views(family: Family) -> list[InlineView]:
    """The inlines of *family*, finished; one without a row that nobody may add to is left out."""
    return [_view(one, family) for one in family.sets if one.rows or one.may_add]


def related_fields(family: Family, lookup: Callable[[str], str], own: str) -> list[RelatedField]:
    """The fields of all rows that lead to other rows.

    :param lookup: the address of what can be chosen in a field of this name. :param own: where the form is sent.
    """
    found = [
        (row, field)
        for row in _all_rows(family)
        for field in row.form or ()
        if isinstance(field, RelatedField)
    ]
    for row, field in found:
        is_searched = field.short_name in row.inline.get_autocomplete_fields(family.user)
        field.lookup_href = lookup(f"{row.inline.prefix}-{field.short_name}")
        field.action = own
        field.most_choices = 0 if is_searched else min(field.most_choices, MAX_LINES // len(found))
    fields = [field for _row, field in found]
    _share_ways(fields)
    columns: dict[tuple[str, str], str] = {}
    for row, field in found:
        place = columns.setdefault((row.inline.prefix, field.short_name), f"w{len(columns)}")
        field.around = {verb: f"{place}-{verb[0]}" for verb in ("tab", *field.ways)}
        field.around["row"] = _id_of(row)
    return fields


def _share_ways(fields: Sequence[RelatedField]) -> None:
    """Ask once for all rows what the person may do there: a hook that says so may ask the database."""
    ways: dict[tuple[str, bool], dict[str, str]] = {}
    for field in fields:
        key = field.target.name, field.relation.is_list
        if key in ways:
            field.ways = ways[key]
        ways[key] = field.ways


def conflict_lines(views: Sequence[InlineView]) -> list[Link]:
    """What is told of the rows that somebody else has changed or deleted, each with the way to it."""
    return [
        Link(Markup("{}: {}").format(f"{view.label}, {row.text or number}", row.note), f"#{row.id}")
        for view in views
        for number, row in enumerate(view.rows, 1)
        if row.note is not None
    ]


def inline_errors(views: Sequence[InlineView]) -> list[ErrorLink]:
    links = []
    for view in views:
        links += [ErrorLink(f"#{view.prefix}", f"{view.label}: {message}") for message in view.errors]
        for number, row in enumerate(view.rows, 1):
            place = f"{view.label}, {row.text or number}"
            links += [ErrorLink(f"#{row.id}", f"{place}: {message}") for message in row.errors]
            for field in row.fields.values():
                links += [
                    ErrorLink(f"#{field.id}", f"{place}, {field.label}: {error}") for error in field.errors
                ]
    return links


def _all_rows(family: Family) -> list[ChildRow]:
    return [row for one in family.sets for row in (*one.rows, *([one.blank] if one.blank else []))]


def _view(one: InlineSet, family: Family) -> InlineView:
    inline, user = one.inline, family.user
    own = current_site().admin_of(inline.model) if inline.show_change_link else None
    pattern = url_for(f"{own.name}.change", key="~") if own and may(user, own, "view") else ""
    rows = [_row_view(row, pattern) for row in one.rows]
    blank = _row_view(one.blank, "") if one.blank else None
    fields = [*_related(one)]
    return InlineView(
        prefix=inline.prefix,
        label=str(inline.label_plural if inline.max_num != 1 else inline.label),
        tab=str(inline.tab) if inline.tab else None,
        position=inline.position,
        is_tabular=inline.is_tabular,
        heads=_heads([*rows, *([blank] if blank else [])]),
        rows=rows,
        blank=blank,
        more=Button(
            f"{MORE}{inline.prefix}", _("Add another %(model)s", model=lower_first(inline.label)), False
        )
        if blank
        else None,
        room=one.room,
        errors=one.errors,
        previous=_address(inline.prefix, "before", one.page.previous),
        next=_address(inline.prefix, "after", one.page.next),
        turn="" if family.view_only else f"{TURN}{inline.prefix}",
        says=_says(fields),
        words=_words(fields),
    )


def _related(one: InlineSet) -> Iterator[RelatedField]:
    rows = [*one.rows, *([one.blank] if one.blank else [])]
    return (field for row in rows for field in row.form or () if isinstance(field, RelatedField))


def _says(fields: Sequence[RelatedField]) -> dict[str, str]:
    """What the script says that searches for what a row leads to, where there is such a field."""
    if not any(field.choices is None for field in fields):
        return {}
    texts = {**script_texts(), "data_clear": _("Clear: {}")}
    return {name.replace("_", "-"): text for name, text in texts.items()}


def _words(fields: Sequence[RelatedField]) -> dict[str, str]:
    """What names the ways beside the fields of all rows, and tells of the new tab, by its id."""
    words = {field.around["tab"]: str(_("(opens in a new tab)")) for field in fields if field.choices is None}
    return words | {
        field.around[verb]: f"{word} {field.label.text}"
        for field in fields
        for verb, word in field.ways.items()
    }


def _heads(rows: Sequence[RowView]) -> list[tuple[str, str, bool]]:
    heads: dict[str, tuple[str, str, bool]] = {}
    for row in rows:
        for name, view in row.fields.items():
            heads.setdefault(name, (name, view.label, view.required))
    return list(heads.values())


def _address(prefix: str, word: str, cursor: str | None) -> str | None:
    """This page with other children of one kind, and those of the other kinds as they are."""
    if cursor is None:
        return None
    own = {f"{prefix}-after", f"{prefix}-before"}
    kept = {name: value for name, value in request.args.items() if name not in own}
    view = {**(request.view_args or {}), **kept, f"{prefix}-{word}": cursor}
    address = url_for(str(request.endpoint), **view)  # type: ignore[arg-type]
    return f"{address}#{prefix}"


def _row_view(row: ChildRow, pattern: str) -> RowView:
    is_new = row.obj is None
    return RowView(
        id=_id_of(row),
        number=row.number,
        text=None if is_new else _called(row),
        href=pattern.replace("~", row.key) if pattern and not is_new else None,
        hidden=row.hidden if row.may_delete or (row.form is not None and not _is_unwelcome(row)) else None,
        fields=_fields(row),
        errors=[str(error) for error in (*row.errors, *(row.form.form_errors if row.form else ()))],
        off=(f"{row.prefix}{DELETE_FIELD}", row.is_off) if row.may_delete else None,
        is_new=is_new,
        note=_note(row),
    )


def _note(row: ChildRow) -> Markup | None:
    """What somebody else has done to *row* meanwhile."""
    if not row.shows_both:
        return None
    if row.is_lost:
        return _lost(row)
    told = row_told(row.choices, row.entry)
    if row.is_off:
        told = Markup("{} {}").format(told, _("Save again to delete it as it is now, or clear its box."))
    return told


def _lost(row: ChildRow) -> Markup:
    if row.entry is None:
        told = Markup("{}").format(
            _(
                "This is not among these records any more: somebody deleted it, or it belongs elsewhere by now."
            )
        )
    else:
        told = deleted_by(row.entry)
    if row.may_delete:
        way_on = _("It will be left out. Clear the box “Leave out” to add it again with what you typed.")
    elif row.sent is not None and row.sent.is_off:
        way_on = _("It will be left out. What you typed stands here to be copied.")
    else:
        way_on = _(
            "You may not add to these records, so it will be left out. What you typed stands here to be copied."
        )
    return Markup("{} {}").format(told, way_on)


def _id_of(row: ChildRow) -> str:
    return f"{row.inline.prefix}-{row.number}"


def _called(row: ChildRow) -> str:
    return str(_("New")) if row.obj is None else text_of(row.obj)


def _fields(row: ChildRow) -> dict[str, FieldView]:
    views = {}
    for name in row.layout.names:
        if name in row.layout.readonly or row.form is None:
            # What does not exist yet has nothing to show.
            if row.obj is not None:
                views[name] = readonly_view(row.layout.readonly[name], row.obj, f"{row.prefix}{name}")
            continue
        if name not in row.form:
            continue
        column = row.layout.columns.get(name)
        required = is_required(column) if column else None
        choice = row.choices.get(name)
        has_id = choice is not None or not _stands_in_label(row, row.form[name])
        view = field_view(row.form[name], required=required, choice=choice, has_id=has_id)
        if note := kept_in_part(column, row.obj, view.control):
            view = field_view(row.form[name], required=required, choice=choice, note=note)
        is_shown_only = _is_unwelcome(row) or (row.is_lost and not row.may_delete)
        views[name] = _typed_only(view, row.form[name]) if is_shown_only else view
    return views


def _stands_in_label(row: ChildRow, bound: Field) -> bool:
    """Whether nothing but its label has to find the control; in a table of fifty rows their ids would be many."""
    return (
        row.inline.is_tabular and isinstance(bound.widget, Plain) and not (bound.errors or bound.description)
    )


def _is_unwelcome(row: ChildRow) -> bool:
    """Whether it is new and cannot be added."""
    return bool(row.refused) and row.obj is None


def _typed_only(view: FieldView, bound: Field) -> FieldView:
    """*view* of a row that cannot be saved any more: what was typed."""
    control = Markup('<span class="typed">{}</span>').format(text_in(bound))
    return view._replace(kind="readonly", control=control, errors=[])
