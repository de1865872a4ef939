"""What `procman export compose` writes, read by podman-compose; its healthchecks, run by the shell."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.end_to_end.harness import PROCMAN
from tests.export.plans import export, plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.harness import App

PODMAN = "#!/bin/sh\necho 'podman version 5.0.0'\n"
"""podman-compose wants to see one before it reads anything; `config` does not run it."""
DEMO = Path(__file__).parent.parent.parent / "examples" / "registration"
NEEDS_BASH = pytest.mark.skipif(shutil.which("bash") is None, reason="needs bash")
ODD = """a'b"c $A ${A} $$ \\ %s `x` # é \U0001f600\ty: [z] {q} ${A:-b} ${"""


def config(folder: Path, *profiles: str) -> dict[str, Any]:
    """What podman-compose has read."""
    podman = folder / "bin" / "podman"
    podman.parent.mkdir(exist_ok=True)
    podman.write_text(PODMAN)
    podman.chmod(0o755)
    words = [sys.executable, "-m", "podman_compose", "-f", str(folder / "compose.yml")]
    words += [f"--profile={each}" for each in profiles]
    environment = {**os.environ, "PATH": f"{podman.parent}:{os.environ['PATH']}", "A": "wrong"}
    done = subprocess.run(
        [*words, "config"], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "WARN" not in done.stderr
    read: dict[str, Any] = yaml.safe_load(done.stdout)
    return read


def test_podman_compose_reads_what_was_meant(tmp_path: Path) -> None:
    what = plan(f"web: echo {ODD}\nrelease: ./migrate\n", env={"VALUE": ODD, "LINES": f"{ODD}\n{ODD}\n"})
    (tmp_path / "compose.yml").write_text(export("compose", what).text("compose.yml"))
    services = config(tmp_path, "release")["services"]
    assert services["web"]["environment"]["VALUE"] == ODD
    assert services["web"]["environment"]["LINES"] == f"{ODD}\n{ODD}\n"
    assert services["web"]["command"][2].endswith(ODD)
    assert services["release"]["command"] == ["/bin/sh", "-c", "exec ./migrate"]


def test_the_demo_is_exported_by_its_command(tmp_path: Path) -> None:
    app = shutil.copytree(DEMO, tmp_path / "registration")
    words = [sys.executable, "-m", "procman", "export", "compose", "."]
    done = subprocess.run(words, cwd=app, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    services = config(app)["services"]
    assert {*services} == {"web", "worker", "redis", "mail", "scheduler"}
    assert services["worker"]["depends_on"]["redis"]["condition"] == "service_healthy"
    assert (app / "compose.yml").stat().st_mode & 0o777 == 0o600


JOB = """\
import os, sys
from procman import enqueue
print(enqueue("job", *sys.argv[1:]))
"""


def test_what_a_service_asks_for_the_scheduler_of_the_tasks_runs(app: App, tmp_path: Path) -> None:
    """Both have the volume, which is a folder here."""
    app.write("procman.yml", "tasks: {job: 'echo got \"$@\"', tick: {command: ./t, schedule: '@daily'}}\n")
    app.write("ask.py", JOB)
    app.procfile(web="python ask.py")
    done = app.do("export", "compose", "out")
    assert done.code == 0, done.err
    services = config(app.root / "out")["services"]
    places = [each["environment"]["PROCMAN_STATE"] for each in (services["web"], services["scheduler"])]
    (volume,) = {each.partition(":")[2] for each in services["web"]["volumes"]}
    assert services["scheduler"]["volumes"] == services["web"]["volumes"]
    assert places == [f"{volume}/state"] * 2
    state = {"PROCMAN_STATE": places[0].replace(volume, str(tmp_path))}
    command, *words = services["scheduler"]["command"]
    assert command == "procman"
    scheduler = app.launch(*PROCMAN, *words, env=state)
    scheduler.wait_for("2 tasks")
    app.launch(sys.executable, "ask.py", "two words", env=state).wait_for("1")
    scheduler.wait_for("got two words")
    assert scheduler.stop() == 0


class Answers(BaseHTTPRequestHandler):
    """Answers with the status that is the path."""

    def do_GET(self) -> None:
        self.send_response(int(self.path[1:4]))
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[int]:
    """The port of a server."""
    found = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=found.serve_forever)
    thread.start()
    yield found.server_address[1]
    found.shutdown()
    thread.join()
    found.server_close()


def is_healthy(ready: str, path: Path) -> bool:
    """Whether the healthcheck says so, with no programs but those in a folder."""
    what = plan("web: ./web\n", f"processes: {{web: {{ready: {{{ready}}}}}}}\n")
    service = yaml.safe_load(export("compose", what).text("compose.yml"))["services"]["web"]
    line = service["healthcheck"]["test"][1].replace("$$", "$")
    done = subprocess.run(
        ["/bin/sh", "-c", line], env={"PATH": str(path)}, capture_output=True, timeout=60, check=False
    )
    return done.returncode == 0


def programs(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).symlink_to(str(shutil.which(name)))
    return folder


@NEEDS_BASH
@pytest.mark.parametrize(("status", "well"), [(200, True), (302, True), (404, False), (500, False)])
def test_bash_alone_can_tell_whether_a_server_is_well(
    tmp_path: Path, server: int, status: int, well: bool
) -> None:
    ready = f"http: 'http://127.0.0.1:{server}/{status}?a=$b'"
    assert is_healthy(ready, programs(tmp_path, "bash")) is well


@pytest.mark.skipif(shutil.which("wget") is None, reason="needs wget")
@pytest.mark.parametrize(("status", "well"), [(200, True), (404, False), (500, False)])
def test_wget_alone_can_as_well(tmp_path: Path, server: int, status: int, well: bool) -> None:
    ready = f"http: 'http://127.0.0.1:{server}/{status}'"
    assert is_healthy(ready, programs(tmp_path, "wget")) is well


@NEEDS_BASH
def test_bash_alone_can_tell_whether_somebody_listens(tmp_path: Path, server: int) -> None:
    path = programs(tmp_path, "bash")
    assert is_healthy(f"tcp: {server}", path)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert not is_healthy(f"tcp: {nobody.getsockname()[1]}", path)


def test_without_any_client_nobody_is_well(tmp_path: Path, server: int) -> None:
    assert not is_healthy(f"http: 'http://127.0.0.1:{server}/200'", tmp_path)
    assert not is_healthy(f"tcp: {server}", tmp_path)
