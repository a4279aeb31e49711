"""Can the engine call the hooks and the actions as they are written?"""

import inspect
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from flask_wtf import FlaskForm

from webapp.admin.checks.declaration import HOOKS, Declaration, did_you_mean, takes
from webapp.admin.history import LogEntry
from webapp.admin.options import ActionOptions
from webapp.admin.permissions import VERBS, actions_of
from webapp.admin.problems import Problem

ACTION_PARAMETERS = ("obj", "user", "form")
# What the address, the endpoint or the permission of a page is called.
TAKEN_VERBS = frozenset({*VERBS, "list", "history", "lookup", "action"})
MAX_ACTION_NAME: int = LogEntry.__table__.c.verb.type.length  # type: ignore[attr-defined]


def hook_problems(declaration: Declaration) -> Iterator[Problem]:
    for name, expected in HOOKS.items():
        if declaration.decides(name):
            parameters = list(expected.parameters.values())[1:]
            required = [one for one in parameters if one.default is inspect.Parameter.empty]
            written = ", ".join(["self", *(_written(one) for one in parameters)])
            counts = (len(required), len(parameters))
            names = [one.name for one in parameters]
            yield from _call_problems(
                declaration, name, getattr(declaration.admin, name), names, counts, written
            )


def action_problems(declaration: Declaration) -> Iterator[Problem]:
    declared = actions_of(declaration.admin) if isinstance(declaration.value("actions"), list | tuple) else {}
    listed = declaration.names("actions")
    for name, count in Counter(name for _place, name in listed).items():
        if count > 1:
            yield declaration.problem("E130", "actions", f"{name!r} stands in it twice.", "Name it once.")
    for place, name in listed:
        if name not in declared:
            yield _no_action(declaration, place, name, list(declared))
    for name, options in declared.items():
        yield from _action(declaration, name, options)
        if name not in dict(map(reversed, listed)) and not declaration.decides("get_actions"):  # type: ignore[arg-type]
            yield declaration.problem(
                "W501",
                name,
                "It is an action that nobody is offered.",
                f"Put {name!r} into actions, or leave out @action.",
            )


def _no_action(declaration: Declaration, place: str, name: str, declared: list[str]) -> Problem:
    if name in ("delete", "delete_selected"):
        return declaration.problem(
            "E527", place, "Deleting is always among the actions where it is allowed.", "Leave it out."
        )
    if declaration.method(name) is not None:
        return declaration.problem(
            "E527", place, f"The method {name!r} is not said to be an action.", "Decorate it with @action."
        )
    return declaration.problem(
        "E527", place, f"{name!r} is no method of {declaration.name}.", did_you_mean(name, declared)
    )


def _action(declaration: Declaration, name: str, options: ActionOptions) -> Iterator[Problem]:
    written = ", ".join(("self", *ACTION_PARAMETERS))
    method = getattr(declaration.admin, name)
    yield from _call_problems(
        declaration, name, method, ACTION_PARAMETERS, (len(ACTION_PARAMETERS),), written
    )
    if name in TAKEN_VERBS or len(name) > MAX_ACTION_NAME:
        what = "is the engine's own word" if name in TAKEN_VERBS else "is too long for the history"
        yield declaration.problem("E528", name, f"{name!r} {what}.", "Call the action something else.")
    if not isinstance(options.permission, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", options.permission):
        yield declaration.problem(
            "E129",
            name,
            f"@action(permission={options.permission!r}) is no word of a permission.",
            f"Write one of {', '.join(VERBS)}, or a word of its own: small letters, digits and _.",
        )
    if options.form is not None and not (
        isinstance(options.form, type) and issubclass(options.form, FlaskForm)
    ):
        yield declaration.problem(
            "E529",
            name,
            f"@action(form={options.form!r}) is no class of forms.",
            "Give a class that inherits from flask_wtf.FlaskForm.",
        )
    elif options.form is not None and not _takes_user(options.form):
        yield declaration.problem(
            "E544",
            name,
            f"{options.form.__name__}() cannot be called with user=, and it is made so.",
            "Write def __init__(self, *args, user, **options):, or leave __init__ out.",
        )


def _takes_user(form: type) -> bool:
    try:
        inspect.signature(vars(form).get("__init__", FlaskForm.__init__)).bind(form, user=None)
    except TypeError:
        return False
    return True


def _call_problems(
    declaration: Declaration,
    name: str,
    method: Callable[..., Any],
    names: Sequence[str],
    counts: tuple[int, ...],
    written: str,
) -> Iterator[Problem]:
    """What keeps the engine from calling *method* with values for *names*, in this order.

    :param counts: with how many of them it is called; *written* are the parameters as one writes them.
    """
    way_out = f"Write def {name}({written}):."
    if not callable(method):
        yield declaration.problem("E530", name, "It is a value where a method is meant.", way_out)
        return
    if inspect.iscoroutinefunction(method):
        yield declaration.problem("E530", name, "It is asynchronous, and nobody awaits it.", way_out)
        return
    given = _positional(method)
    if "request" in given:
        yield declaration.problem(
            "E531", name, "It asks for the request; hooks receive the person and the object.", way_out
        )
    elif not takes(method, *counts):
        yield declaration.problem(
            "E532",
            name,
            f"It cannot be called with {' and '.join(names) if len(names) < 3 else ', '.join(names)}.",
            way_out,
        )
    elif [one for one in given if one in names] != [one for one in names if one in given]:
        yield declaration.problem("E533", name, "Its parameters stand in another order.", way_out)


def _positional(method: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(method).parameters.values()
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    return [one.name for one in parameters if one.kind in kinds]


def _written(parameter: inspect.Parameter) -> str:
    if parameter.default is inspect.Parameter.empty:
        return parameter.name
    return f"{parameter.name}={parameter.default!r}"
