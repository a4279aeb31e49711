"""The tests themselves: they run with the protection on, and what is refused to some is allowed to others."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import add_user, signed_in
from tests.library import world
from tests.rules.subjects import admins, asked_of
from tests.rules.test_access import PUBLIC, table
from tests.rules.test_access_models import STAFF, held
from tests.rules.world import KINDS
from webapp.extensions import db

pytestmark = pytest.mark.slow

TESTS = Path(__file__).resolve().parents[1]
SWITCHES = ("WTF_CSRF_ENABLED", "WTF_CSRF_CHECK_DEFAULT", "LOGIN_DISABLED")
# Where it is tried what becomes of an application whose protection is off.
TURNED_OFF = {"test_deployment.py": 1}
# Doors that only a test wants, which no page posts to.
EXEMPT = {"deploy/program.py", "web/test_locale.py"}


def protection_off(tree: ast.AST) -> Iterator[ast.AST]:
    """Where a switch is given a value that is no true one: as a key, an item, an argument or a name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if _is_switch(key) and not _is_on(value):
                    yield node
        elif isinstance(node, ast.Assign):
            keys = [target.slice for target in node.targets if isinstance(target, ast.Subscript)]
            if any(_is_switch(key) for key in keys) and not _is_on(node.value):
                yield node
        elif isinstance(node, ast.Call):
            named = [word for word in node.keywords if word.arg in SWITCHES and not _is_on(word.value)]
            placed = len(node.args) > 1 and any(
                _is_switch(one) and not _is_on(node.args[number + 1])
                for number, one in enumerate(node.args[:-1])
            )
            if named or placed:
                yield node


def _is_switch(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value in SWITCHES


def _is_on(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and bool(node.value)


def sources() -> Iterator[tuple[str, ast.Module]]:
    for path in sorted(TESTS.rglob("*.py")):
        yield str(path.relative_to(TESTS)), ast.parse(path.read_text())


def test_no_test_runs_without_the_protection_of_forms() -> None:
    """TH-02."""
    off = {name: found for name, tree in sources() if (found := len([*protection_off(tree)]))}
    assert off == TURNED_OFF
    exempt = {name for name, tree in sources() if "csrf.exempt" in {*map(ast.unparse, _attributes(tree))}}
    assert exempt == EXEMPT


def _attributes(tree: ast.AST) -> Iterator[ast.Attribute]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Attribute))


@pytest.mark.parametrize(
    "planted",
    [
        'app.config["WTF_CSRF_ENABLED"] = False',
        "app.config.update(WTF_CSRF_ENABLED=False)",
        'app.config.update({"WTF_CSRF_CHECK_DEFAULT": 0})',
        'monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)',
        'app.config.setdefault("LOGIN_DISABLED", None)',
    ],
)
def test_a_test_without_the_protection_would_be_noticed(planted: str) -> None:
    """TH-06."""
    assert len([*protection_off(ast.parse(planted))]) == 1
    assert not [
        *protection_off(ast.parse(planted.replace("False", "True").replace("0", "1").replace("None", "1")))
    ]


def test_the_application_of_the_tests_is_protected(app: Flask) -> None:
    """TH-02."""
    assert {app.config.get(name, True) for name in SWITCHES[:2]} == {True}
    assert not app.config.get("LOGIN_DISABLED")
    assert not app.testing


# Every refusal has a twin that is allowed (TH-03)

# Everybody who has signed in may, so only strangers are refused.
# Strangers, who is inactive, and who is no staff.
KEPT_OUT = 3
OWN = {
    "admin.index",
    "admin.search",
    *(f"account.{name}" for name in ("address", "confirm", "password", "profile", "sessions", "stay")),
}


def test_each_line_of_the_table_refuses_somebody_and_allows_somebody() -> None:
    """TH-03."""
    alone = []
    for (method, endpoint), statuses in table().items():
        if endpoint in PUBLIC:
            continue
        answers = dict(zip(KINDS, statuses, strict=True))
        staff = statuses[KEPT_OUT:]
        allowed = {200, 303} & set(staff)
        refused = {403, 404} & set(staff) or endpoint in OWN
        if not allowed or not refused or answers["stranger"] != 303:
            alone.append((method, endpoint))
    assert alone == []


def test_each_request_to_a_model_is_refused_to_some_and_done_for_others(library_app: Flask) -> None:
    """TH-03: the same request, with and without the words that it needs."""
    alice = signed_in(library_app, add_user(library_app, "alice", is_superuser=True))
    alone, seen = [], 0
    for model_admin in admins(library_app):
        for asked in asked_of(library_app, alice, model_admin):
            may = {kind for kind in (*STAFF, "superuser") if asked.is_for(held(model_admin, kind))}
            # What a model does not offer, not even a superuser may; a short address only leads on.
            if asked.needs and "superuser" in may:
                seen += 1
                if len(may) > len(STAFF):
                    alone.append((model_admin.name, asked.method, asked.address))
        with library_app.app_context():
            world.empty_tables(db.engine)
    assert alone == []
    assert seen > 100
