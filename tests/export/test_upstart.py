"""Jobs of Upstart, argued from init(5) of upstart 1.13, for Upstart itself can be had no more.

- `script`: "All lines up to `end script` are a script for sh -e." Its reader takes the white space of the
  first line away from all, so that line has none (nih_config_parse_block of libnih).
- `respawn limit unlimited`: without it a job stays down after 10 times in 5 s.
- `post-stop exec` runs between an end and the next start: the wait of `backoff`.
- `normal exit`: codes and signals after which `respawn` does not start it again.
- `kill signal` and `kill timeout` are sent to the process group, and in whole seconds.
- `start on starting X` and `stop on stopping X` tie a job to another one, as Foreman does.
"""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export.plan import PRIVATE
from tests.export import running
from tests.export.hostile import EXAMPLES, texts
from tests.export.plans import TASKS_YML, export, plan

if TYPE_CHECKING:
    from pathlib import Path

BATCH = 25
END = re.compile(r"^[ \t]*end[ \t]+script[ \t]*(#.*)?$", re.MULTILINE)
"""What ends a block (nih_config_block_end of libnih)."""
MASTER = """\
# Written by 'procman export upstart' for the app 'shop'. The next export replaces it.
# 'start shop' and 'stop shop' are about all that it has.
description "shop"
start on runlevel [2345]
stop on runlevel [!2345]
"""
TYPE = """\
# Written by 'procman export upstart' for the app 'shop'. The next export replaces it.
description "shop-web"
start on starting shop
stop on stopping shop
"""
PROCESS = """\
# Written by 'procman export upstart' for the app 'shop'. The next export replaces it.
description "web.2"
start on starting shop-web
stop on stopping shop-web

respawn
respawn limit unlimited
post-stop exec sleep 0.5
normal exit 0 HUP INT TERM PIPE

kill signal QUIT
kill timeout 30
setuid shop
nice 5
umask 027
limit nofile 4096 4096

script
__newline=$(printf '\\n_'); __newline=${__newline%_}
HOME=~shop
export HOME USER=shop LOGNAME=shop
export SECRET='it'"'"'s $5'
export PROCMAN_PORT_WEB=5000
export PROCMAN_ROOT=/srv/shop
export PROCMAN_STATE=/srv/shop/.procman
export LEVEL=debug
export PORT=5001
export PS=web.2
export PROCMAN_PROCESS=web.2
cd '/srv/shop/my app'
exec /bin/sh -c 'exec puma -p $PORT' </dev/null >>/var/log/shop/shop-web-2.log 2>&1
end script
"""
YML = (
    "processes: {web: {instances: 2, restart: on-failure, backoff: {initial: 500ms}, stop_signal: QUIT,"
    " timeout: 30s, nice: 5, umask: '027', nofile: 4096, cwd: my app, stdin: 'null', env: {LEVEL: debug}}}\n"
)


def test_jobs_are_as_foreman_has_them() -> None:
    found = export("upstart", plan("web: puma -p $PORT\n", YML, {"SECRET": "it's $5"}, log="/var/log/shop"))
    assert list(found.files) == ["shop.conf", "shop-web.conf", "shop-web-1.conf", "shop-web-2.conf"]
    assert found.text("shop.conf") == MASTER
    assert found.text("shop-web.conf") == TYPE
    assert found.text("shop-web-2.conf") == PROCESS
    assert found.files["shop-web-2.conf"].mode == PRIVATE
    assert found.notes == []


def test_what_does_not_start_with_the_others_has_no_event() -> None:
    found = export("upstart", plan("web: ./web\n", "processes: {web: {autostart: false}}\n"))
    assert "start on" not in found.text("shop-web.conf")
    assert "start on starting shop-web\n" in found.text("shop-web-1.conf")


@pytest.mark.parametrize(
    ("said", "respawns"), [("restart: never", False), ("oneshot: true", False), ("restart: always", True)]
)
def test_what_is_to_end_is_not_started_again(said: str, respawns: bool) -> None:
    found = export("upstart", plan("web: ./web\n", f"processes: {{web: {{{said}}}}}\n"))
    assert ("respawn" in found.text("shop-web-1.conf")) is respawns


def test_a_signal_without_a_name_is_a_number() -> None:
    found = export("upstart", plan("web: ./web\n", "processes: {web: {stop_signal: RTMIN}}\n"))
    assert "\nkill signal 34\n" in found.text("shop-web-1.conf")


def test_times_are_rounded_up_and_that_is_told() -> None:
    found = export("upstart", plan("web: ./web\n", "processes: {web: {timeout: 1500ms}}\n"))
    assert "\nkill timeout 2\n" in found.text("shop-web-1.conf")
    assert found.notes == ["web: 'timeout: 1.5s' is 2 s there: it has whole seconds"]


def test_who_has_no_time_to_stop_is_killed_at_once() -> None:
    found = export("upstart", plan("web: ./web\n", "processes: {web: {timeout: 0s, stop_signal: QUIT}}\n"))
    assert "\nkill signal KILL\n" in found.text("shop-web-1.conf")
    assert found.notes == []


def test_tasks_are_lines_of_a_crontab_and_others_a_job() -> None:
    yml = f"{TASKS_YML}  last: {{command: ./last, schedule: 0 9 L * *}}\n"
    found = export("upstart", plan("web: ./web\n", yml))
    assert found.export.scheduled == ("last",)
    assert "exec /usr/bin/procman scheduler last\n" in found.text("shop-scheduler.conf")
    assert "15 * * * * cd /srv/shop && " in found.text("shop.crontab")
    assert "scheduler" not in found.text("shop.crontab")
    assert "crontab -u shop shop.crontab" in found.export.then


def test_all_tasks_can_be_left_to_the_scheduler_which_is_there_for_jobs_too() -> None:
    found = export("upstart", plan("web: ./web\n", log="/var/log", all_to_scheduler=True))
    text = found.text("shop-scheduler.conf")
    assert "\nkill timeout 10\n" in text  # it stops its runs first
    assert "scheduler >>/var/log/shop-scheduler.log 2>&1\n" in text
    assert "shop.crontab" not in found.files
    assert not any("crontab" in line for line in found.export.then)


def test_what_cron_does_otherwise_is_told() -> None:
    found = export(
        "upstart", plan("", f"{TASKS_YML}  t: {{command: ./t, schedule: hourly at :15, keep: 7}}\n")
    )
    assert [note.split("'")[1] for note in found.notes] == ["missed: once", "PROCMAN_RUN_ID", "keep: 7"]
    assert [path for path, file in found.files.items() if "'keep: 7'" in file.text] == ["shop.crontab"]


def test_a_user_of_its_own_has_its_home_by_name() -> None:
    text = export("upstart", plan("web: ./web\n", "processes: {web: {user: somebody}}\n")).text(
        "shop-web-1.conf"
    )
    assert "\nsetuid somebody\n" in text
    assert "HOME=~" not in text
    assert "\nexport HOME=/\nexport USER=somebody\n" in text


def test_what_no_shell_exports_is_set_by_env() -> None:
    text = export("upstart", plan("web: ./web\n", env={"a.b": "c d"})).text("shop-web-1.conf")
    assert "\nexec env 'a.b=c d' /bin/sh -c 'exec ./web'\n" in text


def test_nothing_is_told_of_a_type_without_processes() -> None:
    what = plan("web: ./web\n", "processes: {web: {watch: '*.py'}}\n")
    types = tuple(each._replace(processes=()) for each in what.types)
    assert export("upstart", what._replace(types=types)).notes == []


def test_a_user_without_a_name_and_a_nul_are_mistakes() -> None:
    with pytest.raises(UserError, match="user 4242 has no name here"):
        export("upstart", plan("web: ./web\n", user="4242"))
    with pytest.raises(UserError, match="upstart: A has a NUL in it"):
        export("upstart", plan("web: ./web\n", env={"A": "\0"}))


def test_files_are_copied_unless_they_are_where_upstart_looks() -> None:
    assert export("upstart", plan("web: ./web\n", folder="/my init")).export.then == (
        "cp '/my init'/shop*.conf /etc/init",
        "initctl reload-configuration",
        "start shop",
    )
    assert export("upstart", plan("web: ./web\n", folder="/etc/init")).export.then[0].startswith("initctl")


def test_without_values_procman_reads_the_files() -> None:
    what = plan("web: ./web\n", env={"SECRET": "x"}, embed_environment=False)._replace(environment={})
    text = export("upstart", what).text("shop-web-1.conf")
    own = "PROCMAN_ROOT=/srv/shop PROCMAN_STATE=/srv/shop/.procman PORT=5000 PS=web.1 PROCMAN_PROCESS=web.1"
    run = f"/usr/bin/procman run -d /srv/shop -e /srv/shop/.env -- env {own} /bin/sh -c 'exec ./web'"
    assert f"\nexec {run}\n" in text


def test_two_jobs_of_one_name_are_a_mistake() -> None:
    with pytest.raises(UserError, match=r"shop-web-1\.conf: two jobs have this name"):
        export("upstart", plan("web: ./web\nweb-1: ./other\n"))


@given(st.lists(st.tuples(texts(), texts()), min_size=BATCH, max_size=BATCH))
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None, phases=[Phase.generate])
def test_texts_arrive_as_arguments_and_as_variables(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("upstart")
    what = running.reports(plan("web: ./web\n", root=str(folder), user=None), folder, pairs)
    found = export("upstart", what)
    for number, pair in enumerate(pairs, start=1):
        running.run(script(found.text(f"shop-web-{number}.conf")), folder, "-e")
        assert running.reported(folder, number) == pair


def script(job: str) -> str:
    """The block as Upstart reads it: up to the first line that ends it."""
    block = job.split("\nscript\n")[1]
    end = END.search(block)
    assert end
    assert block[end.end() :] == "\n"
    assert block[0] not in " \t"
    return block[: end.start()]


def test_a_folder_that_is_not_there_ends_the_job(tmp_path: Path) -> None:
    found = export("upstart", plan("web: touch started\n", root=str(tmp_path / "none"), user=None))
    with pytest.raises(subprocess.CalledProcessError):
        running.run(script(found.text("shop-web-1.conf")), tmp_path, "-e")
