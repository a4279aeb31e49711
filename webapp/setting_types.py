"""What a setting may look like: one annotated type a kind of value, each with its check.

A check returns the value in its one normal form or raises `ValueError` with the rest of a sentence that
begins with the variable's name, says the way out and never repeats the value.
"""

import os
import re
from inspect import signature
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import get_timezone
from flask.helpers import get_debug_flag
from pydantic import AfterValidator, BeforeValidator, SecretStr
from pydantic_settings import NoDecode
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from webapp.mail_address import parse_route, parse_sender

ROOT = Path(__file__).resolve().parent.parent

LOCAL_HOSTS = ("localhost", "127.0.0.1")
NEW_KEY = 'make one with python -c "import secrets; print(secrets.token_urlsafe(48))"'
SECRET_KEY_LENGTH = 32
SECRET_KEY_DISTINCT = 10

# Keys that anybody can read: ours in .env.example, and the one in the Flask documentation.
EXAMPLE_KEYS = frozenset(
    {
        "replace-me: python -c 'import secrets; print(secrets.token_urlsafe(48))'",
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    }
)

# The driver that a bare engine name stands for. SQLAlchemy itself knows no `postgres` and takes `mysql` and
# `mariadb` for mysqlclient, which has no wheel for Linux.
DRIVERS = {
    "sqlite": "sqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
PACKAGES = {"postgresql": "psycopg[binary]", "mysql": "PyMySQL[rsa]", "mariadb": "PyMySQL[rsa]"}


def _split(value: object) -> object:
    """`a, b` -> ("a", "b"): lists are written with commas, not as JSON."""
    if isinstance(value, str):
        return tuple(part for part in (piece.strip() for piece in value.split(",")) if part)
    return value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


def _database_url(text: str) -> str:
    """The address with the driver named and, for SQLite, an absolute path."""
    try:
        given = url = make_url(text.strip())
    except (ArgumentError, ValueError):
        raise ValueError("is not a database address: write engine://user:password@host/name") from None
    engine, _, driver = url.drivername.partition("+")
    if engine not in DRIVERS:
        raise ValueError("names an unknown engine: use sqlite, postgresql, mysql or mariadb")
    if not driver:
        url = url.set(drivername=DRIVERS[engine])
    _check_driver(url)
    _check_options(url)
    url = _sqlite_file(url) if engine == "sqlite" else _server_url(url)
    return text.strip() if url == given else url.render_as_string(hide_password=False)


def _check_driver(url: URL) -> None:
    """Refuse a driver that is not installed, or one for asyncio, here rather than at the first query."""
    engine = url.drivername.partition("+")[0]
    try:
        dialect = url.get_dialect()
        dialect.import_dbapi()
    except NoSuchModuleError:
        raise ValueError("names a driver that SQLAlchemy does not know: leave the part after + out") from None
    except ImportError:
        package = PACKAGES.get(engine)
        way_out = f"pip install '{package}'" if package else "leave the part after + out"
        raise ValueError(f"needs a Python package that is not installed: {way_out}") from None
    if dialect.is_async:
        raise ValueError("names a driver for asyncio: leave the part after + out")


def _check_options(url: URL) -> None:
    """Refuse what stands behind the `?` and is no argument of the driver, which would end in a traceback."""
    dialect = url.get_dialect()
    try:
        arguments, options = dialect().create_connect_args(url)
        if dialect.driver == "pymysql":  # the others say calmly which name they do not know
            signature(dialect.import_dbapi().connect).bind(*arguments, **options)
    except (ArgumentError, TypeError, ValueError):
        raise ValueError(
            "has an option behind the ? that its driver does not know or cannot read: leave it out, or write it "
            "as the driver does (for MariaDB with TLS: ?ssl_ca=/path/to/ca.pem)"
        ) from None


def _sqlite_file(url: URL) -> URL:
    """A relative path means a file in the project's root, for every command and the server alike."""
    name = url.database or ":memory:"
    if name == ":memory:" or name.startswith("file:"):
        return url
    path = ROOT / name
    # Unlike the methods of Path it does not fail where a name is too long or a directory is closed.
    if not os.path.isdir(path.parent):
        raise ValueError("names a SQLite file in a directory that does not exist: make the directory first")
    if os.path.isdir(path):
        raise ValueError("names a directory: name a SQLite file in it")
    return url.set(database=str(path))


def _server_url(url: URL) -> URL:
    if "@" in (url.host or ""):
        raise ValueError("has an @ in the password: write it as %40 (and % as %25, : as %3A, / as %2F)")
    if not url.database:
        raise ValueError("names no database: write engine://user:password@host/name")
    return url


def _secret_key(key: SecretStr) -> SecretStr:
    """Refuse what can be guessed, unless in debug: who knows the key is whoever they like."""
    text = key.get_secret_value()
    if not text:
        raise ValueError(f"is empty: {NEW_KEY}")
    if not get_debug_flag() and (weakness := key_weakness(text)):
        raise ValueError(f"{weakness}: {NEW_KEY}")
    return key


def key_weakness(text: str) -> str | None:
    """Why somebody could guess this key, as the rest of a sentence; ``None`` where nobody can."""
    if text in EXAMPLE_KEYS:
        return "is an example that everybody can read"
    if len(text) < SECRET_KEY_LENGTH:
        return f"is shorter than {SECRET_KEY_LENGTH} characters"
    if len(set(text)) < SECRET_KEY_DISTINCT:
        return f"has fewer than {SECRET_KEY_DISTINCT} different characters"
    return None


def _base_url(text: str) -> str:
    """`https://host[:port][/prefix]` without the last slash; plain http only where nobody can listen in."""
    parts = _parse_address(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is not an address: write https://admin.example.org")
    if parts.query or parts.fragment or parts.username is not None or parts.password is not None:
        raise ValueError("must be scheme, host, port and path only: write https://admin.example.org")
    if parts.scheme == "http" and parts.hostname not in LOCAL_HOSTS:
        raise ValueError("must begin with https:// (plain http is for localhost and 127.0.0.1 only)")
    return f"{parts.scheme}://{parts.netloc.lower()}{parts.path.rstrip('/')}"


def _parse_address(text: str) -> SplitResult:
    text = text.strip()
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 - raises for a port that is no port
    except ValueError:
        raise ValueError("is not an address: write https://admin.example.org") from None
    if not text.isascii() or not text.isprintable() or any(mark in text for mark in " \\<>\"'"):
        raise ValueError("holds characters that an address cannot have: write https://admin.example.org")
    return parts


def _host(text: str) -> str:
    """A bare host name; a leading dot stands for every name below it."""
    name = text.lower()
    if not name.lstrip(".") or not name.isascii() or any(mark in name for mark in "*/:@ \\"):
        raise ValueError(
            "must be host names with commas between, without scheme, port or *: example.org, .example.org"
        )
    return name


def _site_name(text: str) -> str:
    if not text.strip() or not text.isprintable():
        raise ValueError("must be a name of printable characters")
    return text.strip()


def _locale(text: str) -> str:
    try:
        return str(Locale.parse(text.strip().replace("-", "_")))
    except (UnknownLocaleError, ValueError, TypeError):
        raise ValueError("is not a language: write en, pt_BR, de, ...") from None


def _timezone(text: str) -> str:
    try:
        name = ZoneInfo(text.strip()).key
        get_timezone(name)  # the screen's dates come from Babel, which keeps a list of its own
        return name
    except (LookupError, ValueError, OSError):
        raise ValueError("is not a time zone: write UTC, America/Sao_Paulo, Europe/Lisbon, ...") from None


def _ip_address(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        raise ValueError("must be an IP address: 127.0.0.1, or 0.0.0.0 for every interface") from None


def _hashes_file(text: str) -> str:
    """Told at start: a file that is missing would refuse no password, and nobody would notice."""
    path = (ROOT / text.strip()).absolute()
    try:
        with path.open("rb") as lines:
            first = lines.readline(200)
    except OSError:
        raise ValueError("is no file that can be read here") from None
    if not re.match(rb"[0-9A-Fa-f]{40}\b", first):
        raise ValueError(
            "is no file of SHA-1 hashes in their order, one a line, as Have I Been Pwned offers it"
        )
    return str(path)


def _mail_url(url: SecretStr) -> SecretStr:
    parse_route(url.get_secret_value())
    return url


CommaSeparated = BeforeValidator(_split)

DatabaseUrl = Annotated[str, AfterValidator(_database_url)]
SecretKey = Annotated[SecretStr, AfterValidator(_secret_key)]
SecretKeys = Annotated[tuple[SecretKey, ...], NoDecode, CommaSeparated]
BaseUrl = Annotated[str, AfterValidator(_base_url)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], NoDecode, CommaSeparated]
SiteName = Annotated[str, AfterValidator(_site_name)]
LogLevel = Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"], BeforeValidator(_upper)]
LogFormat = Literal["console", "json"]
LocaleName = Annotated[str, AfterValidator(_locale)]
TimezoneName = Annotated[str, AfterValidator(_timezone)]
IpAddress = Annotated[str, AfterValidator(_ip_address)]
HashesFile = Annotated[str, AfterValidator(_hashes_file)]
MailUrl = Annotated[SecretStr, AfterValidator(_mail_url)]
MailSender = Annotated[str, AfterValidator(parse_sender)]
