"""procman as in the container of docs/production.md: PID 1, as any user, with nothing around it."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PYTHON
from tests.end_to_end.kill_nine import ELSEWHERE, no_namespaces
from tests.end_to_end.output import wait_until
from tests.end_to_end.production import BIN, PORT, example, pid_1, shop, words_of

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

WHY_NOT = no_namespaces()
pytestmark = pytest.mark.skipif(WHY_NOT is not None, reason=f"no PID namespace can be made here: {WHY_NOT}")

NOBODY = 65534
COMMAND = words_of(shlex.join(json.loads(example("dockerfile").splitlines()[-1].removeprefix("CMD "))))
ANYBODY = ("unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}")
"""A user that the password file may not know, without any privilege, who may read what the tests may."""
BARE = f"""
mount --bind . /srv && cd /srv && mount -t tmpfs -o mode=700 tmpfs .procman &&
mount -o remount,bind,ro /srv && mount -o remount,bind,ro / &&
exec {" ".join(ANYBODY)} env -i PATH={BIN}:/usr/bin:/bin PROCMAN_TEST=$PROCMAN_TEST "$@"
"""
"""`docker run --read-only --user 65534 --tmpfs /srv/.procman`, with the app in /srv."""
ORPHANS = f"""
import os, signal
for _ in range(20):
    if os.fork() == 0:
        if os.fork() == 0:
            os.execv({PYTHON!r}, [{PYTHON!r}, "-c", "import os; os.setsid()"])
        os._exit(0)
    os.wait()
print("orphaned", flush=True)
signal.pause()
"""


def contained(app: App, *words: str) -> Running:
    """The command of the Dockerfile, as PID 1."""
    return app.launch(*ELSEWHERE, *(words or COMMAND))


def ended(running: Running, number: signal.Signals) -> int:
    """A signal for PID 1, as `docker stop` sends it: the exit code of the container."""
    pid_1(running).send_signal(number)
    return running.end()


def test_docker_stop_ends_it_with_0_when_all_obeyed(app: App) -> None:
    app.procfile(web="trap 'echo bye; exit 3' TERM; echo up; while :; do sleep 0.02; done")
    running = contained(app)
    running.wait_for("up$")
    assert ended(running, signal.SIGTERM) == 0
    assert running.said_by("web.1")[-1] == "bye"
    assert app.processes() == []


def test_who_does_not_obey_is_killed_by_procman_before_docker_would(app: App) -> None:
    app.procfile(web="trap '' TERM; echo up; while :; do sleep 0.02; done")
    running = contained(app, *COMMAND, "-t", "0.2")
    running.wait_for("up$")
    assert ended(running, signal.SIGTERM) == 137
    assert "web.1 terminated by SIGKILL" in running.out.text


@pytest.mark.parametrize(("command", "code"), [("exit 7", 7), ("kill -SEGV $$", 139), ("exec nosuch", 127)])
def test_the_container_ends_with_the_code_of_who_has_ended_it(app: App, command: str, code: int) -> None:
    app.procfile(web=command, worker="exec sleep 1000")
    assert contained(app).end() == code


def test_one_that_gives_up_ends_the_container_with_its_code(app: App) -> None:
    app.procfile(web="exit 7", worker="exec sleep 1000")
    app.write(
        "procman.yml",
        "processes: {web: {restart: always, give_up: stop, backoff: {initial: 10ms, give_up_after: 2}}}\n",
    )
    running = contained(app)
    assert running.end() == 7
    assert "web.1 failed: exit code 7, 2 failures in a row" in running.out.text


def test_a_killed_supervisor_ends_the_container_with_137_and_nothing_is_left(app: App) -> None:
    app.procfile(web="(setsid sleep 1000 &) ; echo up; exec sleep 1000")
    running = contained(app)
    running.wait_for("up$")
    pid_1(running).children()[0].kill()
    assert running.end() == 137
    assert app.processes() == []


def test_orphans_are_reaped(app: App) -> None:
    app.write("orphans.py", ORPHANS)
    app.procfile(web=f"exec {PYTHON} orphans.py")
    running = contained(app)
    running.wait_for("orphaned")
    first = pid_1(running)
    wait_until(lambda: len(first.children(recursive=True)) == 2)  # the supervisor and web.1: no zombie
    assert ended(running, signal.SIGTERM) == 0


def test_as_anybody_on_a_read_only_disk_with_nothing_around(app: App) -> None:
    pytest.importorskip("uvicorn")
    if subprocess.run([*ANYBODY, "true"], capture_output=True, check=False).returncode:
        pytest.skip("no user namespace can be made here")
    port = shop(app)
    (app.root / ".procman").mkdir()
    running = contained(app, "/bin/sh", "-c", BARE, "sh", *COMMAND)
    for name in ("web.1", "web.2"):
        running.wait_for(f"{name} ready after")
    first = pid_1(running)
    told = Path(f"/proc/{first.pid}")
    assert (told / "uid_map").read_text().split() == [str(NOBODY), "0", "1"]
    assert re.search(r"^CapEff:\s*0+$", (told / "status").read_text(), re.MULTILINE)
    assert not {"HOME", "USER", "TZ", "TERM"} & first.environ().keys()
    assert "no pid file" not in running.out.text
    assert os.listdir(app.root / ".procman") == []  # it is in the container's alone
    assert _health(port) == 0
    assert ended(running, signal.SIGTERM) == 0
    assert _health(port) != 0


def _health(port: int) -> int:
    """The exit code of HEALTHCHECK."""
    (line,) = (each for each in example("dockerfile").splitlines() if each.startswith("HEALTHCHECK"))
    words = json.loads(line.partition(" CMD ")[2].replace(PORT, str(port)))
    assert words[0] == "python"
    return subprocess.run([PYTHON, *words[1:]], capture_output=True, check=False).returncode
