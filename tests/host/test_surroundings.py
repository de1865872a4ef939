"""The folder, umask, niceness and most open files of a child, and that procman's own stay."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from procman.core.plan.policies import Policies
from procman.errors import SpawnError
from procman.host import limits, surroundings
from tests.host.families import KINDS, family
from tests.host.test_children import open_files

if TYPE_CHECKING:
    from collections.abc import Callable

AUTOGROUP = Path("/proc/self/autogroup")
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root may")
UNTIL_NICE = 'for turn in $(seq 1000); do [ "$(nice)" = 7 ] && break; done; nice'
"""It is made nice when it runs already."""


def own() -> tuple[object, ...]:
    """What procman itself has."""
    umask = os.umask(0o77)
    os.umask(umask)
    niceness = os.getpriority(os.PRIO_PROCESS, 0)
    return Path.cwd(), umask, niceness, resource.getrlimit(resource.RLIMIT_NOFILE)


@KINDS
def test_a_child_starts_in_its_folder(kind: str, tmp_path: Path) -> None:
    with family(kind) as each:
        each.start('echo "$PWD"; pwd -P', Policies(cwd=str(tmp_path)), PWD="/somewhere/else")
        assert each.read().decode().split() == [str(tmp_path), str(tmp_path.resolve())]


@KINDS
@pytest.mark.parametrize("command", ["./bin/web it", "./bin/web $WORD", "web it"])
def test_a_relative_program_is_found_there(kind: str, command: str, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/web"
    program.write_text('#!/bin/sh\necho "found $1"\n')
    program.chmod(0o700)
    with family(kind) as each:
        each.start(command, Policies(cwd=str(tmp_path)), WORD="it", PATH=f"bin:{os.environ['PATH']}")
        assert each.read() == b"found it\n"


@KINDS
def test_a_child_has_its_umask_and_its_limit_of_open_files(kind: str, tmp_path: Path) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with family(kind) as each:
        each.start(
            f"umask; : >{tmp_path}/made; ulimit -Sn; ulimit -Hn; exit", Policies(umask=0o27, nofile=64)
        )
        assert each.read().decode().split() == ["0027", "64", str(hard)]
    assert (tmp_path / "made").stat().st_mode & 0o777 == 0o640


@KINDS
def test_a_child_and_what_it_starts_come_later(kind: str) -> None:
    with family(kind) as each:
        each.start(f"sh -c '{UNTIL_NICE}'", Policies(nice=7))
        assert each.read() == b"7\n"


@KINDS
def test_so_does_what_it_had_started_already(kind: str) -> None:
    with family(kind) as each:
        pid = each.start(f"sh -c 'echo ready; {UNTIL_NICE}' & wait", Policies()).child
        each.read(b"ready")
        surroundings.settle(pid, 7)
        assert each.read().endswith(b"7\n")


@pytest.mark.skipif(not AUTOGROUP.exists(), reason="sessions share no processor here")
def test_all_of_its_session_comes_later() -> None:
    with family("pipe") as each:
        each.start(f"{UNTIL_NICE}; cat {AUTOGROUP}", Policies(nice=7))
        assert each.read().endswith(b" nice 7\n")


@AS_ROOT
@KINDS
def test_a_child_may_come_first(kind: str) -> None:
    with family(kind) as each:
        each.start("nice", Policies(nice=-3))
        assert each.read() == b"-3\n"


def test_procmans_own_stay_as_they_were(tmp_path: Path) -> None:
    before = own()
    with family("pipe") as each:
        everything = Policies(cwd=str(tmp_path), umask=0o31, nice=7, nofile=64)
        each.start("true", everything)
        assert own() == before
        with pytest.raises(SpawnError):
            each.start("echo \0", everything)
        assert own() == before
        with pytest.raises(SpawnError):
            each.start("true", everything._replace(cwd=str(tmp_path / "missing")))
        assert own() == before


def test_procman_comes_back_to_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    before = os.stat(".").st_ino
    with family("pipe") as each:
        each.start("pwd -P", Policies(cwd="/"))
        assert each.read() == b"/\n"
    assert os.stat(".").st_ino == before


def missing(path: Path) -> Policies:
    return Policies(cwd=str(path / "missing"))


def too_many(path: Path) -> Policies:
    return Policies(nofile=1 << 30)  # beyond what the system has (fs.nr_open)


@KINDS
@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        (missing, "cannot start in .*/missing: No such file or directory"),
        (too_many, "'nofile: 1073741824' is not to be had: the hard limit is [0-9]+"),
        (lambda path: Policies(nofile=1), "'nofile: 1' is too low for the descriptors"),
    ],
    ids=["no such folder", "too many files", "too few files"],
)
def test_what_cannot_be_had_is_told_and_nothing_stays_open(
    kind: str, wrong: Callable[[Path], Policies], text: str, tmp_path: Path
) -> None:
    with family(kind) as each:
        before = open_files()
        with pytest.raises(SpawnError, match=text) as caught:
            each.start("true", wrong(tmp_path))
        assert caught.value.exit_code == 126
        assert open_files() == before


def test_who_may_raises_the_hard_limit_for_the_child_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    seen = []
    monkeypatch.setattr(resource, "setrlimit", lambda which, both: seen.append(both))
    with limits.OpenFiles().of_children(hard + 1):
        assert seen == [(hard + 1, hard + 1)]
    assert seen[1:] == [(soft, hard)]


def test_a_child_may_have_fewer_files_open_than_procman_has() -> None:
    ends = [os.pipe() for _ in range(100)]
    with family("pipe") as each:
        each.start("ulimit -Sn", Policies(nofile=32))
        assert each.read() == b"32\n"
    for fd in (fd for both in ends for fd in both):
        os.close(fd)


NOT_ROOT = """
import os
from procman.core.plan.plan import ProcessPlan
from procman.core.plan.policies import Policies
from procman.errors import SpawnError
from procman.host.children import Children
from procman.host.poller import Poller
if os.geteuid() == 0:
    os.setgid(65534)
    os.setuid(65534)
children = Children(Poller(), dict(os.environ), None)
try:
    children.spawn(ProcessPlan("web.1", "web", 0, "true", None, {}, policies=Policies(nice=-1)))
except SpawnError as error:
    print(error)
try:
    os.waitpid(-1, 0)
except ChildProcessError:
    print("nobody was started")
"""


def test_who_may_not_come_first_is_told_before_it_starts() -> None:
    done = subprocess.run([sys.executable, "-c", NOT_ROOT], capture_output=True, text=True, check=True)
    told = "'nice: -1' is not allowed: only root may go below 0 (see 'ulimit -e')"
    assert done.stdout.splitlines() == [told, "nobody was started"]
