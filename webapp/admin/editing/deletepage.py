"""The question before a delete: what goes with it, what is emptied, and what forbids it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import url_for

from webapp.admin.display import lower_first
from webapp.admin.editing.consequences import Affected, Consequences, consequences
from webapp.admin.editing.deletion import too_many
from webapp.admin.editing.finding import LIST_FIELD, list_query, next_address
from webapp.admin.editing.formpage import VERSION_FIELD
from webapp.admin.editing.page import Button
from webapp.admin.editing.trees import Node
from webapp.admin.editing.versions import version_of
from webapp.admin.history import MAX_RELATED
from webapp.admin.mapping import text_of
from webapp.admin.options import ModelAdmin
from webapp.texts import format_decimal
from webapp.texts import gettext as _
from webapp.web.errors import Link
from webapp.web.tokens import form_token


@dataclass(frozen=True)
class AffectedView:
    """The rows of one model: how many, the first of them, and how many more there are."""

    label: str
    number: str
    links: list[Link]
    rest: str | None


@dataclass(frozen=True)
class TreeView:
    """One object that goes, and those that go with it."""

    label: str
    link: Link
    nodes: "list[TreeView]"


@dataclass(frozen=True)
class ConsequenceView:
    """One part of what a delete does, or why it is not done."""

    heading: str
    is_refusal: bool
    affected: list[AffectedView]
    tree: "list[TreeView]" = field(default_factory=list)
    tree_heading: str = ""


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
    text = _(
        "The %(model)s is deleted. Its history stays, and what it keeps can be restored from there.",
        model=lower_first(model_admin.label),
    )
    if not found.is_complete:
        text = f"{text} {_('So much goes with it that it may take minutes: all of it goes, or nothing.')}"
    return ConfirmPage(
        title=_("Delete %(object)s", object=text_of(obj)),
        heading=question if may_go else _("%(object)s cannot be deleted", object=text_of(obj)),
        text=text if may_go else "",
        consequences=consequence_views(found),
        warning=refusal_text(found) if not may_go and (is_refused or warning is None) else warning,
        action=url_for(f"{model_admin.name}.delete", key=key),
        hidden=[
            ("csrf_token", form_token()),
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
    if not found.is_feasible and not found.protected:
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
    """The parts of *found* that there are, refusals first."""
    goes = _("Deleted with it") if found.is_allowed else _("Would be deleted with it")
    tree = _tree_views(found.tree)
    # Of what is not deleted nothing is lost.
    shortened, cut = (found.shortened, found.cut) if found.is_allowed else ((), ())
    number = format_decimal(_number_of(found.tree))
    tree_heading = _("The first %(number)s, and what hangs on what", number=number)
    parts = [
        ConsequenceView(_("These need it"), True, _views(found.protected)),
        ConsequenceView(_("These you may not delete"), True, _views(found.forbidden)),
        ConsequenceView(goes, False, _views(found.deleted, has_names=not tree), tree, tree_heading),
        ConsequenceView(_("Kept, without what points to it"), False, _views(found.emptied)),
        ConsequenceView(_("Too long for the history, which keeps the beginning"), False, _views(shortened)),
        ConsequenceView(_too_many_kept(), False, _views(cut)),
    ]
    return [part for part in parts if part.affected]


def _too_many_kept() -> str:
    return str(
        _("Too many for the history, which keeps the first %(number)s", number=format_decimal(MAX_RELATED))
    )


def _tree_views(nodes: Sequence[Node]) -> list[TreeView]:
    return [
        TreeView(
            lower_first(node.model_admin.label),
            Link(
                text_of(node.obj),
                url_for(f"{node.model_admin.name}.change", key=node.model_admin.info.key_of(node.obj)),
            ),
            _tree_views(node.nodes),
        )
        for node in nodes
    ]


def _number_of(nodes: Sequence[Node]) -> int:
    return sum(1 + _number_of(node.nodes) for node in nodes)


def _views(affected: Sequence[Affected], *, has_names: bool = True) -> list[AffectedView]:
    """:param has_names: the first of them are named; otherwise elsewhere on the page."""
    views = []
    for one in affected:
        asked, more = one.model_admin, one.number - len(one.named)
        links = [
            Link(text_of(obj), url_for(f"{asked.name}.change", key=asked.info.key_of(obj)))
            for obj in one.named
            if asked and has_names
        ]
        rest = _("and %(number)s more", number=format_decimal(more)) if links and more else None
        views.append(AffectedView(one.label, format_decimal(one.number), links, rest))
    return views
