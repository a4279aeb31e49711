"""May this person? Asked here, by the views; lists, forms and templates are told the answer.

A permission is a word, ``<name>.<verb>``. The words come from the registered admins, so there is no table
of permissions to keep in step.
"""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from operator import is_
from typing import Any

from webapp.admin.options import ActionOptions, ModelAdmin
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.web.errors import refuse

VERBS = {
    "view": _l("See"),
    "add": _l("Add"),
    "change": _l("Change"),
    "delete": _l("Delete"),
    "export": _l("Export"),
}

#: The verb that each of these comes with: who may change may also view.
IMPLYING = {"view": "change"}

# The one action that every model has; what it does to an object is in :mod:`webapp.admin.editing.deletion`.
DELETE = ActionOptions("delete", _l("Delete"), "delete", _l("They are deleted. Their history stays."), None)


def vocabulary(model_admin: ModelAdmin) -> list[str]:
    """Every permission that *model_admin* knows, such as ``users.change``."""
    return [f"{model_admin.name}.{verb}" for verb in verbs_of(model_admin)]


def verbs_of(model_admin: ModelAdmin) -> dict[str, Any]:
    """The words that a permission of *model_admin* can end in, with what to call each.

    An action with a permission of its own gives it its label.
    """
    words = {verb: label for verb, label in VERBS.items() if _is_offered(model_admin, verb)}
    for action in actions_of(model_admin).values():
        if action.permission not in VERBS:
            words.setdefault(action.permission, action.label)
    return words


def may(user: Any, model_admin: ModelAdmin, verb: str, obj: Any = None) -> bool:
    """Say whether *user* may *verb*, by its own permission or by one that it comes with."""
    if not _is_offered(model_admin, verb):
        return False
    if model_admin.can(user, verb, obj):
        return True
    return verb in IMPLYING and model_admin.can(user, IMPLYING[verb], obj)


def with_implied(permissions: Iterable[str]) -> frozenset[str]:
    """*permissions* and those that come with them."""
    words = frozenset(permissions)
    comes_with = {f"{name}.{verb}" for verb, by in IMPLYING.items() for name in _names(words, by)}
    return words | comes_with


def _names(words: frozenset[str], verb: str) -> Iterator[str]:
    return (word.removesuffix(f".{verb}") for word in words if word.endswith(f".{verb}"))


def require(user: Any, model_admin: ModelAdmin, verb: str, obj: Any = None) -> None:
    """Let the request go on only when *user* may *verb*; otherwise answer 403 with a page that names the permission."""
    if not may(user, model_admin, verb, obj):
        permission = f"{model_admin.name}.{verb}"
        refuse(
            403,
            _(
                "This needs the permission “%(permission)s”, here or for this record. "
                "Somebody who looks after users can grant it.",
                permission=permission,
            ),
        )


def actions_of(model_admin: ModelAdmin) -> dict[str, ActionOptions]:
    """Every action that *model_admin* declares, by name: the listed ones in their order, then what
    ``get_actions`` may add to them; the built-in delete is not among them."""
    kind: Any = type(model_admin)
    found = {name: getattr(kind, name).action for name in _members_of(kind).actions()}
    listed = [name for name in model_admin.actions if name in found]
    return {name: found[name] for name in dict.fromkeys([*listed, *found])}


class _Members:
    """The members of a class, those that it inherits too, and the names of the actions among them."""

    def __init__(self, kind: type) -> None:
        self._bases = kind.__mro__
        self._known: tuple[list[Any], list[str]] = [], []

    def actions(self) -> list[str]:
        """As they are now: looked through again when a member is another than before."""
        now: list[Any] = []
        for base in self._bases:
            now.extend(vars(base).values())
        if len(now) != len(self._known[0]) or not all(map(is_, now, self._known[0])):
            members = {name: one for base in reversed(self._bases) for name, one in vars(base).items()}
            named = ((name, getattr(one, "action", None)) for name, one in members.items())
            self._known = now, [name for name, said in named if isinstance(said, ActionOptions)]
        return self._known[1]


_members_of = lru_cache(maxsize=1_000)(_Members)


def offered(model_admin: ModelAdmin, user: Any, obj: Any = None) -> dict[str, ActionOptions]:
    """The actions that *user* may choose, for the model or for *obj*, by name; deleting comes last.

    :raises KeyError: when ``get_actions`` names what is no action.
    """
    declared = actions_of(model_admin)
    chosen = [*(declared[name] for name in model_admin.get_actions(user, obj)), DELETE]
    is_held = {
        verb: may(user, model_admin, verb, obj)
        for verb in dict.fromkeys(action.permission for action in chosen)
    }
    return {action.name: action for action in chosen if is_held[action.permission]}


def _is_offered(model_admin: ModelAdmin, verb: str) -> bool:
    match verb:
        case "add":
            # Of an abstract class there are objects of its subclasses only.
            return model_admin.can_add and not model_admin.info.mapper.polymorphic_abstract
        case "change" | "delete" | "export":
            return bool(getattr(model_admin, f"can_{verb}"))
    return True
