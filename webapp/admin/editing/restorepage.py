"""The pages before something comes back from the history: each value as it is, and as it would become."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_wtf import FlaskForm
from markupsafe import Markup, escape

from webapp.admin.display import lower_first, show_value, texts_of, time_ago
from webapp.admin.editing.formpage import VERSION_FIELD, make_ready
from webapp.admin.editing.kept import Loss
from webapp.admin.editing.kinship import MAX_SHOWN, REST, SHOWN, Kin, number_emptied
from webapp.admin.editing.page import Button, ErrorLink, FieldsetView, error_links, fieldset_views
from webapp.admin.editing.relatedlist import Difference
from webapp.admin.editing.restoring import Revival
from webapp.admin.editing.submissions import ONCE_FIELD, new_token
from webapp.admin.editing.takingback import TakingBack
from webapp.admin.editing.touched import mark_of
from webapp.admin.editing.versions import version_of
from webapp.admin.history import LogEntry
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.admin.texts import list_text
from webapp.texts import format_decimal, ngettext
from webapp.texts import gettext as _
from webapp.web.errors import Link
from webapp.web.tokens import form_token

# The parts of the address: which entry, and whether the whole object as it was after it is meant.
ENTRY, WHOLE = "_entry", "_whole"
# The fields of the form: which values come back, which objects, and what the page has shown.
FIELD, KIN, MARK = "field", "kin", "_shown"
# So many reasons are told of those for which there is no room.
MAX_REASONS = 20


@dataclass(frozen=True)
class ValueLine:
    """One field: what it holds, and what it would hold."""

    name: str
    label: str
    now: Markup
    then: Markup
    is_ticked: bool


@dataclass(frozen=True)
class RestorePage:
    """The question before values of an object are taken back; without *button* there is nothing to take back."""

    title: str
    heading: str
    text: str
    lines: list[ValueLine]
    losses: list[Loss]
    warning: str | None
    errors: list[ErrorLink]
    action: str
    hidden: list[tuple[str, str]]
    button: Button | None
    cancel: Link
    other: Link | None


@dataclass(frozen=True)
class KinLine:
    """What went with the object. :ivar problem: why it cannot come back; *losses*: what of it does not."""

    value: str
    label: str
    text: str
    is_ticked: bool
    problem: str | None = None
    losses: Sequence[Loss] = ()


@dataclass(frozen=True)
class RevivalPage:
    """The form of a deleted object, with what it held."""

    title: str
    heading: str
    text: str
    errors: list[ErrorLink]
    fieldsets: list[FieldsetView]
    losses: list[Loss]
    kin: list[KinLine]
    #: Those for which there is no line each: in one those that come back, and how many do not and why.
    rest: KinLine | None
    stays: list[str]
    more: str | None
    others: Link | None
    action: str
    hidden: list[tuple[str, str]]
    button: Button
    cancel: Link
    takes_files: bool


def restore_page(
    taking: TakingBack,
    entry: LogEntry,
    user: Any,
    *,
    is_whole: bool,
    ticked: Collection[str] | None = None,
    form: FlaskForm | None = None,
    warning: str | None = None,
) -> RestorePage:
    """The page to take back what *taking* says.

    :param ticked: the fields that come back, by default all. :param form: what was refused, with its errors.
    """
    model_admin, obj = taking.model_admin, taking.obj
    key = model_admin.info.key_of(obj)
    names = taking.values.keys() if ticked is None else ticked
    lines = value_lines(taking, names)
    about = {"when": time_ago(entry.at), "who": entry.actor_label or _("somebody not signed in")}
    text = (
        _("As it was after the change of %(who)s, %(when)s.")
        if is_whole
        else _("As it was before the change of %(who)s, %(when)s.")
    )
    address = url_for(f"{model_admin.name}.restore", key=key, **{ENTRY: str(entry.id)})  # type: ignore[arg-type]
    heading = _("Restore %(object)s?", object=text_of(obj))
    other = Link(_("Restore all as it was after this change instead"), f"{address}&{WHOLE}=1")
    if is_whole:
        other = Link(_("Restore only what was changed then instead"), address)
    return RestorePage(
        title=heading,
        heading=heading if lines else _("Nothing to restore"),
        text=escape(text) % about,
        lines=lines,
        losses=taking.losses,
        warning=warning,
        errors=_errors(form, taking) if form is not None else [],
        action=f"{address}&{WHOLE}=1" if is_whole else address,
        hidden=[
            ("csrf_token", form_token()),
            (ONCE_FIELD, new_token(model_admin.name, user)),
            (VERSION_FIELD, version_of(model_admin.info, obj, taking.layout)),
            (MARK, mark_of_lines(lines)),
        ],
        button=Button("_restore", _("Restore"), True) if lines else None,
        cancel=Link(_("Back to the history"), url_for(f"{model_admin.name}.history", key=key)),
        other=None if entry.verb == "add" else other,
    )


def _errors(form: FlaskForm, taking: TakingBack) -> list[ErrorLink]:
    links = [ErrorLink("#main", str(message)) for message in form.form_errors]
    for bound in form:
        place = f"#{FIELD}-{bound.name}" if bound.name in taking.values else "#main"
        links += [ErrorLink(place, f"{bound.label.text}: {message}") for message in bound.errors]
    return links


def value_lines(taking: TakingBack, ticked: Collection[str]) -> list[ValueLine]:
    """The fields of *taking* in the order of their form."""
    obj, layout = taking.obj, taking.layout
    names = [name for name in layout.names if name in taking.values]
    lines = []
    for name in names:
        value, show = taking.values[name], _shower(layout, name)
        if name in taking.extra:
            now, label = taking.extra[name].data, str(taking.extra[name].label.text)
        elif isinstance(value, Difference):
            # Of many only those are named who would leave, and who would come.
            (now, value), label = taking.moved(name, value), str(layout.relations[name].label)
        elif name in layout.relations:
            now, label = getattr(obj, name), str(layout.relations[name].label)
        else:
            now, label = getattr(obj, name), str(layout.columns[name].label)
        lines.append(ValueLine(name, label, show(now), show(value), name in ticked))
    return lines


def _shower(layout: Any, name: str) -> Callable[[Any], Markup]:
    if name in layout.relations:
        return lambda value: show_value(
            "text", texts_of(value if isinstance(value, list) else _one_of(value))
        )
    if name in layout.columns:
        column = layout.columns[name]
        return lambda value: show_value(column.kind, value, column)
    return lambda value: show_value("text", _own_text(value))


def _one_of(value: Any) -> list[Any]:
    return [] if value is None else [value]


def _own_text(value: Any) -> str:
    is_many = isinstance(value, list | tuple | set | frozenset)
    return list_text(sorted(map(str, value)), "unit") if is_many else str(value)


def mark_of_lines(lines: Sequence[ValueLine]) -> str:
    """Stands for what a person has seen of the values that would be written over."""
    return mark_of([(line.name, str(line.now)) for line in lines])


def revival_page(
    revival: Revival,
    form: FlaskForm,
    user: Any,
    kin: Sequence[Kin],
    ticked: Collection[int],
    more: str | None,
) -> RevivalPage:
    """The page to bring a deleted object back.

    :param form: what it held, or what was typed and refused. :param ticked: the entries of *kin* that come along.
    :param more: what is said of those for whom there is no room.
    """
    model_admin, entry = revival.model_admin, revival.entry
    make_ready(model_admin, form, user)
    fieldsets = fieldset_views(form, revival.layout, None)
    heading = _("Restore %(object)s?", object=entry.label)
    about = {"when": time_ago(entry.at), "who": entry.actor_label or _("somebody not signed in")}
    text = _("%(who)s deleted it %(when)s. It comes back under its own key, with the values below.")
    lines = [_kin_line(one, ticked) for one in _shown_of(kin)]
    shown = {line.value for line in lines}
    beyond = [one for one in kin if str(one.entry.id) not in shown]
    rest = [one for one in beyond if not one.problem]
    errors = error_links(form, fieldsets)
    errors += [
        ErrorLink(f"#{KIN}-{one.entry.id}", f"{one.entry.label}: {one.problem}")
        for one in kin
        if one.problem and one.entry.id in ticked and str(one.entry.id) in shown
    ]
    return RevivalPage(
        title=heading,
        heading=heading,
        text=escape(text) % about,
        errors=errors,
        fieldsets=fieldsets,
        losses=revival.former.losses,
        kin=lines,
        rest=_rest_line(rest, ticked) if rest else None,
        stays=counted_reasons([one.problem for one in beyond if one.problem]),
        more=more,
        others=_others(entry),
        action=restore_address(model_admin, entry),
        hidden=[
            ("csrf_token", form_token()),
            (ONCE_FIELD, new_token(model_admin.name, user)),
            (SHOWN, " ".join(line.value for line in lines)),
        ],
        button=Button("_restore", _("Restore"), True),
        cancel=Link(_("Back to the history"), url_for(f"{model_admin.name}.history", key=entry.key)),
        takes_files=any(view.kind == "file" for fieldset in fieldsets for view in fieldset.fields),
    )


def _others(entry: LogEntry) -> Link | None:
    """The way to take back what the delete did to objects that are still there."""
    number = number_emptied(entry)
    if not number:
        return None
    text = ngettext(
        "The delete took the link of %(number)s other record to this off. Undo all of it instead.",
        "The delete took the links of %(number)s other records to this off. Undo all of it instead.",
        number,
        number=format_decimal(number),
    )
    return Link(str(text), url_for("admin.undo", number=entry.request_id))


def _kin_line(kin: Kin, ticked: Collection[int]) -> KinLine:
    number = kin.entry.id
    label = lower_first(kin.model_admin.label)
    return KinLine(str(number), label, kin.entry.label, number in ticked, kin.problem, kin.losses)


def _shown_of(kin: Sequence[Kin]) -> list[Kin]:
    """Those of *kin* with a line each: of what cannot come back, and of what can, the first."""
    parts = ([one for one in kin if one.problem], [one for one in kin if not one.problem])
    shown = {one.entry.id for part in parts for one in part[:MAX_SHOWN]}
    return [one for one in kin if one.entry.id in shown]


def _rest_line(rest: Sequence[Kin], ticked: Collection[int]) -> KinLine:
    number = format_decimal(len(rest))
    text = ngettext("%(count)s more record", "%(count)s more records", len(rest), count=number)
    is_ticked = all(one.entry.id in ticked for one in rest)
    return KinLine(REST, "", told_with_losses(text, sum(bool(one.losses) for one in rest)), is_ticked)


def told_with_losses(text: str, number: int) -> str:
    """*text* of records that come back, and of how many of them not all does."""
    if not number:
        return text
    lost = ngettext(
        "of %(count)s not all comes back",
        "of %(count)s not all comes back",
        number,
        count=format_decimal(number),
    )
    return f"{text}; {lost}"


def counted_reasons(reasons: Iterable[str]) -> list[str]:
    """How many further records stay as they are, for each of *reasons*, which name none of them."""
    return [
        ngettext(
            "%(count)s more record stays as it is: %(reason)s",
            "%(count)s more records stay as they are: %(reason)s",
            number,
            count=format_decimal(number),
            reason=reason,
        )
        for reason, number in Counter(reasons).most_common(MAX_REASONS)
    ]


def restore_address(model_admin: ModelAdmin, entry: LogEntry) -> str:
    """Where what *entry* tells is taken back."""
    values: dict[str, Any] = {"key": entry.key, ENTRY: entry.id}
    return url_for(f"{model_admin.name}.restore", **values)
