"""Several hosts on one machine: each has a folder of its own, a way to the server that can be cut, and an
idea of itself as another machine. They share an app."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

import psutil
import psycopg

from procman.core.tasks.run import Request, Run, Trigger
from procman.store.postgres.store import PostgresStore
from procman.store.rows import to_run
from tests.end_to_end import hurried, way
from tests.end_to_end.harness import PYTHON, App, command_line
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.end_to_end.harness import Running
    from tests.postgres import Server

SOCKET = ".s.PGSQL.5432"
SHORT_LEASE = (PYTHON, hurried.__file__)
WORK = """#!/bin/sh
echo "begin $PROCMAN_TASK $PROCMAN_SCHEDULED_AT $PROCMAN_ATTEMPT $PROCMAN_RUN_ID {host}" >> {trace}
sleep "${{1:-0}}"
echo "end $PROCMAN_TASK $PROCMAN_SCHEDULED_AT $PROCMAN_ATTEMPT $PROCMAN_RUN_ID {host}" >> {trace}
exit "${{2:-0}}"
"""


class Way:
    """From a host to the server, by a program of its own: what waits here does not slow it down."""

    def __init__(self, server: Server, folder: Path) -> None:
        words = (PYTHON, way.__file__, str(folder / SOCKET), str(server.folder / SOCKET))
        self._program = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._hear()

    def cut(self) -> None:
        """All connections end, and none is made from now on."""
        self._say("cut")

    def hold(self) -> None:
        """Nothing passes from now on, and nobody is told so: as when a cable is pulled."""
        self._say("hold")

    def mend(self) -> None:
        self._say("mend")

    def close(self) -> None:
        self._program.kill()
        self._program.communicate()

    def _say(self, word: str) -> None:
        assert self._program.stdin
        print(word, file=self._program.stdin, flush=True)
        self._hear()

    def _hear(self) -> None:
        assert self._program.stdout
        assert self._program.stdout.readline()


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
        """The supervisor, and then the guardian, which started it."""
        found = [each for each in self.processes() if hurried.__file__ in command_line(each)]
        return sorted(found, key=psutil.Process.create_time, reverse=True)

    def suspend(self) -> None:
        """All of procman stands still; what it runs goes on."""
        self._signal(signal.SIGSTOP)

    def wake(self) -> None:
        self._signal(signal.SIGCONT)

    def power_cut(self) -> None:
        """Nothing of it is left, and procman has seen nothing of it end: pids say nothing of the order.

        The supervisor goes before its guardian: whose parent dies while it is suspended, is woken (POSIX).
        """
        self.suspend()
        self._signal(signal.SIGKILL)
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
        self._connection: psycopg.Connection[Any] | None = None

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
        if self._connection:
            self._connection.close()

    def ask(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Of the server itself."""
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(self.server.url, autocommit=True)
        try:
            cursor = self._connection.execute(sql, values or None)
        except psycopg.OperationalError:  # the server was started anew since
            self._connection.close()
            return self.ask(sql, *values)
        return cursor.fetchall() if cursor.description else []

    def count(self, condition: str, *values: Any) -> int:
        """How many rows are so."""
        sql = f"SELECT count(*) FROM procman.runs WHERE app = %s AND {condition}"
        return int(self.ask(sql, self.app, *values)[0][0])

    def enqueue(self, task: str, seconds: float = 0.0) -> None:
        """As an app does, straight at the server; due in so many seconds."""
        now = time.time()
        with closing(PostgresStore(self.server.url, self.app)) as store:
            store.request(Request(task, (), Trigger.MANUAL, now + seconds, now))

    @property
    def runs(self) -> list[Run]:
        """All rows, the oldest first."""
        columns = ", ".join(Run._fields)
        rows = self.ask(f"SELECT {columns} FROM procman.runs WHERE app = %s ORDER BY id", self.app)
        return [to_run(row) for row in rows]

    def note(self, what: str, host: str) -> None:
        """Among what runs write, what happens to a host."""
        with self.trace.open("a") as trace:
            trace.write(f"{what}   0 0 {host}\n")

    @property
    def steps(self) -> list[list[str]]:
        """What runs have written themselves: what, task, tick, attempt, number, host."""
        return [line.split(" ") for line in self.trace.read_text().splitlines()]

    def wait_for_run(self, **wanted: Any) -> Run:
        """The first run that is so, once there is one."""

        condition = " AND ".join(f"{column} = %s" for column in wanted)
        wait_until(lambda: self.count(condition, *wanted.values()))
        return next(run for run in self.runs if all(getattr(run, k) == v for k, v in wanted.items()))
