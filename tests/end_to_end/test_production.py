"""docs/production.md: its files are what procman needs, and what they start does what the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
from contextlib import suppress
from typing import TYPE_CHECKING

import psutil
import pytest
import yaml

from procman.cli import parser
from tests.end_to_end.harness import PYTHON
from tests.end_to_end.output import wait_until
from tests.end_to_end.policed import phases, pids
from tests.end_to_end.production import (
    BIN,
    PAGE,
    PLACE,
    PORT,
    Systemd,
    example,
    here,
    seconds,
    shop,
    unit,
    words_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.end_to_end.harness import App

UP = {"web.1": "running", "web.2": "running", "worker.1": "running"}
LOGROTATE = shutil.which("logrotate", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
VERIFY = ("systemd-analyze", "verify")


# systemd: the unit


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("Type", "notify"),  # READY=1 is waited for; SIGHUP, which notify-reload sends, would stop procman
        ("NotifyAccess", "all"),  # the supervisor tells, and the guardian is the main process
        ("KillMode", "mixed"),  # procman alone gets SIGTERM
        ("Restart", "on-failure"),  # 'procman stop' ends it with 0
        ("OOMPolicy", "continue"),  # procman itself restarts who was killed
        ("WorkingDirectory", PLACE),
        ("ReadWritePaths", f"{PLACE}/.procman"),  # with the next line nothing else can be written
        ("ProtectSystem", "strict"),
    ],
)
def test_the_unit_says_what_procman_needs(key: str, value: str) -> None:
    assert unit()["Service"][key] == value


def test_the_units_times_fit_procmans() -> None:
    service = unit()["Service"]
    start = parser.read(words_of(service["ExecStart"])[3:])
    assert (start.command, start.mistakes) == ("start", [])
    assert seconds(service["TimeoutStopSec"]) > start.values["timeout"]
    within = yaml.safe_load(example("yaml"))["processes"]["web"]["ready"]["within"]
    assert seconds(service["TimeoutStartSec"]) > seconds(within.replace("m", "min"))
    assert seconds(service["WatchdogSec"]) > 1
    reload = parser.read(words_of(service["ExecReload"])[3:])
    assert (reload.command, reload.mistakes) == ("reload", [])


def test_every_line_that_the_page_explains_is_in_the_unit() -> None:
    table = PAGE.partition("| what it is for |")[2].partition("\n\n")[0]
    named = re.findall(r"^\| `(\w+)(?:=(\w+))?`", table, re.MULTILINE)
    assert len(named) > 8
    settings = {**unit()["Unit"], **unit()["Service"]}
    for key, value in named:
        assert key in settings
        assert not value or settings[key] == value


@pytest.mark.skipif(not shutil.which(VERIFY[0]), reason="there is no systemd-analyze(1) here")
@pytest.mark.parametrize("mistake", ["", "KilMode=mixed\n"])
def test_systemd_itself_finds_no_mistake_in_the_unit(app: App, mistake: str) -> None:
    text = example("ini").replace(f"{PLACE}/.venv/bin/procman", "/bin/true")
    path = app.write("shop.service", text.replace("[Service]\n", f"[Service]\n{mistake}"))
    told = subprocess.run([*VERIFY, path], capture_output=True, text=True, check=False)
    assert ("KilMode" in told.stderr) == bool(mistake), told.stderr
    assert mistake or (told.returncode, told.stderr) == (0, "")


# systemd: what it starts


@pytest.fixture
def systemd(app: App) -> Iterator[Systemd]:
    """One that has the unit of the page, and the app of the page."""
    pytest.importorskip("uvicorn")
    shop(app)
    made = Systemd(app)
    yield made
    made.close()


def test_it_is_started_when_all_is_ready_reloaded_and_stopped(app: App, systemd: Systemd) -> None:
    running = systemd.start()
    ready = systemd.hear("READY=1")
    assert phases(app) == UP
    assert ready.pid == running.supervisor().pid != running.process.pid
    before = pids(app)
    assert systemd.reload() == 0
    systemd.hear("READY=1")
    assert pids(app) == before, "nothing has changed"
    app.write(".env", "COLOUR=red\n")
    assert systemd.reload() == 0
    systemd.hear("RELOADING=1")
    systemd.hear("READY=1")
    assert phases(app) == UP
    assert not set(before.values()) & set(pids(app).values())
    assert systemd.stop() == 0
    assert "finished" in running.said_by("worker.1")
    systemd.hear("STOPPING=1")
    assert app.processes() == []


def test_it_would_not_be_started_if_only_the_main_process_might_say_so(app: App, systemd: Systemd) -> None:
    systemd.service["NotifyAccess"] = "main"
    running = systemd.start()
    wait_until(lambda: "web.2 ready" in running.out.text and phases(app) == UP)
    assert systemd.hears_no_more("READY=1", within=0.3)
    assert systemd.heard == []
    assert systemd.stop() == 0


def test_a_reload_with_a_mistake_fails_and_all_goes_on(app: App, systemd: Systemd) -> None:
    systemd.start()
    systemd.hear("READY=1")
    before = pids(app)
    app.write("procman.yml", "processes: {wbe: {restart: always}}\n")
    assert systemd.reload() == 2
    assert pids(app) == before
    assert systemd.stop() == 0


def test_a_killed_supervisor_is_a_failure_with_nothing_left_and_it_starts_anew(
    app: App, systemd: Systemd
) -> None:
    running = systemd.start()
    systemd.hear("READY=1")
    running.supervisor().kill()
    assert running.end() == 137
    assert app.processes() == []
    systemd.start()
    systemd.hear("READY=1")
    assert systemd.stop() == 0


def test_one_that_hangs_says_no_more_that_it_is_alive_and_dies_of_what_systemd_sends(
    app: App, systemd: Systemd
) -> None:
    systemd.service["WatchdogSec"] = "1"
    running = systemd.start()
    systemd.hear("READY=1")
    for _ in range(3):
        systemd.hear("WATCHDOG=1")
    running.supervisor().suspend()
    assert systemd.hears_no_more("WATCHDOG=1", within=1)
    running.process.send_signal(signal.SIGABRT)
    assert running.process.wait(20) == -signal.SIGABRT
    for each in app.processes():  # the second step of KillMode=mixed
        with suppress(psutil.NoSuchProcess):
            each.kill()
    wait_until(lambda: not app.processes())
    running.end()


# A bare server


@pytest.fixture
def behind(app: App) -> Iterator[App]:
    """The app of the page, of which whatever runs in the background is stopped."""
    pytest.importorskip("uvicorn")
    shop(app)
    yield app
    app.do("stop")


def cron(app: App, when: str) -> int:
    """The line of the crontab, in what cron has for an environment; its exit code."""
    (command,) = (line.partition(" shop ")[2] for line in example("", "@reboot").splitlines() if when in line)
    command = here(app, command).replace(" procman ", f" {PYTHON} -m procman ")
    folder = f"PATH={BIN}:/usr/local/bin:/usr/bin:/bin"
    clean = ("env", "-i", "HOME=/", "LOGNAME=shop", "SHELL=/bin/sh", folder, f"PROCMAN_TEST={app.marker}")
    return app.launch(*clean, "/bin/sh", "-c", command.replace("/var/log/shop", "log"), cwd="/").end()


def test_cron_starts_it_once_however_often_it_tries(behind: App) -> None:
    assert cron(behind, "@reboot") == 0
    before = pids(behind)
    assert phases(behind) == UP
    assert cron(behind, "*/5") == 3
    assert pids(behind) == before
    assert (behind.root / "log" / "web.1.log").exists()


@pytest.mark.skipif(not LOGROTATE, reason="there is no logrotate(8) here")
def test_logrotate_moves_the_log_files_and_minds_not_if_procman_is_down(behind: App) -> None:
    log = behind.root / "log"
    text = here(behind, example("", "postrotate")).replace("/var/log/shop", str(log))
    path = behind.write("rotate", text.replace("    su shop shop\n", ""))
    rotate = (str(LOGROTATE), "--force", "--state", str(behind.root / "state"), str(path))
    assert cron(behind, "@reboot") == 0
    wait_until((log / "worker.1.log").exists)
    assert behind.launch(*rotate).end() == 0
    assert (log / "worker.1.log.1.gz").exists()
    assert not (log / "worker.1.log").exists()
    assert behind.do("restart", "worker").code == 0
    wait_until((log / "worker.1.log").exists)
    assert behind.do("stop").code == 0
    ended = behind.launch(*rotate)
    assert ended.end() == 0, ended.err.text
    assert (log / "worker.1.log.2.gz").exists()


# Docker: the files. What they start: test_production_container.py


def test_the_compose_file_keeps_the_state_and_nothing_else_can_be_written() -> None:
    service = yaml.safe_load(example("yml"))["services"]["shop"]
    folder = re.search(r"^WORKDIR (\S+)$", example("dockerfile"), re.MULTILINE)
    assert folder
    assert service["volumes"] == [f"state:{folder[1]}/.procman"]
    assert (service["read_only"], service["ports"]) == (True, [f"{PORT}:{PORT}"])


def test_the_container_runs_procman_itself_as_a_user_who_has_its_state_folder() -> None:
    lines = example("dockerfile").splitlines()
    assert lines.index("USER 1000") < len(lines) - 1  # by number, as Kubernetes wants it for runAsNonRoot
    words = json.loads(lines[-1].removeprefix("CMD "))
    assert parser.read(words_of(shlex.join(words))[3:]).mistakes == []
    (made,) = (line for line in lines if "useradd" in line)
    assert "install -d -o shop -m 700 .procman" in made
