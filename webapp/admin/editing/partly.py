"""What is said at a field of a form of which the history keeps no more than the beginning."""

from typing import Any

from markupsafe import Markup

from webapp.admin import changes
from webapp.admin.info import ColumnInfo
from webapp.texts import format_decimal
from webapp.texts import gettext as _


def kept_in_part(column: ColumnInfo | None, obj: Any, control: str) -> Markup | None:
    """What is said of the value of *column* in *obj* before somebody writes another one over it; ``None`` where the
    history keeps all of it.

    :param column: ``None`` of a field that no column holds. :param obj: ``None`` of what is new.
    :param control: the finished input that shows the value.
    """
    # No control is shorter than what it shows, and most are short.
    if column is None or obj is None or len(control) <= changes.MAX_VALUE_LENGTH:
        return None
    if not changes.is_shortened(column.kind, getattr(obj, column.name)):
        return None
    number = format_decimal(changes.MAX_VALUE_LENGTH)
    text = _("Of what is here now the history keeps the first %(number)s characters.", number=number)
    return Markup("{}").format(text)
