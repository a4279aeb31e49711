"""The question before a delete: what goes with it, what is emptied, and what forbids it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import url_for
from flask_wtf.csrf import generate_csrf

from webapp.admin.display import lower_first
from webapp.admin.editing.consequences import Affected, Consequences, consequences
from webapp.admin.editing.deletion import too_many
from webapp.admin.editing.finding import LIST_FIELD, list_query, next_address
from webapp.admin.editing.formpage import VERSION_FIELD
from webapp.admin.editing.page import Button
from webapp.admin.editing.versions import version_of
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.texts import format_decimal
from webapp.texts import gettext as _
from webapp.web.errors import Link


@dataclass(frozen=True)
class AffectedView:
    """The rows of one model: how many, the first of them, and how many more there are."""

    label: str
    number: str
    links: list[Link]
    rest: str | None


@dataclass(frozen=True)
class ConsequenceView:
    """One part of what a delete does, or why it is not done."""

    heading: str
    is_refusal: bool
    affected: list[AffectedView]


@dataclass(frozen=True)
class ConfirmPage:
    """A question before something that cannot be taken back here; without *button* it is answered: no."""

    title: str
    heading: str
    text: str
    consequences: list[ConsequenceView]
    warning: str | None
    action: str
    hidden: list[tuple[str, str]]
    button: Button | None
    cancel: Link
    alternative: Link | None


def delete_page(
    model_admin: ModelAdmin, user: Any, obj: Any, warning: str | None = None, *, is_refused: bool = False
) -> ConfirmPage:
    """The page about deleting *obj*.

    :param warning: why it was not deleted when it was tried.
    :param is_refused: it was tried, and what forbids it is told by the page itself where it is still there.
    """
    info = model_admin.info
    key = info.key_of(obj)
    found = consequences(model_admin, [obj], user)
    rather = model_admin.get_delete_alternative(user, obj)
    may_go = found.is_allowed
    question = _("Delete %(object)s?", object=text_of(obj))
    return ConfirmPage(
        title=_("Delete %(object)s", object=text_of(obj)),
        heading=question if may_go else _("%(object)s cannot be deleted", object=text_of(obj)),
        text=_("The %(model)s is deleted for good. Its history stays.", model=lower_first(model_admin.label))
        if may_go
        else "",
        consequences=consequence_views(found),
        warning=refusal_text(found) if not may_go and (is_refused or warning is None) else warning,
        action=url_for(f"{model_admin.name}.delete", key=key),
        hidden=[
            ("csrf_token", generate_csrf()),
            (LIST_FIELD, list_query(model_admin)),
            (VERSION_FIELD, version_of(info, obj)),
        ],
        button=Button("_delete", _("Yes, delete"), True) if may_go else None,
        cancel=Link(
            _("No, keep it") if may_go else _("Back"),
            next_address(model_admin, "change", key),
        ),
        alternative=Link(str(rather[0]), url_for(rather[1], key=key)) if rather else None,
    )


def refusal_text(found: Consequences) -> str:
    """Why a delete with these consequences is not done, and the way out."""
    if not found.is_complete:
        return too_many()
    if found.protected:
        return str(
            _(
                "Other records need it. Delete those first, or have them point to something else; "
                "then it can be deleted."
            )
        )
    return str(
        _(
            "You may not delete all that would go with it. "
            "Somebody who may can do it, or somebody who looks after users can grant it to you."
        )
    )


def consequence_views(found: Consequences) -> list[ConsequenceView]:
    """The parts of *found* that there are, refusals first; of what was not looked at to its end none."""
    parts = [
        (_("These need it"), True, found.protected),
        (_("These you may not delete"), True, found.forbidden),
        (_("Deleted with it") if found.is_allowed else _("Would be deleted with it"), False, found.deleted),
        (_("Kept, without what points to it"), False, found.emptied),
    ]
    return [
        ConsequenceView(heading, is_refusal, _views(affected))
        for heading, is_refusal, affected in parts
        if affected and found.is_complete
    ]


def _views(affected: Sequence[Affected]) -> list[AffectedView]:
    views = []
    for one in affected:
        asked, more = one.model_admin, one.number - len(one.named)
        links = [
            Link(text_of(obj), url_for(f"{asked.name}.change", key=asked.info.key_of(obj)))
            for obj in one.named
            if asked
        ]
        rest = _("and %(number)s more", number=format_decimal(more)) if links and more else None
        views.append(AffectedView(one.label, format_decimal(one.number), links, rest))
    return views
