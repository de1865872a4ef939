"""What do probes cost?

200 children, each asked once a second whether it is well: over TCP, then over HTTP, by one server of the
benchmark. CPU time of procman's own processes in 10 s, in percent of one processor; without probes beside it.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import Load
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Subject, with_file

PROCESSES, QUICK_PROCESSES = 200, 5
WATCH, QUICK_WATCH = 10, 1
ANSWER = b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"


def prepare(bench: Bench, _subject: Subject) -> int:
    """How many processes."""
    return QUICK_PROCESSES if bench.quick else PROCESSES


def sample(bench: Bench, subject: Subject, processes: int) -> Sample:
    """A start for each kind of probe, and a while of watching."""
    with _server() as port:
        kinds = {
            "none": "",
            "tcp": f"alive: {{tcp: {port}, every: 1s, timeout: 1s}}",
            "http": f"alive: {{http: 'http://127.0.0.1:{port}/health', every: 1s, timeout: 1s}}",
        }
        return {kind: _cost(bench, subject, processes, probe) for kind, probe in kinds.items()}


def _cost(bench: Bench, subject: Subject, processes: int, probe: str) -> float:
    lines = [f"  c{number:02d}: {{restart: always, {probe}}}" for number in range(processes)]
    policies = "\n".join(["processes:", *lines, ""])
    policed = replace(subject, start=with_file(subject, "procman.yml", policies))
    with Session(bench, policed, Load(children=processes)) as session:
        session.wait_up()
        session.wait_seen()
        time.sleep(1)
        begin, before = time.monotonic(), session.cpu()
        time.sleep(QUICK_WATCH if bench.quick else WATCH)
        took = time.monotonic() - begin
        used = sum(after - before.get(pid, 0.0) for pid, after in session.cpu().items())
        session.stop()
    return 100 * used / took


@contextlib.contextmanager
def _server() -> Iterator[int]:
    """Says that all is well, to everybody."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


def _serve(listener: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError):
                connection.settimeout(1)
                if connection.recv(4096):
                    connection.sendall(ANSWER)


QUESTION = Question(
    name="probes",
    title="Probes of 200 processes, each once a second",
    text=__doc__,
    columns=(Column("http", "HTTP, %"), Column("tcp", "TCP, %"), Column("none", "without, %", 2)),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN}),
    rounds=3,
    goals=(
        Goal("% of a processor for 200 HTTP probes a second", procman("http"), at_most=5),
        Goal("% of a processor for 200 TCP probes a second", procman("tcp"), at_most=5),
    ),
)

if __name__ == "__main__":
    alone(QUESTION)
