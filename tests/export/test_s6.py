"""Source folders of s6-rc: what is in them, and what s6-envdir, execlineb and sh make of it.

s6-rc-compile itself is in no Debian release, so its rules are in `s6rc`, as it documents them.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings

from procman.errors import UserError
from procman.export.supervisors import envdir
from procman.export.supervisors.s6 import in_execline
from tests.export import s6rc
from tests.export.plans import TASKS_YML, Exported, export, plan
from tests.export.texts import ANY, EXAMPLES, VARIABLES, seen, variables_of, write

if TYPE_CHECKING:
    from pathlib import Path

ENDS = {"BLANK": "x ", "TAB": "x\t", "NEWLINE": "x\n", "ALONE": "\n", "EMPTY": "", "BEGINS": "\n x"}
"""Values that end, or are, as some who read files would not have it."""
needs_s6 = pytest.mark.skipif(shutil.which("s6-envdir") is None, reason="needs s6-envdir (Debian: s6)")
needs_execline = pytest.mark.skipif(
    shutil.which("execlineb") is None, reason="needs execlineb (Debian: execline)"
)
ONESHOT = "processes: {web: {oneshot: true}}\n"
LINES = "web: ./web\nredis: ./redis\nmigrate: ./migrate\nadmin: ./admin\n"
DEPENDS = (
    "processes:\n"
    "  web: {instances: 2, depends_on: [redis, migrate, admin]}\n"
    "  migrate: {oneshot: true, depends_on: [redis]}\n"
    "  admin: {autostart: false}\n"
)


def shop(lines: str = "web: ./web $PORT\n", yml: str = "", **fields: Any) -> Exported:
    return export("s6", plan(lines, yml, **({"user": None} | fields)))


def web(said: str, **fields: Any) -> Exported:
    """Of a type `web` of which this is said."""
    return shop(yml=f"processes: {{web: {{{said}}}}}\n" if said else "", **fields)


def texts(exported: Exported) -> dict[str, str]:
    return {path: file.text for path, file in exported.files.items()}


def run(exported: Exported, service: str = "shop-web-1") -> list[str]:
    """The lines of its script, behind the mark."""
    return exported.text(f"{service}/run").splitlines()[2:]


def finish(exported: Exported) -> list[str]:
    """What a `finish` does once nothing is left."""
    lines = exported.text("shop-web-1/finish").splitlines()
    return lines[lines.index("done") + 1 :]


def written(exported: Exported, folder: Path) -> Path:
    """A service folder as s6-supervise has it."""
    shutil.rmtree(folder, ignore_errors=True)
    write(exported, folder)
    (folder / "shop-web-1" / "supervise").mkdir()
    return folder / "shop-web-1"


@needs_s6
@given(VARIABLES)
@example(ENDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_variables_arrive_as_they_are(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> None:
    exported = shop("web: env -0\n", root="/", env=variables)
    service = written(exported, tmp_path_factory.getbasetemp() / "s6")
    assert seen(["./run"], variables, cwd=service) == variables


@needs_s6
@needs_execline
@given(VARIABLES)
@example(ENDS)
@settings(max_examples=EXAMPLES, deadline=None)
def test_variables_arrive_in_a_oneshot(
    tmp_path_factory: pytest.TempPathFactory, variables: dict[str, str]
) -> None:
    folder = tmp_path_factory.getbasetemp() / 's6 "once" $X'
    exported = shop("web: env -0\n", ONESHOT, root="/", env=variables, folder=str(folder))
    service = written(exported, folder)
    assert seen(["execlineb", "-P", str(service / "up")], variables, cwd="/") == variables


@needs_execline
@given(ANY)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_word_for_execlineb_is_that_word(text: str) -> None:
    script = os.fsencode(f"printf %s {in_execline(text)}")
    ran = subprocess.run([b"execlineb", b"-P", b"-c", script], stdout=subprocess.PIPE, check=True)
    assert os.fsdecode(ran.stdout) == text


@needs_s6
@given(ANY)
@settings(max_examples=EXAMPLES, deadline=None)
def test_a_command_arrives_as_it_is(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    made = plan("web: ./web\n", user=None, root="/")
    (type_,) = made.types
    process = type_.processes[0]._replace(command=f"printf %s {shlex.quote(text)}")
    made = made._replace(types=(type_._replace(processes=(process,)),))
    service = written(export("s6", made), tmp_path_factory.getbasetemp() / "s6")
    ran = subprocess.run(["./run"], cwd=service, stdout=subprocess.PIPE, check=True)
    assert os.fsdecode(ran.stdout) == text


@needs_s6
@pytest.mark.parametrize("name", ["env", "group", "left", "log"])
def test_what_the_script_itself_uses_is_not_in_the_way(tmp_path: Path, name: str) -> None:
    service = written(shop("web: env -0\n", root="/", env={name: "mine "}), tmp_path / "s6")
    assert seen(["./run"], [name], cwd=service, env={**os.environ, "env": "theirs"})[name] == "mine "


@needs_s6
def test_what_comes_from_outside_stays(tmp_path: Path) -> None:
    service = written(shop("web: env -0\n", root="/", env={"A": "1"}), tmp_path / "s6")
    assert seen(["./run"], ["env", "A"], cwd=service, env={**os.environ, "env": "theirs"}) == {
        "env": "theirs",
        "A": "1",
    }


@needs_s6
@pytest.mark.parametrize("name", [" ; # %", "$X `x`", 'it\'s "two"\nlines  ', "ä☃\udcff"])
def test_any_folder_is_entered(tmp_path: Path, name: str) -> None:
    root = f"{tmp_path}/{name}"
    os.mkdir(root)
    service = written(shop("web: pwd -P\n", root=root), tmp_path / "s6")
    found = subprocess.run(["./run"], cwd=service, stdout=subprocess.PIPE, check=True).stdout
    assert os.fsdecode(found) == f"{root}\n"


@pytest.mark.parametrize("name", ["a/b", ".hidden", "a\nb"])
def test_a_name_that_no_file_can_have_is_told_and_not_its_value(name: str) -> None:
    with pytest.raises(UserError) as caught:
        envdir.of_s6({name: "secret"})
    assert repr(name) in str(caught.value)
    assert "secret" not in str(caught.value)


def test_values_are_for_root_alone() -> None:
    exported = shop(env={"SECRET": "hunter2", "BLANK": "ends with a blank "})
    assert exported.files["shop-web-1/env/SECRET"].mode == 0o600
    assert variables_of(exported, "shop-web-1")["BLANK"] == "ends with a blank \n"
    assert all("hunter2" not in text for path, text in texts(exported).items() if "/env/" not in path)


def test_each_process_is_a_longrun_with_a_logger() -> None:
    exported = web("instances: 2")
    assert [path for path in exported.files if "/env/" not in path] == [
        *(f"shop-{name}" for number in (1, 2) for name in of_longrun(f"web-{number}")),
        *("shop/type", "shop/contents.d/shop-web-1-pipeline", "shop/contents.d/shop-web-2-pipeline"),
    ]
    assert variables_of(exported, "shop-web-2")["PORT"] == "5001\n"
    assert run(exported) == [
        "exec 2>&1",
        "echo $$ >supervise/group",
        'set -- "$PWD/env"',
        "cd /srv/shop || exit 111",
        "exec s6-envdir -fL \"$1\" /bin/sh -c 'exec ./web $PORT'",
    ]
    assert exported.files["shop-web-1/run"].mode == exported.files["shop-web-1-log/run"].mode == 0o755
    assert s6rc.problems(texts(exported)) == []


def of_longrun(name: str) -> list[str]:
    own = ("run", "finish", "timeout-finish", "timeout-kill", "producer-for")
    log = ("run", "type", "notification-fd", "consumer-for", "pipeline-name")
    return [*(f"{name}/{each}" for each in own), *(f"{name}-log/{each}" for each in log), f"{name}/type"]


def test_the_logger_gets_what_its_process_says() -> None:
    exported = shop(log="/my logs")
    assert exported.text("shop-web-1-log/run").splitlines()[2:] == [
        "log='/my logs/web-1'",
        'mkdir -p "$log" || exit 111',
        'exec s6-log -d3 n10 s1000000 T "$log"',
    ]
    assert "log=/var/log/shop/web-1" in shop().text("shop-web-1-log/run")
    said = {path: exported.text(f"shop-web-1{path}") for path in ("/producer-for", "-log/consumer-for")}
    assert said == {"/producer-for": "shop-web-1-log\n", "-log/consumer-for": "shop-web-1\n"}
    assert exported.text("shop-web-1-log/notification-fd") == "3\n"


def test_tasks_with_schedules_are_left_to_a_scheduler() -> None:
    exported = shop(yml=TASKS_YML)
    assert exported.export.scheduled == ("remind", "digest")
    assert run(exported, "shop-scheduler")[-1] == "exec /bin/sh -c 'exec /usr/bin/procman scheduler'"
    assert variables_of(exported, "shop-scheduler") == {}  # it reads the app's files
    assert "shop/contents.d/shop-scheduler-pipeline" in exported.files
    assert s6rc.problems(texts(exported)) == []


def test_a_user_keeps_its_groups_and_its_home() -> None:
    exported = shop(user="shop")
    ids = '-u "$(id -u shop)" -g "$(id -g shop)" -G "$(id -G shop | tr \' \' ,)"'
    assert "HOME=~shop; export HOME" in run(exported)
    assert f'exec s6-envdir -fL "$1" "$(command -v s6-applyuidgid)" {ids} /bin/sh' in run(exported)[-1]
    log = exported.text("shop-web-1-log/run")
    assert f"exec s6-applyuidgid {ids} s6-log" in log
    assert 'chown shop "$log" || exit 111' in log
    exported = shop(user="shop", home="/home/shop")
    assert variables_of(exported, "shop-web-1")["HOME"] == "/home/shop\n"
    assert "HOME=~shop; export HOME" not in run(exported)


def test_who_is_said_to_be_somebody_else_is_so_by_number() -> None:
    exported = web("user: somebody, group: somegroup", user="shop")
    assert " -u 1234 -g 4321 -G 4321 /bin/sh" in run(exported)[-1]
    assert "chown 1234" in exported.text("shop-web-1-log/run")
    assert variables_of(exported, "shop-web-1")["USER"] == "somebody\n"
    exported = web("user: somebody", for_user=True)
    assert "s6-applyuidgid" not in run(exported)[-1]
    assert exported.notes == ["web: 'user: somebody' is not heeded with --user-units"]


def test_of_a_user_with_groups_all_are_set() -> None:
    made = plan("web: ./web\n", "processes: {web: {user: somebody}}\n")
    (type_,) = made.types
    account = type_.policies.account
    assert account
    policies = type_.policies._replace(account=account._replace(groups=(7, 8)))
    processes = tuple(each._replace(policies=policies) for each in type_.processes)
    made = made._replace(types=(type_._replace(policies=policies, processes=processes),))
    assert " -u 1234 -g 1234 -G 7,8 " in run(export("s6", made))[-1]


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("", []),
        ("restart: always", []),
        ("restart: never", ["exit 125  # it is not to come back"]),
        (
            "restart: on-failure",
            [
                "case $1:$2 in",
                "0:* | 256:1 | 256:2 | 256:13 | 256:15) exit 125 ;;  # it is not to come back",
                "esac",
            ],
        ),
    ],
)
def test_what_is_not_to_come_back_says_so(said: str, ends: list[str]) -> None:
    assert finish(web(said)) == ends


def test_a_shell_that_stays_tells_a_signal_as_a_code_and_leaves_the_rest_to_finish() -> None:
    exported = shop("web: ./a; ./b | ./c\n", "processes: {web: {restart: on-failure}}\n")
    assert "256:15 | 129:* | 130:* | 141:* | 143:*)" in exported.text("shop-web-1/finish")
    assert run(exported)[-1].endswith(" /bin/sh -c './a; ./b | ./c'")


def test_what_is_left_gets_the_same_signal_and_the_same_time() -> None:
    exported = web("stop_signal: QUIT, timeout: 90s")
    text = exported.text("shop-web-1/finish")
    assert 'kill -QUIT "-$group"' in text
    assert "left=90\n" in text
    assert 'while [ "$left" -ge 0 ] && kill -0 "-$group" 2>/dev/null; do\n' in text  # zombies never go
    assert exported.text("shop-web-1/timeout-finish") == "0\n"
    text = web("", timeout=7.0).text("shop-web-1/finish")
    assert 'kill -TERM "-$group"' in text
    assert "left=7\n" in text


def test_stopping() -> None:
    exported = web("stop_signal: QUIT, timeout: 1500ms, signal_to: group")
    assert exported.text("shop-web-1/down-signal") == "QUIT\n"
    assert exported.text("shop-web-1/timeout-kill") == "1500\n"
    assert exported.notes == [
        "web: 'signal_to: group' has no counterpart: s6-supervise sends it to the command itself, and the"
        " others hear it when that has ended"
    ]
    exported = web("", timeout=7.0)
    assert exported.text("shop-web-1/timeout-kill") == "7000\n"
    assert "shop-web-1/down-signal" not in exported.files
    at_once = web("", timeout=0.0)
    assert at_once.text("shop-web-1/timeout-kill") == "1\n"  # 0 would be never
    assert "left=0\n" in at_once.text("shop-web-1/finish")


def test_surroundings() -> None:
    assert run(web('umask: "027", nice: -5, nofile: 99, stdin: "null", cwd: app')) == [
        "exec 2>&1",
        "echo $$ >supervise/group",
        'set -- "$PWD/env"',
        "ulimit -S -n 99 2>/dev/null || ulimit -n 99 || exit 111",
        "exec </dev/null",
        "umask 027",
        "cd /srv/shop/app || exit 111",
        "exec nice -n -5 s6-envdir -fL \"$1\" /bin/sh -c 'exec ./web $PORT'",
    ]
    assert "umask 000" in run(web('umask: "0"'))


def test_what_ends_is_a_oneshot() -> None:
    exported = shop(yml=ONESHOT, folder="/my source")
    assert [path for path in exported.files if "/env/" not in path] == [
        *("shop-web-1/up", "shop-web-1/type", "shop/type", "shop/contents.d/shop-web-1"),
    ]
    assert exported.text("shop-web-1/up").splitlines()[1:] == [
        '/bin/sh -c "exec 2>&1',
        "set -- '/my source/shop-web-1/env'",
        "cd /srv/shop || exit 111",
        "exec s6-envdir -fL \\\"$1\\\" /bin/sh -c 'exec ./web $PORT'",
        '"',
    ]
    assert "/etc/s6-rc/source/shop-web-1/env" in shop(yml=ONESHOT).text("shop-web-1/up")
    assert s6rc.problems(texts(exported)) == []
    assert exported.notes == []


def test_what_a_oneshot_cannot_have_is_told() -> None:
    said = "oneshot: true, restart: on-failure, timeout: 9s, stop_signal: QUIT, signal_to: group"
    exported = web(said, log="/logs")
    why = "s6-rc starts a oneshot once, and stops none"
    assert [each for each in exported.notes if each.endswith(why)] == [
        f"web: '{key}' has no counterpart: {why}"
        for key in ("restart: on-failure", "timeout: 9 s", "stop_signal: SIGQUIT", "signal_to: group")
    ]
    assert "web: '-l /logs' has no counterpart: it writes into the log of s6-rc itself" in exported.notes
    assert web("oneshot: true, restart: never").notes == []


def test_dependencies_are_those_of_s6_rc() -> None:
    exported = shop(LINES, DEPENDS)
    assert {path for path in exported.files if "/dependencies.d/" in path} == {
        *(
            f"shop-web-{n}/dependencies.d/shop-{name}-1"
            for n in (1, 2)
            for name in ("redis", "migrate", "admin")
        ),
        "shop-migrate-1/dependencies.d/shop-redis-1",
    }
    assert s6rc.problems(texts(exported)) == []
    assert (
        exported.notes
        == ["web: 'depends_on: admin ready': It starts 'admin', which is not to start by itself"] * 2
    )


def test_who_waits_for_the_end_of_what_goes_on_is_told() -> None:
    types = "web: {depends_on: {load: completed, done: completed}}, done: {oneshot: true}"
    exported = shop("web: ./web\nload: ./load\ndone: ./done\n", f"processes: {{{types}}}\n")
    assert exported.notes == [
        "web: 'depends_on: load completed' has no counterpart: it waits until that runs"
    ]


def test_who_does_not_start_by_itself_starts_what_it_needs_as_ever() -> None:
    types = "web: {autostart: false, depends_on: [redis]}, redis: {autostart: false}"
    exported = shop("web: ./web\nredis: ./redis\n", f"processes: {{{types}}}\n")
    assert exported.notes == []


def test_what_is_not_to_start_is_not_in_the_bundle() -> None:
    exported = shop(LINES, DEPENDS)
    assert {path for path in exported.files if path.startswith("shop/contents.d/")} == {
        *(f"shop/contents.d/shop-{name}-pipeline" for name in ("web-1", "web-2", "redis-1")),
        "shop/contents.d/shop-migrate-1",
    }


def test_an_app_of_nothing_has_no_bundle() -> None:
    assert export("s6", plan("web: ./web\n")._replace(types=())).files == {}


@pytest.mark.parametrize("name", ["s6-rc-x", "s6rc-x"])
def test_a_name_that_s6_rc_keeps_for_itself_is_refused(name: str) -> None:
    with pytest.raises(UserError) as caught:
        shop(app=name)
    assert f"'{name}-...': name the app with -a" in str(caught.value)


def test_a_note_stands_in_the_script_of_its_service() -> None:
    exported = web("max_runtime: 12h, backoff: {max: 5m}")
    assert "# web: 'max_runtime: 12 h' has no counterpart" in exported.text("shop-web-1/run")
    assert len(exported.notes) == 2


def test_the_next_command_is_said() -> None:
    update = ("s6-rc-update /etc/s6-rc/compiled-new", "s6-rc -u change shop")
    compiled = "s6-rc-compile /etc/s6-rc/compiled-new /etc/s6-rc/source"
    why = "   # and all other folders of sources: what is in none is stopped"
    assert shop(folder="/my source").export.then == (f"{compiled} '/my source'{why}", *update)
    assert shop().export.then == (f"{compiled}{why}", *update)


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"shop-web-1/type": "longrun"}, None),
        ({"shop-web-1/type": "daemon\n"}, "shop-web-1: of type 'daemon'"),
        ({"shop-web-1/down": ""}, "shop-web-1: nobody reads its down"),
        ({"shop-web-1/run": None}, "shop-web-1: a longrun without run"),
        ({"shop-web-1/dependencies.d/shop-db-1": ""}, "shop-web-1: no service shop-db-1"),
        ({"shop/contents.d/shop-db-1": ""}, "shop: no service shop-db-1"),
        ({"shop-web-1/timeout-kill": "5s\n"}, "shop-web-1: timeout-kill is no number"),
        ({"shop-web-1/down-signal": "SIGQUIT\n"}, "shop-web-1: down-signal is none"),
        ({"shop-web-1-log/notification-fd": "1\n"}, "shop-web-1-log: notification-fd is one of the standard"),
        ({"shop-web-1-log/consumer-for": "x\n"}, "shop-web-1: is producer-for somebody who does not say so"),
        ({"shop-web-1-log/pipeline-name": "shop\n"}, "shop: a pipeline and a service"),
        ({"shop-web-2-log/pipeline-name": "shop-web-1-pipeline\n"}, "shop-web-1-pipeline: the name of two"),
        ({"shop-web-1/pipeline-name": "x\n"}, "shop-web-1: has a pipeline-name, and is no last consumer"),
        ({"shop-web-1/dependencies.d/shop": ""}, "a circle"),
        ({"shop-web-1-log/dependencies.d/shop-web-1": ""}, "a circle"),
        ({"s6rc-x/type": "bundle\n", "s6rc-x/contents.d/shop-web-1": ""}, "s6rc-x: no name for a service"),
    ],
)
def test_our_reading_of_its_rules_finds(change: dict[str, str | None], problem: str | None) -> None:
    changed = {**texts(web("instances: 2")), **change}
    found = s6rc.problems({path: text for path, text in changed.items() if text is not None})
    assert any(each.startswith(problem) for each in found) if problem else found == []
