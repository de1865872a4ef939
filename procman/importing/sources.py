"""The kinds of files that `procman import` reads: a row each, and how one is recognised."""

from __future__ import annotations

import fnmatch
import importlib
import re
from typing import TYPE_CHECKING, NamedTuple, Protocol, cast

if TYPE_CHECKING:
    from procman.importing.found import Found


class Source(NamedTuple):
    """A kind of file. `module` is in this room. `files`: names it has, as patterns; `signs`: a pattern of
    which one line at least fits, for files of other names."""

    summary: str
    module: str
    files: tuple[str, ...] = ()
    signs: str = ""


class Importer(Protocol):
    """What a module has."""

    def read(self, data: bytes, source: str, found: Found) -> None:
        """Add what the file says to what is found. Raises `UserError` when it is no such file at all."""


CLOCK = r"[ \t]*-?(?:(?:[*\d][-*/,\w]*|(?:jan|sun|mon|tue|wed|thu|fri|sat)[-,\w]*)[ \t]+){5}"
USERS = "root|www-data|nobody|daemon|deploy|postgres|apache|ubuntu|ec2-user"
"""Names that stand before a command in the crontab of a system, and are no commands."""
SOURCES = {
    "crontab": Source(
        "a user's crontab, as 'crontab -l' prints it",
        "cron.crontab",
        ("crontab", "*.crontab", "crontab.*", "*.cron"),
        rf"{CLOCK}\S|[ \t]*@(?:reboot|hourly|daily|midnight|weekly|monthly|yearly|annually|every)[ \t]+\S",
    ),
    "crontab-system": Source(
        "/etc/crontab and files of /etc/cron.d, with a user in each line",
        "cron.system",
        ("/etc/crontab", "/*/cron.d/*"),
        rf"(?:{CLOCK}|[ \t]*@\w+[ \t]+)(?:{USERS})[ \t]+\S",
    ),
    "supervisord": Source(
        "supervisord.conf and what it includes",
        "supervisord.programs",
        ("supervisord.conf", "*/supervisor/conf.d/*.conf", "supervisor.conf"),
        r"\[(?:program|supervisord|group|fcgi-program|eventlistener|unix_http_server)(?::[^\]]+)?\]",
    ),
    "circus": Source(
        "circus.ini", "circus.watchers", ("circus.ini", "circusd.ini"), r"\[(?:watcher:[^\]]+|circus)\]"
    ),
    "systemd": Source(
        "services and timers of systemd",
        "systemd.units",
        ("*.service", "*.timer", "*.service.d/*.conf", "*.timer.d/*.conf"),
        r"\[(?:Service|Timer)\]",
    ),
    "compose": Source(
        "a file of docker compose",
        "compose.services",
        ("compose.y*ml", "docker-compose*.y*ml", "podman-compose*.y*ml", "compose.*.y*ml"),
        r"services:\s*$",
    ),
    "process-compose": Source(
        "a file of process-compose",
        "processcompose.project",
        ("process-compose*.y*ml",),
        r"processes:\s*$",
    ),
    "kubernetes": Source(
        "manifests of Kubernetes",
        "kubernetes.manifests",
        (),
        r"[\s\"{-]*kind\"?:\s*\"?(?:Deployment|StatefulSet|CronJob|DaemonSet|Job|Pod|List)\b",
    ),
    "pm2": Source(
        "an ecosystem file of pm2, in JSON, YAML or JavaScript",
        "pm2.ecosystem",
        ("ecosystem*.json", "ecosystem*.y*ml", "ecosystem*.*js", "pm2*.json", "pm2*.y*ml", "processes.json"),
        r"[\s{]*\"?apps\"?\s*:|.*\bmodule\.exports\s*=",
    ),
    "app.json": Source(
        "app.json of Heroku or Dokku",
        "procfiles.appjson",
        ("app.json",),
        r"[\s{]*\"(?:formation|buildpacks)\"\s*:",
    ),
    "sidekiq-cron": Source(
        "the schedule of sidekiq-cron", "ruby.sidekiqcron", ("schedule.y*ml",), r"\s+cron:\s"
    ),
    "sidekiq-scheduler": Source(
        "sidekiq.yml with the schedule of sidekiq-scheduler",
        "ruby.sidekiqscheduler",
        ("sidekiq.y*ml", "sidekiq_scheduler.y*ml", "sidekiq-scheduler.y*ml"),
        r"[ \t]*:?(?:scheduler|schedule):\s*$",
    ),
    "good_job": Source(
        "cron jobs of good_job, in YAML or as in a Ruby initializer",
        "ruby.goodjob",
        ("good_job.*",),
        r".*good_job",
    ),
    "solid_queue": Source(
        "recurring.yml of solid_queue", "ruby.solidqueue", ("recurring.y*ml",), r"\s+schedule:\s"
    ),
    "overmind": Source(
        ".overmind.env", "procfiles.overmind", (".overmind.env",), r"\s*(?:export\s+)?OVERMIND_\w+="
    ),
    "foreman": Source(
        ".foreman of Foreman, .honcho of honcho", "procfiles.foremanfile", (".foreman", ".honcho")
    ),
}

ORDER = (
    *("kubernetes", "compose", "process-compose", "supervisord", "circus", "systemd", "pm2", "app.json"),
    *(
        "crontab-system",
        "crontab",
        "overmind",
        "good_job",
        "sidekiq-scheduler",
        "sidekiq-cron",
        "solid_queue",
    ),
)
"""Whose signs are looked for first: those that no others have, and with those of others in them. A CronJob
has a `schedule:`."""
ALIKE = ({"crontab", "crontab-system"}, {"sidekiq-cron", "sidekiq-scheduler", "solid_queue"})
"""Kinds whose files may have each other's names: the text tells."""


def recognise(path: str, data: bytes) -> str | None:
    """Which kind of file this is, by its name, else by its text; None when neither tells."""
    slashed, base = f"/{path.lstrip('/')}", path.rpartition("/")[2]
    named = _named(slashed, whole=True)
    if named is not None:
        return named
    named, meant = _named(base, whole=False), _meant(data.decode("utf-8-sig", "replace"))
    alike = meant is not None and any({named, meant} <= each for each in ALIKE)
    return meant if named is None or alike else named


def _named(text: str, whole: bool) -> str | None:
    """The kind with a pattern for this name; patterns with a `/` are for whole paths."""
    for name, source in SOURCES.items():
        if any(("/" in each) == whole and fnmatch.fnmatchcase(text, each) for each in source.files):
            return name
    return None


def _meant(text: str) -> str | None:
    for name in ORDER:
        if re.search(rf"^(?:{SOURCES[name].signs})", text, re.MULTILINE):
            return name
    return None


def importer(name: str) -> Importer:
    """The module of a kind of file."""
    return cast("Importer", importlib.import_module(f"procman.importing.{SOURCES[name].module}"))
