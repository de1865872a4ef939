"""Files whose names are nearly right."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.app import lookalikes

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Procfile", "procfile"),
        ("Procfile", "PROCFILE"),
        ("Procfile", "Procfile.dev"),
        ("Procfile", "Procfile.local"),
        ("Procfile", "Procfile.txt"),
        ("Procfile", "procfile-dev"),
        ("Procfile", "Profile"),
        ("Procfile", "Procflie"),
        ("Procfile.dev", "Procfile"),
        ("procman.yml", "procman.yaml"),
        ("procman.yml", "Procman.yml"),
        ("procman.yml", ".procman.yml"),
        ("procman.yml", "procman.yml.txt"),
        ("procman.yml", "procman.yaml.example"),
        (".env.local", ".env"),
        (".env", ".env.example"),
        (".env", "env"),
    ],
)
def test_what_was_probably_meant_is_found(wanted: str, name: str, tmp_path: Path) -> None:
    for each in (name, "README.md", ".git", "app.py"):
        (tmp_path / each).touch()
    assert lookalikes.of(str(tmp_path / wanted)) == [name]


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("Procfile", "Dockerfile"),
        ("Procfile", "Makefile"),
        ("Procfile", "Pipfile"),
        ("Procfile", "Procfile"),
        (".env", ".envrc"),
        (".env", "environment"),
    ],
)
def test_what_is_something_else_is_not(wanted: str, name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert lookalikes.of(str(tmp_path / wanted)) == []


def test_folders_are_not_meant(tmp_path: Path) -> None:
    (tmp_path / "Procfile.d").mkdir()
    assert lookalikes.of(str(tmp_path / "Procfile")) == []


def test_a_folder_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert lookalikes.of(str(tmp_path / "nowhere" / "Procfile")) == []


def test_of_many_the_first_are_enough_and_typos_and_less_come_last(tmp_path: Path) -> None:
    for name in ("Procfile.a", "Procfile.b", "Profile", "procfile", "Procfile.c"):
        (tmp_path / name).touch()
    assert lookalikes.of(str(tmp_path / "Procfile")) == ["Procfile.a", "Procfile.b", "Procfile.c"]
    (tmp_path / "Procfile.c").unlink()
    (tmp_path / "Procfile.b").unlink()
    assert lookalikes.of(str(tmp_path / "Procfile")) == ["Procfile.a", "procfile", "Profile"]


@pytest.mark.parametrize(
    "name", ["procman", "procman.py", "procman.log", "procmam.yml", "procman.yml.example", ".procman.yml.swp"]
)
def test_the_same_name_is_no_other(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    assert lookalikes.same(str(tmp_path / "procman.yml")) == []


@pytest.mark.parametrize("name", ["procman.yaml", "Procman.yml", ".procman.yml", "procman.yml.txt"])
def test_the_same_name_in_another_spelling_is_found(name: str, tmp_path: Path) -> None:
    (tmp_path / name).touch()
    (tmp_path / "procman.yml").touch()
    assert lookalikes.same(str(tmp_path / "procman.yml")) == [name]
