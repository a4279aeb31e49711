"""Two versions of one object: field by field what was typed and what is there now, and which of them is to stay.

The one rule for the form of a record, for the rows in it and for the cells of a list. A form carries a mark of what
each field held when it was made. So what only the other person changed is told apart from what only this one did, and
both are chosen for as one would expect; where both changed a field, what was typed stays chosen, beside what it would
replace. Nothing is written before somebody has seen the page and sent it again.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask_wtf import FlaskForm
from markupsafe import Markup
from sqlalchemy import func, select
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import Field, FileField, HiddenField, PasswordField, SelectFieldBase

from webapp.admin.display import show_value, texts_of, time_ago
from webapp.admin.editing.choice import Choice
from webapp.admin.editing.forms import make_form
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.page import Button
from webapp.admin.editing.related import RelatedField
from webapp.admin.editing.relatedlist import RelatedListField
from webapp.admin.editing.touched import leave, mark_of, marks_of, sent_for, shown
from webapp.admin.history import EVENTS, LogEntry
from webapp.admin.info import ColumnInfo
from webapp.admin.options import ModelAdmin
from webapp.admin.texts import list_text
from webapp.extensions import db
from webapp.running import request
from webapp.texts import gettext as _

#: A hidden field: for each field of the form a mark of what it held when the form was made.
MARKS_FIELD = "_was"
#: The button that writes all that was typed, whatever was chosen, also into rows that are gone.
MINE_BUTTON = "_keepmine"
#: What the names of the choices begin with.
TAKE = "_take-"
# Its value where what is there now stays; a mark of what was typed may follow it.
NOW = "now:"
# So many of the last changes are looked through for who changed which field.
LOOKED_THROUGH = 50


@dataclass(frozen=True)
class Subject:
    """What a form is about, and how it is made.

    :ivar options: further ones of the form, as its ``prefix``.
    """

    model_admin: ModelAdmin
    layout: Layout
    user: Any
    obj: Any
    options: Mapping[str, Any] = field(default_factory=dict)

    def typed(self) -> FlaskForm:
        """What was sent."""
        return make_form(self.model_admin, self.layout, self.user, self.obj, **self.options)

    def present(self) -> FlaskForm:
        """What is there now."""
        return self._form(None)

    def merged(self) -> FlaskForm:
        """What was sent, with what is there now in each field where that was chosen."""
        typed = self.typed()
        taken = _taken(typed)
        return self._with_present(taken, self.present()) if taken else typed

    def read(self, was: str) -> tuple[FlaskForm, bool]:
        """The form of a row as it was sent, and whether it asks for something else than was there.

        :param was: the marks of what the row held when its page was made; once somebody has seen both versions, it is
            what is there now that counts.
        """
        typed = self.typed()
        if not is_choosing(typed):
            return typed, was != self.marks(typed, sent_for)
        taken, present = _taken(typed), self.present()
        is_changed = any(
            mark_of(sent_for(one)) != mark_of(shown(present[one.short_name]))
            for one in typed
            if one.short_name not in taken
        )
        return self._with_present(taken, present) if taken else typed, is_changed

    def marks(self, form: FlaskForm, texts: Callable[[Field], Sequence[str]] = shown) -> str:
        """A row's marks: of what its fields show, or of other *texts* of theirs."""
        return marks_of(texts(form[name]) for name in self._names(form))

    def marks_by_field(self, form: FlaskForm, was: str) -> dict[str, str]:
        """The marks that came with a row; none where it has other fields by now."""
        marks, names = was.split("."), self._names(form)
        return dict(zip(names, marks, strict=True)) if len(marks) == len(names) else {}

    def _names(self, form: FlaskForm) -> list[str]:
        return [name for name in self.layout.names if name in form]

    def _with_present(self, taken: Collection[str], present: FlaskForm) -> FlaskForm:
        sent = MultiDict([*request.form.items(multi=True), *request.files.items(multi=True)])
        for name in taken:
            leave(present[name], sent)
        return self._form(sent)

    def _form(self, formdata: Any) -> FlaskForm:
        options = {**self.options, "formdata": formdata}
        return make_form(self.model_admin, self.layout, self.user, self.obj, **options)


def is_choosing(form: FlaskForm) -> bool:
    """Whether *form* comes from a page that shows both versions of it."""
    sent = request.form
    return bool(sent) and any(f"{TAKE}{one.name}" in sent for one in form)


def form_marks(form: FlaskForm) -> str:
    """What :data:`MARKS_FIELD` holds for *form*, which shows what is there; of one that was sent, what came with it."""
    if form.is_submitted():
        return request.form.get(MARKS_FIELD, "")
    return " ".join(f"{one.short_name}:{mark_of(shown(one))}" for one in _compared(form))


def sent_marks() -> dict[str, str]:
    """The marks that came with the form of a record, by field."""
    return dict(part.split(":", 1) for part in request.form.get(MARKS_FIELD, "").split() if ":" in part)


def is_typed(form: FlaskForm) -> bool:
    """Whether something else came than the page of *form* showed, as its marks tell."""
    marks = sent_marks()
    alone = [one for one in form if isinstance(one, _ALONE) and not isinstance(one, HiddenField)]
    return any(
        one.added or one.removed if isinstance(one, RelatedListField) else one.data for one in alone
    ) or any(marks.get(one.short_name) != mark_of(sent_for(one)) for one in _compared(form))


@dataclass(frozen=True)
class Versions:
    """What was typed beside what is there now.

    :ivar form: what was typed, with what is wrong with it. :ivar choices: by name, for each field that differs.
    """

    form: FlaskForm
    choices: Mapping[str, Choice]


def both_versions(
    subject: Subject,
    refused: FlaskForm,
    began: Mapping[str, str],
    entries: Sequence[LogEntry],
    html_form: str = "",
) -> Versions:
    """Compare what was sent with the object of *subject* as it is now.

    :param refused: the form that was not saved, with its errors. :param began: the marks that came with it.
    :param entries: the last changes of the object, newest first, which say who changed what.
    :param html_form: the id of the form that is sent, where the fields stand outside of it.
    """
    form, present = subject.typed(), subject.present()
    form.form_errors = list(refused.form_errors)
    for one in form:
        one.errors = list(refused[one.short_name].errors) if one.short_name in refused else []
    choices: dict[str, Choice] = {}
    for one in _compared(form):
        there = present[one.short_name]
        before, mine, now = began.get(one.short_name), mark_of(sent_for(one)), mark_of(shown(there))
        if mine == now or _is_same(subject, one):
            continue
        is_theirs = before is not None and before != now
        is_mine = before is None or before != mine
        name = f"{TAKE}{one.name}"
        choices[one.short_name] = Choice(
            name=name,
            value=f"{NOW}{mine}",
            takes_now=_takes_now(one) if name in request.form else is_theirs and not is_mine,
            now=_shown_now(subject, there),
            told=_told(one.short_name, entries)
            if before is None or is_theirs
            else Markup("{}").format(_("Nobody else has changed it.")),
            html_form=html_form,
        )
    return Versions(form, choices)


def choice_buttons() -> list[Button]:
    """What a page is sent with that shows both versions."""
    return [
        Button("_save", _("Save what is chosen"), True),
        Button(MINE_BUTTON, _("Keep all of mine"), False),
    ]


def choice_text(*, has_choices: bool) -> str:
    """What is said above a page that shows what somebody else has done."""
    if not has_choices:
        return str(_("Nothing of yours was saved. Look at what is told here, then save again."))
    return str(
        _(
            "Nothing of yours was saved. Choose for each field that differs which of the two stays, then save. "
            "What one of you alone has changed is chosen already."
        )
    )


def told_alone(form: FlaskForm | None) -> str:
    """What is said of what was sent and a page cannot show; empty where nothing such was."""
    if not any(isinstance(one, FileField | PasswordField) and one.data for one in form or ()):
        return ""
    return str(
        _(
            "The file or password that you sent was not saved, and there may be another one by now: "
            "give yours again only if it is to take that one's place."
        )
    )


def row_told(choices: Mapping[str, Choice], entry: LogEntry | None) -> Markup:
    """What is said of a row that somebody else has changed."""
    if choices:
        return said_by(entry)
    same = _("No field that you see differs from what is there now. Save again, or leave it as it is.")
    return Markup("{} {}").format(said_by(entry), same)


def entries_by_key(name: str, keys: Sequence[str]) -> dict[str, list[LogEntry]]:
    """The last changes of each of the objects with *keys*, newest first, in one statement."""
    if not keys:
        return {}
    place = func.row_number().over(partition_by=LogEntry.key, order_by=LogEntry.id.desc()).label("place")
    asked = LogEntry.name == name, LogEntry.key.in_([key[:255] for key in keys]), LogEntry.verb.not_in(EVENTS)
    newest = select(LogEntry.id, place).where(*asked).subquery()
    wanted = select(newest.c.id).where(newest.c.place <= LOOKED_THROUGH)
    found: dict[str, list[LogEntry]] = {}
    for entry in db.session.scalars(
        select(LogEntry).where(LogEntry.id.in_(wanted)).order_by(LogEntry.id.desc())
    ):
        found.setdefault(entry.key, []).append(entry)
    return found


def conflict_notes(
    columns: Mapping[str, ColumnInfo],
    values: Mapping[str, Any],
    current: Any,
) -> dict[str, Markup]:
    """For each of *columns* in which *current* holds something else than was typed: what it holds."""
    notes = {}
    for name, column in columns.items():
        value = getattr(current, name)
        if values.get(name) != value:
            there = show_value(column.kind, value, column)
            notes[name] = (
                Markup("{}").format(_("It was changed."))
                if column.secret
                else Markup("{} {}").format(_("Now:"), there)
            )
    return notes


_ALONE = (FileField, PasswordField, HiddenField, RelatedListField)


def _compared(form: FlaskForm) -> Iterator[Field]:
    """The fields of *form* whose two versions can stand side by side: a page cannot hold a file, or a password, and
    what is asked of a relation to many is a difference, which overwrites nobody's."""
    return (one for one in form if not isinstance(one, _ALONE))


def _takes_now(typed: Field) -> bool:
    """Whether it was chosen that a field stays as it is now; what was *typed* in it after that says otherwise.

    A script knows what came last, and leaves the mark out.
    """
    chosen = request.form.get(f"{TAKE}{typed.name}")
    return chosen in (NOW, f"{NOW}{mark_of(sent_for(typed))}")


def _taken(typed: FlaskForm) -> list[str]:
    """The fields that are to stay as they are now."""
    if not request.form or MINE_BUTTON in request.form:
        return []
    return [one.short_name for one in _compared(typed) if _takes_now(one)]


def _is_same(subject: Subject, typed: Field) -> bool:
    """Whether what was typed means what is there, in whatever letters."""
    name = typed.short_name
    return name in subject.layout.columns and bool(typed.data == getattr(subject.obj, name))


def _shown_now(subject: Subject, there: Field) -> Markup:
    name, layout, obj = there.short_name, subject.layout, subject.obj
    column, relation = layout.columns.get(name), layout.relations.get(name)
    named = column or relation
    if named is not None and named.secret:
        return Markup("{}").format(_("It was changed."))
    if column is not None:
        return show_value(column.kind, getattr(obj, name), column)
    if relation is not None:
        return Markup("{}").format(texts_of(relation.related(obj)) or _("empty"))
    return Markup("{}").format(text_in(there) or _("empty"))


def text_in(field: Field) -> str:
    """What a field holds, as a text; of a secret nothing."""
    if isinstance(field, PasswordField):
        return ""
    if isinstance(field.data, FileStorage):
        return field.data.filename or ""
    if isinstance(field, RelatedField):
        return list_text((field.texts().get(key, key) for key in field.keys), "unit")
    if isinstance(field, SelectFieldBase):
        return list_text((str(option[1]) for option in field.iter_choices() if option[2]), "unit")
    if isinstance(field.data, bool):
        return str(_("Yes") if field.data else _("No"))
    if isinstance(field.data, list | tuple | set | frozenset):
        return list_text(sorted(map(str, field.data)), "unit")
    return "" if field.data is None else str(field.data)


def _told(name: str, entries: Sequence[LogEntry]) -> Markup:
    """Who changed the field and when, as far as the history knows."""
    entry = next((one for one in entries if any(change["field"] == name for change in one.changes)), None)
    return said_by(entry)


def deleted_by(entry: LogEntry) -> Markup:
    """Who deleted what *entry* tells of, and when."""
    who = Markup("<bdi>{}</bdi>").format(entry.actor_label or _("somebody not signed in"))
    what = Markup("<bdi>{}</bdi>").format(entry.label)
    said = Markup("{}").format(_("%(who)s deleted %(object)s, %(when)s."))
    return said % {"who": who, "object": what, "when": time_ago(entry.at)}


def said_by(entry: LogEntry | None) -> Markup:
    """Who made the change that *entry* tells of, and when."""
    if entry is None:
        return Markup("{}").format(_("Changed by somebody else."))
    who = Markup("<bdi>{}</bdi>").format(entry.actor_label or _("somebody"))
    return Markup("{}").format(_("Changed by %(who)s, %(when)s.")) % {"who": who, "when": time_ago(entry.at)}
