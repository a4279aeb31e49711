"""No secret leaves: no password, hash or key on any page, in any line of the log or entry of the history."""

import json
from collections.abc import Iterator

import pytest
from flask import Flask, Response, request_finished
from sqlalchemy import select

from tests.conftest import SECRET_KEY, add_user, make_settings
from tests.pages import PASSWORD, Visitor
from tests.rules.world import NEW_PASSWORD, address, fields_for, rules, token
from webapp import create_app
from webapp.account.setup import setup_token
from webapp.admin.history import LogEntry
from webapp.extensions import db
from webapp.users.models import User

WRONG_PASSWORD = "a canary that was typed wrong"
DATABASE_PASSWORD = "canary-of-the-database"


@pytest.fixture
def answers(app: Flask) -> Iterator[list[str]]:
    """Everything that is answered in the test, headers too; the cookie of a session is the person's own."""
    seen: list[str] = []

    def note(_sender: Flask, response: Response, **_: object) -> None:
        response.direct_passthrough = False
        headers = [f"{name}: {value}" for name, value in response.headers if name != "Set-Cookie"]
        seen.append("\n".join([*headers, response.get_data(as_text=True)]))

    with request_finished.connected_to(note, app):
        yield seen


def walk(app: Flask, alice: Visitor, bob: User) -> None:
    """Everything that handles a secret, done right and done wrong, and then every page looked at."""
    stranger = Visitor(app)
    stranger.sign_in("alice", WRONG_PASSWORD)
    stranger.sign_in(WRONG_PASSWORD, PASSWORD)
    stranger.get(f"/setup/{'0' * 40}")
    for endpoint in ("users.add", "users.password", "account.password", "users.change"):
        rule = next(rule for rule in rules(app) if rule.endpoint == endpoint)
        target = address(app, rule, bob.id)
        right = fields_for(endpoint, bob)
        for wrong in ({"password_confirm": WRONG_PASSWORD}, {"password": "short"}, {"_version": "9"}, {}):
            wrong = {name: value for name, value in wrong.items() if name in right}
            alice.post(target, {**right, **wrong, "csrf_token": token(alice)})
    alice.post(f"/users/{bob.id}/change/", {"password": PASSWORD})
    bob_again = Visitor(app)
    bob_again.sign_in("bob", NEW_PASSWORD)
    for rule in rules(app):
        if "GET" in (rule.methods or ()) and rule.endpoint not in ("static", "account.setup"):
            alice.get(address(app, rule, bob.id))
    for found in (
        "/users/?q=argon2",
        "/users/?sort=password",
        "/users/?password=x",
        "/users/?columns=password",
    ):
        alice.get(found)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(app.config, "PROPAGATE_EXCEPTIONS", False)
        patch.setattr("webapp.admin.views.form_layout", lambda *values: 1 / 0)
        assert alice.get(f"/users/{bob.id}/change/").status == 500


def test_nothing_that_leaves_holds_a_secret(
    app: Flask, alice: User, bob: User, answers: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """PW-08."""
    visitor = Visitor(app)
    visitor.sign_in("alice")
    walk(app, visitor, bob)
    with app.app_context():
        hashes = [str(found) for found in db.session.scalars(select(User.password))]
        entries = json.dumps(
            [[e.label, e.actor_label, e.changes] for e in db.session.scalars(select(LogEntry))]
        )
        secrets = [PASSWORD, NEW_PASSWORD, WRONG_PASSWORD, SECRET_KEY, setup_token(), "$argon2", *hashes]
        sessions = [row[1] for row in db.session.execute(db.text("SELECT id, token_hash FROM user_sessions"))]
    assert len(hashes) == 3
    log = capsys.readouterr().err
    assert "ZeroDivisionError" in log
    assert len(answers) > 40
    for secret in [*secrets, *sessions]:
        # What a person typed into the field of a username comes back to the same person, and to nobody else.
        shown = [text for text in answers if secret in text and secret != WRONG_PASSWORD]
        assert shown == [], secret
        assert secret not in log
        assert secret not in entries
    changed = [change for change in json.loads(entries) if any(c["kind"] == "secret" for c in change[2])]
    assert len(changed) >= 2


def test_a_secret_that_leaves_would_be_noticed(app: Flask, alice: User, answers: list[str]) -> None:
    add_user(app, "leak", full_name=PASSWORD)
    visitor = Visitor(app)
    visitor.sign_in("alice")
    visitor.get("/users/")
    assert any(PASSWORD in text for text in answers)


def test_no_representation_of_the_configuration_holds_a_secret(capsys: pytest.CaptureFixture[str]) -> None:
    url = f"postgresql+psycopg://root:{DATABASE_PASSWORD}@127.0.0.1:1/x"
    settings = make_settings(DATABASE_URL=url)
    app = create_app(settings)
    with app.app_context():
        shown = [repr(settings), str(settings), repr(db.engine), str(db.engine.url), repr(app)]
    commands = (["db", "current"], ["users", "setup-link"], ["routes"], ["users", "grant", "a", "users.view"])
    for command in commands:
        result = app.test_cli_runner().invoke(args=command)
        shown += [result.output, str(result.exception)]
    shown.append(capsys.readouterr().err)
    for text in shown:
        assert DATABASE_PASSWORD not in text
        assert SECRET_KEY not in text


def test_no_representation_of_a_person_holds_the_hash(alice: User) -> None:
    """PW-08."""
    assert str(alice.password).startswith("$argon2")
    for text in (repr(alice), str(alice), f"{alice}", repr([alice])):
        assert "argon2" not in text
        assert "alice" in text
