"""What `make run` and its siblings do before anything of the application is imported."""

import ast
import errno
import os
import re
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import dev
from scripts.environment import Stop
from webapp.settings import Settings


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


@pytest.fixture
def free_port(busy_port: int) -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


class TestPort:
    def test_a_port_with_a_listener_is_not_free(self, busy_port: int) -> None:
        assert not dev.port_is_free(busy_port)

    def test_a_port_without_a_listener_is_free(self, free_port: int) -> None:
        assert dev.port_is_free(free_port)

    def test_the_first_port_is_taken_in_silence(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(dev, "port_is_free", lambda port: True)
        assert dev.choose_port({}) == 8000
        assert capsys.readouterr().out == ""

    def test_a_busy_first_port_moves_on_and_says_so(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(dev, "port_is_free", lambda port: port >= 8002)
        assert dev.choose_port({}) == 8002
        assert capsys.readouterr().out == "8000 is busy, using 8002.\n"

    def test_twenty_busy_ports_end_with_the_way_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(dev, "port_is_free", lambda port: False)
        with pytest.raises(Stop, match=r"8000 to 8019 are all busy.*PORT=9000"):
            dev.choose_port({})

    @pytest.mark.parametrize("name", ["PORT", "FLASK_RUN_PORT"])
    def test_a_chosen_port_is_used(self, free_port: int, name: str) -> None:
        assert dev.choose_port({name: str(free_port)}) == free_port

    def test_a_chosen_port_that_is_busy_is_an_error(self, busy_port: int) -> None:
        with pytest.raises(Stop, match=rf"Port {busy_port} is busy.*lsof -i :{busy_port}"):
            dev.choose_port({"PORT": str(busy_port)})

    @pytest.mark.parametrize("port", ["http", "0", "-1", "65536", "8000.5", " 8000"])
    def test_what_is_no_port_is_refused(self, port: str) -> None:
        with pytest.raises(Stop, match="is no port"):
            dev.choose_port({"PORT": port})

    def test_a_port_that_only_root_may_use_is_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(port: int) -> bool:
            raise PermissionError

        monkeypatch.setattr(dev, "port_is_free", refuse)
        with pytest.raises(Stop, match="above 1023"):
            dev.choose_port({"PORT": "80"})


class TestEnvFile:
    def test_it_is_written_for_its_owner_only(self, tmp_path: Path) -> None:
        path = tmp_path / ".env"
        assert dev.write_env_file(path, {})
        if os.name != "nt":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert 'DATABASE_URL="sqlite:///database.db"\n' in path.read_text()

    def test_each_has_a_key_of_its_own(self, tmp_path: Path) -> None:
        keys = set()
        for name in ("a", "b"):
            dev.write_env_file(tmp_path / name, {})
            found = re.search(r"^SECRET_KEY=(\S{64,})$", (tmp_path / name).read_text(), re.MULTILINE)
            assert found
            keys.add(found[1])
        assert len(keys) == 2

    def test_one_that_exists_is_never_overwritten(self, tmp_path: Path) -> None:
        path = tmp_path / ".env"
        path.write_text("SECRET_KEY=mine\n")
        assert not dev.write_env_file(path, {})
        assert path.read_text() == "SECRET_KEY=mine\n"

    def test_none_is_written_where_the_environment_says_it_all(self, tmp_path: Path) -> None:
        assert not dev.write_env_file(tmp_path / ".env", {"SECRET_KEY": "k", "DATABASE_URL": "sqlite://"})
        assert not (tmp_path / ".env").exists()

    def test_a_full_disk_leaves_no_half_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def full(*_: object) -> None:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

        path = tmp_path / ".env"
        path.touch()
        monkeypatch.setattr(Path, "exists", lambda self: False)
        monkeypatch.setattr(os, "open", full)
        with pytest.raises(Stop, match="The disk is full"):
            dev.write_env_file(path, {})
        assert not path.is_file()

    def test_a_folder_that_cannot_be_written_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(Stop, match=r"Writing \.env failed"):
            dev.write_env_file(tmp_path / "missing" / ".env", {})


class TestBaseUrl:
    @pytest.mark.parametrize(
        "text", ["BASE_URL=https://a.example", "export BASE_URL = 'https://a.example'", "A=1\r\nBASE_URL=x"]
    )
    def test_a_value_in_the_file_counts(self, tmp_path: Path, text: str) -> None:
        (tmp_path / ".env").write_text(text)
        assert dev.is_set("BASE_URL", {}, tmp_path / ".env")

    @pytest.mark.parametrize(
        "text", ["", "BASE_URL=", "BASE_URL=\nSITE_NAME=x", "# BASE_URL=x", "MY_BASE_URL=x", "BASE_URL= # x"]
    )
    def test_a_name_without_a_value_does_not(self, tmp_path: Path, text: str) -> None:
        (tmp_path / ".env").write_text(text)
        assert not dev.is_set("BASE_URL", {}, tmp_path / ".env")

    def test_the_environment_counts(self, tmp_path: Path) -> None:
        assert dev.is_set("BASE_URL", {"BASE_URL": "https://a.example"}, tmp_path / "missing")

    def test_an_unreadable_file_is_left_to_the_settings(self, tmp_path: Path) -> None:
        (tmp_path / ".env").write_bytes(b"BASE_URL=\xff\xfe")
        assert not dev.is_set("BASE_URL", {}, tmp_path / ".env")


def prepared(folder: Path, address: str = dev.DEFAULT_BASE_URL, with_demo: bool = False) -> str:
    """What a start at *address* prints, with a database in *folder*."""
    settings = {
        "BASE_URL": address,
        "DATABASE_URL": f"sqlite:///{folder / 'demo.db'}",
        "SECRET_KEY": "Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu",
    }
    command = f"from scripts import dev; dev.prepare({address!r}, with_demo={with_demo})"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", command],
        env={**os.environ, **settings},
        cwd=dev.ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


class TestCommands:
    def test_an_expected_failure_is_one_sentence_and_exit_code_1(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def fail() -> None:
            raise Stop("The step failed. Do this.")

        monkeypatch.chdir(Path.cwd())
        monkeypatch.setitem(dev.COMMANDS, "run", fail)
        assert dev.main(["run"]) == 1
        assert capsys.readouterr().err == "\nThe step failed. Do this.\n"

    def test_an_unknown_command_shows_the_known_ones(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert dev.main(["fly"]) == 2
        assert "run" in capsys.readouterr().err

    def test_a_database_that_cannot_be_used_is_one_line_with_the_way_out(self, tmp_path: Path) -> None:
        database = tmp_path / "damaged.db"
        database.write_text("This is no database. " * 100)
        settings = {"DATABASE_URL": f"sqlite:///{database}", "SECRET_KEY": "Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu"}
        done = subprocess.run(  # noqa: S603 - our own command
            [sys.executable, str(dev.ROOT / "scripts" / "dev.py"), "serve", "0"],
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 1
        assert done.stderr == (
            "\nThe step 'flask db upgrade' failed: The database cannot be opened: file is not a database. "
            "Check DATABASE_URL.\n"
        )

    @pytest.mark.parametrize(
        ("command", "database"), [("run", "sqlite:///real.db"), ("demo", "sqlite:///demo.db")]
    )
    def test_the_demo_never_uses_the_database_of_the_environment(
        self, monkeypatch: pytest.MonkeyPatch, command: str, database: str
    ) -> None:
        started: list[tuple[list[str], str]] = []
        monkeypatch.chdir(Path.cwd())
        for name, value in (("DATABASE_URL", "sqlite:///real.db"), ("SECRET_KEY", "x"), ("BASE_URL", "y")):
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(dev, "environment", lambda lock: Path(sys.executable))
        monkeypatch.setattr(dev, "choose_port", lambda environ: 8003)
        become = lambda path, command: started.append((command, os.environ["DATABASE_URL"]))  # noqa: E731
        monkeypatch.setattr(dev.os, "execv", become)
        assert dev.main([command]) == 0
        [(line, used)] = started
        assert used == database
        assert line[2:] == ["serve", "8003", *(["demo"] if command == "demo" else [])]

    def test_the_demo_is_filled_at_the_first_start_and_tells_its_password_at_each(
        self, tmp_path: Path
    ) -> None:
        told = [prepared(tmp_path, with_demo=True) for _start in range(2)]
        assert "500 people" in told[0]
        assert "here already" in told[1]
        ways_in = [re.findall("Sign in as alice with the password (\\S+)", one) for one in told]
        assert ways_in[0] == ways_in[1] != []
        assert "first administrator" not in told[0]

    def test_a_start_at_another_port_says_with_what_links_of_commands_lead_there(
        self, tmp_path: Path
    ) -> None:
        assert Settings.model_fields["BASE_URL"].default == dev.DEFAULT_BASE_URL
        address = "http://127.0.0.1:8003"
        assert f"commands print lead here with BASE_URL={address}\n" in prepared(tmp_path, address)
        assert "commands print" not in prepared(tmp_path)

    def test_tests_run_in_the_order_of_a_seed_that_is_given(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("SEED", raising=False)
        assert "--randomly-seed" not in dev.pytest(Path("python"))
        monkeypatch.setenv("SEED", "7")
        assert dev.pytest(Path("python"))[-2:] == ["--randomly-seed", "7"]

    def test_make_alone_lists_every_target(self) -> None:
        makefile = (dev.ROOT / "Makefile").read_text()
        targets = re.findall(r"^([a-z]+):", makefile, re.MULTILINE)
        assert targets == re.findall(r"^([a-z]+):.*## \S", makefile, re.MULTILINE)
        assert set(targets) - {"help"} == set(dev.COMMANDS) - {"serve"}

    def test_an_old_python_could_parse_the_script(self) -> None:
        ast.parse((dev.ROOT / "scripts" / "dev.py").read_text(), feature_version=(3, 7))
