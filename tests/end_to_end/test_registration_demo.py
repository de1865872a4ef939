"""The registration demo as a user runs it: real web, worker, Redis and SMTP processes under procman."""

import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from urllib.parse import urlencode

import psutil
import pytest

REPOSITORY = Path(__file__).parents[2]
PATIENCE = 30.0
POLL = 0.05
TYPES_IN_PROCFILE = 4


class Demo:
    """procman with the demo, its output as it comes, and a browser of few abilities."""

    def __init__(self, state: Path) -> None:
        self.port = free_base_port()
        command = [sys.executable, "-m", "procman", "start", "-f", "Procfile.example", "-p", str(self.port)]
        self.procman = subprocess.Popen(
            command,
            cwd=REPOSITORY,
            env=environment(state),
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

    def wait_for_line(self, *parts: str) -> None:
        """Block until the output holds a line with all these parts."""
        with self._changed:
            found = self._changed.wait_for(
                lambda: any(all(part in line for part in parts) for line in self._lines), PATIENCE
            )
        assert found, f"no line with {parts}"

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


def environment(state: Path) -> dict[str, str]:
    """The environment of a shell with the virtual environment active, nothing of an outer procman in it."""
    inherited = {
        k: v for k, v in os.environ.items() if k not in {"PORT", "PS"} and not k.startswith("PROCMAN_")
    }
    path = os.pathsep.join([str(Path(sys.executable).parent), inherited.get("PATH", os.defpath)])
    return inherited | {"PATH": path, "REGISTRATION_STATE": str(state)}


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


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The demo, up; its log is printed at the end, so that pytest shows it with a failure."""
    running = Demo(tmp_path / "state")
    try:
        running.wait_for_web()
        yield running
    finally:
        running.end()
        print(running.log)


def test_registering_in_the_browser_sends_a_welcome_mail_at_once(demo: Demo, tmp_path: Path) -> None:
    assert "Nobody yet." in demo.get("/")

    response, _ = demo.register("Zoë <b>Größe</b>", "zoe@example.com")
    assert response.status == 303
    registration = response.headers["Location"]
    demo.wait_for_line("mail.1", "to zoe@example.com", "Welcome, Zoë")
    demo.wait_for_line("worker.1", "Job OK")

    assert "Zoë &lt;b&gt;Größe&lt;/b&gt;" in demo.get(registration)
    assert '<span class="badge good">sent</span>' in demo.get(registration)
    (mail,) = (tmp_path / "state" / "mails" / "new").iterdir()
    assert b"zoe@example.com" in mail.read_bytes()


def test_the_link_in_the_mail_completes_the_registration(demo: Demo) -> None:
    demo.register("Ann O'Brien", "ann@example.com")
    demo.wait_for_line("worker.1", "Job OK")
    assert "registered, not completed" in demo.get("/")

    mails = demo.get("/mails")
    assert "Welcome, Ann O&#x27;Brien" in mails
    link = re.search(rf'href="http://127.0.0.1:{demo.port}(/complete/[^"]+)"', mails)
    assert link, mails
    assert ">completed</span>" in demo.get(demo.follow(link[1]))
    assert "registered, not completed" not in demo.get("/")


def test_the_form_says_what_is_wrong(demo: Demo) -> None:
    demo.register("Ann", "ann@example.com")

    for name, email, message in [
        (" ", "bob@example.com", "Please enter your name."),
        ("Bob", "<b>@example", "“&lt;b&gt;@example” is not an e-mail address"),
        ("Bob", "ANN@example.com", "ANN@example.com is registered already."),
    ]:
        response, page = demo.register(name, email)
        assert response.status == 422
        assert message in page
    assert demo.get("/").count("<li>") == 1


def test_sigint_ends_the_demo_cleanly_and_leaves_no_process(demo: Demo) -> None:
    demo.wait_for_line("worker.1", "Listening on")
    demo.wait_for_line("mail.1", "listening on")
    processes = family(demo.procman.pid)
    assert len(processes) > TYPES_IN_PROCFILE

    assert demo.stop() == 0
    assert survivors(processes) == []
    assert "Traceback" not in demo.log
