"""Which permissions a person or a group is granted: the field in which they are ticked, and what it does to them.

The words come from the registered admins. What the actor does not hold himself is shown, and locked: it can neither
be given nor taken, whatever is posted.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from flask import get_template_attribute
from flask_wtf import FlaskForm
from markupsafe import Markup
from wtforms import Field, ValidationError

from webapp.admin.history import Change
from webapp.admin.permissions import VERBS, verbs_of
from webapp.admin.returning import Restored
from webapp.admin.site import current_site
from webapp.admin.texts import list_text
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.users.models import Group, GroupGrant, User, UserGrant
from webapp.web.templates import kept


@dataclass(frozen=True)
class Box:
    """One permission as it is drawn. :ivar via: the groups through which it is held besides."""

    id: str
    permission: str
    label: str
    is_checked: bool
    is_locked: bool
    via: str


@dataclass(frozen=True)
class Row:
    """The permissions of one model: *boxes* stand under the columns, ``None`` where it has none, *more* beside them."""

    id: str
    label: str
    boxes: tuple[Box | None, ...]
    more: tuple[Box, ...]


@dataclass(frozen=True)
class Column:
    id: str
    label: str


@dataclass(frozen=True)
class Matrix:
    """Models by verbs."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def has_more(self) -> bool:
        return any(row.more for row in self.rows)

    def boxes(self) -> Iterator[Box]:
        for row in self.rows:
            yield from (box for box in (*row.boxes, *row.more) if box is not None)


class GrantsField(Field):
    """The permissions that a person or a group is granted, each a box to tick; ``data`` is the set of words.

    :ivar actor: who fills the form in.
    :ivar locked: why nothing can be ticked here at all, where that is so.
    :ivar via: by permission the groups through which the person holds it too.
    """

    #: Several controls under one name: the page draws a legend instead of a label.
    kind = "boxes"

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        said: Any = self.meta
        self.actor, self.holder = said.user, said.obj
        is_own = isinstance(self.holder, User) and self.holder.id == self.actor.id
        self.locked: str | None = None
        if is_own and not self.actor.is_superuser:
            self.locked = _("You cannot change your own permissions. Ask another administrator.")
        self.via = _via(self.holder)

    def process_data(self, value: Any) -> None:
        self.data = self.object_data = frozenset(value or ())

    def process_formdata(self, valuelist: list[str]) -> None:
        # A page that has the field sends its name always, so a form without it leaves the grants alone.
        if valuelist:
            kept = {word for word in self.object_data if self.is_locked(word)}
            self.data = frozenset(word for word in valuelist if word) | kept

    @property
    def is_changed(self) -> bool:
        """Whether something else shall be granted than is."""
        return bool(self.data != self.object_data)

    def shown_values(self) -> list[str]:
        """What a browser sends of it."""
        return ["", *sorted(self.data)]

    def pre_validate(self, form: Any) -> None:
        known = current_site().permissions()
        for word in sorted(self.data - self.object_data):
            if word not in known:
                raise ValidationError(_("There is no permission “%(permission)s”.", permission=word[:100]))
            if self.is_locked(word):
                raise ValidationError(
                    self.locked
                    or _(
                        "You do not hold “%(permission)s” yourself, so you cannot grant it.", permission=word
                    )
                )

    def is_locked(self, permission: str) -> bool:
        """Whether *permission* stays as it is, given or not."""
        return self.locked is not None or not (self.actor.is_superuser or permission in self.actor.reach)

    def matrix(self) -> Matrix:
        """Every permission there is, model by model, and last those that no model knows any more."""
        columns = [Column(f"{self.id}-verb-{verb}", str(label)) for verb, label in VERBS.items()]
        rows = [self._row(model_admin) for model_admin in current_site()]
        unknown = sorted(self.object_data.difference(current_site().permissions()))
        if unknown:
            more = tuple(self._box(word, word) for word in unknown)
            rows.append(Row(f"{self.id}--unknown", _("No longer known"), (None,) * len(columns), more))
        return Matrix(tuple(columns), tuple(rows))

    def _row(self, model_admin: Any) -> Row:
        labels = verbs_of(model_admin)
        boxes = {verb: self._box(f"{model_admin.name}.{verb}", str(label)) for verb, label in labels.items()}
        more = tuple(box for verb, box in boxes.items() if verb not in VERBS)
        return Row(
            f"{self.id}-{model_admin.name}",
            str(model_admin.label_plural),
            tuple(boxes.get(verb) for verb in VERBS),
            more,
        )

    def _box(self, permission: str, label: str) -> Box:
        return Box(
            id=f"{self.id}-{permission}",
            permission=permission,
            label=label,
            is_checked=permission in self.data,
            is_locked=self.is_locked(permission),
            via=list_text(self.via[permission]) if permission in self.via else "",
        )

    def widget(self, field: Any, **attributes: Any) -> Markup:
        held = None if self.actor.is_superuser else self.actor.reach
        # Most people are granted the same as others, and nothing else makes a difference to what is drawn.
        shown = self.data, self.object_data, tuple(sorted((word, tuple(by)) for word, by in self.via.items()))
        return kept(("grants", self.id, self.name, shown, held, self.locked), self._drawn, of_people=True)

    def _drawn(self) -> str:
        matrix = self.matrix()
        some_locked = any(box.is_locked for box in matrix.boxes())
        reason = self.locked or _("You do not hold what is locked, so you can neither grant nor take it.")
        macro = get_template_attribute("macros/grants.html", "grants")
        return str(macro(self.id, self.name, matrix, reason if some_locked else None))


class GrantsForm(FlaskForm):
    """A form with what the object itself, nothing for a new one, is granted."""

    permissions = GrantsField(_l("Permissions"))

    def process(self, formdata: Any = None, obj: Any = None, *arguments: Any, **options: Any) -> None:
        super().process(formdata, obj, *arguments, **options)
        field: Any = self["permissions"]
        # A person's own "permissions" are those of the groups as well.
        field.process(self.meta.wrap_formdata(self, formdata), granted_to(field.holder))


def granted_to(holder: User | Group | None) -> frozenset[str]:
    """What *holder* is granted itself."""
    if isinstance(holder, User):
        return frozenset(holding.permission for holding in holder.holdings if holding.via is None)
    return holder.permissions if holder is not None else frozenset()


def apply(holder: User | Group, permissions: Collection[str]) -> frozenset[str]:
    """Grant *holder* these *permissions* and no others; gives those that were given or taken."""
    kind = UserGrant if isinstance(holder, User) else GroupGrant
    present = {grant.permission: grant for grant in holder.grants}
    for word in present.keys() - set(permissions):
        holder.grants.remove(present[word])  # type: ignore[arg-type]
    for word in sorted(set(permissions) - present.keys()):
        holder.grants.append(kind(permission=word))  # type: ignore[arg-type]
    return frozenset(present.keys() ^ set(permissions))


def taken_back(actor: Any, holder: User | Group | None, change: Change) -> Restored:
    """How *actor* takes *change*, of what *holder* is granted, back: but for what he can neither give nor take."""
    given, taken = ({text for _key, text in part or ()} for part in (change.new, change.old))
    is_own = isinstance(holder, User) and holder.id == actor.id
    reach = frozenset() if is_own else actor.reach
    beyond = frozenset() if actor.is_superuser else (given ^ taken) - reach
    value = (granted_to(holder) - (given - beyond)) | (taken - beyond)
    if not beyond:
        return Restored("permissions", value)
    words = list_text(sorted(beyond))
    lost = _(
        "You do not hold %(permissions)s yourself, so you can neither grant nor take it.", permissions=words
    )
    if is_own:
        lost = _("You cannot change your own permissions. Ask another administrator.")
    return Restored("permissions", value, lost)


def _via(holder: User | Group | None) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for holding in holder.holdings if isinstance(holder, User) else ():
        if holding.via is not None:
            found.setdefault(holding.permission, []).append(holding.via)
    return found
