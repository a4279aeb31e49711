"""Every knob of the application: typed, defaulted, explained.

Values come from the environment and, below it, from `.env` in the project's root, found by absolute path,
so that the command line, the server, gunicorn and the tests agree wherever they are started.
`docs/guide/settings.md` lists the same knobs for people; a test compares the two.
"""

import difflib
from collections.abc import Iterable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from flask.helpers import get_debug_flag
from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from webapp.mail_address import CONSOLE
from webapp.setting_types import (
    LOCAL_HOSTS,
    NEW_KEY,
    ROOT,
    BaseUrl,
    DatabaseUrl,
    HashesFile,
    Hosts,
    IpAddress,
    LocaleName,
    LogFormat,
    LogLevel,
    MailSender,
    MailUrl,
    SecretKey,
    SecretKeys,
    SiteName,
    TimezoneName,
)

ENV_FILE = ROOT / ".env"
MEBIBYTE = 1024 * 1024

# How much of a request is read. A view that takes uploads asks for more itself.
LIMITS: dict[str, Any] = {
    "MAX_CONTENT_LENGTH": 16 * MEBIBYTE,
    "MAX_FORM_MEMORY_SIZE": 2 * MEBIBYTE,
    "MAX_FORM_PARTS": 2_000,
}

WAYS_OUT = {
    "DATABASE_URL": 'set it in the environment or in .env, for example DATABASE_URL="sqlite:///database.db"',
    "SECRET_KEY": f"{NEW_KEY} and set it in the environment or in .env",
}

# What pydantic calls its own findings, in words for the person who wrote the value.
PROBLEMS = {
    "int_parsing": "must be a whole number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be {expected}",
}

# Names close to a setting which other parts of the project read.
OTHER_NAMES = frozenset({"TEST_DATABASE_URLS", "TEST_KILLS", "ZELADOR_PASSWORD"})


class ConfigurationError(Exception):
    """Settings are missing or wrong: one line a variable, with the way out and never the value."""


def load_settings(**overrides: Any) -> "Settings":
    """Settings from `overrides`, else the environment, else `.env`; `ConfigurationError` if any is wrong."""
    env_file = overrides.get("_env_file", ENV_FILE)
    try:
        mistyped = _mistyped_names(Path(env_file)) if env_file else []
        settings = Settings(**overrides)
    except ValidationError as error:
        raise ConfigurationError("\n".join([*mistyped, *_lines(error)])) from None
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            ".env cannot be read: it has to be a UTF-8 text file open to this user"
        ) from None
    if mistyped:
        raise ConfigurationError("\n".join(mistyped))
    return settings


def _mistyped_names(env_file: Path) -> list[str]:
    """One line for each name in `.env` that looks like a setting spelt wrong."""
    if env_file.is_dir():
        raise IsADirectoryError(env_file)
    if not env_file.is_file():
        return []
    names = dotenv_values(env_file, interpolate=False)
    return [
        f"{name} in {env_file.name}: no such setting, did you mean {meant}?"
        for name, meant in mistyped(names).items()
    ]


def in_vain(environ: Mapping[str, str]) -> list[str]:
    """One line for each such name in the environment: other programs have names there too, so they stop nothing."""
    return [
        f"{name} in the environment is no setting and is not read; is {meant} meant?"
        for name, meant in mistyped(environ).items()
    ]


def mistyped(names: Iterable[str]) -> dict[str, str]:
    """Names that look like a setting spelt wrong, each with the setting that may be meant."""
    fields = list(Settings.model_fields)
    found = {}
    for name in names:
        if name in Settings.model_fields or name in OTHER_NAMES or name.startswith("FLASK_"):
            continue
        if close := difflib.get_close_matches(name.upper(), fields, n=1, cutoff=0.85):
            found[name] = close[0]
    return found


def _lines(error: ValidationError) -> list[str]:
    """What pydantic found, one line a variable and without the value."""
    lines = []
    for detail in error.errors(include_url=False, include_input=False):
        name = str(detail["loc"][0]) if detail["loc"] else "Settings"
        if detail["type"] == "missing":
            lines.append(f"{name} is not set: {WAYS_OUT.get(name, 'set it in the environment or in .env')}")
        elif detail["type"] == "value_error":
            lines.append(f"{name} {detail['ctx']['error']}")
        else:
            problem = PROBLEMS.get(
                detail["type"], "cannot be read: docs/guide/settings.md says how to write it"
            )
            lines.append(f"{name} {problem.format(**detail.get('ctx', {}))}")
    return list(dict.fromkeys(lines))


class Settings(BaseSettings):
    """The knobs. `flask_config()` turns them into what Flask and its extensions read."""

    model_config = SettingsConfigDict(
        env_file=ENV_FILE,
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        case_sensitive=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    DATABASE_URL: DatabaseUrl = Field(
        repr=False,
        description="Where the data is: `sqlite:///database.db` (a file in the project's root), or "
        "`postgresql://user:password@host/name`, or the same with `mysql` or `mariadb`.",
    )
    SECRET_KEY: SecretKey = Field(
        description="Signs cookies, forms and links: 32 characters or more that nobody can guess.",
    )
    SECRET_KEY_FALLBACKS: SecretKeys = Field(
        default=(),
        description="Former secret keys, commas between: what they signed stays valid after a change of key.",
    )
    BASE_URL: BaseUrl = Field(
        default="http://127.0.0.1:8000",
        description="The address people type. `https://` gives secure cookies and HSTS; `http://` is for "
        "localhost and 127.0.0.1 only.",
    )
    TRUSTED_HOSTS: Hosts = Field(
        default=(),
        description="Further host names that are answered, commas between; `.example.org` stands for every "
        "name below it. The host of `BASE_URL` is always answered; a local one by both its names.",
    )
    PROXY_HOPS: int = Field(
        default=0,
        ge=0,
        le=10,
        description="How many proxies of yours stand in front and set `X-Forwarded-For`, `-Proto` and "
        "`-Host`; with 0 these headers are ignored.",
    )
    SITE_NAME: SiteName = Field(default="Zelador", max_length=60, description="The name on every page.")
    SESSION_IDLE_MINUTES: int = Field(
        default=30,
        ge=1,
        le=30 * 24 * 60,
        description="After so many minutes without a request a person signs in again.",
    )
    SESSION_ABSOLUTE_HOURS: int = Field(
        default=12,
        ge=1,
        le=90 * 24,
        description="After so many hours a person signs in again in any case.",
    )
    LOGIN_TRIES_PER_ACCOUNT: int = Field(
        default=5,
        ge=1,
        le=100,
        description="After so many failed sign-ins as one user name the next waits a minute, then two, four …",
    )
    LOGIN_TRIES_PER_ADDRESS: int = Field(
        default=10,
        ge=1,
        le=100_000,
        description="After so many failed sign-ins from one address (IPv6: one /64) the next waits likewise.",
    )
    LOGIN_TRIES_IN_ALL: int = Field(
        default=1_000,
        ge=1,
        le=1_000_000,
        description="After so many failed sign-ins in all within the window everybody waits for its end, "
        "except in a browser where the person has signed in before.",
    )
    LOGIN_WINDOW_MINUTES: int = Field(
        default=15,
        ge=1,
        le=24 * 60,
        description="So long failed sign-ins are remembered after the last one, and so long a wait is at most.",
    )
    PASSWORD_MIN_LENGTH: int = Field(
        default=15,
        ge=8,
        le=64,
        description="The fewest characters of a new password (NIST 800-63B-4: 15; 8 with a second factor).",
    )
    BREACHED_PASSWORDS: HashesFile | None = Field(
        default=None,
        description="A file with the SHA-1 hashes of passwords that are known from breaches, which nobody may choose; "
        "without it nothing is looked up, and never anywhere else.",
    )
    PASSWORD_LINK_HOURS: int = Field(
        default=48,
        ge=1,
        le=168,
        description="So long a link works by which an administrator lets somebody set the password; one that was asked "
        "for works for an hour.",
    )
    SECURITY_MAILS: bool = Field(
        default=True,
        description="Tell people by mail when their password, address or rights change, and of a sign-in in a browser "
        "where they have not been before.",
    )
    MAIL_URL: MailUrl | None = Field(
        default=None,
        description="The mail server: `smtp://user:password@host:587` (STARTTLS, never without), `smtps://…:465`, "
        "`smtp+plain://localhost`; or `file:/a/folder`, `console`. Without it no mail is sent; with debug it is "
        "`console`.",
    )
    MAIL_FROM: MailSender | None = Field(
        default=None,
        description="Who sends mail, as `Example <no-reply@example.org>`. Without it: `no-reply@` the host of "
        "`BASE_URL`, under the name of the site.",
    )
    LOG_LEVEL: LogLevel = Field(
        default="INFO",
        description="From where on lines are logged: `DEBUG`, `INFO`, `WARNING`, `ERROR`, `CRITICAL`.",
    )
    LOG_FORMAT: LogFormat = Field(
        default="console", description="`console` for people, `json` for machines: one object a line."
    )
    DEFAULT_LOCALE: LocaleName = Field(
        default="en",
        description="The language of people who chose none and whose browser asks for none that there is.",
    )
    DEFAULT_TIMEZONE: TimezoneName = Field(
        default="UTC", description="The time zone of a person who has chosen none."
    )
    BIND_ADDRESS: IpAddress = Field(
        default="127.0.0.1",
        description="Where gunicorn listens: `0.0.0.0` for every interface, as in a container.",
    )
    PORT: int = Field(default=8000, ge=1, le=65535, description="The port where gunicorn listens.")
    WEB_CONCURRENCY: int = Field(
        default=2, ge=1, le=64, description="How many processes gunicorn runs, of eight threads each."
    )

    def flask_config(self) -> dict[str, Any]:
        """What goes into `app.config`: every setting as a plain value, and what Flask derives from them."""
        return {
            **{name: _plain(getattr(self, name)) for name in type(self).model_fields},
            **self._cookies(),
            **LIMITS,
            "TRUSTED_HOSTS": self._trusted_hosts(),
            "SQLALCHEMY_DATABASE_URI": self.DATABASE_URL,
            "PREFERRED_URL_SCHEME": urlsplit(self.BASE_URL).scheme,
            "MIGRATIONS_DIRECTORY": str(ROOT / "migrations"),
            "MAIL_URL": self._mail_url(),
            "BABEL_DEFAULT_LOCALE": self.DEFAULT_LOCALE,
            "BABEL_DEFAULT_TIMEZONE": self.DEFAULT_TIMEZONE,
            # The token is as old as the session, which ends by itself (OWASP CSRF cheat sheet).
            "WTF_CSRF_TIME_LIMIT": None,
        }

    def _mail_url(self) -> str:
        if self.MAIL_URL is None:
            return CONSOLE if get_debug_flag() else ""
        return self.MAIL_URL.get_secret_value()

    def _cookies(self) -> dict[str, Any]:
        """`__Host-` and Secure with https (OWASP ASVS 3.3); out of the reach of scripts and other sites."""
        secure = self.BASE_URL.startswith("https://")
        return {
            "SESSION_COOKIE_NAME": "__Host-session" if secure else "session",
            "SESSION_COOKIE_SECURE": secure,
            "SESSION_COOKIE_HTTPONLY": True,
            "SESSION_COOKIE_SAMESITE": "Lax",
            "SESSION_COOKIE_PATH": "/",
            "SESSION_COOKIE_DOMAIN": None,
            "SESSION_REFRESH_EACH_REQUEST": False,
            "PERMANENT_SESSION_LIFETIME": timedelta(hours=self.SESSION_ABSOLUTE_HOURS),
        }

    def _trusted_hosts(self) -> list[str]:
        own = urlsplit(self.BASE_URL).hostname or ""
        local = LOCAL_HOSTS if own in LOCAL_HOSTS else ()
        return list(dict.fromkeys((own, *local, *self.TRUSTED_HOSTS)))


def _plain(value: Any) -> Any:
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value
