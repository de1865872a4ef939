"""procman's scheduler and its peers: how each is given the same jobs."""

import json
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from bench.peers import PROCMAN, procfile
from bench.subjects import Commands, Subject, find
from bench.tools import HERE

APS_CALL, APS, SUPERCRONIC = "APScheduler (call)", "APScheduler", "supercronic"
ON_SQLITE, PROCRASTINATE, PROCRASTINATE_CALL = "procman on SQLite", "procrastinate", "procrastinate (call)"
CRONITER, CRONSIM, RQ, RQ_FSYNC = "croniter", "cronsim", "rq", "rq (fsync)"


class When(Enum):
    """When a job is due, and what its `value` means."""

    EACH_SECOND = "each second"
    EACH_MINUTE = "each minute"
    AT = "at"
    """Once, at this second since the epoch."""
    HOURLY = "hourly"
    """At this minute."""
    START = "start"
    ASKED = "asked"
    """Only when somebody asks for it."""


class Job(NamedTuple):
    """A command for the shell, and when it is due."""

    name: str
    command: str
    when: When
    value: int = 0


def stamped(stamp: Sequence[str], fifo: Path, name: str, when: When, value: int = 0) -> Job:
    """A job that tells when it begins; `exec` leaves no shell in between."""
    return Job(name, f"exec {shlex.join([*stamp, str(fifo), name])}", when, value)


def procman(folder: Path, jobs: Iterable[Job], processes: Commands | None = None) -> list[str]:
    """`procman scheduler`, or `procman start` when there are processes, too."""
    lines = [f"  {job.name}: {{command: {json.dumps(job.command)}{_schedule(job)}}}\n" for job in jobs]
    (folder / "procman.yml").write_text("timezone: UTC\ntasks:\n" + "".join(lines))
    if processes:
        procfile(folder, processes)
    command = ["start" if processes else "scheduler", "-d", str(folder), "--color", "never"]
    return [find(PROCMAN) or PROCMAN, *command]


def _schedule(job: Job) -> str:
    match job.when:
        case When.EACH_SECOND:
            expression = "every second"
        case When.EACH_MINUTE:
            expression = "every minute"
        case When.AT:
            expression = f"at {datetime.fromtimestamp(job.value, UTC):%Y-%m-%d %H:%M:%S}"
        case When.HOURLY:
            expression = f"{job.value} * * * *"
        case When.START:
            expression = "@reboot"
        case When.ASKED:
            return ""
    return f', schedule: "{expression}"'


def _supercronic(folder: Path, jobs: Iterable[Job]) -> list[str]:
    path = folder / "crontab"
    path.write_text("".join(f"{_seven_fields(job)} {job.command}\n" for job in jobs))
    return [find(SUPERCRONIC) or SUPERCRONIC, str(path)]


def _seven_fields(job: Job) -> str:
    """Seconds first and years last. It has no @reboot: what runs each second does so from the start, too."""
    match job.when:
        case When.EACH_SECOND | When.START:
            return "* * * * * * *"
        case When.EACH_MINUTE:
            return "0 * * * * * *"
        case When.HOURLY:
            return f"0 {job.value} * * * * *"
        case When.AT:
            return f"{datetime.fromtimestamp(job.value, UTC):%S %M %H %d %m * %Y}"
        case When.ASKED:
            raise ValueError("it has no jobs that are asked for")


def _apscheduler(how: str) -> Callable[[Path, Iterable[Job]], list[str]]:
    def start(folder: Path, jobs: Iterable[Job]) -> list[str]:
        path = folder / "jobs.json"
        path.write_text(json.dumps([(job.name, job.command, job.when.value, job.value) for job in jobs]))
        return [sys.executable, str(HERE / "apjobs.py"), how, str(path), str(folder / "stamps")]

    return start


STARTS: dict[str, Callable[[Path, Iterable[Job]], list[str]]] = {
    PROCMAN: procman,
    APS: _apscheduler("process"),
    APS_CALL: _apscheduler("call"),
    SUPERCRONIC: _supercronic,
}
"""By the name of the subject: writes what it wants to read into a folder and answers its command line."""


def _peer(
    name: str, program: str = "", distribution: str = "", version: tuple[str, ...] = ("-version",)
) -> Subject:
    return Subject(
        name,
        lambda _folder, _commands: [],
        program=program,
        manages=False,
        schedules=True,
        version=version,
        distribution=distribution,
    )


CRON = _peer("cron", program="cron", version=())  # it has no option that tells
SCHEDULERS = (
    _peer(APS, distribution="APScheduler"),
    _peer(APS_CALL, distribution="APScheduler"),
    _peer(SUPERCRONIC, program=SUPERCRONIC),
    CRON,
    _peer(CRONITER, distribution="croniter"),
    _peer(CRONSIM, distribution="cronsim"),
    _peer(RQ, distribution="rq"),
    _peer(RQ_FSYNC, distribution="rq"),
    _peer(ON_SQLITE, program=PROCMAN, version=("version",)),
    _peer(PROCRASTINATE, distribution="procrastinate"),
    _peer(PROCRASTINATE_CALL, distribution="procrastinate"),
)
