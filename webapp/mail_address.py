"""Where mail goes, as the settings say it: one address for a server, a folder, the console or the memory of tests."""

import os
from email.headerregistry import Address
from email.utils import getaddresses
from typing import NamedTuple
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from email_validator import EmailNotValidError, validate_email

#: Kept where the program runs, for developing and for tests.
CONSOLE, FILE, MEMORY = "console", "file", "memory"
#: TLS from the first byte; TLS asked for with STARTTLS; none, to this machine only.
IMPLICIT_TLS, STARTTLS, PLAIN = "smtps", "smtp", "smtp+plain"
PORTS = {IMPLICIT_TLS: 465, STARTTLS: 587, PLAIN: 25}
LONGEST_NAME = 150
THIS_MACHINE = ("localhost", "127.0.0.1", "::1")
HOW = (
    "write smtp://user:password@host:587 (STARTTLS), smtps://user:password@host:465, "
    "smtp+plain://localhost, file:/a/folder or console"
)


class Route(NamedTuple):
    """:ivar scheme: one of the words above. :ivar ca_file: of the authority that signed the server's certificate, where
    the machine does not know it. :ivar folder: for the scheme ``file``.
    """

    scheme: str
    host: str = ""
    port: int = 0
    username: str = ""
    password: str = ""
    ca_file: str | None = None
    folder: str = ""

    def __repr__(self) -> str:
        return f"Route({self.scheme!r}, {self.host!r}, {self.port!r})"


def parse_route(text: str) -> Route:
    """:raises ValueError: with the rest of a sentence that begins with the setting's name and never shows the value."""
    text = text.strip()
    if text in (CONSOLE, MEMORY):
        return Route(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        raise ValueError(f"is no address of a mail server: {HOW}") from None
    if parts.scheme == FILE:
        return _folder(unquote(parts.path))
    if parts.scheme not in PORTS or not parts.hostname or not text.isprintable() or " " in text:
        raise ValueError(f"is no address of a mail server: {HOW}")
    return _server(parts, port or PORTS[parts.scheme])


def _folder(path: str) -> Route:
    if not os.path.isdir(path) or not os.access(path, os.W_OK):
        raise ValueError("names no folder that can be written to: make it first, and write file:/its/path")
    return Route(FILE, folder=path)


def _server(parts: SplitResult, port: int) -> Route:
    username, password = unquote(parts.username or ""), unquote(parts.password or "")
    if parts.path.strip("/") or parts.fragment or bool(username) != bool(password):
        raise ValueError(
            f"has a part that is not read, or a user without a password (in it write @ as %40, / as %2F): {HOW}"
        )
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    ca_file = options.pop("ca", None)
    if options or (ca_file is not None and not os.path.isfile(ca_file)):
        raise ValueError("has something behind the ? that is not ca=/path/to/ca.pem, or names no such file")
    host = parts.hostname or ""
    if parts.scheme == PLAIN and (host not in THIS_MACHINE or username):
        raise ValueError(
            "would send passwords and mails readable: smtp+plain is for a server on this machine and without a "
            "user; write smtp:// or smtps://"
        )
    return Route(parts.scheme, host, port, username, password, ca_file)


def mailbox(address: str, name: str = "") -> Address:
    """*address* for a header and for the server: its domain in ASCII, *name* without what could end a line.

    :raises ValueError: when it is no address.
    """
    try:
        found = validate_email(address, check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise ValueError("is no e-mail address") from None
    return Address(_plain(name), found.local_part, found.ascii_domain)


def _plain(name: str) -> str:
    """*name* in one line, and not as what Python's mail package would decode: that may hold line breaks again."""
    printable = "".join(mark if mark.isprintable() else " " for mark in name[:LONGEST_NAME])
    return " ".join(printable.replace("=?", "= ?").split())


def parse_sender(text: str) -> str:
    """``Name <address>`` or an address, as it was written. :raises ValueError: as :func:`parse_route` does."""
    try:
        ((name, address),) = getaddresses([text.strip() if text.isprintable() else ""])
        mailbox(address, name)
    except ValueError:
        raise ValueError(
            "is no sender: write no-reply@example.org, or Example <no-reply@example.org>"
        ) from None
    return text.strip()
