"""The index of names: exact, always of the procman.yml that is there, and never in the way."""

from __future__ import annotations

import os
import stat
import time
from typing import TYPE_CHECKING

import pytest

from procman.control import names
from procman.core.config import taskfile

if TYPE_CHECKING:
    from pathlib import Path

TASKS = "tasks:\n  show: 'true'\n  remind_of_registration: {command: 'true', schedule: hourly}\n"
BROKEN = "tasks:\n  show: 'true'\n  other: [\n"


class App:
    """A folder with procman.yml. `as_new_process`: nothing is remembered but what is on the disk."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root, self.file, self.index = root, root / "procman.yml", root / ".procman" / "tasks"
        self.readings: list[bytes] = []
        self._patch = monkeypatch
        self.as_new_process()
        parse = taskfile.parse

        def noted(data: bytes, source: str, zone: None) -> taskfile.TaskFile:
            self.readings.append(data)
            return parse(data, source, zone)

        monkeypatch.setattr(taskfile, "parse", noted)

    def as_new_process(self) -> None:
        self._patch.setattr(names, "_known", {})

    def write(self, text: str, settled: bool = True) -> None:
        """The file, as if it was written long ago."""
        self.file.write_text(text)
        self._patch.setattr(names, "SETTLED_NS", -1 if settled else 10**12)

    def knows(self, task: str) -> bool:
        return not self.refusal(task)

    def refusal(self, task: str, with_arguments: bool = False) -> str:
        """Why there is no such task, or none that takes arguments."""
        try:
            names.check(str(self.root), str(self.root / ".procman"), task, with_arguments)
        except ValueError as error:
            return str(error)
        return ""


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    app = App(tmp_path, monkeypatch)
    app.write(TASKS)
    return app


def test_names_are_exact(app: App) -> None:
    assert app.knows("show")
    assert app.knows("remind_of_registration")
    for name in ("remind", "tasks", "true", "hourly", "Show", "show ", " show", "show\n", "x" * 9999, "\0"):
        assert not app.knows(name), name
    assert app.refusal("remind_of_registratio") == (
        f"{app.file}: no task 'remind_of_registratio', did you mean 'remind_of_registration'?"
    )
    assert app.refusal("none") == f"{app.file}: no task 'none': there are show, remind_of_registration"


def test_whether_a_command_takes_arguments_is_known_too(app: App) -> None:
    app.write("tasks: {one: run, two: run | cat, three: 'run $1 | cat'}")
    for _ in range(2):
        assert not any(app.refusal(task) for task in ("one", "two", "three"))
        assert not app.refusal("one", with_arguments=True)
        assert not app.refusal("three", with_arguments=True)
        assert app.refusal("two", with_arguments=True) == (
            f"{app.file}: task 'two' takes no arguments: its command does not say where arguments belong:"
            ' write "$@" there, outside of single quotes'
        )
        app.as_new_process()
    assert len(app.readings) == 1


def test_the_file_is_read_once_by_all_processes(app: App) -> None:
    for _ in range(3):
        assert app.knows("show")
        app.as_new_process()
    assert len(app.readings) == 1
    assert stat.S_IMODE(app.index.stat().st_mode) == 0o600
    assert [each.name for each in app.index.parent.iterdir() if "tasks" in each.name] == ["tasks"]


@pytest.mark.parametrize("new_process", [True, False])
def test_when_the_file_has_changed_it_is_read_again(app: App, new_process: bool) -> None:
    assert app.knows("show")
    app.write("tasks: {other: x}")
    for _ in range(2):
        assert not app.knows("show")
        assert app.knows("other")
        if new_process:
            app.as_new_process()
    assert len(app.readings) == 2


@pytest.mark.parametrize("new_process", [True, False])
def test_a_change_that_keeps_size_and_time_is_noticed(app: App, new_process: bool) -> None:
    """As that of a copy with its times."""
    assert app.knows("show")
    times = app.file.stat()
    while time.time_ns() - times.st_ctime_ns < 50_000_000:
        pass  # the clocks of file systems tick
    app.write(TASKS.replace("show", "list"))
    os.utime(app.file, ns=(times.st_atime_ns, times.st_mtime_ns))
    if new_process:
        app.as_new_process()
    assert app.knows("list")


def test_a_file_that_was_written_just_now_may_be_so_again_and_is_not_remembered(app: App) -> None:
    app.write(TASKS, settled=False)
    assert app.knows("show")
    assert not app.index.exists()
    os.utime(app.file, ns=(5, 5))
    assert app.knows("show")
    assert len(app.readings) == 2


@pytest.mark.parametrize("new_process", [True, False])
def test_while_it_is_edited_and_has_mistakes_the_tasks_are_those_from_before(
    app: App, new_process: bool
) -> None:
    assert app.knows("show")
    app.write(BROKEN)
    for _ in range(2):
        if new_process:
            app.as_new_process()
        assert app.knows("remind_of_registration")
        assert app.refusal("other").startswith(
            f"it is not known whether there is a task 'other':\n{app.file}:3: "
        )
    app.write("tasks: {other: x}")
    assert app.knows("other")
    assert not app.knows("show")


def test_mistakes_are_told_where_no_task_is_known_from_before(app: App) -> None:
    app.write(BROKEN)
    assert app.refusal("show").startswith(f"it is not known whether there is a task 'show':\n{app.file}:3: ")
    app.write("tasks: {show: x, other: {comand: y}}")
    assert "unknown key 'comand', did you mean 'command'?" in app.refusal("show")
    assert not app.index.exists()


def test_while_mistakes_stay_they_are_read_once(app: App) -> None:
    assert app.knows("show")
    app.write(BROKEN)
    for _ in range(3):
        assert app.knows("show")
    assert len(app.readings) == 2


WHOLE = "procman tasks 1\n{} {} {} {}\nwrong arguments\nend\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        WHOLE.removesuffix("end\n"),
        WHOLE.replace(" 1", " 2", 1),
        WHOLE.replace("{} {} {} {}", "{} {} {}"),
        WHOLE.replace("wrong arguments", "wrong"),
        WHOLE.replace("wrong", "é"),
        "\0" * 100,
    ],
)
def test_an_index_that_is_not_whole_or_of_another_version_is_made_anew(app: App, text: str) -> None:
    assert app.knows("show")
    file = app.file.stat()
    state = file.st_ino, file.st_size, file.st_mtime_ns, file.st_ctime_ns
    app.index.write_text(text.format(*state))
    app.as_new_process()
    assert app.knows("show")
    assert not app.knows("wrong")
    assert len(app.readings) == 2
    app.index.write_text(WHOLE.format(*state))
    app.as_new_process()
    assert app.knows("wrong"), "so the index is what is looked at"


def test_an_index_that_cannot_be_written_is_done_without(app: App) -> None:
    app.index.mkdir(parents=True)
    for _ in range(2):
        app.as_new_process()
        assert app.knows("show")
    assert len(app.readings) == 2
    assert [each.name for each in app.index.parent.iterdir() if "tasks" in each.name] == ["tasks"]


def test_no_link_is_followed_to_what_is_not_ours(app: App, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_text("precious")
    app.index.parent.mkdir()
    app.index.symlink_to(other)
    assert app.knows("show")
    assert other.read_text() == "precious"
    assert not app.index.is_symlink()


def test_where_there_is_no_file_or_none_that_can_be_read_is_told(app: App, tmp_path: Path) -> None:
    app.file.unlink()
    assert app.refusal("show") == (
        f"no app with tasks in {tmp_path}: set PROCMAN_ROOT, or run where procman.yml is"
    )
    app.file.mkdir()
    assert app.refusal("show") == f"{app.file} cannot be read: Is a directory"


def test_a_file_without_tasks_has_none(app: App) -> None:
    app.write("timezone: UTC\n")
    assert app.refusal("show") == f"{app.file}: no task 'show': this app defines no tasks"
