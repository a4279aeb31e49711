"""Who may what with each registered model: the rules of :func:`.subjects.asked_of` for every kind of person."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.pages import Visitor
from tests.rules.subjects import RULED, Asked, admins, asked_of
from tests.rules.world import dump, token
from webapp.admin.options import ModelAdmin
from webapp.admin.permissions import VERBS, actions_of
from webapp.extensions import db
from webapp.users.models import User, UserGrant

pytestmark = [pytest.mark.slow, pytest.mark.one_engine]

# Who knocks, and with which words for the model; a word more in VERBS is a kind more. "own" are those of its actions.
KEPT_OUT = ("stranger", "inactive", "no staff")
STAFF = {
    "nothing": "",
    **{verb: verb for verb in VERBS},
    "delete what one sees": "view delete",
    "take away what one sees": "view export",
    "own": "view own",
}
KINDS = (*KEPT_OUT, *STAFF, "superuser")


def own_words(model_admin: ModelAdmin) -> set[str]:
    """The permissions that only this model has, for its actions."""
    return {action.permission for action in actions_of(model_admin).values()} - set(VERBS)


def granted(model_admin: ModelAdmin, kind: str) -> set[str]:
    """The words that somebody of *kind* is granted for the model."""
    if kind in KEPT_OUT or kind == "superuser":
        return {*VERBS, *own_words(model_admin)}
    words = set(STAFF[kind].split())
    return words - {"own"} | (own_words(model_admin) if "own" in words else set())


def held(model_admin: ModelAdmin, kind: str) -> set[str]:
    """The words that count: who may change may view, and what is not offered nobody may."""
    words = granted(model_admin, kind)
    words |= {"view"} if "change" in words else set()
    offered = {
        "add": model_admin.can_add,
        "change": model_admin.can_change,
        "delete": model_admin.can_delete,
        "export": model_admin.can_export,
    }
    return {word for word in words if offered.get(word, True)}


def expected(model_admin: ModelAdmin, kind: str, asked: Asked) -> tuple[int, ...]:
    if kind in KEPT_OUT:
        return (401,) if asked.operation == "lookup" else (303,)
    return (asked.done,) if asked.is_for(held(model_admin, kind)) else asked.refused


class Person:
    """Somebody of one kind, whose grants are those for one model after the other."""

    def __init__(self, app: Flask, kind: str) -> None:
        self.app = app
        self.kind = kind
        user = add_user(app, "person", is_superuser=kind == "superuser")
        self.id = user.id
        self.visitor = Visitor(app) if kind == "stranger" else signed_in(app, user)
        if kind in ("inactive", "no staff"):
            with app.app_context():
                found = db.session.get_one(User, user.id)
                found.is_active, found.is_staff = kind != "inactive", kind != "no staff"
                db.session.commit()
        self.token = token(self.visitor)

    def grant(self, model_admin: ModelAdmin, *, elsewhere: bool) -> None:
        """Grant the words of the kind for one model, and for the others all or none."""
        words = {f"{model_admin.name}.{word}" for word in granted(model_admin, self.kind)}
        if elsewhere:
            others = [other for other in admins(self.app) if other is not model_admin]
            words |= {f"{other.name}.{word}" for other in others for word in {*VERBS, *own_words(other)}}
        rows = [{"user_id": self.id, "permission": word} for word in sorted(words)]
        with self.app.app_context(), db.engine.begin() as connection:
            connection.execute(UserGrant.__table__.delete())  # type: ignore[attr-defined]
            if rows:
                connection.execute(UserGrant.__table__.insert(), rows)  # type: ignore[attr-defined]

    def ask(self, asked: Asked) -> tuple[int, str]:
        data = None if asked.data is None else {**asked.data, "csrf_token": self.token}
        answer = self.visitor.client.open(asked.address, method=asked.method, data=data)
        return answer.status_code, answer.get_data(as_text=True)


def wrong_answers(person: Person, model_admin: ModelAdmin, requests: list[Asked]) -> Iterator[str]:
    """What is answered otherwise than expected: refusals first, after which the database is as it was."""
    app, kind = person.app, person.kind
    refused = [asked for asked in requests if kind in KEPT_OUT or not asked.is_for(held(model_admin, kind))]
    before = dump(app)
    for asked in refused:
        status, _text = person.ask(asked)
        if status not in expected(model_admin, kind, asked):
            yield f"{asked.method} {asked.address}: {status}, not {expected(model_admin, kind, asked)}"
    if dump(app) != before:
        yield f"{model_admin.name}: a refused request has changed the database"
    for asked in requests:
        if asked in refused:
            continue
        status, text = person.ask(asked)
        if status != asked.done:
            yield f"{asked.method} {asked.address} {asked.data}: {status}, not {asked.done}"
        if asked.operation == "change" and asked.method == "GET":
            is_form = re.search('name="?_save', text) is not None
            if is_form != ("change" in held(model_admin, kind)):
                yield f"{asked.address}: a form is {'' if is_form else 'not '}there"
        writes = asked.method == "POST" or asked.operation == "export"
        after = dump(app) if writes else before
        if writes and asked.done < 400 and after == before:
            yield f"{asked.method} {asked.address}: nothing is changed"
        before = after


@pytest.mark.alike
@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_person_is_answered_as_the_rules_say(library_app: Flask, kind: str) -> None:
    """AZ-02, AZ-05: with all permissions for the other models, so that those for this one decide."""
    alice = signed_in(library_app, add_user(library_app, "alice", is_superuser=True))
    person = Person(library_app, kind)
    wrong: list[str] = []
    for model_admin in admins(library_app):
        if kind == "own" and not own_words(model_admin):
            continue
        requests = asked_of(library_app, alice, model_admin)
        person.grant(model_admin, elsewhere=True)
        wrong += wrong_answers(person, model_admin, requests)
        with library_app.app_context():
            world.empty_tables(db.engine)
    assert wrong == [], "\n".join(wrong)


def test_there_is_a_rule_for_each_operation_of_the_table(library_app: Flask) -> None:
    alice = signed_in(library_app, add_user(library_app, "alice", is_superuser=True))
    for model_admin in admins(library_app)[:3]:
        assert {(one.method, one.operation) for one in asked_of(library_app, alice, model_admin)} == RULED
