"""Whether a server that has not answered for a while still lives.

A statement may take long and be right to; a server that stands still never answers, and nothing that comes over the
line of the statement tells the two apart. So the server is asked over another line, by a thread that lives only while
somebody waits. Whoever waits for a server that does not answer even that is told at once, instead of when the longest
statement would have ended.
"""

import os
from contextlib import suppress
from dataclasses import dataclass
from socket import SHUT_RDWR, socket
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any
from weakref import ref

from sqlalchemy import Engine

# Seconds: how long somebody waits before the server is asked, how long it may take to answer (PostgreSQL's library
# knows no less), and how often is looked. Together they are less than the five that a person waits for a calm page.
SLOW = 2.0
ANSWER = 2
LOOK = 0.25
# The thread of a busy process is not made anew for each request.
LINGER = 5.0


@dataclass(frozen=True, slots=True)
class Wait:
    """A connection in use, which nothing here keeps alive, and when something was last asked on it."""

    connection: ref[Any]
    since: float


class Heartbeat:
    """Watches the connections of *engine* that are in use."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.waits: dict[int, Wait] = {}
        self.asked = 0.0
        self.thread: Thread | None = None
        self.starting = Lock()

    def watch(self, connection: Any) -> None:
        """Something is asked on *connection* now."""
        self.waits[id(connection)] = Wait(ref(connection), monotonic())
        # A process that was forked has none of the threads of its parent.
        if self.thread is None or not self.thread.is_alive():
            self._start()

    def leave(self, connection: Any) -> None:
        """*connection* may take as long as it takes, or is not in use any more."""
        self.waits.pop(id(connection), None)

    def _start(self) -> None:
        with self.starting:
            if self.thread is None or not self.thread.is_alive():
                self.thread = Thread(target=self._look, name="heartbeat", daemon=True)
                self.thread.start()

    def _look(self) -> None:
        last = monotonic()
        while monotonic() - last < LINGER:
            sleep(LOOK)
            # At once, so that nobody changes it meanwhile.
            waits = list(self.waits.items())
            last = monotonic() if waits else last
            slow = [(key, wait) for key, wait in waits if monotonic() - wait.since > SLOW]
            # Who waits long for a server that lives asks it again, and not four times a second.
            if slow and monotonic() - self.asked > SLOW:
                answers = self._answers()
                self.asked = monotonic() if answers else 0.0
                for key, wait in slow:
                    if not answers or wait.connection() is None:
                        self._give_up(key, wait)

    def _answers(self) -> bool:
        """Whether the server says anything at all to somebody new, be it that it has no room."""
        dialect = self.engine.dialect
        places, options = dialect.create_connect_args(self.engine.url)
        # The address may name limits of its own, which are longer.
        limits: dict[str, Any] = {**options, "connect_timeout": ANSWER}
        if self.engine.driver == "pymysql":
            limits["read_timeout"] = ANSWER
        began = monotonic()
        try:
            dialect.connect(*places, **limits).close()
        except dialect.loaded_dbapi.Error:
            # A refusal comes at once: it is an answer, and what is under way may still end.
            return monotonic() - began < ANSWER * 0.9
        return True

    def _give_up(self, key: int, wait: Wait) -> None:
        """End the line, which tells whoever waits on it that no answer comes, and look at it no more."""
        if self.waits.get(key) is not wait:
            return
        self.waits.pop(key, None)
        # It may be closed in this moment.
        with suppress(OSError, AttributeError, self.engine.dialect.loaded_dbapi.Error):
            connection = wait.connection()
            line: Any = getattr(connection, "_sock", connection)
            with socket(fileno=os.dup(line.fileno())) as copy:
                copy.shutdown(SHUT_RDWR)
