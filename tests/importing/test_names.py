"""Names that are made of commands: what a person would call them, and the same each time."""

from __future__ import annotations

import os
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procman.core.plan.procfile import LINE
from procman.importing import names

EXAMPLES = int(os.environ.get("PROCMAN_EXAMPLES", "200"))
COMMANDS = {
    "cd /srv/app && flock -n l python bin/remind.py >> log 2>&1": "remind",
    "./invoice --all --date=$(date +%F)": "invoice",
    "/usr/local/bin/backup.sh > /dev/null": "backup",
    "python -m app.tidy": "app_tidy",
    "bundle exec rake remind:users": "remind_users",
    "/usr/bin/php /srv/app/artisan schedule:run": "schedule_run",
    "cd /var/www && php artisan queue:work --tries=3": "queue_work",
    "npm run build:css": "build_css",
    "node --enable-source-maps server.js": "server",
    "node -r dotenv/config server.js": "server",
    "python manage.py clearsessions": "clearsessions",
    "/usr/sbin/logrotate /etc/logrotate.conf": "logrotate",
    "test -x /usr/sbin/anacron || ( cd / && run-parts --report /etc/cron.daily )": "cron_daily",
    "[ -d /var/www ] && /usr/bin/mytool": "mytool",
    "if [ -f x ]; then ./y; fi": "y",
    "curl -fsS https://example.com/cron > /dev/null": "curl",
    "pg_dump -U app shop ; echo done": "pg_dump",
    "/bin/bash -l -c 'cd /srv/app && RAILS_ENV=production bundle exec rake remind --silent'": "remind",
    "su - app -c 'cd x && ./y'": "y",
    "sudo -H -u app bash -c './y'": "y",
    "flock -w 10 /tmp/l -c 'python x.py'": "x",
    "nohup python -u worker.py &": "worker",
    "uvicorn app:main --port $PORT": "uvicorn",
    "java -jar target/app-1.0.jar": "app_1_0",
    "java -Xmx1g -cp 'lib/*' com.example.Main": "com_example_Main",
    "make -C /srv/app nightly": "nightly",
    "go run ./cmd/server": "server",
    "cargo run --release --bin worker": "worker",
    "python3.11 -c 'print(1)'": "python3_11",
    "exec $APP/bin/run": "run",
    "${HOME}/bin/daily.job >> $HOME/tmp/out 2>&1": "daily_job",
    "true": "true",
    "": "process",
    "env FOO=1 ./x": "x",
    "FOO=1 BAR=2 ./x": "x",
    "ionice -c2 -n7 nice -n19 /usr/bin/updatedb": "updatedb",
    "timeout -k 10 300 ./x": "x",
    "timeout --signal=KILL 5m ./x": "x",
    "/usr/bin/env python x.py": "x",
    "tini -- ./x": "x",
    "python -m flask run": "flask",
    "poetry run flask run": "flask",
    "uv run --frozen python -m app": "app",
    "npx next start": "next",
    "yarn start": "start",
    "npm start": "start",
    "npm": "npm",
    "/opt/überprüfung.sh": "uberprufung",
    "bundle exec puma -C config/puma.rb": "puma",
    "bin/rails server -p $PORT": "server",
    "bundle exec rails runner 'User.remind_all'": "User_remind_all",
    "sleep 30; ./x": "x",
    "while true; do ./poll; sleep 5; done": "poll",
    "python -W ignore bin/x.py": "x",
    "echo hello": "echo",
    "export A=1; /bin/bash -c 'x y'": "x",
    "(cd a; ./b)": "b",
    "a 'unclosed": "a",
    "printf '%s' x | mail joe": "printf",
    "systemd-cat -t x /usr/bin/foo": "foo",
    "wget -qO- http://x/wp-cron.php?doing_wp_cron >/dev/null 2>&1": "wget",
    "R --vanilla < x.R": "R",
    "/usr/lib/php/sessionclean": "sessionclean",
    "[ -x /x/clean ] && if [ ! -d /run/systemd/system ]; then /x/clean; fi": "clean",
    "command -v debian-sa1 > /dev/null && debian-sa1 1 1": "debian_sa1",
}
PIECES = """
cd /srv && ; || | & ( ) { } if then fi ' " \\ $( ` sudo -u root flock -n l env A=1 >> 2>&1 é python
-m bash -c su run
"""
WORDS = st.sampled_from(PIECES.split())


@pytest.mark.parametrize(("command", "name"), COMMANDS.items())
def test_a_name_says_what_a_command_is_about(command: str, name: str) -> None:
    assert names.of_command(command) == name


def test_a_command_that_says_nothing_has_a_name_too() -> None:
    assert names.of_command("") == names.of_command("--") == names.of_command("日本") == "process"


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert names.unique("web", ["worker"]) == "web"
    assert names.unique("web", ["web", "web_2"]) == "web_3"


@pytest.mark.parametrize(
    ("name", "valid"),
    [
        ("web", "web"),
        ("my web!", "my_web"),
        ("-x.", "x"),
        ("été", "ete"),
        ("", "process"),
        ("a" * 60, "a" * 40),
    ],
)
def test_a_name_stays_as_near_as_the_procfile_allows(name: str, valid: str) -> None:
    assert names.valid(name) == valid


def test_a_shell_in_a_shell_in_a_shell_ends() -> None:
    line = "x"
    for _ in range(20):
        line = f"bash -c {line!r}"
    assert names.of_command(line)


@given(st.one_of(st.text(max_size=40), st.lists(WORDS, max_size=12).map(" ".join)))
@settings(max_examples=EXAMPLES * 2, deadline=None)
def test_whatever_the_command_the_name_is_one_of_the_procfile(command: str) -> None:
    for name in (names.of_command(command), names.valid(command)):
        found = LINE.fullmatch(f"{name}: x")
        assert found
        assert found[1] == name
        assert len(name) <= names.LONGEST
    assert re.fullmatch(r"\w+", names.of_command(command), re.ASCII)
