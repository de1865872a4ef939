"""What was acknowledged is on the disk, also when the power fails in the next moment.

Once with a disk that forgets what was not flushed, once by looking at what the system is asked to do.
"""

from __future__ import annotations

import os
import re
import shutil
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from procman import enqueue
from procman.cli import main, parser
from procman.core.tasks.run import Request, Trigger
from procman.store.open import DATABASE, open_store
from procman.store.sharing import SHARING
from tests.end_to_end.harness import PYTHON

if TYPE_CHECKING:
    from pathlib import Path

    from tests.end_to_end.harness import App

LOG = f"{DATABASE}-wal"


class Disk:
    """Remembers of the log what it was when it was flushed last. SQLite itself cares for the other file."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.log = b""
        self.names: set[str] = set()
        monkeypatch.setattr("os.fsync", self.flush)

    def flush(self, fd: int) -> None:
        flushed = os.fstat(fd)
        log = self.folder / LOG
        if os.path.samestat(flushed, self.folder.stat()):
            self.names = set(os.listdir(self.folder))
        elif log.exists() and os.path.samestat(flushed, log.stat()):
            self.log = log.read_bytes()

    def after_a_power_cut(self, database: Path, folder: Path) -> set[int]:
        """The runs that are there, with the database as it was before the log was written."""
        folder.mkdir()
        shutil.copy(database, folder / DATABASE)
        (folder / LOG).write_bytes(self.log)
        with closing(open_store(str(folder / DATABASE))) as store:
            assert store.moved_aside is None
            return {run.id for run in store.jobs()}


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An app whose store has one job."""
    (tmp_path / "procman.yml").write_text("tasks: {show: 'true'}\n")
    monkeypatch.setenv("PROCMAN_ROOT", str(tmp_path))
    assert enqueue("show") == 1
    SHARING.close()
    shutil.copy(tmp_path / ".procman" / DATABASE, tmp_path / "before")
    return tmp_path


@pytest.fixture
def disk(root: Path, monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(root / ".procman", monkeypatch)


def test_each_call_of_enqueue_is_on_the_disk_when_it_is_back(root: Path, disk: Disk) -> None:
    for number in range(2, 5):
        assert enqueue("show", number) == number
        kept = disk.after_a_power_cut(root / "before", root / f"after {number}")
        assert kept == set(range(1, number + 1))
    assert {DATABASE, LOG} <= disk.names
    SHARING.close()


def test_so_is_the_run_of_a_key_that_another_has_written_and_not_flushed(root: Path, disk: Disk) -> None:
    with closing(open_store(str(root / ".procman" / DATABASE))) as other:
        other.request(Request("show", (), Trigger.MANUAL, 0.0, 0.0, "k"))
        assert disk.after_a_power_cut(root / "before", root / "not flushed") == {1}
        assert enqueue("show", key="k") == 2
        assert disk.after_a_power_cut(root / "before", root / "flushed") == {1, 2}
    SHARING.close()


@pytest.mark.parametrize("when", [["--detach"], ["--in", "1h"], ["--at", "2100-01-01 10:00"]])
def test_so_is_what_is_asked_for_on_the_command_line(root: Path, disk: Disk, when: list[str]) -> None:
    line = parser.read(["run", "--root", str(root), "task", "show", *when])
    assert main.run(line, None) == 0
    assert disk.after_a_power_cut(root / "before", root / "after") == {1, 2}


CALLS = re.compile(r'(pwrite64|f(?:data)?sync|unlink)\((?:\d+<|")([^>"]*)')


@pytest.mark.skipif(not shutil.which("strace"), reason="what the system is asked is seen by strace only")
def test_the_system_is_asked_to_flush_in_the_right_order(app: App) -> None:
    """The log before a call is back. At the end the log, then the database, and only then the log goes."""
    app.tasks("show: 'true'")
    app.write("ask.py", "import os\nfrom procman import enqueue\nenqueue('show')\nos.unlink('back')\n")
    app.write("back", "")
    calls = ("-e", "trace=pwrite64,fsync,fdatasync,unlink", "-o", "trace")
    traced = app.launch("strace", "-f", "-y", *calls, PYTHON, "ask.py")
    if traced.end() and "ptrace" in traced.err.text:
        pytest.skip(f"strace may not look: {traced.err.text}")
    assert traced.err.text == ""
    found = [
        (call[1].replace("fdatasync", "fsync"), os.path.basename(call[2]))
        for call in CALLS.finditer((app.root / "trace").read_text(errors="replace"))
    ]
    back = found.index(("unlink", "back"))
    ending = found[back:]
    written, flushed = ("pwrite64", LOG), ("fsync", LOG)
    assert last(written, found[:back]) < last(flushed, found[:back])
    assert ending.index(flushed) < ending.index(("pwrite64", DATABASE))
    assert last(("pwrite64", DATABASE), ending) < last(("fsync", DATABASE), ending)
    assert last(("fsync", DATABASE), ending) < ending.index(("unlink", LOG))


def last(call: tuple[str, str], calls: list[tuple[str, str]]) -> int:
    return len(calls) - 1 - calls[::-1].index(call)
