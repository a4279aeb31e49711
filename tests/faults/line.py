"""A line to a database server that can be cut, or go silent, as networks do."""

import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sqlalchemy import make_url

PORTS = {"postgresql": 5432}


class Line:
    """Passes bytes between clients and a server, both ways."""

    def __init__(self, target: tuple[str, int]) -> None:
        self.target = target
        self.passing = threading.Event()
        self.passing.set()
        self.ends: list[socket.socket] = []
        self.is_closed = False
        self.changing = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """End every connection at once with a reset, which is no polite goodbye."""
        with self.changing:
            ends, self.ends = self.ends, []
        for end in ends:
            with suppress(OSError):
                end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                # A thread that reads from it keeps the socket alive, and close() alone would send nothing.
                end.shutdown(socket.SHUT_RD)
            with suppress(OSError):
                end.close()

    def hold(self) -> None:
        """Swallow nothing and pass nothing: the connections stand, and no byte arrives."""
        self.passing.clear()

    def release(self) -> None:
        self.passing.set()

    def close(self) -> None:
        self.release()
        self.is_closed = True
        with suppress(OSError):
            # close() alone does not wake who waits for the next one.
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.cut()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _address = self.listener.accept()
                with self.changing:
                    self.ends.append(client)
                server = socket.create_connection(self.target)
                with self.changing:
                    self.ends.append(server)
                if self.is_closed:
                    self.cut()
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._copy, args=pair, daemon=True).start()

    def _copy(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                self.passing.wait()
                target.sendall(data)
        for end in (source, target):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)


@contextmanager
def line_to(url: str) -> Iterator[tuple[Line, str]]:
    """A line to the server of *url*, and the address of the same database through it."""
    address = make_url(url)
    port = address.port or PORTS.get(address.get_backend_name(), 3306)
    line = Line((address.host or "127.0.0.1", port))
    try:
        yield line, address.set(host="127.0.0.1", port=line.port).render_as_string(hide_password=False)
    finally:
        line.close()
