"""Nothing is lost without a word: a line of a file makes a difference, to what is written or to what is told.

Those that make none are named here, each kind's. A line that is new here says that something is lost.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from procman.errors import UserError
from procman.importing import sources, written
from tests.importing import everyfile
from tests.importing.samples import gather, lost

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTHING_IN_IT = re.compile(r"\s*(?:[#;].*|//.*|[\]}]*,?;?)?\s*")
USUAL = {
    "crontab": ('MAILTO=""',),
    "crontab-system": ("SHELL=/bin/sh",),
    "supervisord": (
        *("nodaemon=true", "autostart=true", "redirect_stderr=true", "killasgroup=true", "numprocs=1"),
        *("autorestart=unexpected", "process_name=%(program_name)s_%(process_num)02d", "priority=999"),
    ),
    "circus": ("check_delay = 5", "httpd = false", "singleton = True"),
    "systemd": (
        *("Documentation=https://example.com/docs", "StartLimitBurst=5", "TimeoutStopSec=90", "Type=simple"),
        *("[Install]", "WantedBy=multi-user.target", "WantedBy=timers.target", "AccuracySec=1us"),
    ),
    "compose": ('version: "3.9"', "stdin_open: true", "condition: service_started", "STRIPE_KEY:", "- .env"),
    "process-compose": (
        *(
            'version: "0.5"',
            "is_strict: true",
            "is_daemon: false",
            "success_threshold: 1",
            "max_concurrent: 1",
        ),
        *("host: 127.0.0.1", "scheme: http", "shell:"),
    ),
    "kubernetes": (
        *(
            "apiVersion: v1",
            "apiVersion: apps/v1",
            "apiVersion: batch/v1",
            "apiVersion: networking.k8s.io/v1",
        ),
        *("type: Opaque", "matchLabels: {app: shop-web}", "labels: {app: shop-web}", "type: LoadBalancer"),
        *("selector: {app: shop-web}", "serviceAccountName: shop", "restartPolicy: Never", "- name: web"),
        *("- name: report", "image: shop:1.0", "requests: {cpu: 250m, memory: 256Mi}"),
    ),
    "pm2": ("watch: false,", "autorestart: true,"),
    "app.json": (
        *('"name": "Shop",', '"description": "A shop",', '"repository": "https://github.com/example/shop",'),
        '"keywords": ["rails", "shop"],',
    ),
}
"""What is so without the line, too, or means nothing to processes."""
WITHIN = {
    "supervisord": (
        *("file=/var/run/supervisor.sock   ; (the path to the socket file)", "chmod=0700", "username=admin"),
        *("password=hunter2", "serverurl=unix:///var/run/supervisor.sock", "events=PROCESS_STATE_EXITED"),
        "supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface",
        "command=/usr/bin/crashmail -a -m ops@example.com",
    ),
    "circus": ("use = circus.plugins.flapping.Flapping", "retry_in = 3", "max_retry = 2"),
    "compose": (
        *("context: .", "target: development", 'RUBY_VERSION: "3.3"', 'traefik.enable: "true"'),
        *("traefik.http.middlewares.auth.basicauth.users: admin:hunter2", "driver: json-file"),
        *("options: {max-size: 10m}", "token:", "file: ./token.txt"),
    ),
    "kubernetes": (
        *("type: RollingUpdate", "rollingUpdate: {maxSurge: 1, maxUnavailable: 0}", "- name: migrate"),
        *('command: ["bin/rails", "db:migrate"]', "rules: [{host: shop.example.com}]"),
    ),
    "pm2": (
        *("NODE_ENV: 'production',", 'JWT_SECRET: "hunter2",', "user: 'deploy',", "path: '/srv/shop',"),
        *("host: ['shop.example.com'],", "ref: 'origin/main',", "repo: 'git@github.com:example/shop.git',"),
        "'post-deploy': 'npm ci && pm2 reload ecosystem.config.js --env production',",
    ),
    "sidekiq-cron": ("class: CleanupJob",),
    "sidekiq-scheduler": ("- [critical, 3]", "- default", ":concurrency: 25"),
    "solid_queue": (
        *("dispatchers:", "- polling_interval: 1", "remind_customers:", "class: RemindJob"),
        "schedule: every minute",
    ),
}
"""Below something that is told as a whole."""
SAID_ABOVE = {
    "supervisord": (
        *("directory=/srv/shop", "stdout_logfile=/var/log/shop/celery-%(process_num)02d.log", "priority=998"),
    ),
    "circus": ("use_sockets = True", "working_dir = /srv/shop"),
    "systemd": (
        *("Restart=on-abnormal", "Restart=", "MemoryMax=2G", "Description=Dump of the database each night"),
    ),
    "compose": (
        *("- .:/rails:cached", "- bundle:/usr/local/bundle", "- node_modules:/rails/node_modules", "bundle:"),
        *("<<: *env", 'restart: "no"', "image: shop-dev:1.0", "node_modules:", "redis-data:", "networks:"),
        "backend:",
    ),
    "process-compose": ("disabled: true", "description: the web server"),
    "kubernetes": ("volumeMounts: [{name: tmp, mountPath: /tmp}]",),
    "pm2": ("cwd: '/srv/shop',", "name: 'nightly',"),
    "good_job": (
        *("Rails.application.configure do", "config.good_job.execution_mode = :external", "end"),
        'config.good_job.enable_cron = ENV["CRON"] == "on"',
    ),
}
"""What another line of the same file says already, or replaces; what is about the program itself."""


def outcome(kind: str, files: list[tuple[str, str]]) -> object:
    """All that comes of files, without the numbers of lines."""
    try:
        found = gather(*files, kind=kind)
    except UserError as error:
        return [re.sub(r":\d+: ", ": ", line) for line in error.lines]
    return written.texts(found), [re.sub(r":\d+: ", ": ", line) for line in lost(found)]


def silent(kind: str) -> Iterator[str]:
    """The lines of the files of a kind without which nothing is different."""
    files = everyfile.of_kind(kind)
    whole = outcome(kind, [(each.name, each.text) for each in files])
    for file in files:
        lines = file.text.splitlines(keepends=True)
        for number, line in enumerate(lines):
            text = "".join(lines[:number] + lines[number + 1 :])
            others = [(each.name, text if each is file else each.text) for each in files]
            if not NOTHING_IN_IT.fullmatch(line) and outcome(kind, others) == whole:
                yield line.strip()


@pytest.mark.parametrize("kind", sources.SOURCES)
def test_each_line_makes_a_difference(kind: str) -> None:
    known = {line for table in (USUAL, WITHIN, SAID_ABOVE) for line in table.get(kind, ())}
    assert {*silent(kind)} == known
