"""However somebody who is attached goes, the process goes on, and the terminal is as it was."""

from __future__ import annotations

import os
import re
import signal

import psutil
import pytest

from tests.end_to_end.attached import Attached, started
from tests.end_to_end.harness import PROCMAN, App
from tests.end_to_end.output import PATIENCE, wait_until

ECHOES = """
print("ready", flush=True)
while True:
    word = input()
    if word == "exit":
        raise SystemExit(7)
    print("got", word, flush=True)
"""
FULL_SCREEN = 'input()\nprint("\\033[?1049h\\033[?25lfull", end="", flush=True)\ninput()\n'
SIZES = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
while True:
    os.write(1, b"size %d %d\\n" % os.get_terminal_size(1))
    signal.sigwait([signal.SIGWINCH])
"""
WAITS = "exec sleep 1000"


def still_answers(app: App, word: str) -> None:
    """The process lives on, and another one can be attached."""
    client = Attached(app, "web")
    client.type(f"{word}\r")
    client.wait_for(f"got {word}\r\n")
    client.detach()


def test_kill_nine_sets_the_terminal_back_and_the_process_lives_on(app: App) -> None:
    running = started(app, ECHOES)
    pid = running.pid_of("web.1")
    client = Attached(app, "web")
    client.wait_for("ready")
    client.process.kill()
    assert client.end() == -signal.SIGKILL
    still_answers(app, "word")
    assert running.pid_of("web.1") == pid
    assert psutil.pid_exists(pid)
    assert running.stop() == 0


def test_kill_nine_gives_the_window_back(app: App) -> None:
    running = started(app, SIZES)
    first = running.wait_for(r"size (\d+) 30")
    client = Attached(app, "web", columns=44, rows=11)
    client.wait_for("size 44 11")
    client.process.kill()
    client.end()
    running.wait_for(rf"size 44 11\r?\n(.|\n)*size {int(first[1])} 30")
    assert running.stop() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_to_the_client_ends_it_and_sets_the_terminal_back(app: App, number: signal.Signals) -> None:
    running = started(app, ECHOES)
    client = Attached(app, "web")
    client.wait_for("ready")  # by then it has its handlers
    client.process.send_signal(number)
    assert client.end() == 128 + number
    assert f"{number.name} received, detached from web.1" in client.out.text
    still_answers(app, "word")
    assert running.stop() == 0


def test_a_client_that_is_asked_to_suspend_goes_on(app: App) -> None:
    running = started(app, ECHOES)
    client = Attached(app, "web")
    client.wait_for("ready")
    client.process.send_signal(signal.SIGTSTP)
    client.type("on\r")
    client.wait_for("got on\r\n")
    client.detach()
    assert running.stop() == 0


# A bug once: it uses the terminal that is gone, so it ends with "Input/output error" and exit
# code 1, and not as after the signal, or as after the end of the keys, whichever comes first.
def test_who_closes_the_window_detaches(app: App) -> None:
    running = started(app, ECHOES)
    # What it says as its last words goes where it can be read.
    line = f"exec {' '.join(PROCMAN)} attach web 2>{app.root}/words"
    client = app.launch_on_terminal("sh", "-c", line)
    client.wait_for("ready")
    app.hang_up(client)
    code = client.process.wait(PATIENCE)
    words = (app.root / "words").read_text()
    wait_until(lambda: not [each for each in app.processes() if "attach" in each.cmdline()])
    still_answers(app, "word")
    assert running.stop() == 0
    assert words == "procman: attached to web.1: Ctrl-\\ detaches\n"
    assert code in (0, 128 + signal.SIGHUP)


def test_the_end_of_the_process_is_told_with_its_code(app: App) -> None:
    running = started(app, ECHOES, "-m", "web=1,worker=1", worker=WAITS)
    client = Attached(app, "web")
    client.wait_for("ready")
    client.type("exit\r")
    assert client.end() == 0
    assert client.out.text.endswith("procman: web.1 has ended with exit code 7\r\n")
    assert running.end() == 7


def test_a_signal_as_its_end_is_told_as_shells_tell_it(app: App) -> None:
    running = started(app, ECHOES, worker=WAITS)
    client = Attached(app, "web")
    client.wait_for("ready")
    os.kill(running.pid_of("web.1"), signal.SIGKILL)
    assert client.end() == 0
    assert client.out.text.endswith("procman: web.1 has ended with exit code 137\r\n")
    running.end()


def test_a_restart_ends_it_and_the_new_process_can_be_attached_to(app: App) -> None:
    running = started(app, ECHOES)
    client = Attached(app, "web")
    client.wait_for("ready")
    assert app.do("restart", "web").code == 0
    assert client.end() == 0
    assert "procman: web.1 has ended with exit code 143\r\n" in client.out.text
    still_answers(app, "again")
    assert running.stop() == 0


def test_a_stop_of_procman_ends_it(app: App) -> None:
    running = started(app, ECHOES)
    client = Attached(app, "web")
    client.wait_for("ready")
    assert running.stop() == 0
    assert client.end() == 0
    assert "procman: web.1 has ended with exit code 143\r\n" in client.out.text


def test_a_procman_that_is_killed_ends_it(app: App) -> None:
    running = started(app, ECHOES)
    client = Attached(app, "web")
    client.wait_for("ready")
    running.supervisor().kill()
    assert client.end() == 0
    assert client.out.text.endswith("procman: procman has ended\r\n")
    running.process.wait(PATIENCE)
    wait_until(lambda: app.processes() == [])


@pytest.mark.parametrize(("way", "code"), [("key", 0), ("signal", 143), ("end", 0)])
def test_what_a_program_has_switched_is_switched_back(app: App, way: str, code: int) -> None:
    running = started(app, FULL_SCREEN, worker=WAITS)
    client = Attached(app, "web")
    client.type("on\r")
    client.wait_for(r"\x1b\[\?1049h\x1b\[\?25lfull")
    if way == "signal":
        client.process.terminate()
    else:
        client.type("\x1c" if way == "key" else "off\r")
    assert client.end() == code
    assert re.search(r"\x1b\[\?25h\x1b\[\?1049l\x1b\[0m\r\nprocman: .*\r\n\Z", client.out.text)
    running.stop()


def test_what_a_program_has_switched_back_itself_is_left_alone(app: App) -> None:
    running = started(app, 'input()\nprint("\\033[?1049h\\033[?1049l", end="over", flush=True)\ninput()\n')
    client = Attached(app, "web")
    client.type("on\r")
    client.wait_for("over")
    client.detach()
    assert client.out.text.count("\x1b[?1049l") == 1
    assert running.stop() == 0


def test_many_come_and_go_and_no_descriptor_is_left(app: App) -> None:
    running = started(app, ECHOES)
    still_answers(app, "first")
    supervisor = running.supervisor()
    before = supervisor.num_fds()
    for number in range(6):
        client = Attached(app, "web")
        client.wait_for("ready")
        if number % 2:
            client.process.kill()
            client.end()
        else:
            client.detach()
    wait_until(lambda: supervisor.num_fds() <= before)
    assert supervisor.status() != psutil.STATUS_ZOMBIE
    assert running.stop() == 0


def test_a_client_that_is_stopped_slows_nobody(app: App) -> None:
    flood = "import os, pathlib\ninput()\nfor _ in range(800): os.write(1, b'x' * 9_999 + b'\\n')\n"
    running = started(app, flood + "pathlib.Path('written').touch()\nprint('all', flush=True)\ninput()")
    client, other = Attached(app, "web"), Attached(app, "web")
    client.process.send_signal(signal.SIGSTOP)
    other.type("\r")
    wait_until((app.root / "written").exists)
    wait_until(lambda: other.out.data.endswith(b"all\r\n"))  # it goes on
    client.process.send_signal(signal.SIGCONT)
    wait_until(lambda: client.out.data.endswith(b"all\r\n"))
    assert "pieces are left out here" in client.out.text
    client.detach()
    other.detach()
    assert "left out" not in other.out.text
    assert running.stop() == 0
