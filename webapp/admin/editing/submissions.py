"""A form that makes something is done once, however often it is sent: a double click, a reload, the way back.

It carries a token, signed and of no table, which names the form and the person. Who sends it spends it: a row under the
token's hash, in the transaction that it is about, so that it is kept or lost with it. What was refused has spent
nothing. Of several at the same moment the database lets one write that row and the others wait for it, on every engine
and for every process.
"""

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from secrets import token_urlsafe
from typing import Any

from flask import flash, redirect
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column
from werkzeug.exceptions import HTTPException

from webapp.database import Base, ExactString, UtcDateTime, now
from webapp.extensions import db
from webapp.running import request
from webapp.texts import gettext as _
from webapp.texts import lazy_gettext as _l
from webapp.web.keys import keyed_hash, keyed_hashes, read_signed, sign

#: The hidden field that carries the token.
ONCE_FIELD = "_once"
# So long a form may lie open, and a row is kept a little longer: what it spent stays spent.
OPEN_FOR = timedelta(days=7)
KEPT_FOR = OPEN_FOR + timedelta(days=1)
# One form in 256, whose hash begins so, sweeps what is old.
SWEPT_BY = "00"
# What of a form says nothing of what it makes.
_FRAME = frozenset({ONCE_FIELD, "csrf_token", "_list", "_save", "_continue", "_addanother", "_confirm"})
# A form that is sent with it becomes another object, whatever else was done with the form.
AS_NEW = "_saveasnew"
_PURPOSE = "once"


class AlreadySent(Exception):
    """The form was sent before, and what it asks for is done."""


class Submission(Base):
    """One form that was sent and done.

    :ivar content_hash: of what was sent. :ivar key: of the object that it made or changed; empty of many.
    """

    __tablename__ = "submissions"
    __table_args__ = {
        "info": {"looked_after_by": "the forms that are sent once", "label_plural": _l("Sent forms")}
    }

    token_hash: Mapped[str] = mapped_column(ExactString(64), primary_key=True)
    person_key: Mapped[str] = mapped_column(ExactString(64))
    content_hash: Mapped[str] = mapped_column(ExactString(64))
    key: Mapped[str] = mapped_column(ExactString(255), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime(), index=True)


def new_token(name: str, user: Any) -> str:
    """A token for a form of the model *name*, to be sent by *user*."""
    return sign(_PURPOSE, [name, str(user.id), token_urlsafe(12)])


class Once:
    """The form of this request and its token; one that came without a token is done as often as it is sent.

    :param name: of the model's admin.
    :param per_content: what is sent with the same token and says something else is another form: as from a list, which
        is one page for many actions.
    """

    def __init__(self, name: str, user: Any, *, per_content: bool = False) -> None:
        self._token = request.form.get(ONCE_FIELD, "")
        self._person_key = str(user.id)
        self._expected = [name, self._person_key]
        self._per_content = per_content

    @property
    def problem(self) -> str | None:
        """What is wrong with the token, for the person; ``None`` where nothing is."""
        if not self._token:
            return None
        said = read_signed(_PURPOSE, self._token, int(OPEN_FOR.total_seconds()))
        if isinstance(said, list) and said[:2] == self._expected:
            return None
        return str(
            _("This form was open for too long to know whether it was sent before. Look, and send it again.")
        )

    def judge(self, form: FlaskForm) -> bool:
        """Whether the token is one; if not, *form* says so."""
        if problem := self.problem:
            form.form_errors.append(problem)
        return problem is None

    def spend(self, key: str = "") -> None:
        """Inside a writing transaction, before anything else is written.

        :param key: of the object that is changed; that of one that is made is told by :meth:`made`.
        :raises AlreadySent: when it is spent.
        """
        if not self._token:
            return
        if self._hash.startswith(SWEPT_BY):
            db.session.execute(delete(Submission).where(Submission.at < now() - KEPT_FOR))
        # Keyed, because a password may be in it.
        content = keyed_hash(*self._content)
        row = {"person_key": self._person_key, "content_hash": content, "key": "", "at": now()}
        try:
            db.session.execute(insert(Submission).values(token_hash=self._hash, **row))
        except IntegrityError as error:
            raise AlreadySent from error

    def made(self, key: str) -> None:
        """In the same transaction: the object with *key* came of it."""
        if self._token:
            spent = update(Submission).where(Submission.token_hash == self._hash)
            db.session.execute(spent.values(key=key[:255]))

    def give_back(self) -> None:
        """In the same transaction: nothing was done after all."""
        if self._token:
            db.session.execute(delete(Submission).where(Submission.token_hash == self._hash))

    def done_before(self) -> str | None:
        """The key of the object that came of it when just the same was sent before; ``None`` where it was not."""
        if not self._token:
            return None
        is_same = Submission.content_hash.in_(keyed_hashes(*self._content))
        return db.session.scalar(select(Submission.key).where(Submission.token_hash == self._hash, is_same))

    @cached_property
    def _hash(self) -> str:
        # Nobody guesses the token, so nobody guesses from this what was sent.
        content = repr(self._content) if self._per_content else AS_NEW if AS_NEW in request.form else ""
        return hashlib.sha256(f"{self._token}\0{content}".encode("utf-8", "replace")).hexdigest()

    @cached_property
    def _content(self) -> list[str]:
        return [request.path, *_content()]


def done_once(
    once: Once, back: Callable[[], str], act: Callable[[], ResponseReturnValue]
) -> ResponseReturnValue:
    """The answer of *act*; where it refuses because just the same was sent before, as by a double click, which shows
    what came of the second, one is sent *back* as by the first."""
    try:
        answer = act()
    except AlreadySent:
        pass
    except HTTPException:
        if once.done_before() is None:
            raise
    else:
        # What refuses has a status beside its page.
        if not isinstance(answer, tuple) or once.done_before() is None:
            return answer
    flash(_("This form was sent twice and done once."), "info")
    return redirect(back(), 303)


def _content() -> Iterator[str]:
    for name in sorted(set(request.form) - _FRAME):
        yield from (name, *request.form.getlist(name))
    for name in sorted(request.files):
        for upload in request.files.getlist(name):
            digest = hashlib.sha256(upload.stream.read()).hexdigest()
            upload.stream.seek(0)
            yield from (name, upload.filename or "", digest)
