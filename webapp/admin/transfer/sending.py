"""The file on its way out, and what the history is told of it.

An entry says that it was taken, with the number of rows. What does not fit into one batch has two: that it was begun,
before its first byte leaves, and how it ended; so none leaves without one, also where the program is killed.
"""

from collections.abc import Iterator
from itertools import chain
from time import perf_counter
from typing import Any

import structlog
from flask import Response, copy_current_request_context, stream_with_context
from sqlalchemy.exc import SQLAlchemyError

from webapp.admin.display import number_of
from webapp.admin.editing.finding import list_address
from webapp.admin.history import Change, record
from webapp.admin.transfer.asking import Export
from webapp.admin.transfer.formats import FORMATS
from webapp.admin.transfer.reading import Batch, read_batches
from webapp.admin.zones import to_zone, viewer_zone
from webapp.database import now, reason
from webapp.extensions import db, writing
from webapp.web.confirming import require_confirmed
from webapp.web.logs import request_id

log = structlog.stdlib.get_logger("webapp.export")


def send(export: Export, user: Any, *, only_head: bool = False) -> Response:
    """Answer with the file that *user* has asked for; before everything, or much, goes out, the password is asked for.

    :param only_head: the same answer without the file, which nothing is read for.
    """
    if not export.state.is_narrowed:
        require_confirmed(list_address(export.model_admin))
    sending = _Sending(export, user)
    response = Response(mimetype=FORMATS[export.format].mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{_filename(export)}"'
    if not only_head:
        sending.begin()
        response.response = stream_with_context(sending.chunks())
        response.call_on_close(copy_current_request_context(sending.end))
    return response


def _filename(export: Export) -> str:
    # The name of an admin is made of small letters, digits and _.
    return f"{export.model_admin.name}-{to_zone(now(), viewer_zone()).date().isoformat()}.{export.format}"


class _Sending:
    """One export while it is sent.

    :ivar sent: how many rows were handed to the server, which may not have sent the last of them.
    :ivar is_told: whether the history knows how it ended.
    """

    def __init__(self, export: Export, user: Any) -> None:
        self.export = export
        self.user = user
        self.began = perf_counter()
        self.batches = read_batches(export, user)
        self.first: list[Batch] = []
        self.sent = 0
        self.is_whole = False
        self.is_told = False

    def begin(self) -> None:
        """Read the first two batches, so that what fails at once is answered by a page, and tell the history."""
        try:
            self.first = [batch for _number, batch in zip(range(2), self.batches, strict=False)]
            if len(self.first) < 2:
                self._tell("export", sum(len(batch[0]) for batch in self.first))
                self.is_told = True
            else:
                # A condition that nearly everything meets is soon written.
                require_confirmed(list_address(self.export.model_admin))
                self._tell("export-begun", None)
        except BaseException:
            self.batches.close()
            raise

    def chunks(self) -> Iterator[bytes]:
        form = FORMATS[self.export.format](self.export.columns)
        yield form.head().encode()
        for batch in chain(self.first, self.batches):
            self.sent += len(batch[0])
            # What SQLite keeps of half a character no file can hold.
            yield form.rows(batch).encode("utf-8", "replace")
        yield form.tail().encode()
        self.is_whole = True

    def end(self) -> None:
        """After the last byte, or when nobody reads on."""
        self.batches.close()
        verb = "export" if self.is_whole else "export-broken-off"
        log.info(
            verb,
            request_id=request_id(),
            name=self.export.model_admin.name,
            format=self.export.format,
            rows=self.sent,
            ms=round((perf_counter() - self.began) * 1000, 1),
            person=self.user.id,
        )
        if self.is_told:
            return
        try:
            self._tell(verb, self.sent)
        except SQLAlchemyError as error:
            # That it was begun is there.
            log.error("export not told", request_id=request_id(), detail=reason(error))

    def _tell(self, verb: str, rows: int | None) -> None:
        """Add an entry; of so many records together there is no one that it happened to."""
        model_admin = self.export.model_admin
        told = {"format": self.export.format, "rows": rows, "list": self.export.told}
        kinds = {"rows": "integer"}
        with writing():
            record(
                db.session(),
                verb=verb,
                name=model_admin.name,
                key="",
                label=str(model_admin.label_plural) if rows is None else number_of(model_admin, rows),
                actor=self.user,
                changes=[
                    Change(name, kinds.get(name, "text"), None, value)
                    for name, value in told.items()
                    if value
                ],
            )
