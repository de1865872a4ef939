"""`--quiet` and `--log-format json`: the log for programs that read it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.end_to_end.harness import PROCMAN

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

COMMAND = r"""printf 'say "hi"\n\033[31mred\n\377\n\302\2332J\n10%%\r20%%'; exit 3"""
SAID = [b'say "hi"', b"\x1b[31mred\x1b[0m", b"\xff", b"\xc2\x9b2J", b"20%"]


def objects(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_json_is_an_object_for_each_line_of_children_and_of_procman(app: App) -> None:
    app.procfile(web=COMMAND)
    ended = app.do("start", "--log-format", "json")
    assert ended.code == 3
    found = objects(ended.out)
    assert [list(each) for each in found] == [["time", "process", "pid", "stream", "text"]] * len(found)
    (pid,) = {each["pid"] for each in found}
    assert [(each["process"], each["stream"], each["text"]) for each in found] == [
        ("web.1", "procman", f"web.1 started (pid {pid})"),
        ("web.1", "child", 'say "hi"'),
        ("web.1", "child", "\x1b[31mred"),
        ("web.1", "child", "\ufffd"),
        ("web.1", "child", "\x9b2J"),
        ("web.1", "child", "20%"),
        ("web.1", "procman", "web.1 exited with code 3"),
    ]
    assert sorted(each["time"] for each in found) == [each["time"] for each in found]


def test_quiet_leaves_procman_s_own_words_out(app: App) -> None:
    app.procfile(web=COMMAND)
    running = app.start("-q", "--no-prefix", "--no-timestamp")
    assert running.end() == 3
    cleared = [b"" if b"2J" in line else line for line in SAID]  # a clear begins a line, and steers nothing
    assert running.out.data.split(b"\n") == [*cleared, b""]
    ended = app.do("start", env={"PROCMAN_START_QUIET": "true", "PROCMAN_START_LOG_FORMAT": "json"})
    assert [each["stream"] for each in objects(ended.out)] == ["child"] * len(SAID)


def test_runs_have_their_full_name_on_a_terminal_too(app: App) -> None:
    app.tasks("remind_of_the_registration_of_users: {command: echo done, schedule: '@reboot'}")
    running = app.launch_on_terminal(*PROCMAN, "scheduler", "--log-format", "json", columns=40)
    running.wait_for('"remind_of_the_registration_of_users.1",.*"done"')
    assert running.stop() == 0
