"""Which folders are watched."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from procman.core.plan.globs import Globs
from procman.host.foldertree import files, walk

if TYPE_CHECKING:
    from pathlib import Path


def folders(root: Path, *patterns: str) -> list[str]:
    return sorted(walk(str(root), Globs(patterns).enters))


def make(root: Path, *names: str) -> None:
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)


def test_what_is_ignored_or_leads_nowhere_is_not_looked_into(tmp_path: Path) -> None:
    make(tmp_path, "app/a/b", "node_modules/x", "app/node_modules/y", ".git/objects", "lib/c", "log/old")
    assert folders(tmp_path, "app/**/*.py") == ["", "app", "app/a", "app/a/b"]
    assert folders(tmp_path, "**", "!log/") == ["", "app", "app/a", "app/a/b", "lib", "lib/c"]
    assert folders(tmp_path, "*.py") == [""]
    assert folders(tmp_path, "config/") == [""]


def test_links_in_a_circle_end_and_a_folder_is_watched_by_its_own_name(tmp_path: Path) -> None:
    make(tmp_path, "app/b")
    (tmp_path / "a").symlink_to("app")
    (tmp_path / "app" / "up").symlink_to("..")
    assert folders(tmp_path, "*/", "*/*/") == ["", "app", "app/b"]


def test_a_link_is_followed_where_it_is_written_only(tmp_path: Path) -> None:
    make(tmp_path, "releases/1/app")
    (tmp_path / "current").symlink_to("releases/1")
    (tmp_path / "all").symlink_to("/")
    assert folders(tmp_path, "current/**") == ["", "current", "current/app"]
    assert folders(tmp_path, "**") == ["", "releases", "releases/1", "releases/1/app"]


def test_what_cannot_be_named_or_is_not_there_is_left_out(tmp_path: Path) -> None:
    make(tmp_path, "app")
    os.mkdir(os.fsencode(tmp_path) + b"/\xff")
    (tmp_path / "gone").symlink_to("nowhere")
    assert folders(tmp_path, "**", "gone/") == ["", "app"]
    assert folders(tmp_path / "nowhere", "**") == []


def test_another_folder_of_the_same_name_is_told_apart(tmp_path: Path) -> None:
    make(tmp_path, "app")
    before = walk(str(tmp_path), Globs(["**"]).enters)
    (tmp_path / "app").rename(tmp_path / "old")
    make(tmp_path, "app")
    after = walk(str(tmp_path), Globs(["**"]).enters)
    assert before["app"] == after["old"] != after["app"]


def test_files_are_all_that_is_no_folder(tmp_path: Path) -> None:
    make(tmp_path, "app/b")
    (tmp_path / "a").write_text("")
    (tmp_path / "app" / "c").symlink_to("nowhere")
    assert sorted(files(str(tmp_path), ["", "app", "gone"])) == ["a", "app/c"]
