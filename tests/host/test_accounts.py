"""Children that run as somebody else. Only root may start those."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from procman.core.plan.policies import Account, Policies
from procman.host import accounts, mainprocess, spawn
from procman.host.mainprocess import Foreground
from tests.end_to_end.output import wait_until
from tests.host.families import KINDS, family

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may become somebody else")
NOBODY = Account(65534, 65534, (65534, 12345), "nobody", "/nonexistent")
UNTIL_TOLD = "trap 'echo stopped; exit 3' TERM; echo ready; while :; do sleep 0.01; done"
AS_NOBODY = Policies(account=NOBODY)


def status(text: bytes) -> dict[str, list[str]]:
    """What `/proc/PID/status` says."""
    lines = (line.partition(":") for line in text.decode().splitlines())
    return {key: value.split() for key, _, value in lines}


@KINDS
def test_nothing_of_root_is_left(kind: str) -> None:
    with family(kind) as each:
        each.start("cat /proc/self/status", AS_NOBODY)
        found = status(each.read())
    assert found["Uid"] == found["Gid"] == ["65534"] * 4
    assert sorted(found["Groups"]) == ["12345", "65534"]
    assert {int(found[key][0], 16) for key in ("CapInh", "CapPrm", "CapEff", "CapAmb")} == {0}


@KINDS
def test_signals_are_as_with_any_child(kind: str) -> None:
    with family(kind) as each:
        each.start("cat /proc/self/status", AS_NOBODY)
        found = status(each.read())
    assert [int(found[key][0], 16) & 0x7FFFFFFF for key in ("SigBlk", "SigIgn")] == [0, 0]


def test_no_group_is_one_that_can_be_had() -> None:
    with family("pipe") as each:
        each.start("id -G", Policies(account=NOBODY._replace(groups=())))
        assert each.read() == b"65534\n"


def test_it_finds_its_user_unless_it_says_otherwise_itself() -> None:
    with family("pipe") as each:
        each.start('echo "$HOME $USER $LOGNAME"', AS_NOBODY)
        assert each.read() == b"/nonexistent nobody nobody\n"
        each.start('echo "$HOME $USER"', AS_NOBODY, HOME="/srv")
        assert each.read() == b"/srv nobody\n"


@pytest.mark.parametrize("locale", [{}, {"LC_CTYPE": "C"}, {"LC_CTYPE": "C.UTF-8"}, {"LC_ALL": "C"}])
def test_the_locale_is_left_alone(locale: dict[str, str]) -> None:
    with family("pipe") as each:
        each.children.environment = {"PATH": os.environ["PATH"], **locale}
        each.start("env | grep ^LC_; :", AS_NOBODY)
        assert each.read().decode().split() == [f"{key}={value}" for key, value in locale.items()]


def test_words_are_passed_on_byte_by_byte() -> None:
    with family("pipe") as each:
        each.start("echo 'caf\udce9 caf\u00e9'", AS_NOBODY, LC_ALL="C")
        assert each.read() == b"caf\xe9 caf\xc3\xa9\n"


@pytest.mark.parametrize(("kind", "name"), [("pipe", "stdout"), ("pipe", "stderr"), ("terminal", "tty")])
def test_it_may_open_its_output_again(kind: str, name: str) -> None:
    with family(kind) as each:
        each.start(f"echo opened >/dev/{name}", AS_NOBODY)
        assert each.read() == b"opened\n"


def test_it_can_hold_no_secret_that_others_see() -> None:
    words = accounts.launched(NOBODY, ("/bin/sh", "-c", "exec web"), {"KEY": "secret", "LC_CTYPE": "C"})
    assert not [word for word in words if "secret" in word]
    assert words[-3:] == ("/bin/sh", "-c", "exec web")


@KINDS
def test_a_program_that_only_root_may_start_is_refused_by_the_shell(kind: str, tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh\necho started\n")
    program.chmod(0o700)
    with family(kind) as each:
        pid = each.start(str(program), AS_NOBODY).child
        assert b"ermission denied" in each.read()
        if kind == "pipe":
            assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 126


@pytest.mark.parametrize("command", ["sleep 1000", "exec sleep 1000", "true; sleep 1000"])
def test_the_pid_is_that_of_the_command_and_so_is_its_end(command: str) -> None:
    with family("pipe") as each:
        started = each.start(command, AS_NOBODY)
        assert started.main == started.child
        wait_until(lambda: words(started.child) == [b"sleep", b"1000"])
        each.children.stop("web.1", signal.SIGTERM)
        assert os.waitpid(started.child, 0)[1] == signal.SIGTERM


def test_what_will_be_a_shell_is_not_taken_for_its_command() -> None:
    shell = ("/bin/sh", "-c", "sleep 1000 | sleep 1001")
    seen = b"".join(os.fsencode(word) + b"\0" for word in shell)
    launcher = ["/bin/sh", "-c", "read line", "launcher", "--", *shell]
    with subprocess.Popen(launcher, stdin=subprocess.PIPE) as process:
        wait_until(lambda: words(process.pid))
        assert mainprocess.of(process.pid, seen) == Foreground((), process.pid, settled=False)
        assert mainprocess.of(process.pid, b"") == Foreground((), process.pid)
        process.communicate()


def test_nor_is_what_has_no_words_yet() -> None:
    with subprocess.Popen(["true"]) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # as on the way to a program
        assert mainprocess.of(process.pid, b"sh\0") == Foreground((), process.pid, settled=False)


def test_a_command_behind_a_shell_is_found() -> None:
    with family("pipe") as each:
        assert each.start("sh -c 'echo ready; exec sleep 1000' | cat", AS_NOBODY).main is None
        each.read(b"ready")
        wait_until(lambda: words(each.children.main_pid("web.1") or 0) == [b"sleep", b"1000"])
        each.children.kill("web.1")


def words(pid: int) -> list[bytes]:
    if not pid:
        return []
    return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[:-1]


def test_signals_wait_from_the_launchers_first_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launcher = tmp_path / "launcher.py"
    launcher.write_text("print(open('/proc/self/status').read())")
    monkeypatch.setattr(accounts, "LAUNCHER", str(launcher))
    with family("pipe") as each:
        each.start("true", AS_NOBODY)
        blocked = int(status(each.read())["SigBlk"][0], 16)
    assert {number for number in spawn.DEFAULT_SIGNALS if not blocked >> (number - 1) & 1} == set()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_while_it_is_started_ends_it_as_any_program(number: signal.Signals) -> None:
    with family("pipe") as each:
        pid = each.start("sleep 1000", AS_NOBODY).child
        os.kill(pid, number)
        assert each.read() == b""
        assert os.waitpid(pid, 0)[1] == number


def test_a_stop_of_one_on_a_terminal_reaches_the_command() -> None:
    with family("terminal") as each:
        each.start(UNTIL_TOLD, AS_NOBODY)
        each.read(b"ready")
        each.children.stop("web.1", signal.SIGTERM)
        assert each.read().endswith(b"stopped\n")
        each.ended()
        each.children.close_output("web.1")


def test_who_cannot_be_had_is_told() -> None:
    words = accounts.launched(NOBODY._replace(uid=2**32 - 1), ("/bin/echo", "started"), {})
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    told = "procman: cannot run as user 4294967295: Invalid argument\n"
    assert (done.returncode, done.stdout, done.stderr) == (126, "", told)
    assert words[0] == sys.executable
