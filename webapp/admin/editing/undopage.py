"""The page before a request is taken back, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for

from webapp.admin.display import lower_first
from webapp.admin.editing.inlines.apart import RowsApart
from webapp.admin.editing.kept import Loss, gone
from webapp.admin.editing.kinship import MAX_SHOWN, REST, SHOWN
from webapp.admin.editing.page import Button
from webapp.admin.editing.restorepage import ValueLine, counted_reasons, told_with_losses, value_lines
from webapp.admin.editing.steps import Step
from webapp.admin.editing.submissions import ONCE_FIELD, new_token
from webapp.texts import format_decimal, ngettext
from webapp.texts import gettext as _
from webapp.web.errors import Link
from webapp.web.tokens import form_token

#: The boxes.
STEP = "object"
# What the page is called where a form is told from others.
UNDO = "undo"


@dataclass(frozen=True)
class StepView:
    """One object. :ivar value: what its box sends; ``None`` where it is not taken back, and *problem* says why."""

    value: str | None
    label: str
    text: str
    href: str
    verb: str
    lines: list[ValueLine]
    losses: list[Loss]
    problem: str | None


@dataclass(frozen=True)
class UndoPage:
    title: str
    heading: str
    warning: str | None
    steps: list[StepView]
    #: Those of which there is no room to show each: the value of the box for all that are taken back and how many
    #: they are, and how many are not and why.
    rest: tuple[str, str] | None
    stays: list[str]
    action: str
    hidden: list[tuple[str, str]]
    button: Button | None
    cancel: Link


def undo_page(request_id: str, steps: Sequence[Step], user: Any, warning: str | None = None) -> UndoPage:
    """The page to take *steps* back, each of which a person may leave as it is."""
    failing = [step for step in steps if step.problem]
    able = [step for step in steps if not step.problem]
    shown = {step.place for part in (failing, able) for step in part[:MAX_SHOWN]}
    views = [_view(step) for step in steps if step.place in shown]
    rest, can = able[MAX_SHOWN:], bool(able)
    heading = _("Undo this?") if can else _("Nothing to undo")
    return UndoPage(
        title=heading,
        heading=heading,
        warning=warning,
        steps=views,
        rest=(REST, _rest(rest)) if rest else None,
        stays=counted_reasons(map(_named_by_none, failing[MAX_SHOWN:])),
        action=url_for("admin.undo", number=request_id),
        hidden=[
            ("csrf_token", form_token()),
            (ONCE_FIELD, new_token(UNDO, user)),
            (SHOWN, " ".join(view.value for view in views if view.value)),
        ],
        button=Button("_undo", _("Undo"), True) if can else None,
        cancel=Link(_("Cancel") if can else _("Back"), url_for("admin.index")),
    )


def _rest(steps: Sequence[Step]) -> str:
    """What becomes of those for which there is no room."""
    told = ngettext(
        "%(count)s more record becomes what it was before",
        "%(count)s more records become what they were before",
        len(steps),
        count=format_decimal(len(steps)),
    )
    return told_with_losses(told, sum(bool(step.losses) for step in steps))


def _named_by_none(step: Step) -> str:
    """Why *step* is not taken back, in words that do not name its object."""
    reason = step.problem or ""
    return (
        _("It is not there any more, or it is not visible to you.")
        if reason == gone(step.entry.label)
        else reason
    )


def _verb(step: Step) -> str:
    if step.is_deletion:
        return str(_("comes back"))
    return str(_("leads there again") if step.is_waiting else _("becomes what it was before"))


def _view(step: Step) -> StepView:
    admin, entry = step.model_admin, step.entry
    taking = step.taking
    page = "history" if step.is_deletion or taking is None else "change"
    return StepView(
        value=None if step.problem else str(entry.id),
        label=lower_first(admin.label),
        text=entry.label,
        href=_address(step, page),
        verb=_verb(step),
        lines=value_lines(taking, taking.values) if taking is not None and not step.problem else [],
        losses=step.losses if not step.problem else [],
        problem=step.problem,
    )


def _address(step: Step, page: str) -> str:
    admin, entry = step.model_admin, step.entry
    if isinstance(admin, RowsApart):
        # A row is edited, and told of, where it stands.
        obj = step.taking.obj if step.taking is not None else None
        return admin.address("change" if step.is_addition and not step.is_deletion else page, entry, obj)
    return url_for(f"{admin.name}.{page}", key=entry.key)
