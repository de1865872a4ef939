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


SOURCES = {
    "crontab": Source(
        "a user's crontab, as 'crontab -l' prints it",
        "crontab",
        ("crontab", "*.crontab", "crontab.*", "*.cron"),
        r"\s*(?:[-*/,\d]+\s+){5}\S|\s*@(?:reboot|hourly|daily|midnight|weekly|monthly|yearly|annually)\s",
    ),
    "crontab-system": Source(
        "/etc/crontab and files of /etc/cron.d, with a user in each line",
        "crontabsystem",
        ("/etc/crontab", "*/cron.d/*"),
        r"\s*(?:[-*/,\d]+\s+){5}(?:root|www-data|nobody)\s+\S",
    ),
    "supervisord": Source(
        "supervisord.conf and what it includes",
        "supervisord",
        ("supervisord.conf", "*/supervisor/conf.d/*.conf", "supervisor.conf"),
        r"\[(?:program|supervisord|group|fcgi-program|eventlistener|unix_http_server)(?::[^\]]+)?\]",
    ),
    "circus": Source("circus.ini", "circus", ("circus.ini", "circusd.ini"), r"\[(?:watcher:[^\]]+|circus)\]"),
    "systemd": Source(
        "services and timers of systemd",
        "systemd",
        ("*.service", "*.timer"),
        r"\[(?:Service|Timer)\]",
    ),
    "compose": Source(
        "a file of docker compose",
        "compose",
        ("compose.y*ml", "docker-compose*.y*ml", "podman-compose*.y*ml", "compose.*.y*ml"),
        r"services:\s*$",
    ),
    "process-compose": Source(
        "a file of process-compose",
        "processcompose",
        ("process-compose*.y*ml",),
        r"processes:\s*$",
    ),
    "kubernetes": Source(
        "manifests of Kubernetes",
        "kubernetes",
        (),
        r"kind:\s*(?:Deployment|StatefulSet|CronJob|DaemonSet|Job|Pod)\s*$",
    ),
    "pm2": Source(
        "an ecosystem file of pm2, in JSON or YAML",
        "pm2",
        ("ecosystem*.json", "ecosystem*.y*ml", "pm2*.json", "pm2*.y*ml", "processes.json"),
        r"\"?apps\"?:",
    ),
    "app.json": Source(
        "app.json of Heroku or Dokku", "appjson", ("app.json",), r"\s*\"(?:formation|buildpacks)\"\s*:"
    ),
    "sidekiq-cron": Source("the schedule of sidekiq-cron", "sidekiqcron", ("schedule.y*ml",), r"\s+cron:\s"),
    "sidekiq-scheduler": Source(
        "sidekiq.yml with the schedule of sidekiq-scheduler",
        "sidekiqscheduler",
        ("sidekiq.y*ml", "sidekiq_scheduler.y*ml", "sidekiq-scheduler.y*ml"),
        r"\s*:?(?:scheduler|schedule):\s*$",
    ),
    "good_job": Source(
        "cron jobs of good_job, in YAML or as in a Ruby initializer",
        "goodjob",
        ("good_job.*",),
        r".*good_job",
    ),
    "solid_queue": Source(
        "recurring.yml of solid_queue", "solidqueue", ("recurring.y*ml",), r"\s+schedule:\s"
    ),
    "overmind": Source(".overmind.env", "overmind", (".overmind.env",), r"\s*(?:export\s+)?OVERMIND_\w+="),
    "foreman": Source(".foreman of Foreman, .honcho of honcho", "foremanfile", (".foreman", ".honcho")),
}


def recognise(path: str, data: bytes) -> str | None:
    """Which kind of file this is, by its name, else by its text; None when neither tells."""
    slashed = f"/{path.lstrip('/')}"
    base = path.rpartition("/")[2]
    for name, source in SOURCES.items():
        if any(fnmatch.fnmatchcase(slashed if "/" in each else base, each) for each in source.files):
            return name
    text = data.decode("utf-8", "replace")
    for name, source in reversed(SOURCES.items()):
        if source.signs and re.search(rf"^(?:{source.signs})", text, re.MULTILINE):
            return name
    return None


def importer(name: str) -> Importer:
    """The module of a kind of file."""
    return cast("Importer", importlib.import_module(f"procman.importing.{SOURCES[name].module}"))
