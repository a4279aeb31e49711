"""What a person is told of what was done: with a button to take it back, or of what stays as it is."""

from collections.abc import Sequence

from flask import flash

from webapp.admin.editing.bringing import Untied
from webapp.admin.editing.steps import Step, is_too_much
from webapp.admin.history import number_told
from webapp.texts import format_decimal, ngettext
from webapp.texts import gettext as _
from webapp.web.logs import request_id

# So many that stay as they are get a message each.
MAX_TOLD = 5


def number_to_undo() -> str:
    """The number under which what this request has done is taken back; empty where that is nothing, or too much."""
    number = number_told()
    return request_id() if number and not is_too_much(number, number_told("delete")) else ""


def flash_done(message: str) -> None:
    """Tell what was done, with a button to take it back where it is not too much."""
    number = number_to_undo()
    flash(message, f"success:{number}" if number else "success")
    if number_told() and not number:
        flash(_("It was done to so many that each is taken back from its own history only."), "info")


def flash_untied(pairs: Sequence[Untied], *, is_done: bool = True) -> None:
    """Tell what came back and leads to something no more, which did not; before *is_done* what would."""
    said = (
        _("%(object)s is back and leads to “%(other)s” no more.")
        if is_done
        else _("%(object)s would come back and lead to “%(other)s” no more.")
    )
    _flash_first(
        [said % {"object": label, "other": other} for label, other in pairs[:MAX_TOLD]],
        ngettext(
            "%(count)s more record leads to something no more that was deleted with it.",
            "%(count)s more records lead to something no more that was deleted with them.",
            more := len(pairs) - MAX_TOLD,
            count=format_decimal(more),
        ),
        more,
    )


def flash_failures(failures: Sequence[tuple[Step, str]]) -> None:
    """Tell what stays as it is; of very many how many more, since a cookie holds the messages."""
    _flash_first(
        [
            _("%(object)s stays as it is: %(reason)s", object=step.entry.label, reason=reason)
            for step, reason in failures[:MAX_TOLD]
        ],
        ngettext(
            "%(count)s more record stays as it is.",
            "%(count)s more records stay as they are.",
            more := len(failures) - MAX_TOLD,
            count=format_decimal(more),
        ),
        more,
    )


def _flash_first(texts: Sequence[str], others: str, more: int) -> None:
    """:param others: what is said of so many *more* beside *texts*, where there are any."""
    for text in (*texts, *([others] if more > 0 else [])):
        flash(text, "warning")
