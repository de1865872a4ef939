"""The terminal of a running process, from another one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.attached import Attached, started
from tests.end_to_end.harness import PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

DEBUG = """
x = 1
breakpoint()
x = x + 41
y = x
print("through with", y)
breakpoint()
print("all done")
"""
# Says what it gets. Ctrl-C is told too, and ends nothing.
TELLS = """
import os
print("ready", flush=True)
while True:
    try:
        print("got", ascii(input()), flush=True)
    except KeyboardInterrupt:
        print("KeyboardInterrupt", flush=True)
"""
SIZES = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
while True:
    os.write(1, b"size %d %d\\n" % os.get_terminal_size(1))
    signal.sigwait([signal.SIGWINCH])
"""
PREFIX = len("23:59:59 web.1  | ")
WAITS = "exec sleep 1000"


def test_a_debugger_is_talked_to_left_and_come_back_to(app: App) -> None:
    running = started(app, DEBUG, worker=WAITS)
    running.wait_for(r"web\.1 seems to wait for input: 'procman attach web\.1'")
    first = Attached(app, "web")
    first.wait_for(r"attached to web\.1: Ctrl-\\ detaches")
    first.wait_for(r"\(Pdb\) ")
    first.type("n\r")
    line = first.wait_for(r"-> y = x\r\n\(Pdb\) ")
    first.type("p x\r")
    line = first.wait_for(r"p x\r\n42\r\n\(Pdb\) ", after=line.end())
    first.type("c\r")
    line = first.wait_for(r"through with 42\r\n", after=line.end())
    first.wait_for(r'-> print\("all done"\)\r\n\(Pdb\) ', after=line.end())
    first.detach()
    second = Attached(app, "web.1")
    second.wait_for(r"through with 42\r\n(.|\n)*\(Pdb\) ")  # what came before
    second.type("p y + 1\r")
    second.wait_for(r"\n43\r\n\(Pdb\) ")
    second.detach()
    assert running.stop() == 0
    assert running.out.text.count("seems to wait for input") == 1
    assert re.search(r"web\.1 .*through with 42\r?$", running.out.text, re.MULTILINE)


def test_ctrl_c_goes_to_the_process_while_others_go_on(app: App) -> None:
    running = started(app, TELLS, worker=WAITS)
    worker = running.pid_of("worker.1")
    client = Attached(app, "web")
    client.wait_for("ready\r\n")
    client.type("\x03")
    client.wait_for("KeyboardInterrupt\r\n")
    client.type("still here\r")
    client.wait_for("got 'still here'\r\n")
    client.detach()
    rows = {row["name"]: row for row in app.listed("ps")}
    assert rows["worker.1"]["pid"] == worker
    assert [row["restarts"] for row in rows.values()] == [0, 0]
    assert running.stop() == 0


def test_the_keys_that_are_signals_elsewhere_go_to_the_process(app: App) -> None:
    raw = "import os, tty; tty.setraw(0); print('ready', end='', flush=True)\n"
    raw += "while True: os.write(1, b'<%s>' % os.read(0, 100).hex().encode())"
    running = started(app, raw)
    client = Attached(app, "web")
    client.wait_for("ready")
    for key, code in [("\x03", "03"), ("\x1a", "1a"), ("\x11", "11"), ("\x13", "13"), ("\x04", "04")]:
        client.type(key)
        client.wait_for(f"<{code}>")
    for key in ("\r", "\x1b[A", "é", "\0", "\x7f"):
        client.type(key)
        client.wait_for(f"<{key.encode().hex()}>")
    client.detach()
    assert running.stop() == 0


def test_the_window_of_the_process_is_that_of_the_client_and_set_back(app: App) -> None:
    running = started(app, SIZES)
    running.wait_for(f"size {100 - PREFIX} 30")
    client = Attached(app, "web", columns=77, rows=21)
    client.wait_for("size 77 21")
    client.resize(120, 50)
    client.wait_for("size 120 50")
    client.detach()
    running.wait_for(rf"size 120 50\r?\n(.|\n)*size {100 - PREFIX} 30")
    assert running.stop() == 0


def test_a_new_size_of_procmans_own_terminal_counts_when_nobody_is_attached(app: App) -> None:
    running = started(app, SIZES, other=f"exec {PYTHON} web.py")
    prefix = len("23:59:59 other.1 | ")
    client = Attached(app, "web", columns=77, rows=21)
    client.wait_for("size 77 21")
    running.resize(90, 20)
    running.wait_for(rf"other\.1 .*size {90 - prefix} 20")
    client.detach()
    running.wait_for(rf"web\.1 .*size {90 - prefix} 20")
    assert f"size {90 - prefix} 20" not in client.out.text
    assert running.stop() == 0


def test_two_at_once_see_the_same_and_both_can_type(app: App) -> None:
    running = started(app, TELLS)
    first, second = Attached(app, "web"), Attached(app, "web.1")
    for client in (first, second):
        client.wait_for("ready")
    first.type("one\r")
    second.wait_for("got 'one'\r\n")
    second.type("two\r")
    first.wait_for("got 'two'\r\n")
    first.detach()
    second.type("three\r")
    second.wait_for("got 'three'\r\n")
    second.detach()
    assert "three" not in first.out.text
    assert running.stop() == 0


def test_two_windows_give_the_smallest_until_one_goes(app: App) -> None:
    running = started(app, SIZES)
    first = Attached(app, "web", columns=120, rows=20)
    first.wait_for("size 120 20")
    second = Attached(app, "web", columns=70, rows=50)
    line = first.wait_for("size 70 20")
    second.wait_for("size 70 20")
    second.detach()
    first.wait_for("size 120 20", after=line.end())
    first.detach()
    assert running.stop() == 0


@pytest.mark.parametrize(("words", "key", "name"), [("ctrl-a", "\x01", "A"), ("^]", "\x1d", "]")])
def test_another_key_detaches_when_it_is_asked_for(app: App, words: str, key: str, name: str) -> None:
    running = started(app, TELLS)
    client = Attached(app, "web", "--detach-key", words)
    client.wait_for(re.escape(f"attached to web.1: Ctrl-{name} detaches"))
    client.wait_for("ready")
    client.type("x\x04\r")
    client.wait_for("got 'x")
    client.detach(key)
    assert running.stop() == 0


def test_what_is_typed_before_the_key_that_leaves_arrives_and_what_is_behind_it_does_not(app: App) -> None:
    running = started(app, TELLS)
    client = Attached(app, "web")
    client.wait_for("ready")
    client.type("before\r\x1cbehind\r")
    assert client.end() == 0
    running.wait_for("got 'before'")
    second = Attached(app, "web")
    second.type("then\r")
    second.wait_for("got 'then'")
    second.detach()
    assert "got 'behind'" not in running.out.text
    assert running.stop() == 0
