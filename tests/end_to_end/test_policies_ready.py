"""Readiness of real children: what makes them ready, and what follows when they never are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.end_to_end.policed import (
    SERVE,
    STAY,
    SWIFT,
    TELLS,
    free_port,
    phases,
    police,
    row_when,
    rows,
    serving,
    started,
)

if TYPE_CHECKING:
    from tests.end_to_end.harness import App

NEVER = {
    "tcp": ("tcp: port, every: 50ms", "connection refused"),
    "http": ("http: /health, every: 50ms", "connection refused"),
    "cmd": ("cmd: echo not yet; exit 3, every: 50ms", "exit code 3: not yet"),
    "log": ("log: Listening on", ""),
    "notify": ("notify: true", ""),
}
SOON = "within: 300ms"
DEPENDENT = "worker: {depends_on: [web]}"
# As Vite 5 has it, on a terminal.
VITE = r"""
printf '\n  \033[32m\033[1mVITE\033[22m v5.2.0\033[39m  \033[2mready in \033[0m\033[1m312\033[22m\033[2m'
printf '\033[0m ms\033[22m\n\n'
printf '  \033[32m➜\033[39m  \033[1mLocal\033[22m:   \033[36mhttp://localhost:\033[1m5173\033[22m/\033[39m\n'
exec sleep 1000
"""


def outcome(app: App, probe: str, more: str) -> str:
    """An app whose `web` never gets ready, and whose `worker` waits for it."""
    app.procfile(web=STAY, worker=STAY)
    police(app, f"web: {{ready: {{{probe}, {SOON}}}{more}}}\n{DEPENDENT}")
    return probe


@pytest.mark.parametrize("kind", NEVER)
def test_one_that_is_never_ready_is_the_end_of_all_without_a_policy(app: App, kind: str) -> None:
    probe, why = NEVER[kind]
    outcome(app, probe, "")
    ended = app.do("start", "-p", str(free_port()))
    assert ended.code not in (0, 2)
    assert f"web.1 was not ready within 300 ms{': ' * bool(why)}{why}, stopping it" in ended.out
    assert "worker.1 started" not in ended.out
    assert "worker.1 waits: web.1 is not ready" in ended.out


@pytest.mark.parametrize("kind", NEVER)
def test_one_that_is_never_ready_and_never_restarted_has_failed_and_others_are_skipped(
    app: App, kind: str
) -> None:
    probe, why = NEVER[kind]
    outcome(app, probe, ", restart: never")
    app.write("Procfile", (app.root / "Procfile").read_text() + f"other: {STAY}\n")
    running = started(app)
    row = row_when(app, "web.1", phase="failed")
    assert row["note"] == f"was not ready within 300 ms{': ' * bool(why)}{why}"
    assert row_when(app, "worker.1", phase="skipped")["note"] == "web.1 has failed"
    assert phases(app)["other.1"] == "running"
    running.wait_for("worker.1 skipped: web.1 has failed")
    assert running.stop() == 0


@pytest.mark.parametrize("restart", ["on-failure", "always"])
@pytest.mark.parametrize("kind", NEVER)
def test_one_that_is_never_ready_is_tried_again_and_then_given_up(app: App, kind: str, restart: str) -> None:
    outcome(
        app,
        NEVER[kind][0],
        f", restart: {restart}, give_up: stop, backoff: {{initial: 20ms, give_up_after: 2}}",
    )
    ended = app.do("start", "-p", str(free_port()))
    assert ended.code not in (0, 2)
    assert ended.out.count("web.1 was not ready within 300 ms") == 2
    assert ended.out.count("web.1 started") == 2
    assert "worker.1 started" not in ended.out


@pytest.mark.parametrize(
    "probe",
    ["tcp: port, every: 50ms", "http: /health, every: 50ms", "log: Listening on", "log: '/on [0-9]+$/'"],
)
def test_one_that_gets_ready_late_lets_others_begin(app: App, probe: str) -> None:
    serving(app)
    app.procfile(web=f"while ! [ -e go ]; do sleep 0.02; done; {SERVE}", worker=STAY)
    police(app, f"web: {{ready: {{{probe}}}}}\n{DEPENDENT}")
    running = started(app)
    assert phases(app) == {"web.1": "starting", "worker.1": "waiting"}
    assert rows(app)["worker.1"]["note"] == "web.1 is not ready"
    app.write("go", "")
    row_when(app, "worker.1", phase="running")
    assert row_when(app, "web.1", phase="running")["ready"] is True
    assert running.stop() == 0
    assert running.out.text.index("web.1 ready after") < running.out.text.index("worker.1 started")


def test_a_command_that_hangs_is_ended_with_all_below_it_and_asked_again(app: App) -> None:
    app.write("probe", "echo x >> asked\n[ -e fine ] || { sleep 987 & sleep 987; }\n")
    app.procfile(web=STAY, worker=STAY)
    police(app, f"web: {{ready: {{cmd: sh probe, timeout: 100ms, every: 50ms}}}}\n{DEPENDENT}")
    running = started(app)
    row_when(app, "web.1", note="no answer within 100 ms")
    app.write("fine", "")
    row_when(app, "worker.1", phase="running")
    assert len((app.root / "asked").read_text().split()) > 1
    assert not [each for each in app.processes() if "987" in each.cmdline()]
    assert not [each for each in running.supervisor().children() if each.status() == "zombie"]
    assert running.stop() == 0


def test_a_command_is_asked_in_the_folder_and_the_surroundings_of_the_process(app: App) -> None:
    (app.root / "sub").mkdir()
    app.procfile(web=STAY)
    asks = '[ \\"$LEVEL\\" = debug ] && [ \\"$PORT\\" -gt 0 ] && pwd | grep /sub$'
    police(app, f'web: {{cwd: sub, env: {{LEVEL: debug}}, ready: {{cmd: "{asks}", every: 50ms}}}}')
    running = started(app)
    row_when(app, "web.1", phase="running")
    assert running.stop() == 0


@pytest.mark.parametrize("pty", ["always", "never"])
def test_a_line_with_colours_in_it_is_found_as_it_is_read(app: App, pty: str) -> None:
    app.write("vite", VITE)
    app.procfile(web="sh vite", worker=STAY)
    police(app, f'web: {{pty: {pty}, ready: {{log: "Local:   http://localhost:5173/"}}}}\n{DEPENDENT}')
    running = started(app)
    row_when(app, "worker.1", phase="running")
    assert running.stop() == 0


def test_a_text_that_comes_in_pieces_is_found(app: App) -> None:
    pieces = "".join(
        rf"printf '{each}'; sleep 0.03; " for each in ("Lis", "ten", r"\033[1m", "ing\\033[0m ", "on")
    )
    app.procfile(web=f"{pieces}{STAY}", worker=STAY)
    police(app, f"web: {{ready: {{log: Listening on}}}}\n{DEPENDENT}")
    running = started(app)
    row_when(app, "worker.1", phase="running")
    assert running.stop() == 0


def test_a_text_behind_ten_megabytes_without_a_newline_is_found(app: App) -> None:
    app.write("much.py", "import os\nfor _ in range(100): os.write(1, b'x' * 100_000)\n")
    app.procfile(web=f"{SWIFT[5:]} much.py; echo Listening on 1; {STAY}", worker=STAY)
    police(app, f"web: {{ready: {{log: Listening on}}}}\n{DEPENDENT}")
    running = started(app)
    row_when(app, "worker.1", phase="running")
    assert running.supervisor().memory_info().rss < 150_000_000
    assert running.stop() == 0


def test_a_server_that_speaks_garbage_is_no_http_but_somebody_who_listens(app: App) -> None:
    serving(app, "garbage")
    app.procfile(web=SERVE, other=SERVE, worker=STAY)
    police(app, f"web: {{ready: {{http: /, every: 50ms}}}}\nother: {{ready: {{tcp: port}}}}\n{DEPENDENT}")
    running = started(app)
    row_when(app, "web.1", phase="starting", note="no answer in HTTP")
    row_when(app, "other.1", phase="running")
    app.write("mode", "302")
    row_when(app, "worker.1", phase="running")
    assert running.stop() == 0


def test_a_process_tells_by_itself_that_it_is_ready_and_how_it_is(app: App) -> None:
    app.write("tells.py", TELLS)
    app.procfile(
        web=f"{SWIFT} tells.py STATUS=loading READY=1,STATUS=serving", worker=STAY, other="env; " + STAY
    )
    police(app, f"web: {{ready: {{notify: true}}}}\n{DEPENDENT}")
    running = started(app)
    row_when(app, "worker.1", phase="running")
    assert row_when(app, "web.1", phase="running")["note"] == "serving"
    running.wait_for(r"other\.1 +\| PROCMAN_TEST=")
    assert running.stop() == 0
    assert "NOTIFY_SOCKET" not in running.out.text  # nobody else has it
    assert not (app.root / ".procman" / "notify").exists()


def test_one_that_ends_before_it_is_ready_does_not_let_others_begin(app: App) -> None:
    app.procfile(web="exit 0", worker=STAY, other=STAY)
    police(
        app, f"web: {{restart: on-failure, ready: {{tcp: port}}}}\n{DEPENDENT}\nother: {{restart: always}}"
    )
    running = started(app)
    row_when(app, "web.1", phase="completed")
    assert row_when(app, "worker.1", phase="skipped")["note"] == "web.1 has ended"
    assert running.stop() == 0
