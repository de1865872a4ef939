"""The `.foreman` file."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from procman.app import foreman
from procman.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("written", "means"),
    [
        ("port: 3000", {"port": "3000"}),
        ("formation: web=2,all=1", {"formation": "web=2,all=1"}),
        (":port: 3000", {"port": "3000"}),
        (":formation:\n  :web: 2\n  web-ui: 1", {"formation": "web=2,web-ui=1"}),
        ("timestamp-format: '%H'", {"timestamp_format": "%H"}),
        ("formation: {web: 2, worker: 1}", {"formation": "web=2,worker=1"}),
        ("timeout: 10\ncolor: true", {"timeout": "10", "color": "true"}),
        ("color: false", {"color": "false"}),
        ("timestamp: false", {"timestamp": "false"}),
        ("port:", {}),
        ("", {}),
    ],
)
def test_options_are_read_as_they_would_be_typed(tmp_path: Path, written: str, means: dict[str, str]) -> None:
    (tmp_path / ".foreman").write_text(written)
    assert foreman.read(str(tmp_path / ".foreman")) == means


def test_paths_are_those_from_its_folder(tmp_path: Path) -> None:
    (tmp_path / ".foreman").write_text("procfile: Procfile.dev\nroot: app\nenv: [a.env, /etc/b.env]")
    assert foreman.read(str(tmp_path / ".foreman")) == {
        "procfile": f"{tmp_path}/Procfile.dev",
        "root": f"{tmp_path}/app",
        "env": f"{tmp_path}/a.env,/etc/b.env",
    }


@pytest.mark.parametrize(
    "written", ["- a", "just text", "a: [", "env: 2024-13-45", "port: " + "9" * 5000, "[" * 5000, "\x00"]
)
def test_what_is_not_options_is_a_mistake_with_the_file(tmp_path: Path, written: str) -> None:
    (tmp_path / ".foreman").write_text(written)
    with pytest.raises(UserError, match=r"\.foreman"):
        foreman.read(str(tmp_path / ".foreman"))


@pytest.mark.parametrize(
    ("written", "wrong"),
    [
        (b"port: 2024-13-45", "a date or number that is none: put it in quotes"),
        (b"port: !!int x", "a date or number that is none: put it in quotes"),
        (b"port: \xff", "not UTF-8 text"),
    ],
)
def test_what_is_wrong_is_told_in_the_same_words_by_every_python(
    tmp_path: Path, written: bytes, wrong: str
) -> None:
    (tmp_path / ".foreman").write_bytes(written)
    with pytest.raises(UserError) as caught:
        foreman.read(str(tmp_path / ".foreman"))
    assert str(caught.value) == f"{tmp_path}/.foreman: {wrong}"
