"""Passwords are kept as Argon2id hashes, whatever way they come in, and compared as they were typed."""

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type
from sqlalchemy import Table, insert, select, text, update
from sqlalchemy.orm import Session

from webapp.users import passwords
from webapp.users.models import User
from webapp.users.passwords import MAX_LENGTH, PasswordHash, hash_password, verify_password

WORDS = "vento leve na varanda"
USERS: Table = User.__table__  # type: ignore[assignment]


def stored(session: Session, username: str = "alice") -> str:
    return str(session.scalar(text("SELECT password FROM users WHERE username = :name"), {"name": username}))


def add(session: Session, password: str) -> User:
    user = User(username="alice", email="alice@example.org", password=password)
    session.add(user)
    session.commit()
    return user


@pytest.mark.usefixtures("real_hashes")
def test_a_stored_hash_is_argon2id_and_costs_what_owasp_asks_for(session: Session) -> None:
    """PW-01."""
    add(session, WORDS)
    parameters = extract_parameters(stored(session))
    assert parameters.type is Type.ID
    assert parameters.memory_cost >= 19 * 1024
    assert parameters.time_cost >= 2
    assert parameters.parallelism == 1


def test_the_orm_hashes_a_plain_password(session: Session) -> None:
    user = add(session, WORDS)
    assert stored(session).startswith("$argon2id$")
    assert verify_password(stored(session), WORDS)
    assert not verify_password(stored(session), WORDS + "!")
    user.password = "outro vento na janela"
    session.commit()
    assert verify_password(stored(session), "outro vento na janela")


def test_core_hashes_a_plain_password_in_insert_and_update(session: Session) -> None:
    """PW-01."""
    session.execute(insert(USERS).values(username="alice", email="a@example.org", password=WORDS))
    assert verify_password(stored(session), WORDS)
    session.execute(update(USERS).values(password="outro vento na janela"))
    assert verify_password(stored(session), "outro vento na janela")
    session.execute(update(User).values(password=WORDS))
    assert verify_password(stored(session), WORDS)


def test_many_rows_inserted_at_once_are_hashed(session: Session) -> None:
    rows = [{"username": f"u{n}", "email": f"u{n}@example.org", "password": f"{WORDS} {n}"} for n in range(3)]
    session.execute(insert(User), rows)
    assert all(verify_password(stored(session, f"u{n}"), f"{WORDS} {n}") for n in range(3))


def test_a_plain_text_that_looks_like_a_hash_is_hashed_too(session: Session) -> None:
    stolen = str(hash_password(WORDS))
    add(session, stolen)
    assert stored(session) != stolen
    assert not verify_password(stored(session), WORDS)
    assert verify_password(stored(session), stolen)


def test_a_finished_hash_is_stored_as_it_is(session: Session) -> None:
    made = hash_password(WORDS)
    add(session, made)
    assert stored(session) == made
    read = session.scalar(select(User.password))
    assert isinstance(read, PasswordHash)
    assert verify_password(read, WORDS)


def test_an_object_holds_no_plain_password_at_any_time(session: Session) -> None:
    user = User(username="alice", email="alice@example.org", password=WORDS)
    assert WORDS not in str(vars(user))
    session.add(user)
    session.commit()
    assert verify_password(user.password, WORDS)
    assert WORDS not in repr(user) + str(vars(user))


@pytest.mark.parametrize(
    "text_in_column",
    [
        "vento leve na varanda",
        "",
        "!",
        "*",
        "$argon2id$",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$",
        "md5$x$y",
        "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g\n",
        "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2g",
    ],
)
def test_a_text_in_the_column_that_is_no_hash_is_unusable_and_never_compared(
    session: Session, monkeypatch: pytest.MonkeyPatch, text_in_column: str
) -> None:
    add(session, WORDS)
    session.execute(text("UPDATE users SET password = :text"), {"text": text_in_column})
    held = session.scalar(select(User.password))
    assert held is not None
    assert not PasswordHash(held).is_usable
    assert not PasswordHash(held).is_stale
    compared: list[str] = []
    real = passwords._hasher

    class Watching:
        def verify(self, hash: str, password: str) -> bool:
            compared.append(hash)
            return real.verify(hash, password)

    dummy = passwords._dummy()
    monkeypatch.setattr(passwords, "_hasher", Watching())
    assert not verify_password(held, text_in_column or "x")
    assert compared == [dummy]


@pytest.mark.parametrize("one", [None, "!", "plain"])
def test_whatever_is_stored_one_comparison_is_paid_for(calls: list[str], one: str | None) -> None:
    good = hash_password(WORDS)
    calls.clear()
    assert verify_password(good, WORDS)
    assert calls == ["verify"]
    calls.clear()
    assert not verify_password(one, WORDS)
    assert calls == ["verify"]


def test_the_same_keys_on_another_keyboard_match() -> None:
    """PW-07."""
    composed, decomposed = "caf\u00e9 com leite quente", "cafe\u0301 com leite quente"
    assert verify_password(hash_password(composed), decomposed)
    assert verify_password(hash_password(decomposed), composed)
    assert not verify_password(hash_password(composed), "cafe com leite quente")


def test_nothing_else_is_done_to_a_password() -> None:
    """PW-07."""
    assert not verify_password(hash_password(WORDS), WORDS + " ")
    assert not verify_password(hash_password(WORDS + " "), WORDS)
    assert verify_password(hash_password(WORDS + " "), WORDS + " ")
    assert not verify_password(hash_password(WORDS), WORDS.upper())


def test_every_character_counts_also_after_the_72nd() -> None:
    """PW-07."""
    long = "ab" * 36
    assert not verify_password(hash_password(long + "x"), long + "y")
    assert verify_password(hash_password(long + "x"), long + "x")


@pytest.mark.parametrize("length", [1, 15, 64, MAX_LENGTH])
def test_a_password_of_up_to_1024_characters_is_taken_whole(length: int) -> None:
    password = "é" * (length - 1) + "🌵"
    assert verify_password(hash_password(password), password)
    assert not verify_password(hash_password(password), password[:-1] + "x")


@pytest.mark.parametrize("length", [0, MAX_LENGTH + 1, 10**6])
def test_an_empty_or_huge_password_is_refused_before_anything_is_hashed(
    calls: list[str], length: int
) -> None:
    """PW-13."""
    good = hash_password(WORDS)
    calls.clear()
    with pytest.raises(ValueError, match="1 to 1024"):
        hash_password("x" * length)
    assert not verify_password(good, "x" * length)
    assert calls == []


def test_an_empty_password_opens_nothing_even_where_its_hash_was_stored() -> None:
    """PW-13."""
    assert not verify_password(passwords._hasher.hash(""), "")


def test_half_a_character_is_a_wrong_password_and_no_fault() -> None:
    assert not verify_password(hash_password(WORDS), WORDS + "\ud800")


@pytest.mark.parametrize(
    ("passes", "memory", "is_stale"),
    [(2, 16, False), (3, 16, False), (2, 32, False), (1, 16, True), (4, 8, True)],
)
def test_a_hash_that_less_work_went_into_is_stale_and_a_stronger_one_is_not(
    passes: int, memory: int, is_stale: bool
) -> None:
    made = PasswordHasher(time_cost=passes, memory_cost=memory, parallelism=1).hash(WORDS)
    assert PasswordHash(made).is_stale is is_stale


def test_a_hash_and_a_password_show_in_no_text_that_a_program_prints(session: Session) -> None:
    made = hash_password(WORDS)
    assert "argon2" not in repr(made) + repr([made])
    statement = insert(USERS).values(username="a", email="a@example.org", password=WORDS)
    assert WORDS not in str(statement)
    written = statement.compile(compile_kwargs={"literal_binds": True})
    assert WORDS not in str(written)
