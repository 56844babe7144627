"""The wire between phone and server, which a test may cut."""

import socket
import threading
from collections.abc import Callable

PIECE = 65536
Cut = Callable[[bytes], bool]
"""Told what is about to go over the wire, says whether to cut it instead."""


def never(_: bytes) -> bool:
    """Cut nothing."""
    return False


class Wire:
    """Passes bytes on to the server, until told to cut. What is cut is closed on both sides."""

    def __init__(self, port: int) -> None:
        """Listen on a free port, for the server on `port`."""
        self.target = port
        self.up: Cut = never
        self.down: Cut = never
        self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return  # it was closed
            try:
                far = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                near.close()
                continue
            for pair in ((near, far, True), (far, near, False)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source: socket.socket, sink: socket.socket, is_up: bool) -> None:
        try:
            while piece := source.recv(PIECE):
                if (self.up if is_up else self.down)(piece):
                    self.cuts += 1
                    break
                sink.sendall(piece)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue
            finally:
                end.close()
