"""What a page asks the database along with who makes the request, in the one statement that every page begins with.

A way to a server and back takes as long as drawing a tenth of a list. What is mostly empty, such as what is remembered
of somebody for a list, is asked for beside the person, as yes or no; only where there is something does a statement
follow.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import ColumnElement

from webapp.running import current_app, g

_KEY = "alongside"
Condition = Callable[[Any], ColumnElement[bool]]


class Question(NamedTuple):
    """A question that is answered by yes or no.

    :ivar condition: makes it of the column of the person's key, once for all requests.
    :ivar values: what it is asked with in this request; ``None`` where it is not asked.
    """

    condition: Condition
    values: Callable[[], Mapping[str, Any] | None]


def ask_alongside(app: Flask, name: str, question: Question) -> None:
    """Have *question* asked along with the person, in the requests that it is meant for."""
    app.extensions.setdefault(_KEY, {})[name] = question


def asked_alongside() -> tuple[dict[str, Condition], dict[str, Any]]:
    """What this request asks: the conditions by their names, and the values for all of them."""
    questions: dict[str, Question] = current_app.extensions.get(_KEY, {})
    conditions: dict[str, Condition] = {}
    values: dict[str, Any] = {}
    for name, question in questions.items():
        given = question.values()
        if given is not None:
            conditions[name] = question.condition
            values.update(given)
    return conditions, values


def note_answers(names: Any, answers: Any) -> None:
    """Keep the *answers* for this request, in the order of *names*."""
    g.alongside = dict(zip(names, answers, strict=True))


def said_no(name: str) -> bool:
    """Whether the question was asked in this request, and answered by no."""
    return getattr(g, "alongside", {}).get(name) is False
