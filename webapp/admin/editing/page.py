"""The form page, finished: fields with their controls, errors, what stands beside the form."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field

from webapp.admin.display import ShownColumn, show
from webapp.admin.editing.choice import Choice, ConflictNote
from webapp.admin.editing.facts import Fact
from webapp.admin.editing.fields import is_required
from webapp.admin.editing.layout import Layout
from webapp.admin.editing.partly import kept_in_part
from webapp.admin.editing.tags import written
from webapp.admin.paging import Option
from webapp.admin.tabs import Tab
from webapp.admin.timeline import HistoryLine
from webapp.texts import format_decimal, ngettext
from webapp.texts import gettext as _
from webapp.web.errors import Link


class FieldView(NamedTuple):
    """One field; *control* is the finished input, tied to its help, errors and note by their ids.

    :ivar id: empty where its label stands around it and nothing else leads to it.
    :ivar choice: where somebody else has saved another value meanwhile.
    """

    id: str
    name: str
    label: str
    help: str | None
    errors: list[str]
    required: bool
    kind: str
    control: Markup
    note: Markup | None = None
    choice: Choice | None = None


class FieldsetView(NamedTuple):
    """One part of a form.

    :ivar is_collapsed: it is closed until somebody opens it; never one in which something has to be seen.
    """

    title: str | None
    description: str | None
    fields: list[FieldView]
    columns: int = 1
    is_collapsed: bool = False
    tab: str | None = None

    @property
    def is_open(self) -> bool:
        """Whether something in it is wrong, has to be given, or has to be chosen."""
        return any(field.errors or field.required or field.choice for field in self.fields)


class ErrorLink(NamedTuple):
    """One line of the summary above the form, and where it leads."""

    href: str
    text: str


class Button(NamedTuple):
    name: str
    label: str
    primary: bool


class ObjectActions(NamedTuple):
    """What can be done to the object beside saving it: a button for each of *options*."""

    address: str
    hidden: list[tuple[str, str]]
    options: list[Option]


class RowView(NamedTuple):
    """One child in the form of its parent.

    :ivar text: what it is called; ``None`` of a new one. :ivar href: its own page.
    :ivar fields: by name; :ivar off: the name of the box that takes it off, and whether it is ticked.
    :ivar note: what somebody else has done to it meanwhile.
    """

    id: str
    number: str
    text: str | None
    href: str | None
    hidden: tuple[str, str] | None
    fields: dict[str, FieldView]
    errors: list[str]
    off: tuple[str, bool] | None
    is_new: bool
    note: Markup | None = None

    @property
    def place(self) -> Markup:
        return written(id=self.id)

    @property
    def carried(self) -> Markup:
        return (
            written(type="hidden", name=self.hidden[0], value=self.hidden[1]) if self.hidden else Markup("")
        )

    @property
    def box(self) -> Markup:
        return written(type="checkbox", name=self.off[0], checked=self.off[1]) if self.off else Markup("")


class InlineView(NamedTuple):
    """The children of one kind in the form of their parent.

    :ivar position: the field that holds a row's place, where rows are moved.
    :ivar heads: the names and labels of a table's columns; required ones are told. :ivar blank: what a script makes
        new rows of. :ivar more: the button for one more. :ivar room: how many more there may be.
    :ivar turn: what the buttons are called that send the form for other children, with what was typed; empty where
        nothing can be typed.
    :ivar says: what a script says. :ivar words: what names controls of many rows, by the id that it stands under.
    """

    prefix: str
    label: str
    tab: str | None
    position: str
    is_tabular: bool
    heads: list[tuple[str, str, bool]]
    rows: list[RowView]
    blank: RowView | None
    more: Button | None
    room: int
    errors: list[str]
    previous: str | None
    next: str | None
    turn: str
    says: dict[str, str]
    words: dict[str, str]

    @property
    def takes_off(self) -> bool:
        return any(row.off for row in (*self.rows, *([self.blank] if self.blank else [])))


class Section(NamedTuple):
    """The parts and inlines of a form that stand in one tab, and how much is wrong with them."""

    id: str
    label: str
    fieldsets: list[FieldsetView]
    inlines: list[InlineView]

    @property
    def errors(self) -> str:
        """How many there are, in words; empty where there are none."""
        rows = [row for inline in self.inlines for row in inline.rows]
        fields = [field for fieldset in self.fieldsets for field in fieldset.fields]
        fields += [field for row in rows for field in row.fields.values()]
        lists = [[one.errors for one in part] for part in (self.inlines, rows, fields)]
        number = sum(len(errors) for part in lists for errors in part) + sum(
            row.note is not None for row in rows
        )
        if not number:
            return ""
        return str(ngettext("%(number)s error", "%(number)s errors", number, number=format_decimal(number)))


class FormPage(NamedTuple):
    title: str
    heading: str
    subheading: str | None
    mode: str
    action: str
    hidden: list[tuple[str, str]]
    errors: list[ErrorLink]
    fieldsets: list[FieldsetView]
    buttons: list[Button]
    cancel: Link | None
    #: The button to the form that was left for this one; then nothing here leads elsewhere.
    back: Button | None = None
    conflict: ConflictNote | None = None
    links: Sequence[Link] = ()
    tabs: Sequence[Tab] = ()
    actions: ObjectActions | None = None
    danger: Sequence[Link] = ()
    facts: Sequence[Fact] = ()
    recent: Sequence[HistoryLine] = ()
    #: Whose password is set here, so that a password manager keeps it with the right name.
    username: str | None = None
    inlines: Sequence[InlineView] = ()
    #: What was typed is nowhere but on this page.
    is_unsaved: bool = False

    @property
    def has_further_buttons(self) -> bool:
        """Whether the form is also sent by buttons among its fields, which do not save it."""
        views = [view for fieldset in self.fieldsets for view in fieldset.fields]
        return bool(self.inlines) or any("<button" in view.control for view in views)

    @property
    def outside(self) -> Section:
        """What stands in no tab."""
        return self._in("", None)

    @property
    def sections(self) -> list[Section]:
        """The tabs in the order in which they are named."""
        said = [*(one.tab for one in self.fieldsets), *(one.tab for one in self.inlines)]
        labels = dict.fromkeys(filter(None, said))
        return [self._in(f"tab-{number}", label) for number, label in enumerate(labels, 1)]

    def _in(self, id: str, label: str | None) -> Section:
        fieldsets = [one for one in self.fieldsets if (one.tab or None) == label]
        return Section(
            id, label or "", fieldsets, [one for one in self.inlines if (one.tab or None) == label]
        )

    @property
    def takes_files(self) -> bool:
        """Whether the form is sent in parts, as a file needs it."""
        rows = [row for one in self.inlines for row in (*one.rows, *([one.blank] if one.blank else []))]
        views = [view for fieldset in self.fieldsets for view in fieldset.fields]
        views += [view for row in rows for view in row.fields.values()]
        return any(view.kind == "file" for view in views)


_KINDS = {
    "BooleanField": "boolean",
    "FileField": "file",
    "MultipleFileField": "file",
    "LinesField": "textarea",
    "TextAreaField": "textarea",
    "ChoiceField": "select",
    "SelectField": "select",
    "TruthField": "select",
    "WholeNumberField": "number",
    "IntegerField": "number",
    "DecimalField": "number",
    "DayField": "date",
    "DateField": "date",
    "UtcField": "datetime",
    "PasswordField": "password",
    "NewPasswordField": "password",
}


def field_view(
    bound: Field,
    *,
    required: bool | None = None,
    note: Markup | None = None,
    choice: Choice | None = None,
    has_id: bool = True,
) -> FieldView:
    """Finish one bound WTForms field.

    :param required: told in words beside the label; by default as the field's validators say.
    :param choice: which of two versions is to stay. :param has_id: not where nothing but its label has to find it.
    """
    help_text = str(bound.description)
    described = [f"{bound.id}-help"] if help_text else []
    described += [f"{bound.id}-error"] if bound.errors else []
    described += [f"{bound.id}-note"] if note else []
    attributes: dict[str, Any] = {} if has_id else {"id": False}
    if described:
        attributes["aria-describedby"] = " ".join(described)
    if bound.errors:
        attributes["aria-invalid"] = "true"
    drawn = bound(**attributes)
    return FieldView(
        id=bound.id if has_id else "",
        name=bound.name,
        label=str(bound.label.text),
        help=help_text or None,
        errors=[str(error) for error in bound.errors],
        required=bool(bound.flags.required) if required is None else required,
        kind=getattr(bound, "kind", None) or _KINDS.get(type(bound).__name__, "text"),
        control=drawn if isinstance(drawn, Markup) else Markup(drawn),  # noqa: S704 - a WTForms widget escapes
        note=note,
        choice=choice,
    )


def readonly_view(column: ShownColumn, obj: Any, id: str | None = None) -> FieldView:
    """A value that is shown and cannot be written.

    :param id: where it stands in the page, by default its name.
    """
    help_text = str(column.column.help) if column.column and column.column.help else None
    control = show(column, obj)
    return FieldView(id or column.name, column.name, column.label, help_text, [], False, "readonly", control)


def fieldset_views(
    form: FlaskForm | None, layout: Layout, obj: Any, choices: Mapping[str, Choice] | None = None
) -> list[FieldsetView]:
    """The parts of the page in their order; without a form everything is shown only.

    :param choices: of the fields that stand in a part of their own, before the others: which version is to stay.
    """
    chosen = choices or {}
    views = []
    for part in layout.parts:
        fields = []
        for name in part.names:
            if name in layout.readonly or form is None:
                # What does not exist yet has nothing to show.
                if obj is None:
                    continue
                fields.append(readonly_view(layout.readonly[name], obj))
            else:
                column = layout.columns.get(name)
                required = is_required(column) and form[name].flags.required is not False if column else None
                view = field_view(form[name], required=required, choice=chosen.get(name))
                if note := kept_in_part(column, obj, view.control):
                    view = field_view(form[name], required=required, choice=view.choice, note=note)
                fields.append(view)
        if fields:
            views.append(
                FieldsetView(part.title, part.description, fields, part.columns, part.is_collapsed, part.tab)
            )
    return _apart(views) if chosen else views


def _apart(views: Iterable[FieldsetView]) -> list[FieldsetView]:
    """The parts with the fields that there is a choice of in one of their own, before the others."""
    differing = [field for view in views for field in view.fields if field.choice]
    rest = [view._replace(fields=[field for field in view.fields if not field.choice]) for view in views]
    first = FieldsetView(_("What differs"), None, differing)
    return [first, *(view for view in rest if view.fields)]


def error_links(form: FlaskForm, fieldsets: Iterable[FieldsetView]) -> list[ErrorLink]:
    """Every error of the form in the words and the order of its fields, to be told first on the page (WCAG 3.3.1)."""
    links = [ErrorLink("#main", str(message)) for message in form.form_errors]
    for fieldset in fieldsets:
        for view in fieldset.fields:
            links += [ErrorLink(f"#{view.id}", f"{view.label}: {message}") for message in view.errors]
    return links
