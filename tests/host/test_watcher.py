"""The child that watches files, with watchers that tell what they are told to."""

from __future__ import annotations

import os
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from procman.core.plan.globs import Globs
from procman.host import watcher
from procman.host.filechanges import MOST, concerning, fields, line, lines
from procman.host.watcher import Watcher, maker

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Begin = Callable[..., "Play"]

MODIFIED, DELETED = 2, 3


class Play:
    """What is written when watchers answer as in the script: names that changed, or a word, or an error."""

    def __init__(self, root: Path, *script: Any) -> None:
        self.root = root
        self.script = [*script, "stop"]
        self.now = 0.0
        self.made: list[list[str]] = []
        self.closed = 0
        self.refused: list[Exception] = []
        self.timeouts: list[int] = []
        self.read_end, self.write_end = os.pipe()

    def make(self, folders: list[str]) -> Any:
        if self.refused:
            raise self.refused.pop()
        self.made.append([os.path.relpath(folder, self.root) for folder in folders])
        return self

    def watch(self, debounce: int, step: int, timeout: int, reader: Any) -> Any:
        if step == 1:  # what is left of one that is replaced
            return "timeout"
        self.timeouts.append(timeout)
        self.now += 0.2
        said = self.script.pop(0)
        if callable(said):
            said = said()
        if isinstance(said, Exception):
            raise said
        if isinstance(said, str) and said in ("timeout", "stop"):
            return said
        return {(DELETED if name == "app" else MODIFIED, f"{self.root}/{name}") for name in said}

    def close(self) -> None:
        self.closed += 1

    def run(self, *patterns: str) -> list[list[str]]:
        """The lines written, all fields."""
        Watcher(str(self.root), {"web": Globs(patterns)}, self.make, self.write_end).run()
        return self.written()

    def written(self) -> list[list[str]]:
        os.close(self.write_end)
        with os.fdopen(self.read_end, "rb") as file:
            return [fields(each) for each in file.read().splitlines()]


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Begin:
    def begin(*script: Any) -> Play:
        played = Play(tmp_path, *script)
        monkeypatch.setattr(watcher, "time", SimpleNamespace(monotonic=lambda: played.now))
        return played

    return begin


def changed(*names: str) -> list[list[str]]:
    return [["changed", "web", str(len(names)), *names], ["done"]]


def test_what_comes_before_it_is_quiet_is_one_burst(play: Begin) -> None:
    played = play(["a.py"], ["b.py", "c.txt"], "timeout", ["d.py"], "timeout")
    assert played.run("*.py") == [["watching"], *changed("a.py", "b.py"), *changed("d.py")]
    assert played.timeouts == [0, 100, 100, 0, 100, 0]


def test_what_never_gets_quiet_is_told_each_second(play: Begin) -> None:
    played = play(*[[f"{number}.py"] for number in range(12)], "timeout")
    told = [each for each in played.run("*.py") if each[0] == "changed"]
    assert [len(each) - 3 for each in told] == [6, 6]


def test_what_concerns_nobody_makes_a_burst_no_longer(play: Begin) -> None:
    played = play(["log"], ["a.py"], ["log", "b.py"], ["log"], ["log"], ["c.py"], ["log"])
    assert played.run("*.py") == [["watching"], *changed("a.py", "b.py"), *changed("c.py")]


def test_what_concerns_nobody_is_not_told(play: Begin) -> None:
    assert play(["a.txt"], "timeout").run("*.py") == [["watching"]]


def test_a_name_that_is_not_utf8_does_not_end_it(play: Begin) -> None:
    played = play(RuntimeError("Unable to decode path"), ["a.py"], "timeout")
    assert played.run("*.py") == [["watching"], *changed("a.py")]
    assert (played.made, played.closed) == ([["."], ["."]], 1)


def test_a_folder_that_is_gone_before_it_is_watched_is_no_failure(play: Begin) -> None:
    played = play(["a.py"], "timeout")
    played.refused = [FileNotFoundError("gone")]
    assert played.run("*.py") == [["watching"], *changed("a.py")]


def test_a_new_folder_is_watched_before_its_files_are_read(play: Begin) -> None:
    played: Play = play(lambda: come(played, "app/new/a.py"), "timeout")
    assert played.run("app/**/*.py") == [["watching"], *changed("app/new/a.py")]
    assert played.made == [["."], [".", "app", "app/new"]]


def come(played: Play, name: str) -> list[str]:
    path = played.root / name
    path.parent.mkdir(parents=True)
    path.write_text("")
    return ["app"]


def test_of_very_many_changes_some_may_be_lost_so_folders_are_looked_for(play: Begin) -> None:
    def storm() -> list[str]:
        come(played, "app/a.py")
        (played.root / "lib").rename(played.root / "old")
        come(played, "lib/b.py")
        return [f"{number}.txt" for number in range(watcher.MANY)]

    played = play(storm, "timeout")
    come(played, "lib/a.py")
    assert played.run("app/*.py", "lib/*.py") == [["watching"], *changed("app/a.py", "lib/b.py")]


def test_a_folder_may_be_another_one_though_its_number_is_the_same(play: Begin) -> None:
    played = play(["app"], "timeout")
    come(played, "app/new/a.py")
    assert played.run("app/**/*.py") == [["watching"], *changed("app/new/a.py")]
    assert played.made == [[".", "app", "app/new"]] * 2


def test_an_app_that_is_gone_is_an_error(play: Begin) -> None:
    played: Play = play(lambda: played.root.rename(f"{played.root}.old") and [""])
    with pytest.raises(FileNotFoundError, match="is not there"):
        played.run("*.py")
    played.written()


def test_it_ends_when_nobody_reads(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    watching = Watcher(str(tmp_path), {"web": Globs(["*"])}, maker(str(tmp_path)), write_end)
    reads = os.fdopen(read_end, "rb")
    reads.close()
    with pytest.raises(BrokenPipeError):
        watching.run()
    os.close(write_end)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (OSError("OS file watch limit reached. about [...]"), "fs.inotify.max_user_watches"),
        (RuntimeError("Error creating watcher: Too many open files (os error 24)"), "max_user_instances"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (RuntimeError("what nobody has foreseen"), "what nobody has foreseen"),
    ],
)
def test_what_cannot_be_is_told_with_what_to_do(error: Exception, words: str) -> None:
    assert words in watcher.why(error)


@pytest.mark.parametrize(
    ("variable", "release", "root", "polls"),
    [
        ("", "6.1.0-generic", "/home/me/app", False),
        ("", "5.15.1-microsoft-standard-WSL2", "/mnt/c/app", True),
        ("", "5.15.1-microsoft-standard-WSL2", "/home/me/app", False),
        ("false", "5.15.1-microsoft-standard-WSL2", "/mnt/c/app", False),
        ("1", "6.1.0-generic", "/home/me/app", True),
    ],
)
def test_who_is_told_to_polls(
    variable: str, release: str, root: str, polls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WATCHFILES_FORCE_POLLING", variable)
    monkeypatch.setattr(os, "uname", lambda: os.uname_result(("Linux", "here", release, "1", "x86")))
    assert watcher.polls(root) is polls


# What is written


def test_of_very_many_files_the_first_are_named_and_all_counted() -> None:
    meant = {"web": Globs(["app/**"]), "worker": Globs(["app/f7*"]), "cron": Globs(["lib/"])}
    found = concerning(meant, [f"app/f{number}" for number in range(10_000)], lambda name: False)
    written = [fields(each) for each in lines(found).splitlines()]
    assert [(each[:5], len(each) - 3) for each in written[:-1]] == [
        (["changed", "web", "10000", "app/f0", "app/f1"], MOST),
        (["changed", "worker", "1111", "app/f7", "app/f70"], MOST),
    ]
    assert written[-1] == ["done"]


def test_a_folder_is_no_file() -> None:
    assert concerning({"web": Globs(["app/"])}, ["app", "app/a"], lambda name: name == "app") == {
        "web": {"app/a"}
    }


def test_no_name_breaks_a_line() -> None:
    written = lines({"web": {"a\nb", "a\0b", "\x1b[31m", "\udcff"}})
    assert [fields(each) for each in written.splitlines()] == [
        ["changed", "web", "4", r"\x1b[31m", r"a\x00b", r"a\nb", r"\xff"],
        ["done"],
    ]
    assert fields(line("failed", "é").rstrip()) == ["failed", "é"]
