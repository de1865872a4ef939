"""Files that change are noticed, once for a burst, by those whom they concern."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest

from procman.core.messages import Files, WorkDone
from procman.host import filewatch
from procman.host.filechanges import MOST
from procman.host.filewatch import FileWatch
from procman.host.poller import Poller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

PATIENCE = 20.0
MARK = "mark.txt"
"""A change of this file is told to nobody else: what is told before it was all there was to tell."""

LATER = 1 << 32
"""A time of a file that comes certainly after that of its last change, if only seconds are looked at."""


class Stage:
    """An app in `root`, whose patterns are watched, and what has been told."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.poller = Poller()
        self.calls: list[dict[str, Files]] = []
        self.failures: list[str] = []
        self.turns = self.marks = 0
        self.files = FileWatch(str(root), self.poller, self.failures.append)

    def watch(self, **patterns: Sequence[str]) -> None:
        self.files.watch({**patterns, "mark": [MARK]}, self.calls.append)
        self.wait(lambda: self.files.watching or self.failures)

    def wait(self, until: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < deadline, f"told only {self.calls}, {self.failures}"
            self.turn(1)

    def turn(self, seconds: float) -> None:
        for message in self.poller.wait(seconds):
            assert isinstance(message, WorkDone)
            message.then(message.result)
        self.turns += 1

    def told(self) -> list[dict[str, Files]]:
        """What is told of all that has changed until now: a mark comes behind it."""
        self.wait(lambda: self.calls)
        return self.told_or_nothing()

    def told_or_nothing(self) -> list[dict[str, Files]]:
        self.mark()
        self.wait(lambda: any("mark" in call for call in self.calls))
        calls, self.calls[:] = [*self.calls], []
        assert calls.pop() == {"mark": [MARK]}
        return calls

    def mark(self) -> None:
        self.marks += 1
        (self.root / MARK).touch()
        os.utime(self.root / MARK, (LATER + self.marks, LATER + self.marks))

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """The child sees all that is done meanwhile as one, however slow this machine is."""
        children = psutil.Process().children()
        for child in children:
            child.suspend()
        yield
        for child in children:
            child.resume()


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    hasty = "import sys; from procman.host import watcher; watcher.STEP_MS = 40; watcher.main(sys.argv[1:])"
    monkeypatch.setattr(filewatch, "PROGRAM", hasty)
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "views.py").write_text("old")
    stage = Stage(tmp_path)
    yield stage
    stage.files.close()
    while psutil.Process().children():
        os.wait()


def write(path: Path, text: str = "new") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_only_those_are_told_whom_it_concerns(stage: Stage) -> None:
    stage.watch(web=["app/**/*.py"], worker=["app/", "lib/"], cron=["*.py", "!app"])
    with stage.at_once():
        write(stage.root / "app" / "views.py")
    assert stage.told() == [{"web": ["app/views.py"], "worker": ["app/views.py"]}]
    with stage.at_once():
        write(stage.root / "lib" / "a.txt")
    assert stage.told() == [{"worker": ["lib/a.txt"]}]


def vim(path: Path) -> None:
    (path.parent / "4913").touch()
    (path.parent / "4913").unlink()
    path.rename(f"{path}~")
    path.write_text("new")
    Path(f"{path}~").unlink()


def intellij(path: Path) -> None:
    Path(f"{path}___jb_tmp___").write_text("new")
    path.rename(f"{path}___jb_old___")
    Path(f"{path}___jb_tmp___").rename(path)
    Path(f"{path}___jb_old___").unlink()


def emacs(path: Path) -> None:
    (path.parent / f".#{path.name}").symlink_to("me@here.1234")
    (path.parent / f"#{path.name}#").write_text("new")
    path.write_text("new")
    (path.parent / f"#{path.name}#").unlink()
    (path.parent / f".#{path.name}").unlink()


def atomically(path: Path) -> None:
    (path.parent / ".new.swp").write_text("new")
    (path.parent / ".new.swp").replace(path)


def bit_by_bit(path: Path) -> None:
    for number in range(200):
        path.write_text("new" * number)


@pytest.mark.parametrize("save", [vim, intellij, emacs, atomically, bit_by_bit, Path.touch, Path.unlink])
def test_a_file_that_is_saved_is_told_once(stage: Stage, save: Callable[[Path], None]) -> None:
    stage.watch(web=["app/**"])
    with stage.at_once():
        save(stage.root / "app" / "views.py")
    assert stage.told() == [{"web": ["app/views.py"]}]


def test_what_is_ignored_or_taken_out_is_not_told(stage: Stage) -> None:
    write(stage.root / "app" / "node_modules" / "a.py")
    stage.watch(web=["**/*", "!log/", f"!{MARK}"])
    for name in (
        "app/node_modules/a.py",
        ".git/index",
        "app/__pycache__/a.pyc",
        "app/.a.py.swp",
        "log/web.log",
    ):
        write(stage.root / name)
    assert stage.told_or_nothing() == []


def test_folders_alone_are_not_told(stage: Stage) -> None:
    (stage.root / "app" / "old").mkdir()
    stage.watch(web=["app/"])
    (stage.root / "app" / "new").mkdir()
    (stage.root / "app" / "old").rmdir()
    assert stage.told_or_nothing() == []


def test_folders_that_come_later_are_watched_with_what_is_in_them(stage: Stage) -> None:
    stage.watch(web=["config/", "**/*.html"])
    with stage.at_once():
        write(stage.root / "config" / "a" / "b.yml")
    assert stage.told() == [{"web": ["config/a/b.yml"]}]
    with stage.at_once():
        write(stage.root / "config" / "a" / "b.yml")
        write(stage.root / "lib" / "deep" / "c.html")
    assert stage.told() == [{"web": ["config/a/b.yml", "lib/deep/c.html"]}]
    with stage.at_once():
        write(stage.root / "lib" / "deep" / "c.html")
    assert stage.told() == [{"web": ["lib/deep/c.html"]}]


def test_a_folder_that_is_removed_and_made_again_goes_on_being_watched(stage: Stage) -> None:
    stage.watch(web=["app/**/*.py"])
    with stage.at_once():
        shutil.rmtree(stage.root / "app")
    assert stage.told() == [{"web": ["app/views.py"]}]
    for _ in range(2):
        with stage.at_once():
            write(stage.root / "app" / "views.py")
        assert stage.told() == [{"web": ["app/views.py"]}]


def test_a_folder_that_takes_the_place_of_another_is_watched(stage: Stage) -> None:
    write(stage.root / "next" / "models.py")
    stage.watch(web=["app/*.py"])
    with stage.at_once():
        (stage.root / "app").rename(stage.root / "old")
        (stage.root / "next").rename(stage.root / "app")
    assert stage.told() == [{"web": ["app/models.py"]}]
    write(stage.root / "old" / "views.py")
    assert stage.told_or_nothing() == []
    with stage.at_once():
        write(stage.root / "app" / "models.py")
    assert stage.told() == [{"web": ["app/models.py"]}]


def test_a_link_that_leads_elsewhere_now_is_noticed(stage: Stage) -> None:
    write(stage.root / "releases" / "1" / "a.py")
    write(stage.root / "releases" / "2" / "b.py")
    (stage.root / "current").symlink_to("releases/1")
    stage.watch(web=["current/**/*.py"])
    (stage.root / "next").symlink_to("releases/2")
    (stage.root / "next").replace(stage.root / "current")
    assert stage.told() == [{"web": ["current/b.py"]}]
    with stage.at_once():
        write(stage.root / "releases" / "2" / "b.py")
    assert stage.told() == [{"web": ["current/b.py"]}]


def test_an_app_behind_a_link_is_watched(stage: Stage, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write(tmp_path / "real" / "a.py", "old")
    other = Stage(tmp_path / "link")
    other.watch(web=["*.py"])
    write(tmp_path / "real" / "a.py")
    assert other.told() == [{"web": ["a.py"]}]
    other.files.close()


@pytest.mark.skipif(not shutil.which("git"), reason="needs git")
def test_a_checkout_of_another_branch_is_told_once(stage: Stage) -> None:
    def git(*words: str) -> None:
        identity = ["-c", "user.name=me", "-c", "user.email=me@example.com", "-c", "core.hooksPath=/dev/null"]
        subprocess.run(["git", "-C", str(stage.root), *identity, *words], check=True, capture_output=True)

    git("init", "-b", "main")
    git("add", ".")
    git("commit", "-m", "one")
    git("checkout", "-b", "other")
    for number in range(50):
        write(stage.root / "app" / f"part{number}" / "models.py")
    write(stage.root / "app" / "views.py")
    git("add", ".")
    git("commit", "-m", "two")
    stage.watch(web=["**/*.py"])
    for branch in ("main", "other"):
        with stage.at_once():
            git("checkout", branch)
        (call,) = stage.told()
        assert call["web"].total == 51
        assert call["web"][:2] == ["app/part0/models.py", "app/part1/models.py"]


def test_a_storm_of_10_000_files_is_few_calls_with_few_names(stage: Stage) -> None:
    stage.watch(web=["app/"])
    for number in range(10_000):
        (stage.root / "app" / f"f{number}").touch()
    stage.wait(lambda: sum(call["web"].total for call in stage.calls) >= 10_000)
    calls = stage.told()
    assert len(calls) <= 50
    assert max(len(call["web"]) for call in calls) == MOST
    assert stage.turns < 100


def test_other_patterns_take_the_place_of_the_old_ones(stage: Stage) -> None:
    stage.watch(web=["app/*.py"])
    stage.watch(web=["lib/*.py"])
    with stage.at_once():
        write(stage.root / "app" / "views.py")
        write(stage.root / "lib" / "a.py")
    assert stage.told() == [{"web": ["lib/a.py"]}]


def test_the_same_patterns_again_keep_the_child(stage: Stage) -> None:
    stage.watch(web=["app/*.py"])
    children = psutil.Process().children()
    others: list[object] = []
    stage.files.watch({"web": ["app/*.py"], "mark": [MARK]}, others.append)
    write(stage.root / "app" / "views.py")
    stage.wait(lambda: others)
    assert (others, stage.calls) == ([{"web": ["app/views.py"]}], [])
    assert psutil.Process().children() == children


def test_nothing_to_watch_ends_the_child(stage: Stage) -> None:
    stage.watch(web=["app/*.py"])
    stage.files.watch({"web": []}, stage.calls.append)
    assert psutil.Process().children() == []
    assert (stage.files.watching, stage.failures) == (False, [])


def test_nothing_more_is_told_once_it_is_closed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    def close(changed: dict[str, Files]) -> None:
        stage.calls.append(changed)
        stage.files.close()

    bursts = r"import os; os.write(1, b'changed\0web\x001\0a.py\ndone\n' * 2)"
    monkeypatch.setattr(filewatch, "PROGRAM", bursts)
    stage.files.watch({"web": ["*.py"]}, close)
    stage.wait(lambda: stage.calls)
    stage.turn(0)
    assert (stage.calls, stage.failures) == ([{"web": ["a.py"]}], [])


def test_polling_notices_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", "1")
    monkeypatch.setenv("WATCHFILES_POLL_DELAY_MS", "20")
    stage.watch(web=["app/**/*.py"])
    os.utime(stage.root / "app" / "views.py", (LATER, LATER))
    assert stage.told() == [{"web": ["app/views.py"]}]
    with stage.at_once():
        write(stage.root / "app" / "new" / "a.py")
    assert stage.told() == [{"web": ["app/new/a.py"]}]
    os.utime(stage.root / "app" / "new" / "a.py", (LATER, LATER))
    assert stage.told() == [{"web": ["app/new/a.py"]}]


def test_names_that_are_not_utf8_end_nothing(stage: Stage) -> None:
    stage.watch(web=["app/**"])
    with open(os.fsencode(stage.root / "app") + b"/\xff", "wb"):
        pass
    while not stage.calls:  # what changes in the same moment is not told
        stage.mark()
        stage.turn(1)
    stage.calls.clear()
    with stage.at_once():
        write(stage.root / "app" / "views.py")
    assert stage.told() == [{"web": ["app/views.py"]}]


# Failures


def test_a_child_that_is_killed_is_told_once(stage: Stage) -> None:
    stage.watch(web=["app/*.py"])
    (child,) = psutil.Process().children()
    child.kill()
    stage.wait(lambda: stage.failures)
    stage.turn(0)
    assert stage.failures == ["files cannot be watched: the process that watches them has ended"]
    assert not stage.files.watching


def test_after_a_failure_the_same_patterns_are_tried_again(stage: Stage) -> None:
    stage.watch(web=["app/*.py"])
    psutil.Process().children()[0].kill()
    stage.wait(lambda: stage.failures)
    stage.failures.clear()
    stage.watch(web=["app/*.py"])
    with stage.at_once():
        write(stage.root / "app" / "views.py")
    assert stage.told() == [{"web": ["app/views.py"]}]


def test_an_app_that_is_gone_is_told(stage: Stage) -> None:
    stage.watch(web=["app/*.py"])
    shutil.rmtree(stage.root)
    stage.wait(lambda: stage.failures)
    assert "is not there, or may not be read" in stage.failures[0]


def test_without_the_library_it_is_told_what_to_do(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    ours = str(Path(filewatch.__file__).parents[2])
    monkeypatch.setattr(filewatch, "variables", lambda: {"PYTHONPATH": ours})
    stage.watch(web=["app/*.py"])
    assert stage.failures == ["files cannot be watched: watchfiles is not installed: pip install watchfiles"]


def test_the_last_word_of_an_interpreter_that_ends_is_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(filewatch, "PROGRAM", "import nowhere")
    stage.watch(web=["app/*.py"])
    assert stage.failures == ["files cannot be watched: ModuleNotFoundError: No module named 'nowhere'"]


def test_a_pattern_that_no_program_can_be_given_is_told(stage: Stage) -> None:
    descriptors = os.listdir("/proc/self/fd")
    stage.watch(web=["app/\0"])
    assert stage.failures == ["files cannot be watched: a pattern has a NUL byte: embedded null byte"]
    assert os.listdir("/proc/self/fd") == descriptors


def test_an_interpreter_that_is_not_there_is_told_later(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    stage.files.watch({"web": ["*"]}, stage.calls.append)
    assert stage.failures == []
    stage.wait(lambda: stage.failures)
    assert stage.failures == ["files cannot be watched: No such file or directory"]


@pytest.mark.parametrize(("limit", "most"), [("max_inotify_watches", 2), ("max_inotify_instances", 0)])
def test_a_limit_of_the_system_is_told_with_what_to_do(
    stage: Stage, limit: str, most: int, tmp_path: Path
) -> None:
    """In a user namespace of its own the limit can be lowered for the child alone (namespaces(7))."""
    namespace = ["unshare", "-Ur", "sh", "-c", 'echo "$0" > "$1" && shift && exec "$@"', str(most)]
    namespace.append(f"/proc/sys/user/{limit}")
    if not shutil.which("unshare") or subprocess.call([*namespace, "true"], stderr=subprocess.DEVNULL):
        pytest.skip("needs user namespaces")
    write(tmp_path / "app" / "new" / "a.py")
    child = [sys.executable, "-c", filewatch.PROGRAM, str(tmp_path), "web=**"]
    done = subprocess.check_output([*namespace, *child], text=True, timeout=PATIENCE)
    kind, _, text = done.partition("\0")
    assert kind == "failed"
    assert f"raise fs.inotify.{limit.replace('inotify_', 'user_')} (sysctl)" in text
