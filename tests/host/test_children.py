"""Real children on real pipes and terminals, without an engine around them."""

from __future__ import annotations

import gc
import os
import resource
import signal
import sys
from typing import TYPE_CHECKING

import pytest

from procman.core.messages import ChildExited, OutputClosed, OutputDrained, OutputRead
from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import FOREMAN
from procman.errors import SpawnError
from procman.host.children import Children
from procman.host.poller import Poller
from procman.host.spawn import WindowSize
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from procman.core.messages import Spawned
    from procman.core.plan.policies import Policies

SECONDS = 20.0


class Family:
    """Children, their poller, and what they wrote."""

    def __init__(self, window: WindowSize | None = None) -> None:
        self.poller = Poller()
        self.children = Children(
            self.poller,
            dict(os.environ),
            window,
        )
        self.pids: list[int] = []

    def spawn(self, command: str, **environment: str) -> int:
        return self.start(command, FOREMAN, **environment).child

    def start(self, command: str, policies: Policies, name: str = "web.1", **environment: str) -> Spawned:
        plan = ProcessPlan(name, name.partition(".")[0], 0, command, None, environment, policies=policies)
        spawned = self.children.spawn(plan)
        self.pids.append(spawned.child)
        return spawned

    def read(self, until: bytes = b"") -> bytes:
        """Output until it ends, or until it has `until` in it."""
        data = b""
        while not until or until not in data:
            for message in self.poller.wait(SECONDS):
                if isinstance(message, OutputClosed):
                    return data
                if isinstance(message, OutputRead):
                    data += message.data
        return data

    def ended(self) -> None:
        """Wait until the child has ended; the keeper of a terminal has told that."""
        try:
            while not any(isinstance(message, ChildExited) for message in self.poller.wait(0.01)):
                os.waitid(os.P_PID, self.pids[-1], os.WEXITED | os.WNOHANG)
        except ChildProcessError:
            pass

    def drain(self) -> bytes:
        """Output until all is read that was there."""
        data = b""
        while True:
            for message in self.poller.wait(SECONDS):
                if isinstance(message, OutputDrained | OutputClosed):
                    return data
                if isinstance(message, OutputRead):
                    data += message.data


@pytest.fixture
def family() -> Iterator[Family]:
    family = Family()
    yield family
    end(family)


@pytest.fixture
def on_terminals() -> Iterator[Family]:
    family = Family(WindowSize(60, 20))
    yield family
    end(family)


def end(family: Family) -> None:
    for pid in family.pids:
        try:
            os.killpg(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        except (ProcessLookupError, ChildProcessError):
            continue
    for output in family.children._outputs.values():
        output.close()
    for fd in {family.children._stdin, family.children._never_written} - {-1}:
        os.close(fd)


def test_a_child_leads_its_own_session_and_group(family: Family) -> None:
    pid = family.spawn("echo ready; exec sleep 1000")
    family.read(b"ready")
    assert os.getsid(pid) == os.getpgid(pid) == pid


def test_a_program_starts_without_a_shell_if_it_needs_none(family: Family) -> None:
    plan = ProcessPlan("web.1", "web", 0, "exec sleep 1000", None, {})
    spawned = family.children.spawn(plan)
    family.pids.append(spawned.child)
    assert spawned.main == spawned.child  # at once, while a shell may still be on its way
    assert family.children.main_code("web.1", 130) == 130  # no shell tells of a signal by that


def test_it_is_found_as_the_shell_finds_it(family: Family, tmp_path: Path) -> None:
    for folder in ("first", "second", "third"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app").write_text(f'#!/bin/sh\necho {folder} "$@"\n')
    (tmp_path / "first/app").chmod(0o600)  # not to be run
    (tmp_path / "second/app").chmod(0o700)
    (tmp_path / "third/app").chmod(0o700)
    path = ":".join(f"{tmp_path}/{folder}" for folder in ("missing", "first", "second", "third"))
    family.spawn("app 'a  b'", PATH=path)
    assert family.read() == b"second a  b\n"


@pytest.mark.parametrize(
    ("text", "mode", "expected"),
    [
        ("echo no first line", 0o700, (b"no first line", 0)),
        ("#!/missing/interpreter", 0o700, (b"not found", 127)),
        ("#!/bin/sh", 0o600, (b"ermission denied", 126)),
    ],
)
def test_what_cannot_be_started_is_left_to_the_shell(
    family: Family, tmp_path: Path, text: str, mode: int, expected: tuple[bytes, int]
) -> None:
    app = tmp_path / "app"
    app.write_text(text)
    app.chmod(mode)
    pid = family.spawn(f"{app}")
    found = family.read().replace(b"No such file or directory", b"not found")  # bash
    assert expected[0] in found
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == expected[1]


def test_its_variables_are_added_to_the_apps(family: Family) -> None:
    family.spawn('echo "$PS $PATH"', PS="web.1")
    assert family.read() == f"web.1 {os.environ['PATH']}\n".encode()


def test_stdout_and_stderr_are_one(family: Family) -> None:
    family.spawn("echo out; echo err >&2; echo end")
    assert family.read() == b"out\nerr\nend\n"


def test_stdin_never_ends_and_is_a_childs_own(family: Family) -> None:
    sets_nonblocking = "import os; os.set_blocking(0, False)"
    blocks = "import os; print('blocks', os.get_blocking(0), flush=True); os.read(0, 1)"
    family.spawn(f'{sys.executable} -c "{sets_nonblocking}"; echo set; exec sleep 1000')
    assert family.read(b"\n") == b"set\n"
    other = family.children.spawn(ProcessPlan("web.2", "web", 0, f'{sys.executable} -c "{blocks}"', None, {}))
    family.pids.append(other.child)
    assert family.read(b"\n") == b"blocks True\n"
    assert os.waitpid(other.child, os.WNOHANG) == (0, 0)
    for name in ("web.1", "web.2"):
        family.children.kill(name)


def test_signals_have_their_default_actions_in_children(family: Family) -> None:
    before = signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    family.spawn("grep -E 'Sig(Blk|Ign)' /proc/self/status")
    signal.signal(signal.SIGPIPE, before)
    masks = [int(line.split()[1], 16) for line in family.read().splitlines()]
    assert [mask & 0x7FFFFFFF for mask in masks] == [0, 0]


def test_no_descriptor_of_ours_is_left_open_in_a_child(family: Family) -> None:
    read_end, write_end = os.pipe()  # as all that we open: closed on exec
    os.set_inheritable(write_end, True)
    family.spawn("ls /proc/$$/fd; :")
    found = {int(fd) for fd in family.read().split()}
    assert write_end in found, "what procman was given on purpose is passed on"
    assert read_end not in found
    assert all(_inheritable(fd) for fd in found - {0, 1, 2})


def _inheritable(fd: int) -> bool:
    try:
        return os.get_inheritable(fd)
    except OSError:
        return fd == 10  # where dash keeps a copy of what it redirects


def test_a_terminal_is_the_childs_own_and_has_its_size(on_terminals: Family) -> None:
    groups = f"{sys.executable} -c 'import os; print(os.tcgetpgrp(0)); print(os.getpgrp())'"
    on_terminals.spawn(f"tty; stty size; stty -a | grep -o -- '-onlcr'; {groups}")
    tty, size, newlines, foreground, group = on_terminals.read().split(b"\n")[:5]
    assert tty.startswith(b"/dev/pts/")
    assert size == b"20 60"
    assert newlines == b"-onlcr"
    assert foreground == group


def test_a_terminal_follows_a_new_size(on_terminals: Family) -> None:
    on_terminals.spawn("trap 'stty size; exit' WINCH; echo ready; while :; do sleep 0.01; done")
    on_terminals.read(b"ready")
    on_terminals.children.resize(WindowSize(33, 11))
    assert b"11 33" in on_terminals.read(b"11 33")


def test_who_is_started_after_a_terminal_has_changed_its_size_gets_the_new_one(on_terminals: Family) -> None:
    on_terminals.children.resize(WindowSize(33, 11))
    on_terminals.spawn("stty size")
    assert on_terminals.read(b"\n") == b"11 33\n"


def test_the_stop_signal_comes_before_sigcont(family: Family, monkeypatch: pytest.MonkeyPatch) -> None:
    pid = family.spawn("sh -c 'echo ready; exec sleep 1000'")
    family.read(b"ready")
    sent = []
    monkeypatch.setattr("procman.host.mainprocess.send", lambda pid, number: sent.append((pid, number)))
    monkeypatch.setattr("procman.host.session.os.killpg", lambda pid, number: sent.append((pid, number)))
    family.children.stop("web.1", signal.SIGTERM)
    monkeypatch.undo()
    assert sent == [(pid, signal.SIGTERM), (pid, signal.SIGCONT)]


def test_a_group_is_signalled_whole_and_known_to_be_gone(family: Family) -> None:
    pid = family.spawn("sh -c 'sleep 1000 & echo ready; exec sleep 1000'")
    family.read(b"ready")
    assert family.children.signal_group("web.1", 0)
    family.children.signal_group("web.1", signal.SIGTERM)
    assert family.read() == b""  # the output ends when both have ended
    os.waitpid(pid, 0)


def test_a_suspended_child_can_obey_the_stop_signal(family: Family) -> None:
    pid = family.spawn("sh -c 'echo ready; exec sleep 1000'")
    family.read(b"ready")
    os.kill(pid, signal.SIGSTOP)
    family.children.stop("web.1", signal.SIGTERM)
    assert os.waitpid(pid, 0)[1] == signal.SIGTERM


@pytest.mark.parametrize("kind", ["pipe", "terminal"])
def test_all_that_was_written_is_read_though_the_output_is_held_open(kind: str, tmp_path: Path) -> None:
    family = Family(WindowSize(60, 20) if kind == "terminal" else None)
    written = tmp_path / "written"
    family.spawn(f"seq 1 2000; printf 'no newline'; : >{written}; exec sleep 1000")
    wait_until(written.exists)
    family.children.drain_output("web.1")
    assert family.drain() == b"".join(b"%d\n" % number for number in range(1, 2001)) + b"no newline"
    family.children.close_output("web.1")
    end(family)


def test_a_pause_holds_for_what_is_read_at_the_end_too(family: Family) -> None:
    pid = family.spawn("setsid sleep 1000 & echo $!; exit 0")
    os.waitpid(pid, 0)
    family.poller.pause_outputs()
    family.children.drain_output("web.1")
    assert list(family.poller.wait(0)) == []
    family.poller.resume_outputs()
    os.kill(int(family.drain()), signal.SIGKILL)


def test_a_flood_by_whoever_holds_the_output_open_does_not_hold_us_up(family: Family) -> None:
    family.spawn("yes")
    family.read(b"y")
    family.children.drain_output("web.1")
    assert len(family.drain()) <= 3 << 20


def test_an_end_of_output_that_is_known_is_not_told_again(family: Family) -> None:
    pid = family.spawn("echo bye")
    family.read()
    os.waitpid(pid, 0)
    family.children.drain_output("web.1")
    assert list(family.poller.wait(0)) == []


def test_a_terminal_that_its_child_has_closed_is_read_when_it_is_opened_again(on_terminals: Family) -> None:
    on_terminals.spawn("exec <&- >&- 2>&-; sleep 0.1; echo once >/dev/tty; sleep 0.1; echo more >/dev/tty")
    assert b"once\nmore\n" in on_terminals.read(b"more\n")
    assert on_terminals.read() == b""


@pytest.mark.parametrize("kind", ["pipe", "terminal"])
def test_nothing_stays_open_of_a_child_that_has_ended(kind: str) -> None:
    family = Family(WindowSize(60, 20) if kind == "terminal" else None)
    before = open_files()
    for line in ("echo bye", "exec <&- >&- 2>&-; sleep 0.05"):
        family.spawn(line)
        family.read()
        family.ended()
        family.children.close_output("web.1")
        assert open_files() == before


@pytest.mark.parametrize("kind", ["pipe", "terminal"])
@pytest.mark.parametrize("fault", ["a NUL byte", "no shell"])
def test_nothing_stays_open_of_a_child_that_could_not_be_started(
    kind: str, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = Family(WindowSize(60, 20) if kind == "terminal" else None)
    before = open_files()
    if fault == "no shell":
        monkeypatch.setattr("procman.host.spawn.SHELL", ("/no/such/shell", "-c"))
    with pytest.raises(SpawnError):
        family.spawn("echo \0" if fault == "a NUL byte" else "true")
    assert open_files() == before


def open_files() -> list[str]:
    """Our descriptors, but for the one that lists them, and those of tests before."""
    gc.collect()
    return sorted(fd for fd in os.listdir("/proc/self/fd") if os.path.lexists(f"/proc/self/fd/{fd}"))


def test_no_descriptors_left_is_a_clear_error() -> None:
    family = Family()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        with pytest.raises(SpawnError, match="Too many open files: raise the limit with 'ulimit -n'"):
            family.spawn("true")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
