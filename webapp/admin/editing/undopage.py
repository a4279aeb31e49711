"""The page before a request is taken back, and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from flask_wtf.csrf import generate_csrf

from webapp.admin.display import lower_first
from webapp.admin.editing.kept import Loss
from webapp.admin.editing.page import Button
from webapp.admin.editing.restorepage import ValueLine, value_lines
from webapp.admin.editing.undoing import Step
from webapp.texts import gettext as _
from webapp.web.errors import Link

STEP = "object"


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
    action: str
    hidden: list[tuple[str, str]]
    button: Button | None
    cancel: Link


def undo_page(request_id: str, steps: Sequence[Step], warning: str | None = None) -> UndoPage:
    """The page to take *steps* back, each of which a person may leave as it is."""
    views = [_view(step) for step in steps]
    can = any(view.value for view in views)
    heading = _("Undo this?") if can else _("Nothing to undo")
    return UndoPage(
        title=heading,
        heading=heading,
        warning=warning,
        steps=views,
        action=url_for("admin.undo", number=request_id),
        hidden=[("csrf_token", generate_csrf())],
        button=Button("_undo", _("Undo"), True) if can else None,
        cancel=Link(_("Cancel") if can else _("Back"), url_for("admin.index")),
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
        href=url_for(f"{admin.name}.{page}", key=entry.key),
        verb=_verb(step),
        lines=value_lines(taking, taking.values) if taking is not None and not step.problem else [],
        losses=step.losses if not step.problem else [],
        problem=step.problem,
    )
