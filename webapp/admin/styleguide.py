"""A page for developers, under debug only: every component in every state, drawn by the macros of the real pages.

Its words are samples. They stay English, so that nobody translates what nobody who uses the system sees.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from markupsafe import Markup
from wtforms import (
    BooleanField,
    DateField,
    FileField,
    Form,
    IntegerField,
    PasswordField,
    SelectField,
    StringField,
    TextAreaField,
)
from wtforms.validators import DataRequired

from webapp.admin.display import lower_first, show_state, show_value, time_ago
from webapp.admin.editing.choice import ConflictNote
from webapp.admin.editing.chosen import ChosenPage
from webapp.admin.editing.controls import choice
from webapp.admin.editing.facts import Fact
from webapp.admin.editing.lookupbox import ChosenBox
from webapp.admin.editing.page import (
    Button,
    ErrorLink,
    FieldView,
    InlineView,
    RowView,
    field_view,
)
from webapp.admin.info import STATES
from webapp.admin.listing.chips import Chip
from webapp.admin.listing.chooser import Chooser, ColumnChoice
from webapp.admin.listing.drawing import DrawnRows
from webapp.admin.listing.facets import Facet, FacetLink
from webapp.admin.listing.page import ActionBar, Empty, SearchBox
from webapp.admin.listing.panel import FilterControl, FilterPanel, FilterPart
from webapp.admin.listing.sorting import Head, SortBar, SortChip
from webapp.admin.listing.viewpage import ViewLink, ViewMenu, ViewState
from webapp.admin.paging import Option, Pager, StartForm
from webapp.admin.tabs import Tab
from webapp.admin.timeline import ChangeLine, HistoryLine
from webapp.admin.wordwise import compared
from webapp.database import now
from webapp.running import current_app
from webapp.web.errors import Link

LONG = "Wolfeschlegelsteinhausenbergerdorff " + "x" * 60
HERE = "/styleguide"


@dataclass(frozen=True)
class SampleButton:
    """:ivar name: the class after ``button-``. :ivar icon: a symbol before the word, or alone."""

    label: str
    name: str = ""
    icon: str = ""
    is_link: bool = False
    is_off: bool = False
    is_square: bool = False


@dataclass(frozen=True)
class SampleTable:
    """What the macro of a list's table asks of its page."""

    title: str
    heads: list[Head]
    rows: DrawnRows
    actions: ActionBar


@dataclass(frozen=True)
class StyleguidePage:
    title: str
    colours: list[str]
    sizes: list[str]
    spaces: list[str]
    icons: list[str]
    buttons: list[SampleButton]
    form_buttons: list[Button]
    fields: list[FieldView]
    inlines: list[InlineView]
    errors: list[ErrorLink]
    conflict: ConflictNote
    search: SearchBox
    filters: FilterPanel
    chooser: Chooser
    views: ViewMenu
    chips: list[Chip]
    sorting: SortBar
    facet: Facet
    table: SampleTable
    pager: Pager
    badges: list[Markup]
    messages: list[tuple[str, str]]
    empties: list[Empty]
    timeline: list[HistoryLine]
    facts: list[Fact]
    tabs: list[Tab]
    names: list[str]
    grants: dict[str, Any]
    lookup: list[str]


def styleguide_page() -> StyleguidePage:
    """Everything that there is to show; tokens and symbols are read from their files, so that none is left out."""
    tokens = _static("css/tokens.css")
    fields = _fields()
    sizes = [Option(HERE, "25", False), Option(HERE, "50", True), Option(HERE, "100", False)]
    return StyleguidePage(
        title="Style guide",
        colours=re.findall(r"--([\w-]+): (?:light-dark\(#|#)", tokens),
        sizes=list(dict.fromkeys(re.findall(r"--(size[\w-]*):", tokens))),
        spaces=re.findall(r"--(space-\d+):", tokens),
        icons=re.findall(r'<symbol id="([\w-]+)"', _static("icons.svg")),
        buttons=_buttons(),
        form_buttons=[Button("_save", "Save", True), Button("_continue", "Save and continue editing", False)],
        fields=fields,
        inlines=[_inline("table", is_tabular=True), _inline("stacked", is_tabular=False)],
        errors=[ErrorLink(f"#{one.id}", f"{one.label}: {text}") for one in fields for text in one.errors],
        conflict=ConflictNote("bob", time_ago(now()), "Nothing of yours was saved."),
        search=SearchBox("", "Username, e-mail", "Words are looked for in: username, e-mail", [], None),
        filters=_filters(),
        chooser=Chooser(
            HERE, [], [ColumnChoice("name", "Name", 1), ColumnChoice("long", LONG, None)], sizes, HERE
        ),
        views=_views(),
        chips=[_chip("Active", "Yes"), _chip("Username contains", LONG)],
        sorting=SortBar(
            [SortChip("Staff", True, HERE, HERE), SortChip(LONG, False, HERE, HERE)], [Link("Name", HERE)]
        ),
        facet=_facet(),
        table=_table(),
        pager=Pager(None, None, HERE, HERE, sizes, "1 to 50 of 1,024", StartForm("Name", "text", "", [])),
        badges=[
            show_value("boolean", True),
            show_value("boolean", False),
            show_value("text", None),
            *_states(),
        ],
        messages=[
            ("success", "alice was changed."),
            ("info", "Sessions end after twelve hours."),
            ("warning", "Nothing was done: there is nothing left to do it to."),
            ("error", f"{LONG} could not be deleted."),
        ],
        empties=[
            Empty("nothing_yet", "No users yet", "Add the first one.", Link("Add user", HERE)),
            Empty("nothing_matches", "Nothing matches", "Try other words, or fewer.", None),
            Empty("forbidden", "Nothing to see yet", "Somebody can give you permissions.", None),
        ],
        timeline=_timeline(),
        facts=[Fact("Created at", time_ago(now() - timedelta(days=400))), Fact("Key", Markup("1"))],
        tabs=[Tab(label, HERE, label == "Change") for label in ("Change", "Sessions", "History")],
        names=["Alice Almeida", "bob", "Charlie", "Dora Dias", "Eva", "Farid", "Grace Kim", "王芳", LONG],
        grants=_grants(),
        lookup=["Alice Almeida", "Bruno Bauer", "Camila Costa"],
    )


def _static(path: str) -> str:
    return (Path(current_app.config["STATIC_DIRECTORY"]) / path).read_text()


def _buttons() -> list[SampleButton]:
    plain = SampleButton("Button")
    return [
        plain,
        SampleButton("Primary", "primary", "plus"),
        SampleButton("Danger", "danger"),
        SampleButton("Quiet", "quiet", "filter"),
        replace(plain, label="As a link", is_link=True),
        replace(plain, label="Square", icon="chevron-right", is_square=True),
        replace(plain, label="Quiet and square", name="quiet", icon="x", is_square=True),
        replace(plain, label="Off", is_off=True),
        SampleButton("Primary, off", "primary", is_off=True),
        replace(plain, label=LONG),
    ]


class SampleForm(Form):
    text = StringField("Text", default="Alice")
    empty = StringField("Empty", render_kw={"placeholder": "Placeholder"})
    helped = StringField("With help", description="What is to be typed here, and why.")
    required = StringField("Required", [DataRequired()])
    wrong = StringField("With an error", [DataRequired()], description="It is told before the help.")
    noted = StringField("With a note", default="Charlotte")
    off = StringField("Off", default="Cannot be typed", render_kw={"disabled": True})
    readonly = StringField("Only to read", default="Can be copied", render_kw={"readonly": True})
    password = PasswordField("Password", render_kw={"autocomplete": "off"})
    number = IntegerField("Number", default=1024)
    choice = SelectField("Choice", choices=[choice(one) for one in ("Light", "Dark", "As the device")])
    day = DateField("Date", default=date(2026, 2, 28))
    lines = TextAreaField("Lines", default="First\nSecond")
    ticked = BooleanField("Box, ticked", default=True, description="Help of a box.")
    box = BooleanField("Box", render_kw={"disabled": True})
    file = FileField("File")


def _fields() -> list[FieldView]:
    form = SampleForm(prefix="sample-")
    form.wrong.errors = ["Fill in this field."]
    notes = {"sample-noted": Markup("Now: Charles")}
    views = [field_view(one, note=notes.get(one.name)) for one in form]
    shown = FieldView("shown", "shown", "Shown only", None, [], False, "readonly", show_value("text", LONG))
    page = ChosenPage([], 106, number=2, has_next=True)
    texts = {"1": "Alice Almeida", "2": LONG}
    many = ChosenBox("many", HERE, chosen=["1"], shown=[*texts], texts=texts, page=page, label="Several")
    return [*views, shown, FieldView("many", "many", "Several", None, [], False, "text", many.html("many"))]


def _inline(name: str, *, is_tabular: bool) -> InlineView:
    rows = [_inline_row(name, number, text) for number, text in enumerate(("Alice", LONG, None))]
    return InlineView(
        tab=None,
        position="",
        prefix=f"sample-{name}",
        label=name.capitalize(),
        is_tabular=is_tabular,
        heads=[(view.name, view.label, view.required) for view in rows[0].fields.values()],
        rows=rows,
        blank=None,
        more=Button(f"_add_sample_{name}", "Add another row", False),
        room=10,
        errors=["There can be at most 2."],
        previous=HERE,
        next=HERE,
        turn="",
        says={},
        words={},
    )


def _inline_row(name: str, number: int, text: str | None) -> RowView:
    row = f"sample-{name}-{number}"
    form = SampleForm(prefix=f"{row}-")
    views = [field_view(form[one]) for one in ("text", "number", "choice")]
    fields = {view.label: view._replace(name=view.label) for view in views}
    errors = ["Other records need it."] if text == LONG else []
    return RowView(row, str(number), text, None, None, fields, errors, (f"{row}-off", False), text is None)


def _filters() -> FilterPanel:
    options = [Option("", "All", True), Option("true", "Yes", False)]
    controls = [
        FilterControl("is_active", "Active", "select", "", options),
        FilterControl("joined__gte", "Joined from", "date", "", []),
        FilterControl("joined__lte", "Joined until", "date", "", []),
    ]
    return FilterPanel([], [FilterPart(lambda: controls)], HERE, Link("Show counts", HERE))


def _views() -> ViewMenu:
    everything = ViewLink("All users", HERE, "", "", False)
    views = [ViewLink("Active staff", HERE, "opens first", HERE, True), ViewLink(LONG, HERE, "", HERE, False)]
    return ViewMenu("Active staff", everything, views, HERE, ViewState("It is changed.", HERE, [], HERE))


def _states() -> list[Markup]:
    return [show_state(state.capitalize(), state) for state in STATES]


def _chip(label: str, value: str) -> Chip:
    return Chip(
        label,
        value,
        HERE,
        [FilterControl(lower_first(label).replace(" ", "_"), label, "text", value, [])],
        [],
    )


def _facet() -> Facet:
    links = [FacetLink("Yes", HERE, "9,000", True), FacetLink(LONG, HERE, "10,000+", False)]
    return Facet("Active", links, Link("All", HERE))


def _table() -> SampleTable:
    heads = [
        Head("name", "Name", "text", HERE, direction="ascending", priority=1),
        Head("number", "Number", "number", HERE, direction="descending", priority=2),
        Head("active", "Active", "boolean", HERE),
        Head("at", "At", "datetime"),
        Head("note", "Note", "text", HERE),
    ]
    values = [
        ("Alice", 1_024, True, now(), "A short note"),
        (LONG, Decimal("-0.50"), False, now() - timedelta(days=90), LONG * 3),
        ("محمد", None, None, None, None),
    ]
    kinds = [head.kind for head in heads]
    rows = [(_link(cells[0]), *map(show_value, kinds[1:], cells[1:])) for cells in values]
    columns = [list(map(str, column)) for column in zip(*rows, strict=True)]
    options = [Option("delete", "Delete selected", False)]
    actions = ActionBar(HERE, [], options, "All 1,024 that match", "Deleting is for up to 1,000.")
    return SampleTable("People", heads, DrawnRows(["0", "1", "2"], columns), actions)


def _timeline() -> list[HistoryLine]:
    note = "Works on Mondays and Tuesdays, and is best reached by telephone before ten."
    changes = [
        ChangeLine("Full name", Markup("Bob"), Markup("Robert")),
        ChangeLine("E-mail", None, Markup("bob@example.org")),
        ChangeLine("Groups", Markup("Readers"), Markup("Editors"), is_many=True),
        ChangeLine("Note", runs=compared(note, note.replace("Tuesdays", "Fridays").replace(" ten", " noon"))),
        ChangeLine("Password", secret=True),
    ]
    around = ("in the form", "203.0.113.9")
    return [
        HistoryLine(time_ago(now()), "alice", "changed", "bob", "", changes, "pencil", around),
        HistoryLine(time_ago(now()), "alice", "added", LONG, "", [], "plus", ("on the command line",)),
        HistoryLine(time_ago(now()), "bob", "signed in", "", "", [], "sign-in"),
    ]


def _grants() -> dict[str, Any]:
    def box(verb: str, **state: Any) -> dict[str, Any]:
        plain = {"is_checked": False, "is_locked": False, "via": ""}
        return {"id": f"grant-{verb}", "permission": f"users.{verb}", "label": verb.title(), **plain, **state}

    boxes = [box("view", is_checked=True), box("add", via="Editors"), box("delete", is_locked=True)]
    columns = [{"id": f"column-{name}", "label": name.title()} for name in ("view", "add", "delete")]
    row = {"id": "grants-users", "label": "Users", "boxes": boxes, "more": [box("invite")]}
    return {"columns": columns, "rows": [row], "has_more": True}


def _link(text: Any) -> Markup:
    return Markup('<a href="{}">{}</a>').format(HERE, show_value("text", text))
