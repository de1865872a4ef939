"""Every kind of file is recognised, by its name or, under any other name, by what is in it."""

from __future__ import annotations

import importlib.util

import pytest

from procman.importing import sources
from tests.importing.samples import CRONTAB, ETC_CRONTAB

TEXTS = {
    "crontab": CRONTAB,
    "crontab-system": ETC_CRONTAB,
    "supervisord": """\
; supervisor config file
[unix_http_server]
file=/var/run/supervisor.sock

[supervisord]
logfile=/var/log/supervisor/supervisord.log

[program:web]
command=/srv/shop/bin/web -p 8000
autostart=true
""",
    "circus": """\
[circus]
check_delay = 5
endpoint = tcp://127.0.0.1:5555

[watcher:web]
cmd = chaussette --fd $(circus.sockets.web)
numprocesses = 3
""",
    "systemd": """\
[Unit]
Description=Shop
After=network.target

[Service]
ExecStart=/srv/shop/bin/web
""",
    "compose": """\
version: "3.9"

services:
  web:
    image: shop
    command: bin/web
    healthcheck:
      test: ["CMD", "curl", "-f", "http://localhost"]
volumes:
  data:
""",
    "process-compose": """\
version: "0.5"
log_level: info

processes:
  web:
    command: bin/web
    availability:
      restart: always
""",
    "kubernetes": """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  template:
    spec:
      containers:
      - name: web
        command: ["bin/web"]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: remind}
spec:
  schedule: "*/10 * * * *"
""",
    "pm2": """\
{
  "apps": [
    {
      "name": "web",
      "script": "server.js",
      "env": {"NODE_ENV": "production"},
      "cron_restart": "0 3 * * *"
    }
  ]
}
""",
    "app.json": """\
{
  "name": "Shop",
  "env": {"SECRET": {"generator": "secret"}},
  "formation": {"web": {"quantity": 1}},
  "cron": [{"command": "bin/remind", "schedule": "*/10 * * * *"}]
}
""",
    "sidekiq-cron": """\
my_first_job:
  cron: "*/5 * * * *"
  class: "HardWorker"
  queue: hard_worker

second_job:
  cron: "*/30 * * * *"
  class: "HardWorker"
  args:
    hard: "stuff"
""",
    "sidekiq-scheduler": """\
:concurrency: 5
:queues:
  - default

:scheduler:
  :schedule:
    hello_world:
      cron: '0 * * * * *'
      class: HelloWorld
""",
    "good_job": """\
Rails.application.configure do
  config.good_job.enable_cron = true
  config.good_job.cron = {
    remind: {
      cron: "*/10 * * * *",
      class: "RemindJob"
    }
  }
end
""",
    "solid_queue": """\
production:
  periodic_cleanup:
    class: CleanSoftDeletedRecordsJob
    queue: background
    schedule: every hour
""",
    "overmind": "OVERMIND_PORT=3000\nOVERMIND_CAN_DIE=assets\n",
}
OTHERS = {
    "kubernetes": """\
apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  ports: [{port: 80}]
---
kind: "CronJob"
apiVersion: batch/v1
""",
    "compose": "services:\n    db: {image: postgres}\n    cron:\n        schedule: no\n",
    "pm2": "apps:\n  - script: ./api.js\n    name: api\n    cron_restart: '0 0 * * *'\n",
    "systemd": "[Unit]\nDescription=Each night\n\n[Timer]\nOnCalendar=daily\n",
    "sidekiq-scheduler": ":schedule:\n  clear:\n    every: ['1h']\n    class: Clear\n",
    "good_job": "good_job:\n  cron:\n    remind:\n      cron: '0 9 * * *'\n      class: Remind\n",
    "crontab": "@daily git pull\n0 3 * * * bundle exec good_job cleanup_preserved_jobs\n",
    "crontab-system": "SHELL=/bin/sh\n\n0 4 * * mon-fri deploy cd /srv/shop && bin/clean\n",
    "circus": "[watcher:x]\ncmd = sleep\n",
    "supervisord": "[program:x]\ncommand = sleep 1\n",
    "process-compose": '# yaml-language-server\nprocesses:\n  "a":\n    command: x\n    is_daemon: true\n',
    "app.json": '{"buildpacks": [{"url": "heroku/ruby"}], "scripts": {"postdeploy": "bin/setup"}}',
    "solid_queue": "a_job:\n  command: Rails.cache.clear\n  schedule: at 5am every day\n",
    "sidekiq-cron": "job:\n  cron: '0 9 * * *'\n  class: A\n",
    "overmind": "FOO=1\nexport OVERMIND_PROCFILE=Procfile.dev\n",
}
NAMES = {
    "crontab": ("crontab", "shop.crontab", "crontab.txt", "my.cron"),
    "crontab-system": ("/etc/crontab", "/etc/cron.d/shop"),
    "supervisord": ("supervisord.conf", "/etc/supervisor/conf.d/shop.conf", "supervisor.conf"),
    "circus": ("circus.ini",),
    "systemd": ("shop.service", "shop@.service", "shop.timer", "shop.service.d/override.conf"),
    "compose": ("compose.yaml", "docker-compose.yml", "docker-compose.prod.yml", "compose.override.yaml"),
    "process-compose": ("process-compose.yaml", "process-compose.dev.yml"),
    "kubernetes": (),
    "pm2": ("ecosystem.config.json", "ecosystem.yaml", "pm2.json", "processes.json"),
    "app.json": ("app.json",),
    "sidekiq-cron": ("schedule.yml", "config/schedule.yaml"),
    "sidekiq-scheduler": ("sidekiq.yml", "config/sidekiq.yml", "sidekiq_scheduler.yml"),
    "good_job": ("good_job.rb", "config/initializers/good_job.rb", "good_job.yml"),
    "solid_queue": ("recurring.yml", "config/recurring.yaml"),
    "overmind": (".overmind.env",),
    "foreman": (".foreman", ".honcho"),
}


def test_there_is_a_sample_of_every_kind() -> None:
    assert {*TEXTS, "foreman"} == {*sources.SOURCES} == {*NAMES}
    assert {*OTHERS} == {*TEXTS}


@pytest.mark.parametrize("name", sources.SOURCES)
def test_every_kind_has_a_module(name: str) -> None:
    module = sources.SOURCES[name].module
    assert importlib.util.find_spec(f"procman.importing.{module}"), module


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in NAMES.items() for name in names])
def test_a_name_tells_what_a_file_is(kind: str, name: str) -> None:
    assert sources.recognise(f"/home/shop/{name}" if name[0] != "/" else name, b"") == kind


@pytest.mark.parametrize(("kind", "text"), [*TEXTS.items(), *OTHERS.items()])
def test_the_text_tells_what_a_file_of_another_name_is(kind: str, text: str) -> None:
    assert sources.recognise("/tmp/any", text.encode()) == kind
    assert sources.recognise("/tmp/any", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode()) == kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [("schedule.yml", "sidekiq-scheduler"), ("crontab", "crontab-system")],
)
def test_the_text_wins_over_a_name_that_several_kinds_have(name: str, kind: str) -> None:
    assert sources.recognise(f"/srv/{name}", TEXTS[kind].encode()) == kind


@pytest.mark.parametrize(
    "text", [b"", b"hello world\n", b"\0\1\2", b"a: b\n", b"{}", b"FOO=bar\n", b"[section]\na=b\n"]
)
def test_what_is_none_of_them_is_not_guessed(text: bytes) -> None:
    assert sources.recognise("/tmp/any", text) is None


def test_a_path_in_a_folder_with_a_telling_name_tells_nothing() -> None:
    assert sources.recognise("/srv/compose.yaml/any", b"") is None
