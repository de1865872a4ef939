"""Somebody who asks with a prober, and servers that answer."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

from procman.core.messages import ChildExited, WorkDone
from procman.host.poller import Poller
from procman.host.prober import Prober
from tests.end_to_end.output import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from procman.core.plan.questions import Question

LOOPBACK = "127.0.0.1"


class Asker:
    """Plays the engine's part. `children` are those that ended and were no commands of questions."""

    def __init__(self, environment: dict[str, str] | None = None) -> None:
        self._before = signal.getsignal(signal.SIGCHLD)
        self.poller = Poller()
        self.poller.receive_signals([])
        self.prober = Prober(self.poller, lambda: environment or {})
        self.answers: list[str | None] = []
        self.children: list[int] = []

    def begin(self, question: Question) -> Callable[[], None]:
        return self.prober.ask(question, self.answers.append)

    def ask(self, question: Question) -> str | None:
        """The answer, once it comes."""
        before = len(self.answers)
        self.begin(question)
        assert len(self.answers) == before, "who asks is told later"
        self.turn_until(lambda: len(self.answers) > before)
        return self.answers[-1]

    def turn(self, seconds: float = 0.0) -> None:
        """One wait and what follows from it."""
        for message in self.poller.wait(seconds):
            if isinstance(message, WorkDone):
                message.then(message.result)
            elif isinstance(message, ChildExited) and not self.prober.child_exited(message.pid, message.code):
                self.children.append(message.pid)

    def turn_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not condition():
            assert time.monotonic() < deadline, f"answers: {self.answers}"
            self.turn(0.01)

    def close(self) -> None:
        self.prober.close()
        self.turn_until(lambda: not self.prober.pids)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, self._before)


@contextlib.contextmanager
def listener(host: str = LOOPBACK, backlog: int = 100) -> Iterator[tuple[socket.socket, int]]:
    """A socket that listens, and its port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as server:
        server.settimeout(PATIENCE)
        server.bind((host, 0))
        server.listen(backlog)
        yield server, server.getsockname()[1]


@contextlib.contextmanager
def serving(reply: Callable[[socket.socket], None], host: str = LOOPBACK) -> Iterator[int]:
    """The port of a server with a thread of its own; what goes wrong there fails the test."""
    wrong: list[BaseException] = []
    with listener(host) as (server, port):

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = server.accept()
                    client.settimeout(PATIENCE)
                    try:
                        with client:
                            reply(client)
                    except Exception as error:  # for the test
                        wrong.append(error)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield port
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)
    assert not thread.is_alive()
    assert not wrong, wrong


def talk(client: socket.socket, piece: bytes) -> None:
    """Say the same, on and on."""
    while True:
        client.sendall(piece)


def free_port() -> int:
    """Where nobody listens, for now."""
    with listener() as (_, port):
        return port


def descriptors() -> int:
    """How many this process has open, those of forgotten objects of other tests not counted."""
    gc.collect()
    return len(os.listdir("/proc/self/fd"))


def has_ipv6() -> bool:
    try:
        with listener("::1"):
            return True
    except OSError:
        return False
