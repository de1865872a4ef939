"""The registration demo: a copy of it that runs under procman, and a browser of few abilities."""

from __future__ import annotations

import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import psutil

REPOSITORY = Path(__file__).parents[2]
PROCMAN = (sys.executable, "-m", "procman")
APP = ("-d", "examples/registration")
STATE = "state"
PATIENCE = 30.0
POLL = 0.05
TYPES_IN_PROCFILE = 4
DISTANT = 3600
"""Seconds that no test takes."""
NEVER = "at 2999-01-01 00:00"


class Demo:
    """procman with the demo, its output as it comes, and a browser of few abilities."""

    def __init__(self, copy: Path, *options: str, port: int | None = None) -> None:
        self.copy = copy
        self.port = port or free_base_port()
        self.procman = subprocess.Popen(
            [*PROCMAN, "start", *options, "-p", str(self.port)],
            cwd=copy,
            env=environment(copy),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        self._lines: list[str] = []
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def wait_for_web(self) -> None:
        """Ask for the health page until it answers, procman ends or patience does."""
        deadline = time.monotonic() + PATIENCE
        while not self._healthy():
            assert self.procman.poll() is None, "procman ended before the web process was ready"
            assert time.monotonic() < deadline, "the web process is not ready"
            time.sleep(POLL)

    def wait_for_line(self, *parts: str, after: int = 0) -> int:
        """Block until the output holds a line with all these parts, beyond the first `after` lines.

        Gives the number of lines up to and with it.
        """
        with self._changed:
            found = self._changed.wait_for(lambda: self._find(parts, after), PATIENCE)
        assert found, f"no line with {parts}"
        return found

    def get(self, path: str) -> str:
        """The page at this path, which must be there."""
        response, body = self._request("GET", path)
        assert response.status == 200, (path, response.status)
        return body

    def follow(self, path: str) -> str:
        """Open a link that redirects; the path it leads to."""
        response, _ = self._request("GET", path)
        assert response.status == 303, (path, response.status)
        return response.headers["Location"]

    def register(self, name: str, email: str) -> tuple[HTTPResponse, str]:
        """Fill in the form and send it."""
        return self._request("POST", "/register", urlencode({"name": name, "email": email}))

    def run_task(self, *words: str) -> str:
        """`procman run task …` in another terminal, while the demo runs; what it prints."""
        command = run_task(self.port, *words)
        done = subprocess.run(
            command, cwd=self.copy, env=environment(self.copy), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def mails(self, subject: str) -> list[str]:
        """The mails with this in their subject, as they lie in the Maildir."""
        found = [mail.read_text() for mail in (self.copy / STATE / "mails" / "new").iterdir()]
        return [mail for mail in found if re.search(f"^Subject: .*{re.escape(subject)}", mail, re.MULTILINE)]

    def stop(self) -> int:
        """Send SIGINT to procman alone, as `kill -INT` does; procman's exit code."""
        self.procman.send_signal(signal.SIGINT)
        code = self.procman.wait(PATIENCE)
        self._reader.join(PATIENCE)
        return code

    def end(self) -> None:
        """Leave nothing behind, however the test went."""
        for process in reversed(family(self.procman.pid)):
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        self.procman.wait(PATIENCE)
        self._reader.join(PATIENCE)

    @property
    def log(self) -> str:
        """All output so far."""
        with self._changed:
            return "".join(self._lines)

    def _find(self, parts: tuple[str, ...], after: int) -> int:
        numbered = enumerate(self._lines[after:], after + 1)
        return next((number for number, line in numbered if all(part in line for part in parts)), 0)

    def _read(self) -> None:
        assert self.procman.stdout is not None
        with self.procman.stdout as output:
            for line in output:
                with self._changed:
                    self._lines.append(line)
                    self._changed.notify_all()

    def _healthy(self) -> bool:
        try:
            return self._request("GET", "/health")[0].status == 200
        except OSError:
            return False

    def _request(self, method: str, path: str, form: str | None = None) -> tuple[HTTPResponse, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, form, {"Content-Type": "application/x-www-form-urlencoded"})
            response = connection.getresponse()
            return response, response.read().decode()
        finally:
            connection.close()


def copy_of_demo(folder: Path, *, follow_up: int = DISTANT, remind: int = DISTANT, when: str = NEVER) -> Path:
    """The demo with a state folder of its own: `.procman` must not be in the repository.

    `follow_up` and `remind` are seconds after registering, `when` is the schedule of the reminders.
    """
    shutil.copy(REPOSITORY / "Procfile.example", folder)
    unwanted = shutil.ignore_patterns("var", ".procman", "__pycache__")
    app = shutil.copytree(
        REPOSITORY / "examples/registration", folder / "examples/registration", ignore=unwanted
    )
    (app / ".env").write_text(f"FOLLOW_UP_SECONDS={follow_up}\nREMIND_AFTER_SECONDS={remind}\n")
    tasks = (app / "procman.yml").read_text()
    assert "schedule: every minute" in tasks
    (app / "procman.yml").write_text(tasks.replace("schedule: every minute", f"schedule: {when}"))
    return folder


def run_task(port: int, *words: str) -> list[str]:
    """The command `procman run task …` for a demo on this port."""
    return [*PROCMAN, "run", *APP, "-p", str(port), "task", *words]


def environment(copy: Path) -> dict[str, str]:
    """The environment of a shell with the virtual environment active, nothing of an outer procman in it."""
    inherited = {
        k: v for k, v in os.environ.items() if k not in {"PORT", "PS"} and not k.startswith("PROCMAN_")
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    return inherited | {"PATH": path, "REGISTRATION_STATE": str(copy / STATE)}


def free_base_port() -> int:
    """A port that is free, as are those 100, 200 and 300 above it.

    All are below the usual range of ports for outgoing connections, which might take one meanwhile.
    """
    for _ in range(100):
        base = random.randrange(20000, 30000)
        if all(is_free(base + 100 * k) for k in range(TYPES_IN_PROCFILE)):
            return base
    raise AssertionError("no free ports")


def is_free(port: int) -> bool:
    """Whether a server could listen there."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def family(pid: int) -> list[psutil.Process]:
    """A process and all its descendants, none when it is gone."""
    try:
        process = psutil.Process(pid)
        return [process, *process.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def survivors(processes: list[psutil.Process]) -> list[psutil.Process]:
    """Those that still run, a zombie being none of them."""
    _, alive = psutil.wait_procs(processes, timeout=0)
    return [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]
