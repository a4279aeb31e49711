"""What somebody who finds an open browser must not be able to do wants the password again, unless it was given lately.

Who asks for it says so with :func:`require_confirmed`, from wherever it turns out that it is needed; who answers is
whoever knows passwords. It is about the session: what another one has confirmed counts for nothing (ASVS 5.0 §7.5).
"""

from datetime import datetime, timedelta

from flask import has_request_context

from webapp.database import now
from webapp.extensions import StaleForm, only_looks
from webapp.running import g

VALID_FOR = timedelta(minutes=10)


class ConfirmFirst(Exception):
    """The person has to give the password before this is done; nothing of it is done yet.

    :ivar page: where the person was, for an address that is no page to stand on but a file.
    :ivar why: what is about to happen, where that has to be said.
    """

    def __init__(self, page: str | None = None, why: str | None = None) -> None:
        super().__init__()
        self.page = page
        self.why = why


def note_confirmed(at: datetime | None) -> None:
    """Keep when the session of this request was confirmed last."""
    g.confirmed_at = at


def note_asked_twice() -> None:
    """What the rest of this request does was asked for, and then for the password, for itself."""
    g.is_asked_twice = True


def is_confirmed() -> bool:
    at: datetime | None = g.get("confirmed_at")
    return at is not None and now() - at <= VALID_FOR


def require_confirmed(page: str | None = None) -> None:
    """Go on where the person of this request gave the password lately, or where there is none: on the command line.

    :param page: see :class:`ConfirmFirst`.
    :raises ConfirmFirst: otherwise. :raises StaleForm: in a request that only looks, whose form is not to be kept for
        a time when it could be done.
    """
    if not has_request_context() or is_confirmed():
        return
    if only_looks():
        raise StaleForm
    raise ConfirmFirst(page)


def ask_twice(why: str) -> None:
    """Go on where the person gave the password for this very thing, however lately it was given for another.

    :param why: what is about to happen, a sentence.
    :raises ConfirmFirst: otherwise. :raises StaleForm: see :func:`require_confirmed`.
    """
    if not has_request_context() or g.get("is_asked_twice"):
        return
    if only_looks():
        raise StaleForm
    raise ConfirmFirst(why=why)
