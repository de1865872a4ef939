"""Does a restart refuse anybody?

A uvicorn app whose socket procman has opened (`listen`) is restarted twenty times, while a client connects
500 times a second. Of its connections those are counted that were refused, and those that were taken and
got no answer: uvicorn closes one now and then that it has accepted just before its end.
"""

import collections
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

from bench.cli import alone
from bench.context import Bench
from bench.goals import procman
from bench.load import Load, RunError
from bench.peers import PROCMAN
from bench.question import Column, Goal, Question, Sample
from bench.session import Session
from bench.subjects import Commands, Subject, clean_environment

RESTARTS, QUICK_RESTARTS = 20, 1
A_SECOND = 500
REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
APP = """
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})
"""
POLICIES = "processes: {{web: {{listen: {port}, ready: {{http: /}}, restart: on-failure}}}}\n"


def prepare(bench: Bench, _subject: Subject) -> int:
    """How many restarts."""
    return QUICK_RESTARTS if bench.quick else RESTARTS


def sample(bench: Bench, subject: Subject, restarts: int) -> Sample:
    """One start, and all restarts of it."""
    port = _free_port()

    def start(folder: Path, commands: Commands) -> list[str]:
        (folder / "app.py").write_text(APP)
        (folder / "procman.yml").write_text(POLICIES.format(port=port))
        web = [sys.executable, "-m", "uvicorn", "app:app", "--fd", "3", "--log-level", "warning"]
        return subject.start(folder, {**commands, "web": web})

    with Session(bench, replace(subject, start=start), Load()) as session:
        session.wait_up()
        session.wait_for(session.folder / ".procman" / "control.sock")
        client = Client(port)
        for _ in range(restarts):
            _restart(bench, subject, session.folder)
        client.stop()
        session.stop()
    asked = sum(client.answers.values())
    return {
        "refused": client.answers["refused"],
        "lost": client.answers["lost"],
        "asked": asked,
        "slowest": client.slowest * 1000,
    }


class Client:
    """Asks as often as it is to, each time over a connection of its own, from its making until `stop`."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._goes_on = True
        self.answers: collections.Counter[str] = collections.Counter()
        self.slowest = 0.0
        self._asking: list[threading.Thread] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def stop(self) -> None:
        """Wait for the last answers."""
        self._goes_on = False
        self._thread.join()
        for each in self._asking:
            each.join()

    def _run(self) -> None:
        begin, number = time.monotonic(), 0
        while self._goes_on:
            self._asking.append(threading.Thread(target=self._ask))
            self._asking[-1].start()
            number += 1
            time.sleep(max(0.0, begin + number / A_SECOND - time.monotonic()))

    def _ask(self) -> None:
        begin = time.monotonic()
        try:
            connection = socket.create_connection(("127.0.0.1", self._port), timeout=30)
        except OSError:
            self.answers["refused"] += 1
            return
        with connection:
            try:
                connection.sendall(REQUEST)
                answered = connection.recv(4096).startswith(b"HTTP/1.1 200")
            except OSError:
                answered = False
        self.answers["answered" if answered else "lost"] += 1
        self.slowest = max(self.slowest, time.monotonic() - begin)


def _restart(bench: Bench, subject: Subject, folder: Path) -> None:
    """Back when the new child is ready."""
    done = subprocess.run(
        [subject.path() or subject.program, "restart", "web"],
        cwd=folder,
        env=clean_environment(bench.folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RunError(f"the restart failed: {done.stderr.strip()}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


QUESTION = Question(
    name="no_downtime",
    title="Restarts without a refused connection",
    text=__doc__,
    columns=(
        Column("refused", "refused", 0, max),
        Column("lost", "taken, no answer", 0, max),
        Column("asked", "connections", 0),
        Column("slowest", "slowest, ms", 0),
    ),
    prepare=prepare,
    sample=sample,
    only=frozenset({PROCMAN}),
    rounds=3,
    goals=(Goal("refused connections in 20 restarts", procman("refused"), at_most=0),),
)

if __name__ == "__main__":
    alone(QUESTION)
