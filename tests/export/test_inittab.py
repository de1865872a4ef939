"""Lines for System V init and their scripts, argued from inittab(5) of sysvinit 3.06.

- `id:runlevels:action:process`; an id has 1 to 4 characters and is unique.
- The process field has at most 127 characters; any of ~`!$^&*()=|}[]; in it brings a shell.
- `respawn` starts it again whenever it ends, `once` does not, `off` does nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from procman.errors import UserError
from procman.export.plan import PRIVATE
from tests.export import running
from tests.export.hostile import EXAMPLES, texts
from tests.export.plans import TASKS_YML, Exported, export, plan

if TYPE_CHECKING:
    from pathlib import Path

BATCH = 25
LINES = """\
# Written by 'procman export inittab' for the app 'shop'. The next export replaces it.
# The scripts belong to root, in /etc/procman.
SH01:2345:respawn:/bin/sh /etc/procman/shop-web-1.sh
SH02:2345:respawn:/bin/sh /etc/procman/shop-web-2.sh
"""
SCRIPT = """\
#!/bin/sh
# Written by 'procman export inittab' for the app 'shop'. The next export replaces it.
umask 027
ulimit -S -n 4096 2>/dev/null || ulimit -n 4096
mkdir -p /var/log/shop
__newline=$(printf '\\n_'); __newline=${__newline%_}
exec >>/var/log/shop/web-2.log 2>&1
exec nice -n 5 setpriv --reuid=shop --regid="$(id -g shop)" --init-groups /bin/sh -es <<'END_OF_SCRIPT'
__newline=$(printf '\\n_'); __newline=${__newline%_}
HOME=~shop
export HOME USER=shop LOGNAME=shop
export SECRET='it'"'"'s $5'
export PROCMAN_PORT_WEB=5000
export PROCMAN_ROOT=/srv/shop
export PROCMAN_STATE=/srv/shop/.procman
export PORT=5001
export PS=web.2
export PROCMAN_PROCESS=web.2
cd '/srv/shop/my app'
exec /bin/sh -c 'exec puma -p $PORT' </dev/null
END_OF_SCRIPT
"""
YML = "processes: {web: {instances: 2, nice: 5, umask: '027', nofile: 4096, cwd: my app}}\n"


def lines(found: Exported) -> list[list[str]]:
    """The fields of all lines, without comments."""
    text = found.text("shop.inittab")
    return [line.split(":", 3) for line in text.splitlines() if not line.startswith("#")]


def test_each_process_has_a_line_and_a_script() -> None:
    what = plan("web: puma -p $PORT\n", YML, {"SECRET": "it's $5"}, folder="/etc/procman")
    found = export("inittab", what)
    assert list(found.files) == ["shop.inittab", "shop-web-1.sh", "shop-web-2.sh"]
    assert found.text("shop.inittab") == LINES
    assert found.text("shop-web-2.sh") == SCRIPT
    assert found.files["shop-web-2.sh"].mode == PRIVATE
    assert found.notes == []


@pytest.mark.parametrize(
    ("said", "action"),
    [
        ("restart: always", "respawn"),
        ("restart: never", "once"),
        ("oneshot: true", "once"),
        ("restart: on-failure", "respawn"),
        ("autostart: false", "off"),
    ],
)
def test_the_action_says_whether_it_starts_and_comes_back(said: str, action: str) -> None:
    found = export("inittab", plan("web: ./web\n", f"processes: {{web: {{{said}}}}}\n"))
    assert [line[2] for line in lines(found)] == [action]


def test_ids_are_unique_and_of_four_signs() -> None:
    found = export("inittab", plan("web: ./web\n", "processes: {web: {instances: 1296}}\n", app="-a.b"))
    ids = [line.split(":")[0] for line in found.text("-a.b.inittab").splitlines() if line[0] != "#"]
    assert len({*ids}) == 1296
    assert {len(each) for each in ids} == {4}
    assert ids[0] == "AB01"
    assert ids[98] == "AB99"
    assert export("inittab", plan("web: ./web\n", app="-a")).text("-a.inittab").splitlines()[2][:5] == "AX01:"


def test_more_processes_than_ids_are_a_mistake() -> None:
    with pytest.raises(UserError, match="1297 processes are too many"):
        export("inittab", plan("web: ./web\n", "processes: {web: {instances: 1297}}\n"))


def test_a_command_that_init_would_not_take_is_a_mistake() -> None:
    for folder in ("/" + "x" * 110, "/a\nb"):
        with pytest.raises(UserError, match="127 bytes"):
            export("inittab", plan("web: ./web\n", folder=folder))


def test_a_folder_with_a_blank_is_left_to_the_shell() -> None:
    found = export("inittab", plan("web: ./web\n", folder="/etc/my app"))
    assert lines(found)[0][3] == "/bin/sh '/etc/my app/shop-web-1.sh';"


def test_a_user_of_its_own_is_known_by_number() -> None:
    found = export("inittab", plan("web: ./web\n", "processes: {web: {user: somebody}}\n"))
    assert "exec setpriv --reuid=1234 --regid=1234 --clear-groups /bin/sh" in found.text("shop-web-1.sh")
    assert "\nexport HOME=/\nexport USER=somebody\n" in found.text("shop-web-1.sh")
    assert "HOME=~" not in found.text("shop-web-1.sh")


def test_so_are_its_groups() -> None:
    what = plan("web: ./web\n", "processes: {web: {user: somebody, group: staff}}\n")
    policies = what.types[0].policies
    assert policies.account
    account = policies.account._replace(groups=(4321, 50))
    (process,) = what.types[0].processes
    process = process._replace(policies=policies._replace(account=account))
    types = (what.types[0]._replace(processes=(process,)),)
    text = export("inittab", what._replace(types=types)).text("shop-web-1.sh")
    assert "setpriv --reuid=1234 --regid=4321 --groups=4321,50 /bin/sh" in text


def test_all_tasks_can_be_left_to_the_scheduler_which_is_there_for_jobs_too() -> None:
    found = export("inittab", plan("web: ./web\n", all_to_scheduler=True))
    assert "shop-scheduler.sh" in found.files
    assert "shop.crontab" not in found.files
    assert not any("crontab" in line for line in found.export.then)


def test_what_cron_does_otherwise_is_told() -> None:
    found = export("inittab", plan("", TASKS_YML))
    assert [note.split("'")[1] for note in found.notes] == ["missed: once", "PROCMAN_RUN_ID"]


def test_what_init_does_otherwise_is_told_of_those_that_are_there() -> None:
    what = plan("web: ./web\n", "processes: {web: {restart: on-failure}}\n")
    found = export("inittab", what)
    note = "web: 'restart: on-failure' is 'respawn' there: init starts it again whatever its exit code"
    assert found.notes == [note]
    assert f"# {note}\n" in found.text("shop-web-1.sh")
    types = tuple(each._replace(processes=()) for each in what.types)
    assert export("inittab", what._replace(types=types)).notes == []


def test_what_no_shell_exports_is_set_by_env() -> None:
    text = export("inittab", plan("web: ./web\n", env={"a.b": "c d"})).text("shop-web-1.sh")
    assert "\nexec env 'a.b=c d' /bin/sh -c 'exec ./web' </dev/null\n" in text


def test_a_user_without_a_name_and_a_nul_are_mistakes() -> None:
    with pytest.raises(UserError, match="user 4242 has no name here"):
        export("inittab", plan("web: ./web\n", user="4242"))
    with pytest.raises(UserError, match="inittab: A has a NUL in it"):
        export("inittab", plan("web: ./web\n", env={"A": "\0"}))


def test_variables_are_there_only_behind_the_change_of_the_user() -> None:
    """What root runs before must not go by a PATH or LD_PRELOAD that the app's owner can write."""
    text = export("inittab", plan("web: ./web\n", env={"LD_PRELOAD": "/srv/shop/x.so"})).text("shop-web-1.sh")
    assert text.index("setpriv") < text.index("LD_PRELOAD")


def test_tasks_are_lines_of_a_crontab_and_others_a_line_of_inittab() -> None:
    yml = f"{TASKS_YML}  last: {{command: ./last, schedule: 0 9 L * *}}\n"
    found = export("inittab", plan("web: ./web\n", yml))
    assert found.export.scheduled == ("last",)
    assert "exec /usr/bin/procman scheduler last </dev/null\n" in found.text("shop-scheduler.sh")
    assert "15 * * * * cd /srv/shop && " in found.text("shop.crontab")
    assert [line[0] for line in lines(found)] == ["SH01", "SH02"]


@given(st.lists(st.tuples(texts(), texts()), min_size=BATCH, max_size=BATCH))
@settings(max_examples=max(1, EXAMPLES // BATCH), deadline=None, phases=[Phase.generate])
def test_texts_arrive_as_arguments_and_as_variables(
    tmp_path_factory: pytest.TempPathFactory, pairs: list[tuple[str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("inittab")
    what = plan("web: ./web\n", root=str(folder), user="root", log=str(folder))
    found = export("inittab", running.reports(what, folder, pairs))
    for number, pair in enumerate(pairs, start=1):
        running.run(found.text(f"shop-web-{number}.sh"), folder)
        assert running.reported(folder, number) == pair


def test_what_it_writes_is_in_its_log(tmp_path: Path) -> None:
    what = plan("web: echo said; echo wrong >&2\n", root=str(tmp_path), log=str(tmp_path / "logs"), user=None)
    running.run(export("inittab", what).text("shop-web-1.sh"), tmp_path)
    assert (tmp_path / "logs" / "shop-web-1.log").read_text() == "said\nwrong\n"
