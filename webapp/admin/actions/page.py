"""The pages of an action, finished: the question before it and what became of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms.widgets import HiddenInput

from webapp.admin.actions.asking import CONFIRM_BUTTON, COUNT_FIELD, Asked
from webapp.admin.actions.running import Outcome
from webapp.admin.actions.selection import Key, batches
from webapp.admin.display import number_of
from webapp.admin.editing.conflicts import said_by
from webapp.admin.editing.consequences import Consequences, consequences
from webapp.admin.editing.deletepage import ConsequenceView, consequence_views
from webapp.admin.editing.deletion import too_many
from webapp.admin.editing.page import (
    Button,
    ErrorLink,
    FieldsetView,
    error_links,
    field_view,
)
from webapp.admin.editing.submissions import ONCE_FIELD, new_token
from webapp.admin.editing.versions import SEEN_FIELD, seen_marks
from webapp.admin.history import last_entries
from webapp.admin.mapping import text_of
from webapp.admin.options import ActionOptions, ModelAdmin
from webapp.admin.permissions import DELETE, may
from webapp.texts import format_decimal, ngettext
from webapp.texts import gettext as _
from webapp.web.errors import Link
from webapp.web.tokens import form_token

SHOWN_OBJECTS = 10
SHOWN_FAILURES = 100
MAX_TOLD = 3


@dataclass(frozen=True)
class ActionPage:
    """What an action is about to do, the form that it needs, and the button that does it.

    :ivar objects: the first of them; *more* says how many others there are.
    """

    title: str
    heading: str
    text: str
    objects: list[Markup]
    more: str | None
    consequences: list[ConsequenceView]
    warning: str | None
    errors: list[ErrorLink]
    fieldsets: list[FieldsetView]
    action: str
    hidden: list[tuple[str, str]]
    button: Button
    danger: bool
    cancel: Link


@dataclass(frozen=True)
class ResultLine:
    object: Markup
    reason: str


@dataclass(frozen=True)
class ResultPage:
    """What an action left as it was, and why."""

    title: str
    heading: str
    done: str | None
    text: str
    lines: list[ResultLine]
    more: str | None
    gone: str | None
    back: Link
    #: The number under which what was done is taken back.
    undo: str


def action_page(
    asked: Asked, keys: Sequence[Key], user: Any, form: FlaskForm | None, warning: str | None = None
) -> ActionPage:
    """The question before what was *asked* is done to the objects with *keys*."""
    action, selection = asked.action, asked.selection
    model_admin = selection.model_admin
    info = model_admin.info
    objects = selection.read(user, keys[:SHOWN_OBJECTS])
    fields = [one for one in form or () if not isinstance(one.widget, HiddenInput)]
    views = [field_view(one) for one in fields]
    fieldsets = [FieldsetView(None, None, views)] if views else []
    # Of what is deleted, all has to be looked at.
    looked_at = (
        [obj for part in batches(keys) for obj in selection.read(user, part)] if action is DELETE else []
    )
    found = consequences(model_admin, looked_at, user) if looked_at else Consequences()
    more = len(keys) - len(objects)
    heading = f"{action.label}: {number_of(model_admin, len(keys))}"
    own = [(one.name, str(one._value() or "")) for one in form or () if one not in fields]
    return ActionPage(
        title=heading,
        heading=heading,
        text=str(action.confirm or ""),
        objects=[
            _linked(
                model_admin, info.key_of(obj) if may(user, model_admin, "view", obj) else None, text_of(obj)
            )
            for obj in objects
        ],
        more=_("and %(count)s more", count=format_decimal(more)) if more > 0 else None,
        consequences=consequence_views(found),
        warning=warning or (None if found.is_allowed else _refusal(found)),
        errors=error_links(form, fieldsets) if form else [],
        fieldsets=fieldsets,
        action=asked.address,
        hidden=[
            ("csrf_token", form_token()),
            (ONCE_FIELD, new_token(model_admin.name, user)),
            *((name, value) for name, value in own if name != "csrf_token"),
            *asked.hidden,
            ("action", action.name),
            (COUNT_FIELD, str(len(keys))),
            (SEEN_FIELD, seen_marks(info, objects)),
        ],
        button=Button(CONFIRM_BUTTON, str(action.label), True),
        danger=action is DELETE,
        cancel=Link(_("Cancel"), asked.back.href),
    )


def outdated_note(model_admin: ModelAdmin, objs: Sequence[Any]) -> Markup:
    """Who has changed *objs* since the person has seen them, and what to do."""
    info = model_admin.info
    entries = last_entries(model_admin.name, [info.key_of(obj) for obj in objs])
    told = [
        Markup("<bdi>{}</bdi>: {}").format(text_of(obj), said_by(entries.get(info.key_of(obj))))
        for obj in objs[:MAX_TOLD]
    ]
    way_on = _("Nothing was done. Look at it again; if it is still what you want, do it now.")
    return Markup(" ").join([*told, Markup("{}").format(way_on)])


def _refusal(found: Consequences) -> str:
    """Why not all of them are going to be deleted."""
    if not found.is_feasible and not found.protected:
        return too_many()
    return str(_("What other records need, and what you may not delete, stays; the others are deleted."))


def result_page(
    action: ActionOptions, model_admin: ModelAdmin, outcome: Outcome, back: Link, undo: str = ""
) -> ResultPage:
    """What became of it, for an action that could not be done to all."""
    failed = len(outcome.failures)
    more = failed - SHOWN_FAILURES
    title = _(
        "%(action)s: not done for %(objects)s", action=action.label, objects=number_of(model_admin, failed)
    )
    return ResultPage(
        title=title,
        heading=title,
        done=told(action, model_admin, outcome) if outcome.done else None,
        text=_("These were left as they are."),
        lines=[
            ResultLine(_linked(model_admin, failure.key, failure.text), failure.reason)
            for failure in outcome.failures[:SHOWN_FAILURES]
        ],
        more=_("and %(count)s more", count=format_decimal(more)) if more > 0 else None,
        gone=gone_note(outcome.gone) if outcome.gone else None,
        back=back,
        undo=undo,
    )


def told(action: ActionOptions, model_admin: ModelAdmin, outcome: Outcome) -> str:
    """What was done, in one sentence."""
    number = len(outcome.done)
    objects = outcome.done[0] if number == 1 else number_of(model_admin, number)
    if action is DELETE:
        return str(ngettext("%(objects)s was deleted.", "%(objects)s were deleted.", number, objects=objects))
    return str(_("%(action)s: done for %(objects)s.", action=action.label, objects=objects))


def gone_note(number: int) -> str:
    """How many of the chosen objects were not there any more."""
    return str(
        ngettext(
            "%(number)s of them was not there any more.",
            "%(number)s of them were not there any more.",
            number,
            number=format_decimal(number),
        )
    )


def _linked(model_admin: ModelAdmin, key: str | None, text: str) -> Markup:
    """*text*, leading to the object with *key*."""
    # Text that runs the other way turns nothing around it round.
    isolated = Markup("<bdi>{}</bdi>").format(text)
    if key is None:
        return isolated
    return Markup('<a href="{}">{}</a>').format(url_for(f"{model_admin.name}.change", key=key), isolated)
