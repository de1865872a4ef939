"""`enqueue` in apps that fork: what it gave a number is in the store, and nobody hangs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.harness import PYTHON

if TYPE_CHECKING:
    from tests.end_to_end.harness import App, Running

HEAD = """
import ctypes, os, signal, subprocess, sys, threading, time, warnings
warnings.simplefilter("ignore")  # newer Pythons warn of a fork beside threads, which is what this is about
from procman import enqueue
def tell(*words): os.write(1, (" ".join(map(str, words)) + "\\n").encode())  # at once and whole
"""
TASKS = "show: 'true'"
DAEMONS = """
ROUNDS = 3
for number in range(ROUNDS):
    tell(enqueue("show", number))
    reader, writer = os.pipe()
    if fork():
        os._exit(0)
    os.close(writer)
    os.read(reader, 1)  # until the parent is gone
    for turn in range(2):
        tell(enqueue("show", number, turn))
        subprocess.run([sys.executable, "-m", "procman", "jobs"], capture_output=True, check=True)
"""
THREADS = """
end = False
def ask():
    while not end:
        tell(enqueue("show"))
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
codes = []
for _ in range(20):
    child = os.fork()
    if not child:
        signal.alarm(60)
        tell(enqueue("show", "child"))
        os._exit(0)
    codes.append(os.waitpid(child, 0)[1])
end = True
for thread in threads: thread.join()
assert not any(codes), codes
"""
POOLS = """
import multiprocessing
def ask(number): tell(enqueue("show", number))
if __name__ == "__main__":
    ask(0)
    for method in ("fork", "forkserver", "spawn"):
        context = multiprocessing.get_context(method)
        children = [context.Process(target=ask, args=(number,)) for number in range(2)]
        for child in children: child.start()
        for child in children: child.join()
        ask(1)
        assert [child.exitcode for child in children] == [0, 0], method
"""
HANDLER = """
from procman.errors import StoreError
from procman.store import requests
def during_the_call(*_):
    try:
        enqueue("show")
    except StoreError as error:
        tell(error)
    if not os.fork():
        try:
            enqueue("show")
        except StoreError as error:
            tell(error)
        os._exit(0)
    os.wait()
insert = requests.Requests._insert
def interrupted(store, run):
    os.kill(os.getpid(), signal.SIGUSR1)
    return insert(store, run)
requests.Requests._insert = interrupted
signal.signal(signal.SIGUSR1, during_the_call)
enqueue("show")
"""


def run(app: App, code: str) -> Running:
    """A program of the app that has ended well."""
    app.write("ask.py", HEAD + code)
    running = app.launch(PYTHON, "ask.py")
    assert (running.end(), running.err.text) == (0, "")
    return running


def numbers(running: Running) -> list[int]:
    """What was acknowledged."""
    return [int(line) for line in running.out.text.split()]


def kept(app: App) -> list[int]:
    return [each.id for each in app.runs]


@pytest.mark.parametrize("fork", ["os.fork", "ctypes.PyDLL(None).fork"], ids=["told", "untold"])
def test_daemons_that_fork_and_leave_lose_nothing(app: App, fork: str) -> None:
    """Another procman opens and closes the store meanwhile: it deletes a log that nobody holds.

    Python is not told of a fork that a program in C makes, as uWSGI does.
    """
    app.tasks(TASKS)
    asked = numbers(run(app, f"fork = {fork}\n{DAEMONS}"))
    assert len(asked) == 9
    assert kept(app) == sorted(asked)


def test_threads_that_ask_while_another_forks_neither_hang_nor_are_refused(app: App) -> None:
    app.tasks(TASKS)
    asked = numbers(run(app, THREADS))
    assert kept(app) == sorted(asked)
    assert [each.args for each in app.runs].count(("child",)) == 20


def test_processes_of_multiprocessing_are_heard_however_they_are_started(app: App) -> None:
    app.tasks(TASKS)
    asked = numbers(run(app, POOLS))
    assert len(asked) == 10
    assert kept(app) == sorted(asked)


def test_a_handler_of_a_signal_in_the_middle_of_a_call_is_told_and_harms_nothing(app: App) -> None:
    app.tasks(TASKS)
    first, second = run(app, HANDLER).out.text.splitlines()
    assert first.endswith("asked for by the handler of a signal, in the middle of a call")
    assert second.endswith("forked in the middle of a call: start it anew")
    assert kept(app) == [1]


def test_a_fork_does_not_wait_until_the_store_is_unlocked(app: App) -> None:
    app.tasks(TASKS)
    run(app, "enqueue('show')")
    app.write(
        "ask.py",
        HEAD
        + """
def ask(): tell("kept", enqueue("show"))
waits, sleep = threading.Event(), time.sleep
def seen(seconds):
    waits.set()
    sleep(seconds)
time.sleep = seen
thread = threading.Thread(target=ask)
thread.start()
waits.wait()
child = os.fork()
if not child:
    tell("child", os.getpid())
    ask()
    os._exit(0)
thread.join()
sys.exit(os.waitpid(child, 0)[1])
""",
    )
    with closing(sqlite3.connect(app.root / ".procman" / "procman.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        running = app.launch(PYTHON, "ask.py")
        running.wait_for("child")
        other.execute("ROLLBACK")
    assert (running.end(), running.err.text) == (0, "")
    assert sorted(line for line in running.lines if "kept" in line) == ["kept 2", "kept 3"]
