"""Several hosts on one machine: each has a folder of its own, a way to the server that can be cut, and an
idea of itself as another machine. They share an app."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from procman.core.tasks.run import Request, Run, Trigger
from procman.store.postgres.store import PostgresStore
from procman.store.rows import to_run
from tests.end_to_end import hurried
from tests.end_to_end.harness import PYTHON, App, command_line
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.end_to_end.harness import Running
    from tests.postgres import Server

SOCKET = ".s.PGSQL.5432"
CHUNK = 1 << 16
SHORT_LEASE = (PYTHON, hurried.__file__)
WORK = """#!/bin/sh
echo "begin $PROCMAN_TASK $PROCMAN_SCHEDULED_AT $PROCMAN_ATTEMPT $PROCMAN_RUN_ID {host}" >> {trace}
sleep "${{1:-0}}"
echo "end $PROCMAN_TASK $PROCMAN_SCHEDULED_AT $PROCMAN_ATTEMPT $PROCMAN_RUN_ID {host}" >> {trace}
exit "${{2:-0}}"
"""


class Way:
    """From a host to the server: a socket that passes on what comes, until it is cut."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server.folder / SOCKET
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self.is_cut = False
        self._ear = socket.socket(socket.AF_UNIX)
        self._ear.bind(str(folder / SOCKET))
        self._ear.listen()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Nothing passes from now on, and nobody is told so: as when a cable is pulled."""
        self.is_cut = True
        for each in self._opened():
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self.is_cut = False

    def close(self) -> None:
        self.cut()
        self._ear.close()

    def _opened(self) -> list[socket.socket]:
        with self._lock:
            found, self._open = self._open, []
            return found

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._ear.accept()
                server = socket.socket(socket.AF_UNIX)
                with self._lock:
                    self._open += [client, server]
                try:
                    if self.is_cut:
                        raise OSError
                    server.connect(str(self._server))
                except OSError:
                    client.close()
                    server.close()
                    continue
                for pair in ((client, server), (server, client)):
                    threading.Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
        for each in (source, target):
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        with suppress(OSError):
            source.close()


class Host(App):
    """One of the hosts of an app; what it is like: see `hurried`."""

    def __init__(
        self, hosts: Hosts, name: str, clock: float = 0.0, sabotage: str = "", patient: bool = False
    ) -> None:
        root = hosts.folder / name
        root.mkdir()
        super().__init__(root)
        self.name, self._hosts = name, hosts
        self.way = Way(hosts.server, root)
        self._env = {"HOST_BOOT": f"{name:0<8}-boot", "HOST_CLOCK": str(clock), "HOST_SABOTAGE": sabotage}
        self._env |= {"HOST_PATIENT": "1"} if patient else {}
        self.running: Running | None = None
        self.write("work", WORK.format(host=name, trace=hosts.trace), mode=0o755)
        self.procfile(web="exec sleep 1000")

    def environment(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        return super().environment({**self._env, **dict(more or {})})

    def says(self, tasks: str) -> None:
        """Its procman.yml."""
        self.tasks(
            tasks, top=f"store: postgresql://procman@/postgres?host={self.root}\napp: {self._hosts.app}\n"
        )

    def up(self, *words: str) -> Running:
        """procman runs here."""
        self.running = self.launch(*SHORT_LEASE, "start", "--timeout", str(hurried.KILL_TIMEOUT), *words)
        return self.running

    def procmans(self) -> list[psutil.Process]:
        """The guardian and the supervisor."""
        return [each for each in self.processes() if hurried.__file__ in command_line(each)]

    def suspend(self) -> None:
        """All of procman stands still; what it runs goes on."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def power_cut(self) -> None:
        """Nothing of it is left."""
        while left := self.processes():
            for each in left:
                with suppress(psutil.NoSuchProcess):
                    each.kill()
            psutil.wait_procs(left, 20)
        if self.running:
            self.running.process.wait(20)

    def close(self) -> None:
        self.wake()
        self.way.close()
        super().close()

    def _signal(self, number: int) -> None:
        for each in self.procmans():
            with suppress(psutil.NoSuchProcess):
                os.kill(each.pid, number)


class Hosts:
    """They share a server and an app."""

    def __init__(self, server: Server, folder: Path, app: str) -> None:
        self.server, self.folder, self.app = server, folder, app
        self.trace = folder / "trace"
        self.trace.touch()
        self.all: list[Host] = []

    def add(self, tasks: str, **options: Any) -> Host:
        """One more, with these tasks; it is not up yet."""
        host = Host(self, f"h{len(self.all)}", **options)
        self.all.append(host)
        host.says(tasks)
        return host

    def close(self) -> None:
        for each in self.all:
            each.power_cut() if each.running and each.running.process.poll() is None else None
        for each in self.all:
            each.close()

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Of the server itself."""
        with closing(psycopg.connect(self.server.url, autocommit=True)) as connection:
            cursor = connection.execute(sql, values or None)
            return cursor.fetchall() if cursor.description else []

    def enqueue(self, task: str) -> None:
        """As an app does, straight at the server."""
        now = time.time()
        with closing(PostgresStore(self.server.url, self.app)) as store:
            store.request(Request(task, (), Trigger.MANUAL, now, now))

    @property
    def runs(self) -> list[Run]:
        """All rows, the oldest first."""
        columns = ", ".join(Run._fields)
        rows = self.ask(f"SELECT {columns} FROM procman.runs WHERE app = %s ORDER BY id", self.app)
        return [to_run(row) for row in rows]

    @property
    def steps(self) -> list[list[str]]:
        """What runs have written themselves: what, task, tick, attempt, number, host."""
        return [line.split(" ") for line in self.trace.read_text().splitlines()]

    def wait_for_run(self, **wanted: Any) -> Run:
        """The first run that is so, once there is one."""

        def found() -> list[Run]:
            return [run for run in self.runs if all(getattr(run, k) == v for k, v in wanted.items())]

        wait_until(found)
        return found()[0]
