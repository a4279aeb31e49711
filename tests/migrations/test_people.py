"""Revision 2: what becomes of the people who are there already."""

import re

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Engine, select, text
from sqlalchemy.orm import Session

from tests.migrations.rows import HASH, Deploy, insert_people, people_of, person, schema_of
from webapp.users.models import Group, User

pytestmark = pytest.mark.slow

BCRYPT = "$2b$12$" + "a" * 53
KNOWN = {
    "argon2": HASH,
    "django pbkdf2": "pbkdf2_sha256$600000$salt$" + "A" * 43 + "=",
    "django argon2": "argon2" + HASH,
    "django bcrypt": "bcrypt_sha256$" + BCRYPT,
    "bcrypt": BCRYPT,
    "werkzeug scrypt": "scrypt:32768:8:1$salt$" + "0" * 128,
    "werkzeug pbkdf2": "pbkdf2:sha256:600000$salt$" + "0" * 64,
}
PLAIN = [
    "secret",
    "$argon2id$ is how mine begins",
    BCRYPT + "!",
    "scrypt:32768:8:1$salt$",
    f"{HASH}\n",
    "ﬁne pässword",
]


@pytest.fixture
def lesson(deploy: Deploy, engine: Engine) -> Engine:
    """A database at revision 1."""
    deploy("upgrade", "0001")
    return engine


def test_stored_hashes_stay_and_everything_else_is_hashed(deploy: Deploy, lesson: Engine) -> None:
    kept = [person(n, f"kept{n}", value) for n, value in enumerate(KNOWN.values(), 1)]
    plain = [person(n, f"plain{n}", value) for n, value in enumerate(PLAIN, 101)]
    insert_people(lesson, kept + plain)
    deploy("upgrade")
    stored = {row[0]: row[3] for row in people_of(lesson)}
    assert {row["id"]: row["password"] for row in kept}.items() <= stored.items()
    for row in plain:
        normalised = str(row["password"]).replace("ﬁ", "fi")
        assert stored[row["id"]].startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert PasswordHasher().verify(stored[row["id"]], normalised)


def test_a_fresh_database_has_nobody_in_it(deploy: Deploy, engine: Engine) -> None:
    """PW-13."""
    deploy("upgrade")
    assert people_of(engine) == []


def test_an_empty_password_opens_nothing(deploy: Deploy, lesson: Engine) -> None:
    insert_people(lesson, [person(1, "alice", "")])
    deploy("upgrade")
    assert people_of(lesson)[0][3].startswith("!")


def test_names_that_folding_would_make_equal_stop_the_upgrade_before_any_change(
    deploy: Deploy, lesson: Engine
) -> None:
    people = [
        person(1, "alice", "secret"),
        person(2, " ALICE", "secret"),
        person(3, "bob", "secret", "Bob@example.org"),
        person(4, "charlie", "secret", "bob@EXAMPLE.org "),
    ]
    insert_people(lesson, people)
    schema, rows = schema_of(lesson), people_of(lesson)
    told = deploy("upgrade", exit_code=1).output
    assert "id 1 ('alice') and id 2 (' ALICE'): the username of both would be 'alice'" in told
    assert "id 3 ('Bob@example.org') and id 4 ('bob@EXAMPLE.org '): the email of both" in told
    assert "flask db upgrade again" in told
    assert "Traceback" not in told
    assert schema_of(lesson) == schema
    assert people_of(lesson) == rows

    with lesson.begin() as connection:
        connection.execute(text("UPDATE users SET username = 'alice2' WHERE id = 2"))
        connection.execute(text("DELETE FROM users WHERE id = 4"))
    deploy("upgrade")
    assert [row[1] for row in people_of(lesson)] == ["alice", "alice2", "bob"]


def test_at_most_twenty_rows_are_listed_and_the_rest_counted(deploy: Deploy, lesson: Engine) -> None:
    insert_people(lesson, [person(n, f"{'A' if n % 2 else 'a'}lice{(n + 1) // 2}") for n in range(1, 51)])
    told = deploy("upgrade", exit_code=1).output
    assert len(re.findall(r"^  id ", told, re.MULTILINE)) == 20
    assert "and 5 more" in told


def test_names_that_fold_to_nothing_or_grow_too_long_stop_it_too(deploy: Deploy, lesson: Engine) -> None:
    insert_people(lesson, [person(1, "\u3000"), person(2, "İ" * 80), person(3, "bob")])
    told = deploy("upgrade", exit_code=1).output
    assert "id 1: the username '\\u3000' is empty" in told
    assert "id 2: the username" in told
    assert "is longer than 150 characters" in told
    assert people_of(lesson)[2][1] == "bob"


def test_a_row_of_plain_sql_works_with_its_defaults(deploy: Deploy, engine: Engine) -> None:
    deploy("upgrade")
    with engine.begin() as connection:
        for name in ("alice", "bob"):
            statement = "INSERT INTO users (username, email, password) VALUES (:name, :email, :hash)"
            connection.execute(text(statement), {"name": name, "email": f"{name}@x.org", "hash": HASH})
    with Session(engine) as session:
        alice, bob = session.scalars(select(User).order_by(User.created_at, User.id))
        assert (alice.username, alice.version, alice.is_active, alice.is_staff) == ("alice", 1, True, False)
        assert (alice.full_name, alice.theme, alice.last_login_at) == ("", "auto", None)
        for column in (User.created_at, User.updated_at):
            moment = getattr(alice, column.key)
            assert session.scalar(select(User.id).where(column == moment, User.id == alice.id)) == alice.id
        after = (User.created_at > alice.created_at) | (
            (User.created_at == alice.created_at) & (User.id > alice.id)
        )
        assert session.scalars(select(User).where(after)).all() == [bob]
        alice.full_name = "Alice"
        session.commit()
        assert alice.version == 2


def test_the_number_of_who_was_there_before_is_given_to_nobody_else(deploy: Deploy, engine: Engine) -> None:
    deploy("upgrade", "0005")
    statement = text("INSERT INTO users (username, email, password) VALUES (:name, :name, :hash)")
    with engine.begin() as connection:
        connection.execute(statement, [{"name": name, "hash": HASH} for name in ("alice", "bob")])
    deploy("upgrade")
    with Session(engine) as session:
        groups, people = [Group(name="Readers")], session.scalars(select(User).order_by(User.id)).all()
        session.add(groups[0])
        session.commit()
        for gone in (people[1], groups[0]):
            session.delete(gone)
        session.commit()
        dora = User(username="dora", email="dora@example.org", password="secret")
        session.add_all([dora, again := Group(name="Readers")])
        session.commit()
        assert (dora.id > people[1].id, again.id > groups[0].id) == (True, True)


def test_who_was_there_before_has_shortcuts_and_the_usual_density_and_keeps_all_else(
    deploy: Deploy, engine: Engine
) -> None:
    deploy("upgrade", "0006")
    insert_people(engine, [person(1, "alice"), person(2, "bob")])
    with engine.begin() as connection:
        connection.execute(text("UPDATE users SET theme = 'dark' WHERE id = 2"))
    people = people_of(engine)
    deploy("upgrade")
    choices = text("SELECT theme, density, shortcuts FROM users ORDER BY id")
    with engine.begin() as connection:
        assert [tuple(row) for row in connection.execute(choices)] == [("auto", "", 1), ("dark", "", 1)]
        connection.execute(text("DELETE FROM users WHERE id = 2"))
    deploy("downgrade", "0006")
    assert people_of(engine) == people[:1]
    insert = text("INSERT INTO users (username, email, password) VALUES ('dora', 'dora@x.org', '!')")
    with engine.begin() as connection:
        if engine.dialect.name != "postgresql":  # there people above were numbered by hand, past its sequence
            connection.execute(insert)
            numbers = connection.execute(text("SELECT id FROM users ORDER BY id")).scalars().all()
            assert numbers == [1, 3]
    deploy("upgrade")


def test_capitals_accents_and_spaces_make_another_name_only_where_they_should(
    deploy: Deploy, engine: Engine
) -> None:
    deploy("upgrade")
    insert_people(engine, [person(1, "admin"), person(2, "àdmin"), person(3, "admin ")])
    with Session(engine) as session:
        assert session.scalars(select(User.id).where(User.username == "ADMIN ")).all() == [1]
