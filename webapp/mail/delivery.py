"""How a letter leaves: to a server over TLS that is verified, or to a place on this machine for developing and tests.

The standard library's client by itself verifies no certificate and waits for ever; what other packages make of it falls
back to clear text (CVE-2026-7666 was one).
"""

import os
import secrets
import smtplib
import socket
import ssl
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from webapp.database import now
from webapp.mail_address import CONSOLE, FILE, IMPLICIT_TLS, MEMORY, STARTTLS, Route, parse_route
from webapp.running import current_app

# A server that answers at all answers sooner. The first is for each wait, the second for one letter in all.
TIME_LIMIT = 10.0
WHOLE_TIME_LIMIT = 30.0
MAILBOX = "mailbox"
_LONGEST_LINE = 8192


class NotSent(Exception):
    """A letter did not leave; its text says why, for whoever runs the system, with no address and no secret.

    :ivar is_temporary: the same letter may leave a little later.
    """

    def __init__(self, reason: str, *, is_temporary: bool = False) -> None:
        super().__init__(reason)
        self.is_temporary = is_temporary


def is_configured() -> bool:
    return bool(current_app.config["MAIL_URL"])


def deliver(letter: EmailMessage) -> None:
    """:raises NotSent: when nobody took it."""
    if not is_configured():
        raise NotSent("MAIL_URL is not set")
    try:
        route = parse_route(current_app.config["MAIL_URL"])
    except ValueError as error:
        raise NotSent(f"MAIL_URL {error}") from None
    if route.scheme == MEMORY:
        current_app.extensions.setdefault(MAILBOX, []).append(letter)
    elif route.scheme == CONSOLE:
        print(f"----- mail\n{_readable(letter)}\n-----", file=sys.stderr, flush=True)
    elif route.scheme == FILE:
        _write(letter, Path(route.folder))
    else:
        _send(letter, route)


def _readable(letter: EmailMessage) -> str:
    text = letter.get_body(("plain",))
    return f"To: {letter['To']}\nSubject: {letter['Subject']}\n\n{text.get_content() if text else ''}"


def _write(letter: EmailMessage, folder: Path) -> None:
    name = f"{now():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}.eml"
    try:
        # Its owner's only: there may be a link in it that sets a password.
        handle = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(letter.as_bytes())
    except OSError as error:
        raise NotSent(f"the folder of MAIL_URL cannot be written to ({type(error).__name__})") from None


def _send(letter: EmailMessage, route: Route) -> None:
    try:
        with _connected(route) as server:
            if route.username:
                server.login(route.username, route.password)
            server.send_message(letter)
    except ssl.SSLCertVerificationError as error:
        raise NotSent(f"the server's certificate is not good: {error.verify_message}") from None
    except smtplib.SMTPNotSupportedError:
        raise NotSent("the server does not offer what is needed, such as STARTTLS or sign-in") from None
    except smtplib.SMTPAuthenticationError as error:
        reason = f"the server refuses user and password of MAIL_URL ({error.smtp_code})"
        raise NotSent(reason, is_temporary=_may_pass(error.smtp_code)) from None
    except smtplib.SMTPRecipientsRefused as error:
        code = next(iter(error.recipients.values()), (0, b""))[0]
        raise NotSent(f"the server refuses the recipient ({code})", is_temporary=_may_pass(code)) from None
    except smtplib.SMTPResponseException as error:
        may_pass = _may_pass(error.smtp_code)
        raise NotSent(f"the server refuses ({error.smtp_code})", is_temporary=may_pass) from None
    except TimeoutError:
        raise NotSent("the server is too slow", is_temporary=True) from None
    # A server may also send what is no answer at all.
    except (OSError, smtplib.SMTPException, ValueError) as error:
        reason = f"the server cannot be reached or breaks off ({type(error).__name__})"
        raise NotSent(reason, is_temporary=not isinstance(error, ValueError)) from None


def _may_pass(code: int) -> bool:
    """Whether a server that answers with *code* asks for another try (RFC 5321 §4.2.1)."""
    return 400 <= code < 500


def _connected(route: Route) -> smtplib.SMTP:
    """A connection that is encrypted, unless it stays on this machine."""
    # By default smtplib asks the name service for its own name, which may take long.
    own_name = urlsplit(current_app.config["BASE_URL"]).hostname or "localhost"
    how: dict[str, Any] = {"timeout": TIME_LIMIT, "local_hostname": own_name}
    if route.scheme == IMPLICIT_TLS:
        return BoundedTls(route.host, route.port, context=_verifying(route), **how)
    server = Bounded(route.host, route.port, **how)
    if route.scheme == STARTTLS:
        try:
            server.starttls(context=_verifying(route))
            if not isinstance(server.sock, ssl.SSLSocket):
                raise smtplib.SMTPNotSupportedError("STARTTLS")
        except BaseException:
            server.close()
            raise
    return server


def _verifying(route: Route) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=route.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


class _Lines:
    """What the server answers, read until a moment: smtplib's limit begins anew with every byte."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._socket, self._until, self._read = sock, until, b""

    def readline(self, limit: int = _LONGEST_LINE) -> bytes:
        while b"\n" not in self._read and len(self._read) < limit:
            left = self._until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(min(left, TIME_LIMIT))
            received = self._socket.recv(4096)
            if not received:
                break
            self._read += received
        end = self._read.find(b"\n") + 1 or min(limit, len(self._read))
        line, self._read = self._read[:end], self._read[end:]
        return line

    def close(self) -> None:
        """There is nothing of its own to close."""


class _Patient:
    """Reads answers until the end of its time, and none that came before the encryption."""

    sock: socket.socket | None
    file: Any | None

    def connect(self, *args: Any, **options: Any) -> tuple[int, bytes]:
        self._until = time.monotonic() + WHOLE_TIME_LIMIT
        answer: tuple[int, bytes] = super().connect(*args, **options)  # type: ignore[misc]
        return answer

    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            self.file = _Lines(self.sock, self._until)
        answer: tuple[int, bytes] = super().getreply()  # type: ignore[misc]
        return answer


class Bounded(_Patient, smtplib.SMTP):
    pass


class BoundedTls(_Patient, smtplib.SMTP_SSL):
    pass
