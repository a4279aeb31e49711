"""Every kind of value, right and wrong: a wrong one is named in one line, and its value is never shown."""

from typing import Any

import pytest
from sqlalchemy.engine import make_url

from webapp.mail_address import parse_route, parse_sender
from webapp.setting_types import EXAMPLE_KEYS, ROOT
from webapp.settings import ConfigurationError, Settings, load_settings

KEY = "Kq8vN2xR7tYw4zBc9fHj3mLp6sDg1aEu"
OTHER_KEY = KEY[::-1]


@pytest.fixture(autouse=True)
def _without_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLASK_DEBUG", raising=False)


def load(**values: Any) -> Settings:
    return load_settings(**{"_env_file": None, "DATABASE_URL": "sqlite://", "SECRET_KEY": KEY, **values})


def problem(**values: Any) -> str:
    """The line that refuses these values."""
    with pytest.raises(ConfigurationError) as caught:
        load(**values)
    line = str(caught.value)
    assert "\n" not in line
    return line


# DATABASE_URL


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("sqlite:///database.db", f"sqlite:///{ROOT}/database.db"),
        ("sqlite:///./database.db", f"sqlite:///{ROOT}/database.db"),
        (f"sqlite:///{ROOT}/other.db", f"sqlite:///{ROOT}/other.db"),
        ("sqlite://", "sqlite://"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite+pysqlite:///database.db", f"sqlite+pysqlite:///{ROOT}/database.db"),
        ("sqlite:///file:database.db?mode=ro&uri=true", "sqlite:///file:database.db?mode=ro&uri=true"),
        ("postgres://u:p@h/db", "postgresql+psycopg://u:p@h/db"),
        ("postgresql://u:p@h:5433/db", "postgresql+psycopg://u:p@h:5433/db"),
        ("postgresql+psycopg://u@h/db", "postgresql+psycopg://u@h/db"),
        ("mysql://u:p@h/db", "mysql+pymysql://u:p@h/db"),
        ("mariadb://u:p@h/db?charset=utf8mb4", "mariadb+pymysql://u:p@h/db?charset=utf8mb4"),
        (" postgresql:///db ", "postgresql+psycopg:///db"),
        ("postgresql://u@h/db?sslmode=require", "postgresql+psycopg://u@h/db?sslmode=require"),
        ("mysql://u@h/db?ssl_ca=/ca.pem", "mysql+pymysql://u@h/db?ssl_ca=%2Fca.pem"),
    ],
)
def test_the_database_address_gets_its_driver_and_an_absolute_path(given: str, used: str) -> None:
    url = load(DATABASE_URL=given).DATABASE_URL
    assert url == used


@pytest.mark.parametrize("password", ["p@ss:w/rd", "100%", "a%40b", "ü🙂 +&=?#"])
def test_a_database_password_survives(password: str) -> None:
    given = make_url("postgresql://u@h/db").set(password=password).render_as_string(hide_password=False)
    assert make_url(load(DATABASE_URL=given).DATABASE_URL).password == password


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("nonsense", "DATABASE_URL is not a database address"),
        ("", "DATABASE_URL is not a database address"),
        ("postgresql://hushhush:port/db", "DATABASE_URL is not a database address"),
        (
            "oracle://hushhush@h/db",
            "DATABASE_URL names an unknown engine: use sqlite, postgresql, mysql or mariadb",
        ),
        (
            "sqlite:////none/hushhush.db",
            "DATABASE_URL names a SQLite file in a directory that does not exist",
        ),
        (
            f"sqlite:////{'hush' * 100}/x.db",
            "DATABASE_URL names a SQLite file in a directory that does not exist",
        ),
        (f"sqlite:///{ROOT}", "DATABASE_URL names a directory"),
        ("postgresql+psycopg2://hushhush@h/db", "DATABASE_URL needs a Python package that is not installed"),
        ("mysql+mysqldb://hushhush@h/db", "pip install 'PyMySQL[rsa]'"),
        ("sqlite+pysqlcipher:///hushhush.db", "DATABASE_URL needs a Python package that is not installed"),
        ("postgresql+hushhush://h/db", "DATABASE_URL names a driver that SQLAlchemy does not know"),
        ("postgresql+psycopg_async://h/hushhush", "DATABASE_URL names a driver for asyncio"),
        ("postgresql://u:hush@hush@h/db", "DATABASE_URL has an @ in the password: write it as %40"),
        ("postgresql://hushhush@h", "DATABASE_URL names no database"),
        ("sqlite:///database.db?timeout=hushhush", "DATABASE_URL has an option behind the ?"),
        ("mysql://u@h/db?connect_timeout=hushhush", "DATABASE_URL has an option behind the ?"),
        ("mysql://u@h/db?ssl-mode=hushhush", "DATABASE_URL has an option behind the ?"),
    ],
)
def test_a_wrong_database_address_is_refused_without_being_shown(given: str, said: str) -> None:
    line = problem(DATABASE_URL=given)
    assert said in line
    assert "hush" not in line


def test_the_database_address_is_not_shown_by_repr() -> None:
    assert "hushhush" not in repr(load(DATABASE_URL="postgresql://u:hushhush@h/db"))


# SECRET_KEY


def test_a_key_that_nobody_can_guess_is_taken_and_not_shown_by_repr() -> None:
    settings = load(SECRET_KEY_FALLBACKS=f"{OTHER_KEY}, {KEY}")
    assert settings.SECRET_KEY.get_secret_value() == KEY
    assert settings.flask_config()["SECRET_KEY_FALLBACKS"] == [OTHER_KEY, KEY]
    assert KEY not in repr(settings)
    assert OTHER_KEY not in repr(settings)


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("hushhush" * 3, "is shorter than 32 characters"),
        ("hushhush" * 8, "has fewer than 10 different characters"),
        *[(key, "is an example that everybody can read") for key in sorted(EXAMPLE_KEYS)],
    ],
)
def test_a_weak_key_is_refused_except_under_debug(
    key: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("SECRET_KEY", "SECRET_KEY_FALLBACKS"):
        line = problem(**{name: key})
        assert line.startswith(f"{name} {said}")
        assert key not in line
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert load(SECRET_KEY=key).SECRET_KEY.get_secret_value() == key


def test_an_empty_key_is_refused_even_under_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert problem(SECRET_KEY="").startswith("SECRET_KEY is empty")


# The other settings


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("https://admin.example.org", "https://admin.example.org"),
        ("HTTPS://Admin.Example.org:8443/people/", "https://admin.example.org:8443/people"),
        ("http://localhost:8000", "http://localhost:8000"),
        (" http://127.0.0.1/ ", "http://127.0.0.1"),
    ],
)
def test_an_address_with_https_or_on_this_machine_is_taken(given: str, used: str) -> None:
    address = load(BASE_URL=given).BASE_URL
    assert address == used


@pytest.mark.parametrize(
    "given",
    [
        "http://hushhush.example",
        "http://localhost.hushhush.example",
        "http://0.0.0.0:8000",
        "hushhush.example",
        "ftp://hushhush",
        "https://",
        "https://u:hushhush@h",
        "https://hushhush?x=1",
        "https://hushhush#x",
        "https://hushhush:99999",
        "https://[hushhush",
        "https://hush hush",
        "https://hush\nhush",
        "https://hushhüsh",
    ],
)
def test_any_other_address_is_refused(given: str) -> None:
    line = problem(BASE_URL=given)
    assert line.startswith("BASE_URL ")
    assert "hush" not in line


@pytest.mark.parametrize(
    ("base", "more", "hosts"),
    [
        ("http://127.0.0.1:8000", "", ["127.0.0.1", "localhost"]),
        ("http://localhost", "", ["localhost", "127.0.0.1"]),
        ("https://Example.org:444", "", ["example.org"]),
        ("https://a.org", "B.org, .c.org ,a.org,", ["a.org", "b.org", ".c.org"]),
        ("https://a.org", ("b.org",), ["a.org", "b.org"]),
    ],
)
def test_the_host_of_the_address_and_those_named_are_answered(base: str, more: Any, hosts: list[str]) -> None:
    assert load(BASE_URL=base, TRUSTED_HOSTS=more).flask_config()["TRUSTED_HOSTS"] == hosts


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        *[
            ("TRUSTED_HOSTS", host, "must be host names")
            for host in ("*", "http://a", "a:80", "a b", ".", "ä.org")
        ],
        ("PROXY_HOPS", "many", "must be a whole number"),
        ("PROXY_HOPS", "-1", "must be at least 0"),
        ("PROXY_HOPS", "11", "must be at most 10"),
        ("SITE_NAME", "x" * 61, "must have at most 60 characters"),
        ("SITE_NAME", "two\nlines", "must be a name of printable characters"),
        ("SITE_NAME", "  ", "must be a name of printable characters"),
        ("SESSION_IDLE_MINUTES", "0", "must be at least 1"),
        ("SESSION_ABSOLUTE_HOURS", "1.5", "must be a whole number"),
        ("PASSWORD_MIN_LENGTH", "7", "must be at least 8"),
        ("PASSWORD_MIN_LENGTH", "65", "must be at most 64"),
        ("LOG_LEVEL", "LOUD", "must be 'DEBUG', 'INFO', 'WARNING', 'ERROR' or 'CRITICAL'"),
        ("LOG_FORMAT", "xml", "must be 'console' or 'json'"),
        ("DEFAULT_LOCALE", "xx_YY", "is not a language"),
        ("DEFAULT_LOCALE", "/etc", "is not a language"),
        ("DEFAULT_TIMEZONE", "Mars/Olympus", "is not a time zone"),
        ("DEFAULT_TIMEZONE", "America", "is not a time zone"),
        ("DEFAULT_TIMEZONE", "../../etc/passwd", "is not a time zone"),
        ("BIND_ADDRESS", "here", "must be an IP address"),
        ("PORT", "0", "must be at least 1"),
        ("PORT", "65536", "must be at most 65535"),
        ("WEB_CONCURRENCY", "0", "must be at least 1"),
    ],
)
def test_a_wrong_value_is_named_with_what_would_be_right(name: str, value: str, said: str) -> None:
    assert problem(**{name: value}).startswith(f"{name} {said}")


@pytest.mark.parametrize(
    ("name", "value", "used"),
    [
        ("PROXY_HOPS", "2", 2),
        ("SITE_NAME", " Casa Zelada ", "Casa Zelada"),
        ("PASSWORD_MIN_LENGTH", "8", 8),
        ("PASSWORD_MIN_LENGTH", "64", 64),
        ("LOG_LEVEL", "warning", "WARNING"),
        ("LOG_FORMAT", "json", "json"),
        ("DEFAULT_LOCALE", "pt-br", "pt_BR"),
        ("DEFAULT_TIMEZONE", "America/Sao_Paulo", "America/Sao_Paulo"),
        ("BIND_ADDRESS", "::", "::"),
        ("PORT", "65535", 65535),
    ],
)
def test_a_right_value_is_taken_in_its_normal_form(name: str, value: str, used: object) -> None:
    assert getattr(load(**{name: value}), name) == used


# Mail


@pytest.mark.parametrize(
    ("text", "route"),
    [
        ("console", ("console", "", 0)),
        (" memory ", ("memory", "", 0)),
        ("smtp://mail.example.org", ("smtp", "mail.example.org", 587)),
        ("smtp://mail.example.org:2525/", ("smtp", "mail.example.org", 2525)),
        ("smtps://u:p@mail.example.org", ("smtps", "mail.example.org", 465)),
        ("smtp+plain://localhost", ("smtp+plain", "localhost", 25)),
        ("smtp+plain://[::1]:26", ("smtp+plain", "::1", 26)),
    ],
)
def test_a_mail_server_is_an_address(text: str, route: tuple[str, str, int]) -> None:
    assert parse_route(text)[:3] == route


def test_a_password_of_a_mail_server_may_hold_any_character() -> None:
    route = parse_route("smtp://me%40example.org:p%40ss%2F%3A@mail.example.org")
    assert (route.username, route.password) == ("me@example.org", "p@ss/:")
    assert "p@ss" not in repr(route)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://host:port",
        "smtp://hush@host",
        "smtp://u:hush@host/path",
        "smtp://u:hush@host?tls=no",
        "smtp://u:hush@host?ca=/no/such/file",
        "smtp+plain://u:hush@localhost",
        "smtp+plain://mail.example.org",
        "file:/no/such/folder",
        "smtp://ho st",
        "smtp://ho\nst",
        "smtp://[::1",
    ],
)
def test_what_is_no_mail_server_is_refused_without_its_password(text: str) -> None:
    told = problem(MAIL_URL=text or " ")
    assert told.startswith("MAIL_URL ")
    assert "hush" not in told


@pytest.mark.parametrize("text", ["x", "a@b@c", "<>", "A\nB <a@example.org>", "a@example.org, b@example.org"])
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is no sender"):
        parse_sender(text)


@pytest.mark.parametrize(
    "text", ["a@example.org", "Example <no-reply@example.org>", "Café <a@bücher.example>"]
)
def test_a_sender_is_an_address_with_or_without_a_name(text: str) -> None:
    assert parse_sender(f" {text} ") == text


def test_debug_shows_mails_on_the_console(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load().flask_config()["MAIL_URL"] == ""
    monkeypatch.setenv("FLASK_DEBUG", "1")
    assert load().flask_config()["MAIL_URL"] == "console"
    assert load(MAIL_URL="memory").flask_config()["MAIL_URL"] == "memory"
