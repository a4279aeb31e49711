"""How the application answers: debug, keys, addresses, cookies, headers, proxies and limits."""

import os
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from flask import Flask

from webapp.deployment.finding import Finding
from webapp.setting_types import LOCAL_HOSTS, NEW_KEY, key_weakness
from webapp.settings import MEBIBYTE, Settings
from webapp.web.headers import HEADERS, ONE_YEAR

LARGEST_BODY = 64 * MEBIBYTE
EVERY_INTERFACE = frozenset({"0.0.0.0", "::"})  # noqa: S104 - looked for, not listened on
GUESSES = ("LOGIN_TRIES_PER_ACCOUNT", "LOGIN_TRIES_PER_ADDRESS")
_NEW_KEY = f"M{NEW_KEY[1:]}."
SYNC_WORKER = re.compile(r"(^|\s)(-k|--worker-class)[\s=]*['\"]?sync\b")


def debugging(app: Flask) -> Iterator[Finding]:
    if app.debug:
        yield Finding(
            "D001",
            "Debug is on: an error shows the program and runs what is typed.",
            "Leave FLASK_DEBUG and --debug out.",
        )
    if app.testing or not app.config.get("WTF_CSRF_ENABLED", True):
        yield Finding(
            "D002",
            "TESTING is on, or the protection of forms (WTF_CSRF_ENABLED) is off.",
            "Leave both as they are; nothing but tests sets them.",
        )


def keys(app: Flask) -> Iterator[Finding]:
    if not (key := app.config["SECRET_KEY"]):
        yield Finding("D003", "SECRET_KEY is not set.", _NEW_KEY)
    elif weakness := key_weakness(key):
        yield Finding("D003", f"SECRET_KEY {weakness}.", _NEW_KEY)
    fallbacks = app.config["SECRET_KEY_FALLBACKS"]
    weaknesses = filter(None, map(key_weakness, fallbacks))
    if weakness := next(weaknesses, None):
        yield Finding(
            "D004",
            f"A key in SECRET_KEY_FALLBACKS {weakness}: who guesses it signs in as anybody.",
            "Take it out.",
        )
    elif key in fallbacks:
        yield Finding("D004", "SECRET_KEY is also in SECRET_KEY_FALLBACKS.", "Take it out there.")
    elif fallbacks:
        yield Finding(
            "D005",
            "SECRET_KEY_FALLBACKS still holds former keys.",
            "Take them out when SESSION_ABSOLUTE_HOURS and PASSWORD_LINK_HOURS have passed since the change.",
            is_error=False,
        )


def addresses(app: Flask) -> Iterator[Finding]:
    base = urlsplit(app.config["BASE_URL"])
    if base.scheme != "https":
        yield Finding(
            "D006",
            "BASE_URL does not begin with https://: passwords and cookies travel readable.",
            "Set the address that people type, such as https://admin.example.org.",
        )
    hosts = app.config["TRUSTED_HOSTS"]
    if not hosts or any(_is_wide(host) for host in hosts):
        yield Finding(
            "D007",
            "Every host name is answered, or every one below a whole top-level domain.",
            "Name in TRUSTED_HOSTS the hosts that are yours.",
        )
    elif base.hostname not in LOCAL_HOSTS and (local := sorted({*hosts} & {*LOCAL_HOSTS})):
        yield Finding(
            "D008",
            f"TRUSTED_HOSTS holds {', '.join(local)}.",
            "Take it out, unless programs on this machine need it; probes do not.",
            is_error=False,
        )


def _is_wide(host: str) -> bool:
    return host.startswith(".") and "." not in host.strip(".")


def cookies(app: Flask) -> Iterator[Finding]:
    config = app.config
    if config["PREFERRED_URL_SCHEME"] != "https":
        return  # D006 says so, and with https the cookies follow
    name = config["SESSION_COOKIE_NAME"]
    flags = (config["SESSION_COOKIE_SECURE"], config["SESSION_COOKIE_HTTPONLY"], name.startswith("__Host-"))
    if not all(flags) or config["SESSION_COOKIE_SAMESITE"] not in {"Lax", "Strict"}:
        yield Finding(
            "D009",
            "The session's cookie is not Secure, HttpOnly, SameSite and __Host-.",
            "Leave the SESSION_COOKIE_ values as BASE_URL makes them.",
        )


def answers(app: Flask) -> Iterator[Finding]:
    """What a probe is answered carries the headers of every page."""
    headers = app.test_client().get("/healthz", base_url=app.config["BASE_URL"]).headers
    is_https = app.config["PREFERRED_URL_SCHEME"] == "https"
    if is_https and headers.get("Strict-Transport-Security") != f"max-age={ONE_YEAR}":
        yield Finding(
            "D010",
            "Answers do not tell browsers to use https from now on (HSTS).",
            "Let no code of your own take the header away.",
        )
    if missing := [name for name, value in HEADERS.items() if headers.get(name) != value]:
        yield Finding(
            "D011",
            f"Answers lack, or change, {', '.join(missing)}.",
            "Let no code of your own take the headers away.",
        )


def proxies(app: Flask) -> Iterator[Finding]:
    hops, config = app.config["PROXY_HOPS"], app.config
    if not hops and config["PREFERRED_URL_SCHEME"] == "https":
        yield Finding(
            "D012",
            "PROXY_HOPS is 0, so that everybody seems to come from the proxy that does TLS.",
            "Set it to the number of your proxies.",
        )
    if hops and config["BIND_ADDRESS"] in EVERY_INTERFACE:
        yield Finding(
            "D013",
            "gunicorn listens on every interface: who reaches it past the proxy chooses the own address.",
            "Set BIND_ADDRESS to 127.0.0.1, or let nobody but the proxy reach the port, as in a container.",
            is_error=False,
        )
    if not hops and SYNC_WORKER.search(os.environ.get("GUNICORN_CMD_ARGS", "")):
        yield Finding(
            "D014",
            "gunicorn's sync worker without a proxy: a slow client keeps a whole process.",
            "Leave the worker class as gunicorn.conf.py has it, or put nginx before it.",
        )


def limits(app: Flask) -> Iterator[Finding]:
    whole = app.config["MAX_CONTENT_LENGTH"]
    others = (app.config["MAX_FORM_MEMORY_SIZE"], app.config["MAX_FORM_PARTS"])
    if not whole or whole > LARGEST_BODY or None in others:
        yield Finding(
            "D015",
            f"A request may be larger than {LARGEST_BODY // MEBIBYTE} MiB, or have any number of fields.",
            "Set MAX_CONTENT_LENGTH, MAX_FORM_MEMORY_SIZE and MAX_FORM_PARTS in webapp/settings.py.",
        )


def guessing(app: Flask) -> Iterator[Finding]:
    """Twice of what a setting has by default may be meant; more makes guessing worth while."""
    wide = [name for name in GUESSES if app.config[name] > 2 * Settings.model_fields[name].default]
    if wide:
        yield Finding(
            "D028",
            f"{' and '.join(wide)} let somebody guess at passwords more than twice as often as by default.",
            "Leave them out, or lower them.",
            is_error=False,
        )
