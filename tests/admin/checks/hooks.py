"""What may be wrong with hooks and actions."""

from typing import Any

from flask_wtf import FlaskForm
from sqlalchemy import select

from tests.admin.checks.novels import (
    Novel,
    NovelForm,
    Row,
    act,
    decorated,
    takes_nothing,
    takes_one,
    takes_two,
)
from webapp.admin.options import action


def django_action(self: Any, request: Any, queryset: Any) -> None:
    """One as Django calls it."""


async def query_later(self: Any, user: Any) -> Any:
    return select(Novel)


class Strict(FlaskForm):
    def __init__(self) -> None:
        super().__init__()


class Willing(FlaskForm):
    def __init__(self, *given: Any, user: Any, **options: Any) -> None:
        super().__init__(*given, **options)


def with_form(form: type) -> dict[str, Any]:
    return {"act": decorated(action("Act", form=form), act, "act"), "actions": ("act",)}


def asks_for_more(self: Any, site: Any) -> None:
    """An __init__ that nobody can call."""


HOOKS_AND_ACTIONS: list[Row] = [
    (with_form(Strict), "E544", "cannot be called with user=", with_form(Willing)),
    ({"__init__": asks_for_more}, "E543", "missing 1 required positional argument: 'site'", {}),
    # Hooks
    ({"query": select(Novel)}, "E530", "Write def query(self, user):", {"query": takes_one}),
    ({"initial": {"title": "A"}}, "E530", "a value where a method is meant", {"initial": takes_one}),
    ({"query": query_later}, "E530", "nobody awaits it", {}),
    ({"query": lambda self, request: None}, "E531", "It asks for the request", {}),
    ({"query": takes_nothing}, "E532", "It cannot be called with user", {"query": lambda self, *given: None}),
    (
        {"get_fieldsets": takes_one},
        "E532",
        "Write def get_fieldsets(self, user, obj=None):",
        {"get_fieldsets": lambda self, user, obj=None: ()},
    ),
    ({"get_fieldsets": takes_two}, "E532", "called with user and obj", {}),
    (
        {"before_save": lambda self, form, obj, user: None},
        "E533",
        "Write def before_save(self, obj, form, user):",
        {"before_save": lambda self, obj, form, user: None},
    ),
    # Actions
    ({"actions": "act"}, "E509", 'Write ("act",)', {"actions": ()}),
    (
        {"actions": ("act", "act"), "act": decorated(action("A"), act, "act")},
        "E130",
        "'act' stands in it twice",
        {"actions": ("act",), "act": decorated(action("A"), act, "act")},
    ),
    ({"actions": ("act",), "act": act}, "E527", "Decorate it with @action", {}),
    ({"actions": ("nothing",)}, "E527", "is no method of NovelAdmin", {}),
    ({"actions": ("delete",)}, "E527", "Deleting is always among the actions", {"can_delete": True}),
    (
        {"actions": ("act",), "act": decorated(action("A"), django_action, "act")},
        "E531",
        "Write def act(self, obj, user, form):",
        {"actions": ("act",), "act": decorated(action("A", form=NovelForm), act, "act")},
    ),
    ({"actions": ("act",), "act": decorated(action("A"), takes_two, "act")}, "E532", "obj, user, form", {}),
    (
        {"actions": ("change",), "change": decorated(action("A"), act, "change")},
        "E528",
        "'change' is the engine's own word",
        {"actions": ("changed",), "changed": decorated(action("A", permission="add"), act, "changed")},
    ),
    (
        {"actions": ("a" * 51,), "a" * 51: decorated(action("A"), act, "a" * 51)},
        "E528",
        "too long for the history",
        {"actions": ("a" * 50,), "a" * 50: decorated(action("A"), act, "a" * 50)},
    ),
    (
        {"actions": ("act",), "act": decorated(action("A", permission="novels.act"), act, "act")},
        "E129",
        "'novels.act'",
        {"actions": ("act",), "act": decorated(action("A", permission="act"), act, "act")},
    ),
    ({"actions": ("act",), "act": decorated(action("A", form=object), act, "act")}, "E529", "FlaskForm", {}),
    (
        {"act": decorated(action("A"), act, "act")},
        "W501",
        "an action that nobody is offered",
        {"act": decorated(action("A"), act, "act"), "get_actions": lambda self, user, obj=None: ("act",)},
    ),
]
