"""A crontab, read as tasks: its lines mean what they mean to cron, also where procman's defaults differ."""

from __future__ import annotations

import shlex
from datetime import UTC
from typing import TYPE_CHECKING, Any

from procman.core.schedule import schedule, zones
from procman.errors import Problem, UserError
from procman.importing import names
from procman.importing.cron import commands, debian, lines, own, wrappers
from procman.importing.cron import variables as cronvariables
from procman.importing.cron.lines import Job, Variable, Wrong
from procman.importing.reading import ours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from procman.importing.found import Found

OTHER_USER = (
    "it runs as '{}' there, and tasks as who runs procman: start a procman as that user, or write"
    " 'runuser -u {} --' in front of the command if procman runs as root"
)
AT_BOOT = (
    "@reboot is whenever procman starts, not once a boot; and what the run leaves behind is stopped when it"
    " ends: make a server a process of the Procfile"
)
OTHER_PHASE = "'@every' counts from 1970-01-01 UTC, so that it stays the same over restarts, not from a start"
WITH_SECONDS = "six fields: the first is read as seconds, as crons have it that take six"
NOT_IN_SYSLOG = "'-' keeps a job out of syslog there; procman's history has each run"
NO_COMMAND = "there is nothing to run: nothing is made of it"
NOT_HERE = (
    "cron runs commands in the home folder, procman in {}: write 'cd &&' in front of those that look for"
    " files there: {}"
)
OTHER_ZONE = "its times are read in the time zone {}, which another file has set"
CUT = (
    "cron ends the command at the first '%': the rest is its input, and what is left is no command for a"
    " shell. For a percent sign a crontab needs '\\%'"
)
MOST_NAMED, MOST_WRONG = 5, 20
MORE_WRONG = "from here on {} more lines are no lines of a crontab: nothing is made of them"


def read(data: bytes, source: str, found: Found) -> None:
    """Add the tasks of a user's crontab. Raises `UserError` for what is no text."""
    carry_over(data, source, found, with_user=False)


def carry_over(data: bytes, source: str, found: Found, *, with_user: bool) -> None:
    """Add the tasks of a crontab. `with_user`: each line names one, as in /etc/crontab."""
    if b"\0" in data:
        raise UserError(
            [Problem(source, data[: data.index(b"\0")].count(b"\n") + 1, "this is not a text file")]
        )
    text = data.decode("utf-8", "surrogateescape")
    if ours.is_export(data, "crontab") and own.add(text, found):
        return
    items = [*lines.read(text, with_user)]
    jobs = [item for item in items if isinstance(item, Job)]
    wrong = [item for item in items if isinstance(item, Wrong)]
    for each in wrong[:MOST_WRONG]:
        found.lose(each.line, each.text)
    if more := wrong[MOST_WRONG:]:
        found.lose(more[0].line, MORE_WRONG.format(len(more)))
    variables = [item for item in items if isinstance(item, Variable)]
    _Crontab(found, variables, jobs).tasks()


class _Crontab:
    """All of a crontab: what its jobs share, and then each of them."""

    def __init__(self, found: Found, variables: Sequence[Variable], jobs: Sequence[Job]) -> None:
        self.found = found
        self.root = found.place.root
        self.jobs = jobs
        self.shared = cronvariables.sort(found, variables, jobs)
        self.locks = wrappers.shared_locks(commands.split(job.command)[0] for job in jobs)
        self.unknown_zones = self._unknown_zones(variables)
        self.zone_of_all = self._zone_of_all()
        self.clock = zones.find(self.zone_of_all) if self.zone_of_all else UTC
        self.at_home: list[str] = []

    def tasks(self) -> None:
        for job in self.jobs:
            self._task(job)
        if self.at_home:
            listed = ", ".join(self.at_home[:MOST_NAMED])
            more = len(self.at_home) - MOST_NAMED
            self.found.lose(
                None, NOT_HERE.format(self.root, listed + (f" and {more} more" if more > 0 else ""))
            )

    def _unknown_zones(self, variables: Sequence[Variable]) -> set[str]:
        """Zones that are none here; told where they stand."""
        unknown = set()
        for each in variables:
            if each.name == cronvariables.ZONE and each.value:
                try:
                    zones.find(each.value)
                except ValueError as error:
                    self.found.lose(each.line, f"{each.name}: {error}")
                    unknown.add(each.value)
        return unknown

    def _zone(self, job: Job) -> str:
        zone = job.variables.get(cronvariables.ZONE, "")
        return "" if zone in self.unknown_zones else zone

    def _zone_of_all(self) -> str:
        """The only zone of all jobs that there are; it becomes that of procman.yml."""
        found = {self._zone(job) for job in self.jobs}
        set_before = self.found.timezone
        if "" in found and set_before:
            self.found.lose(None, OTHER_ZONE.format(set_before))
        if len(found) != 1 or (set_before and {set_before} != found) or (not set_before and self.found.tasks):
            return ""
        zone = found.pop()
        self.found.timezone = zone or self.found.timezone
        return zone

    def _task(self, job: Job) -> None:
        told: list[str] = []
        when = self._schedule(job, told)
        text, given = commands.split(job.command)
        carried = wrappers.carry(text, self.root, self.locks)
        told += carried.notes + [CUT] * (bool(given) and not commands.is_whole(text))
        if not carried.command.strip():
            self.found.lose(job.line, NO_COMMAND)
            return
        if when:
            at_home = not wrappers.begins_elsewhere(text)
            command = self._line(job, carried.command, given, at_home)
            name = job.title or names.of_command(carried.command)
            name = self.found.task(name, command, _keys(job, when, carried.keys), job.line)
            if at_home and not _home(job):
                self.at_home.append(name)
        for each in told:
            self.found.lose(job.line, each)

    def _schedule(self, job: Job, told: list[str]) -> str:
        """The expression, nothing if procman cannot read it; `told` gets what is to be known."""
        when, zone = job.when, self._zone(job)
        if when.startswith("@every"):
            told.append(OTHER_PHASE)
        elif when.lower() == "@reboot":
            told.append(AT_BOOT)
        elif zone and zone != self.zone_of_all:
            when = f"{when} {zone}"
        try:
            schedule.parse(when, self.clock)
        except schedule.ScheduleError as error:
            self.found.lose(job.line, f"'{job.when}': {error}: no task is made of it")
            told.clear()
            return ""
        told += debian.differences(job.when)
        told += [WITH_SECONDS] * (len(job.when.split()) == 6) + [NOT_IN_SYSLOG] * job.quiet
        if job.user and job.user != self.found.place.me:
            told.append(OTHER_USER.format(job.user, job.user))
        return when

    def _line(self, job: Job, command: str, given: str, at_home: bool) -> str:
        """The command with all that is around it."""
        line = commands.line(command, given, cronvariables.program(job.variables))
        home = _home(job)
        if at_home and home and home.rstrip("/") != self.root.rstrip("/"):
            alone = commands.simple(line) is not None
            line = f"cd {shlex.quote(home)} {'&&' if alone else '|| exit;'} {line}"
        return (cronvariables.in_front(job, self.shared) + line).strip(" \t")


def _home(job: Job) -> str:
    return job.variables.get(cronvariables.HOME, "")


def _keys(job: Job, when: str, carried: dict[str, Any]) -> dict[str, Any]:
    """The keys of a task. cron starts a run whatever became of the last one, and never makes up for one."""
    keys: dict[str, Any] = {"desc": job.about} if job.about else {}
    keys["schedule"] = when
    if when.lower() != "@reboot":
        keys |= {"overlap": "allow", "missed": "skip"}
    delay = job.variables.get(cronvariables.DELAY, "")
    if delay.isdecimal() and int(delay):
        keys["jitter"] = f"{int(delay)}m"
    keys |= carried
    return {key: value for key, value in keys.items() if (key, value) != ("overlap", "skip")}
