"""What policies mean for the input, the terminal and the environment of a child."""

from __future__ import annotations

import os
import resource
import signal
from typing import TYPE_CHECKING

import pytest

from procman.core.plan.policies import Policies
from procman.errors import SpawnError
from procman.host.spawn import WindowSize
from tests.host.families import KINDS, family
from tests.host.test_children import open_files

if TYPE_CHECKING:
    from collections.abc import Mapping

    from procman.core.plan.plan import ProcessPlan

ALWAYS, NEVER = Policies(pty="always"), Policies(pty="never")
SHOW = 'tty; echo "buffered ${PYTHONUNBUFFERED-yes}"; stty size 2>/dev/null; :'


@KINDS
def test_an_empty_input_ends_at_once(kind: str) -> None:
    with family(kind) as each:
        each.start("readlink /proc/self/fd/0; cat; echo end", Policies(stdin_null=True))
        assert each.read() == b"/dev/null\nend\n"


def test_a_terminal_stays_the_childs_own_without_its_input() -> None:
    with family("terminal") as each:
        each.start("echo to the terminal >/dev/tty; stty size <&1", Policies(stdin_null=True))
        assert each.read() == b"to the terminal\n20 60\n"


def test_one_may_have_a_terminal_though_others_have_pipes() -> None:
    with family("pipe") as each:
        each.children.environment = {"PATH": os.environ["PATH"]}
        each.start(SHOW, ALWAYS)
        terminal, buffered, size = each.read().decode().splitlines()
        assert terminal.startswith("/dev/pts/")
        assert (buffered, size) == ("buffered yes", "24 80")
        assert each.children.has_terminal("web.1") is False  # it has ended
        each.start("tty; exec sleep 1000", ALWAYS, "web.2")
        each.read(b"/dev/pts/")
        assert each.children.has_terminal("web.2")


def test_its_window_is_what_the_others_would_have_and_follows_ours() -> None:
    with family("pipe") as each:
        each.children.resize(WindowSize(33, 11))
        each.start("trap 'stty size; exit' WINCH; stty size; while :; do sleep 0.01; done", ALWAYS)
        each.read(b"11 33\n")
        each.children.resize(WindowSize(44, 12))
        assert each.read() == b"12 44\n"
        each.start("tty", Policies(), "web.2")
        assert each.read() == b"not a tty\n"  # a new size makes no terminal


def test_one_may_be_on_pipes_though_others_have_terminals() -> None:
    with family("terminal") as each:
        each.children.environment = {"PATH": os.environ["PATH"]}
        each.start(SHOW, NEVER)
        assert each.read() == b"not a tty\nbuffered 1\n"
        each.start(SHOW, NEVER, PYTHONUNBUFFERED="")
        assert each.read() == b"not a tty\nbuffered \n"
        assert not each.children.has_terminal("web.1")


def test_its_input_never_ends_as_with_all_on_pipes() -> None:
    with family("terminal") as each:
        for name in ("web.1", "web.2"):
            pid = each.start("echo begins; cat", NEVER, name).child
            each.read(b"begins")
            assert os.waitpid(pid, os.WNOHANG) == (0, 0)


@pytest.mark.parametrize("policies", [NEVER, Policies(cwd="/"), Policies(listen=("127.0.0.1:1",))])
def test_no_descriptors_left_is_a_clear_error(policies: Policies) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with family("terminal") as each:
        each.children.listeners.keep(())  # its module is loaded
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
        try:
            with pytest.raises(SpawnError, match="Too many open files: raise the limit with 'ulimit -n'"):
                each.start("true", policies)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@KINDS
@pytest.mark.parametrize(
    "policies", [ALWAYS, NEVER, Policies(stdin_null=True)], ids=["always", "never", "null"]
)
def test_nothing_stays_open_of_a_child_that_has_ended(kind: str, policies: Policies) -> None:
    with family(kind) as each:
        for turn in range(3):
            each.start("echo bye", policies)
            each.read()
            each.ended()
            each.children.close_output("web.1")
            if not turn:
                before = open_files()
        assert open_files() == before


def test_those_who_dress_a_child_have_the_last_word() -> None:
    with family("pipe") as each:
        each.children.dress.append(lambda process: {"A": "1", "B": process.name})
        each.children.dress.append(lambda process: {"A": "2", "NOTIFY_SOCKET": "/its/own"})
        each.start('echo "$A $B $NOTIFY_SOCKET"', Policies(), A="0")
        assert each.read() == b"2 web.1 /its/own\n"


def test_who_cannot_dress_it_is_heard() -> None:
    def refuse(process: ProcessPlan) -> Mapping[str, str]:
        raise SpawnError(f"no socket for {process.name}", exit_code=126)

    with family("pipe") as each:
        before = open_files()
        each.children.dress.append(refuse)
        with pytest.raises(SpawnError, match="no socket for web"):
            each.start("true", Policies())
        assert open_files() == before


def test_a_shell_that_waits_knows_the_stop_signal_of_its_own() -> None:
    ends = "trap 'echo stopped; exit 5' QUIT; echo ready; while :; do sleep 0.01; done"
    with family("pipe") as each:
        pid = each.start(f'sh -c "{ends}"; echo not reached; :', Policies(stop_signal=signal.SIGQUIT)).child
        each.read(b"ready")
        each.children.stop("web.1", signal.SIGQUIT)
        said = each.read()
        assert b"stopped" in said
        assert b"not reached" not in said
        assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 5
