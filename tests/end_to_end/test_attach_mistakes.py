"""Where nobody can be attached, and what a process or a person does that nobody expects."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.attached import Attached, started
from tests.end_to_end.harness import PROCMAN, PYTHON, Finished
from tests.end_to_end.output import wait_until

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

WAITS = "exec sleep 1000"
READS = f"exec {PYTHON} -c 'while True: print(\"got\", input())'"


def tried(app: App, *words: str) -> Finished:
    """`procman attach` on a terminal, that ends by itself and has not touched it."""
    client = Attached(app, *words)
    return Finished(client.end(), client.out.text.replace("\r\n", "\n"), "")


def test_without_a_procman_it_says_so(app: App) -> None:
    app.procfile(web=WAITS)
    ended = tried(app, "web")
    assert (ended.code, ended.out) == (3, "procman: no procman runs this app: 'procman start' runs it\n")


def test_names_that_are_not_one_process(app: App) -> None:
    running = started(app, "input()", "-m", "web=1,worker=2", worker=WAITS)
    for word, code, text in [
        ("wbe", 4, "did you mean 'web'"),
        ("worker", 2, "attach to one process: worker.1, worker.2"),
        ("*", 2, "attach to one process: web.1, worker.1, worker.2"),
        ("web.2", 4, "no such process"),
        ("", 4, "no such process"),
    ]:
        ended = tried(app, word)
        assert ended.code == code
        assert text in ended.out
        assert ended.out.startswith("procman: ")
    assert app.do("stop", "worker.2").code == 0
    ended = tried(app, "worker.2")
    assert (ended.code, ended.out) == (
        1,
        "procman: worker.2 is down: 'procman start worker.2' starts it\n",
    )
    assert running.stop() == 0


@pytest.mark.parametrize("words", [(), ("web", "worker")])
def test_it_takes_one_name(app: App, words: tuple[str, ...]) -> None:
    app.procfile(web=WAITS)
    assert app.do("attach", *words).code == 2


def test_a_process_on_pipes_has_no_terminal(app: App) -> None:
    app.procfile(web="echo ready; exec sleep 1000")
    running = app.start()
    running.pid_of("web.1")
    wait_until((app.root / ".procman" / "control.sock").exists)
    ended = tried(app, "web")
    assert ended.code == 1
    assert (
        ended.out == "procman: web.1 has no terminal: 'procman start --pty always' gives all processes one\n"
    )
    assert running.stop() == 0


def test_with_terminals_for_all_procman_itself_needs_none(app: App) -> None:
    app.procfile(web=READS)
    running = app.start("--pty", "always")
    running.pid_of("web.1")
    wait_until((app.root / ".procman" / "control.sock").exists)
    client = Attached(app, "web")
    client.type("a\r")
    client.wait_for("got a\r\n")
    client.detach()
    assert running.stop() == 0


def test_it_needs_a_terminal_on_both_sides(app: App) -> None:
    app.procfile(web=WAITS)
    text = (
        "procman: attach: needs a terminal for its keys and its output; 'procman logs -f' reads without one\n"
    )
    ended = app.do("attach", "web")
    assert (ended.code, ended.out, ended.err) == (2, "", text)
    for redirected in ("</dev/null", "| cat"):
        line = f"{' '.join(PROCMAN)} attach web {redirected}; echo through"
        shell = app.launch_on_terminal("sh", "-c", line)
        assert shell.end() == 0
        assert shell.out.text.replace("\r\n", "\n") == f"{text}through\n"


@pytest.mark.parametrize("key", ["a", "ctrl-m", "ctrl-", "^[", "ctrl-ab"])
def test_a_key_that_is_none_is_refused(app: App, key: str) -> None:
    app.procfile(web=WAITS)
    ended = app.do("attach", "web", "--detach-key", key)
    assert ended.code == 2
    assert "a key with Ctrl, such as ctrl-a or ctrl-]" in ended.err


def test_all_bytes_arrive_as_they_are(app: App) -> None:
    script = "import os, tty\ntty.setraw(0)\nos.read(0, 1)\n"
    script += (
        "for size in (1, 7, 256): os.write(1, bytes(range(256)) * size)\nos.write(1, b'<end>')\nos.read(0, 1)"
    )
    running = started(app, script)
    client = Attached(app, "web")
    client.type("x")
    client.wait_for("<end>")
    assert bytes(range(256)) * 264 + b"<end>" in client.out.data
    client.detach()
    assert running.stop() == 0


def test_newlines_of_a_usual_terminal_take_the_cursor_back(app: App) -> None:
    running = started(
        app, "import sys\ninput()\nsys.stdout.write('a\\nb\\r\\nc\\n\\nd')\nsys.stdout.flush()\ninput()"
    )
    client = Attached(app, "web")
    client.type("\r")
    client.wait_for(r"a\r\nb\r\nc\r\n\r\nd\Z")
    client.detach()
    assert running.stop() == 0


def test_a_megabyte_that_is_pasted_arrives_whole(app: App) -> None:
    script = "import hashlib, os, tty\ntty.setraw(0)\nprint('ready', flush=True)\nfound = b''\n"
    script += "while not found.endswith(b'<end>'): found += os.read(0, 5000)\n"
    script += "print(hashlib.sha256(found).hexdigest(), end='', flush=True)\nos.read(0, 1)"
    running = started(app, script)
    client = Attached(app, "web")
    client.wait_for("ready")
    pasted = bytes(byte for byte in range(256) if byte != 0x1C) * 4000 + b"<end>"
    left = pasted
    while left:
        left = left[os.write(client.running.master, left) :]
    client.wait_for(hashlib.sha256(pasted).hexdigest())
    client.detach()
    assert running.stop() == 0


def test_who_floods_can_be_left(app: App) -> None:
    running = started(app, "import os\nwhile True: os.write(1, b'y' * 99 + b'\\n')")
    client = Attached(app, "web")
    client.wait_for("yyy\r\n")
    client.detach()
    assert running.stop() == 0


def test_a_terminal_that_does_not_know_its_size_is_taken_for_a_usual_one(app: App) -> None:
    running = started(app, "import os\ninput()\nprint(*os.get_terminal_size(), flush=True)\ninput()")
    client = Attached(app, "web", columns=0, rows=0)
    client.type("\r")
    client.wait_for("80 24\r\n")
    client.detach()
    assert running.stop() == 0


def test_a_wrong_sequence_that_a_process_writes_ends_no_client(app: App) -> None:
    script = (
        "input()\nprint('\\033[?' + '9' * 5000 + 'h', flush=True)\nprint('got', input(), flush=True)\ninput()"
    )
    running = started(app, script)
    client = Attached(app, "web")
    client.type("\rmore\r")
    client.wait_for("got more\r\n")
    client.detach()
    assert running.stop() == 0


# A bug once: while 4 KiB wait to be sent the client reads no more keys, the one that detaches neither.
def test_who_pasted_much_to_a_process_that_reads_nothing_can_leave(app: App) -> None:
    running = started(app, "import time, tty\ntty.setraw(0)\nprint('ready', flush=True)\ntime.sleep(1000)")
    client = Attached(app, "web")
    client.wait_for("ready")
    left = b"x" * 100_000 + b"\x1c"
    os.set_blocking(client.running.master, False)

    def paste() -> bool:
        """As much as is taken now; whether the client has ended."""
        nonlocal left
        with suppress(BlockingIOError):
            left = left[os.write(client.running.master, left) :]
        return client.process.poll() is not None

    try:
        wait_until(paste)
    finally:
        client.process.terminate()
        code = client.end()
        assert running.stop() == 0
    assert code == 0
