"""Values become finished cells here, in one walk over the rows, before any template is asked.

A cell is escaped once and never again. Everything that costs (gettext, the person's language and zone,
addresses) is looked up once a page and not once a row.
"""

import re
from collections.abc import Callable, Sequence
from copy import copy
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Any, NamedTuple

from flask_babel import format_date
from markupsafe import Markup, escape

from webapp.admin.info import ColumnInfo, ModelInfo, RelationInfo, State
from webapp.admin.mapping import text_of
from webapp.admin.options import DisplayOptions, ModelAdmin, display_options
from webapp.admin.texts import duration_text, exact_text, is_number, list_text, number_text, size_text
from webapp.admin.values import TURNING, format_value, is_web_address
from webapp.admin.zones import moment_formatter
from webapp.texts import format_decimal, language
from webapp.texts import gettext as _

MAX_TEXT = 120
MAX_TEXTS = 5
# Of a longer number nobody counts the thousands, and Babel fails beyond the 28 digits of a decimal's context.
MAX_GROUPED = 25

Formatter = Callable[[Any], str]


class ShownColumn(NamedTuple):
    """One column of a list or one read-only field: where its value comes from and how it is shown.

    :ivar column: the mapped column, or ``None`` where a method computes the value.
    :ivar compute: the method, which takes the object. :ivar reads: what it takes is enough to hold these columns.
    :ivar relation: the relation whose objects' texts it gives.
    """

    name: str
    label: str
    kind: str
    column: ColumnInfo | None
    compute: Callable[[Any], Any] | None
    order_by: str | None
    empty: str
    reads: tuple[str, ...] = ()
    relation: RelationInfo | None = None


def shown_column(model_admin: ModelAdmin, info: ModelInfo, name: str) -> ShownColumn:
    """Look *name* up, on the model first and on the admin second.

    :raises LookupError: when neither has it; the message names the admin and the name.
    """
    if name in info.selectable:
        return _mapped_column(info.selectable[name], model_admin.empty_value_display, language().catalogue)
    if name in info.relations:
        relation = info.relations[name]
        return ShownColumn(
            name,
            str(relation.label),
            "text",
            None,
            lambda obj: texts_of(relation.related(obj)),
            None,
            model_admin.empty_value_display,
            relation=relation,
        )
    if name == "__str__":
        return ShownColumn(
            name, str(model_admin.label), "text", None, text_of, None, model_admin.empty_value_display
        )
    on_model = getattr(model_admin.model, name, None)
    method = on_model if on_model is not None else getattr(model_admin, name, None)
    if method is None:
        raise LookupError(f"{type(model_admin).__name__}: {name!r} is no column, attribute or method")
    options = display_options(method) or DisplayOptions()
    compute = (lambda obj: _called(getattr(obj, name))) if on_model is not None else method
    return ShownColumn(
        name,
        str(options.label or name.replace("_", " ").capitalize()),
        "boolean" if options.boolean else "text",
        None,
        compute,
        options.order_by,
        options.empty or model_admin.empty_value_display,
        options.reads,
    )


@lru_cache(maxsize=1_000)
def _mapped_column(column: ColumnInfo, empty: str, _catalogue: Any) -> ShownColumn:
    """A column of the model, kept: a list looks each of them up at each page."""
    return ShownColumn(column.name, str(column.label), column.kind, column, None, column.name, empty)


def texts_of(objects: Sequence[Any]) -> str:
    """The texts of related objects, the first few of many."""
    texts = [text_of(obj) for obj in objects[:MAX_TEXTS]]
    more = len(objects) - MAX_TEXTS
    if more <= 0:
        return list_text(texts, "unit")
    return list_text([*texts, _("%(count)s more", count=format_decimal(more))])


def _called(value: Any) -> Any:
    return value() if callable(value) else value


def formatter(column: ShownColumn) -> Formatter:
    """A function from a value of *column* to escaped HTML, for one page."""
    return _or_empty(_formatter_of(column), empty_of(column))


def _or_empty(show: Formatter, empty: str) -> Formatter:
    """*show*, and *empty* where there is nothing."""

    def show_or_empty(value: Any) -> str:
        # Blanks alone would make a cell, and a link, that nobody sees.
        return (
            empty
            if value is None or (isinstance(value, str) and (not value or value.isspace()))
            else show(value)
        )

    return show_or_empty


def empty_of(column: ShownColumn) -> str:
    """What stands where there is nothing."""
    return f"<span class=none>{escape(column.empty)}</span>"


def show(column: ShownColumn, obj: Any) -> Markup:
    """One value of *obj* as HTML."""
    value = column.compute(obj) if column.compute else getattr(obj, column.name)
    return Markup(formatter(column)(value))  # noqa: S704 - a formatter escapes what it is given


def show_value(kind: str, value: Any, column: ColumnInfo | None = None) -> Markup:
    """A value of *kind* as HTML, for history and conflicts."""
    return Markup(formatter(ShownColumn("", "", kind, column, None, None, _("empty")))(value))  # noqa: S704


def show_state(text: Any, state: str) -> Markup:
    """A choice with the mark of what it means, one of :data:`webapp.admin.info.STATES`."""
    return Markup('<i class="state state-{}">{}</i>').format(state, text)


def time_ago(moment: datetime) -> Markup:
    """A moment relative to now, with the exact time on demand."""
    return Markup(moment_formatter()(moment))  # noqa: S704


def is_followable(address: str) -> bool:
    """Whether *address* may be a link: a path of this site or a page of the web, no script (CVE-2026-15920)."""
    if address.startswith("/"):
        return not address.startswith(("//", "/\\"))
    return re.match(r"https?://[^\s/]", address, re.IGNORECASE) is not None


def _formatter_of(column: ShownColumn) -> Formatter:
    if column.column and column.column.choices:
        return _choice_formatter(column.column)
    match column.kind:
        case "boolean":
            no_and_yes = badges()
            return lambda value: no_and_yes[bool(value)]
        case "datetime":
            return _only(datetime, moment_formatter())
        case "date":
            return _only(
                date,
                lambda value: f'<time datetime="{value.isoformat()}">{escape(format_date(value))}</time>',
            )
        case "interval":
            return _only(timedelta, lambda value: str(escape(duration_text(value))))
        case "state":
            return lambda value: show_state(value.words, value.mark)
        case "binary":
            return lambda value: str(escape(size_text(value)))
        case "integer" | "decimal" | "number":
            # The primary key and other names made of digits are no quantities: 1,024 would be wrong.
            if column.column is not None and column.column.column.primary_key:
                return _text
            scale = getattr(column.column.column.type, "scale", None) if column.column is not None else None
            return _number_formatter(scale if column.kind == "decimal" else None)
        case "text" if column.column is None:
            return _computed_formatter()
    return _link if column.column is not None and column.column.format == "url" else _text


def badges() -> tuple[str, str]:
    """No and yes, as a column of them shows them."""
    return f"<i class=no>{escape(_('No'))}</i>", f"<i class=yes>{escape(_('Yes'))}</i>"


def shows_text(column: ShownColumn) -> bool:
    """Whether a text of *column* is shown as it is."""
    return (column.kind == "text" and column.column is None) or _formatter_of(column) is _text


def _only(kind: type, show: Formatter) -> Formatter:
    """*show* for values of *kind*: a type of the developer's own may keep such a one and give something else."""
    return lambda value: show(value) if isinstance(value, kind) else _text(value)


def _choice_formatter(column: ColumnInfo) -> Formatter:
    texts: dict[Any, str] = {}
    for written, text in column.choices:
        try:
            state = column.states.get(written)
            texts[column.parse(written)] = shown = show_state(text, state) if state else str(escape(text))
        except ValueError:
            # A choice that the column does not hold is told at start; nothing equals it.
            continue
        if column.kind == "enum":
            # The history keeps the name of a member.
            texts[written] = shown
    return lambda value: texts.get(value) or _text(value)


def _number_formatter(scale: int | None = None) -> Formatter:
    """Shows numbers in the person's notation; of a column with *scale* digits after the point all of them."""
    locale = language().locale
    pattern = copy(locale.decimal_formats[None])
    padding = min(scale or 0, MAX_GROUPED)
    pattern.frac_prec = (padding, padding)

    def show_number(value: Any) -> str:
        if not is_number(value):
            return _text(value)
        exact = exact_text(value)
        if (
            "e" in exact
            or len(exact.partition(".")[0]) + max(len(exact.partition(".")[2]), padding) > MAX_GROUPED
        ):
            return str(escape(number_text(value)))
        # Babel rounds to the pattern's digits unless it is told not to.
        return str(escape(pattern.apply(Decimal(exact), locale, decimal_quantization=False)))

    return show_number


def _computed_formatter() -> Formatter:
    """Shows what a method gives as a column of such values would."""
    made: dict[str, Formatter] = {}

    def show_computed(value: Any) -> str:
        is_plain = isinstance(value, str | Enum)
        kind = (
            None if is_plain else next((of for base, of in _KINDS.items() if isinstance(value, base)), None)
        )
        if kind is None:
            return _text(value)
        if kind not in made:
            made[kind] = _formatter_of(ShownColumn("", "", kind, None, None, None, ""))
        return made[kind](value)

    return show_computed


# A bool is an int as well, and a date-time a date, so these come first.
_KINDS: dict[type, str] = {bool: "boolean", datetime: "datetime", date: "date", timedelta: "interval"}
_KINDS |= dict.fromkeys((int, float, Decimal), "number") | {State: "state"}


def _link(value: Any) -> str:
    """An address as a link, where it is one of a page: a stored javascript: must run nothing (CVE-2026-15920)."""
    text = _text(value)
    if not isinstance(value, str) or not is_web_address(value):
        return text
    return f'<a href="{escape(value)}" rel="noopener noreferrer">{text}</a>'


def _text(value: Any) -> str:
    if isinstance(value, Markup):
        return str(value)
    text = value if isinstance(value, str) else any_text(value)
    if len(text) > MAX_TEXT:
        return whole(f'<bdi title="{escape(text[:1000])}">{escape(text[:MAX_TEXT])}…</bdi>')
    return whole(f"<bdi>{escape(text)}</bdi>" if TURNING.search(text) else str(escape(text)))


def any_text(value: Any) -> str:
    """A value that is no text as text, whatever it is."""
    try:
        return format_value(value)
    except Exception:
        # A type of the developer's own that cannot be told as text takes nobody's page away.
        return f"({type(value).__name__})"


def whole(text: str) -> str:
    """*text* without halves of characters, which no page can hold."""
    return text.encode("utf-8", "replace").decode("utf-8")


def lower_first(label: Any) -> str:
    """A label as it stands inside a sentence; an abbreviation keeps its capitals."""
    text = str(label)
    return text if text[1:2].isupper() else text[:1].lower() + text[1:]


def number_of(model_admin: ModelAdmin, number: int) -> str:
    """So many objects, in words: “3 users”."""
    label = model_admin.label if number == 1 else model_admin.label_plural
    return f"{format_decimal(number)} {lower_first(label)}"
