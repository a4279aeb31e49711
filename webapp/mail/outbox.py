"""What is done after the answer: one thread a process, so that nothing in a request waits for a mail server.

Its time and its failure tell the requester nothing (CVE-2024-45231). What waits when the process is told to stop is
still done, but for what the server has put off, which is given up; what waits when it is killed is lost, and whoever
waits for the mail asks again.
"""

import atexit
import os
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from queue import Empty, Full, Queue
from threading import Lock, Thread
from time import monotonic
from weakref import WeakSet

import structlog
from flask import Flask

from webapp.mail.delivery import NotSent
from webapp.running import current_app

log = structlog.stdlib.get_logger("webapp.mail")

Job = Callable[[], None]
# So many wait; more are not worth their memory, and a person who gets nothing asks again.
MOST_WAITING = 500
# gunicorn gives a process thirty seconds to end.
LAST_SECONDS = 20.0
# Before the second try and the third, which is the last: servers that know nobody yet put a letter off for minutes.
WAITS = (60.0, 300.0)
OUTBOX = "outbox"


class Outbox:
    """Does jobs one after the other, each in a context of the application, and never fails whoever hands them in."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self.begin_anew()
        _OUTBOXES.add(self)

    def begin_anew(self) -> None:
        """With an empty queue: of a process that is forked off, what waits is the parent's."""
        self._jobs: Queue[tuple[Job, int]] = Queue(MOST_WAITING)
        # What the server has put off: until when, in their order, and how often it was tried. The thread's alone.
        self._put_off: list[tuple[float, int, Job, int]] = []
        self._numbers = count()
        self._thread: Thread | None = None
        self._lock = Lock()

    def put(self, job: Job) -> None:
        if not self._hand_in(job, 0):
            return
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = Thread(target=self._work, name="outbox", daemon=True)
                self._thread.start()

    def _hand_in(self, job: Job, tried: int) -> bool:
        try:
            self._jobs.put_nowait((job, tried))
        except Full:
            log.error("mail not sent", reason="too many wait already")
            return False
        return True

    def flush(self, seconds: float = LAST_SECONDS) -> bool:
        """Wait until all is done that is not put off, at most so long; whether it is."""
        done = self._jobs.all_tasks_done
        with done:
            return bool(done.wait_for(lambda: not self._jobs.unfinished_tasks, seconds))

    def give_up(self) -> None:
        """Say of what was put off that nobody tries it again."""
        for _until, _number, _job, tried in self._put_off:
            log.error("mail not sent", reason="the process ends before another try", tried=tried)

    def _work(self) -> None:
        while True:
            while self._put_off and self._put_off[0][0] <= monotonic():
                _until, _number, job, tried = heappop(self._put_off)
                self._hand_in(job, tried)
            left = max(self._put_off[0][0] - monotonic(), 0) if self._put_off else None
            try:
                job, tried = self._jobs.get(timeout=left)
            except Empty:
                continue
            try:
                with self._app.app_context():
                    job()
            except NotSent as error:
                self._not_sent(error, job, tried + 1)
            except Exception as error:  # whatever it is, the next job is done
                # Its text could hold an address or a link.
                log.error("mail not sent", reason=type(error).__name__)
            finally:
                self._jobs.task_done()

    def _not_sent(self, error: NotSent, job: Job, tried: int) -> None:
        may_wait = tried <= len(WAITS) and len(self._put_off) < MOST_WAITING
        if not (error.is_temporary and may_wait):
            log.error("mail not sent", reason=str(error), tried=tried)
            return
        log.warning("mail not sent yet", reason=str(error), tried=tried)
        heappush(self._put_off, (monotonic() + WAITS[tried - 1], next(self._numbers), job, tried))


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
        outbox.give_up()


os.register_at_fork(after_in_child=_begin_anew)
atexit.register(_flush)
