"""Every page of the users' list is read from an index, wherever it stands: no table is scanned, none is sorted."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import Connection, event, insert, text
from werkzeug.datastructures import MultiDict

from webapp.admin import indexed, sampling
from webapp.admin.indexed import has_index
from webapp.admin.listing.query import read_rows, searched
from webapp.admin.listing.state import ListSpec, list_spec, parse_state
from webapp.admin.site import current_site
from webapp.extensions import db
from webapp.plans import THRESHOLD
from webapp.users.models import User
from webapp.users.status import STATUSES

PEOPLE = 20_000
# A page and one row more, of each of the few blocks that it is made of.
FEW = 600


@pytest.fixture(scope="module")
def crowd(engine_app: Flask) -> Iterator[Flask]:
    """Many users, most of whom tie in something."""
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    rows = [
        {
            "username": f"user{number:06}",
            "email": f"{number:06}@example.org",
            "password": "!",
            "full_name": f"Name {number % 700}",
            "is_staff": number % 50 == 0,
            "is_superuser": number % 5000 == 0,
            # So few are not that to meet a page of them in the order of all is never cheaper, however the rows lie.
            "is_active": number % 60 > 0,
            "created_at": begin + timedelta(minutes=number // 3),
            # The newest have never signed in: to look for them in the order of their ids would be to read the rest.
            "last_login_at": begin + timedelta(minutes=number % 4000) if number < PEOPLE * 0.9 else None,
        }
        for number in range(PEOPLE)
    ]
    # VACUUM also puts what an index of texts has only noted into its place, as every server does by itself in time.
    analyze = {
        "mysql": "ANALYZE TABLE users",
        "mariadb": "ANALYZE TABLE users",
        "postgresql": "VACUUM ANALYZE users",
    }
    with engine_app.test_request_context():
        db.session.execute(insert(User), rows)
        db.session.commit()
        sampling._samples.clear()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(analyze.get(connection.dialect.name, "ANALYZE")))
        yield engine_app
        db.session.rollback()
        with db.engine.begin() as connection:
            connection.execute(User.__table__.delete())


@pytest.mark.parametrize("descending", [False, True], ids=["up", "down"])
@pytest.mark.parametrize(
    "name",
    [
        "username",
        "email",
        "full_name",
        "is_active",
        "is_staff",
        "last_login_at",
        "created_at",
        "updated_at",
        "is_superuser",
        "locale",
        "timezone",
    ],
)
def test_each_page_of_each_order_comes_from_an_index(crowd: Flask, name: str, descending: bool) -> None:
    spec = spec_of(crowd)
    sort = f"-{name}" if descending else name
    for where, arguments in places(spec, sort).items():
        wrong = plan_of(spec, {"sort": sort, **arguments})
        assert wrong == [], f"the {where} page by {sort}"


@pytest.mark.parametrize("query", [{"is_staff": "true"}, {"is_superuser": "true"}, {"is_active": "false"}])
def test_each_filter_on_a_boolean_comes_from_an_index(crowd: Flask, query: dict[str, str]) -> None:
    spec = spec_of(crowd)
    assert plan_of(spec, query) == []
    assert plan_of(spec, {**query, "last": "1"}) == []


@pytest.mark.parametrize("state", list(STATUSES))
def test_each_status_comes_from_an_index(crowd: Flask, state: str) -> None:
    (read,) = plans(spec_of(crowd), {"state": state})
    assert "Seq Scan" not in read
    assert "SCAN users" not in read
    # Of the active ones, which are nearly all, it may be that of the order.
    is_told = db.engine.dialect.name in ("sqlite", "postgresql")
    assert not is_told or "ix_users_" in read or (state == "active" and "uq_users_username" in read)


@pytest.mark.parametrize(
    "q", ["user0123", "000123@ex", "^user0123", "=user000123", '"name 69"', "none such", '"e 12" user']
)
@pytest.mark.parametrize("sort", ["username", "-created_at", "last_login_at"])
def test_a_search_for_few_comes_from_the_index_of_texts(crowd: Flask, q: str, sort: str) -> None:
    spec = spec_of(crowd)
    if not has_index(spec.info, spec.searched):
        pytest.skip("MariaDB has no such index")
    read = plans(spec, {"q": q, "sort": sort})
    assert "search_users" in read[0]
    assert "Seq Scan" not in "".join(read)
    assert "SCAN users" not in "".join(read)


def test_what_few_hold_is_looked_up_as_planned_once_and_through_the_index(crowd: Flask) -> None:
    if db.engine.dialect.name != "postgresql":
        pytest.skip("only PostgreSQL keeps plans")
    spec = spec_of(crowd)
    for number in range(10 * THRESHOLD):
        found = searched(spec, parse_state(spec, MultiDict({"q": f"user00{number:03}7"})))
        assert found.counted == 1
    kept = "SELECT name, cardinality(parameter_types) FROM pg_prepared_statements"
    planned_once = db.session.execute(text(f"{kept} WHERE statement ~ 'ILIKE' AND generic_plans > 0")).all()
    assert planned_once
    for name, number in planned_once:
        plan = db.session.scalars(text(f'EXPLAIN EXECUTE "{name}" ({", ".join(["NULL"] * number)})')).all()
        assert "search_users" in "".join(plan)


@pytest.mark.parametrize("q", ["user", "example"])
@pytest.mark.parametrize("sort", ["username", "-created_at"])
def test_a_search_for_many_walks_through_the_index_of_the_order(
    crowd: Flask, monkeypatch: pytest.MonkeyPatch, q: str, sort: str
) -> None:
    monkeypatch.setattr(indexed, "MANY", 5_000)
    monkeypatch.setattr(indexed, "SURELY_MANY", 5_000)
    monkeypatch.setattr(indexed, "NEAR", 1)
    spec = spec_of(crowd)
    if not has_index(spec.info, spec.searched):
        pytest.skip("MariaDB has no such index")
    read = plans(spec, {"q": q, "sort": sort})[-1]
    assert "search_users" not in read
    assert "Seq Scan" not in read
    assert read.count("TEMP B-TREE") + read.count("Sort Key") == 1, "the rows of the page alone are sorted"
    if db.engine.dialect.name == "postgresql" and sort == "username":
        assert "Index Only Scan" in read


def spec_of(app: Flask) -> ListSpec:
    return list_spec(current_site(app).admin("users"), User(is_superuser=True, is_active=True))


def plans(spec: ListSpec, arguments: dict[str, str]) -> list[str]:
    """How the engine would look up and read the rows of this page."""
    state = parse_state(spec, MultiDict(arguments))
    # What is remembered for a while is read here.
    searched(spec, state)
    connection = db.session.connection()
    word = "EXPLAIN QUERY PLAN" if connection.dialect.name == "sqlite" else "EXPLAIN"
    with noted("search_users", "FROM users") as sent:
        read_rows(spec, state, None)
    explained = [
        connection.exec_driver_sql(f"{word} {statement}", parameters)
        for statement, parameters in without_groups(sent)
    ]
    return ["\n".join(str(line[-1]) for line in lines) for lines in explained]


def without_groups(sent: list[Any]) -> list[Any]:
    """*sent* but for what is read of the groups of a page's people, by their keys."""
    return [one for one in sent if "user_groups" not in one[0]]


def places(spec: ListSpec, sort: str) -> dict[str, dict[str, str]]:
    """The first page, a few on, the last, the one before it, and one that begins among the empty values."""
    found: dict[str, dict[str, str]] = {"first": {}, "last": {"last": "1"}}
    state = parse_state(spec, MultiDict({"sort": sort}))
    found["next"] = {"after": read_rows(spec, state, None).after or ""}
    state = parse_state(spec, MultiDict({"sort": sort, "last": "1"}))
    found["previous"] = {"before": read_rows(spec, state, None).before or ""}
    state = parse_state(spec, MultiDict({"sort": sort, **found["previous"]}))
    found["late"] = {"after": read_rows(spec, state, None).after or ""}
    return found


def plan_of(spec: ListSpec, arguments: dict[str, str]) -> list[str]:
    """What is wrong with how the engine would read this page."""
    with noted("FROM users") as sent:
        read_rows(spec, parse_state(spec, MultiDict(arguments)), None)
    sent = without_groups(sent)
    assert len(sent) == 1
    connection = db.session.connection()
    read = {"sqlite": _sqlite, "postgresql": _postgresql}.get(connection.dialect.name, _mariadb)
    return read(connection, *sent[0])


@contextmanager
def noted(*parts: str) -> Iterator[list[tuple[str, Any]]]:
    """The statements with one of *parts* in them that are sent in the block, and their parameters."""
    sent: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
        if any(part in statement for part in parts):
            sent.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(db.engine, "before_cursor_execute", note)


def _sqlite(connection: Connection, statement: str, parameters: Any) -> list[str]:
    plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters).all()
    # Sorting the few rows that the blocks gave is no matter; sorting where the table is read is.
    reading = {line.parent for line in plan if line.detail.startswith(("SCAN users", "SEARCH users"))}
    return [
        line.detail
        for line in plan
        if line.detail == "SCAN users" or ("TEMP B-TREE" in line.detail and line.parent in reading)
    ]


def _postgresql(connection: Connection, statement: str, parameters: Any) -> list[str]:
    answer = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) {statement}", parameters).scalar_one()
    plan = json.loads(answer) if isinstance(answer, str) else answer
    return [_told(node) for node in _nodes(plan[0]["Plan"]) if _is_bad(node)]


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


def _is_bad(node: dict[str, Any]) -> bool:
    walks_past_others = " IS NULL" in node.get("Filter", "") and "Index Cond" not in node
    return (
        walks_past_others
        or node["Node Type"] == "Seq Scan"
        or ("Sort" in node["Node Type"] and _sorted_rows(node) > FEW)
    )


def _sorted_rows(node: dict[str, Any]) -> int:
    return max(int(child["Plan Rows"]) for child in node["Plans"])


def _told(node: dict[str, Any]) -> str:
    return f"{node['Node Type']} {node.get('Sort Key', '')} {node.get('Plan Rows')}"


def _mariadb(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """MariaDB tells the rows that it may read, not those that a LIMIT leaves: an index must be in use, unsorted."""
    plan = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters).mappings().all()
    return [
        f"{line['key']} {line['Extra']}"
        for line in plan
        if line["table"] == "users" and (line["key"] is None or "filesort" in (line["Extra"] or ""))
    ]
