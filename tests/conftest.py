"""What every test can ask for: an application on each engine, the people, and visitors."""

import gc
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import hypothesis
import pytest
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from argon2 import PasswordHasher
from flask import Flask
from jinja2.bccache import Bucket, BytecodeCache
from sqlalchemy import Engine, create_engine, event, update
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import StaticPool

from tests.engines import SQLITE, database_urls, empty_tables, engine_name, fresh_database
from tests.measured import Tracing, measured
from tests.pages import PASSWORD, Visitor
from tests.shares import IS_THOROUGH, shared_out
from webapp import create_app
from webapp.account.models import UserSession
from webapp.account.sessions import LAST_PERSON, TOKEN, hash_token
from webapp.admin.editing.sought import PLANS
from webapp.database import Base, now
from webapp.extensions import db
from webapp.mail.delivery import MAILBOX
from webapp.mail.outbox import OUTBOX
from webapp.setting_types import ROOT
from webapp.settings import Settings
from webapp.texts import language
from webapp.users import passwords
from webapp.users.models import User, UserGrant
from webapp.users.passwords import PasswordHash

# An example takes as long as the machine is busy; what is slow shows in the durations of the run instead.
# In CI the same examples come each time: what fails there, fails here.
hypothesis.settings.register_profile(
    "zelador",
    deadline=None,
    derandomize="CI" in os.environ,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
hypothesis.settings.load_profile("zelador")


class Compiled(BytecodeCache):
    """Templates are compiled once in a process and language: each application would compile all that it draws."""

    def __init__(self) -> None:
        self.kept: WeakKeyDictionary[Any, dict[str, bytes]] = WeakKeyDictionary()

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self.kept.get(language().catalogue, {})
        if bucket.key + bucket.checksum in kept:
            bucket.bytecode_from_string(kept[bucket.key + bucket.checksum])

    def dump_bytecode(self, bucket: Bucket) -> None:
        kept = self.kept.setdefault(language().catalogue, {})
        kept[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Compiled()}

Entrance = Callable[[Flask, User], Visitor]

SECRET_KEY = "a key for tests only: 7hW2nQ9xLr4Vb8Zt"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--rounds", type=int, default=1, help="how often each test marked `race` is run")
    parser.addoption("--share", action="store_true", help="leave a part of what is alike to other runs")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Repeat what is marked ``race``: not always the same one is quicker."""
    rounds = metafunc.config.getoption("rounds")
    if rounds > 1 and metafunc.definition.get_closest_marker("race"):
        metafunc.fixturenames.append("round")
        metafunc.parametrize("round", range(rounds))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run what is marked ``one_engine`` on SQLite only, and under ``--share`` not each case on each engine."""
    left_out = {
        item
        for item in items
        if item.get_closest_marker("one_engine") and _engine_of(item) not in (None, SQLITE)
    }
    if config.getoption("share") and not IS_THOROUGH:
        left = [item for item in items if item not in left_out]
        left_out |= shared_out(left, config.getoption("randomly_seed"))
    if left_out:
        config.hook.pytest_deselected(items=[item for item in items if item in left_out])
        items[:] = [item for item in items if item not in left_out]
    if config.getoption("share") and len(database_urls()) > 1:
        config.pluginmanager.register(Tracing(measured(items)))


def pytest_collection_finish() -> None:
    """Leave what stays until the end out of the rounds of the garbage collector, and make them seldom."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


def _engine_of(item: pytest.Item) -> str | None:
    called = getattr(item, "callspec", None)
    return called.params.get("engine_app") if called else None


@pytest.fixture(autouse=True)
def _push_request_context() -> None:
    """Replaces pytest-flask's: with its one context all requests of a test share `g`, and so the signed-in person."""


@pytest.fixture
def session() -> Iterator[Session]:
    """The lesson's session: an empty in-memory SQLite database with every table."""
    engine = create_engine(
        "sqlite:///:memory:", connect_args={"check_same_thread": False}, poolclass=StaticPool
    )
    make_session = sessionmaker(autocommit=False, autoflush=False, bind=engine)
    Base.metadata.create_all(engine)
    with make_session() as opened:
        yield opened
    Base.metadata.drop_all(engine)
    engine.dispose()


@pytest.fixture(scope="session", autouse=True)
def _quick_hashes() -> Iterator[None]:
    """Hash with the least memory: the real cost is asserted where it matters (see `real_hashes`)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "_hasher", PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
        passwords._dummy.cache_clear()
        yield


@pytest.fixture
def real_hashes(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash as in production."""
    hasher = PasswordHasher(
        time_cost=passwords.TIME_COST, memory_cost=passwords.MEMORY_KIB, parallelism=passwords.PARALLELISM
    )
    monkeypatch.setattr(passwords, "_hasher", hasher)
    passwords._dummy.cache_clear()
    yield
    passwords._dummy.cache_clear()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The hashing that is done from here on: "hash" or "verify" for each Argon2 computation."""
    done: list[str] = []
    passwords._dummy()

    class Counting(PasswordHasher):
        def hash(self, password: Any, **options: Any) -> str:
            done.append("hash")
            return super().hash(password, **options)

        def verify(self, hash: Any, password: Any) -> bool:
            done.append("verify")
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "_hasher", Counting(time_cost=2, memory_cost=16, parallelism=1))
    return done


@pytest.fixture(scope="session", params=database_urls(), ids=engine_name)
def engine_app(request: pytest.FixtureRequest) -> Iterator[Flask]:
    """One application for each engine, its tables made once."""
    with ExitStack() as stack:
        url = stack.enter_context(fresh_database(request.param))
        app = create_app(make_settings(DATABASE_URL=url))
        with app.app_context():
            db.create_all()
            stamp(db.engine)
        yield app
        with app.app_context():
            for engine in db.engines.values():
                engine.dispose()


def stamp(engine: Engine) -> None:
    """Note in a database whose tables were made at once that every revision is in it."""
    with engine.begin() as connection:
        MigrationContext.configure(connection).stamp(ScriptDirectory(str(ROOT / "migrations")), "heads")


@pytest.fixture
def app(engine_app: Flask) -> Iterator[Flask]:
    """The application with empty tables."""
    # What the last form of another test has asked comes along with none of this one.
    engine_app.extensions[PLANS].clear()
    yield engine_app
    with engine_app.app_context():
        empty_tables(db.engine)


def make_settings(**values: str) -> Settings:
    """Settings that no `.env` and no environment reaches."""
    return Settings(_env_file=None, **{"SECRET_KEY": SECRET_KEY, **values})  # type: ignore[arg-type]


def close(app: Flask) -> None:
    """Give back the connections of an application that a test made: one left open is told of in another test."""
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def mailbox(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Mail that stays here, and none that waits when the test is over: it would come into another one's mailbox."""
    monkeypatch.setitem(app.config, "MAIL_URL", "memory")
    app.extensions.pop(MAILBOX, None)
    yield
    assert (app.extensions[OUTBOX].flush(10), app.extensions[OUTBOX]._put_off) == (True, [])


# The people


@pytest.fixture
def alice(app: Flask) -> User:
    """A superuser."""
    return add_user(app, "alice", is_superuser=True)


@pytest.fixture
def bob(app: Flask) -> User:
    """Somebody who may see users and nothing else."""
    return add_user(app, "bob", grants=("users.view",))


@pytest.fixture
def charlie(app: Flask) -> User:
    """Somebody who may sign in and nothing else."""
    return add_user(app, "charlie")


def add_user(app: Flask, username: str, *, grants: tuple[str, ...] = (), **values: object) -> User:
    """A user who may sign in with the one password of the tests."""
    with app.app_context():
        user = User(
            **{
                "username": username,
                "email": f"{username}@example.org",
                "password": _hash_of_password(),
                "is_staff": True,
                **values,
            }
        )
        user.grants = [UserGrant(permission=permission) for permission in grants]
        db.session.add(user)
        db.session.commit()
        db.session.refresh(user)
        return user


def _hash_of_password() -> PasswordHash:
    return passwords.hash_password(PASSWORD)


def reload(app: Flask, user: User) -> User | None:
    """The user as the database has it now."""
    with app.app_context():
        return db.session.get(User, user.id)


# Visitors


@pytest.fixture
def stranger(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def enter() -> Entrance:
    """How somebody comes to be signed in."""
    return signed_in


@pytest.fixture
def as_alice(app: Flask, alice: User, enter: Entrance) -> Visitor:
    return enter(app, alice)


@pytest.fixture
def as_bob(app: Flask, bob: User, enter: Entrance) -> Visitor:
    return enter(app, bob)


@pytest.fixture
def as_charlie(app: Flask, charlie: User, enter: Entrance) -> Visitor:
    return enter(app, charlie)


def signed_in(app: Flask, user: User) -> Visitor:
    """A visitor in whose browser *user* has been signed in, without the page and the password that take the longest
    of most tests; :func:`came_in` does it as a person does."""
    visitor, token, moment = Visitor(app), secrets.token_urlsafe(32), now()
    with app.app_context(), db.session.begin():
        times = {"created_at": moment, "last_seen_at": moment, "confirmed_at": moment}
        seen = {"ip": "127.0.0.1", "user_agent": "Werkzeug"}
        db.session.add(UserSession(token_hash=hash_token(token), user_id=user.id, **times, **seen))
        unchanged = {"version": User.version, "updated_at": User.updated_at}
        db.session.execute(
            update(User).where(User.id == user.id).values(last_login_at=moment, **unchanged),
            execution_options={"synchronize_session": False},
        )
    with visitor.client.session_transaction() as cookie:
        cookie[TOKEN], cookie[LAST_PERSON] = token, user.id
    return visitor


def came_in(app: Flask, user: User) -> Visitor:
    """A visitor who has signed in as *user* through the page, which leaves an entry and a cookie that knows him."""
    visitor = Visitor(app)
    page = visitor.sign_in(user.username)
    assert page.status == 303, page.text
    return visitor


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that the application sends in the block; what opens and ends transactions is not among them."""
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(
            ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE", "PRAGMA", "SET ")
        ):
            statements.append(statement)

    with app.app_context():
        engine: Engine = db.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", note)
