"""What is done after the answer: one thread a process, so that nothing in a request waits for a mail server.

Its time and its failure tell the requester nothing (CVE-2024-45231). What waits when the process is told to stop is
still done; what waits when it is killed is lost, and whoever waits for the mail asks again.
"""

import atexit
import os
from collections.abc import Callable
from queue import Full, Queue
from threading import Lock, Thread
from weakref import WeakSet

import structlog
from flask import Flask, current_app

from webapp.mail.delivery import NotSent

log = structlog.stdlib.get_logger("webapp.mail")

Job = Callable[[], None]
# So many wait; more are not worth their memory, and a person who gets nothing asks again.
MOST_WAITING = 500
# gunicorn gives a process thirty seconds to end.
LAST_SECONDS = 20.0
OUTBOX = "outbox"


class Outbox:
    """Does jobs one after the other, each in a context of the application, and never fails whoever hands them in."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.begin_anew()
        _OUTBOXES.add(self)

    def begin_anew(self) -> None:
        """With an empty queue: of a process that is forked off, what waits is the parent's."""
        self._jobs: Queue[Job] = Queue(MOST_WAITING)
        self._thread: Thread | None = None
        self._lock = Lock()

    def put(self, job: Job) -> None:
        try:
            self._jobs.put_nowait(job)
        except Full:
            log.error("mail not sent", reason="too many wait already")
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="outbox", daemon=True)
                self._thread.start()

    def flush(self, seconds: float = LAST_SECONDS) -> bool:
        """Wait until all is done, at most so long; whether it is."""
        done = self._jobs.all_tasks_done
        with done:
            return bool(done.wait_for(lambda: not self._jobs.unfinished_tasks, seconds))

    def _work(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                with self._app.app_context():
                    job()
            except NotSent as error:
                log.error("mail not sent", reason=str(error))
            except Exception as error:  # whatever it is, the next job is done
                # Its text could hold an address or a link.
                log.error("mail not sent", reason=type(error).__name__)
            finally:
                self._jobs.task_done()


def later(job: Job) -> None:
    """Do *job* after the answer, in a context of the application and with a database session of its own."""
    outbox: Outbox = current_app.extensions[OUTBOX]
    outbox.put(job)


_OUTBOXES: "WeakSet[Outbox]" = WeakSet()


def _begin_anew() -> None:
    for outbox in _OUTBOXES:
        outbox.begin_anew()


def _flush() -> None:
    for outbox in _OUTBOXES:
        outbox.flush()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(_flush)
