"""A small disk that is really full, or really only reads: a file system of the tests' own for a database."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp

import pytest
from flask import Flask
from sqlalchemy import text

from tests.conftest import add_user, close, make_settings, signed_in, stamp
from tests.engines import database_urls, engine_name
from tests.faults.calm import FULL, engine_of, is_calm, told_of
from tests.faults.servers import KINDS, Missing, Server, own_server
from tests.pages import Visitor
from tests.rules.world import dump
from webapp import create_app
from webapp.extensions import db
from webapp.users.models import User

pytestmark = pytest.mark.slow


@contextmanager
def small_disk(size: str) -> Iterator[Path]:
    place = Path(mkdtemp(prefix="zelador-disk-", dir="/tmp"))
    try:
        mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place))
    except (OSError, subprocess.CalledProcessError) as error:
        place.rmdir()
        pytest.skip(f"no file system can be mounted here: {error}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)  # noqa: S603, S607
        place.rmdir()


@pytest.fixture
def disk() -> Iterator[Path]:
    with small_disk("4m") as place:
        yield place


def mount(*arguments: str) -> None:
    subprocess.run(["mount", *arguments], check=True, capture_output=True)  # noqa: S603, S607


@pytest.fixture
def on_small_disk(disk: Path) -> Iterator[Flask]:
    app = create_app(make_settings(DATABASE_URL=f"sqlite:///{disk / 'own.db'}"))
    with app.app_context():
        db.create_all()
        stamp(db.engine)
    yield app
    close(app)


@pytest.fixture
def alice_there(on_small_disk: Flask) -> Visitor:
    return signed_in(on_small_disk, add_user(on_small_disk, "alice", is_superuser=True))


@pytest.fixture
def bob_there(on_small_disk: Flask) -> User:
    return add_user(on_small_disk, "bob")


def fill_up(place: Path) -> Path:
    """Leave no byte free."""
    file = place / "filler"
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(512)):
            pass
    return file


def is_sound(app: Flask) -> bool:
    with app.app_context():
        return bool(db.session.scalar(text("PRAGMA integrity_check")) == "ok")


def test_a_disk_without_a_byte_left_keeps_nothing_by_half_and_works_when_there_is_room(
    on_small_disk: Flask, alice_there: Visitor, bob_there: User, disk: Path
) -> None:
    """DB-09."""
    filler, count = fill_up(disk), 0
    while True:
        # What the write-ahead log has reserved already is used up first.
        form = alice_there.get(f"/users/{bob_there.id}/change/").form().fill(full_name="B" * 100 + str(count))
        before = dump(on_small_disk)
        page = form.submit()
        if page.status != 303:
            break
        count += 1
        assert count < 500
    assert is_calm(page, FULL)
    assert dump(on_small_disk) == before
    assert alice_there.get("/users/").status == 200
    filler.unlink()
    # From the page itself, which holds what was typed.
    assert page.form().submit().status == 303
    assert told_of(on_small_disk, bob_there.id)[1] == count + 1
    assert is_sound(on_small_disk)


def test_commands_say_that_the_disk_is_full(on_small_disk: Flask, disk: Path) -> None:
    # What the processes share is made anew, for which there is no room either.
    close(on_small_disk)
    filler = fill_up(disk)
    runner = on_small_disk.test_cli_runner()
    try:
        for command in (["rebuild-search"], ["seed", "users", "--count", "10"]):
            result = runner.invoke(args=command)
            assert (result.exit_code, "full" in result.output) == (1, True), result.output
            assert "Make room on its disk" in result.output
            assert "upgrade" not in result.output
    finally:
        filler.unlink()
    assert runner.invoke(args=["rebuild-search"]).exit_code == 0


def test_a_file_system_that_only_reads_refuses_changes_calmly_and_works_when_it_writes_again(
    on_small_disk: Flask, alice_there: Visitor, bob_there: User, disk: Path
) -> None:
    """DB-09: as after an error of the disk, when the system mounts it anew for reading only."""
    form = alice_there.get(f"/users/{bob_there.id}/change/").form().fill(full_name="Robert")
    before = dump(on_small_disk)
    # As long as a file is open for writing the system refuses.
    engine_of(on_small_disk).dispose()
    mount("-o", "remount,ro", str(disk))
    try:
        assert is_calm(form.submit())
        assert is_calm(alice_there.get("/users/")) or alice_there.get("/users/").status == 200
        assert Visitor(on_small_disk).get("/readyz").status == 503
    finally:
        engine_of(on_small_disk).dispose()
        mount("-o", "remount,rw", str(disk))
    assert dump(on_small_disk) == before
    assert Visitor(on_small_disk).get("/readyz").status == 200
    assert form.submit().status == 303
    assert told_of(on_small_disk, bob_there.id) == ("Robert", 1)
    assert is_sound(on_small_disk)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_server_whose_disk_is_full_is_told_of_calmly_and_works_when_there_is_room(kind: str) -> None:
    """DB-09."""
    if kind not in {engine_name(url).replace("mysql", "mariadb") for url in database_urls()}:
        pytest.skip(f"TEST_DATABASE_URLS names no {kind}, so that none is started either")
    with small_disk("300m") as place:
        try:
            with own_server(kind, place) as server:
                _fill_and_free(server, place)
        except Missing as missing:
            pytest.skip(str(missing))


def _fill_and_free(server: Server, place: Path) -> None:
    app = create_app(make_settings(DATABASE_URL=server.url))
    with app.app_context():
        db.create_all()
    visitor, bob = signed_in(app, add_user(app, "alice", is_superuser=True)), add_user(app, "bob")
    filler, count = fill_up(place), 0
    while True:
        form = visitor.get(f"/users/{bob.id}/change/").form().fill(full_name="B" * 100 + str(count))
        page = form.submit()
        if page.status != 303:
            break
        count += 1
        assert count < 2000
    assert is_calm(page, FULL)
    assert told_of(app, bob.id)[1] == count
    filler.unlink()
    assert form.submit().status == 303
    assert told_of(app, bob.id)[1] == count + 1
    close(app)
