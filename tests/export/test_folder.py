"""The folder of an export: whose files are replaced and removed, and what is told before."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

from procman.errors import UserError
from procman.export import folder, marks, writing
from procman.export.folder import MANIFEST, Owner
from procman.export.plan import PRIVATE, Export, File, Note

if TYPE_CHECKING:
    from pathlib import Path

OURS = Owner("systemd", "shop")


def marked(*files: File, owner: Owner = OURS) -> tuple[File, ...]:
    return marks.marked(Export(files), owner.format, owner.app)


def export(root: Path, *files: File, owner: Owner = OURS, force: bool = False) -> list[folder.Change]:
    """Write the files as the command does."""
    changes = folder.changes(str(root), marked(*files, owner=owner), owner, force)
    writing.write(changes, str(root))
    return changes


def names(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def test_files_are_written_with_their_mode_and_mark(tmp_path: Path) -> None:
    export(tmp_path, File("a.service", "[Unit]\n"), File("secret", "A=1\n", mode=PRIVATE))
    first, second = (tmp_path / "a.service").read_text().splitlines()
    assert first == f"# {marks.mark('systemd', 'shop')}"
    assert second == "[Unit]"
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "a.service").stat().st_mode) == 0o644


def test_what_has_not_changed_is_left_alone(tmp_path: Path) -> None:
    export(tmp_path, File("a", "1\n"))
    before = (tmp_path / "a").stat()
    assert export(tmp_path, File("a", "1\n")) == []
    assert (tmp_path / "a").stat().st_ino == before.st_ino


def test_a_mode_that_has_changed_is_a_change(tmp_path: Path) -> None:
    export(tmp_path, File("a", "1\n"))
    (tmp_path / "a").chmod(0o666)
    (change,) = export(tmp_path, File("a", "1\n"))
    assert [*folder.diff([change])][-1] == "mode 666 -> 644"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o644


def test_a_file_of_somebody_else_is_not_replaced_and_nothing_else_is_written(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("mine\n")
    with pytest.raises(UserError) as caught:
        export(tmp_path, File("a", "1\n"), File("b", "2\n"))
    assert [problem.source for problem in caught.value.problems] == [str(tmp_path / "b")]
    assert "written by somebody else" in str(caught.value)
    assert (names(tmp_path), (tmp_path / "b").read_text()) == (["b"], "mine\n")


@pytest.mark.parametrize(
    "other", [Owner("systemd", "other"), Owner("upstart", "shop"), Owner("systemd", "sho")]
)
def test_neither_are_those_of_another_app_or_format(tmp_path: Path, other: Owner) -> None:
    export(tmp_path, File("a", "1\n"), owner=other)
    with pytest.raises(UserError, match="another app or format"):
        export(tmp_path, File("a", "2\n"))
    export(tmp_path, File("b", "2\n"))
    assert names(tmp_path) == ["a", "b"]


def test_force_replaces_it_and_then_it_is_ours(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("mine\n")
    export(tmp_path, File("a", "1\n"), force=True)
    export(tmp_path, File("a", "2\n"))
    assert (tmp_path / "a").read_text().endswith("\n2\n")


def test_what_is_no_longer_wanted_is_removed_but_not_the_files_of_others(tmp_path: Path) -> None:
    (tmp_path / "other").write_text(f"not the first lines\n\n\n# {marks.mark('systemd', 'shop')}\n")
    export(tmp_path, File("a", "1\n"), File("b", "1\n"))
    changes = export(tmp_path, File("a", "1\n"))
    assert [(os.path.basename(change.path), change.after) for change in changes] == [("b", None)]
    assert names(tmp_path) == ["a", "other"]


def test_files_without_comments_are_known_by_the_list_in_their_folder(tmp_path: Path) -> None:
    export(tmp_path, File("web/run", "1\n"), File("web/env/PORT", "5000", comment=""), File("old/run", "1\n"))
    listed = (tmp_path / "web" / MANIFEST).read_text().splitlines()
    assert listed == [f"# {marks.mark('systemd', 'shop')}", "run", "env/PORT"]
    (tmp_path / "web" / "supervise").mkdir()
    (tmp_path / "web" / "supervise" / "pid").write_text("7\n")
    (tmp_path / "old" / "supervise").mkdir()
    export(tmp_path, File("web/run", "1\n"), File("web/env/NEW", "5001", comment=""))
    assert names(tmp_path) == [f"web/{MANIFEST}", "web/env/NEW", "web/run", "web/supervise/pid"]
    assert (tmp_path / "old" / "supervise").is_dir(), "what others keep there stays"
    export(tmp_path, File("web/run", "1\n"))
    assert not (tmp_path / "web" / "env").exists(), "a folder that was ours alone goes with its last file"


def test_a_list_leads_nowhere_else(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine\n")
    root = tmp_path / "root"
    export(root, File("web/run", "1\n"))
    with (root / "web" / MANIFEST).open("a") as file:
        file.write(f"../../outside\n{outside}\n../../missing\n")
    export(root, File("web/run", "2\n"))
    assert outside.read_text() == "mine\n"


def test_a_folder_in_the_place_of_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(UserError, match="cannot be read"):
        export(tmp_path, File("a", "1\n"))


def test_where_the_folder_is_a_file_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    with pytest.raises(UserError, match="a: this is a file: name a folder"):
        export(tmp_path / "a", File("b", "1\n"))


def test_nobody_waits_for_who_may_write_into_a_pipe(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a")
    with pytest.raises(UserError, match="a: cannot be read: it is no file"):
        export(tmp_path, File("a", "1\n"))


def test_folders_are_made(tmp_path: Path) -> None:
    export(tmp_path / "new" / "er", File("a/b/c", "1\n"))
    assert names(tmp_path) == [f"new/er/a/{MANIFEST}", "new/er/a/b/c"]


def test_a_diff_shows_new_changed_and_removed_files(tmp_path: Path) -> None:
    export(tmp_path, File("a", "1\n"), File("b", "1\n"))
    found = folder.changes(str(tmp_path), marked(File("a", "2\n"), File("c", "3\n")), OURS, force=False)
    lines = [*folder.diff(found)]
    assert {"-1", "+2", "+3"} <= set(lines)
    assert f"+++ {tmp_path / 'c'}" in lines
    assert lines.count("+++ /dev/null") == lines.count("--- /dev/null") == 1


# All or nothing


def test_when_one_file_cannot_be_written_nothing_has_changed(tmp_path: Path) -> None:
    export(tmp_path, File("a", "1\n"), File("gone", "1\n"))
    (tmp_path / "c").write_text("a file\n")
    before = {name: (tmp_path / name).read_text() for name in names(tmp_path)}
    found = folder.changes(str(tmp_path), marked(File("a", "2\n"), File("new/b", "2\n")), OURS, force=False)
    beyond = folder.Change(str(tmp_path / "c" / "d"), None, "x", 0o644)  # below a file nothing can be
    with pytest.raises(UserError, match="Nothing was changed"):
        writing.write([*found, beyond], str(tmp_path))
    assert {name: (tmp_path / name).read_text() for name in names(tmp_path)} == before
    assert not (tmp_path / "new").exists()


def test_also_when_it_fails_in_the_middle_of_the_change(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    export(tmp_path, File("a", "1\n"), File("b", "1\n"), File("gone", "1\n"))
    before = {name: (tmp_path / name).read_text() for name in names(tmp_path)}
    replace, calls = os.replace, iter(range(100))

    def failing(source: str, target: str) -> None:
        if next(calls) == 2:
            raise OSError(28, "No space left on device")
        replace(source, target)

    found = folder.changes(
        str(tmp_path), marked(*(File(name, "2\n") for name in ("a", "b", "c"))), OURS, force=False
    )
    monkeypatch.setattr(os, "replace", failing)
    with pytest.raises(UserError, match=r"c: cannot be written: .*Nothing was changed"):
        writing.write(found, str(tmp_path))
    assert {name: (tmp_path / name).read_text() for name in names(tmp_path)} == before


def test_and_when_it_is_interrupted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(tmp_path, File("a", "1\n"))

    def interrupted(source: str, target: str) -> None:
        raise KeyboardInterrupt

    found = folder.changes(str(tmp_path), marked(File("a", "2\n"), File("b/c", "2\n")), OURS, force=False)
    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        writing.write(found, str(tmp_path))
    assert names(tmp_path) == ["a"]


def test_what_a_killed_export_left_is_in_nobodys_way(tmp_path: Path) -> None:
    for ending in (writing.NEW, writing.OLD):
        (tmp_path / f"a{ending}").write_text("half\n")
    export(tmp_path, File("a", "1\n"))
    export(tmp_path, File("a", "2\n"))
    assert names(tmp_path) == ["a"]


def test_no_copy_is_for_other_eyes_than_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    export(tmp_path, File("a", "SECRET=1\n", mode=PRIVATE))
    seen: list[int] = []
    monkeypatch.setattr(os, "replace", lambda *_: seen.extend(modes(tmp_path)))
    found = folder.changes(str(tmp_path), marked(File("a", "SECRET=2\n", mode=PRIVATE)), OURS, force=False)
    writing.write(found, str(tmp_path))
    assert set(seen) == {0o600}


def modes(root: Path) -> list[int]:
    return [stat.S_IMODE(path.stat().st_mode) for path in root.iterdir()]


# Marks and notes

NOTES = (Note("web", "watch", "procman start does that"), Note("", "start: color", "is about start"))


def test_notes_stand_in_the_file_that_is_about_the_process_and_else_in_the_first() -> None:
    files = (
        File("target", "t\n"),
        File("web", "w\n", about=("web",)),
        File("other", "o\n", about=("other",)),
    )
    target, web, other = (each.text for each in marks.marked(Export(files, NOTES), "systemd", "shop"))
    assert "'start: color' is about start" in target
    assert "# web: 'watch' has no counterpart: procman start does that\n" in web
    assert "watch" not in target + other


def test_what_is_the_same_of_several_is_said_once() -> None:
    notes = [Note(about, "watch", "nobody looks") for about in ("web", "worker", "", "web")]
    said = "'watch' has no counterpart: nobody looks"
    assert marks.sentences([*notes, Note("web", "x", "y")]) == [
        f"web, worker: {said}",
        said,
        "web: 'x' has no counterpart: y",
    ]


def test_a_first_line_that_has_to_be_the_first_stays_it() -> None:
    for first in ("#!/bin/sh", '<?xml version="1.0"?>'):
        (file,) = marked(File("run", f"{first}\nrest\n"))
        assert file.text.splitlines()[0] == first
        assert marks.is_marked(file.text, "systemd", "shop")


def test_no_note_ends_its_comment_or_moves_a_terminal() -> None:
    note = Note("", "x --> <b>", "a\nb\rc\x1b[2J d---e \u2028f")
    for sign in ("#", ";", "<!--"):
        (file,) = marks.marked(Export((File("a", "end\n", comment=sign),), (note,)), "launchd", "shop")
        lines = file.text.split("\n")
        assert len(lines) == 4
        assert all(line.startswith(sign) for line in lines[:2])
        assert not set(file.text) & {"\r", "\x1b", "\u2028"}
        if sign == "<!--":
            inside = [line.removeprefix("<!--").removesuffix("-->") for line in lines[:2]]
            assert not any("--" in each for each in inside)


def test_a_text_without_comments_has_no_mark() -> None:
    (file,) = marked(File("env/PORT", "5000", comment=""))
    assert file.text == "5000"
